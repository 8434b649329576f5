//! The table of words that mean something: found by a hash of the folded word, at the cost of one bit test for all others.

mod context;
mod diagnosis;
mod endings;
mod medication;

use std::sync::OnceLock;

use super::chars::{Glyph, byte, char_at, fold, folded, glyph};
use super::hints::{AMBIGUOUS, DISEASE, DRUG, Hints, MONTH};

/// Bits of the filter that most plain words do not pass.
const FILTER_BITS: usize = 1 << 17;

/// Hashes a folded word, eight bytes at a time. It decides nothing about safety: a collision is a false alarm.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hasher {
    sum: u64,
    /// Bytes that are not yet in the sum, the first one lowest. No folded word has a zero in it, so the rest may be zero.
    pending: u64,
    /// How many bits of that are taken.
    bits: u32,
}

impl Hasher {
    /// Begins.
    #[inline]
    pub(super) fn new() -> Self {
        Self { sum: 0xcbf2_9ce4_8422_2325, pending: 0, bits: 0 }
    }

    /// Adds a byte.
    #[inline]
    pub(super) fn add(&mut self, byte: u8) {
        self.pending |= u64::from(byte) << self.bits;
        self.bits += 8;
        if self.bits == 64 {
            let eight = self.pending;
            (self.pending, self.bits) = (0, 0);
            self.add_eight(eight);
        }
    }

    /// Adds eight bytes where a multiple of eight was added before.
    #[inline]
    pub(super) fn add_eight(&mut self, eight: u64) {
        self.sum = (self.sum.rotate_left(23) ^ eight).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    /// Adds `count` bytes, fewer than eight, where a multiple of eight was added before.
    #[inline]
    pub(super) fn add_last(&mut self, bytes: u64, count: u32) {
        self.pending = bytes;
        self.bits = count * 8;
    }

    /// Adds a letter of another script, in lower case.
    pub(super) fn add_char(&mut self, c: char) {
        for lower in c.to_lowercase() {
            let mut buffer = [0; 4];
            lower.encode_utf8(&mut buffer).bytes().for_each(|b| self.add(b));
        }
    }

    /// Returns the hash; its upper half is well mixed, as products are.
    #[inline]
    pub(super) fn value(self) -> u64 {
        let mut last = self;
        last.add_eight(self.pending);
        last.sum
    }

    /// Hashes a folded word.
    pub(super) fn of(word: &[u8]) -> Self {
        let mut hasher = Self::new();
        word.iter().for_each(|b| hasher.add(*b));
        hasher
    }
}

/// A set of words and phrases.
pub(super) struct Words {
    filter: Vec<u64>,
    slots: Vec<Slot>,
    entries: Vec<Entry>,
    endings: endings::Endings,
}

/// A place in the table, found by the hash.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    /// A part of the hash, so that nobody looks into the entry of another word.
    tag: u32,
    /// Number of the entry, counted from 1; 0 where there is none.
    number: u32,
}

/// A word, and the phrases that begin with it.
pub(super) struct Entry {
    hash: u64,
    hints: Hints,
    extra: u8,
    own: Vec<u16>,
    phrases: Vec<Phrase>,
}

/// What follows the first word of a phrase.
struct Phrase {
    /// The first byte of the rest: most phrases of a word are told apart by it.
    first: u8,
    rest: Box<str>,
    hints: Hints,
    own: Option<u16>,
}

