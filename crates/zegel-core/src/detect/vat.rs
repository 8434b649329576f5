//! VAT numbers of EU countries and the United Kingdom, with the country before them or a word that says what they are.
//!
//! Sources: European Commission, VIES, "VAT identification number structure", and the algorithms the tax offices publish. The
//! Netherlands: Belastingdienst; legal persons keep the eleven test of the RSIN, sole traders since 2020 have a number for which
//! ISO/IEC 7064 MOD 97-10 over `NL…B..` gives 1.

use super::checks::{luhn, mod11_10, mod97, number, weighted};
use super::codes::{After, Code, begins, has_form, read, values};
use super::found::{Found, hash};
use super::hints::{LABELS, RSIN, VAT};
use super::lexer::{Kind, Token};
use super::page::{Context, Page};
use super::{Builtin, Confidence};

/// Country and the forms of what follows: `n` digit, `a` letter, `c` either, anything else itself.
const COUNTRIES: &[(&[u8; 2], &[&str])] = &[
    (b"AT", &["Unnnnnnnn"]),
    (b"BE", &["nnnnnnnnnn"]),
    (b"BG", &["nnnnnnnnn"]),
    (b"CY", &["nnnnnnnna"]),
    (b"CZ", &["nnnnnnnn"]),
    (b"DE", &["nnnnnnnnn"]),
    (b"DK", &["nnnnnnnn"]),
    (b"EE", &["nnnnnnnnn"]),
    (b"EL", &["nnnnnnnnn"]),
    (b"ES", &["cnnnnnnnc"]),
    (b"FI", &["nnnnnnnn"]),
    (b"FR", &["ccnnnnnnnnn"]),
    (b"GB", &["nnnnnnnnn"]),
    (b"HR", &["nnnnnnnnnnn"]),
    (b"HU", &["nnnnnnnn"]),
    (b"IE", &["nnnnnnna", "nnnnnnnaa"]),
    (b"IT", &["nnnnnnnnnnn"]),
    (b"LT", &["nnnnnnnnn", "nnnnnnnnnnnn"]),
    (b"LU", &["nnnnnnnn"]),
    (b"LV", &["nnnnnnnnnnn"]),
    (b"MT", &["nnnnnnnn"]),
    (b"NL", &["nnnnnnnnnBnn"]),
    (b"PL", &["nnnnnnnnnn"]),
    (b"PT", &["nnnnnnnnn"]),
    (b"RO", &["nnnnnnnn", "nnnnnnnnn", "nnnnnnnnnn"]),
    (b"SE", &["nnnnnnnnnnnn"]),
    (b"SI", &["nnnnnnnn"]),
    (b"SK", &["nnnnnnnnnn"]),
];

/// Judges a token that may begin a VAT number.
pub(super) fn judge(page: &Page<'_>, at: usize, found: &mut Found) {
    let Some(token) = page.token(at) else { return };
    let Some((start, country)) = country(page, token) else {
        without_country(page, at, token, found);
        return;
    };
    let Some((_, forms)) = COUNTRIES.iter().find(|(known, _)| **known == country) else {
        without_country(page, at, token, found);
        return;
    };
    if !begins(page, start) {
        return;
    }
    for form in *forms {
        let Some(code) = read(page, start, form.len() + 2, After::Whole) else { continue };
        let body = code.part(2, code.bytes().len());
        if code.lower > 0 || !has_form(body, form) || !is_valid(&country, body) {
            continue;
        }
        let context = page.context(at, at, VAT, LABELS & !VAT & !RSIN);
        let confidence = match context {
            Context::Own { .. } => Confidence::High,
            // An IBAN begins alike and was looked for first; what remains is rarely anything else.
            Context::Absent => Confidence::Medium,
            Context::Rival if country == *b"NL" => Confidence::Medium,
            Context::Rival => Confidence::Low,
        };
        add(start, &code, confidence, found);
        return;
    }
}

