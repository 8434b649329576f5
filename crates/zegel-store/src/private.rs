//! Folders and files that only their owner may read or change.
//!
//! Permissions are looked at on the open file, never on its path, so nobody can swap the file in between.

mod chain;

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;
use zeroize::Zeroizing;

pub use self::chain::check_around;
pub(crate) use self::chain::check_chain;

/// Tells what went wrong with a file or folder of ours, and with which.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileError {
    /// The folder could not be made.
    #[error("cannot make the folder {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file could not be opened or read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file could not be written; what stood there before still stands there.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A file of that name is there already, and overwriting was not asked for.
    #[error("{} exists already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file is longer than such a file can be; it was not read.
    #[error("{} is longer than {cap} bytes", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The most that is read.
        cap: usize,
    },
    /// Others on this computer may read or change what must be private.
    #[error("others can reach {} (mode {mode:04o})", path.display())]
    Exposed {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// The command that repairs it.
        hint: String,
    },
    /// The file or folder belongs to somebody else, who could change it at any time.
    #[error("{} belongs to another user (uid {owner})", path.display())]
    Foreign {
        /// The file or folder.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
    },
    /// There is something at that place, but not a file or folder as expected.
    #[error("{} is not a {expected}", path.display())]
    Kind {
        /// The place.
        path: PathBuf,
        /// What was expected there.
        expected: &'static str,
    },
    /// The file is not text, or not what such a file holds.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it; never its contents.
        reason: String,
    },
}

impl FileError {
    /// Returns what the person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Exposed { hint, .. } => Some(hint.clone()),
            Self::Exists { .. } => Some("choose another name, or ask for overwriting by name".to_owned()),
            Self::Foreign { .. } => Some("only files of your own (or of root) are trusted here".to_owned()),
            Self::Damaged { .. } => {
                Some("restore the file from a backup; it is never repaired by guessing".to_owned())
            }
            Self::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                Some("the disk is full; nothing was changed".to_owned())
            }
            _ => None,
        }
    }

    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Read { path: path.to_owned(), source }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Write { path: path.to_owned(), source }
    }

    pub(crate) fn damaged(path: &Path, reason: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), reason: reason.into() }
    }

    /// Says whether there simply is no such file.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// For [`std::io`] traits; the kind is that of the cause, the text is ours.
impl From<FileError> for io::Error {
    fn from(error: FileError) -> Self {
        let kind = match &error {
            FileError::Folder { source, .. }
            | FileError::Read { source, .. }
            | FileError::Write { source, .. } => source.kind(),
            FileError::Exists { .. } => io::ErrorKind::AlreadyExists,
            FileError::Exposed { .. } | FileError::Foreign { .. } => io::ErrorKind::PermissionDenied,
            FileError::TooLong { .. } | FileError::Kind { .. } | FileError::Damaged { .. } => {
                io::ErrorKind::InvalidData
            }
        };
        Self::new(kind, error)
    }
}

/// What a file holds, and so who may reach it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Nobody else may read or change it.
    Secrets,
    /// Others may read it; nobody else may change it.
    Settings,
}

/// Makes a folder (mode 0700) unless it is there, and refuses one that others can reach or that lies where others can
/// rename it.
///
/// # Errors
/// Fails when the folder cannot be made, is no folder, belongs to somebody else or is open to others; then nothing was
/// made. Also as [`check_around`].
pub(crate) fn make_folder(path: &Path, holds: Holds) -> Result<(), FileError> {
    check_around(path)?;
    if !path.is_dir() {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path).map_err(|source| FileError::Folder { path: path.to_owned(), source })?;
    }
    check_folder(path, holds)
}

/// A folder that is needed for something, and goes again with all that was made for it when that fails.
#[derive(Debug)]
pub(crate) struct FreshFolder {
    /// What was not there before, the innermost first.
    made: Vec<PathBuf>,
}

impl FreshFolder {
    /// As [`make_folder`].
    pub(crate) fn make(path: &Path, holds: Holds) -> Result<Self, FileError> {
        let made = path.ancestors().take_while(|path| !path.exists()).map(Path::to_owned).collect();
        let folder = Self { made };
        make_folder(path, holds)?;
        Ok(folder)
    }

