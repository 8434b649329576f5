//! Telephone numbers.
//!
//! Sources: ITU-T E.164 and its list of country codes (a number has at most 15 digits); the Dutch plan, "Nummerplan telefoon-
//! en ISDN-diensten" (ACM): ten digits from the 0, area codes of three or four; the national plans of the neighbours for what is
//! written without a country code.

use super::chars::{Glyph, char_at, glyph};
use super::found::{Found, hash_digits};
use super::hints::{LABELS, PHONE};
use super::lexer::Token;
use super::page::{Context, Page};
use super::phone_plans::{is_dutch, is_international};
use super::span::Digits;
use super::{Builtin, Confidence};

/// Fewest digits that make a number in any plan; asked first, because most groups of digits stand alone.
const FEWEST: usize = 7;

/// A number as read, with the places where it may end.
struct Reading {
    digits: Digits,
    /// Places after a group: digits so far, end.
    stops: [(usize, usize); 10],
    count: usize,
    separators: usize,
}

/// How a number begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// With `+` or `00`.
    International,
    /// With a 0, or its area in brackets.
    National,
    /// Otherwise.
    Bare,
}

/// Judges a token that may begin a telephone number.
pub(super) fn judge(page: &Page<'_>, at: usize, token: &Token, found: &mut Found) {
    let near = page.left_of(token.start);
    let far = token.start.checked_sub(1).map_or(0, |before| page.left_of(before));
    let first = page.right_of(token.start);
    let (start, begin) = match near {
        b'+' if !far.is_ascii_alphanumeric() => {
            (token.start - plus_length(page, token.start), Start::International)
        }
        b'(' if first == b'0' => (token.start - 1, Start::National),
        b'(' if far == b'+' => return,
        b'(' if token.digits == 3 && page.right_of(token.end) == b')' => (token.start - 1, Start::National),
        _ if near.is_ascii_alphanumeric()
            || matches!(near, b'_' | b'.' | b',' | b'-' | b'/') && far.is_ascii_alphanumeric() =>
        {
            return;
        }
        b'$' => return,
        b' ' if far == b'$' => return,
        _ if first == b'0' && token.digits > 1 => (token.start, Start::National),
        // "202.555.0123" and "202-555-0123" are American; with spaces it is a British patient's number.
        b' ' | b'\n' | b'(' | b':' | b'\t' | 0 if token.digits == 3 && is_american(page, at) => {
            (token.start, Start::National)
        }
        _ if !page.may(at, PHONE) => return,
        _ => (token.start, Start::Bare),
    };
    if begin == Start::Bare && token.digits > 11 {
        return;
    }
    let Some(reading) = read(page, token.start).filter(|reading| reading.digits.len() >= FEWEST) else {
        return;
    };
    let context = page.context(at, at, PHONE, LABELS & !PHONE);
    if begin == Start::Bare && !context.is_adjacent() {
        return;
    }
    // "09-09-2021" begins like a service number; "3794 0590 5951 263" is the middle of something longer.
    let goes_on = near == b' ' && far.is_ascii_digit() && !context.is_own();
    if goes_on || super::dates::read(page, at).is_some() {
        return;
    }
    let d = reading.digits.all();
    let begin = if begin == Start::National && d.starts_with(&[0, 0]) { Start::International } else { begin };
    let Some((digits, end)) = reading.choose(begin, context) else { return };
    let d = d.get(..digits).unwrap_or(&[]);
    let confidence = match (begin, context) {
        (Start::International, Context::Rival) if reading.separators == 0 && near != b'+' => return,
        (_, Context::Own { .. }) | (Start::International, _) => Confidence::High,
        (_, Context::Rival) if reading.separators == 0 => return,
        (_, Context::Rival) => Confidence::Low,
        (Start::National, Context::Absent) => Confidence::Medium,
        (Start::Bare, Context::Absent) => return,
    };
    found.add(Builtin::Phone, start, end, confidence, hash_digits(&normalised(d, begin)));
    if confidence > Confidence::Low {
        found.claim(end);
    }
}

/// Reads groups of digits with what people put between them, brackets included.
fn read(page: &Page<'_>, start: usize) -> Option<Reading> {
    let mut reading = Reading { digits: Digits::new(), stops: [(0, 0); 10], count: 0, separators: 0 };
    let mut at = start;
    loop {
        let from = at;
        while let Some(c) = char_at(page.text, at) {
            match glyph(c) {
                Glyph::Digit(digit) => {
                    if reading.digits.len() >= 17 || !reading.digits.push(digit) {
                        return reading.or_nothing();
                    }
                }
                Glyph::Ignored => {}
                _ => break,
            }
            at += c.len_utf8();
        }
        // Letters or a decimal behind it: this group is no part of a telephone number.
        let next = page.right_of(at);
        let after = page.right_of(at + 1);
        let spoiled = next.is_ascii_alphabetic()
            || matches!(next, b'_' | b'@' | b'%')
            || matches!(next, b',' | b':') && after.is_ascii_digit();
        if at == from || spoiled {
            return reading.or_nothing();
        }
        match reading.stops.get_mut(reading.count) {
            Some(stop) => *stop = (reading.digits.len(), at),
            None => return reading.or_nothing(),
        }
        reading.count += 1;
        let Some(next) = skip_separator(page, at) else { return reading.or_nothing() };
        reading.separators += 1;
        at = next;
    }
}

