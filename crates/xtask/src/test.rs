//! `cargo xtask test`: everything a change must pass.

use crate::check;
use crate::fail::Failure;
use crate::shell;
use crate::steps::{Outcome, Steps};
use crate::tools::{self, Set};
use crate::wasm;
use crate::web;

/// How much the tests do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Amount {
    /// The big counts of the acceptance bars.
    Full,
    /// Enough for every commit.
    Usual,
}

/// Installs what is missing, then checks, builds and tests.
///
/// # Errors
/// When a step fails; all steps that can still run do so first.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let amount = match arguments {
        [] => Amount::Usual,
        [only] if only == "--full" => Amount::Full,
        _ => return Err(Failure::usage(format!("test does not know {arguments:?}"))),
    };
    let mut steps = Steps::default();
    let ready = steps.run("install Debian packages", || tools::install(Set::Test))
        & steps.run("install npm packages", || tools::npm("tests"));
    if !ready {
        return steps.finish();
    }
    check::all(&mut steps);
    // Everything at once, so that `cargo test` finds the same features and builds nothing again; the tests run
    // `zegel` from the folder they lie in themselves.
    let built = steps.run("build everything", || {
        shell::run(shell::cargo().args(["build", "--workspace", "--all-targets", "--locked"]))?;
        Ok(Outcome::Good)
    });
    if built {
        steps.run("cargo test --workspace", || {
            let mut tests = shell::cargo();
            tests.args(["test", "--workspace", "--no-fail-fast", "--locked"]);
            if amount == Amount::Full {
                tests.env("ZEGEL_TEST_FULL", "1");
            }
            shell::run(&mut tests)?;
            Ok(Outcome::Good)
        });
    }
    if built {
        steps.run("portal in Chromium", || web::browse(amount));
    }
    steps.run("wasm round trip under Node", || wasm::round_trip().map(|()| Outcome::Good));
    steps.run("portal: formats", web::test);
    steps.run("fuzz corpus", fuzz_corpus);
    steps.finish()
}

/// Replays the stored fuzz inputs through the fuzz targets, built as ordinary programs.
fn fuzz_corpus() -> Result<Outcome, Failure> {
    let manifest = shell::root().join("tests/fuzz/Cargo.toml");
    if !manifest.is_file() {
        return Ok(Outcome::Remark("there are no fuzz targets yet".to_owned()));
    }
    shell::run(
        shell::cargo()
            .args(["test", "--quiet", "--locked", "--manifest-path"])
            .arg(&manifest)
            .env("CARGO_TARGET_DIR", shell::target().join("fuzz")),
    )?;
    Ok(Outcome::Good)
}
