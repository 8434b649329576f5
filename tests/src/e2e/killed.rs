//! Programs that are killed at any moment leave no plaintext behind.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::is_full;
use super::random::Rng;
use super::search::{Secret, find};
use super::world::World;

const WORD: &str = "geheim-dat-blijft-Rw4t8Kx2";
/// Large enough that a program is at work for a while: half travels apart.
const SIZE: usize = 6 << 20;

#[test]
fn a_killed_program_leaves_no_plaintext() {
    let kills = if is_full() { 300 } else { 30 };
    let world = World::new();
    let line = format!("{WORD} {}\n", "x".repeat(80));
    world.write("secret/large.txt", line.repeat(SIZE / line.len()));
    let compose = [
        "--to",
        "bob@example.org",
        "--subject",
        WORD,
        "--body-file",
        "../secret/large.txt",
        "--attach",
        "../secret/large.txt",
    ];
    let seal: Vec<&str> =
        ["seal"].into_iter().chain(compose).chain(["--mail", "-o", "../secret/sealed.eml"]).collect();
    world.must("alice", &seal, b"");
    let runs: [(&str, Vec<&str>); 5] = [
        ("alice", ["seal"].into_iter().chain(compose).chain(["-o", "out.zegel", "--force"]).collect()),
        ("alice", ["send"].into_iter().chain(compose).chain(["--output", "out.eml", "--force"]).collect()),
        ("bob", vec!["open", "../secret/sealed.eml"]),
        ("bob", vec!["open", "../secret/sealed.eml", "--eml", "out/restored.eml", "--force"]),
        ("bob", vec!["open", "../secret/sealed.eml", "--extract", "out/saved", "--force"]),
    ];
    let secret = [Secret::new("plaintext", WORD.as_bytes())];
    // How long each takes when left alone, to spread the kills over all of it.
    let mut spans: Vec<Duration> = runs
        .iter()
        .map(|(who, arguments)| {
            fs::create_dir_all(world.join("work/out")).unwrap();
            let began = Instant::now();
            world.must(who, arguments, b"");
            began.elapsed()
        })
        .collect();
    let mut rng = Rng::new(9);
    let (mut early, mut late) = (0, 0);
    // Only kills that came in time count.
    for number in 0.. {
        if early == kills {
            break;
        }
        assert!(number < 6 * kills, "only {early} of {number} kills came in time");
        let at = number % runs.len();
        let (who, arguments) = &runs[at];
        clear(&world.join("work"));
        fs::create_dir_all(world.join("work/out")).unwrap();
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let mut command = world.command(who, &arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(spans[at].mul_f64(rng.below(1000) as f64 / 1000.0));
        let _ = child.kill();
        let finished = child.wait().unwrap().success();
        if finished {
            late += 1;
            // The machine is less busy now than when this was measured.
            spans[at] = spans[at].mul_f64(0.8);
        } else {
            early += 1;
        }
        let leaks = plaintext(world.root(), &secret);
        // What was restored or saved whole, and verified, is what was asked for: then it has its final name.
        let asked = |path: &String| {
            path.ends_with("work/out/restored.eml") || path.ends_with("work/out/saved/large.txt")
        };
        let leaks: Vec<&String> = leaks.iter().filter(|path| !asked(path)).collect();
        assert!(leaks.is_empty(), "kill {number} of {arguments:?} left plaintext in {leaks:?}");
        for path in [world.join("work/out/restored.eml"), world.join("work/out/saved/large.txt")] {
            let length = path.metadata().map_or(0, |meta| usize::try_from(meta.len()).unwrap());
            assert!(
                length == 0 || length > SIZE - 200,
                "{} is a half file of {length} bytes",
                path.display()
            );
        }
    }
    println!("{kills} kills: {early} in the middle, {late} after the end; no plaintext, no half files");

    // The search finds a planted one.
    clear(&world.join("work"));
    world.write("tmp/.tmpX", format!("...{WORD}"));
    assert_eq!(plaintext(world.root(), &secret).len(), 1);
}

fn clear(folder: &Path) {
    fs::remove_dir_all(folder).unwrap();
    fs::create_dir(folder).unwrap();
}

/// Returns the files below a folder that hold the secret, but for those put there by the test.
fn plaintext(root: &Path, secret: &[Secret]) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("secret") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = fs::read(&path).unwrap_or_default();
            // A megabyte from each end is enough to see what kind of file it is.
            let start = &bytes[..bytes.len().min(1 << 18)];
            let end = &bytes[bytes.len().saturating_sub(1 << 18)..];
            if !find(start, secret).is_empty() || !find(end, secret).is_empty() {
                found.push(path.display().to_string());
            }
        }
    }
    found
}
