//! `zegel send`

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use crate::args::{ClassicArg, ForceArg, MessageArgs};
use crate::context::Context;
use crate::error::Result;

/// Seal a mail and send it
///
/// Sends to every recipient or to none: a recipient without a key makes the whole command refuse, before a server is asked.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel send --to bob@example.org --subject Report --body-file report.txt --attach report.pdf")]
pub(crate) struct SendArgs {
    #[command(flatten)]
    message: MessageArgs,
    #[command(flatten)]
    classic: ClassicArg,
    /// Seal and report, but hand nothing over
    #[arg(long)]
    dry_run: bool,
    /// Hand over to a file, to `maildir:DIR` or to `-` (standard output), in place of the mail server
    #[arg(long, value_name = "TARGET", conflicts_with = "dry_run")]
    output: Option<Target>,
    #[command(flatten)]
    force: ForceArg,
}

/// Does what was asked.
pub(crate) fn run(args: &SendArgs, context: &Context<'_>) -> Result<()> {
    let _ = (args, context);
    Err(crate::error::Failure::new(zegel_wire::error::Kind::Bug, "not built yet"))
}

/// Where sealed mails go in place of the mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// To a file.
    File(PathBuf),
    /// To a Maildir.
    Maildir(PathBuf),
    /// To standard output.
    Stdout,
}

impl FromStr for Target {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text.strip_prefix("maildir:") {
            Some("") | None if text.is_empty() || text == "maildir:" => Err("name a file, maildir:DIR or -"),
            Some(folder) => Ok(Self::Maildir(PathBuf::from(folder))),
            None if text == "-" => Ok(Self::Stdout),
            None => Ok(Self::File(PathBuf::from(text))),
        }
    }
}
