//! Reading codes of letters and digits, with the spaces and hyphens people put in.

use super::chars::{Glyph, byte, char_at, folded, glyph};
use super::page::Page;

/// Longest code that is read.
pub(super) const LONGEST: usize = 34;

/// A code: letters in upper case and digits, in ASCII.
#[derive(Debug, Clone, Copy)]
pub(super) struct Code {
    bytes: [u8; LONGEST],
    length: usize,
    /// Where it ends in the text.
    pub(super) end: usize,
    /// How many separators stand in it.
    pub(super) separators: usize,
    /// How many letters are in lower case.
    pub(super) lower: usize,
}

impl Code {
    /// Returns its letters and digits.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }

    /// Returns some of them.
    pub(super) fn part(&self, start: usize, end: usize) -> &[u8] {
        self.bytes().get(start..end).unwrap_or(&[])
    }
}

/// Says where a code may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// Anywhere but inside a word or number.
    Word,
    /// Also not before a hyphen, slash or full stop that is followed by a letter or digit.
    Whole,
}

/// Reads exactly `count` letters and digits that begin at `start`, with single separators between them.
pub(super) fn read(page: &Page<'_>, start: usize, count: usize, after: After) -> Option<Code> {
    let mut code = Code { bytes: [0; LONGEST], length: 0, end: start, separators: 0, lower: 0 };
    let mut at = start;
    let mut gap = 0_usize;
    while code.length < count {
        let b = byte(page.bytes, at);
        if let letter @ 1.. = folded(b) {
            code.lower += usize::from(b.is_ascii_lowercase());
            *code.bytes.get_mut(code.length)? = letter.to_ascii_uppercase();
            code.length += 1;
            gap = 0;
            at += 1;
            code.end = at;
            continue;
        }
        let c = match b {
            b' ' | b'-' | b'.' => char::from(b),
            0..0x80 => return None,
            _ => char_at(page.text, at)?,
        };
        let byte = match glyph(c) {
            Glyph::Digit(digit) => b'0' + digit,
            Glyph::Letters(letter, 0) if c.is_ascii() || c as u32 > 0xff00 => {
                code.lower += usize::from(c.is_lowercase());
                letter.to_ascii_uppercase()
            }
            Glyph::Ignored => {
                at += c.len_utf8();
                continue;
            }
            Glyph::Space | Glyph::Dash if c != '\t' => 0,
            _ if c == '.' => 0,
            _ => return None,
        };
        at += c.len_utf8();
        if byte == 0 {
            gap += 1;
            code.separators += usize::from(gap == 1);
            if gap > 2 || code.length == 0 {
                return None;
            }
            continue;
        }
        gap = 0;
        *code.bytes.get_mut(code.length)? = byte;
        code.length += 1;
        code.end = at;
    }
    let next = page.right_of(code.end);
    if next.is_ascii_alphanumeric() || next == b'_' {
        return None;
    }
    let far = page.right_of(code.end + 1);
    if after == After::Whole && matches!(next, b'-' | b'/' | b'.' | b'@') && far.is_ascii_alphanumeric() {
        return None;
    }
    Some(code)
}

/// Says whether nothing that belongs to a longer code stands before `start`.
pub(super) fn begins(page: &Page<'_>, start: usize) -> bool {
    let near = page.left_of(start);
    let far = start.checked_sub(1).map_or(0, |before| page.left_of(before));
    !(near.is_ascii_alphanumeric()
        || matches!(near, b'_' | b'@')
        || matches!(near, b'-' | b'/' | b'.') && far.is_ascii_alphanumeric())
}

/// Says whether bytes have a form: `a` letter, `n` digit, `c` either.
pub(super) fn has_form(bytes: &[u8], form: &str) -> bool {
    bytes.len() == form.len()
        && bytes.iter().zip(form.bytes()).all(|(b, class)| match class {
            b'a' => b.is_ascii_uppercase(),
            b'n' => b.is_ascii_digit(),
            b'c' => b.is_ascii_alphanumeric(),
            exact => *b == exact,
        })
}

/// Reads ASCII digits as values; other bytes are skipped.
pub(super) fn values(bytes: &[u8]) -> super::span::Digits {
    let mut digits = super::span::Digits::new();
    for b in bytes.iter().filter(|b| b.is_ascii_digit()) {
        if !digits.push(b - b'0') {
            break;
        }
    }
    digits
}
