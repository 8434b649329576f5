//! The history of recipients: counts, and never an address that was not given.

use serde::{Deserialize, Serialize};

/// `history show`: how much is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryView {
    /// Mails that were counted.
    pub mails: u64,
    /// People they went to.
    pub people: u64,
    /// Domains of these.
    pub domains: u64,
    /// Pairs of people that were on a mail together.
    pub pairs: u64,
}

/// `history import`: what became of the mails that were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryImportView {
    /// Where they were read.
    pub source: String,
    /// How many mails were read.
    pub read: u64,
    /// How many were counted.
    pub counted: u64,
    /// How many were counted before.
    pub again: u64,
    /// How many are not from an own address, or went to nobody.
    pub not_own: u64,
    /// How many have a header that cannot be read.
    pub unreadable: u64,
}

/// `history forget`: what is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryForgottenView {
    /// The address; absent when everything was forgotten.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub address: Option<String>,
    /// Whether there was anything to forget.
    pub forgotten: bool,
}
