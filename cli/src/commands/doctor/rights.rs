//! Who can reach what lies in our folders, and taking rights away from others.

use std::path::{Path, PathBuf};

#[cfg(unix)]
pub(super) use self::unix::{close, is_foreign, open_to_others};

/// Lists a folder, which may be a symbolic link, and everything below it; there symbolic links are left out.
#[cfg(unix)]
pub(super) fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut queue = vec![folder.canonicalize().unwrap_or_else(|_| folder.to_owned())];
    while let Some(path) = queue.pop() {
        let Ok(meta) = std::fs::symlink_metadata(&path) else { continue };
        if meta.is_symlink() {
            continue;
        }
        if meta.is_dir() {
            let entries = std::fs::read_dir(&path).into_iter().flatten().flatten();
            queue.extend(entries.map(|entry| entry.path()));
        }
        found.push(path);
    }
    found
}

#[cfg(unix)]
mod unix {
    use std::fs::{self, File, Permissions};
    use std::io;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::path::{Component, Path, PathBuf};

    use rustix::fs::{CWD, Mode, OFlags, openat};

    /// Lists what others can read or change, below and including a folder.
    pub(in super::super) fn open_to_others(folder: &Path, forbidden: u32) -> Vec<PathBuf> {
        let mut paths = super::below(folder);
        paths.retain(|path| fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & forbidden != 0));
        paths
    }

    /// Says whether something belongs to neither this user nor root.
    pub(in super::super) fn is_foreign(path: &Path) -> bool {
        let me = rustix::process::geteuid().as_raw();
        fs::metadata(path).is_ok_and(|meta| meta.uid() != me && meta.uid() != 0)
    }

    /// Takes forbidden rights away from a file or folder of this user's.
    ///
    /// A link put there meanwhile, in its place or on the way to it, is not followed, and neither is a file with a
    /// second name touched: where root repairs a folder that others can write to, they could choose what is changed.
    pub(in super::super) fn close(path: &Path, forbidden: u32) -> Result<(), String> {
        let closed = open_itself(path).and_then(|file| {
            let meta = file.metadata()?;
            let me = rustix::process::geteuid().as_raw();
            if !(meta.is_dir() || meta.is_file() && meta.nlink() == 1) || meta.uid() != me {
                return Err(io::Error::other("it is not a file or folder of this user's alone"));
            }
            file.set_permissions(Permissions::from_mode(meta.permissions().mode() & 0o777 & !forbidden))
        });
        closed.map_err(|error| format!("cannot change {}: {error}", path.display()))
    }

    /// Opens what an absolute path names without following a single link.
    fn open_itself(path: &Path) -> io::Result<File> {
        let common = OFlags::NOFOLLOW | OFlags::CLOEXEC;
        // A folder on the way may let us pass without letting us list it.
        #[cfg(target_os = "linux")]
        let way = common | OFlags::DIRECTORY | OFlags::PATH;
        #[cfg(not(target_os = "linux"))]
        let way = common | OFlags::DIRECTORY | OFlags::RDONLY;
        // A pipe would wait for its other end, and a terminal would become ours.
        let end = common | OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let mut folder = openat(CWD, "/", way, Mode::empty())?;
        let mut parts = path.components().peekable();
        if parts.next() != Some(Component::RootDir) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        while let Some(part) = parts.next() {
            let Component::Normal(name) = part else { return Err(io::ErrorKind::InvalidInput.into()) };
            if parts.peek().is_none() {
                return Ok(File::from(openat(&folder, name, end, Mode::empty())?));
            }
            folder = openat(&folder, name, way, Mode::empty())?;
        }
        Err(io::ErrorKind::InvalidInput.into())
    }

    #[cfg(test)]
    mod tests {
        use std::os::unix::fs::symlink;

        use super::*;

        fn mode(path: &Path) -> u32 {
            fs::metadata(path).unwrap().permissions().mode() & 0o777
        }

        #[test]
        fn rights_are_taken_from_the_file_itself_and_never_through_a_link() {
            let dir = tempfile::tempdir().unwrap();
            let top = dir.path().canonicalize().unwrap();
            let (ours, theirs) = (top.join("ours"), top.join("theirs"));
            for folder in [&ours, &theirs] {
                fs::create_dir(folder).unwrap();
                fs::write(folder.join("file"), "x").unwrap();
                fs::set_permissions(folder.join("file"), Permissions::from_mode(0o666)).unwrap();
                fs::set_permissions(folder, Permissions::from_mode(0o777)).unwrap();
            }
            symlink(theirs.join("file"), ours.join("link")).unwrap();
            symlink(&theirs, ours.join("folder")).unwrap();
            fs::hard_link(theirs.join("file"), ours.join("second")).unwrap();
            for path in ["link", "folder", "folder/file", "second"] {
                let error = close(&ours.join(path), 0o077).unwrap_err();
                assert!(error.starts_with("cannot change "), "{error}");
            }
            assert_eq!((mode(&theirs), mode(&theirs.join("file"))), (0o777, 0o666), "nothing was changed");
            close(&ours.join("file"), 0o077).unwrap();
            close(&ours, 0o022).unwrap();
            assert_eq!((mode(&ours), mode(&ours.join("file"))), (0o755, 0o600));
        }
    }
}

#[cfg(not(unix))]
pub(super) fn below(_folder: &Path) -> Vec<PathBuf> {
    Vec::new()
}

#[cfg(not(unix))]
pub(super) fn is_foreign(_path: &Path) -> bool {
    false
}

#[cfg(not(unix))]
pub(super) fn open_to_others(_folder: &Path, _forbidden: u32) -> Vec<PathBuf> {
    Vec::new()
}

#[cfg(not(unix))]
pub(super) fn close(_path: &Path, _forbidden: u32) -> std::result::Result<(), String> {
    Ok(())
}
