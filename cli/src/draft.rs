//! From the command line to a draft.

use std::io::{self, IsTerminal};
use std::path::Path;

use zegel_core::Mailbox;
use zegel_core::mime::{Attachment, Compose, Draft, DraftError, DraftOptions, PART_THRESHOLD};
use zegel_wire::error::Kind;

use crate::args::{MessageArgs, Recipient};
use crate::error::{Failure, Result};
use crate::input::{self, MAIL_MAX, TEXT_MAX};

/// Reads or makes the draft that the arguments describe; `sender` is asked where the mail does not say who it is from.
///
/// # Errors
/// Code 64 for arguments that do not fit together, 65 for a broken mail, 66 for files that cannot be read, and as `sender`
/// for a mail that is made here.
pub(crate) fn read(
    args: &MessageArgs,
    sender: impl FnOnce() -> Result<Mailbox>,
    threshold: Option<u64>,
) -> Result<Draft> {
    let threshold = threshold.unwrap_or(PART_THRESHOLD);
    if args.is_composed() {
        return compose(args, sender()?, threshold);
    }
    if args.eml.is_none() && args.has_pieces() {
        return Err(Failure::usage("a message needs a recipient").hint("add --to, --cc or --bcc"));
    }
    let path = args.eml.as_deref().unwrap_or(Path::new("-"));
    refuse_terminal(path)?;
    let eml = input::read(path, MAIL_MAX)?;
    let options = DraftOptions { part_threshold: threshold, ..DraftOptions::default() };
    match Draft::parse(&eml, &options) {
        // When nobody is known here either, what the mail lacks is the reason.
        Err(DraftError::NoFrom) => Ok(Draft::parse(&eml, &DraftOptions { from: sender().ok(), ..options })?),
        other => Ok(other?),
    }
}

fn compose(args: &MessageArgs, from: Mailbox, threshold: u64) -> Result<Draft> {
    let compose = Compose {
        from,
        to: mailboxes(&args.to),
        cc: mailboxes(&args.cc),
        bcc: mailboxes(&args.bcc),
        subject: args.subject.clone().unwrap_or_default(),
        text: Some(text(args)?).filter(|text| !text.is_empty() || args.html_file.is_none()),
        html: args.html_file.as_deref().map(|path| input::read_text(path, TEXT_MAX)).transpose()?,
        attachments: args.attach.iter().map(|path| attachment(path)).collect::<Result<_>>()?,
        in_reply_to: None,
    };
    Ok(Draft::compose(compose, threshold)?)
}

fn mailboxes(recipients: &[Recipient]) -> Vec<Mailbox> {
    recipients.iter().map(|recipient| recipient.0.clone()).collect()
}

/// Takes the text from the arguments, or from standard input when nothing else gives one.
fn text(args: &MessageArgs) -> Result<String> {
    if let Some(body) = &args.body {
        return Ok(body.clone());
    }
    if let Some(path) = &args.body_file {
        return input::read_text(path, TEXT_MAX);
    }
    if args.html_file.is_some() || !args.attach.is_empty() {
        return Ok(String::new());
    }
    refuse_terminal(Path::new("-"))?;
    String::from_utf8(input::read_stdin(TEXT_MAX)?)
        .map_err(|_| Failure::new(Kind::BadMail, "the text on standard input is not UTF-8"))
}

fn attachment(path: &Path) -> Result<Attachment> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).ok_or_else(|| {
        Failure::new(Kind::NoInput, format!("{} is not the name of a file", path.display()))
    })?;
    Ok(Attachment { name, media_type: input::media_type(path).to_owned(), source: input::source(path)? })
}

/// Refuses to wait for a person to type a mail without a word.
fn refuse_terminal(path: &Path) -> Result<()> {
    if input::is_stdio(path) && io::stdin().is_terminal() {
        return Err(Failure::usage("no message: standard input is a terminal")
            .hint("name a mail file, or give --to, --subject and --body-file"));
    }
    Ok(())
}
