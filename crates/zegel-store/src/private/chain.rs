//! The folders around ours: whoever may rename in one of them can take ours away, or put another in its place.

use std::path::Path;

use super::{FileError, Holds, check_facts, check_folder};

/// Refuses a folder of ours, or one around it, that others can change: they could take files of ours away in it, or put
/// others in their place. A folder that is not there yet holds nothing.
///
/// # Errors
/// As [`check_folder`] and [`check_around`].
pub(crate) fn check_chain(folder: &Path, holds: Holds) -> Result<(), FileError> {
    // The one above is ours as well, and made private: for it there is no group of one's own.
    for (path, holds) in [(Some(folder), holds), (folder.parent(), Holds::Settings)] {
        match path.map(|path| check_folder(path, holds)) {
            Some(Err(error)) if !error.is_missing() => return Err(error),
            _ => {}
        }
    }
    check_around(folder)
}

/// Refuses a place when others can change one of the folders around it, up to the root, as `sshd` does with
/// `StrictModes`: a member of a group that may write to the folder above could rename what is remembered of opened
/// messages, so that a message that is sent again passes.
///
/// A sticky folder such as `/tmp` lets nobody rename what is not theirs. A group that has no other member than this
/// user (the usual one of umask 002) is nobody else. Elsewhere than on Unix nothing is looked at.
///
/// # Errors
/// Fails when one of them belongs to somebody else, or others can write to it, or it cannot be looked at.
#[cfg(unix)]
pub fn check_around(place: &Path) -> Result<(), FileError> {
    let absolute = std::path::absolute(place).map_err(FileError::read(place))?;
    // What a link leads to lies in folders that the path does not name.
    let real = absolute.ancestors().find_map(|path| Some((path, path.canonicalize().ok()?)));
    for path in absolute.ancestors() {
        look(path, if path == absolute { Look::Link } else { Look::Whole })?;
    }
    // Without a link on the way these are the same folders.
    let Some((named, real)) = real.filter(|(named, real)| named != real) else { return Ok(()) };
    for path in real.ancestors() {
        look(path, if path == real && named == absolute { Look::Link } else { Look::Whole })?;
    }
    Ok(())
}

/// Elsewhere the folders of a user's profile are private by inheritance.
///
/// # Errors
/// Never.
#[cfg(not(unix))]
pub fn check_around(_place: &Path) -> Result<(), FileError> {
    Ok(())
}

/// What of a path is looked at.
#[cfg(unix)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// Only whose it is, where it is a link: whoever owns a link can let it lead elsewhere.
    Link,
    /// Also the rights to the folder.
    Whole,
}

#[cfg(unix)]
fn look(path: &Path, what: Look) -> Result<(), FileError> {
    use std::os::unix::fs::MetadataExt;

    let me = rustix::process::geteuid().as_raw();
    let foreign = |owner| FileError::Foreign { path: path.to_owned(), owner };
    let found = match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        found => found.map_err(FileError::read(path))?,
    };
    if found.is_symlink() && found.uid() != me && found.uid() != 0 {
        return Err(foreign(found.uid()));
    }
    if what == Look::Link {
        return Ok(());
    }
    let checked = if found.is_symlink() {
        check_folder(path, Holds::Settings)
    } else {
        check_facts(path, &found, Holds::Settings)
    };
    match checked {
        Err(error) if error.is_missing() => Ok(()),
        Err(FileError::Exposed { mode, .. }) if mode & 0o002 == 0 && is_own_group(&found) => Ok(()),
        other => other,
    }
}

/// Says whether the group of a folder has no other member than this user, as far as the system's own files tell; a group
/// that only a directory service knows is not known to be.
#[cfg(unix)]
fn is_own_group(found: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;

    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let me = rustix::process::geteuid().as_raw();
    me != 0 && !found.is_symlink() && has_only(&read("/etc/passwd"), &read("/etc/group"), me, found.gid())
}

