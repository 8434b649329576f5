//! `zegel sendmail`: what programs call that only know `sendmail`.

mod flags;
mod qualify;

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::Args;
use zegel_core::mime::{Draft, DraftOptions, PART_THRESHOLD, RecipientSource};
use zegel_core::policy::{Acceptances, Classic};
use zegel_core::{Address, Mailbox};
use zegel_wire::error::Kind;

use crate::context::Context;
use crate::delivering::{Server, Way, account, deliver, page};
use crate::error::{Failure, Result};
use crate::input::{self, MAIL_MAX};
use crate::keys;
use crate::sealing::Planning;

use flags::Flags;

/// Send a mail from standard input the way sendmail takes it: seal or refuse
///
/// Takes the usual options of sendmail: -t, -i, -oi, -f ADDRESS, -r ADDRESS, -F NAME, and recipients as arguments.
/// Options about queues and delivery notices are accepted and change nothing. Also does this when the program is called by the
/// name `sendmail`.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel sendmail -t -oi < mail.eml")]
pub(crate) struct SendmailArgs {
    /// Give the options and recipients of sendmail
    #[arg(value_name = "OPTIONS AND RECIPIENTS")]
    words: Vec<OsString>,
}

/// Makes the command line of `zegel sendmail` one that clap leaves alone: everything after the command is sendmail's.
///
/// Called by the name `sendmail`, the whole command line is.
pub(crate) fn as_words(mut words: Vec<OsString>) -> Vec<OsString> {
    const TAKE_A_VALUE: [&str; 3] = ["--account", "--identity", "--passphrase-file"];
    let called_sendmail =
        words.first().and_then(|name| Path::new(name).file_stem()).is_some_and(|stem| stem == "sendmail");
    if called_sendmail {
        words.splice(0..1, [OsString::from("zegel"), OsString::from("sendmail")]);
    }
    let mut at = 1;
    while let Some(word) = words.get(at) {
        if word == "sendmail" {
            let help = words.get(at + 1).is_some_and(|next| next == "--help");
            if !help {
                words.insert(at + 1, OsString::from("--"));
            }
            break;
        }
        let is_option = word.as_encoded_bytes().starts_with(b"-");
        if !is_option {
            break;
        }
        at += if TAKE_A_VALUE.iter().any(|option| word == OsStr::new(option)) { 2 } else { 1 };
    }
    words
}

/// Seals the mail on standard input and submits it.
pub(crate) fn run(args: &SendmailArgs, context: &Context<'_>) -> Result<()> {
    let flags = Flags::parse(&args.words)?;
    let own = own(&flags, context)?;
    let recipients = recipients(&flags, &own)?;
    let mail = qualify::qualify(&until_dot(input::read_stdin(MAIL_MAX)?, &flags), &own);
    let options = DraftOptions {
        part_threshold: context.config()?.seal().part_threshold().unwrap_or(PART_THRESHOLD),
        from: Some(own),
        recipients,
    };
    let judged = Planning::of(Draft::parse(&mail, &options)?, Classic::Refuse, context)?
        .clear(&Acceptances::new(), context)?;
    let server = Server::of(&account(&judged.from, context)?, context)?;
    let report = deliver(judged.unlock(context)?, Way::Server(Box::new(server)), context)?;
    // A program that works prints nothing, as its callers expect of sendmail.
    if context.ui.is_json() {
        context.ui.outcome(&report, || page(&report));
    }
    Ok(())
}

/// Returns the sender where the mail does not name one: `-f` when it is an address, else the account's; `-F` names it.
fn own(flags: &Flags, context: &Context<'_>) -> Result<Mailbox> {
    let named = match flags.sender.as_deref().filter(|sender| sender.contains('@')) {
        Some(sender) => Some(sender.parse::<Address>().map_err(|error| {
            Failure::from_error(Kind::Usage, &error)
                .while_trying(format!("the sender {sender:?} is no address"))
        })?),
        None => None,
    };
    let own = keys::sender(context, named.as_ref())?;
    Ok(match &flags.full_name {
        Some(name) => Mailbox { name: Some(name.clone()), ..own },
        None => own,
    })
}

fn recipients(flags: &Flags, own: &Mailbox) -> Result<RecipientSource> {
    let mut listed = Vec::new();
    // Old programs put several addresses into one argument.
    for text in flags.recipients.iter().flat_map(|argument| argument.split(',')).map(str::trim) {
        let address = qualify::qualify_address(text.trim_matches(['<', '>']), &own.address);
        listed.push(address.parse::<Address>().map_err(|error| {
            Failure::from_error(Kind::Usage, &error)
                .while_trying(format!("the recipient {text:?} is no address"))
        })?);
    }
    match (flags.from_headers, listed.is_empty()) {
        (true, true) => Ok(RecipientSource::Headers),
        (true, false) => Ok(RecipientSource::HeadersAnd(listed)),
        (false, false) => Ok(RecipientSource::Only(listed)),
        (false, true) => {
            Err(Failure::new(Kind::Usage, "no recipients")
                .hint("name them, or take them from the headers: -t"))
        }
    }
}

/// Ends the mail at a line with a single dot, unless dots are text (`-i`).
fn until_dot(mail: Vec<u8>, flags: &Flags) -> Vec<u8> {
    if flags.dot_is_text {
        return mail;
    }
    let mut length = 0;
    for line in mail.split_inclusive(|byte| *byte == b'\n') {
        if matches!(line, b".\n" | b".\r\n" | b".") {
            break;
        }
        length += line.len();
    }
    let mut mail = mail;
    mail.truncate(length);
    mail
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn a_single_dot_ends_the_mail_unless_it_is_text() {
        let mail = b"To: x\n\na\n.\nb\n".to_vec();
        assert_eq!(until_dot(mail.clone(), &Flags::default()), b"To: x\n\na\n");
        assert_eq!(until_dot(mail.clone(), &Flags { dot_is_text: true, ..Flags::default() }), mail);
    }

    #[test]
    fn everything_after_the_command_is_sendmails() {
        assert_eq!(as_words(words("/usr/sbin/sendmail -t -oi")), words("zegel sendmail -- -t -oi"));
        assert_eq!(as_words(words("zegel sendmail -q")), words("zegel sendmail -- -q"));
        assert_eq!(
            as_words(words("zegel --account sendmail -q sendmail -t")),
            words("zegel --account sendmail -q sendmail -- -t")
        );
        assert_eq!(as_words(words("zegel send sendmail")), words("zegel send sendmail"));
        assert_eq!(as_words(words("zegel sendmail --help")), words("zegel sendmail --help"));
    }
}
