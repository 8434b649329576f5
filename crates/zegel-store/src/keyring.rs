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
/// The service that device tokens are kept under; the user is the canonical address.
pub(crate) const DEVICES: &str = "zegel-device";

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
    /// The secret is larger than this keyring takes.
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
///
/// Some take little at once (2560 bytes on Windows, where an identity is longer): there a long secret lies in numbered
/// chunks, and the entry itself is the *head* that counts them and has the hash of the whole.
#[derive(Debug, Clone, Default)]
pub(crate) enum Keyring {
    /// That of the operating system.
    #[default]
    System,
    /// One in memory that takes little and fails when told to.
    #[cfg(test)]
    Fake(std::sync::Arc<fake::Fake>),
}

impl Keyring {
    /// Stores a secret and reads it back.
    ///
    /// What was there is replaced by writing one entry: chunks have other names than those of another secret. The same
    /// secret has the same names: it is not written again, and where it is there damaged, nothing of it is removed.
    pub(crate) fn store(&self, service: &str, user: &str, secret: &SecretString) -> Result<(), KeyringError> {
        // EXPOSE: handed to the keyring, which is what it is for.
        let bytes = secret.expose_secret().as_bytes();
        // EXPOSE: compared with what is given.
        if matches!(self.find(service, user), Ok(Some(there)) if there.expose_secret().as_bytes() == bytes) {
            return Ok(());
        }
        let before = self.head(service, user)?;
        // Whether these chunks are, at least in part, those of the entry that is there: then they are in use.
        let in_use = |head: &Head| before.as_ref().is_some_and(|before| before.hash == head.hash);
        let mut now = None;
        if bytes.len() > self.limit() || Head::is_one(bytes) {
            let head = Head::of(bytes, self.limit());
            for (name, chunk) in head.names(user).zip(bytes.chunks(self.limit())) {
                if let Err(error) = self.put(service, &name, chunk) {
                    if !in_use(&head) {
                        self.clear(service, user, &head);
                    }
                    return Err(error);
                }
            }
            self.put(service, user, head.to_text().as_bytes())?;
            now = Some(head);
        } else {
            self.put(service, user, bytes)?;
        }
        // Some stores accept and forget (a keyring without a collection, a mock): only what comes back was kept.
        let kept = self.find(service, user)?.ok_or(KeyringError::NotKept)?;
        // EXPOSE: compared with what was given.
        if kept.expose_secret().as_bytes() != bytes {
            return Err(KeyringError::NotKept);
        }
        if let Some(before) = before.filter(|before| now.as_ref().is_none_or(|now| now.hash != before.hash)) {
            self.clear(service, user, &before);
        }
        Ok(())
    }

    /// Finds a secret.
    pub(crate) fn find(&self, service: &str, user: &str) -> Result<Option<SecretString>, KeyringError> {
        let Some(bytes) = self.fetch(service, user)? else { return Ok(None) };
        let whole = if Head::is_one(&bytes) {
            let head = Head::parse(&bytes).ok_or(KeyringError::Damaged)?;
            // Room for all from the start: growing would leave copies behind.
            let mut whole = Zeroizing::new(Vec::with_capacity(head.count * CHUNK_MAX));
            for name in head.names(user) {
                let chunk = self.fetch(service, &name)?.ok_or(KeyringError::Damaged)?;
                if chunk.len() > CHUNK_MAX {
                    return Err(KeyringError::Damaged);
                }
                whole.extend_from_slice(&chunk);
            }
            if blake3::hash(&whole) != head.hash {
                return Err(KeyringError::Damaged);
            }
            whole
        } else {
            bytes
        };
        let text = std::str::from_utf8(&whole).map_err(|_| KeyringError::Damaged)?;
        Ok(Some(SecretString::from(text)))
    }

    /// Removes a secret; says whether there was one.
    pub(crate) fn remove(&self, service: &str, user: &str) -> Result<bool, KeyringError> {
        let head = self.head(service, user)?;
        let found = self.delete(service, user)?;
        if let Some(head) = head {
            self.clear(service, user, &head);
        }
        Ok(found)
    }

    fn head(&self, service: &str, user: &str) -> Result<Option<Head>, KeyringError> {
        Ok(self.fetch(service, user)?.and_then(|bytes| Head::parse(&bytes)))
    }

    /// Removes chunks that no head names any more; one that stays is of no use to anybody without the others.
    fn clear(&self, service: &str, user: &str, head: &Head) {
        for name in head.names(user) {
            let _ = self.delete(service, &name);
        }
    }

    /// Returns how many bytes one entry takes.
    fn limit(&self) -> usize {
        match self {
            Self::System if cfg!(windows) => CHUNK_MAX,
            Self::System => usize::MAX,
            #[cfg(test)]
            Self::Fake(fake) => fake.limit,
        }
    }

    fn put(&self, service: &str, user: &str, bytes: &[u8]) -> Result<(), KeyringError> {
        match self {
            Self::System => entry(service, user)?.set_secret(bytes).map_err(explain),
            #[cfg(test)]
            Self::Fake(fake) => fake.put(service, user, bytes),
        }
    }

    fn fetch(&self, service: &str, user: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyringError> {
        match self {
            Self::System => match entry(service, user)?.get_secret() {
                Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
                Err(Error::NoEntry) => Ok(None),
                Err(error) => Err(explain(error)),
            },
            #[cfg(test)]
            Self::Fake(fake) => fake.fetch(service, user),
        }
    }

    fn delete(&self, service: &str, user: &str) -> Result<bool, KeyringError> {
        match self {
            Self::System => match entry(service, user)?.delete_credential() {
                Ok(()) => Ok(true),
                Err(Error::NoEntry) => Ok(false),
                Err(error) => Err(explain(error)),
            },
            #[cfg(test)]
            Self::Fake(fake) => fake.delete(service, user),
        }
    }
}

/// Most bytes of a chunk: what Credential Manager takes, and a little less.
const CHUNK_MAX: usize = 2048;
/// Most chunks: more than an identity of the largest size needs.
const CHUNKS_MAX: usize = 1024;
/// What a head begins with; no identity does, and a password that does is put into chunks.
const HEAD: &str = "zegel/chunks/v1 ";

/// What stands in the entry of a secret that lies in chunks.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Head {
    count: usize,
    hash: blake3::Hash,
}

impl Head {
    fn of(secret: &[u8], limit: usize) -> Self {
        Self { count: secret.chunks(limit).count(), hash: blake3::hash(secret) }
    }

    fn is_one(bytes: &[u8]) -> bool {
        bytes.starts_with(HEAD.as_bytes())
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?.strip_prefix(HEAD)?;
        let (count, hash) = text.split_once(' ')?;
        let count = count.parse().ok().filter(|count| (1..=CHUNKS_MAX).contains(count))?;
        Some(Self { count, hash: blake3::Hash::from_hex(hash).ok()? })
    }

    fn to_text(&self) -> String {
        format!("{HEAD}{} {}", self.count, self.hash)
    }

    /// Returns the names of the chunks, which no other secret has.
    fn names<'a>(&self, user: &'a str) -> impl Iterator<Item = String> + use<'a> {
        let tag: String = self.hash.to_hex().chars().take(16).collect();
        (1..=self.count).map(move |number| format!("{user} chunk {tag} {number}"))
    }
}

/// Says whether a keyring answers; for `doctor`. Nothing is stored.
///
/// # Errors
/// Tells why it does not.
pub fn probe() -> Result<(), KeyringError> {
    Keyring::System.find(IDENTITIES, "probe").map(drop)
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

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;