/// Goes over one separator: a space, hyphen, full stop, slash, or brackets; `(0)` is skipped as a whole.
fn skip_separator(page: &Page<'_>, start: usize) -> Option<usize> {
    let mut at = start;
    let mut marks = 0;
    for _ in 0..5 {
        let c = char_at(page.text, at)?;
        if c == '(' && page.bytes.get(at..).is_some_and(|rest| rest.starts_with(b"(0)")) {
            at += 3;
            continue;
        }
        match (glyph(c), c) {
            (Glyph::Digit(_), _) => return (at > start).then_some(at),
            (_, '\t') => return None,
            (Glyph::Space | Glyph::Ignored, _) => {}
            (Glyph::Dash, _) | (_, '.' | '/' | '(' | ')' | '·') => {
                marks += 1;
                if marks > 3 {
                    return None;
                }
            }
            _ => return None,
        }
        at += c.len_utf8();
    }
    char_at(page.text, at).filter(|c| matches!(glyph(*c), Glyph::Digit(_))).map(|_| at)
}

impl Reading {
    /// Returns the lengths of the groups as digits: "020 123 45 67" is 3322.
    fn shape(&self, groups: usize) -> u64 {
        let mut before = 0;
        self.stops.iter().take(groups.min(9)).fold(0, |shape, (digits, _)| {
            let length = digits - before;
            before = *digits;
            shape * 10 + length.min(9) as u64
        })
    }

    fn or_nothing(self) -> Option<Self> {
        (self.count > 0).then_some(self)
    }

    /// Chooses where the number ends: the longest of the endings that make one.
    fn choose(&self, begin: Start, context: Context) -> Option<(usize, usize)> {
        self.stops.iter().take(self.count).rev().enumerate().find_map(|(back, (digits, end))| {
            let d = self.digits.part(0, *digits);
            let groups = self.count - back;
            let good = match begin {
                Start::International => is_international(d),
                Start::National => is_national(d, groups, self.shape(groups), context),
                Start::Bare => {
                    // "tel. 1234567"; a date is none, and nine digits are rarely a number that is dialled.
                    (7..=11).contains(digits)
                        && !(groups == 3 && *digits <= 8)
                        && d.first() != Some(&0)
                        && !super::dutch::is_bsn(d)
                }
            };
            good.then_some((*digits, *end))
        })
    }
}

fn is_american(page: &Page<'_>, at: usize) -> bool {
    use super::span::{Gap, gap};
    let token = |step: usize| page.token(at + step).filter(|token| token.kind == super::lexer::Kind::Digits);
    let (Some(a), Some(b), Some(c)) = (token(0), token(1), token(2)) else { return false };
    let gaps = (gap(page, a.end, b.start), gap(page, b.end, c.start));
    let starts = |token: &Token| matches!(page.right_of(token.start), b'2'..=b'9');
    (b.digits, c.digits) == (3, 4)
        && matches!(gaps, (Some(Gap::Dot), Some(Gap::Dot)) | (Some(Gap::Dash), Some(Gap::Dash)))
        && starts(a)
        && starts(b)
}

fn is_national(d: &[u8], groups: usize, shape: u64, context: Context) -> bool {
    let own = context.is_own();
    let head = |count: usize| d.get(..count).map_or(0, super::checks::number);
    if d.first() != Some(&0) {
        // "(202) 555-0123"
        return d.len() == 10 && d.first().is_some_and(|first| *first > 1) && groups > 1;
    }
    if d.get(1..).is_none_or(super::checks::all_equal) || super::checks::is_sequence(d) {
        return false;
    }
    match d.len() {
        8 | 9 if matches!(head(4), 800 | 900 | 906 | 909) => own || groups > 1,
        // Belgium: "02 512 34 56", "016 22 33 44". Other groups are other numbers.
        9 => own && !super::dutch::is_bsn(d) || matches!(shape, 2322 | 3222),
        10 => is_dutch(d) || own || groups >= 4 || (groups > 1 && matches!(head(2), 1..=5)),
        11 if matches!(head(4), 800 | 900 | 906 | 909) => true,
        11 => own || groups > 1 || head(2) == 7 && head(3) != 70 || matches!(head(3), 20 | 23 | 24 | 28 | 29),
        12 => own,
        _ => false,
    }
}

/// Writes a number so that the same one has the same digits: a Dutch number always with 31.
fn normalised(d: &[u8], begin: Start) -> Vec<u8> {
    match begin {
        Start::International => {
            let d = d.strip_prefix(&[0, 0]).unwrap_or(d);
            match d {
                [3, 1, 0, rest @ ..] => [&[3, 1], rest].concat(),
                _ => d.to_vec(),
            }
        }
        Start::National if d.len() == 10 && is_dutch(d) => [&[3, 1], d.get(1..).unwrap_or(&[])].concat(),
        Start::National | Start::Bare => d.to_vec(),
    }
}

fn plus_length(page: &Page<'_>, at: usize) -> usize {
    super::chars::char_before(page.text, at).map_or(1, char::len_utf8)
}
