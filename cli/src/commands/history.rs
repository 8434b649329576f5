//! `zegel history`

mod mbox;
mod source;

use std::collections::BTreeSet;

use clap::{Args, Subcommand};
use zegel_core::mime::Correspondence;
use zegel_core::{Address, Mailbox, Timestamp};
use zegel_store::HistoryFile;
use zegel_store::history::SentMail;
use zegel_wire::error::Kind;
use zegel_wire::report::{HistoryForgottenView, HistoryImportView, HistoryView, MailOutcome, SendReport};

use self::source::Source;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::keys;
use crate::text;
use crate::ui::{Page, Tone};

/// Mails that are counted at a time: few enough that nobody waits for the lock, many enough to be quick.
const BATCH: usize = 1_000;

/// What can be done with the history.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Import(ImportArgs),
    Show(ShowArgs),
    Forget(ForgetArgs),
}

/// Learn from mail you sent before whom you write to
///
/// Only mails from your own addresses count: those of your accounts and identities, and those named with --own. Of each
/// mail From, To, Cc, Bcc, Date and Message-ID are read. What is kept are counts and hashes with a key of this computer,
/// no address, name or domain; a mail that was counted before is not counted again.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel history import maildir:~/Mail/Sent")]
pub(crate) struct ImportArgs {
    /// Read the mails here: `maildir:DIR`, `mbox:FILE`, or `imap:FOLDER` of the account's server for sent mail
    #[arg(value_name = "SOURCE")]
    source: Source,
    /// Count mails from this address as your own as well
    #[arg(long, value_name = "ADDRESS")]
    own: Vec<Address>,
}

/// Show how much is remembered: counts, since nothing else is
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel history show")]
pub(crate) struct ShowArgs {}

/// Forget an address, or everything
///
/// Removes what is remembered of an address: how often and when, under which names, and whom it was on a mail with. The
/// file is written anew without it.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel history forget bob@example.org")]
pub(crate) struct ForgetArgs {
    /// Forget this address
    #[arg(value_name = "ADDRESS", required_unless_present = "all", conflicts_with = "all")]
    address: Option<Address>,
    /// Forget everybody, also when the history is damaged
    #[arg(long)]
    all: bool,
}

/// Does what was asked.
pub(crate) fn run(command: Command, context: &Context<'_>) -> Result<()> {
    match command {
        Command::Import(args) => import(&args, context),
        Command::Show(ShowArgs {}) => show(context),
        Command::Forget(args) => forget(&args, context),
    }
}

/// Counts a mail that was sent. It is out: what goes wrong here is a warning and nothing more.
pub(crate) fn remember(report: &SendReport, context: &Context<'_>) {
    let sent: BTreeSet<&str> = report
        .mails
        .iter()
        .filter(|mail| mail.outcome == MailOutcome::Sent)
        .flat_map(|mail| mail.recipients.iter().map(String::as_str))
        .collect();
    // What one sends to oneself, as a copy or a trial, says nothing about others.
    let others = |address: &str| sent.contains(address) && address != report.from;
    let to = report.recipients.iter().filter(|recipient| others(&recipient.address));
    let to: Vec<Mailbox> = to
        .filter_map(|recipient| {
            Some(Mailbox { address: recipient.address.parse().ok()?, name: recipient.name.clone() })
        })
        .collect();
    if to.is_empty() {
        return;
    }
    let id = report.mails.first().map(|mail| mail.internet_message_id.clone());
    let mail = SentMail { at: context.now(), id, to };
    let kept = file(context).and_then(|file| Ok(file.record(&mail.as_mail(), &mut context.rng())?));
    if let Err(failure) = kept {
        context.ui.warning(&format!(
            "the mail was sent, but its recipients were not remembered: {}",
            failure.sentence()
        ));
    }
}

fn file(context: &Context<'_>) -> Result<HistoryFile> {
    Ok(HistoryFile::new(context.paths()?))
}

