//! Slips that people make with a draft: an attachment that is missing or somebody else's, a greeting to another person,
//! too many people.
//!
//! Each slip says where it is and which words gave it away. What is quoted, forwarded or a signature was not written by
//! the sender and counts for nothing ([`written()`]).

mod greeting;
mod other_person;
mod promised;
mod written;

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use super::group::{Group, Groups, UnknownName};
use super::history::History;
use crate::address::{Address, Mailbox};
use crate::material::{Material, Origin, Visibility};

pub use written::written;

/// A kind of slip (`docs/formats/policy.md` section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Mistake {
    /// A file names somebody the user writes to, and nobody of this mail.
    AttachmentForOther,
    /// Somebody external among several internal people.
    ExternalAmongInternal,
    /// The greeting names nobody of this mail.
    Greeting,
    /// The text speaks of an attachment and there is none.
    MissingAttachment,
    /// An answer that goes to more than one person.
    ReplyAll,
    /// More people in To and Cc than the organisation wants.
    TooManyVisible,
}

impl Mistake {
    /// Every mistake.
    pub const ALL: [Self; 6] = [
        Self::AttachmentForOther,
        Self::ExternalAmongInternal,
        Self::Greeting,
        Self::MissingAttachment,
        Self::ReplyAll,
        Self::TooManyVisible,
    ];

    /// Returns the word that stands for it in policies and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::AttachmentForOther => "attachment-for-other",
            Self::ExternalAmongInternal => "external-among-internal",
            Self::Greeting => "greeting",
            Self::MissingAttachment => "missing-attachment",
            Self::ReplyAll => "reply-all",
            Self::TooManyVisible => "too-many-visible",
        }
    }

    /// Says whether something added to the draft can take it away: the file that was missing, or the person who was
    /// greeted. A rule that rests on such a slip can only warn, or adding to a draft would weaken a verdict.
    pub fn is_cured_by_adding(self) -> bool {
        matches!(self, Self::AttachmentForOther | Self::Greeting | Self::MissingAttachment)
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Mistake {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|mistake| mistake.name() == text).ok_or(UnknownName)
    }
}

/// A slip that was found.
#[derive(Clone, PartialEq, Eq)]
pub struct Slip {
    /// Which.
    pub mistake: Mistake,
    /// Where.
    pub place: Place,
    /// The words, the name or the number that gave it away.
    pub words: String,
}

impl fmt::Debug for Slip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The words are content of somebody's mail.
        f.debug_struct("Slip")
            .field("mistake", &self.mistake)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// Where a slip is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// In the name of this file, counted in the names that were given.
    FileName(usize),
    /// With the mail as a whole.
    Mail,
    /// With a recipient.
    Recipient(Address),
    /// In the text of a piece.
    Text {
        /// The piece, counted in the material.
        piece: usize,
        /// Where in it, in bytes.
        range: Range<usize>,
    },
}

/// A recipient with what is known of them.
#[derive(Debug, Clone)]
pub struct Recipient<'a> {
    /// Who.
    pub mailbox: &'a Mailbox,
    /// What [`super::classify()`] said.
    pub groups: &'a Groups,
    /// Whether they stand in To or Cc or get a blind copy.
    pub shown: Shown,
}

/// Whether others see a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// A blind copy.
    Blind,
    /// In To or Cc.
    Visible,
}

/// Whether a draft answers another mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It is new.
    New,
    /// It has an In-Reply-To.
    Reply,
}

/// A draft as far as slips are looked for in it.
#[derive(Clone, Copy)]
pub struct Draft<'a> {
    /// Who sends: their own name in a file is no slip.
    pub sender: &'a Mailbox,
    /// Who gets it.
    pub recipients: &'a [Recipient<'a>],
    /// The texts. Of files only first pages are looked at.
    pub material: &'a Material,
    /// The names of all files, whether they were read or not.
    pub files: &'a [String],
    /// Whether it is an answer.
    pub kind: Kind,
    /// How many people may stand in To and Cc ([`super::Organisation::visible_max`]).
    pub visible_max: usize,
}

impl fmt::Debug for Draft<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft").field("recipients", &self.recipients.len()).finish_non_exhaustive()
    }
}

/// Finds the slips of a draft, in the order of [`Mistake`].
pub fn find(draft: &Draft<'_>, history: &dyn History) -> Vec<Slip> {
    let mut slips = other_person::find(draft, history);
    slips.extend(external_among_internal(draft));
    for (piece, text) in body(draft.material) {
        let written = written(text);
        slips.extend(greeting::find(draft, piece, text, &written));
        if draft.files.iter().all(|name| is_decoration(name)) {
            slips.extend(promised::find(piece, text, &written));
        }
    }
    slips.extend(reply_all(draft));
    slips.extend(too_many_visible(draft));
    slips.sort_by_key(|slip| slip.mistake);
    slips
}

fn body(material: &Material) -> impl Iterator<Item = (usize, &str)> {
    material
        .pieces
        .iter()
        .enumerate()
        .filter(|(_, piece)| piece.origin == Origin::Body && piece.visibility == Visibility::Shown)
        .map(|(number, piece)| (number, piece.text.as_str()))
}

/// Says whether a file is a picture out of a signature, which mail programs add by themselves (`image001.png`).
fn is_decoration(name: &str) -> bool {
    let lower = name.to_lowercase();
    let Some((stem, extension)) = lower.rsplit_once('.') else { return false };
    let rest = stem.strip_prefix("image").or_else(|| stem.strip_prefix("logo"));
    matches!(extension, "png" | "jpg" | "jpeg" | "gif")
        && rest.is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()))
}

/// Several colleagues and somebody who is none. Two colleagues make it a mail among colleagues, and whoever is added
/// later only makes that plainer.
fn external_among_internal(draft: &Draft<'_>) -> Vec<Slip> {
    let internal = draft.recipients.iter().filter(|person| person.groups.contains(Group::Internal)).count();
    if internal < 2 {
        return Vec::new();
    }
    let external = draft.recipients.iter().filter(|person| person.groups.contains(Group::External));
    external
        .map(|person| Slip {
            mistake: Mistake::ExternalAmongInternal,
            place: Place::Recipient(person.mailbox.address.clone()),
            words: person.mailbox.address.to_string(),
        })
        .collect()
}

fn visible<'a>(draft: &'a Draft<'_>) -> impl Iterator<Item = &'a Recipient<'a>> {
    draft.recipients.iter().filter(|person| person.shown == Shown::Visible)
}

fn reply_all(draft: &Draft<'_>) -> Option<Slip> {
    let people = visible(draft).count();
    if draft.kind != Kind::Reply || people < 2 {
        return None;
    }
    let external = visible(draft).filter(|person| person.groups.contains(Group::External)).count();
    let words = format!("{people} people, {external} of them external");
    Some(Slip { mistake: Mistake::ReplyAll, place: Place::Mail, words })
}

fn too_many_visible(draft: &Draft<'_>) -> Option<Slip> {
    let people = visible(draft).count();
    let words = format!("{people} people in To and Cc");
    (people > draft.visible_max).then_some(Slip {
        mistake: Mistake::TooManyVisible,
        place: Place::Mail,
        words,
    })
}

#[cfg(test)]
mod tests;
