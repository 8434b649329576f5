//! Putting an identity in the place of another without losing a key, wherever it is cut short.
//!
//! The attack and accident stopped here: a replacement that was cut short leaves a card that is not the card of the
//! secret beside it, and so does a folder that was restored from a backup; two installations may share one keyring. So
//! what a place holds is read from that place, never guessed from the card, and a copy that was kept is never
//! overwritten by another secret.

use std::fs;
use std::path::{Path, PathBuf};

use rand_core::{OsRng, RngCore};
use secrecy::{ExposeSecret, SecretString};
use zegel_core::Address;
use zegel_core::card::Card;
use zegel_core::id::to_base32;
use zegel_core::identity::Identity;
use zeroize::Zeroizing;

use super::file::{FILE_MAX, is_sealed, unseal};
use super::{
    CARD, Existing, IdentityPlace, IdentityStore, IdentityStoreError, KEYRING, Keep, PLAIN, SEALED,
    remove_file, replaced_user, secret_text, write_identity_file,
};
use crate::keyring::{IDENTITIES, KeyringError};
use crate::names::name_of;
use crate::private::{self, FileError, Holds};
use crate::staging::{Mode, Overwrite, write_atomically};

/// What lies in one place before something else goes there.
struct Held {
    place: IdentityPlace,
    /// The bytes of the file, or the text in the keyring.
    bytes: Zeroizing<Vec<u8>>,
    /// The cards of all its keys, the newest first; none when it cannot be read here.
    cards: Vec<Card>,
}

impl Held {
    fn new(place: IdentityPlace, bytes: Zeroizing<Vec<u8>>, passphrase: Option<&SecretString>) -> Self {
        let plain = match (is_sealed(&bytes), passphrase) {
            (false, _) => Some(bytes.clone()),
            // A rotation seals with the passphrase that opened the file.
            (true, Some(passphrase)) => unseal(&bytes, passphrase).ok(),
            (true, None) => None,
        };
        let identity = plain.as_deref().and_then(|plain| Identity::parse(&text_of(plain)?).ok());
        let cards = identity.iter().flat_map(Identity::key_sets).map(|set| set.card().clone()).collect();
        Self { place, bytes, cards }
    }

    /// Says whether nothing is lost when this goes: every key in it is one of the new identity's. What cannot be read
    /// is never known to be brought along.
    fn is_brought_by(&self, identity: &Identity) -> bool {
        let brought = |card: &Card| identity.key_sets().any(|set| set.fingerprint() == card.fingerprint());
        !self.cards.is_empty() && self.cards.iter().all(brought)
    }
}

/// A copy that was made, and what has to go when it is not needed any more.
#[derive(Default)]
struct Aside {
    print: String,
    made: Vec<&'static str>,
}

impl IdentityStore {
    pub(super) fn put(
        &self,
        identity: &Identity,
        keep: Keep<'_>,
        existing: Existing,
    ) -> Result<(), IdentityStoreError> {
        let address = identity.address();
        let current = self.current(address, &keep)?;
        if !current.is_empty() && existing == Existing::Refuse {
            let fingerprint = self.card(address).ok().flatten().map(|card| card.fingerprint());
            return Err(IdentityStoreError::Exists { address: address.clone(), fingerprint });
        }
        let mut held = Vec::new();
        for place in &current {
            held.extend(self.hold(address, *place, &keep)?);
        }
        // What the new identity brings along needs no copy; everything else is kept aside before it is replaced. A
        // keyring has no way to replace an entry in one step: there both are, until the new one was read back.
        let mut until_safe = None;
        for held in &held {
            let brought = held.is_brought_by(identity);
            let rewritten = held.place == IdentityPlace::Keyring && matches!(keep, Keep::Keyring);
            if !brought || rewritten {
                let aside = self.keep_aside(address, held)?;
                until_safe = if brought { Some(aside) } else { until_safe };
            }
        }
        let place = match keep {
            Keep::Keyring => {
                let before = held.iter().find(|held| held.place == IdentityPlace::Keyring);
                self.put_in_keyring(identity, before)?;
                IdentityPlace::Keyring
            }
            Keep::PlainFile => {
                self.put_in_file(identity, PLAIN, None)?;
                IdentityPlace::PlainFile
            }
            Keep::SealedFile(passphrase) => {
                self.put_in_file(identity, SEALED, Some(passphrase))?;
                IdentityPlace::SealedFile
            }
        };
        for old in current.into_iter().filter(|old| *old != place) {
            self.discard(address, old)?;
        }
        let card = self.file(address, CARD);
        step(&card)?;
        write_atomically(&card, identity.card().text().as_bytes(), Mode::Private, Overwrite::Allow)?;
        match until_safe {
            Some(aside) => self.remove_aside(address, &aside),
            None => Ok(()),
        }
    }

