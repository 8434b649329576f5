//! The keyring of the operating system: Secret Service, Keychain, Credential Manager.
//!
//! Everything that is stored is read back before it counts: a keyring that forgets is worse than none.
//! What was found out about keyrings stands in `docs/quirks/keyring.md`.

use keyring::{Entry, Error};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use zeroize::Zeroizing;

/// The service name of identities.
pub(crate) const IDENTITIES: &str = "zegel";
/// The service name of the passwords of accounts.
pub(crate) const PASSWORDS: &str = "zegel-account";

/// Tells why the keyring did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// There is no keyring on this computer or in this session: a server, a container, cron.
    #[error("there is no keyring here ({0})")]
    Unavailable(String),
    /// It is locked, or has never been set up, and nobody is there to be asked for its password.
    #[error("the keyring is locked or was never set up ({0})")]
    Locked(String),
    /// More than one entry has the name, so that nobody can say which is meant.
    #[error("the keyring holds {count} entries for the same name")]
    Ambiguous {
        /// How many.
        count: usize,
    },
    /// It took the secret but does not give it back.
    #[error("the keyring did not keep what it was given")]
    NotKept,
    /// It holds something under our name that is not text.
    #[error("the keyring holds something damaged")]
    Damaged,
    /// The secret is larger than this keyring takes (2560 bytes on Windows).
    #[error("the keyring takes at most {limit} bytes")]
    TooLong {
        /// The most it takes.
        limit: u32,
    },
    /// Something else.
    #[error("the keyring does not answer ({0})")]
    Other(String),
}

impl KeyringError {
    /// Returns what the person can do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Unavailable(_) | Self::TooLong { .. } | Self::Other(_) => {
                "use an identity file sealed with a passphrase, and password = { from = \"file\", … }"
            }
            Self::Locked(_) => "unlock it by signing in to the desktop, or use an identity file",
            Self::Ambiguous { .. } => "remove the entries too many with the keyring's own program",
            Self::NotKept => "nothing was changed; use an identity file sealed with a passphrase",
            Self::Damaged => "look at the entry with the keyring's own program",
        };
        Some(hint.to_owned())
    }

    /// Says whether a file may be looked for instead: there is no usable keyring, rather than a bad entry in it.
    pub fn is_absence(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Locked(_) | Self::Other(_))
    }
}

/// The keyring; connected to when first used.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Keyring;

impl Keyring {
    /// Stores a secret and reads it back.
    pub(crate) fn store(self, service: &str, user: &str, secret: &SecretString) -> Result<(), KeyringError> {
        // EXPOSE: handed to the keyring, which is what it is for.
        let bytes = secret.expose_secret().as_bytes();
        entry(service, user)?.set_secret(bytes).map_err(explain)?;
        // Some stores accept and forget (a keyring without a collection, a mock): only what comes back was kept.
        let kept = self.find(service, user)?.ok_or(KeyringError::NotKept)?;
        // EXPOSE: compared with what was given.
        if kept.expose_secret().as_bytes() == bytes { Ok(()) } else { Err(KeyringError::NotKept) }
    }

    /// Finds a secret.
    pub(crate) fn find(self, service: &str, user: &str) -> Result<Option<SecretString>, KeyringError> {
        let bytes = match entry(service, user)?.get_secret() {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(Error::NoEntry) => return Ok(None),
            Err(error) => return Err(explain(error)),
        };
        let text = std::str::from_utf8(&bytes).map_err(|_| KeyringError::Damaged)?;
        Ok(Some(SecretString::from(text)))
    }

    /// Removes a secret; says whether there was one.
    pub(crate) fn remove(self, service: &str, user: &str) -> Result<bool, KeyringError> {
        match entry(service, user)?.delete_credential() {
            Ok(()) => Ok(true),
            Err(Error::NoEntry) => Ok(false),
            Err(error) => Err(explain(error)),
        }
    }
}

/// Says whether a keyring answers; for `doctor`. Nothing is stored.
///
/// # Errors
/// Tells why it does not.
pub fn probe() -> Result<(), KeyringError> {
    Keyring.find(IDENTITIES, "probe").map(drop)
}

fn entry(service: &str, user: &str) -> Result<Entry, KeyringError> {
    Entry::new(service, user).map_err(|error| match (error, Entry::store_status()) {
        (Error::NoDefaultStore, Err(cause)) => KeyringError::Unavailable(reason(cause)),
        (error, _) => explain(error),
    })
}

/// Turns the library's errors into ours. Those that carry the secret's bytes are wiped on the way.
fn explain(error: Error) -> KeyringError {
    match error {
        Error::NoStorageAccess(cause) => KeyringError::Locked(printable(&cause.to_string())),
        Error::BadEncoding(bytes) | Error::BadDataFormat(bytes, _) => {
            drop(Zeroizing::new(bytes));
            KeyringError::Damaged
        }
        Error::TooLong(_, limit) => KeyringError::TooLong { limit },
        Error::Ambiguous(entries) => KeyringError::Ambiguous { count: entries.len() },
        Error::NoDefaultStore => KeyringError::Unavailable("no keyring for this system".to_owned()),
        other => KeyringError::Other(reason(&other)),
    }
}

fn reason(error: &Error) -> String {
    match error {
        Error::PlatformFailure(cause) | Error::NoStorageAccess(cause) => printable(&cause.to_string()),
        other => printable(&other.to_string()),
    }
}

/// Makes a message of another program safe to show: one line, no control characters, not endless.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}
