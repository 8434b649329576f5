//! All-or-nothing files: written without a name, given one only when they are whole.
//!
//! On Linux the file has no name at all (`O_TMPFILE`) until [`Staged::persist`]: whatever ends the program before,
//! `kill -9` and power loss included, leaves nothing behind. Elsewhere, and on file systems without such files, it has
//! a random name and mode 0600 and is removed on every exit that runs destructors; for the others, a signal or a panic,
//! there is [`abandon_unfinished`].

mod named;
mod unfinished;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use zegel_core::message::Stage;

pub use self::named::Named;
use self::named::{Before, OpenFolder};
use self::unfinished::Unfinished;
pub use self::unfinished::{abandon_unfinished, before_naming};
use crate::private::FileError;

mod behind;

pub use behind::WriteBehind;

/// Between these stands the random part of a temporary name.
const TEMPORARY_PREFIX: &str = ".zegel-";
const TEMPORARY_SUFFIX: &str = ".tmp";

/// What becomes of a file that has the name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// It is replaced, in one step.
    Allow,
    /// It stays, and persisting is refused.
    Forbid,
}

/// Who may read the finished file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Only its owner: 0600.
    Private,
    /// Whoever the process's umask lets: 0666 without its bits.
    Shared,
}

/// A file being written that has no name yet.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use std::io::Write;
/// use zegel_store::staging::{Overwrite, Staged};
///
/// let mut file = Staged::create(folder.path())?;
/// file.write_all(b"verified")?;
/// file.persist(&folder.path().join("mail.eml"), Overwrite::Forbid)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Staged {
    inner: Inner,
    folder: PathBuf,
    /// The folder itself, held open: whoever puts a link in its place does not move the file elsewhere.
    #[cfg(target_os = "linux")]
    opened: File,
}

#[derive(Debug)]
enum Inner {
    #[cfg(target_os = "linux")]
    Unnamed(File),
    Named(NamedTempFile, Unfinished),
}

impl Staged {
    /// Makes a file without a name in `folder`, which must be on the file system of the final name; mode 0600.
    ///
    /// # Errors
    /// Fails when the folder is missing or not writable.
    pub fn create(folder: &Path) -> Result<Self, FileError> {
        Self::create_with(folder, Mode::Private)
    }

