//! A disk that is full: a small file system in memory, mounted in a namespace of its own.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use zegel_core::{Fingerprint, MessageId, Timestamp};
use zegel_store::cards::{Cards, Change, Proof};
use zegel_store::config::{Account, AccountChange, Config, IdentitySource};
use zegel_store::identity::{Existing, IdentityStore, IdentityStoreError, Keep};
use zegel_store::seen::{Carrier, Message, Seen, SeenLog};
use zegel_store::staging::{Mode, Overwrite, Staged, write_atomically};
use zegel_store::{Environment, FileError, Paths};

use super::{folder, identity, names};

#[test]
fn a_full_disk_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mount = "mount -t tmpfs -o size=256k,mode=0700 tmpfs \"$REAL_FOLDER\"";
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", script]).env(super::FOLDER, dir.path());
        command
    };
    assert!(
        unshare(mount).output().is_ok_and(|output| output.status.success()),
        "this test makes a full disk and needs namespaces for it (`unshare --map-root-user --mount`); root has them"
    );
    let script = format!("{mount} && exec \"$0\" --ignored --exact full::on_a_full_disk --nocapture");
    let output = unshare(&script).arg(std::env::current_exe().unwrap()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn is_full<T: std::fmt::Debug>(result: Result<T, FileError>) {
    match result {
        Err(error @ FileError::Write { .. }) => {
            assert!(error.hint().unwrap().contains("disk is full"), "{error:?}")
        }
        other => panic!("{other:?}"),
    }
}

#[test]
#[ignore = "run by a_full_disk_changes_nothing"]
fn on_a_full_disk() {
    let home = folder();
    let paths = Paths::below(&home);
    let (identities, cards, seen) = (IdentityStore::new(&paths), Cards::new(&paths), SeenLog::new(&paths));
    let (alice, other, now) =
        (identity("alice@example.org"), identity("alice@example.org"), Timestamp::from_unix(20));
    let carrier = Carrier { mail: Some("<a@example.org>"), digest: [0; 32] };
    let (one, two) = (message([0; 16]), message([0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]));
    let account = Account::new(alice.address().clone());
    let name = "a".parse().unwrap();
    identities.save(&alice, Keep::PlainFile, Existing::Refuse).unwrap();
    cards.pin(alice.card(), Proof::Confirmed, Change::Refuse, now).unwrap();
    seen.record(&one, &carrier, now).unwrap();
    Config::save_account(&paths, &name, &account, AccountChange::Add).unwrap();
    write_atomically(&home.join("f"), b"old", Mode::Private, Overwrite::Forbid).unwrap();
    // Fill what the log's own block has left, so that appending needs a new one.
    let mut n = 0_u8;
    let log = paths.seen().join("aa.log");
    while std::fs::metadata(&log).unwrap().len() < 4096 - 250 {
        n += 1;
        let mut bytes = [0; 16];
        bytes[15] = n;
        seen.record(&message(bytes), &carrier, now).unwrap();
    }
    let mut ballast = std::fs::File::create(home.join("ballast")).unwrap();
    while ballast.write_all(&[0; 1024]).is_ok() {}

    let before = snapshot(&home);
    let mut staged = Staged::create(&home).unwrap();
    assert!(staged.write_all(&[0; 10_000]).is_err());
    drop(staged);
    is_full(write_atomically(&home.join("f"), &[0; 10_000], Mode::Private, Overwrite::Allow));
    is_full(write_atomically(&home.join("g"), &[0; 10_000], Mode::Private, Overwrite::Forbid));
    match identities.save(&other, Keep::PlainFile, Existing::Replace) {
        Err(IdentityStoreError::File(error)) => is_full::<()>(Err(error)),
        other => panic!("{other:?}"),
    }
    assert!(cards.pin(other.card(), Proof::Confirmed, Change::Replace, now).is_err());
    assert!(Config::save_account(&paths, &"b".parse().unwrap(), &account, AccountChange::Add).is_err());
    for _ in 0..3 {
        let result = seen.record(&two, &Carrier { mail: Some(&"x".repeat(900)), ..carrier }, now);
        is_full(result);
    }
    is_full(seen.check_writable(&two));
    assert_eq!(snapshot(&home), before, "nothing was changed and nothing was left");

    let mut never = |_: &Path| unreachable!();
    let loaded = identities.load(alice.address(), &IdentitySource::File, &mut never).unwrap();
    assert_eq!(loaded.identity.card().fingerprint(), alice.card().fingerprint());
    assert_eq!(seen.look(&one, &carrier).unwrap(), Seen::Again { when: now });
    assert_eq!(seen.look(&two, &carrier).unwrap(), Seen::First);
    assert_eq!(Config::load(&paths, &Environment::default()).unwrap().accounts().len(), 1);
    drop(ballast);
    std::fs::remove_file(home.join("ballast")).unwrap();
    assert_eq!(seen.record(&two, &carrier, now).unwrap(), Seen::First, "it works again once there is room");
}

fn message(id: [u8; 16]) -> Message {
    Message { id: MessageId::from_bytes(id), sender: Fingerprint::from_bytes([1; 32]) }
}

/// All files below a folder with their contents; empty folders do not count.
fn snapshot(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for name in names(folder) {
        let path = folder.join(&name);
        if path.is_dir() {
            files.extend(snapshot(&path));
        } else if name != "ballast" {
            files.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    files
}
