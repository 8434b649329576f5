//! `zegel seal`

use std::path::PathBuf;

use clap::Args;

use crate::args::{ClassicArg, ForceArg, MessageArgs};
use crate::context::Context;
use crate::error::Result;

/// Seal a mail into a file, without sending it
///
/// Writes the bare container, or with --mail a whole mail that carries it. A blind-copied person gets a file of their
/// own, so a message with blind copies needs --out-dir.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel seal mail.eml --mail -o sealed.eml")]
pub(crate) struct SealArgs {
    #[command(flatten)]
    message: MessageArgs,
    /// Write to this file; `-` is standard output
    #[arg(long, short, value_name = "FILE", conflicts_with = "out_dir")]
    output: Option<PathBuf>,
    /// Write to this folder, one file for the visible recipients and one for each blind copy
    #[arg(long, value_name = "DIR")]
    out_dir: Option<PathBuf>,
    /// Write mails ready to be submitted, in place of bare containers
    #[arg(long)]
    mail: bool,
    #[command(flatten)]
    classic: ClassicArg,
    #[command(flatten)]
    force: ForceArg,
}

/// Does what was asked.
pub(crate) fn run(args: &SealArgs, context: &Context<'_>) -> Result<()> {
    let _ = (args, context);
    Err(crate::error::Failure::new(zegel_wire::error::Kind::Bug, "not built yet"))
}
