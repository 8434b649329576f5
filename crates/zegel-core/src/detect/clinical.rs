//! Codes of diagnoses and medicines (ICD-10, ATC, SNOMED CT) and the names themselves.
//!
//! Sources: WHO, ICD-10 instruction manual (a letter, two digits or a digit and a letter, after the full stop up to four);
//! WHO Collaborating Centre, "Guidelines for ATC classification" (letter, two digits, two letters, two digits; the first level has
//! fourteen letters); SNOMED International, Technical Implementation Guide, section on SCTIDs (6 to 18 digits, partition
//! identifier, Verhoeff check). The names are in [`super::words`].

use super::chars::byte;
use super::checks::{all_equal, verhoeff};
use super::codes::begins;
use super::found::{Found, hash_code, hash_digits, hash_words};
use super::hints::{
    ABSENT, AMBIGUOUS, ATC, DISEASE, DRUG, GENERAL, ICD, ILLNESS, INTAKE, LABELS, ORDER, SNOMED,
};
use super::lexer::{Kind, Token};
use super::page::{Context, Page};
use super::span::{Gap, Span};
use super::{Builtin, Confidence};

/// How near a name must stand to its code, in bytes.
const BESIDE: usize = 14;

/// How far words reach that speak of diseases in general, in bytes.
const GENERALLY: usize = 60;

/// Judges a number: SNOMED CT.
pub(super) fn judge_number(page: &Page<'_>, span: &Span, found: &mut Found) {
    let digits = span.digits.all();
    if span.gap != Gap::Single || !(6..=18).contains(&digits.len()) || digits.first() == Some(&0) {
        return;
    }
    // The partition: second and third digit from the right. 0 short, 1 long form; concept, description, relationship.
    let partition = digits.len().checked_sub(3).and_then(|at| digits.get(at..at + 2));
    if !matches!(partition, Some([0 | 1, 0..=2])) || all_equal(digits) || !verhoeff(digits) || !span.is_free()
    {
        return;
    }
    let described = page.slice(span.end, page.text.len()).trim_start_matches(' ').starts_with('|')
        && page.token(span.first).is_some_and(|token| token.header == 0)
        && page
            .slice(span.end, page.text.len())
            .trim_start_matches([' ', '|'])
            .starts_with(char::is_alphabetic);
    let confidence = match page.context(span.first, span.last, SNOMED, LABELS & !SNOMED) {
        Context::Own { .. } => Confidence::High,
        Context::Absent if described && page.is_near(span.first, span.last, DISEASE | DRUG, 60) => {
            Confidence::Medium
        }
        Context::Absent => Confidence::Low,
        Context::Rival => return,
    };
    found.add(Builtin::Snomed, span.start, span.end, confidence, hash_digits(digits));
}

/// Judges a token with letters: ICD-10 and ATC.
pub(super) fn judge_code(page: &Page<'_>, at: usize, token: &Token, found: &mut Found) {
    let Some(bytes) = page.bytes.get(token.start..token.end) else { return };
    if !begins(page, token.start) {
        return;
    }
    if is_atc(bytes) {
        judge_atc(page, at, token, found);
    } else if let Some((end, dotted)) = icd(page, token, bytes) {
        judge_icd(page, at, token, end, dotted, found);
    }
}

fn judge_atc(page: &Page<'_>, at: usize, token: &Token, found: &mut Found) {
    let whole = token.end - token.start == 7;
    let confidence = match page.context(at, at, ATC, LABELS) {
        Context::Own { .. } => Confidence::High,
        _ if !whole => return,
        _ if is_beside(page, at, at, DRUG) => Confidence::Medium,
        Context::Absent => Confidence::Low,
        Context::Rival => return,
    };
    found.add(
        Builtin::Atc,
        token.start,
        token.end,
        confidence,
        hash_code(page.slice(token.start, token.end)),
    );
}

fn judge_icd(page: &Page<'_>, at: usize, token: &Token, end: usize, dotted: Dotted, found: &mut Found) {
    let last = if end > token.end { at + 1 } else { at };
    let confidence = match page.context(at, last, ICD, LABELS) {
        Context::Own { .. } => Confidence::High,
        Context::Rival if dotted == Dotted::No => return,
        _ if is_beside(page, at, last, DISEASE) => Confidence::Medium,
        Context::Absent if dotted == Dotted::Yes => Confidence::Low,
        _ => return,
    };
    found.add(Builtin::Icd10, token.start, end, confidence, hash_code(page.slice(token.start, end)));
}

