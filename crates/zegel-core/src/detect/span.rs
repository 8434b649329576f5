//! Numbers as people write them: groups of digits with one sort of separator between.

use super::chars::{Glyph, byte, char_at, glyph};
use super::lexer::{Kind, Token};
use super::page::Page;

/// Most digits of a number.
pub(super) const MOST_DIGITS: usize = 20;

/// Most groups of a number.
pub(super) const MOST_GROUPS: usize = 10;

/// Fewest digits of a number that means something.
const FEWEST: usize = 6;

/// Most bytes between two groups.
const WIDEST_GAP: usize = 8;

/// What stands between two groups of digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// A hyphen or a dash.
    Dash,
    /// A full stop.
    Dot,
    /// Different ones.
    Mixed,
    /// There is one group only.
    Single,
    /// A slash.
    Slash,
    /// A space of any sort.
    Space,
}

/// What touches a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// More digits behind a comma, full stop, colon, hyphen or slash.
    Digits,
    /// Nothing.
    Free,
    /// A letter or underscore, maybe behind a hyphen or slash.
    Letter,
    /// A sign of money or per cent.
    Money,
    /// More digits behind a space.
    SpacedDigits,
}

/// Some digits, as values 0 to 9.
#[derive(Debug, Clone, Copy)]
pub(super) struct Digits {
    values: [u8; MOST_DIGITS],
    length: usize,
}

impl Digits {
    /// Makes an empty one.
    pub(super) const fn new() -> Self {
        Self { values: [0; MOST_DIGITS], length: 0 }
    }

    /// Adds one; says whether there was room.
    pub(super) fn push(&mut self, digit: u8) -> bool {
        match self.values.get_mut(self.length) {
            Some(place) => {
                *place = digit;
                self.length += 1;
                true
            }
            None => false,
        }
    }

    /// Adds the digits of a text, skipping everything else; says whether there was room.
    pub(super) fn read(&mut self, text: &str) -> bool {
        for (at, b) in text.bytes().enumerate() {
            match b {
                b'0'..=b'9' => {
                    if !self.push(b - b'0') {
                        return false;
                    }
                }
                0..0x80 => {}
                _ => return self.read_beyond_ascii(text.get(at..).unwrap_or("")),
            }
        }
        true
    }

    fn read_beyond_ascii(&mut self, text: &str) -> bool {
        text.chars().all(|c| match glyph(c) {
            Glyph::Digit(digit) => self.push(digit),
            _ => true,
        })
    }

    /// Returns them.
    pub(super) fn all(&self) -> &[u8] {
        self.values.get(..self.length).unwrap_or(&[])
    }

    /// Returns some of them.
    pub(super) fn part(&self, start: usize, end: usize) -> &[u8] {
        self.all().get(start..end).unwrap_or(&[])
    }

    /// Returns how many there are.
    pub(super) fn len(&self) -> usize {
        self.length
    }
}

/// A number that may be one of a kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// The first of its tokens.
    pub(super) first: usize,
    /// The last of its tokens.
    pub(super) last: usize,
    /// Where it begins.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// Its digits.
    pub(super) digits: Digits,
    /// What stands between its groups.
    pub(super) gap: Gap,
    /// How long its groups are; 0 after the last.
    pub(super) groups: [u8; MOST_GROUPS],
    /// What touches it on the left.
    pub(super) left: Edge,
    /// What touches it on the right.
    pub(super) right: Edge,
}

impl Span {
    /// Says whether it is written in groups of these lengths.
    pub(super) fn is_grouped(&self, groups: &[u8]) -> bool {
        self.groups.starts_with(groups) && self.groups.get(groups.len()).is_none_or(|next| *next == 0)
    }

    /// Says whether it stands by itself: no further digits, letters or money touch it.
    pub(super) fn is_free(&self) -> bool {
        self.left == Edge::Free && self.right == Edge::Free
    }

    /// Says whether digits that belong to it touch it: then it is a part of something longer.
    pub(super) fn is_part(&self) -> bool {
        let spaced = self.gap == Gap::Space || self.gap == Gap::Mixed;
        let part = |edge| match edge {
            Edge::Digits | Edge::Money => true,
            Edge::SpacedDigits => spaced,
            Edge::Free | Edge::Letter => false,
        };
        part(self.left) || part(self.right)
    }
}

/// Says whether one ASCII digit stands alone at a place.
fn is_alone(page: &Page<'_>, at: usize) -> bool {
    byte(page.bytes, at).is_ascii_digit()
        && !page.left_of(at).is_ascii_alphanumeric()
        && !page.right_of(at + 1).is_ascii_alphanumeric()
}

