//! A file that has its name, and can lose it again.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;

/// The folder of the final name, held open.
#[cfg(target_os = "linux")]
pub(super) type OpenFolder = File;
/// The folder of the final name, where it can be opened at all.
#[cfg(not(target_os = "linux"))]
pub(super) type OpenFolder = Option<File>;

/// What stood under the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing.
    Free,
    /// A file, which was replaced.
    Taken,
}

/// A file that was given its name by [`Staged::persist`](super::Staged::persist).
#[derive(Debug)]
pub struct Named {
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only compared on Linux"))]
    file: File,
    folder: OpenFolder,
    #[cfg_attr(target_os = "linux", expect(dead_code, reason = "the folder is held open"))]
    path: std::path::PathBuf,
    name: OsString,
    before: Before,
}

impl Named {
    pub(super) fn new(file: File, folder: OpenFolder, path: &Path, before: Before) -> Self {
        let name = path.file_name().unwrap_or_default().to_owned();
        Self { file, folder, path: path.to_owned(), name, before }
    }

    pub(super) fn folder(&self) -> &OpenFolder {
        &self.folder
    }

    /// Takes the name away again, and the file with it. What replaced an older file stays: taking it away would lose both.
    ///
    /// On Linux it is looked for in the folder it was named in, and only taken away when it is still this file: a link that
    /// somebody put in the place of the folder, or a file in its own place, is not touched.
    pub fn take_back(self) {
        if self.before == Before::Free && self.is_there() {
            let _ = self.remove();
        }
    }

    #[cfg(target_os = "linux")]
    fn is_there(&self) -> bool {
        use rustix::fs::{AtFlags, fstat, statat};

        let there = statat(&self.folder, &self.name, AtFlags::SYMLINK_NOFOLLOW);
        let ours = fstat(&self.file);
        there.is_ok_and(|there| {
            ours.is_ok_and(|ours| (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino))
        })
    }

    #[cfg(target_os = "linux")]
    fn remove(&self) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.folder, &self.name, rustix::fs::AtFlags::empty())?)
    }

    #[cfg(not(target_os = "linux"))]
    fn is_there(&self) -> bool {
        !self.name.is_empty()
    }

    #[cfg(not(target_os = "linux"))]
    fn remove(&self) -> io::Result<()> {
        std::fs::remove_file(&self.path)
    }
}

/// Writes the folder's list of names to the disk.
#[cfg(target_os = "linux")]
pub(super) fn sync(folder: &OpenFolder) -> io::Result<()> {
    folder.sync_all()
}

/// Writes the folder's list of names to the disk, where that can be asked for.
#[cfg(not(target_os = "linux"))]
pub(super) fn sync(folder: &OpenFolder) -> io::Result<()> {
    folder.as_ref().map_or(Ok(()), File::sync_all)
}
