//! The user's own identities: in the keyring, in a file sealed with a passphrase, or in a plain private file.
//!
//! ```
//! # let home = tempfile::tempdir()?;
//! use rand_core::OsRng;
//! use zegel_core::Timestamp;
//! use zegel_core::identity::Identity;
//! use zegel_store::Paths;
//! use zegel_store::config::IdentitySource;
//! use zegel_store::identity::{Existing, IdentityStore, Keep};
//!
//! let store = IdentityStore::new(&Paths::below(home.path()));
//! let alice = "alice@example.org".parse()?;
//! let identity = Identity::make(alice, "Alice", Timestamp::from_unix(0), 1000, &mut OsRng)?;
//! store.save(&identity, Keep::PlainFile, Existing::Refuse)?;
//!
//! let mut ask = |_: &std::path::Path| unreachable!("a plain file needs no passphrase");
//! let loaded = store.load(identity.address(), &IdentitySource::Anywhere, &mut ask)?;
//! assert_eq!(loaded.identity.card().fingerprint(), identity.card().fingerprint());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The public card of each identity lies beside it, so that it can be shown without unlocking anything. An identity is
//! never overwritten: what is replaced is copied to the folder `old` (in the keyring: to another entry), because old mail
//! opens with old keys only. A copy there is never overwritten either.

mod error;
mod file;
mod replace;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use zegel_core::Address;
use zegel_core::card::{CARD_MAX, Card};
use zegel_core::identity::Identity;

pub use self::error::IdentityStoreError;
pub use self::file::{read_identity_file, write_identity_file};
use crate::config::IdentitySource;
use crate::keyring::{IDENTITIES, Keyring};
use crate::lock::Lock;
use crate::names::{is_name, name_of};
use crate::paths::Paths;
use crate::private::{self, FileError, Holds};
use crate::staging::{sweep, sync_folder};

/// Asks the person for the passphrase of a file.
pub type AskPassphrase<'a> = dyn FnMut(&Path) -> io::Result<SecretString> + 'a;

/// Where an identity is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum IdentityPlace {
    /// In the keyring of the operating system.
    Keyring,
    /// In a file of mode 0600 that anybody who can read it can use.
    PlainFile,
    /// In a file sealed with a passphrase.
    SealedFile,
}

impl IdentityPlace {
    /// Returns the words for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::PlainFile => "plain file",
            Self::SealedFile => "sealed file",
        }
    }
}

/// Where to keep an identity, with what that needs.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Keep<'a> {
    /// In the keyring.
    Keyring,
    /// In a plain file; only ever when asked for by name.
    PlainFile,
    /// In a file sealed with this passphrase.
    SealedFile(&'a SecretString),
}

/// What becomes of an identity that the address has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and saving another is refused.
    Refuse,
    /// It is replaced; what opened old mail is kept.
    Replace,
}

/// An identity that was loaded, and from where.
#[derive(Debug)]
pub struct Loaded {
    /// The identity.
    pub identity: Identity,
    /// Where it is kept.
    pub place: IdentityPlace,
}

/// An identity as it can be seen without unlocking it.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Its card.
    pub card: Card,
    /// Where it is kept.
    pub place: IdentityPlace,
    /// Whether another one has taken its place; then it only serves old mail.
    pub replaced: bool,
}

/// The identities of one user.
#[derive(Debug, Clone)]
pub struct IdentityStore {
    folder: PathBuf,
    keyring: Keyring,
}

impl IdentityStore {
    /// Names the store below these paths; nothing is touched yet.
    pub fn new(paths: &Paths) -> Self {
        Self { folder: paths.identities(), keyring: Keyring::System }
    }

