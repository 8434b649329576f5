//! Bank account numbers.
//!
//! Source: ISO 13616-1 and SWIFT's IBAN registry: country, two check digits (ISO/IEC 7064 MOD 97-10 over the whole, moved by
//! four, gives 1), and an account number whose form each country fixes.

use super::checks::mod97;
use super::codes::{After, begins, read};
use super::found::{Found, hash};
use super::lexer::Token;
use super::page::Page;
use super::pairs::Pairs;
use super::{Builtin, Confidence};

/// Country and form of the part after the check digits: `a` letters, `n` digits, `c` either, each with its length.
const COUNTRIES: &[(&str, &str)] = &[
    ("AD", "8n12c"),
    ("AE", "19n"),
    ("AL", "8n16c"),
    ("AT", "16n"),
    ("AZ", "4a20c"),
    ("BA", "16n"),
    ("BE", "12n"),
    ("BG", "4a6n8c"),
    ("BH", "4a14c"),
    ("BI", "23n"),
    ("BR", "23n1a1c"),
    ("BY", "4c4n16c"),
    ("CH", "5n12c"),
    ("CR", "18n"),
    ("CY", "8n16c"),
    ("CZ", "20n"),
    ("DE", "18n"),
    ("DJ", "23n"),
    ("DK", "14n"),
    ("DO", "4c20n"),
    ("EE", "16n"),
    ("EG", "25n"),
    ("ES", "20n"),
    ("FI", "14n"),
    ("FK", "2a12n"),
    ("FO", "14n"),
    ("FR", "10n11c2n"),
    ("GB", "4a14n"),
    ("GE", "2a16n"),
    ("GI", "4a15c"),
    ("GL", "14n"),
    ("GR", "7n16c"),
    ("GT", "4c20c"),
    ("HN", "4a20n"),
    ("HR", "17n"),
    ("HU", "24n"),
    ("IE", "4a14n"),
    ("IL", "19n"),
    ("IQ", "4a15n"),
    ("IS", "22n"),
    ("IT", "1a10n12c"),
    ("JO", "4a4n18c"),
    ("KW", "4a22c"),
    ("KZ", "3n13c"),
    ("LB", "4n20c"),
    ("LC", "4a24c"),
    ("LI", "5n12c"),
    ("LT", "16n"),
    ("LU", "3n13c"),
    ("LV", "4a13c"),
    ("LY", "21n"),
    ("MC", "10n11c2n"),
    ("MD", "20c"),
    ("ME", "18n"),
    ("MK", "3n10c2n"),
    ("MN", "16n"),
    ("MR", "23n"),
    ("MT", "4a5n18c"),
    ("MU", "4a19n3a"),
    ("NI", "4a20n"),
    ("NL", "4a10n"),
    ("NO", "11n"),
    ("OM", "3n16c"),
    ("PK", "4a16c"),
    ("PL", "24n"),
    ("PS", "4a21c"),
    ("PT", "21n"),
    ("QA", "4a21c"),
    ("RO", "4a16c"),
    ("RS", "18n"),
    ("RU", "14n15c"),
    ("SA", "2n18c"),
    ("SC", "4a20n3a"),
    ("SD", "14n"),
    ("SE", "20n"),
    ("SI", "15n"),
    ("SK", "20n"),
    ("SM", "1a10n12c"),
    ("SO", "19n"),
    ("ST", "21n"),
    ("SV", "4a20n"),
    ("TL", "19n"),
    ("TN", "20n"),
    ("TR", "5n1n16c"),
    ("UA", "6n19c"),
    ("VA", "18n"),
    ("VG", "4a16n"),
    ("XK", "16n"),
    ("YE", "4a4n18c"),
];

/// The codes of the countries: few other pairs of letters stand before digits.
const CODES: Pairs = make_codes();

const fn make_codes() -> Pairs {
    let mut codes = Pairs::new();
    let mut left = COUNTRIES;
    while let [(country, _), rest @ ..] = left {
        if let [a, b] = country.as_bytes() {
            codes = codes.with(*a, *b);
        }
        left = rest;
    }
    codes
}

/// Judges a token that may begin an IBAN: two letters and two digits, or two digits behind two letters and a space.
pub(super) fn judge(page: &Page<'_>, token: &Token, found: &mut Found) {
    let start = match page.bytes.get(token.start..token.start + 2) {
        Some([a, b]) if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => token.start,
        Some([a, b]) if a.is_ascii_digit() && b.is_ascii_digit() && page.left_of(token.start) == b' ' => {
            let Some(start) = token.start.checked_sub(3) else { return };
            start
        }
        _ => return,
    };
    let Some(country) = page.bytes.get(start..start + 2) else { return };
    if !matches!(country, [a, b] if CODES.may_have(*a, *b)) {
        return;
    }
    let country = [country.first().copied().unwrap_or(0), country.last().copied().unwrap_or(0)]
        .map(|b| b.to_ascii_uppercase());
    let known = COUNTRIES.binary_search_by(|(known, _)| known.as_bytes().cmp(country.as_slice()));
    let Some((_, form)) = known.ok().and_then(|at| COUNTRIES.get(at)) else { return };
    if !begins(page, start) {
        return;
    }
    let Some(code) = read(page, start, length(form) + 4, After::Word) else { return };
    let bytes = code.bytes();
    let mixed_case = code.lower > 0 && bytes.iter().filter(|b| b.is_ascii_uppercase()).count() != code.lower;
    if mixed_case && code.separators > 0 {
        return;
    }
    let rearranged = code.part(4, bytes.len()).iter().chain(code.part(0, 4)).copied();
    if !code.part(2, 4).iter().all(u8::is_ascii_digit) || !fits(code.part(4, bytes.len()), form) {
        return;
    }
    // One with a slip of the pen is none, and its digits are no telephone number either.
    found.claim(code.end);
    if mod97(rearranged) != 1 {
        return;
    }
    found.add(Builtin::Iban, start, code.end, Confidence::High, hash(bytes.iter().copied()));
}

/// Takes a form apart: `4a10n` is four letters and ten digits.
fn runs(form: &str) -> impl Iterator<Item = (usize, u8)> {
    let mut count = 0_usize;
    form.bytes().filter_map(move |b| {
        if b.is_ascii_digit() {
            count = count * 10 + usize::from(b - b'0');
            return None;
        }
        Some((std::mem::take(&mut count), b))
    })
}

/// Returns how long a form is.
fn length(form: &str) -> usize {
    runs(form).map(|(count, _)| count).sum()
}

/// Says whether letters and digits have a form.
fn fits(bytes: &[u8], form: &str) -> bool {
    let mut rest = bytes;
    runs(form).all(|(count, class)| {
        let Some((run, behind)) = rest.split_at_checked(count) else { return false };
        rest = behind;
        run.iter().all(|b| match class {
            b'a' => b.is_ascii_uppercase(),
            b'n' => b.is_ascii_digit(),
            _ => b.is_ascii_alphanumeric(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_fits_into_an_iban() {
        for (country, form) in COUNTRIES {
            let length = super::length(form) + 4;
            assert!((15..=34).contains(&length), "{country} {length}");
        }
        assert!(COUNTRIES.is_sorted());
    }
}
