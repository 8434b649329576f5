//! One pass over the bytes: out come numbers, codes, long strings and words that mean something; plain words do not.
//!
//! Every byte is looked at once, plus a bounded number of times for a phrase that begins with a known word. Tokens know
//! their line, and in a table the meaning of the head of their column, so detectors never search for either.

use super::chars::{Glyph, byte, ceil, char_at, eight, folded, glyph};
use super::hints::Hints;
use super::table::{Delimiter, Table};
use super::words::{Hasher, Words};

/// Letters and digits beyond which a chunk is kept though it has no digit: it may be a key.
const LONG: usize = 20;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Digits only.
    Digits,
    /// Many letters without a digit.
    Long,
    /// Letters and digits.
    Mixed,
    /// A word, or a phrase, that means something.
    Word,
}

/// A piece of text that a detector may care about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    /// Where it begins.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// Number of line breaks before it.
    pub(super) line: u32,
    /// What it is.
    pub(super) kind: Kind,
    /// How many digits it has; 255 for more.
    pub(super) digits: u8,
    /// More about a word: the number of a month.
    pub(super) extra: u8,
    /// What it means.
    pub(super) hints: Hints,
    /// What the head of its column means.
    pub(super) header: Hints,
}

/// A hit of a word of the policy file.
#[derive(Debug, Clone, Copy)]
pub(super) struct OwnHit {
    /// Number of the word.
    pub(super) word: u16,
    /// Where it begins.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
}

/// Letters and digits without anything between.
struct Chunk {
    start: usize,
    end: usize,
    /// How many characters it has.
    length: usize,
    /// How many of them are digits.
    digits: usize,
    hasher: Hasher,
}

/// The state of a pass.
pub(super) struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    words: &'a Words,
    own: Option<&'a Words>,
    at: usize,
    line: u32,
    table: Table,
    /// Words before this belong to a phrase and mean nothing by themselves.
    phrase_end: usize,
    /// Bytes and phrases looked at, for tests: stays in proportion to the text.
    #[cfg(test)]
    pub(super) work: usize,
}

