//! Payment cards.
//!
//! Source: ISO/IEC 7812-1 (Luhn, issuer identification numbers); ranges and lengths as the card schemes publish them.

use super::checks::{all_equal, luhn, number};
use super::found::{Found, hash_digits};
use super::hints::{CARD, LABELS};
use super::page::{Context, Page};
use super::span::{Edge, Gap, Span};
use super::{Builtin, Confidence};

/// How sure a range of numbers is by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    /// Known everywhere, with one length.
    Common,
    /// Many lengths, or numbers that others use too.
    Rare,
}

/// Judges a number.
pub(super) fn judge(page: &Page<'_>, span: &Span, found: &mut Found) {
    let digits = span.digits.all();
    if !(12..=19).contains(&digits.len()) || all_equal(digits) || !luhn(digits) {
        return;
    }
    let Some(scheme) = scheme(digits) else { return };
    if span.left == Edge::Digits || span.right == Edge::Digits || span.left == Edge::Money {
        return;
    }
    // In fours, or as Amex and Diners print them.
    let mut groups = span.groups.iter().rev().skip_while(|group| **group == 0);
    let fours = span.gap != Gap::Single
        && groups.next().is_some_and(|last| *last <= 4)
        && groups.all(|group| *group == 4);
    let grouped = fours || span.is_grouped(&[4, 6, 5]) || span.is_grouped(&[4, 6, 4]);
    if !grouped && span.gap != Gap::Single {
        return;
    }
    let context = page.context(span.first, span.last, CARD, LABELS & !CARD);
    if span.is_part() && !context.is_adjacent() {
        return;
    }
    let touches_letters = span.left == Edge::Letter || span.right == Edge::Letter;
    let confidence = match context {
        Context::Own { .. } => Confidence::High,
        _ if touches_letters => return,
        Context::Absent if scheme == Scheme::Common || grouped => Confidence::Medium,
        Context::Rival if grouped && scheme == Scheme::Common => Confidence::Medium,
        Context::Absent | Context::Rival => Confidence::Low,
    };
    found.add(Builtin::PaymentCard, span.start, span.end, confidence, hash_digits(digits));
    if confidence > Confidence::Low {
        found.claim(span.end);
    }
}

/// Finds the scheme that gives out numbers of this beginning and length.
fn scheme(digits: &[u8]) -> Option<Scheme> {
    let start = |count: usize| digits.get(..count).map_or(0, number);
    let length = digits.len();
    let (two, three, four, six) = (start(2), start(3), start(4), start(6));
    match two {
        40..=49 if matches!(length, 16) => Some(Scheme::Common),
        40..=49 if matches!(length, 13 | 19) => Some(Scheme::Rare),
        51..=55 if length == 16 => Some(Scheme::Common),
        22..=27 if length == 16 && (2221..=2720).contains(&four) => Some(Scheme::Common),
        34 | 37 if length == 15 => Some(Scheme::Common),
        35 if (3528..=3589).contains(&four) && (16..=19).contains(&length) => Some(Scheme::Common),
        30 if ((300..=305).contains(&three) || four == 3095) && (14..=19).contains(&length) => {
            Some(Scheme::Rare)
        }
        36 | 38 | 39 if (14..=19).contains(&length) => Some(Scheme::Rare),
        60 if four == 6011 && length == 16 => Some(Scheme::Common),
        64 | 65 if length == 16 && three >= 644 => Some(Scheme::Common),
        62 if (622_126..=622_925).contains(&six) && length == 16 => Some(Scheme::Common),
        62 | 81 if (16..=19).contains(&length) => Some(Scheme::Rare),
        50 | 56..=69 => Some(Scheme::Rare),
        _ => None,
    }
}
