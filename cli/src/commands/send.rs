//! `zegel send`

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use crate::args::{AcceptArgs, ClassicArg, ForceArg, MessageArgs};
use crate::context::Context;
use crate::delivering::{Server, Way, account, deliver, page};
use crate::error::{Failure, Result};
use crate::guests::GuestArgs;
use crate::outputs;
use crate::sealing::{Judged, Planning};
use crate::server::Own;

/// Seal a mail and send it
///
/// Sends to every recipient or to none: a recipient without a key, and without a way to prove who they are, makes the whole command
/// refuse, before a server is asked.
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
    #[command(flatten)]
    guests: GuestArgs,
}

/// Seals and hands over; finds out first whether it can.
pub(crate) fn run(args: &SendArgs, context: &Context<'_>) -> Result<()> {
    let planning = Planning::make(&args.message, args.classic.classic(), context)?;
    let offers = args.guests.offers(planning.draft(), context)?;
    let judged = planning.offer_guests(offers.as_ref()).clear(&args.accept.acceptances()?, context)?;
    let way = way(args, &judged, context)?;
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

fn way(args: &SendArgs, judged: &Judged, context: &Context<'_>) -> Result<Way> {
    let from = &judged.from;
    match &args.output {
        _ if args.dry_run => Ok(Way::DryRun),
        None => {
            let server = Server::of(&account(from, context)?, context)?;
            let server =
                if judged.has_guests() { server.with_guests(Own::of(from, context)?) } else { server };
            Ok(Way::Server(Box::new(server)))
        }
        Some(_) if judged.has_guests() => Err(Failure::usage(
            "a message for a recipient without a key goes through the server, not to a file",
        )
        .hint("leave out --output")),
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