    /// Lets the folder stay.
    pub(crate) fn keep(mut self) {
        self.made.clear();
    }
}

impl Drop for FreshFolder {
    fn drop(&mut self) {
        if let Some(folder) = self.made.first() {
            // Whoever waits for this lock finds out that it is gone.
            let _ = fs::remove_file(folder.join(".lock"));
        }
        for folder in &self.made {
            // Only an empty folder can be removed this way.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Refuses an open file that is somebody else's or that others can reach.
///
/// # Errors
/// As [`check_folder`].
pub(crate) fn check_open(path: &Path, file: &File, holds: Holds) -> Result<(), FileError> {
    check_owner(path, &file.metadata().map_err(FileError::read(path))?, holds)
}

/// Refuses a folder that others can reach.
///
/// # Errors
/// As [`make_folder`].
pub(crate) fn check_folder(path: &Path, holds: Holds) -> Result<(), FileError> {
    check_facts(path, &fs::metadata(path).map_err(FileError::read(path))?, holds)
}

/// As [`check_folder`], with what is known of it.
fn check_facts(path: &Path, meta: &Metadata, holds: Holds) -> Result<(), FileError> {
    if !meta.is_dir() {
        return Err(FileError::Kind { path: path.to_owned(), expected: "folder" });
    }
    check_owner(path, meta, holds)
}

/// Reads a whole file of at most `cap` bytes that others cannot reach.
///
/// A pipe is read as well, so that `<(pass show mail)` works where a shell offers it.
///
/// # Errors
/// Fails when the file is missing, unreadable, open to others, somebody else's or too long.
pub(crate) fn read_file(path: &Path, cap: usize, holds: Holds) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let file = File::open(path).map_err(FileError::read(path))?;
    let meta = file.metadata().map_err(FileError::read(path))?;
    if meta.is_dir() {
        return Err(FileError::Kind { path: path.to_owned(), expected: "file" });
    }
    check_owner(path, &meta, holds)?;
    read_capped(path, file, &meta, cap)
}

/// Opens a file that others cannot reach for reading and writing, and makes it where there is none.
///
/// # Errors
/// Fails when the file cannot be opened, is open to others, or somebody else's.
pub(crate) fn open_to_change(path: &Path, holds: Holds) -> Result<File, FileError> {
    let mut options = OpenOptions::new();
    options.create(true).read(true).write(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(FileError::write(path))?;
    check_open(path, &file, holds)?;
    Ok(file)
}

/// Reads at most `cap` bytes; the buffer is as large as needed from the start, so that no copy is left behind by growing.
fn read_capped(
    path: &Path,
    file: File,
    meta: &Metadata,
    cap: usize,
) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let too_long = || FileError::TooLong { path: path.to_owned(), cap };
    let room = if meta.is_file() { usize::try_from(meta.len()).map_err(|_| too_long())? } else { cap };
    if room > cap {
        return Err(too_long());
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(room.saturating_add(1)));
    let limit = u64::try_from(cap).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit).read_to_end(&mut bytes).map_err(FileError::read(path))?;
    if bytes.len() > cap { Err(too_long()) } else { Ok(bytes) }
}

/// Refuses what is somebody else's or open to others.
///
/// Root owns the computer anyway, so its files are trusted; where root has given a file to our group (a mounted
/// secret of a container), reading through the group is how it is meant.
#[cfg(unix)]
fn check_owner(path: &Path, meta: &Metadata, holds: Holds) -> Result<(), FileError> {
    use std::os::unix::fs::MetadataExt;

    let me = rustix::process::geteuid().as_raw();
    let (owner, mode) = (meta.uid(), meta.mode() & 0o7777);
    if owner != me && owner != 0 {
        return Err(FileError::Foreign { path: path.to_owned(), owner });
    }
    let forbidden = match holds {
        Holds::Secrets if owner == 0 && me != 0 => 0o037,
        Holds::Secrets => 0o077,
        // A sticky folder (such as /tmp) lets nobody touch another one's files.
        Holds::Settings if meta.is_dir() && mode & 0o1000 != 0 => 0,
        Holds::Settings => 0o022,
    };
    if mode & forbidden == 0 {
        return Ok(());
    }
    let right = match holds {
        Holds::Secrets => "go=",
        Holds::Settings => "go-w",
    };
    let hint = format!("run: chmod {right} {}", shell_quoted(path));
    Err(FileError::Exposed { path: path.to_owned(), mode, hint })
}

/// Elsewhere the folders of a user's profile are private by inheritance.
#[cfg(not(unix))]
fn check_owner(_path: &Path, _meta: &Metadata, _holds: Holds) -> Result<(), FileError> {
    Ok(())
}

/// Quotes a path so that the command in a hint can be pasted.
#[cfg(unix)]
fn shell_quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%=:,".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// Gives a file to user 12345, as root or with `sudo`.
#[cfg(all(test, unix))]
pub(crate) fn give_away(path: &std::path::Path) {
    let with_sudo = || std::process::Command::new("sudo").args(["-n", "chown", "12345"]).arg(path).status();
    assert!(
        std::os::unix::fs::chown(path, Some(12_345), None).is_ok() || with_sudo().is_ok_and(|s| s.success()),
        "this test gives a file to somebody else: run it as root, or with a `sudo` that does not ask"
    );
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn file(mode: u32) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("it's a secret");
        fs::write(&path, "s3cret").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (dir, path)
    }

