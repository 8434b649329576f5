//! Numbers that each organisation makes up itself, for patients and for cases: whatever stands behind a word that says so.
//!
//! Source: none can exist; the forms are those seen on Dutch and British letters. A policy file names an organisation's own form
//! exactly (a template), which then needs no word beside it.

use super::chars::{char_at, char_before, floor};
use super::found::{Found, hash_code};
use super::hints::{BIRTH, CASE, DATE, Hints, LABELS, MATTER, PATIENT, REFERENCE};
use super::lexer::{Kind, Token};
use super::page::{Context, Page};
use super::{Builtin, Confidence};

/// Longest number of this sort, in bytes.
const LONGEST: usize = 32;

/// Says whether a token is worth a look: one of the words must be about.
#[inline]
pub(super) fn is_candidate(page: &Page<'_>, at: usize) -> bool {
    page.may(at, PATIENT | CASE | MATTER | REFERENCE)
}

/// Judges a token that may begin such a number.
pub(super) fn judge(page: &Page<'_>, at: usize, token: &Token, found: &mut Found) {
    if !matches!(token.kind, Kind::Digits | Kind::Mixed) {
        return;
    }
    let claims = [
        (Builtin::PatientNumber, PATIENT),
        (Builtin::CaseNumber, CASE),
        (Builtin::CaseNumber, MATTER),
        (Builtin::CaseNumber, REFERENCE),
    ];
    for (what, own) in claims {
        let context = page.claim(at, at, own, (LABELS & !own) | BIRTH | DATE);
        if !context.is_own() {
            continue;
        }
        let start = start_of(page, token.start);
        // The word must stand next to the number, and that begins with its letters: "case CAS-12345".
        let label = (1..8)
            .map_while(|back| page.token(at.checked_sub(back)?))
            .find(|label| label.kind == Kind::Word && label.hints & own != 0);
        let context = match label.map(|label| page.is_adjacent(label.end.min(start), start)) {
            Some(adjacent) => Context::Own { adjacent },
            None => context,
        };
        // "in case of 123456 visitors": a mere word for it must stand right before the number.
        let right_before = |label: &Token| {
            page.slice(label.end.min(start), start)
                .split(|c: char| !c.is_alphabetic())
                .all(|word| matches!(word, "" | "nr" | "no" | "nummer" | "number" | "is" | "Nr" | "No"))
        };
        let end = end_of(page, token.end);
        let text = page.slice(start, end);
        let close = context.is_adjacent() && label.is_none_or(right_before);
        if own == REFERENCE && !close || own == MATTER && !close && !is_reference(text) {
            continue;
        }
        if own == REFERENCE && !is_reference(text)
            || !is_number(text, context, own)
            || super::dates::read(page, at).is_some()
        {
            return;
        }
        // Only the first token of a number begins it.
        let before = at.checked_sub(1).and_then(|before| page.token(before));
        let first = before.is_none_or(|before| before.kind == Kind::Word || before.end <= start);
        if !first {
            return;
        }
        let confidence = if context.is_adjacent() { Confidence::High } else { Confidence::Medium };
        found.add(what, start, end, confidence, hash_code(text));
        return;
    }
}

/// Says whether a text can be such a number.
fn is_number(text: &str, context: Context, own: Hints) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let joined = text.bytes().filter(|b| matches!(b, b'-' | b'/' | b'.' | b'_')).count();
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    let lower = text.bytes().filter(u8::is_ascii_lowercase).count();
    if text.len() > LONGEST + 16 || text.contains("://") || digits * 3 < letters {
        return false;
    }
    let long = if own == PATIENT { 5 } else { 6 };
    let enough = digits >= long || digits >= 4 && (joined > 0 || letters > 0);
    let adjacent = context.is_adjacent();
    enough && (adjacent || digits >= 5 && lower == 0)
}

/// Says whether a reference is written as authorities write theirs, with letters and more than one part, and not as
/// shops do.
fn is_reference(text: &str) -> bool {
    const SHOPS: [&str; 8] = ["INV", "ORD", "PO", "SO", "FAC", "RMA", "SKU", "TT"];
    let letters = text.bytes().any(|b| b.is_ascii_alphabetic());
    let parts = text.split(['-', '/', '.']).count();
    letters && parts > 1 && !SHOPS.iter().any(|shop| text.starts_with(shop))
}

/// Goes back over letters and joiners that are written against the digits: `Z/24/…`, `CAS-…`.
fn start_of(page: &Page<'_>, start: usize) -> usize {
    let mut at = start;
    let mut good = start;
    while let Some(c) = char_before(page.text, at) {
        if start - at > 12 || !(c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '.' | '_')) {
            break;
        }
        at -= 1;
        if c.is_ascii_alphanumeric() {
            good = at;
        }
    }
    good
}

/// Goes on over letters, digits and joiners, up to the last letter or digit.
fn end_of(page: &Page<'_>, end: usize) -> usize {
    let mut at = end;
    let mut good = end;
    while let Some(c) = char_at(page.text, at) {
        if at - end > LONGEST || !(c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '.' | '_')) {
            break;
        }
        at += 1;
        if c.is_ascii_alphanumeric() {
            good = at;
        }
    }
    let good = floor(page.text, good);
    // The number of a court of first instance has a second half: "C/09/123456 / HA ZA 25-123".
    let rest = page.slice(good, floor(page.text, good + 24));
    let Some(half) = rest.strip_prefix(" / ").or_else(|| rest.strip_prefix(" /")) else { return good };
    let letters = half.chars().take_while(|c| c.is_ascii_uppercase() || *c == ' ').count();
    let number = half.get(letters..).unwrap_or("");
    let length = number.bytes().take_while(|b| b.is_ascii_digit() || matches!(b, b'-' | b'/')).count();
    let is_half = (2..=8).contains(&letters) && length >= 4;
    if is_half { good + (rest.len() - half.len()) + letters + length } else { good }
}
