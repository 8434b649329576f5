//! The cards of other people: which keys an address is pinned to, since when and why.
//!
//! ```
//! # let home = tempfile::tempdir()?;
//! # use rand_core::OsRng;
//! # use zegel_core::identity::Identity;
//! use zegel_core::Timestamp;
//! use zegel_store::Paths;
//! use zegel_store::cards::{Cards, Change, Proof};
//!
//! # let now = Timestamp::from_unix(10);
//! # let bob = Identity::make("bob@example.org".parse()?, "Bob", now, 1000, &mut OsRng)?;
//! let cards = Cards::new(&Paths::below(home.path()));
//! let typed = bob.card().fingerprint().to_readable(); // read aloud on the telephone
//! cards.pin(bob.card(), Proof::Compared(&typed), Change::Refuse, now)?;
//! assert!(cards.find(bob.address())?.is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An entry that exists but cannot be read is an error for that address: counting it as unknown would let the next
//! message pin any key it likes.

mod error;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use zegel_core::card::Card;
use zegel_core::contacts::{Contact, Contacts, ContactsError, Origin};
use zegel_core::{Address, Fingerprint, Timestamp, json};

pub use self::error::CardsError;
use crate::lock::Lock;
use crate::names::{is_name, name_of};
use crate::paths::Paths;
use crate::private::{self, FileError, Holds};
use crate::staging::{Mode, Overwrite, sweep, sync_folder, write_atomically};

/// Longest entry that is read: a card of 16 KiB, escaped, and what stands beside it.
const ENTRY_MAX: usize = 64 << 10;

/// Why a card is believed to be its owner's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proof<'a> {
    /// A person typed the fingerprint, which they have from the owner; it is checked.
    Compared(&'a str),
    /// A person saw the fingerprint and confirmed it.
    Confirmed,
    /// The directory of the address's own domain gave it.
    Directory,
    /// Nothing but that it came first; only where that was asked for by name.
    FirstUse,
}

impl Proof<'_> {
    fn origin(self) -> Origin {
        match self {
            Self::Compared(_) | Self::Confirmed => Origin::Imported,
            Self::Directory => Origin::Directory,
            Self::FirstUse => Origin::FirstUse,
        }
    }
}

/// What becomes of another key that is pinned for the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It stays, and pinning is refused, unless the pinned key signed the new card.
    Refuse,
    /// It is replaced; only ever when a person asked for it by name.
    Replace,
}

/// What pinning did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pinned {
    /// The address had no pin before.
    New,
    /// The same keys; the newer card, or the stronger reason to believe it, was kept.
    Renewed,
    /// Another key took over because a person said so.
    Replaced(Fingerprint),
    /// Another key took over because the pinned one signed for it.
    Rotated(Fingerprint),
    /// The same keys, and nothing new.
    Unchanged,
}

/// The pinned cards of one user: a folder with one file for each address.
///
/// Made for one piece of work: whether others can change the folder is looked at once, however many addresses are
/// read, and again before anything is listed or written.
#[derive(Debug, Clone)]
pub struct Cards {
    folder: PathBuf,
    checked: OnceLock<()>,
}

impl Cards {
    /// Names the store below these paths; nothing is touched yet.
    pub fn new(paths: &Paths) -> Self {
        Self { folder: paths.cards(), checked: OnceLock::new() }
    }

    /// Pins a card.
    ///
    /// # Errors
    /// Refuses a card outside its period, one whose fingerprint is not the one typed, and one with other keys than
    /// those pinned, unless these signed for it or replacing was asked for. A refusal changes nothing.
    pub fn pin(
        &self,
        card: &Card,
        proof: Proof<'_>,
        change: Change,
        now: Timestamp,
    ) -> Result<Pinned, CardsError> {
        card.check_period(now)?;
        if let Proof::Compared(typed) = proof
            && !card.fingerprint().matches(typed)
        {
            return Err(CardsError::Fingerprint {
                address: card.address().clone(),
                found: card.fingerprint(),
            });
        }
        let new = Contact::from_card(card, proof.origin(), now);
        let rotates = |old: &Contact| card.rotates(&old.signing_key);
        self.put(new, change, rotates)
    }