    #[test]
    fn refuses_files_others_can_reach() {
        for mode in [0o644, 0o640, 0o660, 0o602, 0o601, 0o604] {
            let (_dir, path) = file(mode);
            let error = read_file(&path, 100, Holds::Secrets).unwrap_err();
            assert!(matches!(error, FileError::Exposed { mode: m, .. } if m == mode), "{error:?}");
            let hint = error.hint().unwrap();
            assert!(hint.starts_with("run: chmod go= '") && hint.contains(r"it'\''s a secret"), "{hint}");
            assert!(!format!("{error:?} {error}").contains("s3cret"));
        }
        for mode in [0o600, 0o400, 0o700] {
            let (_dir, path) = file(mode);
            assert_eq!(read_file(&path, 100, Holds::Secrets).unwrap().as_slice(), b"s3cret");
        }
    }

    #[test]
    fn settings_may_be_read_but_not_changed_by_others() {
        for (mode, fine) in [(0o644, true), (0o664, false), (0o646, false), (0o600, true)] {
            let (_dir, path) = file(mode);
            assert_eq!(read_file(&path, 100, Holds::Settings).is_ok(), fine, "{mode:o}");
        }
    }

    #[test]
    fn the_hint_repairs_it() {
        let (_dir, path) = file(0o666);
        let hint = read_file(&path, 100, Holds::Secrets).unwrap_err().hint().unwrap();
        let command = hint.strip_prefix("run: ").unwrap();
        assert!(std::process::Command::new("sh").arg("-c").arg(command).status().unwrap().success());
        assert!(read_file(&path, 100, Holds::Secrets).is_ok());
    }

    #[test]
    fn refuses_somebody_elses_file() {
        let (_dir, path) = file(0o600);
        super::give_away(&path);
        let error = read_file(&path, 100, Holds::Secrets).unwrap_err();
        assert!(matches!(error, FileError::Foreign { owner: 12_345, .. }), "{error:?}");
    }

    #[test]
    fn caps_before_reading() {
        let (_dir, path) = file(0o600);
        assert!(matches!(read_file(&path, 5, Holds::Secrets), Err(FileError::TooLong { cap: 5, .. })));
        assert!(read_file(&path, 6, Holds::Secrets).is_ok());
        // An endless file that claims to be empty.
        assert!(read_file(Path::new("/dev/zero"), 5, Holds::Settings).is_err());
    }

    #[test]
    fn folders_are_made_private_and_open_ones_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        make_folder(&path, Holds::Secrets).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o700);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o750)).unwrap();
        assert!(matches!(make_folder(&path, Holds::Secrets), Err(FileError::Exposed { .. })));
        assert!(make_folder(&path, Holds::Settings).is_ok());
        fs::write(path.join("c"), "").unwrap();
        assert!(make_folder(&path.join("c"), Holds::Settings).is_err());
        assert!(matches!(check_folder(&path.join("c"), Holds::Settings), Err(FileError::Kind { .. })));
    }
}
