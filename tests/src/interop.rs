//! Other programs open what Zegel seals, and Zegel opens what they seal.

mod stock;
mod typage;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Returns the script that is an `age` with hybrid keys.
///
/// # Panics
/// When its package is not installed: a test that cannot run does not pass.
fn age_script() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(
        tests.join("node_modules/age-encryption").is_dir(),
        "the npm package age-encryption is missing: run `cargo xtask test`, or `npm ci` in tests/"
    );
    tests.join("interop/age.mjs")
}

/// Runs a program with `input` on its standard input.
fn run(command: &mut Command, input: &[u8]) -> Output {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap_or_else(
            |error| panic!("{command:?}: {error}; `cargo xtask test` installs what is missing"),
        );
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // A program that stops reading early closes the pipe; its output says what it thought.
            let _ = std::io::Write::write_all(&mut stdin, input);
        });
        child.wait_with_output().unwrap()
    })
}

/// Runs a program that must succeed and returns its standard output.
fn good(command: &mut Command, input: &[u8]) -> Vec<u8> {
    let output = run(command, input);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{errors}", output.status);
    output.stdout
}
