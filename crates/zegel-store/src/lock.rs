//! One process at a time: an advisory lock on a file of its own, released when dropped or when the process ends.

use std::fs::{File, OpenOptions};
use std::path::Path;

use crate::private::FileError;

/// A lock held on a file, which stays there for the next one.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "held for its drop")] File);

impl Lock {
    /// Waits until nobody else holds the lock at `path`, and takes it.
    ///
    /// # Errors
    /// Fails when the file cannot be made or locked.
    pub(crate) fn take(path: &Path) -> Result<Self, FileError> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        loop {
            let file = options.open(path).map_err(FileError::write(path))?;
            file.lock().map_err(FileError::write(path))?;
            if is_at(&file, path) {
                return Ok(Self(file));
            }
        }
    }
}

/// Says whether a file still has its name: who held the lock may have removed it, and a lock on a file without a name
/// keeps nobody out.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let same = |a: std::fs::Metadata, b: std::fs::Metadata| a.dev() == b.dev() && a.ino() == b.ino();
    file.metadata().is_ok_and(|file| path.metadata().is_ok_and(|path| same(file, path)))
}

/// Elsewhere a file that is open cannot be removed.
#[cfg(not(unix))]
fn is_at(_file: &File, _path: &Path) -> bool {
    true
}
