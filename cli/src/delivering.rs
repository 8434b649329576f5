//! From a sealed message to the mail server, a file or a Maildir: what `send` and `sendmail` share.

mod posting;

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use zegel_core::message::{CopyKind, Sealed, SealedCopy, SealedMail};
use zegel_delivery::sent::{Kept, SentCopy};
use zegel_delivery::sinks::{self, BatchError, LineEnding, MaildirBatch};
use zegel_delivery::smtp::{BlockingSubmission, SmtpSettings, Submission, SubmitError};
use zegel_store::config::Chosen;
use zegel_store::staging::{Overwrite, Staged};
use zegel_wire::error::Kind;
use zegel_wire::report::{MailOutcome, MailView, SendReport, SentCopyView};

use crate::commands::history;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::mailer;
use crate::sealing::{Ready, add_archive, add_recipients};
use crate::server::Own;
use crate::spool::Spool;
use crate::text;
use crate::ui::{Page, Tone};

/// Where sealed mails go.
pub(crate) enum Way {
    /// Nowhere: everything but the last step.
    DryRun,
    /// To one file.
    File(PathBuf, Overwrite),
    /// To a Maildir.
    Maildir(PathBuf),
    /// To the mail server of an account, and a copy to where the account keeps sent mail.
    Server(Box<Server>),
    /// To standard output.
    Stdout,
}

/// A mail server and where sent mail is kept; all passwords are at hand.
pub(crate) struct Server {
    pub(crate) settings: SmtpSettings,
    sent_copy: Option<SentCopy>,
    /// Where the message waits for guests, when it has some.
    pub(crate) for_guests: Option<Own>,
}

impl Server {
    /// Fetches what is needed to submit from an account, before anything is sealed.
    ///
    /// # Errors
    /// Code 78 when the account cannot send or a password is not to be had.
    pub(crate) fn of(chosen: &Chosen, context: &Context<'_>) -> Result<Self> {
        let settings = mailer::submission_settings(chosen, context)?;
        Ok(Self { settings, sent_copy: mailer::sent_copy(chosen, context)?, for_guests: None })
    }

    /// Adds the server that keeps the message for guests.
    pub(crate) fn with_guests(self, server: Own) -> Self {
        Self { for_guests: Some(server), ..self }
    }
}

/// Chooses the account to submit from: the one named, else the one of the sender's address, else the default.
///
/// # Errors
/// Code 78 when there is none.
pub(crate) fn account(from: &zegel_core::Address, context: &Context<'_>) -> Result<Chosen> {
    let named = context.is_account_named();
    if !named && let Some((name, _)) = context.config()?.account_of(from) {
        let name = name.to_string();
        return Ok(context.config()?.choose(Some(&name), context.environment())?);
    }
    context.account()
}

