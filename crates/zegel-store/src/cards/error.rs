//! Errors of the card store.

use thiserror::Error;
use zegel_core::card::CardError;
use zegel_core::{Address, Fingerprint};

use crate::private::FileError;

/// Tells why a card was not pinned or cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CardsError {
    /// Another key is pinned for the address, and it did not sign for this one.
    #[error("the key of {address} changed: pinned is {}, this is {}", pinned.to_readable(), found.to_readable())]
    Changed {
        /// The address.
        address: Address,
        /// What is pinned.
        pinned: Fingerprint,
        /// What came.
        found: Fingerprint,
    },
    /// The fingerprint typed is not the card's.
    #[error("the fingerprint of {address} is {}, not the one given", found.to_readable())]
    Fingerprint {
        /// The address.
        address: Address,
        /// The card's fingerprint.
        found: Fingerprint,
    },
    /// A contact was made of parts that do not belong together.
    #[error("the keys and fingerprint of {address} do not belong together")]
    Inconsistent {
        /// The address.
        address: Address,
    },
    /// The address has no pin.
    #[error("no card of {address} is pinned")]
    NotFound {
        /// The address.
        address: Address,
    },
    /// The card does not count now.
    #[error(transparent)]
    Card(#[from] CardError),
    /// The entry cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
}

impl CardsError {
    /// Returns what the person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Changed { .. } => Some(
                "ask them in another way than by mail; then import the new card with --replace".to_owned(),
            ),
            Self::Fingerprint { .. } => {
                Some("compare it again; if it differs, the card is not theirs".to_owned())
            }
            Self::NotFound { .. } => Some("run: zegel card import".to_owned()),
            Self::Card(_) => Some("ask them for their new card".to_owned()),
            Self::File(FileError::Damaged { .. }) => {
                Some("restore it from a backup, or forget the address and import its card again".to_owned())
            }
            Self::File(error) => error.hint(),
            Self::Inconsistent { .. } => None,
        }
    }
}
