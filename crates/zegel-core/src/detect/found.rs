//! What the detectors found, before the caller hears of it.

use super::chars::fold_each;
use super::{Builtin, Confidence, Match};

/// One thing found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Raw {
    /// Who found it.
    pub(super) what: Builtin,
    /// Where it begins.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// How sure that is.
    pub(super) confidence: Confidence,
    /// Hash of its normalised value.
    pub(super) value: u64,
}

/// Collects what is found.
pub(super) struct Found {
    list: Vec<Raw>,
    /// Up to where numbers belong to something that was recognised as a whole (an IBAN, a telephone number).
    claimed: usize,
    /// Up to where a run of characters was looked at that is no token, whatever part of it one takes.
    refused: usize,
    /// Where the last sure find of each detector ended, for lists behind one label.
    last: [usize; Builtin::COUNT],
    /// Where the last postal address ended.
    address: usize,
}

impl Found {
    pub(super) fn new() -> Self {
        Self { list: Vec::new(), claimed: 0, refused: 0, last: [usize::MAX; Builtin::COUNT], address: 0 }
    }

    /// Adds a find.
    pub(super) fn add(
        &mut self,
        what: Builtin,
        start: usize,
        end: usize,
        confidence: Confidence,
        value: u64,
    ) {
        if confidence > Confidence::Low
            && let Some(last) = self.last.get_mut(what as usize)
        {
            *last = end;
        }
        if what == Builtin::PostalAddress && confidence > Confidence::Low {
            self.address = self.address.max(end);
        }
        self.list.push(Raw { what, start, end, confidence, value });
    }

    /// Keeps other detectors from numbers before `end`.
    pub(super) fn claim(&mut self, end: usize) {
        self.claimed = self.claimed.max(end);
    }

    /// Says whether a place lies in something that was recognised as a whole.
    pub(super) fn is_claimed(&self, start: usize) -> bool {
        start < self.claimed
    }

    /// Notes that nothing before `end` begins a token.
    pub(super) fn refuse(&mut self, end: usize) {
        self.refused = self.refused.max(end);
    }

    /// Says whether a place lies in what was refused.
    pub(super) fn is_refused(&self, start: usize) -> bool {
        start < self.refused
    }

    /// Says whether a place lies in a postal address.
    pub(super) fn is_in_address(&self, start: usize) -> bool {
        start < self.address
    }

    /// Returns where the last find of a detector that was more than a guess ended.
    pub(super) fn last_end(&self, what: Builtin) -> Option<usize> {
        self.last.get(what as usize).copied().filter(|end| *end != usize::MAX)
    }

    /// Hands over what lies before `until`, in order, less what another find explains better.
    pub(super) fn flush(&mut self, until: usize, mut to: impl FnMut(Raw)) {
        self.list.sort_by_key(|raw| (raw.start, std::cmp::Reverse(raw.end), raw.what));
        let settled = self.list.partition_point(|raw| raw.start < until);
        for (at, raw) in self.list.iter().enumerate().take(settled) {
            if !self.is_outdone(at, raw) {
                to(*raw);
            }
        }
        // What another may still be compared with stays for a moment.
        self.list.drain(..settled);
    }

    /// Says whether an overlapping find is the better explanation of the same number.
    fn is_outdone(&self, at: usize, raw: &Raw) -> bool {
        if !raw.what.is_number() {
            return false;
        }
        let better = |other: &Raw| {
            other.what.is_number()
                && other.start < raw.end
                && raw.start < other.end
                && (other.confidence, other.end - other.start) > (raw.confidence, raw.end - raw.start)
        };
        let before = self.list.iter().take(at).rev().take_while(|other| other.start + LONGEST > raw.start);
        let after = self.list.iter().skip(at + 1).take_while(|other| other.start < raw.end);
        before.take(STEPS).any(better) || after.take(STEPS).any(better)
    }
}

/// Longest number; nothing that begins farther back overlaps.
const LONGEST: usize = 100;

/// How many neighbours a find is compared with on either side.
const STEPS: usize = 64;

/// Hashes a normalised value, so that different ones can be counted.
pub(super) fn hash(bytes: impl Iterator<Item = u8>) -> u64 {
    hashed(bytes.fold(HASH_START, hash_step))
}

const HASH_START: u64 = 0xcbf2_9ce4_8422_2325;

const fn hash_step(sum: u64, byte: u8) -> u64 {
    (sum ^ byte as u64).wrapping_mul(0x0100_0000_01b3)
}

const fn hashed(sum: u64) -> u64 {
    (sum ^ (sum >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Hashes digits.
pub(super) fn hash_digits(digits: &[u8]) -> u64 {
    hash(digits.iter().map(|digit| digit + b'0'))
}

/// Hashes letters and digits in upper case; everything else counts for nothing.
pub(super) fn hash_code(text: &str) -> u64 {
    hash(text.bytes().filter(u8::is_ascii_alphanumeric).map(|b| b.to_ascii_uppercase()))
}

/// Hashes words without regard to case, accents and spacing.
pub(super) fn hash_words(text: &str) -> u64 {
    let mut sum = HASH_START;
    fold_each(text, |c| sum = c.encode_utf8(&mut [0; 4]).bytes().fold(sum, hash_step));
    hashed(sum)
}

/// Makes what the caller gets.
impl From<Raw> for Match {
    fn from(raw: Raw) -> Self {
        Self {
            detector: super::DetectorId::from_builtin(raw.what),
            range: raw.start..raw.end,
            confidence: raw.confidence,
            value: raw.value,
        }
    }
}
