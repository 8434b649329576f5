//! Whom the user wrote to, on this computer only: counts and keyed hashes, no address, name or domain.
//!
//! ```
//! # let home = tempfile::tempdir()?;
//! use rand_core::OsRng;
//! use zegel_core::people::{History, Mail};
//! use zegel_core::{Address, Mailbox, Timestamp};
//! use zegel_store::{HistoryFile, Paths};
//!
//! let file = HistoryFile::new(&Paths::below(home.path()));
//! let bob: Address = "bob@example.org".parse()?;
//! let to = [Mailbox::from(bob.clone())];
//! file.record(&Mail { at: Timestamp::from_unix(10), id: None, to: &to }, &mut OsRng)?;
//! assert_eq!(file.load()?.person(&bob).map(|known| known.mails), Some(1));
//! assert!(file.forget(&bob)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A mail that was sent is a line appended; now and then, and whenever something is forgotten, the file is written anew as
//! a whole. The key lies beside it (`docs/formats/history.md`).

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use rand_core::CryptoRngCore;
use zegel_core::people::{Ledger, LedgerError, Mail};
use zegel_core::{Address, Mailbox, Timestamp};
use zeroize::Zeroizing;

use crate::lock::Lock;
use crate::paths::Paths;
use crate::private::{self, FileError, Holds};
use crate::staging::{Mode, Overwrite, sweep, sync_folder, write_atomically};

/// Length of the key in bytes.
const KEY_LEN: usize = 32;
/// Longest file that is read.
const FILE_MAX: usize = 64 << 20;
/// How much is appended, beyond what was written as a whole, before the file is written anew.
const ROOM: u64 = 1 << 20;
/// Longest first line.
const FIRST_MAX: u64 = 1 << 10;
/// Most bytes at the end among which the last line is looked for at first.
const TAIL: u64 = 64 << 10;

/// A sent mail that is to be counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentMail {
    /// When.
    pub at: Timestamp,
    /// Its Message-ID.
    pub id: Option<String>,
    /// To whom.
    pub to: Vec<Mailbox>,
}

impl SentMail {
    /// Returns it as the ledger takes it.
    pub fn as_mail(&self) -> Mail<'_> {
        Mail { at: self.at, id: self.id.as_deref(), to: &self.to }
    }
}

/// The history of recipients on disk.
#[derive(Debug, Clone)]
pub struct HistoryFile {
    folder: PathBuf,
}

impl HistoryFile {
    /// Names the file below these paths; nothing is touched yet.
    pub fn new(paths: &Paths) -> Self {
        Self { folder: paths.history() }
    }

    /// Reads the whole history; an empty one where there is none.
    ///
    /// # Errors
    /// Fails when it cannot be read, is damaged, or others can reach it. Damage is never an empty history.
    pub fn load(&self) -> Result<Ledger, FileError> {
        private::check_chain(&self.folder, Holds::Secrets)?;
        let bytes = match private::read_file(&self.log(), FILE_MAX, Holds::Secrets) {
            Ok(bytes) => bytes,
            Err(error) if error.is_missing() => return Ok(Ledger::new([0; KEY_LEN])),
            Err(error) => return Err(error),
        };
        Ok(self.parse(*self.key()?, &bytes)?.0)
    }

    /// Counts a mail that has been sent.
    ///
    /// # Errors
    /// Fails when the history cannot be written; it is then as it was. The mail has been sent all the same.
    pub fn record(&self, mail: &Mail<'_>, rng: &mut dyn CryptoRngCore) -> Result<(), FileError> {
        let _lock = self.lock()?;
        let key = self.key_or_new(rng)?;
        let path = self.log();
        let new = !path.exists();
        let mut file = private::open_to_change(&path, Holds::Secrets)?;
        let whole = whole_length(&mut file).map_err(FileError::read(&path))?;
        let mut bytes = if whole == 0 { Ledger::start() } else { Vec::new() };
        bytes.extend(Ledger::line(&key, mail));
        append(&mut file, whole, &bytes).map_err(FileError::write(&path))?;
        if new {
            sync_folder(&self.folder).map_err(FileError::write(&self.folder))?;
        }
        let length = whole.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        let written = first_line(&mut file).map_err(FileError::read(&path))?;
        let written = Ledger::length_when_written(&written).unwrap_or(0);
        if length > written.saturating_mul(2).saturating_add(ROOM) {
            self.rewrite(&key, |_| ())?;
        }
        Ok(())
    }

    /// Counts several mails at once; returns how many of them were not counted before.
    ///
    /// # Errors
    /// As [`HistoryFile::record`]; all are counted or none.
    pub fn import(&self, mails: &[SentMail], rng: &mut dyn CryptoRngCore) -> Result<usize, FileError> {
        let _lock = self.lock()?;
        let key = self.key_or_new(rng)?;
        self.rewrite(&key, |ledger| mails.iter().filter(|mail| ledger.record(&mail.as_mail())).count())
    }

    /// Forgets an address and writes the file anew without it; says whether it was known.
    ///
    /// # Errors
    /// As [`HistoryFile::record`]; a history that cannot be read can only be forgotten as a whole.
    pub fn forget(&self, address: &Address) -> Result<bool, FileError> {
        if !self.log().exists() {
            return Ok(false);
        }
        let _lock = self.lock()?;
        let key = self.key()?;
        self.rewrite(&key, |ledger| ledger.forget(address))
    }

