//! `zegel open`

use std::path::PathBuf;

use clap::Args;

use crate::args::ForceArg;
use crate::context::Context;
use crate::error::Result;

/// Open a sealed mail, verify it and show it
///
/// Nothing is shown, saved or remembered before the whole message has been verified.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel open sealed.eml --extract attachments")]
pub(crate) struct OpenArgs {
    /// Open this mail or container; `-` is standard input
    #[arg(value_name = "FILE")]
    message: PathBuf,
    /// Save the attachments to this folder
    #[arg(long, value_name = "DIR")]
    extract: Option<PathBuf>,
    /// Restore the mail as it was before sealing to this file; `-` is standard output
    #[arg(long, value_name = "FILE")]
    eml: Option<PathBuf>,
    /// Accept and remember the key of a sender who is not known yet
    #[arg(long)]
    first_use: bool,
    #[command(flatten)]
    force: ForceArg,
}

/// Does what was asked.
pub(crate) fn run(args: &OpenArgs, context: &Context<'_>) -> Result<()> {
    let _ = (args, context);
    Err(crate::error::Failure::new(zegel_wire::error::Kind::Bug, "not built yet"))
}
