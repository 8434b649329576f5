//! What is known about a draft when it is judged.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use super::Role;
use super::judge::Evidence;
use super::terms::LocalTime;
use crate::Address;
use crate::detect::{Confidence, DetectorId};
use crate::material::{Material, Origin};
use crate::people::{Groups, Mistake};

/// Everything rules ask for. All of it is found before; judging only compares.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Who sends.
    pub sender: &'a Address,
    /// Who gets it.
    pub recipients: &'a [Person],
    /// Texts, unread parts and kinds of files.
    pub material: &'a Material,
    /// What detectors found, in the order of pieces and text.
    pub found: &'a [Found],
    /// Slips.
    pub slips: &'a [Slip],
    /// What the virus scanner said of each file; empty when none is configured.
    pub scans: &'a BTreeMap<Origin, ScanResult>,
    /// The hour where the sender is.
    pub local_time: LocalTime,
}

/// A recipient and what is known of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// Who.
    pub address: Address,
    /// Where they stand.
    pub role: Role,
    /// Which groups they are in.
    pub groups: Groups,
}

/// A match of a detector and the piece it stands in.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The piece, counted in the material.
    pub piece: usize,
    /// The detector.
    pub detector: DetectorId,
    /// Where in the piece, in bytes.
    pub range: Range<usize>,
    /// How sure it is.
    pub confidence: Confidence,
    /// A hash of the value, to count different ones.
    pub value: u64,
}

/// A slip that was found.
#[derive(Clone, PartialEq)]
pub struct Slip {
    /// Which.
    pub mistake: Mistake,
    /// Where in the texts, when it is about words.
    pub words: Option<(usize, Range<usize>)>,
    /// About whom, when it is about a recipient.
    pub address: Option<Address>,
    /// What to tell people: a name, a file, a number.
    pub detail: String,
}

/// Without names and words.
impl fmt::Debug for Slip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slip")
            .field("mistake", &self.mistake)
            .field("words", &self.words)
            .finish_non_exhaustive()
    }
}

impl Slip {
    /// Turns it into what a rule rests on.
    pub(super) fn to_evidence(&self) -> Evidence {
        match (&self.words, &self.address) {
            (Some((piece, range)), _) => Evidence::Words {
                detector: None,
                confidence: Confidence::Medium,
                piece: *piece,
                range: range.clone(),
            },
            (None, Some(address)) => {
                Evidence::Recipient { address: address.clone(), fact: self.detail.clone() }
            }
            (None, None) => Evidence::Circumstance(self.detail.clone()),
        }
    }
}

/// What the virus scanner said of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScanResult {
    /// Nothing found.
    Clean,
    /// Something found: its name.
    Infected(String),
    /// It did not look at all of it, and why.
    NotScanned(String),
}

impl ScanResult {
    /// Says what was found, if anything was.
    pub(super) fn infected(&self) -> Option<String> {
        match self {
            Self::Infected(name) => Some(format!("infected: {name}")),
            Self::Clean | Self::NotScanned(_) => None,
        }
    }

    /// Says why the scanner did not look, if it did not.
    pub(super) fn not_scanned(&self) -> Option<String> {
        match self {
            Self::NotScanned(why) => Some(format!("not scanned: {why}")),
            Self::Clean | Self::Infected(_) => None,
        }
    }
}
