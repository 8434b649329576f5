//! `kill -9` between and during steps.

use std::io::{BufRead, BufReader, Seek, Write};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use zegel_core::contacts::Contacts;
use zegel_core::{Fingerprint, MessageId, Timestamp};
use zegel_store::Paths;
use zegel_store::cards::{Cards, Change, Proof};
use zegel_store::config::IdentitySource;
use zegel_store::identity::{Existing, IdentityStore, Keep};
use zegel_store::seen::{Carrier, Message, Seen, SeenLog};
use zegel_store::staging::{Overwrite, Staged, abandon_unfinished};

use super::{folder, identity, names, part};

/// Tells the test that a step is reached, and waits to be killed.
fn reached(step: &str) -> ! {
    println!("reached {step}");
    std::thread::sleep(Duration::from_secs(60));
    panic!("nobody killed this process");
}

/// Waits until the part says it has reached a step, and kills it there.
fn kill_at(mut child: Child, step: &str) {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let found = lines.map_while(Result::ok).any(|line| line.ends_with(&format!("reached {step}")));
    assert!(found, "the part ended before {step}");
    child.kill().unwrap();
    child.wait().unwrap();
}

fn message(id: [u8; 16]) -> Message {
    Message { id: MessageId::from_bytes(id), sender: Fingerprint::from_bytes([1; 32]) }
}

fn killed_at(name: &str, step: &str, folder: &Path) {
    let child = part(name, folder).env("STEP", step).stdout(Stdio::piped()).spawn().unwrap();
    kill_at(child, step);
}

#[test]
#[ignore = "run by kill_leaves_nothing"]
fn stages() {
    let step = std::env::var("STEP").unwrap();
    let mut file = Staged::create(&folder()).unwrap();
    file.write_all(&[b'x'; 100_000]).unwrap();
    if step == "half" {
        reached("half");
    }
    file.write_all(&[b'x'; 100_000]).unwrap();
    file.flush().unwrap();
    file.rewind().unwrap();
    if step == "whole" {
        reached("whole");
    }
    file.persist(&folder().join("mail.eml"), Overwrite::Forbid).unwrap();
    reached("persisted");
}

#[test]
fn kill_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    for step in ["half", "whole"] {
        killed_at("crash::stages", step, dir.path());
        assert_eq!(names(dir.path()), [""; 0], "killed at {step}");
    }
    killed_at("crash::stages", "persisted", dir.path());
    assert_eq!(names(dir.path()), ["mail.eml"]);
    assert_eq!(std::fs::metadata(dir.path().join("mail.eml")).unwrap().len(), 200_000);
}

/// Runs a part where files cannot be staged without a name, because naming them needs /proc.
fn without_proc(name: &str, folder: &Path) -> std::process::Output {
    let mount = "mount -t tmpfs tmpfs /proc";
    let unshare = |script: &str| {
        let mut command = std::process::Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", script]).env(super::FOLDER, folder);
        command
    };
    assert!(
        unshare(mount).output().is_ok_and(|output| output.status.success()),
        "this test covers /proc and needs namespaces for it (`unshare --map-root-user --mount`); root has them"
    );
    let exe = std::env::current_exe().unwrap();
    let script = format!("{mount} && exec \"$0\" --ignored --exact {name} --nocapture --test-threads=1");
    unshare(&script).arg(exe).output().unwrap()
}

#[test]
#[ignore = "run by a_panic_takes_named_files_along"]
fn panics_while_staging() {
    // As the program does it: the hook ends the process, no destructor runs.
    std::panic::set_hook(Box::new(|_| {
        println!("files {}", names(&folder()).len());
        abandon_unfinished();
        std::process::exit(70);
    }));
    let mut first = Staged::create(&folder()).unwrap();
    first.write_all(b"half").unwrap();
    let second = Staged::create(&folder()).unwrap();
    second.persist(&folder().join("whole"), Overwrite::Forbid).unwrap();
    let _third = Staged::create(&folder()).unwrap();
    panic!("on purpose");
}

