//! The text, its tokens, and the question every detector asks: which words stand by?

use super::chars::{Glyph, byte, byte_before, char_at, char_before, glyph};
use super::hints::Hints;
use super::lexer::{Kind, Token};

/// How far before a number the word may stand that says what it is, in bytes.
pub(super) const BEFORE: usize = 110;

/// How far after a number such a word may stand, in bytes.
const AFTER: usize = 40;

/// Most tokens of one number.
pub(super) const WIDE: usize = 10;

/// Most tokens that are looked at on either side: keeps a text of nothing but short words linear.
pub(super) const STEPS: usize = 40;

/// What stands around a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// No word that says anything.
    Absent,
    /// A word says that it is this.
    Own {
        /// Whether nothing but punctuation stands between.
        adjacent: Adjacent,
    },
    /// A word says that it is something else.
    Rival,
}

/// Whether a label stands directly before the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Adjacent {
    /// Words stand between.
    No,
    /// Only punctuation or a word like "is" stands between.
    Yes,
}

impl Context {
    /// Says whether a word claims the number for the detector that asked.
    pub(super) fn is_own(self) -> bool {
        matches!(self, Self::Own { .. })
    }

    /// Says whether such a word stands directly before.
    pub(super) fn is_adjacent(self) -> bool {
        self == Self::Own { adjacent: Adjacent::Yes }
    }
}

/// The text and the tokens around the place that is judged.
pub(super) struct Page<'a> {
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) tokens: &'a [Token],
    /// What the words around each token mean.
    around: &'a [Hints],
}

impl<'a> Page<'a> {
    pub(super) fn new(text: &'a str, tokens: &'a [Token], around: &'a [Hints]) -> Self {
        Self { text, bytes: text.as_bytes(), tokens, around }
    }

