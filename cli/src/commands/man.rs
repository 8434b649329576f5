//! `zegel man`: hidden, for packagers.

use std::fs;
use std::path::PathBuf;

use clap::{Args, CommandFactory};

use crate::args::Cli;
use crate::context::Context;
use crate::error::{Failure, Result};

/// Write the manual pages to a folder
#[derive(Debug, Args)]
#[command(hide = true, after_help = "Example: zegel man target/man1")]
pub(crate) struct ManArgs {
    /// Write the pages to this folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Writes one page for the program and one for each command.
pub(crate) fn run(args: &ManArgs, context: &Context<'_>) -> Result<()> {
    fs::create_dir_all(&args.folder)
        .map_err(|error| Failure::io(format!("cannot make the folder {}", args.folder.display()), &error))?;
    clap_mangen::generate_to(Cli::command(), &args.folder)
        .map_err(|error| Failure::io(format!("cannot write to {}", args.folder.display()), &error))?;
    context.ui.status(&format!("manual pages written to {}", args.folder.display()));
    Ok(())
}