/// Says what stands between two places, if it joins groups of digits.
pub(super) fn gap(page: &Page<'_>, start: usize, end: usize) -> Option<Gap> {
    if end <= start || end - start > WIDEST_GAP {
        return None;
    }
    if end - start == 1 {
        match byte(page.bytes, start) {
            b' ' => return Some(Gap::Space),
            b'.' => return Some(Gap::Dot),
            b'-' => return Some(Gap::Dash),
            b'/' => return Some(Gap::Slash),
            // Forms have a box for each digit, and tables are what forms are made of.
            b'\t' | b'|' if is_alone(page, start.saturating_sub(1)) && is_alone(page, end) => {
                return Some(Gap::Space);
            }
            _ => {}
        }
    }
    let between = page.slice(start, end);
    let mut found = None;
    let mut spaces = 0;
    for c in between.chars() {
        let this = match (glyph(c), c) {
            (_, '\t') => return None,
            (Glyph::Space, _) => {
                spaces += 1;
                continue;
            }
            (Glyph::Ignored, _) => continue,
            (Glyph::Dash, _) => Gap::Dash,
            (_, '.' | '·') => Gap::Dot,
            (_, '/') => Gap::Slash,
            _ => return None,
        };
        if found.replace(this).is_some() {
            return None;
        }
    }
    match (found, spaces) {
        // "12. 34" ends a sentence; "12 - 34" is a number with dashes.
        (Some(Gap::Dash), 0..=2) => Some(Gap::Dash),
        (Some(gap), 0) => Some(gap),
        (None, 1..=2) => Some(Gap::Space),
        _ => None,
    }
}

/// Calls `judge` with every number that begins at a token: its first group, its first two, and so on.
pub(super) fn spans(page: &Page<'_>, first: usize, mut judge: impl FnMut(&Span)) {
    let Some(token) = page.token(first) else { return };
    if !has_enough(page, first, token) {
        return;
    }
    let mut span = Span {
        first,
        last: first,
        start: token.start,
        end: token.end,
        digits: Digits::new(),
        gap: Gap::Single,
        groups: [0; MOST_GROUPS],
        left: left_edge(page, first),
        right: Edge::Free,
    };
    for number in 0..MOST_GROUPS {
        let at = first + number;
        let Some(token) = page.token(at).filter(|token| token.kind == Kind::Digits) else { return };
        if !span.digits.read(page.slice(token.start, token.end)) {
            return;
        }
        if let Some(group) = span.groups.get_mut(number) {
            *group = token.digits;
        }
        span.last = at;
        span.end = token.end;
        let next = page.token(at + 1).filter(|next| next.kind == Kind::Digits);
        let joined = next.and_then(|next| gap(page, token.end, next.start));
        if span.digits.len() >= FEWEST {
            span.right = right_edge(page, token.end, joined);
            judge(&span);
        }
        match joined {
            None => return,
            Some(gap) if span.gap == Gap::Single || span.gap == gap => span.gap = gap,
            Some(_) => span.gap = Gap::Mixed,
        }
    }
}

/// Says whether the number that begins at a token may have enough digits: most groups stand alone and are short.
fn has_enough(page: &Page<'_>, first: usize, token: &Token) -> bool {
    let mut digits = usize::from(token.digits);
    let mut end = token.end;
    for at in first + 1..first + MOST_GROUPS {
        if digits >= FEWEST {
            break;
        }
        let Some(next) = page.token(at) else { break };
        if next.kind != Kind::Digits || next.start > end + WIDEST_GAP {
            break;
        }
        digits += usize::from(next.digits);
        end = next.end;
    }
    digits >= FEWEST
}

fn left_edge(page: &Page<'_>, first: usize) -> Edge {
    let Some(token) = page.token(first) else { return Edge::Free };
    if let Some(before) = first.checked_sub(1).and_then(|at| page.token(at))
        && before.kind == Kind::Digits
    {
        match gap(page, before.end, token.start) {
            Some(Gap::Space) => return Edge::SpacedDigits,
            Some(_) => return Edge::Digits,
            None => {}
        }
    }
    let near = page.left_of(token.start);
    match near {
        b',' | b':' | b'.' | b'-' | b'/' | b'_' | b'@' | b'\\' | b'=' | b'#' => {
            let far = page.left_of(token.start - 1);
            match (near, far) {
                (b'_' | b'@' | b'\\', _) => Edge::Letter,
                (b':' | b'=' | b'#', _) => Edge::Free,
                (_, b'0'..=b'9') => Edge::Digits,
                (b'-' | b'/', b'a'..=b'z' | b'A'..=b'Z') => Edge::Letter,
                (b'.', b'a'..=b'z' | b'A'..=b'Z') => Edge::Free,
                _ => Edge::Free,
            }
        }
        b'$' => Edge::Money,
        b' ' if page.left_of(token.start - space_before(page, token.start)) == b'$' => Edge::Money,
        _ => Edge::Free,
    }
}

fn right_edge(page: &Page<'_>, end: usize, joined: Option<Gap>) -> Edge {
    match joined {
        Some(Gap::Space) => return Edge::SpacedDigits,
        Some(_) => return Edge::Digits,
        None => {}
    }
    let near = page.right_of(end);
    match near {
        b',' | b':' | b'.' | b'-' | b'/' | b'_' | b'@' | b'\\' => {
            let far = byte(page.bytes, end + 1);
            match (near, far) {
                (b'@' | b'\\' | b'_', _) => Edge::Letter,
                (_, b'0'..=b'9') => Edge::Digits,
                (b'-' | b'/', b'a'..=b'z' | b'A'..=b'Z') => Edge::Letter,
                _ => Edge::Free,
            }
        }
        b'%' | b'$' => Edge::Money,
        b' ' => {
            let after = end + char_at(page.text, end).map_or(1, char::len_utf8);
            if matches!(page.right_of(after), b'%' | b'$') { Edge::Money } else { Edge::Free }
        }
        _ => Edge::Free,
    }
}

fn space_before(page: &Page<'_>, at: usize) -> usize {
    super::chars::char_before(page.text, at).map_or(1, char::len_utf8)
}