    /// Pins the keys of a first message, which a person (or `--first-use`) accepted.
    ///
    /// # Errors
    /// Refuses other keys than those pinned: then it is not the first use. A refusal changes nothing.
    pub fn pin_first_use(&self, contact: Contact) -> Result<Pinned, CardsError> {
        if !contact.is_consistent() {
            return Err(CardsError::Inconsistent { address: contact.address });
        }
        // Whoever calls this has seen no proof, whatever the contact says of itself.
        self.put(Contact { origin: Origin::FirstUse, ..contact }, Change::Refuse, |_| false)
    }

    /// Records that a person compared the fingerprint of a pinned card.
    ///
    /// # Errors
    /// Fails when the address has no pin, or what was typed is not its fingerprint.
    pub fn verify(&self, address: &Address, typed: &str) -> Result<Contact, CardsError> {
        let _lock = self.lock()?;
        let contact = self.find(address)?.ok_or_else(|| CardsError::NotFound { address: address.clone() })?;
        if !contact.fingerprint.matches(typed) {
            return Err(CardsError::Fingerprint { address: address.clone(), found: contact.fingerprint });
        }
        let contact = Contact { origin: Origin::Imported, ..contact };
        self.write(&contact)?;
        Ok(contact)
    }

    /// Returns the contact pinned for the address, expired or not.
    ///
    /// # Errors
    /// Fails when an entry exists that cannot be read or is not what it should be.
    pub fn find(&self, address: &Address) -> Result<Option<Contact>, CardsError> {
        self.check()?;
        let path = self.file(address);
        match read_entry(&path) {
            Ok(contact) if contact.address == *address => Ok(Some(contact)),
            Ok(_) => Err(FileError::damaged(&path, "it is the entry of another address").into()),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Says whether the keys of this contact are pinned for its address.
    ///
    /// # Errors
    /// Refuses when other keys are: a pin that came while a message was being opened is not one of the keys that signed it.
    pub fn is_pinned(&self, contact: &Contact) -> Result<bool, CardsError> {
        match self.find(&contact.address)? {
            Some(pinned) if pinned.fingerprint != contact.fingerprint => Err(CardsError::Changed {
                address: contact.address.clone(),
                pinned: pinned.fingerprint,
                found: contact.fingerprint,
            }),
            pinned => Ok(pinned.is_some()),
        }
    }

    /// Lists all contacts in the order of their addresses; entries that cannot be read are errors in the list.
    ///
    /// # Errors
    /// Fails when the folder cannot be read.
    pub fn list(&self) -> Result<Vec<Result<Contact, CardsError>>, CardsError> {
        self.look_around()?;
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(FileError::read(&self.folder)(error).into()),
        };
        let mut contacts = Vec::new();
        for entry in entries {
            let path = entry.map_err(FileError::read(&self.folder))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let Some(stem) = name.strip_suffix(".json").filter(|stem| is_name(stem)) else { continue };
            let contact = match read_entry(&path) {
                Ok(contact) if name_of(&contact.address) == stem => Ok(contact),
                Ok(_) => Err(FileError::damaged(&path, "it is the entry of another address").into()),
                Err(error) => Err(error.into()),
            };
            contacts.push(contact);
        }
        contacts.sort_by(|a, b| match (a, b) {
            (Ok(a), Ok(b)) => a.address.cmp(&b.address),
            (a, b) => a.is_err().cmp(&b.is_err()),
        });
        Ok(contacts)
    }

    /// Forgets an address, also when its entry is damaged; says whether there was one.
    ///
    /// # Errors
    /// Fails when the file cannot be removed.
    pub fn forget(&self, address: &Address) -> Result<bool, CardsError> {
        if !self.folder.is_dir() {
            return Ok(false);
        }
        let _lock = self.lock()?;
        let path = self.file(address);
        match fs::remove_file(&path) {
            Ok(()) => {
                sync_folder(&self.folder).map_err(FileError::write(&self.folder))?;
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(FileError::write(&path)(error).into()),
        }
    }

    fn put(
        &self,
        new: Contact,
        change: Change,
        rotates: impl FnOnce(&Contact) -> bool,
    ) -> Result<Pinned, CardsError> {
        let _lock = self.lock()?;
        let (entry, pinned) = match self.find(&new.address) {
            Ok(None) => (new, Pinned::New),
            Ok(Some(old)) if old.fingerprint == new.fingerprint => match renewed(&old, new) {
                Some(entry) => (entry, Pinned::Renewed),
                None => return Ok(Pinned::Unchanged),
            },
            // The trust in the old key carries over to the key it named; it does not grow.
            Ok(Some(old)) if rotates(&old) && serial(&new) > serial(&old) => {
                let origin = stronger(old.origin, new.origin);
                (Contact { origin, ..new }, Pinned::Rotated(old.fingerprint))
            }
            Ok(Some(old)) if change == Change::Replace => (new, Pinned::Replaced(old.fingerprint)),
            Ok(Some(old)) => {
                let (address, found) = (new.address, new.fingerprint);
                return Err(CardsError::Changed { address, pinned: old.fingerprint, found });
            }
            Err(error) => return Err(error),
        };
        self.write(&entry)?;
        Ok(pinned)
    }

    fn write(&self, contact: &Contact) -> Result<(), CardsError> {
        let path = self.file(&contact.address);
        let line = json::to_line(contact).map_err(|error| FileError::damaged(&path, error.to_string()))?;
        Ok(write_atomically(&path, &line, Mode::Private, Overwrite::Allow)?)
    }

    /// Refuses a folder that others can change: whoever may rename in it can give one address the pin of another time.
    fn check(&self) -> Result<(), FileError> {
        if self.checked.get().is_none() {
            self.look_around()?;
            let _ = self.checked.set(());
        }
        Ok(())
    }

    fn look_around(&self) -> Result<(), FileError> {
        private::check_chain(&self.folder, Holds::Settings)
    }

    fn lock(&self) -> Result<Lock, CardsError> {
        private::make_folder(&self.folder, Holds::Settings)?;
        self.look_around()?;
        let lock = Lock::take(&self.folder.join(".lock"))?;
        sweep(&self.folder);
        Ok(lock)
    }

    fn file(&self, address: &Address) -> PathBuf {
        self.folder.join(format!("{}.json", name_of(address)))
    }
}

impl Contacts for Cards {
    fn contact(&self, address: &Address) -> Result<Option<Contact>, ContactsError> {
        self.find(address).map_err(|error| {
            let cause =
                std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            ContactsError { address: address.clone(), reason: format!("{error}{cause}") }
        })
    }
}

/// Reads an entry and checks that its parts belong together.
fn read_entry(path: &Path) -> Result<Contact, FileError> {
    let bytes = private::read_file(path, ENTRY_MAX, Holds::Settings)?;
    let line =
        bytes.strip_suffix(b"\n").ok_or_else(|| FileError::damaged(path, "it does not end with a line"))?;
    let contact: Contact =
        json::from_slice(line, ENTRY_MAX).map_err(|error| FileError::damaged(path, error.to_string()))?;
    let card = contact.card.as_ref().map(|text| Card::parse(text.as_bytes())).transpose();
    let card = card.map_err(|error| FileError::damaged(path, error.to_string()))?;
    let belongs =
        |card: &Card| card.fingerprint() == contact.fingerprint && contact.expires == Some(card.expires());
    if contact.is_consistent() && card.as_ref().is_none_or(belongs) {
        return Ok(contact);
    }
    Err(FileError::damaged(path, "its keys, card and fingerprint do not belong together"))
}

/// Returns the entry for the same keys when the new one knows more: a newer card, or a stronger proof.
fn renewed(old: &Contact, new: Contact) -> Option<Contact> {
    let origin = stronger(old.origin, new.origin);
    // An older card of the same keys must not bring back a name or an end that was changed since.
    let newer = serial(&new) > serial(old);
    if newer {
        return Some(Contact { origin, pinned: old.pinned, ..new });
    }
    (origin != old.origin).then(|| Contact { origin, ..old.clone() })
}

/// Returns the count on a contact's card; one without a card comes before every card.
fn serial(contact: &Contact) -> u64 {
    let card = contact.card.as_ref().and_then(|text| Card::parse(text.as_bytes()).ok());
    card.map_or(0, |card| card.serial())
}

fn stronger(a: Origin, b: Origin) -> Origin {
    let strength = |origin: Origin| match origin {
        Origin::Imported => 2,
        Origin::Directory => 1,
        _ => 0,
    };
    if strength(b) > strength(a) { b } else { a }
}

#[cfg(test)]
mod tests;
