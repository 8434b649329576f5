//! Ctrl-C and its kin: where a file cannot be staged without a name, a signal leaves nothing of it.

use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use zegel_testkit::zegel_binary;

use super::world::World;

/// Large enough that opening takes a while.
const SIZE: usize = 48 << 20;

fn world() -> World {
    let world = World::new();
    world.write("large.txt", "some words that nobody else may read\n".repeat(SIZE / 37));
    let seal = ["seal", "--to", "bob@example.org", "--subject", "x", "--body", "y"];
    let seal: Vec<&str> =
        seal.into_iter().chain(["--attach", "../large.txt", "-o", "../sealed.zegel"]).collect();
    world.must("alice", &seal, b"");
    fs::create_dir(world.join("work/out")).unwrap();
    world
}

/// Starts to open it through a shell script whose last words become the program.
fn open(world: &World, program: &str, script: &[&str]) -> Child {
    start(world, "bob", program, script, &["open", "../sealed.zegel", "--extract", "out"])
}

/// Starts the program through a shell script, as a process group of its own.
///
/// Whoever runs the tests in the background has Ctrl-C ignored, and all that is started from there: so signals are put back first.
fn start(world: &World, who: &str, program: &str, script: &[&str], arguments: &[&str]) -> Child {
    Command::new("env")
        .args(["--default-signal", program])
        .args(script)
        .arg(zegel_binary())
        .args(arguments)
        .process_group(0)
        .env_clear()
        .envs(world.environment(who))
        .env("PATH", std::env::var_os("PATH").unwrap())
        .current_dir(world.join("work"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn send(signal: &str, child: &Child) {
    send_to(signal, &child.id().to_string());
}

fn send_to(signal: &str, whom: &str) {
    let sent = Command::new("kill").args([signal, "--", whom]).stderr(Stdio::null()).status();
    sent.unwrap();
}

const NO_NAMESPACES: &str =
    "this test covers /proc and needs namespaces for it (`unshare --map-root-user --mount`); root has them";

/// What covers /proc: naming a file that was made without a name needs it, so that there is a name from the start.
const MOUNT: &str = "mount -t tmpfs tmpfs /proc";

fn can_cover() -> bool {
    let mut probe = Command::new("unshare");
    probe.args(["--map-root-user", "--mount", "sh", "-c", MOUNT]);
    probe.output().is_ok_and(|output| output.status.success())
}

fn wait_for_file(folder: &Path, child: &mut Child) -> Vec<String> {
    let began = Instant::now();
    loop {
        let found = if folder.is_dir() { names(folder) } else { Vec::new() };
        if !found.is_empty() {
            return found;
        }
        assert!(child.try_wait().unwrap().is_none(), "it ended before a file was seen: no test");
        assert!(began.elapsed() < Duration::from_secs(60), "no file was staged");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_signal_takes_named_files_along() {
    assert!(can_cover(), "{NO_NAMESPACES}");
    let world = world();
    let out = world.join("work/out");
    let script = format!("{MOUNT} && exec \"$@\"");
    for (name, signal) in [("-INT", 2), ("-TERM", 15), ("-HUP", 1), ("-QUIT", 3), ("-XCPU", 24)] {
        let mut child = open(&world, "unshare", &["--map-root-user", "--mount", "sh", "-c", &script, "sh"]);
        let staged = wait_for_file(&out, &mut child);
        assert!(
            staged.iter().all(|name| name.starts_with(".zegel-") && name.ends_with(".tmp")),
            "{staged:?}"
        );
        send(name, &child);
        let status = child.wait().unwrap();
        // Of the signal itself, and without a core: a shell must see why it ended.
        assert_eq!((status.signal(), status.core_dumped()), (Some(signal), false), "{name}: {status}");
        assert_eq!(names(&out), [""; 0], "{name}");
    }
    // Left alone it opens.
    let child = open(&world, "unshare", &["--map-root-user", "--mount", "sh", "-c", &script, "sh"]);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(names(&out), ["large.txt"]);
}

/// A shell goes on with its loop when the program ends with a code, also with 130: it must die of the signal.
#[test]
fn ctrl_c_stops_a_loop_of_the_shell() {
    assert!(can_cover(), "{NO_NAMESPACES}");
    let world = world();
    let out = world.join("work/out");
    let script = format!("{MOUNT} && for n in 1 2 3; do \"$@\"; echo $? >> ../went-on; done; true");
    // On a quick computer the program may end by itself before the signal comes; then the shell rightly goes on. With an exit code
    // of 130 in place of the signal it would go on each time.
    let mut went_on = String::new();
    for _ in 0..10 {
        let mut child =
            open(&world, "unshare", &["--map-root-user", "--mount", "bash", "-c", &script, "bash"]);
        wait_for_file(&out, &mut child);
        // As the terminal does it: to the shell and to what it runs.
        send_to("-INT", &format!("-{}", child.id()));
        let ended = child.wait().unwrap().signal();
        went_on = fs::read_to_string(world.join("went-on")).unwrap_or_default();
        if ended == Some(2) && went_on.is_empty() {
            assert_eq!(names(&out), [""; 0]);
            return;
        }
        fs::remove_dir_all(&out).unwrap();
        fs::create_dir(&out).unwrap();
        let _ = fs::remove_file(world.join("went-on"));
    }
    panic!("the shell never stopped its loop; the last codes were {went_on:?}");
}

/// A file that may not grow any further is like a full disk: an error with its reason, and nothing stays.
#[test]
fn a_limit_of_the_file_size_is_an_ordinary_error() {
    let world = world();
    let limited = "ulimit -f 4096 && exec \"$@\"";
    let output = open(&world, "bash", &["-c", limited, "bash"]).wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(74), "{}: {told}", output.status);
    assert!(told.starts_with("error: "), "{told}");
    assert_eq!(names(&world.join("work/out")), [""; 0]);
}

#[test]
fn a_signal_takes_mails_along_that_were_not_delivered() {
    let world = World::new();
    world.write("work/large.bin", vec![7; 12 << 20]);
    let mut arguments = vec!["send", "--subject", "x", "--body", "y", "--attach", "large.bin"];
    for address in ["bob@example.org", "carol@example.net", "günther@example.org"] {
        arguments.extend(["--bcc", address]);
    }
    arguments.extend(["--output", "maildir:box"]);
    let mut child = start(&world, "alice", "env", &[], &arguments);
    wait_for_file(&world.join("work/box/tmp"), &mut child);
    send("-TERM", &child);
    assert_eq!(child.wait().unwrap().signal(), Some(15));
    for folder in ["tmp", "new", "cur"] {
        assert_eq!(names(&world.join("work/box").join(folder)), [""; 0], "{folder}");
    }
}

/// While one mail is written to a file there is nothing a signal could leave behind.
#[test]
fn a_mail_for_a_file_has_no_name_before_it_is_whole() {
    let world = World::new();
    world.write("large.bin", vec![7; 12 << 20]);
    fs::create_dir(world.join("work/box")).unwrap();
    let arguments =
        ["send", "--to", "bob@example.org", "--subject", "x", "--body", "y", "--attach", "../large.bin"];
    let arguments: Vec<&str> = arguments.into_iter().chain(["--output", "box/mail.eml"]).collect();
    let mut child = start(&world, "alice", "env", &[], &arguments);
    while child.try_wait().unwrap().is_none() {
        let seen = names(&world.join("work/box"));
        assert!(seen.iter().all(|name| name == "mail.eml"), "{seen:?}");
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(names(&world.join("work/box")), ["mail.eml"]);
}

#[test]
fn what_was_ignored_stays_ignored() {
    let world = world();
    // As nohup does it.
    let mut child = open(&world, "sh", &["-c", "trap '' HUP && : > ../ready && exec \"$@\"", "sh"]);
    while !world.join("ready").exists() {
        assert!(child.try_wait().unwrap().is_none(), "the shell ended before it ignored anything");
        std::thread::sleep(Duration::from_millis(1));
    }
    let mut sent = 0;
    while child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(5));
        send("-HUP", &child);
        sent += 1;
    }
    let output = child.wait_with_output().unwrap();
    assert!(sent > 3, "it ended before anything was sent: no test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(names(&world.join("work/out")), ["large.txt"]);
}
