//! What the user did before, as far as recipients are judged by it.

use std::fmt;

use crate::address::Address;
use crate::time::Timestamp;

/// Stands for an address in a history: a keyed hash of it, which nobody without the history's key can compute.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(pub(super) [u8; 16]);

impl fmt::Debug for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonId({})", crate::id::to_base32(&self.0))
    }
}

/// How often somebody was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Who.
    pub id: PersonId,
    /// On how many mails.
    pub mails: u32,
    /// When last.
    pub last: Timestamp,
}

/// A text under which a person or a domain is found again: a name, or what is left of a domain without one letter. A
/// history keeps hashes of clues, so that it can answer "who is called so" and "what looks like this" without a name in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Clue(String);

impl Clue {
    /// Makes a clue of one kind; the kind keeps a name apart from a domain that is written the same.
    pub(super) fn new(kind: &str, text: &str) -> Self {
        Self(format!("{kind}:{text}"))
    }

    /// Returns the text that is hashed.
    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

/// Answers what the user did before. [`super::Ledger`] is the one that remembers.
pub trait History {
    /// Returns how often mail went to an address; nothing when it never did.
    fn person(&self, address: &Address) -> Option<Known>;

    /// Returns the people found under a clue; none when they are so many that it says nothing.
    fn people_under(&self, clue: &Clue) -> Vec<Known>;

    /// Returns how many mails went to domains found under a clue.
    fn mails_under(&self, clue: &Clue) -> u32;

    /// Returns on how many mails two people were together.
    fn together(&self, one: PersonId, other: PersonId) -> u32;
}

/// A history in which everybody was written to, often and lately, and nobody has a namesake; for examples and previews.
#[derive(Debug, Clone, Copy, Default)]
pub struct Everybody;

impl History for Everybody {
    fn person(&self, _address: &Address) -> Option<Known> {
        Some(Known { id: PersonId([0; 16]), mails: u32::MAX, last: Timestamp::from_unix(u64::MAX) })
    }

    fn people_under(&self, _clue: &Clue) -> Vec<Known> {
        Vec::new()
    }

    fn mails_under(&self, _clue: &Clue) -> u32 {
        0
    }

    fn together(&self, _one: PersonId, _other: PersonId) -> u32 {
        0
    }
}
