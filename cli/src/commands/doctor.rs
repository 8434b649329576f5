//! `zegel doctor`

use clap::Args;

use crate::context::Context;
use crate::error::Result;

/// Explain the setup and find what is wrong with it
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel doctor --fix --online")]
pub(crate) struct DoctorArgs {
    /// Repair what can be repaired without asking: folders and permissions
    #[arg(long)]
    fix: bool,
    /// Also connect to the mail server
    #[arg(long)]
    online: bool,
}

/// Does what was asked.
pub(crate) fn run(args: &DoctorArgs, context: &Context<'_>) -> Result<()> {
    let _ = (args, context);
    Err(crate::error::Failure::new(zegel_wire::error::Kind::Bug, "not built yet"))
}