    fn put_in_file(
        &self,
        identity: &Identity,
        extension: &str,
        passphrase: Option<&SecretString>,
    ) -> Result<(), IdentityStoreError> {
        let path = self.file(identity.address(), extension);
        step(&path)?;
        write_identity_file(&path, identity, passphrase, Overwrite::Allow)
    }

    /// Puts an identity into the keyring; when that fails, the one that was there is put back.
    fn put_in_keyring(&self, identity: &Identity, before: Option<&Held>) -> Result<(), IdentityStoreError> {
        let user = identity.address().canonical();
        step(&self.folder)?;
        let stored = self.keyring.store(IDENTITIES, &user, &secret_text(identity)?);
        if stored.is_err() {
            // Should this fail too, the copy that was kept aside still opens everything.
            let _ = match before.and_then(|before| text_of(&before.bytes)) {
                Some(before) => self.keyring.store(IDENTITIES, &user, &before),
                None => self.keyring.remove(IDENTITIES, &user).map(drop),
            };
        }
        Ok(stored?)
    }

    /// Finds where the address has an identity now.
    ///
    /// The keyring is asked only when it matters: when the new identity goes there, or when the card lies here without
    /// a file. Saving a file on a server never talks to a keyring.
    pub(super) fn current(
        &self,
        address: &Address,
        keep: &Keep<'_>,
    ) -> Result<Vec<IdentityPlace>, IdentityStoreError> {
        let mut places = Vec::new();
        for (extension, place) in [(SEALED, IdentityPlace::SealedFile), (PLAIN, IdentityPlace::PlainFile)] {
            let path = self.file(address, extension);
            if path.try_exists().map_err(FileError::read(&path))? {
                places.push(place);
            }
        }
        let card = self.file(address, CARD);
        let unexplained = places.is_empty() && card.try_exists().map_err(FileError::read(&card))?;
        let asked = matches!(keep, Keep::Keyring) || unexplained;
        if asked && self.keyring.find(IDENTITIES, &address.canonical())?.is_some() {
            places.push(IdentityPlace::Keyring);
        }
        Ok(places)
    }

    /// Reads what lies in a place.
    fn hold(
        &self,
        address: &Address,
        place: IdentityPlace,
        keep: &Keep<'_>,
    ) -> Result<Option<Held>, IdentityStoreError> {
        let passphrase = if let Keep::SealedFile(passphrase) = keep { Some(*passphrase) } else { None };
        let extension = match place {
            IdentityPlace::PlainFile => PLAIN,
            IdentityPlace::SealedFile => SEALED,
            IdentityPlace::Keyring => {
                let found = self.keyring.find(IDENTITIES, &address.canonical())?;
                return Ok(found.map(|secret| Held::new(place, bytes_of(&secret), None)));
            }
        };
        let bytes = private::read_file(&self.file(address, extension), FILE_MAX, Holds::Secrets)?;
        Ok(Some(Held::new(place, bytes, passphrase)))
    }

    /// Keeps a copy of what is about to be replaced, under the fingerprint of its newest keys.
    ///
    /// A name that another secret has is left to it: a copy may be the only one there is.
    fn keep_aside(&self, address: &Address, held: &Held) -> Result<Aside, IdentityStoreError> {
        private::make_folder(&self.old(), Holds::Secrets)?;
        // Nothing but the card beside it says whose a sealed file is; it may be wrong, and then only the name is.
        let mut card = held.cards.first().cloned().or_else(|| self.card(address).ok().flatten());
        let print = card.as_ref().map_or_else(random_print, |card| card.fingerprint().to_string());
        let mut aside = Aside { print, made: Vec::new() };
        let extension = match held.place {
            IdentityPlace::PlainFile => PLAIN,
            IdentityPlace::SealedFile => SEALED,
            IdentityPlace::Keyring => KEYRING,
        };
        let mut name = self.look_aside(address, &aside.print, held)?;
        if name == Name::Taken {
            // Nobody can foresee this one, so that nothing has it.
            aside.print = random_print();
            card = None;
            name = Name::Free;
        }
        let path = self.aside(address, &aside.print, extension);
        step(&path)?;
        match (held.place, name) {
            (IdentityPlace::Keyring, name) => {
                if name == Name::Free {
                    let secret = text_of(&held.bytes).ok_or(KeyringError::Damaged)?;
                    self.keyring.store(IDENTITIES, &replaced_user(address, &aside.print), &secret)?;
                    aside.made.push(KEYRING);
                }
                step(&path)?;
                write_atomically(&path, b"", Mode::Private, Overwrite::Allow)?;
            }
            (_, Name::Free) => write_atomically(&path, &held.bytes, Mode::Private, Overwrite::Forbid)?,
            (_, _) => {}
        }
        let path = self.aside(address, &aside.print, CARD);
        if let Some(card) = card.filter(|_| !path.exists()) {
            step(&path)?;
            write_atomically(&path, card.text().as_bytes(), Mode::Private, Overwrite::Forbid)?;
            aside.made.push(CARD);
        }
        Ok(aside)
    }