#[test]
fn a_panic_takes_named_files_along() {
    let dir = tempfile::tempdir().unwrap();
    let output = without_proc("crash::panics_while_staging", dir.path());
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(70), "{text}");
    assert!(text.contains("files 3"), "two staged files had names, or this test says nothing: {text}");
    assert_eq!(names(dir.path()), ["whole"]);
}

#[test]
#[ignore = "run by kill_at_any_moment_damages_nothing"]
fn works_without_end() {
    let paths = Paths::below(&folder());
    let (identities, cards, seen) = (IdentityStore::new(&paths), Cards::new(&paths), SeenLog::new(&paths));
    println!("reached the loop");
    for n in 0_u64.. {
        let alice = identity("alice@example.org");
        identities.save(&alice, Keep::PlainFile, Existing::Replace).unwrap();
        cards.pin(alice.card(), Proof::Confirmed, Change::Replace, Timestamp::from_unix(20)).unwrap();
        let mut bytes = [0; 16];
        bytes[8..].copy_from_slice(&n.to_be_bytes());
        let carrier = Carrier { mail: Some("<a@example.org>"), digest: [0; 32] };
        seen.record(&message(bytes), &carrier, Timestamp::from_unix(20)).unwrap();
    }
}

#[test]
fn kill_at_any_moment_damages_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let paths = Paths::below(dir.path());
    let address = "alice@example.org".parse().unwrap();
    let mut never = |_: &Path| panic!("a plain file needs no passphrase");
    let mut least = 0;
    for round in 0..25_u64 {
        let mut child = part("crash::works_without_end", dir.path()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.is_ok_and(|line| line.ends_with("reached the loop"))));
        // Another moment each time; 7 and 23 share no factor with how long one turn takes, whatever that is.
        std::thread::sleep(Duration::from_micros(20_000 + round * 7_023 % 30_000));
        child.kill().unwrap();
        child.wait().unwrap();

        if round > 0 || paths.cards().join(".lock").exists() {
            let identities = IdentityStore::new(&paths);
            identities.load(&address, &IdentitySource::File, &mut never).unwrap();
            assert!(identities.card(&address).is_ok());
            for old in identities.load_replaced(&address, &mut never).unwrap() {
                old.unwrap();
            }
            Cards::new(&paths).contact(&address).unwrap();
        }
        let log = SeenLog::new(&paths);
        let carrier = Carrier { mail: Some("<a@example.org>"), digest: [0; 32] };
        let lines = |n: u64| {
            let mut bytes = [0; 16];
            bytes[8..].copy_from_slice(&n.to_be_bytes());
            log.look(&message(bytes), &carrier).unwrap() != Seen::First
        };
        let known = (0..).take_while(|n| lines(*n)).count();
        assert!(known >= least, "what was recorded stays recorded");
        least = known;
    }
    assert!(least > 0, "the part never got through one turn: the test says nothing");
    // The next save sweeps what a kill between link and rename may have left.
    IdentityStore::new(&paths)
        .save(&identity("alice@example.org"), Keep::PlainFile, Existing::Replace)
        .unwrap();
    assert_eq!(names(&paths.identities()).iter().filter(|name| name.starts_with(".zegel-")).count(), 0);
}

#[test]
#[ignore = "run by two_processes_at_once"]
fn records_a_hundred() {
    let log = SeenLog::new(&Paths::below(&folder()));
    let first = (0..100_u8).filter(|n| {
        let mut bytes = [0; 16];
        bytes[15] = *n;
        let carrier = Carrier { mail: None, digest: [0; 32] };
        log.record(&message(bytes), &carrier, Timestamp::from_unix(20)).unwrap() == Seen::First
    });
    println!("first {}", first.count());
}

#[test]
fn two_processes_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let start = || part("crash::records_a_hundred", dir.path()).stdout(Stdio::piped()).spawn().unwrap();
    let outputs = [start(), start(), start()].map(|child| child.wait_with_output().unwrap());
    let firsts = outputs.map(|output| {
        let text = String::from_utf8(output.stdout).unwrap();
        text.split("first ").nth(1).unwrap().split_whitespace().next().unwrap().parse::<u32>().unwrap()
    });
    assert_eq!(firsts.iter().sum::<u32>(), 100, "each was first for exactly one of {firsts:?}");
}
