//! Numbers of Dutch registers: BSN, RSIN, KvK, BIG, UZI, AGB.
//!
//! Sources: BSN, Besluit burgerservicenummer and "Logisch ontwerp BSN" (RvIG): nine digits, 9·a + 8·b + … + 2·h − i divisible by
//! 11. RSIN, Handelsregisterbesluit: the same check. KvK number, Kamer van Koophandel: eight digits. BIG number, CIBG: eleven
//! digits, the last two the profession. UZI number, CIBG "Certification Practice Statement UZI-register": nine digits (older
//! passes eight). AGB code, Vektis: two digits of the kind of care and six more. The last four have no check digit: they
//! count beside a word only.

use super::checks::{all_equal, weighted};
use super::found::{Found, hash_digits};
use super::hints::{AGB, BIG, BSN, Hints, KVK, LABELS, RSIN, UZI};
use super::page::{Adjacent, Context, Page};
use super::span::{Edge, Gap, Span};
use super::{Builtin, Confidence};

/// Judges a number.
pub(super) fn judge(page: &Page<'_>, span: &Span, found: &mut Found) {
    match span.digits.len() {
        8 => {
            by_word(page, span, found, Builtin::Kvk, KVK);
            by_word(page, span, found, Builtin::Agb, AGB);
            by_word(page, span, found, Builtin::Uzi, UZI);
            short_bsn(page, span, found);
        }
        9 => {
            eleven_test(page, span, found);
            by_word(page, span, found, Builtin::Uzi, UZI);
        }
        11 => by_word(page, span, found, Builtin::Big, BIG),
        12 if span.gap == Gap::Single => by_word(page, span, found, Builtin::Kvk, KVK),
        _ => {}
    }
}

/// The eleven test of the BSN.
pub(super) fn is_bsn(digits: &[u8]) -> bool {
    digits.len() == 9
        && !all_equal(digits)
        && digits != [0; 9]
        && digits.get(..2) != Some(&[0, 0])
        && passes_eleven_test(digits)
}

/// The eleven test alone, as numbers of legal persons pass it too.
pub(super) fn passes_eleven_test(digits: &[u8]) -> bool {
    digits.len() == 9 && weighted(digits, &[9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 == 0
}

/// Returns what stands around, and counts the next number of a list as labelled too: `BSN: 111222333, 123456782`.
pub(super) fn context_or_list(
    page: &Page<'_>,
    span: &Span,
    found: &Found,
    what: Builtin,
    own: Hints,
    rivals: Hints,
) -> Context {
    match page.context(span.first, span.last, own, rivals) {
        Context::Absent if continues_list(page, span.start, found, what) => {
            Context::Own { adjacent: Adjacent::No }
        }
        context => context,
    }
}

/// How far the next number of a list may stand behind the one before, in bytes.
const NEXT: usize = 120;

/// Says whether the last find of this detector stands before, in a list that goes on: with nothing but "and" or a comma
/// between, behind a comma on the same line, or on the line before.
///
/// The caller knows that no other word claims the number.
pub(super) fn continues_list(page: &Page<'_>, start: usize, found: &Found, what: Builtin) -> bool {
    let Some(end) = found.last_end(what).filter(|end| *end < start && start - end <= NEXT) else {
        return false;
    };
    let between = page.slice(end, start);
    let breaks = between.matches('\n').count();
    let light = between
        .split(|c: char| !c.is_alphabetic())
        .all(|word| matches!(word, "" | "en" | "and" | "of" | "or" | "und" | "et" | "y" | "e"));
    let goes_on = between.trim_start_matches([' ', ')']).starts_with([',', ';', '/', '&'])
        || [" en ", " and ", ") en ", ") and "].iter().any(|word| between.starts_with(word));
    light && between.len() <= 12 || breaks == 1 || breaks == 0 && between.len() <= 60 && goes_on
}

fn eleven_test(page: &Page<'_>, span: &Span, found: &mut Found) {
    let digits = span.digits.all();
    if !passes_eleven_test(digits) || all_equal(digits) || span.gap == Gap::Slash {
        return;
    }
    // Written against other digits it is a part of something longer, whatever the words say.
    if span.left == Edge::Digits || span.right == Edge::Digits || span.is_part() && span.gap != Gap::Space {
        return;
    }
    let value = hash_digits(digits);
    let both = BSN | RSIN;
    for (what, own) in [(Builtin::Bsn, BSN), (Builtin::Rsin, RSIN)] {
        // Nobody has a BSN that begins with two zeros; the oldest legal persons do.
        if what == Builtin::Bsn && !is_bsn(digits) {
            continue;
        }
        let context = context_or_list(page, span, found, what, own, LABELS & !own);
        let is_whole = !span.is_part() || context.is_adjacent();
        let touches_letters = span.left == Edge::Letter || span.right == Edge::Letter;
        if context.is_own() && is_whole && (!touches_letters || context.is_adjacent()) {
            found.add(what, span.start, span.end, Confidence::High, value);
            return;
        }
    }
    let context = page.context(span.first, span.last, both, LABELS & !both);
    if span.is_free() && span.gap != Gap::Mixed && context == Context::Absent && digits.first() != Some(&0) {
        // One number in eleven passes by chance.
        found.add(Builtin::Bsn, span.start, span.end, Confidence::Low, value);
    }
}

/// A BSN below 100,000,000 without its leading zero: only where the words say so.
fn short_bsn(page: &Page<'_>, span: &Span, found: &mut Found) {
    if span.gap != Gap::Single || !span.is_free() {
        return;
    }
    let mut digits = [0_u8; 9];
    for (place, digit) in digits.iter_mut().skip(1).zip(span.digits.all()) {
        *place = *digit;
    }
    if is_bsn(&digits) && page.context(span.first, span.last, BSN, LABELS & !BSN).is_own() {
        found.add(Builtin::Bsn, span.start, span.end, Confidence::Medium, hash_digits(&digits));
    }
}

/// A number without a check: the words must say what it is.
fn by_word(page: &Page<'_>, span: &Span, found: &mut Found, what: Builtin, own: Hints) {
    let digits = span.digits.all();
    let is_date = span.gap == Gap::Dash && (span.is_grouped(&[2, 2, 4]) || span.is_grouped(&[4, 2, 2]));
    if span.is_part() || is_date || all_equal(digits) || matches!(span.gap, Gap::Slash | Gap::Mixed) {
        return;
    }
    if !page.may(span.first, own) && found.last_end(what).is_none() {
        return;
    }
    if digits.len() == 12 && !digits.starts_with(&[0, 0, 0]) {
        return;
    }
    let context = context_or_list(page, span, found, what, own, LABELS & !own);
    let touches_letters = span.left == Edge::Letter || span.right == Edge::Letter;
    if !context.is_own() || touches_letters && !context.is_adjacent() {
        return;
    }
    let confidence = if context.is_adjacent() { Confidence::High } else { Confidence::Medium };
    found.add(what, span.start, span.end, confidence, hash_digits(digits));
}
