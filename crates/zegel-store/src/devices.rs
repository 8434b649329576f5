//! This computer as a device of a member: which server knows it, and the token it is known by.
//!
//! The token lies in the keyring of the system, or in a file that nobody else can read; the record beside it never holds it in the
//! first case, and says that it does in the second.

use std::fs;
use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zegel_core::guest::ServerOrigin;
use zegel_core::{Address, json};
use zeroize::{Zeroize, Zeroizing};

use crate::keyring::{DEVICES, Keyring, KeyringError};
use crate::lock::Lock;
use crate::names::name_of;
use crate::paths::Paths;
use crate::private::{self, FileError, Holds};
use crate::staging::{Mode, Overwrite, sweep, sync_folder, write_atomically};

/// Longest record in bytes.
const RECORD_MAX: usize = 4 << 10;

/// Tells why a device cannot be kept or found.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// The record cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The keyring does not do what it should.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The record says that the token is in the keyring, and it is not.
    #[error("the keyring holds no device token of {0}")]
    NotInKeyring(Address),
}

impl DeviceError {
    /// Returns what can be done about it, where something is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::Keyring(error) => error.hint(),
            Self::NotInKeyring(_) => Some("log in again: zegel login".to_owned()),
        }
    }
}

/// Where a token is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenStore {
    /// In the record, mode 0600.
    File,
    /// In the keyring of the system.
    Keyring,
}

/// A device that is enrolled.
#[derive(Debug, Clone)]
pub struct Device {
    /// The member.
    pub address: Address,
    /// The server that knows it.
    pub origin: ServerOrigin,
    /// A private authority that the server's certificate is checked with as well.
    pub ca_file: Option<PathBuf>,
    /// Its id on the server.
    pub device: String,
    /// The token.
    pub token: SecretString,
}

/// The record as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    address: Address,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ca_file: Option<PathBuf>,
    device: String,
    format: Format,
    origin: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl Drop for Record {
    fn drop(&mut self) {
        self.token.zeroize();
    }
}

#[derive(Serialize, Deserialize)]
enum Format {
    #[serde(rename = "zegel/device/v1")]
    V1,
}

/// The devices of this computer, one for each address.
#[derive(Debug)]
pub struct Devices {
    folder: PathBuf,
    keyring: Keyring,
}

impl Devices {
    /// Names the folder.
    pub fn new(paths: &Paths) -> Self {
        Self { folder: paths.devices(), keyring: Keyring::default() }
    }

    /// Keeps a device; the one before it is replaced.
    ///
    /// # Errors
    /// When the keyring or the file does not keep it; then nothing was changed.
    pub fn save(&self, device: &Device, store: TokenStore) -> Result<(), DeviceError> {
        private::make_folder(&self.folder, Holds::Secrets)?;
        let _lock = Lock::take(&self.folder.join(".lock"))?;
        sweep(&self.folder);
        let user = device.address.canonical();
        if store == TokenStore::Keyring {
            self.keyring.store(DEVICES, &user, &device.token)?;
        }
        let record = Record {
            address: device.address.clone(),
            ca_file: device.ca_file.clone(),
            device: device.device.clone(),
            format: Format::V1,
            origin: device.origin.to_string(),
            // EXPOSE: the file is the token's place when there is no keyring; nobody else can read it.
            token: (store == TokenStore::File).then(|| device.token.expose_secret().to_owned()),
        };
        let path = self.file(&device.address);
        let line =
            Zeroizing::new(json::to_line(&record).map_err(|e| FileError::damaged(&path, e.to_string()))?);
        write_atomically(&path, &line, Mode::Private, Overwrite::Allow)?;
        if store == TokenStore::File {
            // What an earlier enrolment left behind ends here; that it cannot be reached is no reason to fail.
            let _ = self.keyring.remove(DEVICES, &user);
        }
        Ok(())
    }

    /// Says which server knows a member's device, without touching the token.
    ///
    /// # Errors
    /// When there is a record that cannot be read.
    pub fn origin(&self, address: &Address) -> Result<Option<ServerOrigin>, DeviceError> {
        Ok(self.record(address)?.map(|(_, origin)| origin))
    }

    /// Returns the device of an address.
    ///
    /// # Errors
    /// When there is a record that cannot be read, or its token is gone.
    pub fn load(&self, address: &Address) -> Result<Option<Device>, DeviceError> {
        let Some((record, origin)) = self.record(address)? else { return Ok(None) };
        let token = match &record.token {
            Some(token) => SecretString::from(token.as_str()),
            None => self
                .keyring
                .find(DEVICES, &address.canonical())?
                .ok_or_else(|| DeviceError::NotInKeyring(address.clone()))?,
        };
        let (address, device) = (record.address.clone(), record.device.clone());
        Ok(Some(Device { address, origin, ca_file: record.ca_file.clone(), device, token }))
    }