    /// Saves an identity, and its card beside it.
    ///
    /// # Errors
    /// Refuses a second identity for the address unless replacing was asked for. Fails when the place does not take it
    /// or does not give it back; then the old one is where it was, or beside it in `old`. The same can be tried again.
    pub fn save(
        &self,
        identity: &Identity,
        keep: Keep<'_>,
        existing: Existing,
    ) -> Result<(), IdentityStoreError> {
        let folder = private::FreshFolder::make(&self.folder, Holds::Secrets)?;
        let _lock = Lock::take(&self.folder.join(".lock"))?;
        // Bound again, so that on a failure it is removed while the lock is still held.
        let folder = folder;
        sweep(&self.folder);
        self.put(identity, keep, existing)?;
        folder.keep();
        Ok(())
    }

    /// Loads an identity from where the account says it is.
    ///
    /// With [`IdentitySource::Anywhere`] a file in our own folder comes first, since it is there only when it was asked
    /// for; then the keyring. `ask` is called only for a sealed file.
    ///
    /// # Errors
    /// [`IdentityStoreError::NotFound`] when there is none; everything else means that there is one, or may be one,
    /// which cannot be read.
    pub fn load(
        &self,
        address: &Address,
        source: &IdentitySource,
        ask: &mut AskPassphrase<'_>,
    ) -> Result<Loaded, IdentityStoreError> {
        let loaded = match source {
            IdentitySource::Path(path) => Some(load_file(path, ask)?),
            IdentitySource::File => self.load_own_file(address, ask)?,
            IdentitySource::Keyring => load_keyring(&self.keyring, &address.canonical())?,
            IdentitySource::Anywhere => match self.load_own_file(address, ask)? {
                Some(loaded) => Some(loaded),
                None => match load_keyring(&self.keyring, &address.canonical()) {
                    // Nothing says that it ever was in a keyring: that there is none here is not what is wrong.
                    Err(IdentityStoreError::Keyring(error))
                        if error.is_absence() && self.card(address)?.is_none() =>
                    {
                        None
                    }
                    other => other?,
                },
            },
        };
        let loaded = loaded.ok_or_else(|| IdentityStoreError::NotFound { address: address.clone() })?;
        if loaded.identity.address() == address {
            return Ok(loaded);
        }
        let found = loaded.identity.address().clone();
        Err(IdentityStoreError::WrongAddress { expected: address.clone(), found })
    }

    /// Loads the identities of the address that were replaced, for mail that only they open.
    ///
    /// Those that cannot be read are errors in the list, so that one damaged file does not hide the others.
    ///
    /// # Errors
    /// Fails when the folder cannot be read.
    pub fn load_replaced(
        &self,
        address: &Address,
        ask: &mut AskPassphrase<'_>,
    ) -> Result<Vec<Result<Identity, IdentityStoreError>>, IdentityStoreError> {
        let prefix = format!("{}.", name_of(address));
        let mut identities = Vec::new();
        for path in files_in(&self.old())? {
            let name = file_name(&path);
            let Some(rest) = name.strip_prefix(&prefix) else { continue };
            let Some((print, extension)) = rest.split_once('.') else { continue };
            match extension {
                PLAIN | SEALED => identities.push(load_file(&path, ask).map(|loaded| loaded.identity)),
                KEYRING => match load_keyring(&self.keyring, &replaced_user(address, print)) {
                    Ok(Some(loaded)) => identities.push(Ok(loaded.identity)),
                    Ok(None) => {
                        identities.push(Err(IdentityStoreError::NotFound { address: address.clone() }))
                    }
                    Err(error) => identities.push(Err(error)),
                },
                _ => {}
            }
        }
        Ok(identities)
    }

