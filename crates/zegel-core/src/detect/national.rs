//! National numbers of persons in Belgium, Germany, France, the United Kingdom, Spain, Italy and Poland.
//!
//! Sources: Belgium, Royal Decree of 3 April 1984 (97 minus the rest of nine digits by 97, a 2 before them for births from
//! 2000; BIS numbers add 20 or 40 to the month). Germany, Bundeszentralamt für Steuern, IdNr: ISO/IEC 7064 MOD 11,10, and one
//! digit twice or three times among the first ten. France, INSEE, NIR: 97 minus the rest of thirteen digits by 97, Corsica's 2A
//! and 2B read as 19 and 18. United Kingdom, NHS Data Dictionary: modulus 11 with weights 10 to 2. Spain, Real Decreto
//! 1553/2005 and Orden INT/2058/2008: letter by the rest by 23. Italy, Decreto ministeriale 23 December 1976: check letter over
//! values of odd and even places, letters for digits among namesakes (omocodia). Poland, Act of 24 September 2010: weights
//! 1 3 7 9.

use super::checks::{all_equal, mod11_10, number, weighted};
use super::codes::{After, Code, begins, has_form, read};
use super::dutch::context_or_list;
use super::found::{Found, hash, hash_digits};
use super::hints::{
    BELGIUM, CF, DNI, FRANCE, GERMANY, Hints, IDNR, INSZ, ITALY, LABELS, NHS, NIR, PESEL, POLAND, SPAIN,
};
use super::lexer::{Kind, Token};
use super::page::{Context, Page};
use super::span::{Edge, Gap, Span};
use super::{Builtin, Confidence};

/// Judges a number of digits.
pub(super) fn judge(page: &Page<'_>, span: &Span, found: &mut Found) {
    let digits = span.digits.all();
    if all_equal(digits) {
        return;
    }
    match digits.len() {
        10 if is_nhs(digits) => {
            add(page, span, found, Builtin::UkNhs, NHS, Confidence::Low);
        }
        11 => {
            if is_insz(digits) {
                let dotted = span.is_grouped(&[2, 2, 2, 3, 2]) && span.gap == Gap::Mixed;
                let alone = if dotted { Confidence::Medium } else { Confidence::Low };
                add(page, span, found, Builtin::BelgianInsz, INSZ | BELGIUM, alone);
            }
            if is_idnr(digits) {
                add(page, span, found, Builtin::GermanIdnr, IDNR | GERMANY, Confidence::Low);
            }
            if is_pesel(digits) {
                add(page, span, found, Builtin::PolishPesel, PESEL | POLAND, Confidence::Low);
            }
        }
        15 if is_nir(digits) => add(page, span, found, Builtin::FrenchNir, NIR | FRANCE, Confidence::Low),
        _ => {}
    }
}

/// Says whether a token is worth a look by [`judge_code`]: digits alone begin a code only where words say so.
#[inline]
pub(super) fn is_candidate(page: &Page<'_>, at: usize, token: &Token) -> bool {
    token.kind == Kind::Mixed || page.may(at, DNI | SPAIN | NIR | FRANCE)
}

/// Judges a token with letters, or one that letters may follow.
pub(super) fn judge_code(page: &Page<'_>, at: usize, found: &mut Found) {
    let Some(token) = page.token(at) else { return };
    dni(page, at, token, found);
    if token.kind == Kind::Mixed && token.digits >= 3 {
        codice_fiscale(page, at, token, found);
    }
    corsican_nir(page, at, token, found);
}

fn add(page: &Page<'_>, span: &Span, found: &mut Found, what: Builtin, own: Hints, alone: Confidence) {
    if span.left == Edge::Digits
        || span.right == Edge::Digits
        || span.gap == Gap::Slash && span.digits.len() != 11
    {
        return;
    }
    let context = context_or_list(page, span, found, what, own, LABELS & !own);
    let touches_letters = span.left == Edge::Letter || span.right == Edge::Letter;
    let confidence = match context {
        Context::Own { .. } if !span.is_part() && !touches_letters || context.is_adjacent() => {
            Confidence::High
        }
        Context::Absent if span.is_free() => alone,
        _ => return,
    };
    found.add(what, span.start, span.end, confidence, hash_digits(span.digits.all()));
}

