//! A mail in `tmp` of a Maildir: whole and on the disk, but not delivered yet.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError, TryLockError};
use std::time::Duration;

use zegel_core::message::SealedMail;

use super::{LineEnding, write_mail};

/// Which mails lie aside right now, so that a signal or a panic, which run no destructors, can take them along.
static ASIDE: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// What the program does before a mail is laid aside.
static BEFORE: OnceLock<fn()> = OnceLock::new();

/// Names what is called before each mail is laid aside: where the program begins to listen to signals.
pub fn before_laying_aside(call: fn()) {
    // The first one stays: there is one program.
    let _ = BEFORE.set(call);
}

/// A mail that lies aside; dropping it removes it, unless it was moved.
#[derive(Debug)]
pub(super) struct Aside {
    path: PathBuf,
    /// The name in the list: absolute, should the program change its folder meanwhile.
    listed: PathBuf,
}

impl Aside {
    /// Writes a mail to `path`, where nothing may be, and waits until it is on the disk.
    pub(super) fn write(path: PathBuf, mail: &SealedMail) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let listed = std::path::absolute(&path)?;
        if let Some(before) = BEFORE.get() {
            before();
        }
        let file = {
            // Made and listed with no moment in between in which it is in neither.
            let mut list = ASIDE.lock().unwrap_or_else(PoisonError::into_inner);
            let file = options.open(&path)?;
            list.insert(listed.clone());
            file
        };
        // From here on an error removes it.
        let aside = Self { path, listed };
        let mut out = io::BufWriter::new(&file);
        write_mail(&mut out, mail, LineEnding::Lf)?;
        drop(out);
        // What is in `new` counts as delivered, so it has to survive a power cut.
        file.sync_all()?;
        Ok(aside)
    }

    /// Moves it to where mail programs look.
    pub(super) fn deliver(&self, to: &Path) -> io::Result<()> {
        fs::rename(&self.path, to)
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // What was moved is not there any more.
        let _ = fs::remove_file(&self.path);
        ASIDE.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.listed);
    }
}

/// Removes every mail that was written and not delivered, for a program that is about to end without running destructors.
///
/// No mail is written to a Maildir any more after this: a thread that tries waits until the process is gone.
pub fn abandon_unfinished() {
    // The thread that panicked may hold the list itself; then the wait is given up.
    for _ in 0..100 {
        let list = match ASIDE.try_lock() {
            Ok(list) => list,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {
                std::thread::sleep(Duration::from_millis(5));
                continue;
            }
        };
        for path in list.iter() {
            let _ = fs::remove_file(path);
        }
        std::mem::forget(list);
        return;
    }
}
