//! Arithmetic of check digits. Digits come as numbers 0 to 9; every function takes any input and says yes or no.
//!
//! Sources: ISO/IEC 7812-1 annex B (Luhn), ISO/IEC 7064 (MOD 97-10, MOD 11,10), J. Verhoeff, "Error detecting decimal codes"
//! (1969) as used by SNOMED CT. The rules of one kind of number stand with its detector.

/// Sums the digits, each times its weight; digits beyond the weights count for nothing.
pub(super) fn weighted(digits: &[u8], weights: &[i32]) -> i32 {
    digits.iter().zip(weights).map(|(digit, weight)| i32::from(*digit) * weight).sum()
}

/// Says whether all digits are the same one.
pub(super) fn all_equal(digits: &[u8]) -> bool {
    digits.windows(2).all(|pair| pair.first() == pair.last())
}

/// Says whether the digits climb or fall by one all the way (123456789), as typed by somebody who fills a field.
pub(super) fn is_sequence(digits: &[u8]) -> bool {
    let steps = |step: u8| {
        digits.windows(2).all(|pair| match pair {
            [a, b] => (a + step) % 10 == *b,
            _ => true,
        })
    };
    steps(1) || steps(9)
}

/// Reads digits as a number; what does not fit wraps, which no caller asks for (18 digits fit).
pub(super) fn number(digits: &[u8]) -> u64 {
    digits.iter().fold(0_u64, |sum, digit| sum.wrapping_mul(10).wrapping_add(u64::from(*digit)))
}

/// The Luhn formula (mod 10 with doubling), the check digit last.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let doubled = u32::from(*digit) << (at & 1);
            if doubled > 9 { doubled - 9 } else { doubled }
        })
        .sum();
    !digits.is_empty() && sum.is_multiple_of(10)
}

/// ISO/IEC 7064 MOD 97-10 over letters (A = 10 … Z = 35) and digits in ASCII; the remainder, not yet judged.
pub(super) fn mod97(text: impl Iterator<Item = u8>) -> u32 {
    text.fold(0, |rest, c| match c {
        b'0'..=b'9' => (rest * 10 + u32::from(c - b'0')) % 97,
        b'A'..=b'Z' => (rest * 100 + u32::from(c - b'A') + 10) % 97,
        b'a'..=b'z' => (rest * 100 + u32::from(c - b'a') + 10) % 97,
        _ => rest,
    })
}

/// ISO/IEC 7064 MOD 11,10, the check digit last.
pub(super) fn mod11_10(digits: &[u8]) -> bool {
    let Some((check, body)) = digits.split_last() else { return false };
    let product = body.iter().fold(10_u32, |product, digit| {
        let sum = (product + u32::from(*digit)) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10 == u32::from(*check)
}

/// The Verhoeff check (dihedral group of order ten), the check digit last.
pub(super) fn verhoeff(digits: &[u8]) -> bool {
    let end = digits.iter().rev().enumerate().fold(0_u8, |state, (at, digit)| {
        let permuted = permute(at % 8, *digit);
        dihedral(state, permuted)
    });
    !digits.is_empty() && end == 0
}

/// Multiplication in the dihedral group D5: 0 to 4 are rotations, 5 to 9 reflections.
fn dihedral(a: u8, b: u8) -> u8 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b - 5) % 5,
        (false, true) => 5 + (a - 5 + 5 - b) % 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

/// Applies the permutation (1 5 8 9 4 2 7 0)(3 6) `times` times.
fn permute(times: usize, digit: u8) -> u8 {
    const NEXT: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    (0..times).fold(digit, |digit, _| NEXT.get(usize::from(digit)).copied().unwrap_or(digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Vec<u8> {
        text.bytes().map(|b| b - b'0').collect()
    }

    #[test]
    fn luhn_knows_the_example_of_the_standard() {
        assert!(luhn(&digits("79927398713")));
        assert!((0..9).filter(|n| *n != 3).all(|n| !luhn(&digits(&format!("7992739871{n}")))));
        assert!(!luhn(&[]));
    }

    #[test]
    fn verhoeff_knows_the_known_examples() {
        assert!(verhoeff(&digits("2363")));
        assert!(verhoeff(&digits("73211009")), "SNOMED CT: diabetes mellitus");
        assert!(verhoeff(&digits("22298006")), "SNOMED CT: myocardial infarction");
        assert!(!verhoeff(&digits("73211008")));
        assert!(!verhoeff(&digits("73210019")));
    }

    #[test]
    fn mod11_10_knows_the_known_examples() {
        assert!(mod11_10(&digits("86095742719")), "German tax id, example of the BZSt");
        assert!(!mod11_10(&digits("86095742718")));
        assert!(mod11_10(&digits("136695976")), "German VAT number, published example");
    }

    #[test]
    fn mod97_of_an_iban_is_one() {
        assert_eq!(mod97("ABNA0417164300NL91".bytes()), 1);
        assert_ne!(mod97("ABNA0417164301NL91".bytes()), 1);
    }

    #[test]
    fn every_single_wrong_digit_is_seen() {
        let good = digits("73211009");
        for at in 0..good.len() {
            for other in 0..10 {
                let mut bad = good.clone();
                if bad[at] != other {
                    bad[at] = other;
                    assert!(!verhoeff(&bad));
                }
            }
        }
    }

    #[test]
    fn sequences_are_seen_both_ways() {
        assert!(is_sequence(&digits("123456789")) && is_sequence(&digits("9876543210")));
        assert!(is_sequence(&digits("7890123")) && !is_sequence(&digits("123456782")));
        assert!(all_equal(&digits("0000")) && !all_equal(&digits("0001")));
    }
}
