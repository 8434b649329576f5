//! Dates of birth: a date that can be one, beside a word that says so.
//!
//! Source: the forms of NEN-EN-ISO 8601 and of daily use in the Netherlands, Belgium, Britain and the United States.

use super::found::{Found, hash};
use super::hints::{BIRTH, DATE, MONTH};
use super::lexer::{Kind, Token};
use super::page::Page;
use super::span::{Digits, gap};
use super::{Builtin, Confidence};

/// Years in which somebody who is written about can be born.
const YEARS: std::ops::RangeInclusive<u64> = 1880..=2039;

/// A date as it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Date {
    /// The last of its tokens.
    pub(super) last: usize,
    /// Where it ends.
    pub(super) end: usize,
    year: u64,
    month: u64,
    day: u64,
}

/// Judges a token that may begin a date.
pub(super) fn judge(page: &Page<'_>, at: usize, found: &mut Found) {
    let Some(token) = page.token(at) else { return };
    if !is_candidate(page, at, token) {
        return;
    }
    let Some(date) = read(page, at) else { return };
    let context = page.context(at, date.last, BIRTH, DATE);
    let confidence = if context.is_adjacent() {
        Confidence::High
    } else if context.is_own()
        || is_starred(page, token.start)
        || context == super::page::Context::Absent
            && super::dutch::continues_list(page, token.start, found, Builtin::BirthDate)
    {
        Confidence::Medium
    } else {
        return;
    };
    let number = date.year * 10_000 + date.month * 100 + date.day;
    let value = hash(number.to_be_bytes().into_iter());
    found.add(Builtin::BirthDate, token.start, date.end, confidence, value);
    found.claim(date.end);
}

/// Says whether a date may begin here: three tokens close together that are numbers or a month, or eight digits.
fn is_candidate(page: &Page<'_>, at: usize, token: &Token) -> bool {
    if token.digits == 8 {
        return true;
    }
    let (Some(second), Some(third)) = (page.token(at + 1), page.token(at + 2)) else { return false };
    let close = second.start <= token.end + 8 && third.start <= second.end + 8;
    let kinds = (token.kind, second.kind, third.kind);
    token.digits <= 4
        && close
        && third.kind == Kind::Digits
        && (kinds == (Kind::Digits, Kind::Digits, Kind::Digits) || (token.hints | second.hints) & MONTH != 0)
}

/// Says whether a sign of birth stands before: `*12-03-1980`, `b. 12 March 1980`.
fn is_starred(page: &Page<'_>, start: usize) -> bool {
    let before = page.slice(super::chars::ceil(page.text, start.saturating_sub(40)), start);
    if before.trim_end_matches(' ').ends_with('*') {
        return true;
    }
    // "b. Bath, 12 March 1969": a small b, alone, with no other number between. "J.B. Smith" is a name.
    before.rmatch_indices('b').any(|(at, _)| {
        let alone = !before.get(..at).unwrap_or("").ends_with(|c: char| c.is_alphanumeric() || c == '.');
        let rest = before.get(at + 1..).unwrap_or("");
        alone && rest.starts_with(['.', ':', ' ']) && !rest.contains(|c: char| c.is_ascii_digit() || c == ';')
    })
}

