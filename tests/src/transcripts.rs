//! Transcripts: what the program prints, writes and sends, word for word.
//!
//! `tests/transcripts/README.md` explains the files. `ZEGEL_TEST_BLESS=1` rewrites what they expect; read the difference
//! before it is committed. `ZEGEL_TEST_ONLY=part-of-a-name` runs some of them.

mod file;
mod normal;
mod play;
mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use self::file::Transcript;

#[test]
fn the_program_says_and_does_what_the_transcripts_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("transcripts");
    let bless = std::env::var_os("ZEGEL_TEST_BLESS").is_some_and(|value| value == "1");
    let only = std::env::var("ZEGEL_TEST_ONLY").unwrap_or_default();
    let mut paths = Vec::new();
    list(&folder, &mut paths);
    paths.sort();
    paths.retain(|path| path.to_str().unwrap().contains(&only));
    assert!(!paths.is_empty(), "there is no transcript of that name");
    let faults = Mutex::new(Vec::new());
    let next = Mutex::new(paths.iter());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(path) = next.lock().unwrap().next() else { break };
                    let outcome = std::panic::catch_unwind(|| check(path, bless));
                    let fault = outcome.unwrap_or_else(|_| Some("panicked; see above".to_owned()));
                    if let Some(fault) = fault {
                        faults.lock().unwrap().push(format!("{}:\n{fault}", path.display()));
                    }
                }
            });
        }
    });
    server::end();
    let faults = faults.into_inner().unwrap();
    println!("{} transcripts", paths.len());
    assert!(faults.is_empty(), "{} of {} differ\n\n{}", faults.len(), paths.len(), faults.join("\n"));
}

fn list(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "txt") {
            found.push(path);
        }
    }
}

/// Plays one and compares; says what differs.
fn check(path: &Path, bless: bool) -> Option<String> {
    let text = fs::read_to_string(path).unwrap();
    let before = Transcript::parse(&text);
    let (after, broken) = play::play(&before);
    let now = after.to_text();
    if bless && now != text {
        fs::write(path, &now).unwrap();
    }
    let mut fault = broken.join("\n");
    if !bless && now != text {
        fault.push_str(&difference(&text, &now));
    }
    (!fault.is_empty()).then_some(fault)
}

/// Shows the lines that differ.
fn difference(before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - same;
    let tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let mut out = format!("  line {}:\n", same + 1);
    old[same..old.len() - tail].iter().for_each(|line| out.push_str(&format!("  - {line}\n")));
    new[same..new.len() - tail].iter().for_each(|line| out.push_str(&format!("  + {line}\n")));
    out
}