/// Seals and hands over.
///
/// # Errors
/// As sealing and submitting; code 1 when some of several mails were sent, and then the report is printed.
pub(crate) fn deliver(ready: Ready, way: Way, context: &Context<'_>) -> Result<SendReport> {
    let from = ready.from().to_string();
    let recipients = ready.recipients().to_vec();
    let archive = ready.archive();
    let mut sealed = ready.seal(&context.temp_folder(), context)?;
    let mut report = SendReport {
        message_id: sealed.id().to_string(),
        from,
        recipients,
        post_quantum: sealed.is_post_quantum(),
        archive,
        guests_expire: (!sealed.guests().is_empty()).then(|| sealed.guests_expire().to_string()),
        mails: Vec::new(),
        sent_copy: None,
    };
    let copies: Vec<SealedCopy> = sealed.copies().to_vec();
    // A visible mail for nobody is only kept, as the sender's copy.
    let mails: Vec<&SealedCopy> = copies.iter().filter(|copy| !copy.recipients().is_empty()).collect();
    match way {
        Way::DryRun => {
            for copy in mails {
                let bytes = measure(&mut sealed, copy)?;
                report.mails.push(MailView { bytes, ..about(&sealed, copy, MailOutcome::DryRun) });
            }
            for guest in sealed.guests() {
                let recipients = vec![guest.address().to_string()];
                report.mails.push(MailView { recipients, ..nothing(MailOutcome::DryRun) });
            }
        }
        Way::File(path, overwrite) => {
            let mail = make(&mut sealed, only(&mails)?)?;
            let mut file = Staged::create_beside(&path)?;
            sinks::write_mail(&mut file, &mail, LineEnding::Crlf)
                .map_err(|error| Failure::io(format!("cannot write {}", path.display()), &error))?;
            file.persist(&path, overwrite)?;
            let path = Some(path.display().to_string());
            report.mails.push(MailView { path, ..view(&mail, MailOutcome::Written) });
        }
        Way::Maildir(folder) => {
            let failed = write_all(&folder, &mut sealed, &mails, &mut report)?;
            if let Some(failure) = failed {
                return Err(partly(&report, failure, context));
            }
        }
        Way::Stdout => {
            let mail = make(&mut sealed, only(&mails)?)?;
            context.ui.data(mail.as_bytes())?;
            report.mails.push(view(&mail, MailOutcome::Written));
        }
        Way::Server(server) => {
            let failed = match &server.for_guests {
                Some(own) if !sealed.guests().is_empty() => {
                    posting::send(&server, own, &mut sealed, &mails, &mut report, context)?
                }
                _ => submit_all(&server, &mut sealed, &mails, &[], &mut report)?,
            };
            history::remember(&report, context);
            let own = copies.iter().find(|copy| *copy.kind() == CopyKind::Visible);
            if let (Some(place), Some(copy)) = (&server.sent_copy, own) {
                report.sent_copy = Some(keep(place, make(&mut sealed, copy), context));
            }
            if let Some(failure) = failed {
                return Err(partly(&report, failure, context));
            }
        }
    }
    Ok(report)
}

/// Shows what became of each mail when it is not the same for all. The code says that something may have been sent; a report that
/// cannot be written does not change it.
fn partly(report: &SendReport, failure: Failure, context: &Context<'_>) -> Failure {
    let reported = context.ui.outcome(report, || page(report));
    if reported { failure.already_reported() } else { failure }
}

/// Makes the mail of a copy. One at a time: there can be hundreds of blind copies of a large message.
fn make(sealed: &mut Sealed<Spool>, copy: &SealedCopy) -> Result<SealedMail> {
    sealed.mail(copy).map_err(|error| Failure::io("cannot read the sealed message back", &error))
}

fn only<'a>(mails: &[&'a SealedCopy]) -> Result<&'a SealedCopy> {
    match mails {
        [only] => Ok(only),
        _ => Err(Failure::usage(
            "each blind-copied person gets a mail of their own, and one file holds one mail",
        )
        .hint("name a Maildir: --output maildir:DIR")),
    }
}

/// Writes every mail into a Maildir, all or none; returns a failure only when some could not be taken back.
fn write_all(
    folder: &Path,
    sealed: &mut Sealed<Spool>,
    mails: &[&SealedCopy],
    report: &mut SendReport,
) -> Result<Option<Failure>> {
    let mut batch = MaildirBatch::open_or_create(folder)?;
    for copy in mails {
        let mail = make(sealed, copy)?;
        batch.stage(&mail)?;
        report.mails.push(view(&mail, MailOutcome::Written));
    }
    let (arrived, failure) = match batch.deliver() {
        Ok(arrived) => (arrived.into_iter().map(Some).collect(), None),
        Err(BatchError::Nothing(error)) => return Err(error.into()),
        Err(BatchError::Partly { arrived, source }) => (arrived, Some(Failure::from(source))),
        Err(other) => return Err(Failure::from_error(Kind::Io, &other)),
    };
    let count = arrived.iter().flatten().count();
    for (mail, path) in report.mails.iter_mut().zip(&arrived) {
        mail.path = path.as_ref().map(|path| path.display().to_string());
        if path.is_none() {
            mail.outcome = MailOutcome::Failed;
            mail.error = failure.as_ref().map(Failure::view);
        }
    }
    Ok(failure.map(|failure| {
        let text = format!("{} written, {} not", text::count(count, "mail"), arrived.len() - count);
        Failure::new(Kind::SomeFailed, text).because(&failure).hint(
            "a mail program took what was written before it could be taken back; send to the others only",
        )
    }))
}

