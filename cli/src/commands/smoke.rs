//! `zegel smoke`

use std::path::PathBuf;

use clap::Args;

use crate::context::Context;
use crate::error::Result;

/// Prove the whole chain from key to opened mail, step by step
///
/// With --embedded, throw-away people write to each other through a mail server inside the program. Otherwise the
/// account sends a sealed mail to its own address.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel smoke --embedded --json --junit smoke.xml")]
pub(crate) struct SmokeArgs {
    /// Use throw-away identities and a mail server inside the program
    #[arg(long)]
    embedded: bool,
    /// Write a JUnit report to this file
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// Does what was asked.
pub(crate) fn run(args: &SmokeArgs, context: &Context<'_>) -> Result<()> {
    let _ = (args, context);
    Err(crate::error::Failure::new(zegel_wire::error::Kind::Bug, "not built yet"))
}