    /// Returns a token.
    #[inline]
    pub(super) fn token(&self, at: usize) -> Option<&'a Token> {
        self.tokens.get(at)
    }

    /// Returns the text of a range.
    pub(super) fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or("")
    }

    /// Says whose number the tokens `first` to `last` are: the heading of the column, the nearest word before, or one
    /// just after.
    pub(super) fn context(&self, first: usize, last: usize, own: Hints, rivals: Hints) -> Context {
        if self.around(first) & (own | rivals) == 0 && last < first + WIDE {
            return Context::Absent;
        }
        let (Some(from), Some(to)) = (self.token(first), self.token(last)) else { return Context::Absent };
        if from.header & own != 0 {
            return Context::Own { adjacent: Adjacent::Yes };
        }
        match self.before(first, from, own, rivals) {
            Context::Absent => {}
            found => return found,
        }
        if from.header & rivals != 0 {
            return Context::Rival;
        }
        self.after(last, to, own, rivals)
    }

    /// Returns everything that the words around a token mean: at least as far as any question reaches.
    #[inline]
    fn around(&self, first: usize) -> Hints {
        self.around.get(first).copied().unwrap_or(0)
    }

    /// Like [`Self::context`], for detectors to which a rival and no word are the same: asks no further where the own word
    /// is not about.
    pub(super) fn claim(&self, first: usize, last: usize, own: Hints, rivals: Hints) -> Context {
        if self.may(first, own) { self.context(first, last, own, rivals) } else { Context::Absent }
    }

    /// Says whether one of these words is about at all.
    #[inline]
    pub(super) fn may(&self, first: usize, own: Hints) -> bool {
        self.around(first) & own != 0
    }

    /// Looks for the nearest word before. A number between takes the word for itself.
    fn before(&self, first: usize, from: &Token, own: Hints, rivals: Hints) -> Context {
        let mut run = 0_usize;
        let mut groups = 0_usize;
        let mut next_start = from.start;
        let mut at = first;
        for _ in 0..STEPS {
            let Some(token) = at.checked_sub(1).and_then(|before| self.token(before)) else { break };
            at -= 1;
            let distance = from.start.saturating_sub(token.end);
            let lines = from.line.saturating_sub(token.line);
            // Across lines only as far as a wrapped sentence or a form reaches, so across an empty line hardly at all.
            if distance > BEFORE || lines > 2 || (lines == 2 && distance > 12) {
                break;
            }
            if token.kind == Kind::Word {
                let rival = token.hints & rivals != 0;
                if token.hints & own != 0 {
                    // In a row of cells a heading in another cell is not about this one, the cell just before it is.
                    if self.cells_between(token.end, from.start) > 1 {
                        break;
                    }
                    let adjacent = self.is_adjacent(token.end, from.start);
                    return Context::Own { adjacent };
                }
                if rival {
                    if self.cells_between(token.end, from.start) > 1 {
                        break;
                    }
                    return Context::Rival;
                }
                continue;
            }
            let digits = usize::from(token.digits);
            if next_start.saturating_sub(token.end) <= 3 && at + 1 != first {
                run += digits;
                groups += 1;
            } else {
                run = digits;
                groups = 1;
            }
            next_start = token.start;
            // A date takes no label; everything longer does.
            let is_date = groups == 3 && run <= 8;
            if (digits >= 6 && token.kind == Kind::Digits) || digits >= 8 || (run >= 8 && !is_date) {
                break;
            }
        }
        Context::Absent
    }

    /// Looks for a word just after: `123456782 (BSN)`.
    fn after(&self, last: usize, to: &Token, own: Hints, rivals: Hints) -> Context {
        for at in last + 1..last + 8 {
            let Some(token) = self.token(at) else { break };
            let distance = token.start.saturating_sub(to.end);
            if distance > AFTER || token.line != to.line || self.ends_sentence(to.end, token.start) {
                break;
            }
            if token.kind != Kind::Word {
                break;
            }
            if token.hints & (own | rivals) == 0 {
                continue;
            }
            if self.is_label_of_next(token.end) || self.cells_between(to.end, token.start) > 0 {
                break;
            }
            if token.hints & own != 0 {
                return Context::Own { adjacent: Adjacent::No };
            }
            return Context::Rival;
        }
        Context::Absent
    }

    /// Says whether one of the words `wanted` stands within `reach` bytes on either side, in the same paragraph.
    pub(super) fn is_near(&self, first: usize, last: usize, wanted: Hints, reach: usize) -> bool {
        self.near(first, last, wanted, reach).is_some()
    }

    /// Finds the nearest of the words `wanted` within `reach` bytes on either side, in the same paragraph.
    pub(super) fn near(&self, first: usize, last: usize, wanted: Hints, reach: usize) -> Option<&'a Token> {
        if reach <= BEFORE && last < first + WIDE && self.around(first) & wanted == 0 {
            return None;
        }
        let (from, to) = (self.token(first)?, self.token(last)?);
        let mut best: Option<(usize, &Token)> = None;
        for step in 1..=STEPS {
            let Some(token) = first.checked_sub(step).and_then(|at| self.token(at)) else { break };
            let distance = from.start.saturating_sub(token.end);
            if distance > reach
                || from.line.saturating_sub(token.line) > 1
                    && self.is_paragraph_between(token.end, from.start)
            {
                break;
            }
            if token.hints & wanted != 0 {
                best = Some((distance, token));
                break;
            }
        }
        for step in 1..=STEPS {
            let Some(token) = self.token(last + step) else { break };
            let distance = token.start.saturating_sub(to.end);
            if distance > reach
                || token.line.saturating_sub(to.line) > 1 && self.is_paragraph_between(to.end, token.start)
            {
                break;
            }
            if token.hints & wanted != 0 {
                if best.is_none_or(|(nearest, _)| distance < nearest) {
                    best = Some((distance, token));
                }
                break;
            }
        }
        best.map(|(_, token)| token).or_else(|| (from.header & wanted != 0).then_some(from))
    }

    /// Says whether only punctuation, spaces and words like "is" stand in a range.
    pub(super) fn is_adjacent(&self, start: usize, end: usize) -> Adjacent {
        let between = self.slice(start, end);
        if between.len() > 24 {
            return Adjacent::No;
        }
        let mut words = between.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        if words.all(joins) { Adjacent::Yes } else { Adjacent::No }
    }

    /// Counts the borders of cells in a range.
    pub(super) fn cells_between(&self, start: usize, end: usize) -> usize {
        self.bytes.get(start..end).unwrap_or(&[]).iter().filter(|b| matches!(b, b'\t' | b'|')).count()
    }

    /// Says whether an empty line stands in a range (of at most a few hundred bytes).
    fn is_paragraph_between(&self, start: usize, end: usize) -> bool {
        let mut breaks = 0;
        for b in self.bytes.get(start..end).unwrap_or(&[]) {
            match b {
                b'\n' => breaks += 1,
                b' ' | b'\r' | b'\t' => {}
                _ => breaks = 0,
            }
            if breaks > 1 {
                return true;
            }
        }
        false
    }

    /// Says whether a sentence ends in a range.
    fn ends_sentence(&self, start: usize, end: usize) -> bool {
        let between = self.bytes.get(start..end).unwrap_or(&[]);
        between.windows(2).any(|pair| matches!(pair, [b'.' | b'!' | b'?', b' ' | b'\n']))
    }

    /// Says whether the word that ends here is followed by a number of its own.
    fn is_label_of_next(&self, end: usize) -> bool {
        let mut at = end;
        let mut steps = 0;
        while let Some(c) = char_at(self.text, at) {
            match c {
                '0'..='9' | '+' => return true,
                ':' | '=' => return true,
                ' ' | '.' | '(' | '\u{a0}' | '#' => {}
                _ => break,
            }
            at += c.len_utf8();
            steps += 1;
            if steps > 4 {
                break;
            }
        }
        // "BSN nr 123": a short word and then a number.
        let rest = self.text.get(at..).unwrap_or("");
        let end = rest.char_indices().nth(14).map_or(rest.len(), |(end, _)| end);
        let mut words = rest.get(..end).unwrap_or("").split_whitespace();
        let joins = matches!(words.next(), Some("is" | "nr" | "nr." | "no" | "no." | "nummer" | "number"));
        joins && words.next().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()))
    }

    /// Returns the ASCII byte before a place, seen through ignored characters and typographic look-alikes.
    #[inline]
    pub(super) fn left_of(&self, at: usize) -> u8 {
        let b = byte_before(self.bytes, at);
        if b < 0x80 { b } else { self.plain_before(at) }
    }

    /// Returns the ASCII byte at a place, seen likewise.
    #[inline]
    pub(super) fn right_of(&self, at: usize) -> u8 {
        let b = byte(self.bytes, at);
        if b < 0x80 { b } else { self.plain_at(at) }
    }

    #[cold]
    fn plain_before(&self, at: usize) -> u8 {
        char_before(self.text, at).map_or(0, plain)
    }

    #[cold]
    fn plain_at(&self, at: usize) -> u8 {
        char_at(self.text, at).map_or(0, plain)
    }
}

/// Says whether a word joins a label to its number.
fn joins(word: &str) -> bool {
    let mut lower = [0; 6];
    let Some(lower) = lower.get_mut(..word.len()) else { return false };
    lower.copy_from_slice(word.as_bytes());
    lower.make_ascii_lowercase();
    matches!(
        &*lower,
        b"is"
            | b"nr"
            | b"no"
            | b"nummer"
            | b"number"
            | b"van"
            | b"luidt"
            | b"met"
            | b"with"
            | b"of"
            | b"the"
            | b"de"
            | b"het"
            | b"s"
            | b"code"
            | b"id"
            | b"was"
            | b"onder"
            | b"under"
            | b"als"
            | b"as"
    )
}

/// Returns the ASCII look-alike of a character.
fn plain(c: char) -> u8 {
    match glyph(c) {
        Glyph::Digit(digit) => b'0' + digit,
        Glyph::Letters(letter, _) => letter,
        Glyph::Foreign => b'x',
        Glyph::Space => b' ',
        Glyph::Dash => b'-',
        Glyph::Ignored | Glyph::Other => match c {
            '€' | '£' | '¥' => b'$',
            '＋' => b'+',
            _ => 0,
        },
    }
}
