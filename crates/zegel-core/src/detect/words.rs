//! The table of words that mean something: found by a hash of the folded word, at the cost of one bit test for all others.

mod context;
mod diagnosis;
mod endings;
mod medication;

use std::sync::OnceLock;

use super::chars::{Glyph, byte, char_at, fold, folded, glyph};
use super::hints::{AMBIGUOUS, DISEASE, DRUG, Hints, MONTH};

/// Bits of the filter that most plain words do not pass.
const FILTER_BITS: usize = 1 << 16;

/// Hashes a folded word byte by byte (FNV-1a, 64 bits). It decides nothing about safety: a collision is a false alarm.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hasher(u64);

impl Hasher {
    /// Begins.
    #[inline]
    pub(super) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Adds a byte.
    #[inline]
    pub(super) fn add(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }

    /// Adds a letter of another script, in lower case.
    pub(super) fn add_char(&mut self, c: char) {
        for lower in c.to_lowercase() {
            let mut buffer = [0; 4];
            lower.encode_utf8(&mut buffer).bytes().for_each(|b| self.add(b));
        }
    }

    /// Returns the hash with its bits mixed.
    #[inline]
    pub(super) fn value(self) -> u64 {
        let mixed = (self.0 ^ (self.0 >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ (mixed >> 29)
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
    slots: Vec<u32>,
    entries: Vec<Entry>,
    endings: endings::Endings,
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

    /// Finds a word.
    #[inline]
    pub(super) fn find(&self, hasher: Hasher) -> Option<&Entry> {
        let hash = hasher.value();
        let bit = hash as usize % FILTER_BITS;
        if self.filter.get(bit / 64)? >> (bit % 64) & 1 == 0 {
            return None;
        }
        self.lookup(hash)
    }

    /// Finds what the ending of a word says (`…kanker`, `…pril`); `word` are its bytes as they stand.
    #[inline]
    pub(super) fn find_by_ending(&self, word: &[u8]) -> Option<&Entry> {
        self.endings.find(word)
    }

    fn empty() -> Self {
        Self {
            filter: vec![0; FILTER_BITS / 64],
            slots: vec![0; 1024],
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
            let bit = hash as usize % FILTER_BITS;
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
                    None => entry.phrases.push(Phrase { rest: rest.into(), hints, own }),
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
        self.slots = vec![0; self.slots.len() * 2];
        let hashes: Vec<u64> = self.entries.iter().map(|entry| entry.hash).collect();
        for (number, hash) in hashes.into_iter().enumerate() {
            self.place(number, hash);
        }
    }

    fn place(&mut self, number: usize, hash: u64) {
        let mask = self.slots.len() - 1;
        let mut slot = (hash >> 20) as usize & mask;
        while self.slots.get(slot).is_some_and(|taken| *taken != 0) {
            slot = (slot + 1) & mask;
        }
        if let Some(free) = self.slots.get_mut(slot) {
            *free = u32::try_from(number + 1).unwrap_or(0);
        }
    }

    fn slot(&self, hash: u64) -> Option<usize> {
        let mask = self.slots.len() - 1;
        let mut slot = (hash >> 20) as usize & mask;
        loop {
            let number = (*self.slots.get(slot)? as usize).checked_sub(1)?;
            if self.entries.get(number)?.hash == hash {
                return Some(number);
            }
            slot = (slot + 1) & mask;
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
        self.phrases
            .iter()
            .find_map(|phrase| Some((phrase.hints, phrase_end(text, end, &phrase.rest)?)))
            .unwrap_or((self.hints, end))
    }

    /// Returns the policy's words that stand here, with their ends.
    pub(super) fn own_ends<'a>(
        &'a self,
        text: &'a str,
        end: usize,
    ) -> impl Iterator<Item = (u16, usize)> + 'a {
        let words = self.own.iter().map(move |own| (*own, end));
        let phrases = self
            .phrases
            .iter()
            .filter_map(move |phrase| Some((phrase.own?, phrase_end(text, end, &phrase.rest)?)));
        words.chain(phrases)
    }

    /// Returns how many bytes looking for phrases may cost.
    #[cfg(test)]
    pub(super) fn cost(&self) -> usize {
        self.phrases.iter().map(|phrase| phrase.rest.len()).sum()
    }
}

/// Returns where a phrase ends whose first word ends at `at`, if the rest follows.
///
/// Between its words stand one to three characters that are no letters: spaces, a hyphen, a line break.
fn phrase_end(text: &str, mut at: usize, rest: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    for word in rest.split(' ') {
        let mut between = 0;
        loop {
            let b = byte(bytes, at);
            if folded(b) != 0 {
                break;
            }
            let c = char_at(text, at)?;
            let step = match glyph(c) {
                Glyph::Letters(..) | Glyph::Digit(_) | Glyph::Foreign => break,
                Glyph::Ignored => 0,
                Glyph::Space | Glyph::Dash if c != '\t' => 1,
                _ if matches!(c, '.' | '\'' | '’' | '_' | '/' | '\n' | '\r') => 1,
                _ => return None,
            };
            between += step;
            if between > 3 {
                return None;
            }
            at += c.len_utf8();
        }
        if between == 0 {
            return None;
        }
        at = word_end(text, at, word)?;
    }
    Some(at)
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
