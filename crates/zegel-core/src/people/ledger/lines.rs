//! Lines of a history, as they stand in its file.

use serde::{Deserialize, Serialize};

use super::{Key, PersonId};
use crate::id::{from_base32, to_base32};
use crate::time::Timestamp;

/// What the first line names.
const FORMAT: &str = "zegel/history/v1";
/// Most clues of one domain or one name that are kept: more than the longest name has.
pub(super) const CLUES_MAX: usize = 72;
/// Longest line that is read.
const LINE_MAX: usize = 4 << 20;

/// One line.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Line {
    Domain(DomainLine),
    Mail(MailLine),
    Pairs(Vec<[u64; 3]>),
    Person(PersonLine),
    Seen(String),
    Start(Start),
}

/// The first line.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Start {
    format: String,
    pub(super) mails: u64,
    /// How long the rest was when all of it was written.
    pub(super) whole: u64,
}

/// A domain.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DomainLine {
    clues: String,
    id: String,
}

/// One mail more.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MailLine {
    pub(super) at: Timestamp,
    pub(super) domains: Vec<DomainLine>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    pub(super) to: Vec<PersonLine>,
}

/// A person; in a mail without the counts.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonLine {
    clues: String,
    domain: String,
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mails: Option<u32>,
}

impl Line {
    /// Reads a line without its end.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > LINE_MAX {
            return None;
        }
        serde_json::from_slice(bytes).ok()
    }

    /// Writes a line with its end.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Nothing in a line can fail to be JSON: all keys are field names.
        crate::json::to_line(self).unwrap_or_default()
    }
}

impl Start {
    pub(super) fn new(mails: u64, whole: usize) -> Self {
        Self { format: FORMAT.to_owned(), mails, whole: whole as u64 }
    }

    pub(super) fn is_ours(&self) -> bool {
        self.format == FORMAT
    }
}

impl DomainLine {
    pub(super) fn new(id: Key, clues: &[Key]) -> Self {
        Self { clues: join(clues), id: to_base32(&id) }
    }

    pub(super) fn id(&self) -> Option<Key> {
        one(&self.id)
    }

    pub(super) fn clues(&self) -> Option<Vec<Key>> {
        split(&self.clues)
    }
}

impl PersonLine {
    pub(super) fn new(id: PersonId, domain: Key, clues: &[Key], known: Option<(Timestamp, u32)>) -> Self {
        Self {
            clues: join(clues),
            domain: to_base32(&domain),
            id: to_base32(&id.0),
            last: known.map(|(last, _)| last),
            mails: known.map(|(_, mails)| mails),
        }
    }

    pub(super) fn id(&self) -> Option<PersonId> {
        from_base32(&self.id).ok()?.try_into().ok().map(PersonId)
    }

    pub(super) fn domain(&self) -> Option<Key> {
        one(&self.domain)
    }

    pub(super) fn clues(&self) -> Option<Vec<Key>> {
        split(&self.clues)
    }

    pub(super) fn known(&self) -> Option<(Timestamp, u32)> {
        Some((self.last?, self.mails?))
    }
}

/// Writes hashes one after the other.
pub(super) fn join(keys: &[Key]) -> String {
    to_base32(keys.as_flattened())
}

/// Reads what [`join`] wrote.
pub(super) fn split(text: &str) -> Option<Vec<Key>> {
    let bytes = from_base32(text).ok()?;
    let (keys, rest) = bytes.as_chunks::<8>();
    rest.is_empty().then(|| keys.to_vec())
}

fn one(text: &str) -> Option<Key> {
    from_base32(text).ok()?.try_into().ok()
}
