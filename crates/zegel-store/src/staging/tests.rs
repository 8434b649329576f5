use std::fs;

use super::*;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn named(folder: &Path) -> Staged {
    Staged { inner: Inner::create_named(folder, Mode::Private).unwrap(), ..Staged::create(folder).unwrap() }
}

fn usual(folder: &Path) -> Staged {
    Staged::create(folder).unwrap()
}

/// Both ways of staging, so that the one of other systems is tested here too.
const WAYS: [fn(&Path) -> Staged; 2] = [usual, named];

#[test]
fn nothing_is_there_until_persisted() {
    let dir = tempfile::tempdir().unwrap();
    for stage in WAYS {
        let mut file = stage(dir.path());
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(names(dir.path()), [""; 0]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_staged_file_has_no_name() {
    let dir = tempfile::tempdir().unwrap();
    let mut file = Staged::create(dir.path()).unwrap();
    assert!(
        matches!(file.inner, Inner::Unnamed(_)),
        "this file system lacks O_TMPFILE: the test says nothing"
    );
    file.write_all(b"half").unwrap();
    assert_eq!(names(dir.path()), [""; 0]);
}

#[test]
fn persists_whole_and_private() {
    let dir = tempfile::tempdir().unwrap();
    for (i, stage) in WAYS.into_iter().enumerate() {
        let mut file = stage(dir.path());
        file.write_all(b"0123456789").unwrap();
        file.seek(SeekFrom::Start(3)).unwrap();
        let mut two = [0; 2];
        file.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"34");
        assert_eq!((file.len().unwrap(), file.is_empty().unwrap()), (10, false));
        let path = dir.path().join(format!("f{i}"));
        file.persist(&path, Overwrite::Forbid).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"0123456789");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        }
    }
    assert_eq!(names(dir.path()), ["f0", "f1"]);
}

#[test]
fn overwrites_only_when_allowed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    fs::write(&path, "old").unwrap();
    for stage in WAYS {
        let mut file = stage(dir.path());
        file.write_all(b"new").unwrap();
        assert!(matches!(file.persist(&path, Overwrite::Forbid), Err(FileError::Exists { .. })));
        assert_eq!((fs::read(&path).unwrap(), names(dir.path())), (b"old".to_vec(), vec!["f".to_owned()]));
    }
    for stage in WAYS {
        let mut file = stage(dir.path());
        file.write_all(b"new").unwrap();
        file.persist(&path, Overwrite::Allow).unwrap();
        assert_eq!((fs::read(&path).unwrap(), names(dir.path())), (b"new".to_vec(), vec!["f".to_owned()]));
    }
}

#[test]
fn leaves_nothing_when_the_name_cannot_be_had() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("folder")).unwrap();
    fs::write(dir.path().join("folder/x"), "").unwrap();
    for path in ["folder", "missing/f", &"n".repeat(300)] {
        for overwrite in [Overwrite::Allow, Overwrite::Forbid] {
            for stage in WAYS {
                let mut file = stage(dir.path());
                file.write_all(b"new").unwrap();
                assert!(file.persist(&dir.path().join(path), overwrite).is_err(), "{path}");
                assert_eq!(names(dir.path()), ["folder"]);
            }
        }
    }
    assert!(Staged::create(&dir.path().join("missing")).is_err());
}

#[cfg(unix)]
#[test]
fn a_link_in_the_way_is_replaced_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let (target, link) = (dir.path().join("target"), dir.path().join("link"));
    fs::write(&target, "precious").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    assert!(matches!(
        write_atomically(&link, b"x", Mode::Private, Overwrite::Forbid),
        Err(FileError::Exists { .. })
    ));
    write_atomically(&link, b"x", Mode::Private, Overwrite::Allow).unwrap();
    assert_eq!((fs::read(&target).unwrap(), fs::read(&link).unwrap()), (b"precious".to_vec(), b"x".to_vec()));
}

#[cfg(unix)]
#[test]
fn shared_files_follow_the_umask() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    let plain = dir.path().join("plain");
    fs::write(&plain, "").unwrap();
    let ours = dir.path().join("ours");
    write_atomically(&ours, b"", Mode::Shared, Overwrite::Forbid).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&ours), mode(&plain));
}

#[test]
fn a_bare_name_lies_in_the_current_folder() {
    assert_eq!(folder_of(Path::new("mail.eml")), Path::new("."));
    assert_eq!(folder_of(Path::new("a/mail.eml")), Path::new("a"));
    assert_eq!(folder_of(Path::new("/")), Path::new("."));
}

#[test]
fn sweeping_takes_only_our_leftovers() {
    let dir = tempfile::tempdir().unwrap();
    for name in [".zegel-abc.tmp", ".zegel-abc", "x.tmp", ".lock"] {
        fs::write(dir.path().join(name), "").unwrap();
    }
    sweep(dir.path());
    assert_eq!(names(dir.path()), [".lock", ".zegel-abc", "x.tmp"]);
}