impl Words {
    /// Returns the built-in words; made once.
    pub(super) fn builtin() -> &'static Self {
        static WORDS: OnceLock<Words> = OnceLock::new();
        WORDS.get_or_init(|| {
            let mut words = Self::empty();
            for (hints, list) in context::WORDS {
                words.add_list(list, *hints);
            }
            for (month, list) in context::MONTHS {
                for word in list.split(',') {
                    words.add(&fold(word), MONTH, *month, None);
                }
            }
            words.add_list(medication::PLAIN, DRUG);
            words.add_list(medication::AMBIGUOUS, DRUG | AMBIGUOUS);
            words.add_list(diagnosis::PLAIN, DISEASE);
            words.add_list(diagnosis::AMBIGUOUS, DISEASE | AMBIGUOUS);
            words.endings = endings::Endings::builtin();
            words.finish();
            words
        })
    }

    /// Makes a table of a policy's own words; each is known by its number.
    pub(super) fn own<'a>(list: impl Iterator<Item = (u16, &'a str)>) -> Self {
        let mut words = Self::empty();
        for (number, word) in list {
            words.add(&fold(word), 0, 0, Some(number));
        }
        words.finish();
        words
    }

    /// Says whether a word may be in the table: certain when it is not.
    #[inline]
    pub(super) fn may_have(&self, hasher: Hasher) -> bool {
        self.passes(hasher.value())
    }

    /// Says whether a word's ending may say something: certain when it does not.
    #[inline]
    pub(super) fn may_end(&self, text: &[u8], start: usize, end: usize) -> bool {
        self.endings.may_end(text, start, end)
    }

    /// Finds a word.
    pub(super) fn find(&self, hasher: Hasher) -> Option<&Entry> {
        let hash = hasher.value();
        if self.passes(hash) { self.lookup(hash) } else { None }
    }

    #[inline]
    fn passes(&self, hash: u64) -> bool {
        let bit = bit(hash);
        self.filter.get(bit / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }

    /// Finds what the ending of a word says (`…kanker`, `…pril`); `word` are its bytes as they stand.
    pub(super) fn find_by_ending(&self, word: &[u8]) -> Option<&Entry> {
        self.endings.find(word)
    }

    fn empty() -> Self {
        Self {
            filter: vec![0; FILTER_BITS / 64],
            slots: vec![Slot::default(); 1024],
            entries: Vec::new(),
            endings: endings::Endings::default(),
        }
    }

    fn add_list(&mut self, list: &str, hints: Hints) {
        for word in list.split(',') {
            let folded = fold(word);
            if !folded.is_empty() {
                self.add(&folded, hints, 0, None);
            }
        }
    }

    fn add(&mut self, phrase: &str, hints: Hints, extra: u8, own: Option<u16>) {
        let (first, rest) =
            phrase.split_once(' ').map_or((phrase, None), |(first, rest)| (first, Some(rest)));
        let hash = Hasher::of(first.as_bytes()).value();
        if self.lookup(hash).is_none() {
            if (self.entries.len() + 1) * 3 > self.slots.len() {
                self.grow();
            }
            self.entries.push(Entry { hash, hints: 0, extra: 0, own: Vec::new(), phrases: Vec::new() });
            self.place(self.entries.len() - 1, hash);
            let bit = bit(hash);
            if let Some(word) = self.filter.get_mut(bit / 64) {
                *word |= 1 << (bit % 64);
            }
        }
        let Some(number) = self.slot(hash) else { return };
        let Some(entry) = self.entries.get_mut(number) else { return };
        match rest {
            None => {
                entry.hints |= hints;
                entry.extra = entry.extra.max(extra);
                entry.own.extend(own);
            }
            Some(rest) => {
                match entry.phrases.iter_mut().find(|known| *known.rest == *rest && known.own == own) {
                    Some(known) => known.hints |= hints,
                    None => {
                        let first = rest.bytes().next().unwrap_or(0);
                        entry.phrases.push(Phrase { first, rest: rest.into(), hints, own });
                    }
                }
            }
        }
    }

    /// Longest phrases first, so that the first that fits is the longest.
    fn finish(&mut self) {
        for entry in &mut self.entries {
            entry.phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.rest.len()));
        }
    }

    fn grow(&mut self) {
        self.slots = vec![Slot::default(); self.slots.len() * 2];
        let hashes: Vec<u64> = self.entries.iter().map(|entry| entry.hash).collect();
        for (number, hash) in hashes.into_iter().enumerate() {
            self.place(number, hash);
        }
    }

    fn place(&mut self, number: usize, hash: u64) {
        let mask = self.slots.len() - 1;
        let mut at = (hash >> 32) as usize & mask;
        while self.slots.get(at).is_some_and(|taken| taken.number != 0) {
            at = (at + 1) & mask;
        }
        if let Some(free) = self.slots.get_mut(at) {
            *free = Slot { tag: tag(hash), number: u32::try_from(number + 1).unwrap_or(0) };
        }
    }

    fn slot(&self, hash: u64) -> Option<usize> {
        let mask = self.slots.len() - 1;
        let mut at = (hash >> 32) as usize & mask;
        loop {
            let slot = self.slots.get(at)?;
            let number = (slot.number as usize).checked_sub(1)?;
            if slot.tag == tag(hash) && self.entries.get(number)?.hash == hash {
                return Some(number);
            }
            at = (at + 1) & mask;
        }
    }

    fn lookup(&self, hash: u64) -> Option<&Entry> {
        self.entries.get(self.slot(hash)?)
    }
}

impl Entry {
    fn of_ending(hints: Hints) -> Self {
        Self { hash: 0, hints, extra: 0, own: Vec::new(), phrases: Vec::new() }
    }