    /// Looks at what has a name in `old` already.
    fn look_aside(&self, address: &Address, print: &str, held: &Held) -> Result<Name, IdentityStoreError> {
        let extension = match held.place {
            IdentityPlace::Keyring => {
                return match self.keyring.find(IDENTITIES, &replaced_user(address, print)) {
                    Ok(None) => Ok(Name::Free),
                    Ok(Some(found)) if bytes_of(&found) == held.bytes => Ok(Name::Same),
                    Ok(Some(_)) | Err(KeyringError::Damaged | KeyringError::Ambiguous { .. }) => {
                        Ok(Name::Taken)
                    }
                    Err(error) => Err(error.into()),
                };
            }
            IdentityPlace::PlainFile => PLAIN,
            IdentityPlace::SealedFile => SEALED,
        };
        let path = self.aside(address, print, extension);
        match private::read_file(&path, FILE_MAX, Holds::Secrets) {
            Ok(bytes) if bytes == held.bytes => Ok(Name::Same),
            Err(error) if error.is_missing() => Ok(Name::Free),
            // What cannot be read may be worth something.
            Ok(_) | Err(_) => Ok(Name::Taken),
        }
    }

    /// Removes a copy from the keyring that was kept aside only while its place was written: only what was made for
    /// that, for a copy that was there before is somebody's, perhaps that of another installation.
    fn remove_aside(&self, address: &Address, aside: &Aside) -> Result<(), IdentityStoreError> {
        if !aside.made.contains(&KEYRING) {
            return Ok(());
        }
        step(&self.old())?;
        self.keyring.remove(IDENTITIES, &replaced_user(address, &aside.print))?;
        for extension in &aside.made {
            remove_file(&self.aside(address, &aside.print, extension))?;
        }
        // Goes only when nothing else was ever replaced.
        let _ = fs::remove_dir(self.old());
        Ok(())
    }

    fn aside(&self, address: &Address, print: &str, extension: &str) -> PathBuf {
        self.old().join(format!("{}.{print}.{extension}", name_of(address)))
    }

    pub(super) fn discard(&self, address: &Address, place: IdentityPlace) -> Result<(), IdentityStoreError> {
        step(&self.folder)?;
        match place {
            IdentityPlace::Keyring => drop(self.keyring.remove(IDENTITIES, &address.canonical())?),
            IdentityPlace::PlainFile => remove_file(&self.file(address, PLAIN))?,
            IdentityPlace::SealedFile => remove_file(&self.file(address, SEALED))?,
        }
        Ok(())
    }
}

/// What a name in `old` is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Free,
    /// The same secret has it.
    Same,
    /// Something else has it.
    Taken,
}

/// Stands in for the fingerprint of an identity whose card is lost, or whose name is taken.
fn random_print() -> String {
    let mut bytes = [0; 16];
    OsRng.fill_bytes(&mut bytes);
    format!("unknown-{}", to_base32(&bytes))
}

fn text_of(bytes: &[u8]) -> Option<SecretString> {
    std::str::from_utf8(bytes).ok().map(SecretString::from)
}

fn bytes_of(secret: &SecretString) -> Zeroizing<Vec<u8>> {
    // EXPOSE: compared and kept aside; the copy is wiped.
    Zeroizing::new(secret.expose_secret().as_bytes().to_vec())
}

/// Stands before every change, so that tests can end the work there as a kill or a full disk does.
#[cfg_attr(not(test), expect(clippy::unnecessary_wraps, reason = "only tests let it fail"))]
fn step(path: &Path) -> Result<(), FileError> {
    #[cfg(test)]
    if tests::ends_here() {
        return Err(FileError::write(path)(std::io::Error::other("on purpose")));
    }
    let _ = path;
    Ok(())
}

#[cfg(test)]
mod tests;