#[test]
fn stages_the_parts_of_a_message() {
    let dir = tempfile::tempdir().unwrap();
    let mut stage = FolderStage::new(dir.path());
    let mut file = stage.make_file(4).unwrap();
    file.write_all(b"part").unwrap();
    assert_eq!(names(dir.path()), [""; 0]);
    file.persist(&dir.path().join("part.pdf"), Overwrite::Forbid).unwrap();
    assert_eq!(names(dir.path()), ["part.pdf"]);
    let error = FolderStage::new(dir.path().join("missing")).make_file(4).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
}

#[cfg(unix)]
#[test]
fn a_device_or_pipe_is_never_replaced() {
    use std::os::unix::fs::FileTypeExt;

    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&socket, &link).unwrap();
    for path in [&socket, &link] {
        let error = write_atomically(path, b"x", Mode::Shared, Overwrite::Allow).unwrap_err();
        assert!(matches!(error, FileError::Write { .. }), "{error}");
        assert!(std::fs::metadata(path).unwrap().file_type().is_socket());
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside it");
}

/// T27: what is verified for one folder does not end up in another, into which somebody made a link meanwhile.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_swapped_for_a_link_does_not_move_the_file() {
    for overwrite in [Overwrite::Allow, Overwrite::Forbid] {
        let dir = tempfile::tempdir().unwrap();
        let (wanted, moved, other) =
            (dir.path().join("wanted"), dir.path().join("moved"), dir.path().join("other"));
        fs::create_dir(&wanted).unwrap();
        fs::create_dir(&other).unwrap();
        let mut file = Staged::create_beside(&wanted.join("mail.eml")).unwrap();
        file.write_all(b"verified").unwrap();
        file.sync().unwrap();
        fs::rename(&wanted, &moved).unwrap();
        std::os::unix::fs::symlink(&other, &wanted).unwrap();
        file.persist(&wanted.join("mail.eml"), overwrite).unwrap();
        assert_eq!((names(&moved), names(&other)), (vec!["mail.eml".to_owned()], vec![]), "{overwrite:?}");
    }
}

/// A folder that cannot be opened, and so not be synced, is found out while nothing is there.
#[test]
fn a_folder_that_cannot_be_opened_gets_no_file() {
    let dir = tempfile::tempdir().unwrap();
    for stage in WAYS {
        let mut file = stage(dir.path());
        file.write_all(b"new").unwrap();
        let gone = dir.path().join("gone");
        assert!(file.persist(&gone.join("mail.eml"), Overwrite::Forbid).is_err());
        assert_eq!(names(dir.path()), [""; 0]);
    }
}

/// Somebody swaps the folder for a link to another after the file was named: theirs of the same name stays.
#[cfg(target_os = "linux")]
#[test]
fn taking_back_does_not_follow_a_swapped_folder() {
    for stage in WAYS {
        let dir = tempfile::tempdir().unwrap();
        let (wanted, moved, other) =
            (dir.path().join("wanted"), dir.path().join("moved"), dir.path().join("other"));
        fs::create_dir(&wanted).unwrap();
        fs::create_dir(&other).unwrap();
        fs::write(other.join("mail.eml"), "precious").unwrap();
        let named = stage(&wanted).persist(&wanted.join("mail.eml"), Overwrite::Forbid).unwrap();
        fs::rename(&wanted, &moved).unwrap();
        std::os::unix::fs::symlink(&other, &wanted).unwrap();
        named.take_back();
        assert_eq!(names(&moved), [""; 0]);
        assert_eq!(fs::read(other.join("mail.eml")).unwrap(), b"precious");
    }
}

#[test]
fn only_what_is_new_and_still_ours_is_taken_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    for stage in WAYS {
        for overwrite in [Overwrite::Allow, Overwrite::Forbid] {
            stage(dir.path()).persist(&path, overwrite).unwrap().take_back();
            assert_eq!(names(dir.path()), [""; 0], "{overwrite:?}");
        }
        fs::write(&path, "old").unwrap();
        stage(dir.path()).persist(&path, Overwrite::Allow).unwrap().take_back();
        assert_eq!(fs::read(&path).unwrap(), b"", "what replaced another stays");
        fs::remove_file(&path).unwrap();
        #[cfg(target_os = "linux")]
        {
            let named = stage(dir.path()).persist(&path, Overwrite::Forbid).unwrap();
            fs::write(dir.path().join("theirs"), "theirs").unwrap();
            fs::rename(dir.path().join("theirs"), &path).unwrap();
            named.take_back();
            assert_eq!(fs::read(&path).unwrap(), b"theirs");
            fs::remove_file(&path).unwrap();
        }
    }
}

/// The name was given and cannot be made to last: whoever is told of the failure finds no file.
#[test]
fn a_folder_that_cannot_be_synced_keeps_no_new_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    let broken = |_: &OpenFolder| Err(io::Error::other("the disk is broken"));
    for stage in WAYS {
        for overwrite in [Overwrite::Allow, Overwrite::Forbid] {
            let error = stage(dir.path()).persist_and(&path, overwrite, broken).unwrap_err();
            assert!(matches!(error, FileError::Write { .. }), "{error}");
            assert_eq!(names(dir.path()), [""; 0], "{overwrite:?}");
        }
    }
}
