//! `zegel completions`

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::args::Cli;
use crate::context::Context;
use crate::error::Result;

/// Print the completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel completions bash > ~/.local/share/bash-completion/completions/zegel")]
pub(crate) struct CompletionsArgs {
    /// Name the shell
    shell: Shell,
}

/// Prints the script.
pub(crate) fn run(args: &CompletionsArgs, context: &Context<'_>) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "zegel", &mut script);
    context.ui.data(&script)
}
