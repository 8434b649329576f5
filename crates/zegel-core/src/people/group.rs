//! Groups of recipients, and why somebody is in one.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::history::Known;
use super::lookalike::Resembled;
use super::pattern::Pattern;

/// What can be said of a recipient (`docs/formats/policy.md` section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Group {
    /// The organisation does not write to them.
    Denied,
    /// A throw-away address.
    Disposable,
    /// Not internal.
    External,
    /// Never written to.
    FirstTime,
    /// An address of a service where anybody can have one.
    Freemail,
    /// An address of the organisation.
    Internal,
    /// The domain resembles a known one and is another.
    LookAlike,
    /// Somebody of the same name, at another address, is the one who is usually written to.
    Namesake,
    /// An address of a partner.
    Partner,
    /// No person's address: info@, hr@.
    Role,
    /// External, no partner, no freemail, and never written to.
    Unknown,
    /// Never on a mail with one of the others, while a namesake is.
    Unusual,
}

/// Tells that a word is no name of a group or mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a known name")]
pub struct UnknownName;

impl Group {
    /// Every group.
    pub const ALL: [Self; 12] = [
        Self::Denied,
        Self::Disposable,
        Self::External,
        Self::FirstTime,
        Self::Freemail,
        Self::Internal,
        Self::LookAlike,
        Self::Namesake,
        Self::Partner,
        Self::Role,
        Self::Unknown,
        Self::Unusual,
    ];

    /// Returns the word that stands for it in policies and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Disposable => "disposable",
            Self::External => "external",
            Self::FirstTime => "first-time",
            Self::Freemail => "freemail",
            Self::Internal => "internal",
            Self::LookAlike => "look-alike",
            Self::Namesake => "namesake",
            Self::Partner => "partner",
            Self::Role => "role",
            Self::Unknown => "unknown",
            Self::Unusual => "unusual",
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Group {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|group| group.name() == text).ok_or(UnknownName)
    }
}

/// Why somebody is in a group, where the address alone does not say it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// This pattern denies them.
    Denied(Pattern),
    /// The domain resembles this one.
    LookAlike(Resembled),
    /// These people of the same name are written to more often. A history that keeps hashes cannot say their address;
    /// [`super::History::person`] of an address in an address book tells whether it is the one.
    Namesake(Vec<Known>),
    /// This namesake is usually on a mail with one of the others.
    Unusual(Known),
}

/// The groups of one recipient.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups(BTreeMap<Group, Option<Reason>>);

impl Groups {
    /// Says whether the recipient is in a group.
    pub fn contains(&self, group: Group) -> bool {
        self.0.contains_key(&group)
    }

    /// Returns why the recipient is in a group, where more is known than that.
    pub fn reason(&self, group: Group) -> Option<&Reason> {
        self.0.get(&group)?.as_ref()
    }

    /// Returns the groups by name.
    pub fn iter(&self) -> impl Iterator<Item = Group> {
        self.0.keys().copied()
    }

    pub(super) fn add(&mut self, group: Group) {
        self.0.entry(group).or_insert(None);
    }

    pub(super) fn add_because(&mut self, group: Group, reason: Reason) {
        self.0.insert(group, Some(reason));
    }
}

impl FromIterator<Group> for Groups {
    fn from_iter<I: IntoIterator<Item = Group>>(groups: I) -> Self {
        Self(groups.into_iter().map(|group| (group, None)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for group in Group::ALL {
            assert_eq!(group.to_string().parse(), Ok(group));
        }
        for text in ["", "Internal", "lookalike", "first time"] {
            assert_eq!(text.parse::<Group>(), Err(UnknownName));
        }
    }
}