    /// Forgets everybody: removes file and key, whether they can be read or not. Says whether there was anything.
    ///
    /// # Errors
    /// Fails when they cannot be removed.
    pub fn forget_all(&self) -> Result<bool, FileError> {
        if !self.folder.exists() {
            return Ok(false);
        }
        let _lock = self.lock()?;
        let mut any = false;
        // The file first: a key without a file is nothing, a file without its key is damage.
        for path in [self.log(), self.key_path()] {
            match fs::remove_file(&path) {
                Ok(()) => any = true,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(FileError::write(&path)(error)),
            }
        }
        sync_folder(&self.folder).map_err(FileError::write(&self.folder))?;
        Ok(any)
    }

    /// Reads everything, changes it, and writes it anew in one step. The caller holds the lock.
    fn rewrite<T>(&self, key: &[u8; KEY_LEN], change: impl FnOnce(&mut Ledger) -> T) -> Result<T, FileError> {
        let path = self.log();
        let mut ledger = match private::read_file(&path, FILE_MAX, Holds::Secrets) {
            Ok(bytes) => self.parse(*key, &bytes)?.0,
            Err(error) if error.is_missing() => Ledger::new(*key),
            Err(error) => return Err(error),
        };
        let outcome = change(&mut ledger);
        write_atomically(&path, &ledger.to_bytes(), Mode::Private, Overwrite::Allow)?;
        Ok(outcome)
    }

    fn parse(&self, key: [u8; KEY_LEN], bytes: &[u8]) -> Result<(Ledger, usize), FileError> {
        Ledger::read(key, bytes)
            .map_err(|error: LedgerError| FileError::damaged(&self.log(), error.to_string()))
    }

    fn lock(&self) -> Result<Lock, FileError> {
        private::make_folder(&self.folder, Holds::Secrets)?;
        private::check_chain(&self.folder, Holds::Secrets)?;
        let lock = Lock::take(&self.folder.join(".lock"))?;
        sweep(&self.folder);
        Ok(lock)
    }

    fn key(&self) -> Result<Zeroizing<[u8; KEY_LEN]>, FileError> {
        let path = self.key_path();
        let bytes = match private::read_file(&path, KEY_LEN, Holds::Secrets) {
            Ok(bytes) => bytes,
            Err(error) if error.is_missing() => {
                return Err(FileError::damaged(&self.log(), "its key is missing"));
            }
            Err(error) => return Err(error),
        };
        let key: [u8; KEY_LEN] = bytes
            .as_slice()
            .try_into()
            .map_err(|_| FileError::damaged(&path, format!("a key has {KEY_LEN} bytes")))?;
        Ok(Zeroizing::new(key))
    }

    /// Returns the key, and makes one for a history that begins. A lost key is never replaced: everybody would be a stranger.
    fn key_or_new(&self, rng: &mut dyn CryptoRngCore) -> Result<Zeroizing<[u8; KEY_LEN]>, FileError> {
        if self.key_path().exists() || self.log().exists() {
            return self.key();
        }
        let mut key = Zeroizing::new([0; KEY_LEN]);
        rng.fill_bytes(&mut *key);
        write_atomically(&self.key_path(), &*key, Mode::Private, Overwrite::Forbid)?;
        Ok(key)
    }

    fn log(&self) -> PathBuf {
        self.folder.join("people.log")
    }

    fn key_path(&self) -> PathBuf {
        self.folder.join("people.key")
    }
}

/// Returns how many bytes the whole lines take: a last line that a crash cut off was never acknowledged.
fn whole_length(file: &mut File) -> io::Result<u64> {
    let length = file.metadata()?.len();
    let mut from = length.saturating_sub(TAIL);
    loop {
        let tail = read_from(file, from)?;
        let starts: Vec<usize> =
            tail.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
        let ended = tail.ends_with(b"\n");
        // The last line begins after the last line end, or after the one before when it is whole itself.
        let begin = if ended { starts.iter().rev().nth(1) } else { starts.last() };
        let Some(begin) = begin.copied().or((from == 0).then_some(0)) else {
            from = 0;
            continue;
        };
        let line = tail.get(begin..).unwrap_or_default();
        let kept = if Ledger::is_line(line) { tail.len() } else { begin };
        return Ok(from.saturating_add(u64::try_from(kept).unwrap_or(u64::MAX)));
    }
}

fn read_from(file: &mut File, from: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    Read::by_ref(file).take(FILE_MAX as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn first_line(file: &mut File) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(0))?;
    let mut bytes = Vec::new();
    Read::by_ref(file).take(FIRST_MAX).read_to_end(&mut bytes)?;
    let end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
    bytes.truncate(end);
    Ok(bytes)
}

/// Writes lines after the whole ones, over what a crash may have left, and waits until they are on the disk.
fn append(file: &mut File, whole: u64, lines: &[u8]) -> io::Result<()> {
    file.set_len(whole)?;
    file.seek(SeekFrom::Start(whole))?;
    let written = file.write_all(lines).and_then(|()| file.sync_all());
    if written.is_err() {
        // What is half there must not stay: the caller is told that nothing was recorded.
        let _ = file.set_len(whole);
    }
    written
}

#[cfg(test)]
mod tests;
