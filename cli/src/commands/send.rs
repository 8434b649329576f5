//! `zegel send`

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use zegel_core::Address;

use crate::args::{AcceptArgs, ClassicArg, ForceArg, MessageArgs};
use crate::context::Context;
use crate::delivering::{Server, Way, account, deliver, page};
use crate::error::{Failure, Result};
use crate::outputs;
use crate::sealing::Planning;

/// Seal a mail and send it
///
/// Sends to every recipient or to none: a recipient without a key makes the whole command refuse, before a server is asked.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: zegel send --to bob@example.org --subject Report --body-file report.txt --attach report.pdf"
)]
pub(crate) struct SendArgs {
    #[command(flatten)]
    message: MessageArgs,
    #[command(flatten)]
    accept: AcceptArgs,
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

/// Seals and hands over; finds out first whether it can.
pub(crate) fn run(args: &SendArgs, context: &Context<'_>) -> Result<()> {
    let judged = Planning::make(&args.message, args.classic.classic(), context)?
        .clear(&args.accept.acceptances()?, context)?;
    let way = way(args, &judged.from, context)?;
    let data_on_stdout = matches!(way, Way::Stdout);
    let report = deliver(judged.unlock(context)?, way, context)?;
    if args.dry_run && context.ui.is_json() {
        // Nothing was done: the report is all there is, and without it the command has failed.
        return context.ui.report(&report, || page(&report));
    }
    if !data_on_stdout {
        context.ui.outcome(&report, || page(&report));
    }
    Ok(())
}

fn way(args: &SendArgs, from: &Address, context: &Context<'_>) -> Result<Way> {
    match &args.output {
        _ if args.dry_run => Ok(Way::DryRun),
        None => Ok(Way::Server(Box::new(Server::of(&account(from, context)?, context)?))),
        Some(Target::Maildir(folder)) => Ok(Way::Maildir(folder.clone())),
        Some(Target::Stdout) if context.ui.is_json() => {
            Err(Failure::usage("standard output cannot carry both the report and the mail")
                .hint("name a file: --output FILE"))
        }
        Some(Target::Stdout) => Ok(Way::Stdout),
        Some(Target::File(path)) => {
            outputs::check(path, args.message.inputs(), args.force.overwrite())?;
            Ok(Way::File(path.clone(), args.force.overwrite()))
        }
    }
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