/// Submits every mail over one connection; returns what became of it when only some were sent.
///
/// When the first is refused nothing was sent, and its failure is the command's. When a later one is refused the report
/// says what became of each, and the code is 1.
///
/// `notices` bring the guests their links, and go out after the mails.
fn submit_all(
    server: &Server,
    sealed: &mut Sealed<Spool>,
    mails: &[&SealedCopy],
    notices: &[SealedMail],
    report: &mut SendReport,
) -> Result<Option<Failure>> {
    let mut submission = Submission::connect_blocking(&server.settings)?;
    refuse_too_large(&submission, sealed, mails)?;
    let mut failed: Option<Failure> = None;
    let all = mails.iter().map(|copy| Outgoing::Copy(copy)).chain(notices.iter().map(Outgoing::Notice));
    for outgoing in all {
        if failed.is_some() {
            let skipped = match &outgoing {
                Outgoing::Copy(copy) => MailView {
                    bytes: measure(sealed, copy).unwrap_or_default(),
                    ..about(sealed, copy, MailOutcome::Skipped)
                },
                Outgoing::Notice(mail) => view(mail, MailOutcome::Skipped),
            };
            report.mails.push(skipped);
            continue;
        }
        let made = match &outgoing {
            Outgoing::Copy(copy) => make(sealed, copy).map(Cow::Owned),
            Outgoing::Notice(mail) => Ok(Cow::Borrowed(*mail)),
        };
        let mail = match (made, &outgoing) {
            (Ok(mail), _) => mail,
            (Err(failure), Outgoing::Copy(copy)) => {
                // Not this function's error: mails before this one may be out.
                let error = Some(failure.view());
                report.mails.push(MailView { error, ..about(sealed, copy, MailOutcome::Failed) });
                failed = Some(failure);
                continue;
            }
            (Err(failure), Outgoing::Notice(_)) => return Err(failure),
        };
        match submission.submit(&mail) {
            Ok(receipt) => {
                let reply = Some(receipt.server_reply);
                report.mails.push(MailView { reply, ..view(&mail, MailOutcome::Sent) });
            }
            Err(error) => {
                let lost = matches!(error, SubmitError::Lost { .. });
                let outcome = if lost { MailOutcome::Unknown } else { MailOutcome::Failed };
                let failure = Failure::from(error);
                let error = Some(failure.view());
                report.mails.push(MailView { error, ..view(&mail, outcome) });
                failed = Some(failure);
            }
        }
    }
    let Some(failure) = failed else {
        submission.quit();
        return Ok(None);
    };
    let count = |outcome| report.mails.iter().filter(|mail| mail.outcome == outcome).count();
    let (sent, unknown) = (count(MailOutcome::Sent), count(MailOutcome::Unknown));
    if sent + unknown == 0 {
        return Err(failure);
    }
    let text = match unknown {
        0 => format!("{} sent, {} not", text::count(sent, "mail"), report.mails.len() - sent),
        _ => format!(
            "{} sent, {unknown} perhaps, {} not",
            text::count(sent, "mail"),
            report.mails.len() - sent - unknown
        ),
    };
    let partly = Failure::new(Kind::SomeFailed, text).because(&failure);
    let partly = match unknown {
        0 => partly,
        _ => partly.hint("look for the mail at the recipient before sending it again"),
    };
    Ok(Some(match sent {
        0 => partly,
        _ => partly.hint("the same command would send again what was sent; send to the others only"),
    }))
}

