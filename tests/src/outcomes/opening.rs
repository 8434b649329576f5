//! `open` shows first and saves last: whatever breaks, a failed run has left, pinned and remembered nothing.

use std::fs;
use std::io::Read;
use std::process::{Command, Output, Stdio};

use zegel_testkit::zegel_binary;

use super::{Broken, run_with};
use crate::e2e::world::{World, wait_for};

/// Longer than a pipe holds, so that showing it waits for a reader.
const TEXT: usize = 300 << 10;

/// A mail with an attachment from somebody Bob does not know yet.
fn world() -> World {
    let world = World::new();
    world.write("work/note.txt", "the attachment");
    world.write("work/body.txt", "A line of the text.\n".repeat(TEXT / 20));
    let seal = ["seal", "--to", "bob@example.org", "--subject", "x", "--body-file", "body.txt"];
    let seal: Vec<&str> =
        seal.into_iter().chain(["--attach", "note.txt", "--mail", "-o", "sealed.eml"]).collect();
    world.must("stranger", &seal, b"");
    world
}

const EVERYTHING: [&str; 7] =
    ["open", "sealed.eml", "--extract", "saved", "--first-use", "--eml", "restored.eml"];

#[test]
fn what_cannot_be_shown_is_neither_saved_nor_pinned_nor_remembered() {
    let world = world();
    let before = world.listing(&[]);
    let with_json: Vec<&str> = EVERYTHING.into_iter().chain(["--json"]).collect();
    let to_stdout = ["open", "sealed.eml", "--extract", "saved", "--first-use", "--eml", "-"];
    for broken in [Broken::Full, Broken::Pipe] {
        for arguments in [&EVERYTHING[..], &with_json, &to_stdout, &["open", "sealed.eml", "--first-use"]] {
            let ran = run_with(broken, &world, "bob", arguments, b"");
            assert_eq!(ran.code, 74, "{broken:?} {arguments:?}: {}", ran.stderr);
            assert_eq!(world.listing(&[]), before, "{broken:?} {arguments:?}");
        }
    }
    let ran = world.must("bob", &EVERYTHING, b"");
    let page = String::from_utf8(ran.stdout).unwrap();
    assert!(!page.contains("Seen before"), "the runs that failed were not remembered: {page}");
    assert_eq!(fs::read(world.join("work/saved/note.txt")).unwrap(), b"the attachment");
    assert!(world.listing(&[]).keys().any(|path| path.contains("bob/state/seen")));
}

/// The reader of the pipe waits until the text is half shown; then a name is taken that was free before.
#[test]
fn a_name_taken_while_showing_takes_back_all_others_and_the_pin() {
    for json in [false, true] {
        let world = world();
        let mut arguments: Vec<String> = EVERYTHING.iter().map(|word| (*word).to_owned()).collect();
        if json {
            arguments.push("--json".to_owned());
        }
        let before = world.listing(&[]);
        let mut command = world.command("bob", &arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let mut shown = vec![0; 1];
        stdout.read_exact(&mut shown).unwrap();
        let saved = world.join("work/saved");
        wait_for("the folder of the attachments", || saved.is_dir());
        assert_eq!(fs::read_dir(&saved).unwrap().count(), 0, "nothing has its name while the text is shown");
        assert!(!world.join("work/restored.eml").exists());
        fs::write(saved.join("note.txt"), "somebody else's").unwrap();
        stdout.read_to_end(&mut shown).unwrap();
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(64), "{told}");
        assert!(told.contains("saved/note.txt exists already"), "{told}");
        if json {
            assert!(told.contains("\"event\":\"error\""), "{told}");
            assert!(
                shown.len() > TEXT && shown.iter().filter(|byte| **byte == b'\n').count() == 1,
                "one object"
            );
        }
        fs::remove_file(saved.join("note.txt")).unwrap();
        fs::remove_dir(&saved).unwrap();
        assert_eq!(world.listing(&[]), before, "nothing saved, pinned or remembered");
    }
}

/// Opens a mail where Bob's state lies on a disk that nothing can be written to.
fn open_read_only(world: &World, arguments: &[&str]) -> Option<Output> {
    let state = world.home("bob").join("state");
    fs::create_dir_all(&state).unwrap();
    let mount = "mount -t tmpfs -o ro,mode=0700 tmpfs \"$STATE\"";
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", script, "sh"]);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("STATE", &state);
        command
    };
    if !unshare(mount).output().is_ok_and(|output| output.status.success()) {
        return None;
    }
    let mut command = unshare(&format!("{mount} && unset STATE && exec \"$@\""));
    command.arg(zegel_binary()).args(arguments).envs(world.environment("bob"));
    Some(command.current_dir(world.join("work")).output().unwrap())
}

#[test]
fn a_message_that_cannot_be_remembered_is_not_shown() {
    let world = World::new();
    let seal = ["seal", "--to", "bob@example.org", "--subject", "x", "--body", "the words", "--mail"];
    world.must("alice", &seal.into_iter().chain(["-o", "sealed.eml"]).collect::<Vec<_>>(), b"");
    let eml = ["open", "sealed.eml", "--quiet", "--eml", "restored.eml"];
    let refused = open_read_only(&world, &eml)
        .expect("this test needs namespaces for mounting (`unshare --map-root-user --mount`); root has them");
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(74), "{told}");
    assert!(told.starts_with("error: this message could not be remembered"), "{told}");
    assert!(told.contains("--replayed"), "{told}");
    assert_eq!(String::from_utf8_lossy(&refused.stdout), "");
    assert!(!world.join("work/restored.eml").exists());

    let shown = open_read_only(&world, &["open", "sealed.eml", "--quiet", "--replayed"]).unwrap();
    let told = String::from_utf8_lossy(&shown.stderr).into_owned();
    assert_eq!(shown.status.code(), Some(0), "{told}");
    assert!(told.starts_with("warning: this message cannot be remembered"), "{told}");
    assert!(String::from_utf8_lossy(&shown.stdout).contains("the words"));
}
