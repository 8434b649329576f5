//! `zegel sendmail`: what programs call that only know `sendmail`.

mod flags;

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::Args;

use crate::context::Context;
use crate::error::Result;

pub(crate) use flags::Flags;

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
    let _ = (flags, context);
    Err(crate::error::Failure::new(zegel_wire::error::Kind::Bug, "not built yet"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
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
