//! A keyring in memory, for tests: it takes little at once, and fails or forgets when told to.

use std::collections::BTreeMap;
use std::sync::Mutex;

use zeroize::Zeroizing;

use super::KeyringError;

/// What goes wrong, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It damages what it is given.
    Damages,
    /// It says that it could not.
    Fails,
    /// It says yes and keeps nothing, and what was there is gone.
    Forgets,
}

#[derive(Debug)]
pub(crate) struct Fake {
    pub(super) limit: usize,
    entries: Mutex<BTreeMap<(String, String), Vec<u8>>>,
    /// The fault, and how many writes go well before it.
    fault: Mutex<Option<(usize, Fault)>>,
}

impl Fake {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, entries: Mutex::default(), fault: Mutex::new(None) }
    }

    /// Lets a later write go wrong.
    pub(crate) fn fail_after(&self, writes: usize, fault: Fault) {
        *self.fault.lock().unwrap() = Some((writes, fault));
    }

    /// Says whether the fault is still to come.
    pub(crate) fn is_armed(&self) -> bool {
        self.fault.lock().unwrap().is_some()
    }

    pub(crate) fn users(&self) -> Vec<String> {
        self.entries.lock().unwrap().keys().map(|(_, user)| user.clone()).collect()
    }

    pub(crate) fn damage(&self, user: &str) {
        for ((_, name), bytes) in self.entries.lock().unwrap().iter_mut() {
            if name == user {
                bytes[0] ^= 1;
            }
        }
    }

    pub(super) fn put(&self, service: &str, user: &str, bytes: &[u8]) -> Result<(), KeyringError> {
        assert!(bytes.len() <= self.limit.max(100), "{} bytes at once", bytes.len());
        let mut fault = self.fault.lock().unwrap();
        let now = match fault.take() {
            Some((0, now)) => Some(now),
            later => {
                *fault = later.map(|(writes, fault)| (writes - 1, fault));
                None
            }
        };
        let key = (service.to_owned(), user.to_owned());
        let mut entries = self.entries.lock().unwrap();
        match now {
            None => drop(entries.insert(key, bytes.to_vec())),
            Some(Fault::Damages) => drop(entries.insert(key, bytes.iter().map(|byte| byte ^ 1).collect())),
            Some(Fault::Fails) => return Err(KeyringError::Other("on purpose".to_owned())),
            Some(Fault::Forgets) => drop(entries.remove(&key)),
        }
        Ok(())
    }

    pub(super) fn fetch(
        &self,
        service: &str,
        user: &str,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, KeyringError> {
        let entries = self.entries.lock().unwrap();
        Ok(entries.get(&(service.to_owned(), user.to_owned())).cloned().map(Zeroizing::new))
    }

    pub(super) fn delete(&self, service: &str, user: &str) -> Result<bool, KeyringError> {
        Ok(self.entries.lock().unwrap().remove(&(service.to_owned(), user.to_owned())).is_some())
    }
}
