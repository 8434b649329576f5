//! `zegel plan`

use clap::Args;

use crate::args::{ClassicArg, MessageArgs};
use crate::context::Context;
use crate::error::Result;

/// Show how a mail would travel to every recipient, before anything happens
///
/// Ends with code 67 when a recipient cannot be reached.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel plan mail.eml")]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    message: MessageArgs,
    #[command(flatten)]
    classic: ClassicArg,
}

/// Does what was asked.
pub(crate) fn run(args: &PlanArgs, context: &Context<'_>) -> Result<()> {
    let _ = (args, context);
    Err(crate::error::Failure::new(zegel_wire::error::Kind::Bug, "not built yet"))
}
