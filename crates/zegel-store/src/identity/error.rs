//! Errors of the identity store; none repeats what it read.

use std::io;
use std::path::PathBuf;

use thiserror::Error;
use zegel_core::age_file::AgeFileError;
use zegel_core::identity::IdentityError;
use zegel_core::{Address, Fingerprint};

use crate::keyring::KeyringError;
use crate::private::FileError;

/// Tells why an identity could not be saved or loaded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum IdentityStoreError {
    /// No identity of the address is kept here.
    #[error("there is no identity of {address}")]
    NotFound {
        /// The address.
        address: Address,
    },
    /// The address has an identity already.
    #[error("there is an identity of {address} already")]
    Exists {
        /// The address.
        address: Address,
        /// Its fingerprint, when its card is readable.
        fingerprint: Option<Fingerprint>,
    },
    /// The identity found belongs to another address.
    #[error("this is the identity of {found}, not of {expected}")]
    WrongAddress {
        /// The account's address.
        expected: Address,
        /// The identity's address.
        found: Address,
    },
    /// The passphrase does not open the file, or the file is damaged; nobody can tell which.
    #[error("the passphrase does not open {}, or the file is damaged", path.display())]
    Unseal {
        /// The file.
        path: PathBuf,
        /// What the age format says.
        #[source]
        source: AgeFileError,
    },
    /// Sealing failed.
    #[error("cannot seal the identity for {}", path.display())]
    Seal {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The passphrase could not be asked for.
    #[error("no passphrase for {}", path.display())]
    Passphrase {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// An empty passphrase seals nothing.
    #[error("the passphrase is empty")]
    EmptyPassphrase,
    /// What is kept is not an identity.
    #[error("what {place} holds is not a Zegel identity")]
    Identity {
        /// Where it was found.
        place: String,
        /// What is wrong.
        #[source]
        source: IdentityError,
    },
    /// A file could not be read or written, or others can reach it.
    #[error(transparent)]
    File(#[from] FileError),
    /// The keyring did not do what was asked.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
}

impl IdentityStoreError {
    /// Returns what the person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotFound { .. } => Some("run: zegel identity new, or zegel identity import".to_owned()),
            Self::Exists { .. } => {
                Some("keep it with zegel identity rotate; replacing it is asked for by name".to_owned())
            }
            Self::WrongAddress { .. } => Some("name another identity file or another account".to_owned()),
            Self::Unseal { source: AgeFileError::TooCostly, .. } => {
                Some("seal it again with a work factor of at most 18, as age does by default".to_owned())
            }
            Self::Unseal { .. } => Some("try the passphrase again".to_owned()),
            Self::Passphrase { .. } => {
                Some("type it at a terminal, or set ZEGEL_PASSPHRASE_FILE to a file of mode 0600".to_owned())
            }
            Self::EmptyPassphrase => Some("several random words make a good one".to_owned()),
            Self::File(error) => error.hint(),
            Self::Keyring(error) => error.hint(),
            Self::Identity { .. } | Self::Seal { .. } => None,
        }
    }
}