/// Belgian national number; the year may belong to either century.
pub(super) fn is_insz(digits: &[u8]) -> bool {
    let part = |start: usize, end: usize| digits.get(start..end).map_or(0, number);
    let (month, day, check) = (part(2, 4), part(4, 6), part(9, 11));
    let body = part(0, 9);
    let date = month <= 52 && month % 20 <= 12 && day <= 31;
    digits.len() == 11
        && date
        && part(6, 9) != 0
        && (97 - body % 97 == check || 97 - (2_000_000_000 + body) % 97 == check)
}

/// German tax identification number.
pub(super) fn is_idnr(digits: &[u8]) -> bool {
    let Some(body) = digits.get(..10) else { return false };
    let mut counts = [0_u8; 10];
    for digit in body {
        if let Some(count) = counts.get_mut(usize::from(*digit)) {
            *count += 1;
        }
    }
    let repeated = counts.iter().filter(|count| **count > 1).count();
    let most = counts.iter().max().copied().unwrap_or(0);
    digits.len() == 11 && digits.first() != Some(&0) && repeated == 1 && most <= 3 && mod11_10(digits)
}

/// Polish PESEL; the month carries the century.
pub(super) fn is_pesel(digits: &[u8]) -> bool {
    let part = |start: usize, end: usize| digits.get(start..end).map_or(0, number);
    let month = part(2, 4) % 20;
    digits.len() == 11
        && (1..=12).contains(&month)
        && (1..=31).contains(&part(4, 6))
        && weighted(digits, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 == 0
}

/// British NHS number; a check digit of 10 is never given out.
pub(super) fn is_nhs(digits: &[u8]) -> bool {
    digits.len() == 10 && !all_equal(digits) && weighted(digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0
}

/// French NIR without Corsica.
pub(super) fn is_nir(digits: &[u8]) -> bool {
    let part = |start: usize, end: usize| digits.get(start..end).map_or(0, number);
    nir_shape(part(0, 1), part(3, 5)) && digits.len() == 15 && 97 - part(0, 13) % 97 == part(13, 15)
}

fn nir_shape(sex: u64, month: u64) -> bool {
    matches!(sex, 1..=4 | 7 | 8) && matches!(month, 1..=12 | 20..=42 | 50..=99)
}

/// French NIR of somebody born in Corsica: `2A` or `2B` in the sixth and seventh place.
fn corsican_nir(page: &Page<'_>, at: usize, token: &Token, found: &mut Found) {
    if token.end - token.start > 15 || !page.may(at, NIR | FRANCE) {
        return;
    }
    if !matches!(page.right_of(token.start), b'1'..=b'4' | b'7' | b'8') || !begins(page, token.start) {
        return;
    }
    // Without a letter in the right place there is nothing to read.
    if !page
        .slice(token.start, super::chars::ceil(page.text, token.start + 14))
        .contains(['A', 'B', 'a', 'b'])
    {
        return;
    }
    let Some(code) = read(page, token.start, 15, After::Word) else { return };
    let bytes = code.bytes();
    let body = match (has_form(bytes, "nnnnnnannnnnnnn"), bytes.get(6)) {
        (true, Some(b'A')) => 19,
        (true, Some(b'B')) => 18,
        _ => return,
    };
    let digits = |start: usize, end: usize| {
        code.part(start, end).iter().fold(0_u64, |sum, b| sum * 10 + u64::from(b.wrapping_sub(b'0') % 10))
    };
    let thirteen = (digits(0, 5) * 100 + body) * 1_000_000 + digits(7, 13);
    if code.part(5, 6) != b"2"
        || !nir_shape(digits(0, 1), digits(3, 5))
        || 97 - thirteen % 97 != digits(13, 15)
    {
        return;
    }
    add_code(page, at, token.start, &code, found, Builtin::FrenchNir, NIR | FRANCE);
}

/// Spanish DNI (eight digits and a letter) and NIE (X, Y or Z, seven digits and a letter).
fn dni(page: &Page<'_>, at: usize, token: &Token, found: &mut Found) {
    if token.kind == Kind::Digits && !page.may(at, DNI | SPAIN) {
        return;
    }
    let is_foreign = |b: u8| matches!(b.to_ascii_uppercase(), b'X' | b'Y' | b'Z');
    let mut start = token.start;
    match token.kind {
        // Of a code that goes on behind the token all but the first are digits.
        Kind::Mixed
            if token.end - token.start < 9
                && page.bytes.get(start).is_some_and(|b| b.is_ascii() && !is_foreign(*b)) =>
        {
            return;
        }
        Kind::Mixed if token.digits <= 8 => {}
        Kind::Digits if token.digits <= 8 => {
            // The letter of a NIE may stand apart: "X-1234567-L".
            let before = start.saturating_sub(2);
            if matches!(page.left_of(start), b'-' | b' ' | b'.')
                && is_foreign(page.right_of(before))
                && !page.left_of(before).is_ascii_alphanumeric()
            {
                start = before;
            }
        }
        _ => return,
    }
    if !begins(page, start) {
        return;
    }
    let Some(code) = read(page, start, 9, After::Whole) else { return };
    if is_dni(code.bytes()) {
        add_code(page, at, start, &code, found, Builtin::SpanishDni, DNI | SPAIN);
    }
}

/// Checks the letter of a DNI or NIE.
pub(super) fn is_dni(bytes: &[u8]) -> bool {
    const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let Some((last, body)) = bytes.split_last() else { return false };
    let body: Option<u64> = body.iter().enumerate().try_fold(0, |sum, (place, b)| {
        let digit = match (place, b) {
            (_, b'0'..=b'9') => b - b'0',
            (0, b'X'..=b'Z') => b - b'X',
            _ => return None,
        };
        Some(sum * 10 + u64::from(digit))
    });
    bytes.len() == 9
        && body.is_some_and(|number| number > 0 && LETTERS.get((number % 23) as usize) == Some(last))
}

fn codice_fiscale(page: &Page<'_>, at: usize, token: &Token, found: &mut Found) {
    // It begins with six letters: they may be groups of their own, before this token.
    let mut start = token.start;
    if !page.bytes.get(start..start + 6).is_some_and(|six| six.iter().all(u8::is_ascii_alphabetic)) {
        let before = page.bytes.get(start.saturating_sub(8)..start).unwrap_or(&[]);
        match before {
            [a @ .., b' '] if a.len() == 7 && a.get(3) == Some(&b' ') => start -= 8,
            _ => return,
        }
    }
    if !begins(page, start) {
        return;
    }
    let Some(code) = read(page, start, 16, After::Whole) else { return };
    if is_codice_fiscale(code.bytes()) {
        let context = page.context(at, at, CF | ITALY, LABELS & !CF);
        let confidence = if context.is_own() { Confidence::High } else { Confidence::Medium };
        let value = hash(code.bytes().iter().copied());
        found.add(Builtin::ItalianCf, start, code.end, confidence, value);
        found.claim(code.end);
    }
}

/// Checks form, date and check letter of an Italian tax code.
pub(super) fn is_codice_fiscale(bytes: &[u8]) -> bool {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    /// Letters that stand for 0 to 9 among namesakes.
    const OMOCODIA: &[u8; 10] = b"LMNPQRSTUV";
    let digit = |place: usize| {
        let b = *bytes.get(place)?;
        if b.is_ascii_digit() {
            return Some(u32::from(b - b'0'));
        }
        OMOCODIA.iter().position(|letter| *letter == b).and_then(|value| u32::try_from(value).ok())
    };
    let letters = [0, 1, 2, 3, 4, 5, 8, 11, 15];
    let digits = [6, 7, 9, 10, 12, 13, 14];
    if bytes.len() != 16
        || !letters.iter().all(|place| bytes.get(*place).is_some_and(u8::is_ascii_uppercase))
        || !digits.iter().all(|place| digit(*place).is_some())
        || !bytes.get(8).is_some_and(|month| b"ABCDEHLMPRST".contains(month))
    {
        return false;
    }
    let day = digit(9).unwrap_or(9) * 10 + digit(10).unwrap_or(9);
    let sum: u32 = bytes
        .iter()
        .take(15)
        .enumerate()
        .map(|(place, b)| {
            let value = u32::from(if b.is_ascii_digit() { b - b'0' } else { b - b'A' });
            if place % 2 == 1 { value } else { ODD.get(value as usize).copied().unwrap_or(0) }
        })
        .sum();
    matches!(day, 1..=31 | 41..=71) && bytes.last().is_some_and(|last| u32::from(last - b'A') == sum % 26)
}

fn add_code(
    page: &Page<'_>,
    at: usize,
    start: usize,
    code: &Code,
    found: &mut Found,
    what: Builtin,
    own: Hints,
) {
    let confidence = match page.context(at, at, own, LABELS & !own) {
        Context::Own { .. } => Confidence::High,
        Context::Absent => Confidence::Low,
        Context::Rival => return,
    };
    found.add(what, start, code.end, confidence, hash(code.bytes().iter().copied()));
}
