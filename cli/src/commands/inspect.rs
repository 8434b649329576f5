//! `zegel inspect`

use std::path::PathBuf;

use clap::Args;

use crate::context::Context;
use crate::error::Result;

/// Show what anyone can see of a sealed mail without a key
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel inspect sealed.eml")]
pub(crate) struct InspectArgs {
    /// Look at this mail or container; `-` is standard input
    #[arg(value_name = "FILE")]
    message: PathBuf,
}

/// Does what was asked.
pub(crate) fn run(args: &InspectArgs, context: &Context<'_>) -> Result<()> {
    let _ = (args, context);
    Err(crate::error::Failure::new(zegel_wire::error::Kind::Bug, "not built yet"))
}