/// Reads a date that begins at a token.
pub(super) fn read(page: &Page<'_>, at: usize) -> Option<Date> {
    let first = page.token(at)?;
    let number = |token: &Token| {
        let mut digits = Digits::new();
        (token.kind == Kind::Digits && digits.read(page.slice(token.start, token.end)))
            .then(|| super::checks::number(digits.all()))
    };
    if first.kind == Kind::Digits && first.digits == 8 {
        let all = number(first)?;
        let day_first = Date {
            last: at,
            end: first.end,
            year: all % 10_000,
            month: all / 10_000 % 100,
            day: all / 1_000_000,
        };
        let year_first = Date { year: all / 10_000, month: all / 100 % 100, day: all % 100, ..day_first };
        // Digits without separators are a date only where the words say so.
        let adjacent = page.context(at, at, BIRTH, DATE).is_adjacent();
        return [day_first, year_first].into_iter().find(Date::is_good).filter(|_| adjacent);
    }
    let second = page.token(at + 1)?;
    let third = page.token(at + 2)?;
    if second.start > first.end + 8 || third.start > second.end + 8 {
        return None;
    }
    if second.hints & MONTH != 0 || first.hints & MONTH != 0 {
        let is_american = first.hints & MONTH != 0;
        let (month, day) = if is_american { (first, second) } else { (second, first) };
        let date = Date {
            last: at + 2,
            end: third.end,
            year: full_year(number(third)?, third.digits)?,
            month: u64::from(month.extra),
            day: number(day).or_else(|| ordinal(page, day))?,
        };
        let gaps =
            is_light(page.slice(first.end, second.start)) && is_light(page.slice(second.end, third.start));
        return Some(date).filter(|date| gaps && date.is_good());
    }
    let (left, right) = (gap(page, first.end, second.start)?, gap(page, second.end, third.start)?);
    if left != right || follows(page, third.end) || leads(page, first.start) {
        return None;
    }
    let (a, b, c) = (number(first)?, number(second)?, number(third)?);
    let last = Date { last: at + 2, end: third.end, year: 0, month: 0, day: 0 };
    let candidates = match (first.digits, second.digits, third.digits) {
        (1 | 2, 1 | 2, 4 | 2) => {
            let year = full_year(c, third.digits)?;
            [Date { year, month: b, day: a, ..last }, Date { year, month: a, day: b, ..last }]
        }
        (4, 1 | 2, 1 | 2) => [Date { year: a, month: b, day: c, ..last }; 2],
        _ => return None,
    };
    candidates.into_iter().find(Date::is_good)
}

impl Date {
    fn is_good(&self) -> bool {
        let days = match self.month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        YEARS.contains(&self.year) && (1..=12).contains(&self.month) && (1..=days).contains(&self.day)
    }
}

/// Reads "12th".
fn ordinal(page: &Page<'_>, token: &Token) -> Option<u64> {
    let text = page.slice(token.start, token.end);
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let ending = text.get(digits.len()..)?;
    ["st", "nd", "rd", "th", "e", "ste", "de", "er", "o"]
        .iter()
        .any(|known| ending.eq_ignore_ascii_case(known))
        .then(|| digits.parse().ok())
        .flatten()
}

/// Adds the century to a year of two digits; there is no clock here, so people born since 2030 look old.
fn full_year(year: u64, digits: u8) -> Option<u64> {
    match digits {
        4 => Some(year),
        2 if year < 30 => Some(2000 + year),
        2 => Some(1900 + year),
        _ => None,
    }
}

/// Says whether only spaces, punctuation and "of" or "de" stand between the parts of a date.
fn is_light(between: &str) -> bool {
    between.len() <= 8
        && !between.contains('\t')
        && between
            .split(|c: char| !c.is_alphanumeric())
            .all(|word| matches!(word, "" | "of" | "de" | "the" | "del" | "th" | "e" | "st" | "nd" | "rd"))
}

/// Says whether the number goes on: `12-03-1980-4`.
fn follows(page: &Page<'_>, end: usize) -> bool {
    let (near, far) = (page.right_of(end), page.right_of(end + 1));
    near.is_ascii_alphanumeric()
        || near == b'_'
        || matches!(near, b'-' | b'/' | b'.') && far.is_ascii_alphanumeric()
}

/// Says whether it began before.
fn leads(page: &Page<'_>, start: usize) -> bool {
    let near = page.left_of(start);
    let far = start.checked_sub(1).map_or(0, |before| page.left_of(before));
    near.is_ascii_alphanumeric() || near == b'_' || matches!(near, b'-' | b'/' | b'.') && far.is_ascii_digit()
}