/// A number whose country is not written: `123456782B01`, or digits behind "VAT number".
fn without_country(page: &Page<'_>, at: usize, token: &Token, found: &mut Found) {
    let is_dutch = is_dutch_perhaps(page, at, token);
    if !(is_dutch || page.may(at, VAT))
        || !begins(page, token.start)
        || !page.right_of(token.start).is_ascii_digit()
    {
        return;
    }
    if is_dutch
        && let Some(code) = read(page, token.start, 12, After::Whole)
        && code.lower == 0
        && has_form(code.bytes(), "nnnnnnnnnBnn")
        && is_valid(b"NL", code.bytes())
    {
        let context = page.context(at, at, VAT, LABELS & !VAT & !RSIN);
        let confidence = if context == Context::Rival { Confidence::Low } else { Confidence::High };
        add(token.start, &code, confidence, found);
        return;
    }
    if !page.may(at, VAT) {
        return;
    }
    // Belgian enterprise numbers are written without their country, in groups.
    if matches!(page.right_of(token.start), b'0' | b'1')
        && let Some(code) = read(page, token.start, 10, After::Whole)
        && has_form(code.bytes(), "nnnnnnnnnn")
        && is_valid(b"BE", code.bytes())
        && page.context(at, at, VAT, LABELS & !VAT).is_own()
    {
        add(token.start, &code, Confidence::High, found);
        return;
    }
    if token.kind == Kind::Digits
        && matches!(token.digits, 8..=12)
        && let Some(code) = read(page, token.start, usize::from(token.digits), After::Whole)
        && page.context(at, at, VAT, LABELS & !VAT).is_adjacent()
        && COUNTRIES.iter().any(|(country, forms)| {
            forms.iter().any(|form| has_form(code.bytes(), form)) && is_valid(country, code.bytes())
        })
    {
        add(token.start, &code, Confidence::Medium, found);
    }
}

/// How far behind its start a Dutch number has its B, in bytes.
const AHEAD: usize = 18;

/// Says whether nine digits and a B may follow, as in a Dutch number. Characters beyond ASCII may be anything.
fn is_dutch_perhaps(page: &Page<'_>, at: usize, token: &Token) -> bool {
    let ahead = page.bytes.get(token.start..).unwrap_or(&[]);
    let ahead = ahead.get(..AHEAD).unwrap_or(ahead);
    // All bytes at once where there are as many: hardly any number has one.
    let has_one = match ahead.first_chunk::<AHEAD>() {
        Some(all) => all.iter().fold(false, |any, b| any | (*b == b'B')),
        None => ahead.contains(&b'B'),
    };
    if !has_one {
        return false;
    }
    let mut digits = 0;
    let mut next = at;
    while digits < 9 {
        let group = page.token(next).filter(|group| group.kind != Kind::Word);
        let Some(group) = group.filter(|group| group.start < token.start + AHEAD) else { return false };
        digits += usize::from(group.digits);
        next += 1;
    }
    let next = ahead.iter().find(|b| b.is_ascii_alphabetic() || !b.is_ascii());
    next.is_some_and(|b| *b == b'B' || !b.is_ascii())
}

fn add(start: usize, code: &Code, confidence: Confidence, found: &mut Found) {
    found.add(Builtin::VatNumber, start, code.end, confidence, hash(code.bytes().iter().copied()));
    if confidence > Confidence::Low {
        found.claim(code.end);
    }
}

/// Finds the two letters of the country: at the start of the token, or before it behind a space.
fn country(page: &Page<'_>, token: &Token) -> Option<(usize, [u8; 2])> {
    let two = |at: usize| match page.bytes.get(at..at + 2) {
        Some([a, b]) if a.is_ascii_uppercase() && b.is_ascii_uppercase() => Some((at, [*a, *b])),
        _ => None,
    };
    if token.kind == Kind::Mixed
        && let Some(found) = two(token.start)
    {
        return Some(found);
    }
    let near = page.left_of(token.start);
    if near == b' ' || near == b'-' { two(token.start.checked_sub(3)?) } else { None }
}

