//! Which files have a temporary name right now, so that a signal or a panic can take them along.
//!
//! Destructors do not run then. Where files can be written without a name there is nothing to remove, and the list is
//! empty but for the moment between two system calls.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError, TryLockError};
use std::time::Duration;

static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// What the program does before a file gets a temporary name.
static BEFORE: OnceLock<fn()> = OnceLock::new();

/// Names what is called before each file gets a temporary name: where the program begins to listen to signals. Most runs
/// write none, and need no thread for it.
pub fn before_naming(call: fn()) {
    // The first one stays: there is one program.
    let _ = BEFORE.set(call);
}

/// The entry of one file; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        let mut paths = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = paths.iter().position(|path| *path == self.0) {
            paths.swap_remove(at);
        }
    }
}

/// Makes a file with a temporary name and enters it in the list, with no moment in between in which it is in neither.
pub(super) fn enter<T>(
    make: impl FnOnce() -> io::Result<T>,
    path: impl FnOnce(&T) -> &Path,
) -> io::Result<(T, Unfinished)> {
    if let Some(before) = BEFORE.get() {
        before();
    }
    let mut paths = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
    let made = make()?;
    // Absolute, should the program change its folder meanwhile.
    let path = std::path::absolute(path(&made))?;
    paths.push(path.clone());
    Ok((made, Unfinished(path)))
}

/// Removes every file that was not finished, for a program that is about to exit without running destructors.
///
/// No file is staged any more after this: a thread that tries waits until the process is gone.
pub fn abandon_unfinished() {
    // The thread that panicked may hold the list itself; then the wait is given up.
    for _ in 0..100 {
        let mut paths = match UNFINISHED.try_lock() {
            Ok(paths) => paths,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {
                std::thread::sleep(Duration::from_millis(5));
                continue;
            }
        };
        for path in paths.drain(..) {
            let _ = fs::remove_file(path);
        }
        std::mem::forget(paths);
        return;
    }
}