    /// As [`Staged::create`], with the mode the finished file is to have.
    ///
    /// # Errors
    /// As [`Staged::create`].
    pub fn create_with(folder: &Path, mode: Mode) -> Result<Self, FileError> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        #[cfg(target_os = "linux")]
        let opened = open_folder(folder).map_err(FileError::write(folder))?;
        Ok(Self {
            #[cfg(target_os = "linux")]
            inner: Inner::create(folder, &opened, mode).map_err(FileError::write(folder))?,
            #[cfg(not(target_os = "linux"))]
            inner: Inner::create(folder, mode).map_err(FileError::write(folder))?,
            folder: folder.to_owned(),
            #[cfg(target_os = "linux")]
            opened,
        })
    }

    /// Makes a file without a name in the folder where `path` will stand; mode 0600.
    ///
    /// # Errors
    /// As [`Staged::create`].
    pub fn create_beside(path: &Path) -> Result<Self, FileError> {
        Self::create(folder_of(path))
    }

    /// Waits until everything written so far is on the disk: afterwards only the name is missing.
    ///
    /// # Errors
    /// Fails when the disk is full or broken.
    pub fn sync(&self) -> Result<(), FileError> {
        self.file().sync_all().map_err(FileError::write(&self.folder))
    }

    /// Writes everything to the disk and gives the file its name: afterwards it is there, whole, or not at all.
    ///
    /// # Errors
    /// Refuses a name that is taken unless `overwrite` allows it. On every error the file is gone and what stood at
    /// `path` before still stands there; only when it was replaced already and the folder cannot be synced then, the new
    /// one stays, because the old one is no more.
    pub fn persist(self, path: &Path, overwrite: Overwrite) -> Result<Named, FileError> {
        self.persist_and(path, overwrite, named::sync)
    }

    fn persist_and(
        self,
        path: &Path,
        overwrite: Overwrite,
        sync: impl FnOnce(&OpenFolder) -> io::Result<()>,
    ) -> Result<Named, FileError> {
        self.file().sync_all().map_err(FileError::write(path))?;
        if overwrite == Overwrite::Allow {
            refuse_special(path).map_err(FileError::write(path))?;
        }
        let folder = self.folder_for(path).map_err(FileError::write(path))?;
        let placed = match self.inner {
            #[cfg(target_os = "linux")]
            Inner::Unnamed(file) => link(&file, &folder, path, overwrite).map(|before| (file, before)),
            Inner::Named(file, _unfinished) => place(file, path, overwrite),
        };
        let (file, before) = placed.map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => FileError::Exists { path: path.to_owned() },
            _ => FileError::Write { path: path.to_owned(), source },
        })?;
        let named = Named::new(file, folder, path, before);
        match sync(named.folder()) {
            Ok(()) => Ok(named),
            Err(error) => {
                // A name that may be lost is none: whoever is told of a failure must not find the file.
                named.take_back();
                Err(FileError::write(path)(error))
            }
        }
    }

    /// Opens the folder of the final name before the file has it: a folder that cannot be synced is found out while nothing
    /// is there. Where it is the folder the file was made in, it is that very one, whatever stands in its place by now.
    #[cfg(target_os = "linux")]
    fn folder_for(&self, path: &Path) -> io::Result<OpenFolder> {
        if folder_of(path) == self.folder { self.opened.try_clone() } else { open_folder(folder_of(path)) }
    }

    #[cfg(not(target_os = "linux"))]
    fn folder_for(&self, path: &Path) -> io::Result<OpenFolder> {
        cfg!(unix).then(|| File::open(folder_of(path))).transpose()
    }

    /// Returns the length in bytes.
    ///
    /// # Errors
    /// Fails when the system cannot tell.
    pub fn len(&self) -> Result<u64, FileError> {
        self.file().metadata().map(|meta| meta.len()).map_err(FileError::read(&self.folder))
    }

    /// Says whether nothing has been written.
    ///
    /// # Errors
    /// As [`Staged::len`].
    pub fn is_empty(&self) -> Result<bool, FileError> {
        self.len().map(|len| len == 0)
    }

    fn file(&self) -> &File {
        match &self.inner {
            #[cfg(target_os = "linux")]
            Inner::Unnamed(file) => file,
            Inner::Named(file, _) => file.as_file(),
        }
    }
}

impl Read for Staged {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file().read(buffer)
    }
}

impl Write for Staged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file().flush()
    }
}

impl Seek for Staged {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file().seek(position)
    }
}

/// Stages the parts of a message that is being opened in unnamed files of one folder, for [`zegel_core::message::open`].
///
/// The folder is the one the parts are to be saved in, so that persisting them needs no copy.
#[derive(Debug, Clone)]
pub struct FolderStage(PathBuf);

impl FolderStage {
    /// Stages in this folder, which must exist.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }
}

impl Stage for FolderStage {
    type File = Staged;

    fn make_file(&mut self, _length: u64) -> io::Result<Staged> {
        Ok(Staged::create(&self.0)?)
    }
}