fn import(args: &ImportArgs, context: &Context<'_>) -> Result<()> {
    let mut own: BTreeSet<Address> = args.own.iter().cloned().collect();
    own.extend(context.config()?.accounts().values().map(|account| account.address().clone()));
    own.extend(keys::store(context)?.list()?.into_iter().map(|kept| kept.card.address().clone()));
    if own.is_empty() {
        return Err(Failure::new(Kind::NoAccount, "no address is known to be your own")
            .hint("name it: --own ADDRESS, or set up an account: zegel account add"));
    }
    let mut importing = Importing {
        own,
        file: file(context)?,
        waiting: Vec::new(),
        now: context.now(),
        view: HistoryImportView {
            source: args.source.to_string(),
            read: 0,
            counted: 0,
            again: 0,
            not_own: 0,
            unreadable: 0,
        },
        context,
    };
    args.source.read(context, &mut |header| importing.take(header))?;
    importing.flush()?;
    let view = importing.view;
    context.ui.report(&view, || {
        let mut page = Page::new();
        let counted = usize::try_from(view.counted).unwrap_or(usize::MAX);
        page.heading(format!("Counted {} of {}", text::count(counted, "mail"), view.source), Tone::Good);
        page.field("Read", view.read.to_string());
        for (label, count) in
            [("Known before", view.again), ("Not your own", view.not_own), ("Unreadable", view.unreadable)]
        {
            page.maybe(label, (count > 0).then(|| count.to_string()));
        }
        page
    })
}

/// Mails on their way into the history.
struct Importing<'a> {
    own: BTreeSet<Address>,
    file: HistoryFile,
    waiting: Vec<SentMail>,
    now: Timestamp,
    view: HistoryImportView,
    context: &'a Context<'a>,
}

impl Importing<'_> {
    fn take(&mut self, header: &[u8]) -> Result<()> {
        self.view.read += 1;
        let Ok(mail) = Correspondence::read(header) else {
            self.view.unreadable += 1;
            return Ok(());
        };
        let [from] = mail.from.as_slice() else {
            self.view.unreadable += 1;
            return Ok(());
        };
        let mut to = mail.recipients();
        to.retain(|mailbox| mailbox.address != from.address);
        if !self.own.contains(&from.address) || to.is_empty() {
            self.view.not_own += 1;
            return Ok(());
        }
        // A date to come would keep its mail the latest for ever; without one it is the oldest.
        let at = mail.date.unwrap_or(Timestamp::from_unix(0)).min(self.now);
        self.waiting.push(SentMail { at, id: mail.message_id, to });
        if self.waiting.len() < BATCH { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let counted = damage_hint(self.file.import(&self.waiting, &mut self.context.rng()))?;
        self.view.counted += counted as u64;
        self.view.again += (self.waiting.len() - counted) as u64;
        self.waiting.clear();
        Ok(())
    }
}

fn show(context: &Context<'_>) -> Result<()> {
    let counts = damage_hint(file(context)?.load())?.counts();
    let view = HistoryView {
        mails: counts.mails,
        people: counts.people as u64,
        domains: counts.domains as u64,
        pairs: counts.pairs as u64,
    };
    context.ui.report(&view, || {
        let mut page = Page::new();
        if view.mails == 0 && view.people == 0 {
            page.line("Nothing is remembered yet.");
            page.note("Learn from mail sent before: zegel history import SOURCE", Tone::Note);
            return page;
        }
        page.heading("Remembered on this computer, without names", Tone::Plain);
        page.field("Mails", view.mails.to_string());
        page.field("People", view.people.to_string());
        page.field("Domains", view.domains.to_string());
        page.field("Pairs", view.pairs.to_string());
        page
    })
}

fn forget(args: &ForgetArgs, context: &Context<'_>) -> Result<()> {
    let file = file(context)?;
    let forgotten = match &args.address {
        Some(address) => damage_hint(file.forget(address))?,
        None => file.forget_all()?,
    };
    let address = args.address.as_ref().map(ToString::to_string);
    let view = HistoryForgottenView { address, forgotten };
    context.ui.report(&view, || {
        let mut page = Page::new();
        let whom = view.address.as_deref().unwrap_or("everybody");
        match view.forgotten {
            true => page.heading(format!("Forgot {whom}"), Tone::Good),
            false => page.heading("There was nothing to forget", Tone::Plain),
        };
        page
    })
}

/// Says what can be done about a history that cannot be read.
fn damage_hint<T>(outcome: std::result::Result<T, zegel_store::FileError>) -> Result<T> {
    let damaged = matches!(outcome, Err(zegel_store::FileError::Damaged { .. }));
    outcome.map_err(|error| {
        let failure = Failure::from(error);
        if damaged { failure.hint("or begin anew: zegel history forget --all") } else { failure }
    })
}
