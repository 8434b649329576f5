//! Ctrl-C and its kin: where a file cannot be staged without a name, a signal leaves nothing of it.

use std::fs;
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
    Command::new(program)
        .args(script)
        .arg(zegel_binary())
        .args(["open", "../sealed.zegel", "--extract", "out"])
        .env_clear()
        .envs(world.environment("bob"))
        .env("PATH", std::env::var_os("PATH").unwrap())
        .current_dir(world.join("work"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).stderr(Stdio::null()).status();
    sent.unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_signal_takes_named_files_along() {
    // Naming a file that was made without a name needs /proc: without it there is a name from the start.
    let mount = "mount -t tmpfs tmpfs /proc";
    let mut probe = Command::new("unshare");
    probe.args(["--map-root-user", "--mount", "sh", "-c", mount]);
    if !probe.output().is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: /proc cannot be covered here (no namespaces for mounting)");
        return;
    }
    let world = world();
    let out = world.join("work/out");
    let script = format!("{mount} && exec \"$@\"");
    for (signal, code) in [("-INT", 130), ("-TERM", 143), ("-HUP", 129)] {
        let mut child = open(&world, "unshare", &["--map-root-user", "--mount", "sh", "-c", &script, "sh"]);
        let began = Instant::now();
        while names(&out).is_empty() {
            assert!(child.try_wait().unwrap().is_none(), "it ended before a file was seen: no test");
            assert!(began.elapsed() < Duration::from_secs(60), "no file was staged");
            std::thread::sleep(Duration::from_millis(1));
        }
        let staged = names(&out);
        assert!(
            staged.iter().all(|name| name.starts_with(".zegel-") && name.ends_with(".tmp")),
            "{staged:?}"
        );
        send(signal, &child);
        assert_eq!(child.wait().unwrap().code(), Some(code), "{signal}");
        assert_eq!(names(&out), [""; 0], "{signal}");
    }
    // Left alone it opens.
    let child = open(&world, "unshare", &["--map-root-user", "--mount", "sh", "-c", &script, "sh"]);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(names(&out), ["large.txt"]);
}

#[test]
fn what_was_ignored_stays_ignored() {
    let world = world();
    // As nohup does it.
    let mut child = open(&world, "sh", &["-c", "trap '' HUP && exec \"$@\"", "sh"]);
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