#[cfg(unix)]
fn has_only(passwd: &str, group: &str, user: u32, group_id: u32) -> bool {
    let is = |field: Option<&str>, id: u32| field.and_then(|field| field.parse().ok()) == Some(id);
    let mut users = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let Some(name) = users.clone().find(|fields| is(fields.get(2).copied(), user)) else { return false };
    let Some(name) = name.first().copied() else { return false };
    let others =
        users.any(|fields| is(fields.get(3).copied(), group_id) && !is(fields.get(2).copied(), user));
    let mut groups = group.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let mut groups = groups.by_ref().filter(|fields| is(fields.get(2).copied(), group_id)).peekable();
    // The name is the user's: other groups may have members that no file lists.
    let own = |fields: Vec<&str>| {
        let members = fields.get(3).copied().unwrap_or_default();
        fields.first().copied() == Some(name) && members.split(',').all(|one| one.is_empty() || one == name)
    };
    !others && groups.peek().is_some() && groups.all(own)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;

    use super::*;

    fn set(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn exposed(result: Result<(), FileError>) -> Option<PathBuf> {
        match result {
            Err(FileError::Exposed { path, .. }) => Some(path),
            Ok(()) => None,
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_folder_around_counts_up_to_the_root() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        let home = top.join("srv/zegel");
        let cards = home.join("data/cards");
        fs::create_dir_all(&cards).unwrap();
        for path in [&cards, &home.join("data"), &home, &top.join("srv")] {
            set(path, 0o700);
        }
        assert_eq!(exposed(check_chain(&cards, Holds::Settings)), None);
        for around in [&home, &top.join("srv"), &top] {
            // As anybody but root, a group may be one's own.
            let own = is_own_group(&fs::metadata(around).unwrap());
            for (mode, fine) in [(0o707, false), (0o777, false), (0o1777, true), (0o755, true), (0o770, own)]
            {
                set(around, mode);
                let refused = exposed(check_chain(&cards, Holds::Settings));
                assert_eq!(refused.as_deref(), (!fine).then_some(around.as_path()), "{mode:o}");
                // Also before it is there: whoever may write above makes it first.
                let missing = exposed(check_chain(&home.join("state/seen"), Holds::Settings));
                assert_eq!(missing.is_none(), fine, "{mode:o}");
            }
            set(around, 0o700);
        }
        assert!(!home.join("state").exists(), "looking makes nothing");
    }

    #[test]
    fn nothing_is_made_below_a_folder_that_others_can_change() {
        let dir = tempfile::tempdir().unwrap();
        set(dir.path(), 0o777);
        assert!(super::super::make_folder(&dir.path().join("a/b"), Holds::Secrets).is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn both_ends_of_a_link_count() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        let (real, named) = (top.join("real"), top.join("named"));
        fs::create_dir_all(real.join("zegel")).unwrap();
        fs::create_dir(&named).unwrap();
        symlink(real.join("zegel"), named.join("zegel")).unwrap();
        for (open, path) in [(&real, named.join("zegel")), (&named, named.join("zegel/data"))] {
            set(&real, 0o700);
            set(&named, 0o700);
            assert_eq!(exposed(check_around(&path)), None);
            set(open, 0o707);
            assert!(exposed(check_around(&path)).is_some(), "{}", open.display());
        }
    }

    #[test]
    fn a_group_of_ones_own_is_nobody_else() {
        let passwd = "root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:/bin/sh\nbob:x:1001:1001::/:/bin/sh\n";
        let group = "root:x:0:\nalice:x:1000:\nbob:x:1001:alice\nmail:x:8:alice\nstaff:x:50:alice,bob\n";
        assert!(has_only(passwd, group, 1000, 1000));
        assert!(has_only(passwd, "alice:x:1000:alice\n", 1000, 1000));
        for other in [0, 1001, 8, 50, 4000] {
            assert!(!has_only(passwd, group, 1000, other), "{other}");
        }
        assert!(!has_only(passwd, "alice:x:1000:bob\n", 1000, 1000));
        assert!(!has_only(&format!("{passwd}carol:x:1002:1000::/:/bin/sh\n"), group, 1000, 1000));
        assert!(!has_only("", "", 1000, 1000) && !has_only(passwd, "", 1000, 1000));
    }
}
