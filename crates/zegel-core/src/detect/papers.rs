//! Numbers of passports, identity cards and driving licences, beside a word that says so.
//!
//! Sources: RvIG, "Kenmerken paspoorten en identiteitskaarten" (nine characters: two letters, six letters or digits, a digit,
//! never the letter O); RDW (driving licence: ten digits); ICAO Doc 9303 (up to nine characters); DVLA (sixteen characters);
//! Belgian identity card: twelve digits, the last two the rest of the ten by 97.

use super::checks::{all_equal, number};
use super::codes::{After, begins, has_form, read};
use super::found::{Found, hash, hash_digits};
use super::hints::{DRIVING, Hints, IDENTITY, LABELS, PASSPORT};
use super::lexer::{Kind, Token};
use super::page::Page;
use super::span::{Edge, Gap, Span};
use super::{Builtin, Confidence};

/// The papers, and the words for them.
const PAPERS: [(Builtin, Hints); 3] =
    [(Builtin::Passport, PASSPORT), (Builtin::IdentityCard, IDENTITY), (Builtin::DrivingLicence, DRIVING)];

/// Says whether a token is worth a look: hardly any number stands beside such a word.
#[inline]
pub(super) fn is_candidate(page: &Page<'_>, at: usize) -> bool {
    page.may(at, PASSPORT | IDENTITY | DRIVING)
}

/// Judges a number of digits.
pub(super) fn judge(page: &Page<'_>, span: &Span, found: &mut Found) {
    let digits = span.digits.all();
    if !is_candidate(page, span.first) {
        return;
    }
    if span.is_part() || all_equal(digits) || span.left == Edge::Letter || span.right == Edge::Letter {
        return;
    }
    let belgian = digits.len() == 12 && {
        let part = |start: usize, end: usize| digits.get(start..end).map_or(0, number);
        let rest = part(0, 10) % 97;
        part(10, 12) == if rest == 0 { 97 } else { rest }
    };
    for (what, own) in PAPERS {
        // Nine digits are no driving licence, so the word for one between does not count.
        let rivals = LABELS & !own & if digits.len() == 9 { !DRIVING } else { LABELS };
        let context = page.claim(span.first, span.last, own, rivals);
        if !context.is_own() {
            continue;
        }
        let shape = match what {
            Builtin::DrivingLicence => {
                digits.len() == 10 || (context.is_adjacent() && (7..=12).contains(&digits.len()))
            }
            Builtin::IdentityCard => {
                belgian
                    || span.is_grouped(&[3, 7, 2])
                    || (context.is_adjacent() && (8..=10).contains(&digits.len()))
            }
            // British and American passports have nine digits.
            _ => digits.len() == 9 || context.is_adjacent() && digits.len() == 8,
        };
        let one_piece = span.gap == Gap::Single
            || belgian
            || span.is_grouped(&[3, 7, 2])
            || what == Builtin::DrivingLicence && span.gap == Gap::Space;
        if context.is_own() && shape && one_piece {
            let confidence = if context.is_adjacent() { Confidence::High } else { Confidence::Medium };
            found.add(what, span.start, span.end, confidence, hash_digits(digits));
            return;
        }
    }
}

/// Judges a token with letters.
pub(super) fn judge_code(page: &Page<'_>, at: usize, token: &Token, found: &mut Found) {
    if token.kind != Kind::Mixed && !(token.kind == Kind::Digits && token.digits < 8) {
        return;
    }
    let own = PASSPORT | IDENTITY | DRIVING;
    let context = page.claim(at, at, own, LABELS & !own);
    if !context.is_own() {
        return;
    }
    let start = start_of(page, token);
    if !begins(page, start) {
        return;
    }
    let nearest = |own: Hints, rivals: Hints| page.claim(at, at, own, rivals).is_own();
    let Some((what, _)) = PAPERS.into_iter().find(|(_, own)| nearest(*own, LABELS & !own)) else { return };
    // A Dutch driving licence has ten digits: nine characters that begin with a letter belong to another paper.
    let nine = read(page, start, 9, After::Whole).filter(|code| has_form(code.bytes(), "acccccccc"));
    let travels = nine.is_some_and(|code| is_travel(code.bytes()));
    let rivals = LABELS & !(PASSPORT | IDENTITY | DRIVING);
    let what = match what {
        Builtin::DrivingLicence if nine.is_some() && nearest(PASSPORT, rivals) => Builtin::Passport,
        Builtin::DrivingLicence if nine.is_some() && nearest(IDENTITY, rivals) => Builtin::IdentityCard,
        Builtin::DrivingLicence if travels => Builtin::Passport,
        what => what,
    };
    let lengths: &[usize] = match what {
        Builtin::DrivingLicence => &[16, 18, 10, 11, 9, 8, 12, 13],
        _ => &[9, 8, 10, 7],
    };
    let candidate = lengths.iter().find_map(|length| {
        let code = read(page, start, *length, After::Whole)?;
        let bytes = code.bytes();
        let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
        let letters = bytes.len() - digits;
        let whole =
            code.separators == 0 || is_known(bytes) || (what == Builtin::DrivingLicence && *length >= 16);
        let upper = code.lower == 0 || code.lower == letters && context.is_adjacent();
        let good = is_known(bytes) || (context.is_adjacent() && digits >= 3 && (letters >= 1));
        (whole && upper && good && digits > 0).then_some(code)
    });
    if let Some(code) = candidate {
        let sure = context.is_adjacent() || is_known(code.bytes());
        let confidence = if sure { Confidence::High } else { Confidence::Medium };
        found.add(what, start, code.end, confidence, hash(code.bytes().iter().copied()));
        found.claim(code.end);
    }
}

/// The letters of a document may stand apart, before the digits: `NP 123456 7`.
fn start_of(page: &Page<'_>, token: &Token) -> usize {
    let before = page.bytes.get(token.start.saturating_sub(3)..token.start).unwrap_or(&[]);
    match before {
        [a, b, b' '] if a.is_ascii_uppercase() && b.is_ascii_uppercase() && begins(page, token.start - 3) => {
            token.start - 3
        }
        _ => token.start,
    }
}

/// Says whether a code has the form of a Dutch or German passport or identity card.
fn is_travel(bytes: &[u8]) -> bool {
    let dutch = has_form(bytes, "aaccccccn") && !bytes.contains(&b'O');
    // A letter of the authority and eight more characters, never a vowel.
    let german = has_form(bytes, "acccccccc")
        && !bytes.iter().any(|b| b"AEIOU".contains(b))
        && bytes.iter().filter(|b| b.is_ascii_digit()).count() > 2;
    dutch || german
}

/// Says whether a code has the form of a document we know.
fn is_known(bytes: &[u8]) -> bool {
    let belgian = has_form(bytes, "aannnnnn");
    let french = has_form(bytes, "nnaannnnn");
    let british = bytes.len() == 16
        && bytes.get(..5).is_some_and(|name| name.iter().all(|b| b.is_ascii_uppercase() || *b == b'9'))
        && bytes.get(5..11).is_some_and(|born| born.iter().all(u8::is_ascii_digit));
    is_travel(bytes) || belgian || french || british
}