impl<'a> Lexer<'a> {
    /// Begins at the start of a text. `own` are the words of the policy file, if it has any.
    pub(super) fn new(text: &'a str, words: &'a Words, own: Option<&'a Words>) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            words,
            own,
            at: 0,
            line: 0,
            table: Table::default(),
            phrase_end: 0,
            #[cfg(test)]
            work: 0,
        }
    }

    /// Returns how far it got.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Reads on until `until` or a little further, where a token ends.
    pub(super) fn run(&mut self, until: usize, tokens: &mut Vec<Token>, own_hits: &mut Vec<OwnHit>) {
        let until = until.min(self.bytes.len());
        let mut at = self.at;
        while at < until {
            let b = byte(self.bytes, at);
            if folded(b) != 0 || !b.is_ascii() && self.is_letter(at) {
                // Most often a space and the next word follow: from word to word without asking what stands there.
                loop {
                    at = self.chunk(at, tokens, own_hits);
                    if byte(self.bytes, at) != b' ' || folded(byte(self.bytes, at + 1)) == 0 {
                        break;
                    }
                    at += 1;
                    if at >= until {
                        break;
                    }
                }
                continue;
            }
            at += 1;
            match b {
                b'\n' => {
                    self.line = self.line.saturating_add(1);
                    self.table.end_line();
                }
                b'\t' | b'|' | b';' => self.table.delimiter(Delimiter::Bar),
                b',' => self.table.delimiter(Delimiter::Comma),
                b' ' if byte(self.bytes, at) == b' ' => {
                    self.table.delimiter(Delimiter::Wide);
                    while byte(self.bytes, at) == b' ' {
                        at += 1;
                    }
                }
                0..0x80 => {}
                _ => at = ceil(self.text, at),
            }
        }
        self.at = at;
    }

    /// Says whether a letter or digit beyond ASCII stands at a place.
    fn is_letter(&self, at: usize) -> bool {
        let glyph = char_at(self.text, at).map(glyph);
        matches!(glyph, Some(Glyph::Digit(_) | Glyph::Letters(..) | Glyph::Foreign))
    }

    /// Reads letters and digits up to the first character that is neither. Returns how far it got.
    #[inline]
    fn chunk(&mut self, start: usize, tokens: &mut Vec<Token>, own_hits: &mut Vec<OwnHit>) -> usize {
        let mut chunk = Chunk { start, end: start, length: 0, digits: 0, hasher: Hasher::new() };
        let mut is_read = false;
        while let Some(eight) = eight(self.bytes, chunk.end) {
            chunk.end += eight.count as usize;
            chunk.digits += eight.digits as usize;
            if eight.count < 8 {
                chunk.hasher.add_last(eight.folded, eight.count);
                is_read = byte(self.bytes, chunk.end).is_ascii();
                break;
            }
            chunk.hasher.add_eight(eight.folded);
        }
        chunk.length = chunk.end - start;
        let at = if is_read { chunk.end } else { self.read_on(&mut chunk) };
        #[cfg(test)]
        {
            self.work += at - start;
        }
        // Most words mean nothing, and are done with here.
        // One branch that is hard to foresee instead of four.
        let is_plain = (chunk.digits == 0)
            & (chunk.length < LONG)
            & !self.words.may_have(chunk.hasher)
            & !self.words.may_end(self.bytes, start, chunk.end);
        if !is_plain || self.own.is_some() {
            self.judge(&chunk, tokens, own_hits);
        }
        at
    }

    /// Reads on byte by byte: characters beyond ASCII, and the last bytes of a text. Returns how far it got.
    #[inline(never)]
    fn read_on(&self, chunk: &mut Chunk) -> usize {
        let mut at = chunk.end;
        loop {
            let b = byte(self.bytes, at);
            let fold = folded(b);
            if fold != 0 {
                chunk.hasher.add(fold);
                chunk.digits += usize::from(fold <= b'9');
                chunk.length += 1;
                at += 1;
                chunk.end = at;
                continue;
            }
            if b < 0x80 {
                break;
            }
            let Some(c) = char_at(self.text, at) else { break };
            match glyph(c) {
                Glyph::Digit(digit) => {
                    chunk.hasher.add(b'0' + digit);
                    chunk.digits += 1;
                    chunk.length += 1;
                }
                Glyph::Letters(first, second) => {
                    chunk.hasher.add(first);
                    if second != 0 {
                        chunk.hasher.add(second);
                    }
                    chunk.length += 1;
                }
                Glyph::Foreign => {
                    chunk.hasher.add_char(c);
                    chunk.length += 1;
                }
                Glyph::Ignored => {
                    at += c.len_utf8();
                    continue;
                }
                Glyph::Space | Glyph::Dash | Glyph::Other => break,
            }
            at += c.len_utf8();
            chunk.end = at;
        }
        at.max(chunk.start + 1)
    }

    /// Makes a token of a chunk that may be one.
    #[inline(never)]
    fn judge(&mut self, chunk: &Chunk, tokens: &mut Vec<Token>, own_hits: &mut Vec<OwnHit>) {
        let Chunk { start, end, length, digits, hasher } = *chunk;
        let mut token = Token {
            start,
            end,
            line: self.line,
            kind: Kind::Word,
            digits: u8::try_from(digits).unwrap_or(u8::MAX),
            extra: 0,
            hints: 0,
            header: 0,
        };
        if let Some(own) = self.own {
            self.own_words(own, hasher, token, own_hits);
        }
        if start < self.phrase_end {
            return;
        }
        if digits < length {
            let found = self.words.find(hasher).or_else(|| {
                (digits == 0).then(|| self.words.find_by_ending(self.bytes.get(start..end)?)).flatten()
            });
            if let Some(entry) = found {
                let (hints, end) = entry.longest(self.text, end);
                if hints != 0 {
                    token.hints = hints;
                    token.extra = entry.extra();
                    token.end = end;
                    #[cfg(test)]
                    {
                        self.work += entry.cost();
                    }
                    self.phrase_end = end;
                    token.header = self.table.header();
                    self.table.word(hints);
                    tokens.push(token);
                    return;
                }
            }
        }
        token.kind = match (digits, length) {
            (0, LONG..) => Kind::Long,
            (0, _) => return,
            _ if digits == length => Kind::Digits,
            _ => Kind::Mixed,
        };
        token.header = self.table.header();
        self.table.number(digits);
        if token.kind == Kind::Mixed && self.split_label(token, tokens) {
            return;
        }
        tokens.push(token);
    }

    /// Parts a label from the number that is written against it: `BSN123456782`.
    fn split_label(&mut self, token: Token, tokens: &mut Vec<Token>) -> bool {
        if token.digits < 6 || token.end - token.start > 40 {
            return false;
        }
        let Some(bytes) = self.bytes.get(token.start..token.end) else { return false };
        let mut hasher = Hasher::new();
        let mut letters = 0_usize;
        for b in bytes.iter().take_while(|b| b.is_ascii_alphabetic()) {
            hasher.add(folded(*b));
            letters += 1;
        }
        if letters < 3 || !bytes.iter().skip(letters).all(u8::is_ascii_digit) {
            return false;
        }
        let Some(entry) = self.words.find(hasher) else { return false };
        let hints = entry.hints() & super::hints::LABELS;
        if hints == 0 {
            return false;
        }
        let cut = token.start + letters;
        tokens.push(Token { end: cut, kind: Kind::Word, digits: 0, hints, ..token });
        tokens.push(Token { start: cut, kind: Kind::Digits, ..token });
        true
    }

    /// Notes words and phrases of the policy file that begin with this chunk.
    fn own_words(&mut self, own: &Words, hasher: Hasher, token: Token, hits: &mut Vec<OwnHit>) {
        let Some(entry) = own.find(hasher) else { return };
        for (word, end) in entry.own_ends(self.text, token.end) {
            hits.push(OwnHit { word, start: token.start, end });
        }
        #[cfg(test)]
        {
            self.work += entry.cost();
        }
    }
}