/// Checks the check digits of a country.
fn is_valid(country: &[u8; 2], body: &[u8]) -> bool {
    let digits = values(body);
    let d = digits.all();
    let part = |start: usize, end: usize| number(digits.part(start, end));
    let last = u64::from(d.last().copied().unwrap_or(0));
    let eleven = |weights: &[i32]| weighted(d, weights).rem_euclid(11);
    if d.iter().all(|digit| *digit == 0) {
        return false;
    }
    match country {
        b"AT" => {
            let sum: u64 = (0..7)
                .map(|place| {
                    let digit = part(place, place + 1);
                    if place % 2 == 0 { digit } else { digit / 5 + digit * 2 % 10 }
                })
                .sum();
            (106 - sum) % 10 == last
        }
        b"BE" => matches!(d.first(), Some(0 | 1)) && 97 - part(0, 8) % 97 == part(8, 10),
        b"BG" => {
            let first = part(0, 8).to_string().len() as u64;
            let sum = weighted(d, &[1, 2, 3, 4, 5, 6, 7, 8]) % 11;
            let sum = if sum == 10 { weighted(d, &[3, 4, 5, 6, 7, 8, 9, 10]) % 11 % 10 } else { sum };
            first > 4 && u64::from(sum.unsigned_abs()) == last
        }
        b"CY" => cyprus(body, d),
        b"CZ" => {
            let check = (11 - weighted(d, &[8, 7, 6, 5, 4, 3, 2]) % 11) % 10;
            d.first() != Some(&9) && u64::from(check.unsigned_abs()) == last
        }
        b"DE" => d.first() != Some(&0) && mod11_10(d),
        b"DK" => d.first() != Some(&0) && eleven(&[2, 7, 6, 5, 4, 3, 2, 1]) == 0,
        b"EE" => weighted(d, &[3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 == 0,
        b"EL" => u64::from((weighted(d, &[256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10).unsigned_abs()) == last,
        b"ES" => super::national::is_dni(body) || is_cif(body),
        b"FI" => eleven(&[7, 9, 10, 5, 8, 4, 2, 1]) == 0,
        b"FR" => {
            let siren = body.get(2..).map(values);
            let key = body.get(..2).map(values).filter(|key| key.len() == 2);
            siren.is_some_and(|siren| {
                luhn(siren.all())
                    && key.is_none_or(|key| (12 + 3 * (number(siren.all()) % 97)) % 97 == number(key.all()))
            })
        }
        b"GB" => {
            let sum = weighted(d, &[8, 7, 6, 5, 4, 3, 2]).unsigned_abs() + part(7, 9) as u32;
            sum.is_multiple_of(97) || (sum + 55).is_multiple_of(97)
        }
        b"HR" => mod11_10(d),
        b"HU" => weighted(d, &[9, 7, 3, 1, 9, 7, 3, 1]) % 10 == 0,
        b"IE" => ireland(body, d),
        b"IT" => luhn(d),
        b"LT" => lithuania(d),
        b"LU" => part(0, 6) % 89 == part(6, 8),
        b"LV" => {
            d.first().is_some_and(|first| *first > 3) && eleven(&[9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1]) == 3
        }
        b"MT" => (37 - weighted(d, &[3, 4, 6, 7, 8, 9]).unsigned_abs() as u64 % 37) == part(6, 8),
        b"NL" => {
            let old = super::dutch::passes_eleven_test(digits.part(0, 9));
            let new = mod97(b"NL".iter().chain(body).copied()) == 1;
            (old || new) && part(9, 11) > 0
        }
        b"PL" => eleven(&[6, 5, 7, 2, 3, 4, 5, 6, 7, -1]) == 0,
        b"PT" => {
            let check = 11 - weighted(d, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
            u64::from(if check > 9 { 0 } else { check.unsigned_abs() }) == last
        }
        b"RO" => {
            const WEIGHTS: [i32; 9] = [7, 5, 3, 2, 1, 7, 5, 3, 2];
            let from = (WEIGHTS.len() + 1).checked_sub(d.len());
            let weights = from.and_then(|from| WEIGHTS.get(from..)).unwrap_or(&[]);
            u64::from((weighted(d, weights) * 10 % 11 % 10).unsigned_abs()) == last
        }
        b"SE" => part(10, 12) > 0 && luhn(digits.part(0, 10)),
        b"SI" => {
            let check = 11 - weighted(d, &[8, 7, 6, 5, 4, 3, 2]) % 11;
            d.first() != Some(&0) && check != 11 && u64::from((check % 10).unsigned_abs()) == last
        }
        b"SK" => {
            d.first() != Some(&0) && matches!(d.get(2), Some(2..=4 | 7..=9)) && number(d).is_multiple_of(11)
        }
        _ => false,
    }
}

fn cyprus(body: &[u8], d: &[u8]) -> bool {
    const ODD: [u32; 10] = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];
    let sum: u32 = d
        .iter()
        .enumerate()
        .map(|(place, digit)| {
            if place % 2 == 1 {
                u32::from(*digit)
            } else {
                ODD.get(usize::from(*digit)).copied().unwrap_or(0)
            }
        })
        .sum();
    body.last().is_some_and(|last| u32::from(last.wrapping_sub(b'A')) == sum % 26)
}

fn ireland(body: &[u8], d: &[u8]) -> bool {
    let sum = weighted(d, &[8, 7, 6, 5, 4, 3, 2]).unsigned_abs();
    let extra = match body.get(8) {
        Some(letter @ b'A'..=b'I') => 9 * u32::from(letter - b'A' + 1),
        Some(b'W') | None => 0,
        Some(_) => return false,
    };
    let check = (sum + extra) % 23;
    body.get(7)
        .is_some_and(|letter| u32::from(letter.wrapping_sub(b'@')) == if check == 0 { 23 } else { check })
}

fn lithuania(d: &[u8]) -> bool {
    let Some((last, body)) = d.split_last() else { return false };
    let sum = |offset: usize| -> usize {
        body.iter().enumerate().map(|(place, digit)| usize::from(*digit) * ((place + offset) % 9 + 1)).sum()
    };
    let first = sum(0) % 11;
    let check = if first == 10 { sum(2) % 11 % 10 } else { first };
    check == usize::from(*last)
}

/// Spanish number of a legal person: a letter, seven digits, and a digit or letter.
fn is_cif(body: &[u8]) -> bool {
    const LETTERS: &[u8; 10] = b"JABCDEFGHI";
    let Some([kind, middle @ .., check]) = body.get(..9) else { return false };
    if !b"ABCDEFGHJNPQRSUVW".contains(kind) || !middle.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 = middle
        .iter()
        .enumerate()
        .map(|(place, b)| {
            let digit = u32::from(b - b'0');
            if place % 2 == 1 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
        })
        .sum();
    let value = (10 - sum % 10) % 10;
    u32::from(check.wrapping_sub(b'0')) == value || LETTERS.get(value as usize) == Some(check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_examples_are_valid() {
        let good: [(&[u8; 2], &str); 21] = [
            (b"AT", "U13585627"),
            (b"BE", "0428759497"),
            (b"BG", "175074752"),
            (b"CY", "10259033P"),
            (b"CZ", "25123891"),
            (b"DE", "136695976"),
            (b"DK", "13585628"),
            (b"EE", "100931558"),
            (b"EL", "094259216"),
            (b"ES", "A13585625"),
            (b"FI", "20774740"),
            (b"FR", "40303265045"),
            (b"GB", "980780684"),
            (b"HR", "33392005961"),
            (b"HU", "12892312"),
            (b"IE", "6433435F"),
            (b"IT", "00743110157"),
            (b"LU", "15027442"),
            (b"NL", "004495445B01"),
            (b"PL", "8567346215"),
            (b"PT", "501964843"),
        ];
        for (country, body) in good {
            assert!(is_valid(country, body.as_bytes()), "{body}");
        }
        for (country, body) in
            [(b"RO", "18547290"), (b"SE", "123456789701"), (b"SI", "50223054"), (b"SK", "2022749619")]
        {
            assert!(is_valid(country, body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn one_wrong_digit_is_seen() {
        for (country, body) in [
            (b"BE", "0428759498"),
            (b"DE", "136695978"),
            (b"FR", "41303265045"),
            (b"IT", "00743110158"),
            (b"NL", "123456789B14"),
            (b"PL", "8567346216"),
            (b"ES", "A13585626"),
        ] {
            assert!(!is_valid(country, body.as_bytes()), "{body}");
        }
        assert!(is_valid(b"NL", b"123456789B13"), "of a sole trader, as the tax office prints it");
    }
}