impl Inner {
    #[cfg(target_os = "linux")]
    fn create(folder: &Path, opened: &File, mode: Mode) -> io::Result<Self> {
        match create_unnamed(opened, mode)? {
            Some(file) => Ok(Self::Unnamed(file)),
            None => Self::create_named(folder, mode),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn create(folder: &Path, mode: Mode) -> io::Result<Self> {
        Self::create_named(folder, mode)
    }

    fn create_named(folder: &Path, mode: Mode) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(TEMPORARY_PREFIX).suffix(TEMPORARY_SUFFIX);
        #[cfg(unix)]
        if mode == Mode::Shared {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let (file, unfinished) =
            unfinished::enter(|| builder.tempfile_in(folder), |file: &NamedTempFile| file.path())?;
        Ok(Self::Named(file, unfinished))
    }
}

/// Writes a whole file in one step: afterwards `path` holds all of `bytes`, or what it held before.
///
/// # Errors
/// As [`Staged::persist`].
pub fn write_atomically(
    path: &Path,
    bytes: &[u8],
    mode: Mode,
    overwrite: Overwrite,
) -> Result<(), FileError> {
    let mut file = Staged::create_with(folder_of(path), mode)?;
    file.write_all(bytes).map_err(FileError::write(path))?;
    file.persist(path, overwrite).map(drop)
}

/// Removes finished files that a kill left under a temporary name just before they were renamed.
///
/// Only for folders of our own whose lock the caller holds: nobody else is writing there.
pub(crate) fn sweep(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with(TEMPORARY_PREFIX) && name.ends_with(TEMPORARY_SUFFIX) {
            let _ = std::fs::remove_file(&path);
        }
    }
}

/// Returns the folder a path lies in; a bare name lies in the current one.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Writes a folder's list of names to the disk, without which a new name may not survive a power loss.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Refuses to put a file in the place of something that is none: renaming would replace `/dev/null` or `/dev/stdout`
/// itself, for everybody, where root runs this.
fn refuse_special(path: &Path) -> io::Result<()> {
    match std::fs::metadata(path) {
        Ok(meta) if meta.is_dir() => Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder")),
        Ok(meta) if !meta.is_file() => {
            Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a device or pipe, not a file"))
        }
        _ => Ok(()),
    }
}

/// Opens a folder itself.
#[cfg(target_os = "linux")]
fn open_folder(path: &Path) -> io::Result<File> {
    use rustix::fs::{CWD, Mode as Bits, OFlags, openat};

    let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
    Ok(File::from(openat(CWD, path, flags, Bits::empty())?))
}

/// Gives a file with a temporary name its own.
fn place(mut file: NamedTempFile, path: &Path, overwrite: Overwrite) -> io::Result<(File, Before)> {
    match file.persist_noclobber(path) {
        Ok(file) => return Ok((file, Before::Free)),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists && overwrite == Overwrite::Allow => {
            file = error.file;
        }
        Err(error) => return Err(error.error),
    }
    file.persist(path).map(|file| (file, Before::Taken)).map_err(|error| error.error)
}

/// Makes a file without a name, or returns `None` where the file system (or a missing /proc) does not allow it.
#[cfg(target_os = "linux")]
fn create_unnamed(folder: &File, mode: Mode) -> io::Result<Option<File>> {
    use rustix::fs::{Mode as Bits, OFlags, openat};
    use rustix::io::Errno;

    let bits = match mode {
        Mode::Private => Bits::RUSR | Bits::WUSR,
        Mode::Shared => Bits::from_raw_mode(0o666),
    };
    // Naming it goes through /proc; without that the file could never be named.
    if !Path::new("/proc/self/fd").exists() {
        return Ok(None);
    }
    match openat(folder, ".", OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC, bits) {
        Ok(fd) => Ok(Some(File::from(fd))),
        // EISDIR: a kernel that does not know the flag; EOPNOTSUPP: the file system does not; EINVAL: some FUSE.
        Err(Errno::ISDIR | Errno::OPNOTSUPP | Errno::INVAL) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Gives an unnamed file its name in an open folder.
///
/// Linking cannot replace a file, so over a file that exists it gets a temporary name first and is renamed: that
/// moment is the only one in which a kill can leave something behind, and then it is the whole, finished file.
#[cfg(target_os = "linux")]
fn link(file: &File, folder: &File, path: &Path, overwrite: Overwrite) -> io::Result<Before> {
    use rustix::fs::{AtFlags, renameat, unlinkat};

    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    match link_new(file, folder, name) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && overwrite == Overwrite::Allow => {
            let aside = random_name();
            let make = || link_new(file, folder, aside.as_ref()).map(|()| folder_of(path).join(&aside));
            let (_, _unfinished) = unfinished::enter(make, |path| path.as_path())?;
            renameat(folder, &aside, folder, name).inspect_err(|_| {
                let _ = unlinkat(folder, &aside, AtFlags::empty());
            })?;
            Ok(Before::Taken)
        }
        other => other.map(|()| Before::Free),
    }
}

#[cfg(target_os = "linux")]
fn link_new(file: &File, folder: &File, name: &std::ffi::OsStr) -> io::Result<()> {
    use std::os::fd::AsRawFd;

    use rustix::fs::{AtFlags, CWD, linkat};

    let unnamed = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(linkat(CWD, unnamed, folder, name, AtFlags::SYMLINK_FOLLOW)?)
}

/// Returns a name nobody can foresee, so that nobody can put a file or link there first.
#[cfg(target_os = "linux")]
fn random_name() -> String {
    use rand_core::{OsRng, RngCore};

    let mut bytes = [0; 10];
    OsRng.fill_bytes(&mut bytes);
    format!("{TEMPORARY_PREFIX}{}{TEMPORARY_SUFFIX}", zegel_core::id::to_base32(&bytes))
}

#[cfg(test)]
mod tests;