    /// Forgets the device of an address; says whether there was one.
    ///
    /// # Errors
    /// When the record or the token cannot be removed.
    pub fn forget(&self, address: &Address) -> Result<bool, DeviceError> {
        let Some((record, _)) = self.record(address)? else { return Ok(false) };
        let _lock = Lock::take(&self.folder.join(".lock"))?;
        if record.token.is_none() {
            self.keyring.remove(DEVICES, &address.canonical())?;
        }
        let path = self.file(address);
        fs::remove_file(&path).map_err(FileError::write(&path))?;
        sync_folder(&self.folder).map_err(FileError::write(&self.folder))?;
        Ok(true)
    }

    fn record(&self, address: &Address) -> Result<Option<(Record, ServerOrigin)>, DeviceError> {
        if !self.folder.is_dir() {
            return Ok(None);
        }
        private::check_chain(&self.folder, Holds::Secrets)?;
        let path = self.file(address);
        let bytes = match private::read_file(&path, RECORD_MAX, Holds::Secrets) {
            Ok(bytes) => bytes,
            Err(error) if error.is_missing() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let damaged = |what: &str| FileError::damaged(&path, what);
        let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let record: Record = json::from_slice(line, RECORD_MAX).map_err(|_| damaged("it is not a device"))?;
        if record.address != *address {
            return Err(damaged("it is the device of another address").into());
        }
        let origin = record.origin.parse().map_err(|_| damaged("it names no server"))?;
        Ok(Some((record, origin)))
    }

    fn file(&self, address: &Address) -> PathBuf {
        self.folder.join(format!("{}.json", name_of(address)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::fake::Fake;

    fn device(token: &str) -> Device {
        Device {
            address: "alice@example.org".parse().unwrap(),
            origin: "https://zegel.example.org".parse().unwrap(),
            ca_file: None,
            device: "aeaqcaibaeaqcaibaeaqcaibae".to_owned(),
            token: token.into(),
        }
    }

    fn devices(home: &std::path::Path) -> Devices {
        Devices { keyring: Keyring::Fake(Fake::new(usize::MAX).into()), ..Devices::new(&Paths::below(home)) }
    }

    #[test]
    fn a_token_is_kept_where_it_was_asked_for_and_nowhere_else() {
        let home = tempfile::tempdir().unwrap();
        let devices = devices(home.path());
        let alice = device("x").address;
        assert!(devices.load(&alice).unwrap().is_none());
        for (store, token) in [(TokenStore::Keyring, "first"), (TokenStore::File, "second")] {
            devices.save(&device(token), store).unwrap();
            let loaded = devices.load(&alice).unwrap().unwrap();
            assert_eq!(loaded.token.expose_secret(), token);
            assert_eq!(loaded.origin, device(token).origin);
            let file = fs::read_to_string(devices.file(&alice)).unwrap();
            assert_eq!(file.contains(token), store == TokenStore::File, "{file}");
            let in_keyring = devices.keyring.find(DEVICES, &alice.canonical()).unwrap();
            assert_eq!(in_keyring.is_some(), store == TokenStore::Keyring);
            assert!(!format!("{loaded:?}").contains(token));
        }
        assert!(devices.forget(&alice).unwrap());
        assert!(devices.load(&alice).unwrap().is_none());
        assert!(!devices.forget(&alice).unwrap());
    }

    #[test]
    fn a_record_that_is_not_one_is_an_error_and_not_absence() {
        let home = tempfile::tempdir().unwrap();
        let devices = devices(home.path());
        let alice = device("x").address;
        devices.save(&device("token"), TokenStore::File).unwrap();
        let path = devices.file(&alice);
        let good = fs::read_to_string(&path).unwrap();
        for bad in ["", "{}", &good.replace("https", "ftp"), &good.replace("alice", "bob")] {
            fs::write(&path, bad).unwrap();
            assert!(devices.load(&alice).is_err(), "{bad}");
            assert!(devices.origin(&alice).is_err(), "{bad}");
        }
        devices.save(&device("token"), TokenStore::Keyring).unwrap();
        devices.keyring.remove(DEVICES, &alice.canonical()).unwrap();
        assert!(matches!(devices.load(&alice), Err(DeviceError::NotInKeyring(_))));
    }
}