/// Says whether a name stands beside a code, on the same line: `astma (J45.9)`, or in the next cell.
fn is_beside(page: &Page<'_>, first: usize, last: usize, name: u64) -> bool {
    let Some(near) = page.near(first, last, name, BESIDE) else { return false };
    page.token(first).is_some_and(|token| near.line == token.line)
}

/// Whether a code has its full stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dotted {
    No,
    Yes,
}

/// Reads an ICD-10 code that begins with a token; returns its end.
fn icd(page: &Page<'_>, token: &Token, bytes: &[u8]) -> Option<(usize, Dotted)> {
    let head = match bytes {
        [a, b, c, rest @ ..] => {
            (a.is_ascii_uppercase() && b.is_ascii_digit() && (c.is_ascii_digit() || matches!(c, b'A' | b'B')))
                .then_some(rest)?
        }
        _ => return None,
    };
    if !head.is_empty() {
        // Without its full stop: "E119".
        let tight = head.len() <= 4 && head.iter().all(u8::is_ascii_digit);
        return tight.then_some((token.end, Dotted::No));
    }
    if byte(page.bytes, token.end) != b'.' {
        return Some((token.end, Dotted::No));
    }
    let tail =
        page.bytes.get(token.end + 1..)?.iter().take(5).take_while(|b| b.is_ascii_alphanumeric()).count();
    let good = (1..=4).contains(&tail)
        && page
            .bytes
            .get(token.end + 1..token.end + 1 + tail)
            .is_some_and(|tail| tail.iter().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()))
        && page.bytes.get(token.end + 1).is_some_and(|b| b.is_ascii_digit() || *b == b'X');
    Some(if good { (token.end + 1 + tail, Dotted::Yes) } else { (token.end, Dotted::No) })
}

/// Checks the form of an ATC code and that its second level exists.
fn is_atc(bytes: &[u8]) -> bool {
    let most = |letter: u8| match letter {
        b'A' => 16,
        b'B' => 6,
        b'C' => 10,
        b'D' => 11,
        b'G' => 4,
        b'H' => 5,
        b'J' => 7,
        b'L' => 4,
        b'M' => 9,
        b'N' => 7,
        b'P' => 3,
        b'R' => 7,
        b'S' => 3,
        b'V' => 20,
        _ => 0,
    };
    let Some([letter, tens, ones, rest @ ..]) = bytes.get(..bytes.len().min(8)) else { return false };
    let form = match rest {
        [a, b] => a.is_ascii_uppercase() && b.is_ascii_uppercase(),
        [a, b, c, d] => {
            a.is_ascii_uppercase() && b.is_ascii_uppercase() && c.is_ascii_digit() && d.is_ascii_digit()
        }
        _ => false,
    };
    let group = u32::from(tens.wrapping_sub(b'0')) * 10 + u32::from(ones.wrapping_sub(b'0'));
    form && tens.is_ascii_digit() && ones.is_ascii_digit() && (1..=most(*letter)).contains(&group)
}

/// Judges a word: the name of a medicine or a disease.
pub(super) fn judge_name(page: &Page<'_>, at: usize, token: &Token, found: &mut Found) {
    let (what, company) = if token.hints & DRUG != 0 {
        (Builtin::Medication, INTAKE | ILLNESS)
    } else {
        (Builtin::Diagnosis, ILLNESS)
    };
    let text = page.slice(token.start, token.end);
    // An abbreviation that is also a word ("ALS", "MS", "AIDS") counts in capitals only.
    let shouted = text.len() > 4 || text.chars().all(char::is_uppercase);
    let joined =
        matches!(page.right_of(token.end), b'-') && page.right_of(token.end + 1).is_ascii_alphabetic();
    let negated = page.near(at, at, ABSENT, 12).is_some_and(|word| word.start < token.start);
    let general = page.near(at, at, GENERAL, GENERALLY).is_some();
    let accompanied = page.near(at, at, company, 60).is_some();
    let ambiguous = token.hints & AMBIGUOUS != 0;
    let lonely = ambiguous && !(accompanied && (shouted || token.hints & DRUG != 0));
    let confidence = if general || negated || lonely || joined && ambiguous {
        Confidence::Low
    } else if accompanied {
        Confidence::High
    } else {
        Confidence::Medium
    };
    let rival = page.near(at, at, ORDER, 0).is_some();
    if !rival {
        found.add(what, token.start, token.end, confidence, hash_words(text));
    }
}

/// Says whether a token may be a code of this module.
pub(super) fn is_candidate(token: &Token) -> bool {
    token.kind == Kind::Mixed && (3..=7).contains(&(token.end - token.start))
}