    /// Returns the card of the own identity of that address, without unlocking it.
    ///
    /// # Errors
    /// Fails when the file exists but is not that card.
    pub fn card(&self, address: &Address) -> Result<Option<Card>, IdentityStoreError> {
        match read_card(&self.file(address, CARD)) {
            Ok(card) if card.address() == address => Ok(Some(card)),
            Ok(_) => {
                Err(FileError::damaged(&self.file(address, CARD), "it is another address's card").into())
            }
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Lists all identities, the current ones first; none is unlocked.
    ///
    /// # Errors
    /// Fails when the folder or a card in it cannot be read.
    pub fn list(&self) -> Result<Vec<Kept>, IdentityStoreError> {
        let mut kept = Vec::new();
        for (folder, replaced) in [(self.folder.clone(), false), (self.old(), true)] {
            for path in files_in(&folder)? {
                let name = file_name(&path);
                let Some(stem) = name.strip_suffix(".card") else { continue };
                if !stem.get(..crate::names::NAME_LEN).is_some_and(is_name) {
                    continue;
                }
                let beside = |extension: &str| folder.join(format!("{stem}.{extension}")).exists();
                let place = match () {
                    () if beside(SEALED) => IdentityPlace::SealedFile,
                    () if beside(PLAIN) => IdentityPlace::PlainFile,
                    () => IdentityPlace::Keyring,
                };
                kept.push(Kept { card: read_card(&path)?, place, replaced });
            }
        }
        Ok(kept)
    }

    /// Removes the identity of an address and its card; says whether there was one. Replaced ones stay.
    ///
    /// Mail sealed to it cannot be opened afterwards: who calls this has asked.
    ///
    /// # Errors
    /// Fails when it cannot be removed, or the keyring that holds it does not answer.
    pub fn remove(&self, address: &Address) -> Result<bool, IdentityStoreError> {
        if !self.folder.is_dir() {
            return Ok(false);
        }
        let _lock = Lock::take(&self.folder.join(".lock"))?;
        let current = self.current(address, &Keep::PlainFile)?;
        for place in &current {
            self.discard(address, *place)?;
        }
        remove_file(&self.file(address, CARD))?;
        sync_folder(&self.folder).map_err(FileError::write(&self.folder))?;
        Ok(!current.is_empty())
    }

    fn load_own_file(
        &self,
        address: &Address,
        ask: &mut AskPassphrase<'_>,
    ) -> Result<Option<Loaded>, IdentityStoreError> {
        for extension in [SEALED, PLAIN] {
            let path = self.file(address, extension);
            if path.try_exists().map_err(FileError::read(&path))? {
                private::check_chain(&self.folder, Holds::Secrets)?;
                return load_file(&path, ask).map(Some);
            }
        }
        Ok(None)
    }

    fn file(&self, address: &Address, extension: &str) -> PathBuf {
        self.folder.join(format!("{}.{extension}", name_of(address)))
    }

    fn old(&self) -> PathBuf {
        self.folder.join("old")
    }
}

/// Endings of files: the public card, the plain and the sealed identity, and the mark of one that lies in the keyring.
const CARD: &str = "card";
const PLAIN: &str = "key";
const SEALED: &str = "age";
const KEYRING: &str = "keyring";

fn load_file(path: &Path, ask: &mut AskPassphrase<'_>) -> Result<Loaded, IdentityStoreError> {
    let (identity, place) = read_identity_file(path, ask)?;
    Ok(Loaded { identity, place })
}

fn load_keyring(keyring: &Keyring, user: &str) -> Result<Option<Loaded>, IdentityStoreError> {
    let Some(secret) = keyring.find(IDENTITIES, user)? else { return Ok(None) };
    let identity = Identity::parse(&secret)
        .map_err(|source| IdentityStoreError::Identity { place: "the keyring".to_owned(), source })?;
    Ok(Some(Loaded { identity, place: IdentityPlace::Keyring }))
}

fn secret_text(identity: &Identity) -> Result<SecretString, IdentityStoreError> {
    let place = || "memory".to_owned();
    identity.to_secret_text().map_err(|source| IdentityStoreError::Identity { place: place(), source })
}

fn replaced_user(address: &Address, print: &str) -> String {
    format!("{} replaced {print}", address.canonical())
}

fn read_card(path: &Path) -> Result<Card, FileError> {
    let bytes = private::read_file(path, CARD_MAX, Holds::Settings)?;
    Card::parse(&bytes).map_err(|error| FileError::damaged(path, error.to_string()))
}

/// Lists the files of a folder in the order of their names; a folder that is not there has none.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(FileError::read(folder)(error)),
    };
    let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(FileError::read(folder))?;
    paths.sort();
    Ok(paths)
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn remove_file(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FileError::write(path)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
