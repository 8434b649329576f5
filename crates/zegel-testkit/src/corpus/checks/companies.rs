//! VAT numbers.

use super::{digits, eleven, luhn, mod_97, weighted};

/// Tells whether a VAT number of one of the countries the corpus has is right.
pub(in super::super) fn vat(value: &str) -> bool {
    let Some((country, rest)) = value.split_at_checked(2) else { return false };
    match country {
        "AT" => rest.strip_prefix('U').and_then(|rest| digits(rest, 8)).is_some_and(|all| austria(&all)),
        "BE" => digits(rest, 10).is_some_and(|all| all[0] <= 1 && belgium(rest)),
        "DE" => digits(rest, 9).is_some_and(|all| all[0] != 0 && mod_11_10(&all)),
        "DK" => digits(rest, 8).is_some_and(|all| denmark(&all)),
        "FR" => digits(rest, 11).is_some_and(|all| luhn(&all[2..]) && france(rest)),
        "IT" => digits(rest, 11).is_some_and(|all| luhn(&all) && (1..=100).contains(&number(&rest[7..10]))),
        "LU" => digits(rest, 8).is_some() && number(&rest[..6]) % 89 == number(&rest[6..]),
        "NL" => netherlands(value),
        "PL" => digits(rest, 10)
            .is_some_and(|all| weighted(&all[..9], &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == all[9]),
        _ => false,
    }
}

/// ISO 7064 mod 11,10, the last digit being the check.
pub(super) fn mod_11_10(all: &[u32]) -> bool {
    let Some((check, first)) = all.split_last() else { return false };
    let product = first.iter().fold(10, |product, digit| {
        let sum = (digit + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10 == *check
}

/// Two kinds, neither with the ending B00: the RSIN of a legal person with B01 to B99, and since 2020 a number that passes mod 97 as a whole.
fn netherlands(value: &str) -> bool {
    let shape = value.len() == 14
        && value.is_ascii()
        && &value[11..12] == "B"
        && digits(&value[12..], 2).is_some_and(|end| end != [0, 0]);
    shape && digits(&value[2..11], 9).is_some() && (eleven(&value[2..11]) || mod_97(value) == 1)
}

fn austria(all: &[u32]) -> bool {
    let doubled = |digit: u32| digit / 5 + digit * 2 % 10;
    let sum = all[0] + all[2] + all[4] + all[6] + doubled(all[1]) + doubled(all[3]) + doubled(all[5]);
    (10 - (sum + 4) % 10) % 10 == all[7]
}

fn belgium(rest: &str) -> bool {
    97 - number(&rest[..8]) % 97 == number(&rest[8..])
}

fn denmark(all: &[u32]) -> bool {
    all[0] != 0 && weighted(all, &[2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
}

fn france(rest: &str) -> bool {
    (12 + 3 * (number(&rest[2..]) % 97)) % 97 == number(&rest[..2])
}

fn number(digits: &str) -> u64 {
    digits.parse().expect("only digits come here")
}
