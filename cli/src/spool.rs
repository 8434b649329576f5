//! Where sealed messages lie while they are made: in memory when they are small, else in a file without a name.

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::Path;

use zegel_store::staging::{Staged, WriteBehind};

use crate::error::Result;

/// More than this goes to disk.
const MEMORY_MAX: u64 = 8 << 20;

/// Holds ciphertext until it is whole.
pub(crate) enum Spool {
    /// On disk, without a name; written while encrypting goes on.
    File(WriteBehind),
    /// In memory.
    Memory(Cursor<Vec<u8>>),
}

impl Spool {
    /// Makes a spool for about `length` bytes; `folder` is used only for those that are large.
    ///
    /// # Errors
    /// Code 74 when a file cannot be made.
    pub(crate) fn make(length: u64, folder: &Path) -> Result<Self> {
        if length > MEMORY_MAX {
            return Ok(Self::File(WriteBehind::new(Staged::create(folder)?)));
        }
        let room = usize::try_from(length).unwrap_or_default().saturating_add(32 << 10);
        Ok(Self::Memory(Cursor::new(Vec::with_capacity(room))))
    }
}

/// Returns the folder a path stands in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

impl Read for Spool {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Memory(memory) => memory.read(buffer),
        }
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Memory(memory) => memory.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Memory(memory) => memory.flush(),
        }
    }
}

impl Seek for Spool {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::File(file) => file.seek(to),
            Self::Memory(memory) => memory.seek(to),
        }
    }
}