    /// Returns what the word means by itself.
    pub(super) fn hints(&self) -> Hints {
        self.hints
    }

    /// Returns the number of the month.
    pub(super) fn extra(&self) -> u8 {
        self.extra
    }

    /// Returns the meaning and the end of the longest phrase that stands here; the word ends at `end`.
    pub(super) fn longest(&self, text: &str, end: usize) -> (Hints, usize) {
        self.phrases_at(text, end).next().map_or((self.hints, end), |(phrase, end)| (phrase.hints, end))
    }

    /// Returns the policy's words that stand here, with their ends.
    pub(super) fn own_ends<'a>(
        &'a self,
        text: &'a str,
        end: usize,
    ) -> impl Iterator<Item = (u16, usize)> + 'a {
        let words = self.own.iter().map(move |own| (*own, end));
        let phrases = self.phrases_at(text, end).filter_map(|(phrase, end)| Some((phrase.own?, end)));
        words.chain(phrases)
    }

    /// Returns the phrases that stand here with their ends, the longest first.
    fn phrases_at<'a>(&'a self, text: &'a str, end: usize) -> impl Iterator<Item = (&'a Phrase, usize)> + 'a {
        // What parts the first word from the second is the same for all of them.
        let second = if self.phrases.is_empty() { None } else { next_word(text, end) };
        let first = second.map_or(0, |at| folded(byte(text.as_bytes(), at)));
        second.into_iter().flat_map(move |second| {
            self.phrases
                .iter()
                .filter(move |phrase| first == 0 || phrase.first == first)
                .filter_map(move |phrase| Some((phrase, phrase_end(text, second, &phrase.rest)?)))
        })
    }

    /// Returns how many bytes looking for phrases may cost.
    #[cfg(test)]
    pub(super) fn cost(&self) -> usize {
        self.phrases.iter().map(|phrase| phrase.rest.len()).sum()
    }
}

/// Returns the bit of the filter that a word sets.
#[inline]
fn bit(hash: u64) -> usize {
    (hash >> (64 - FILTER_BITS.ilog2())) as usize
}

fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// Returns where a phrase ends whose second word should begin at `at`, if the rest stands there.
fn phrase_end(text: &str, mut at: usize, rest: &str) -> Option<usize> {
    let mut words = rest.split(' ');
    at = word_end(text, at, words.next()?)?;
    for word in words {
        at = word_end(text, next_word(text, at)?, word)?;
    }
    Some(at)
}

/// Returns where the next word of a phrase begins.
///
/// Between its words stand one to three characters that are no letters: spaces, a hyphen, a line break.
fn next_word(text: &str, mut at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut between = 0;
    loop {
        let b = byte(bytes, at);
        if folded(b) != 0 {
            break;
        }
        let step = match b {
            b' ' | b'-' | b'.' | b'\'' | b'_' | b'/' | b'\n' | b'\r' => {
                at += 1;
                1
            }
            0..0x80 => return None,
            _ => {
                let c = char_at(text, at)?;
                let step = match glyph(c) {
                    Glyph::Letters(..) | Glyph::Digit(_) | Glyph::Foreign => break,
                    Glyph::Ignored => 0,
                    Glyph::Space | Glyph::Dash => 1,
                    Glyph::Other if c == '’' => 1,
                    Glyph::Other => return None,
                };
                at += c.len_utf8();
                step
            }
        };
        between += step;
        if between > 3 {
            return None;
        }
    }
    (between > 0).then_some(at)
}

/// Returns where `word` ends if it stands at `at` as a whole word.
fn word_end(text: &str, mut at: usize, word: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut wanted = word.bytes();
    let mut need = wanted.next();
    loop {
        let b = byte(bytes, at);
        let letter = folded(b);
        if letter != 0 {
            if need != Some(letter) {
                return None;
            }
            need = wanted.next();
            at += 1;
            continue;
        }
        let Some(c) = char_at(text, at) else { break };
        match glyph(c) {
            Glyph::Digit(_) | Glyph::Letters(..) | Glyph::Foreign => {
                let mut buffer = [0; 4];
                for b in fold(c.encode_utf8(&mut buffer)).bytes() {
                    if need != Some(b) {
                        return None;
                    }
                    need = wanted.next();
                }
            }
            Glyph::Ignored => {}
            Glyph::Space | Glyph::Dash | Glyph::Other => break,
        }
        at += c.len_utf8();
    }
    need.is_none().then_some(at)
}

#[cfg(test)]
mod tests;
