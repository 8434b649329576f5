//! The portal's page (`crates/zegel-server/web`): its build is committed, so that the server needs no Node to be built.

use crate::fail::Failure;
use crate::shell;
use crate::steps::Outcome;
use crate::test::Amount;
use crate::tools::{self, Set};

const FOLDER: &str = "crates/zegel-server/web";

/// Checks the types of the page, builds it again and compares with what is committed (T19: what is served is what the
/// sources give).
///
/// # Errors
/// When the packages cannot be installed, or something differs.
pub(crate) fn check() -> Result<Outcome, Failure> {
    install()?;
    node(&["node_modules/typescript/bin/tsc", "--noEmit"])?;
    node(&["build.mjs", "--check"])?;
    Ok(Outcome::Good)
}

/// Runs the tests of the page's formats against the vectors.
///
/// # Errors
/// When one fails.
pub(crate) fn test() -> Result<Outcome, Failure> {
    install()?;
    node(&["test.mjs"])?;
    Ok(Outcome::Good)
}

/// Runs the page in Chromium against the server that was built: reading, answering, trouble, hostile mails.
///
/// # Errors
/// When a test fails.
pub(crate) fn browse(amount: Amount) -> Result<Outcome, Failure> {
    install()?;
    tools::npm("tests")?;
    let mut run = shell::command("node");
    run.arg("tests/portal/run.mjs").env("ZEGEL_SERVER", shell::target().join("debug/zegel-server"));
    if amount == Amount::Full {
        run.env("ZEGEL_TEST_FULL", "1");
    }
    shell::run(&mut run)?;
    Ok(Outcome::Good)
}

fn install() -> Result<(), Failure> {
    tools::install(Set::Web)?;
    tools::npm(FOLDER).map(|_| ())
}

fn node(arguments: &[&str]) -> Result<(), Failure> {
    shell::run(shell::command("node").args(arguments).current_dir(shell::root().join(FOLDER)))
}