/// A mail on its way out.
enum Outgoing<'a> {
    /// Made when its turn comes: there can be hundreds of blind copies of a large message.
    Copy(&'a SealedCopy),
    /// A few lines with the link of a guest.
    Notice(&'a SealedMail),
}

/// A server that says how much it takes (RFC 1870) is believed before anything is sent to it.
fn refuse_too_large(
    submission: &BlockingSubmission,
    sealed: &mut Sealed<Spool>,
    mails: &[&SealedCopy],
) -> Result<()> {
    let Some(limit) = submission.capabilities().size.filter(|limit| *limit > 0) else { return Ok(()) };
    // All copies have the same parts; the one with the most envelopes is the largest.
    let Some(largest) = mails.iter().max_by_key(|copy| sealed.container_length(copy)) else { return Ok(()) };
    let size = measure(sealed, largest)?;
    if size <= limit {
        return Ok(());
    }
    Err(Failure::new(
        Kind::Refused,
        format!("the mail has {} and the server takes {}", text::size(size), text::size(limit)),
    )
    .hint("send fewer or smaller attachments at a time; nothing was sent"))
}

/// Keeps the sender's copy; the mail has been sent, so a failure here is only told.
fn keep(place: &SentCopy, mail: Result<SealedMail>, context: &Context<'_>) -> SentCopyView {
    let kept = mail
        .and_then(|mail| place.keep_blocking(&mail).map_err(|error| Failure::from_error(Kind::Io, &error)));
    match kept {
        Ok(Kept::File(path)) => SentCopyView { place: path.display().to_string(), error: None },
        Ok(Kept::Folder(folder)) => SentCopyView { place: format!("imap:{folder}"), error: None },
        Ok(_) => SentCopyView { place: "kept".to_owned(), error: None },
        Err(failure) => {
            context
                .ui
                .warning(&format!("the mail was sent, but no copy of it was kept: {}", failure.sentence()));
            SentCopyView { place: String::new(), error: Some(failure.sentence()) }
        }
    }
}

/// Counts the bytes of a mail without keeping it.
fn measure(sealed: &mut Sealed<Spool>, copy: &SealedCopy) -> Result<u64> {
    sealed
        .write_mail(copy, &mut io::sink())
        .map_err(|error| Failure::io("cannot read the sealed message back", &error))
}

/// Describes a mail of which nothing is known yet.
fn nothing(outcome: MailOutcome) -> MailView {
    MailView {
        recipients: Vec::new(),
        internet_message_id: String::new(),
        bytes: 0,
        outcome,
        reply: None,
        path: None,
        error: None,
    }
}

/// Describes a mail that was not made.
fn about(sealed: &Sealed<Spool>, copy: &SealedCopy, outcome: MailOutcome) -> MailView {
    MailView {
        recipients: copy.recipients().iter().map(ToString::to_string).collect(),
        internet_message_id: sealed.outer().message_id().to_owned(),
        ..nothing(outcome)
    }
}

fn view(mail: &SealedMail, outcome: MailOutcome) -> MailView {
    MailView {
        recipients: mail.recipients().iter().map(ToString::to_string).collect(),
        internet_message_id: mail.internet_message_id().to_owned(),
        bytes: mail.as_bytes().len() as u64,
        ..nothing(outcome)
    }
}

/// Shows what was done.
pub(crate) fn page(report: &SendReport) -> Page {
    let mut page = Page::new();
    let people = text::count(report.recipients.len(), "recipient");
    page.heading(format!("Sealed for {people}"), Tone::Good);
    add_recipients(&mut page, &report.recipients);
    add_archive(&mut page, report.archive.as_deref());
    if !report.post_quantum {
        page.note("Classic for everyone, because one recipient has a classic key.", Tone::Warn);
    }
    page.blank();
    for mail in &report.mails {
        let (word, tone) = match mail.outcome {
            MailOutcome::DryRun => ("Not sent", Tone::Warn),
            MailOutcome::Failed => ("Failed", Tone::Bad),
            MailOutcome::Sent => ("Sent", Tone::Good),
            MailOutcome::Unknown => ("Perhaps sent", Tone::Bad),
            MailOutcome::Written => ("Written", Tone::Good),
            _ => ("Not tried", Tone::Bad),
        };
        let whom = mail.recipients.join(", ");
        page.toned(word, format!("{} to {whom}", text::size(mail.bytes)), tone);
        page.maybe("Reply", mail.reply.as_deref());
        page.maybe("File", mail.path.as_deref());
        page.maybe("Reason", mail.error.as_ref().map(|error| error.error.as_str()));
    }
    if let Some(end) = &report.guests_expire {
        page.field("Guests until", end);
        page.field("Message", &report.message_id);
    }
    page.field(
        "Message-ID",
        report.mails.first().map(|mail| mail.internet_message_id.as_str()).unwrap_or_default(),
    );
    match &report.sent_copy {
        Some(SentCopyView { error: None, place }) => page.field("Sent copy", place),
        Some(_) => page.toned("Sent copy", "not kept", Tone::Warn),
        None => &mut page,
    };
    page
}
