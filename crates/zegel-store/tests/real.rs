//! Tests that need other processes: kills, a full disk, a real keyring.
//!
//! The test binary runs itself again for the part that is to be killed, or that needs another environment; those parts
//! are marked as ignored so that they run only then.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests"
)]

#[path = "real/crash.rs"]
mod crash;
#[path = "real/full.rs"]
mod full;
#[path = "real/keyring.rs"]
mod keyring;

use std::path::Path;
use std::process::Command;

use rand_core::OsRng;
use zegel_core::Timestamp;
use zegel_core::identity::Identity;

/// The variable that tells a part where to work.
const FOLDER: &str = "REAL_FOLDER";

/// Prepares to run one part of this binary in a process of its own.
fn part(name: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", name, "--nocapture", "--test-threads=1"]).env(FOLDER, folder);
    command
}

/// Returns the folder this part works in.
fn folder() -> std::path::PathBuf {
    std::env::var_os(FOLDER).expect("a part is run by its test, not by hand").into()
}

fn identity(address: &str) -> Identity {
    Identity::make(address.parse().unwrap(), "Alice", Timestamp::from_unix(10), 100, &mut OsRng).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != ".lock")
        .collect();
    names.sort();
    names
}
