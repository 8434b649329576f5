//! The options of sendmail, as Postfix and Sendmail document them.

use std::ffi::OsString;

use zegel_wire::error::Kind;

use crate::error::{Failure, Result};

/// Options that take a value, in the same word or as the next one.
const WITH_VALUE: &str = "ABCFLNORVXbefhopqr";
/// Options without a value that change nothing here.
const IGNORED: &str = "GIUcdmnsvxw";

/// What was asked for.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Flags {
    /// `-t`: take recipients from the headers, besides those named.
    pub(crate) from_headers: bool,
    /// `-i`, `-oi`: a line with a single dot does not end the message.
    pub(crate) dot_is_text: bool,
    /// `-f`, `-r`: the sender.
    pub(crate) sender: Option<String>,
    /// `-F`: the name of the sender.
    pub(crate) full_name: Option<String>,
    /// The recipients.
    pub(crate) recipients: Vec<String>,
}

impl Flags {
    /// Reads the words as `getopt` would, options and recipients in any order.
    ///
    /// # Errors
    /// Modes that are no submission (`-bs`, `-bd`, `-bp`, `-q`, …) and unknown options are refused: a program that
    /// needs them would otherwise believe that something happened.
    pub(crate) fn parse(words: &[OsString]) -> Result<Self> {
        let mut flags = Self::default();
        let mut words = words.iter();
        let mut only_recipients = false;
        while let Some(word) = words.next() {
            let word = as_text(word)?;
            match word.strip_prefix('-') {
                Some("-") if !only_recipients => only_recipients = true,
                Some(letters) if !only_recipients && !letters.is_empty() => {
                    flags.take(letters, &mut || words.next().map(as_text).transpose())?;
                }
                _ => flags.recipients.push(word.to_owned()),
            }
        }
        Ok(flags)
    }

    /// Reads one word of options; `next` gives the word after it.
    fn take<'a>(
        &mut self,
        letters: &'a str,
        next: &mut impl FnMut() -> Result<Option<&'a str>>,
    ) -> Result<()> {
        let mut rest = letters.chars();
        while let Some(letter) = rest.next() {
            if WITH_VALUE.contains(letter) {
                let value = match rest.as_str() {
                    // `-q` alone runs the queue; its value is always in the same word.
                    "" if letter == 'q' => "",
                    "" => next()?.ok_or_else(|| {
                        Failure::usage(format!("option -{letter} of sendmail needs a value"))
                    })?,
                    value => value,
                };
                return self.set(letter, value);
            }
            match letter {
                't' => self.from_headers = true,
                'i' => self.dot_is_text = true,
                letter if IGNORED.contains(letter) => {}
                _ => return Err(Failure::usage(format!("sendmail has no option -{letter} here"))),
            }
        }
        Ok(())
    }

    fn set(&mut self, letter: char, value: &str) -> Result<()> {
        match (letter, value) {
            // An empty sender is how bounces are sent; a sealed mail has a sender.
            ('f' | 'r', "" | "<>") => return Err(Failure::usage("a sealed mail needs a sender")),
            ('f' | 'r', sender) => self.sender = Some(sender.trim_matches(['<', '>']).to_owned()),
            ('F', name) => self.full_name = Some(name.to_owned()),
            ('o', "i") | ('O', "IgnoreDots" | "IgnoreDots=true") => self.dot_is_text = true,
            ('b', "m") => {}
            ('b', mode) => {
                return Err(Failure::new(Kind::Usage, format!("mode -b{mode} of sendmail is not a submission"))
                    .hint("zegel submits a message and ends; it has no queue, no daemon and no SMTP on standard input"));
            }
            ('q', _) => {
                return Err(Failure::new(Kind::Usage, "there is no queue to run")
                    .hint("zegel submits at once or ends with an exit code"));
            }
            _ => {}
        }
        Ok(())
    }
}

fn as_text(word: &OsString) -> Result<&str> {
    word.to_str().ok_or_else(|| Failure::usage("an argument of sendmail is not UTF-8 text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Flags> {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        Flags::parse(&words)
    }

    #[test]
    fn what_programs_call_is_understood() {
        // cron, mutt, git send-email, PHP
        let cron = parse("-FCronDaemon -i -odi -oem -oi -t -f root").unwrap();
        assert!(cron.from_headers && cron.dot_is_text);
        assert_eq!((cron.sender.as_deref(), cron.full_name.as_deref()), (Some("root"), Some("CronDaemon")));
        let mutt =
            parse("-oem -oi -f alice@example.org -N failure,delay -R hdrs -- bob@example.org -x@example.org")
                .unwrap();
        assert_eq!(mutt.recipients, ["bob@example.org", "-x@example.org"]);
        assert!(!mutt.from_headers);
        let git = parse("-i bob@example.org carol@example.org").unwrap();
        assert_eq!(git.recipients.len(), 2);
        let php = parse("-t -i -falice@example.org").unwrap();
        assert_eq!(php.sender.as_deref(), Some("alice@example.org"));
        let clustered = parse("-it -bm -r <a@example.org> -V id -X/dev/null -O DeliveryMode=b").unwrap();
        assert!(clustered.from_headers && clustered.dot_is_text && clustered.recipients.is_empty());
        assert_eq!(clustered.sender.as_deref(), Some("a@example.org"));
    }

    #[test]
    fn what_is_no_submission_is_refused() {
        for line in ["-bs", "-bd", "-bp", "-bi", "-q", "-q15m", "-f", "-f <>", "-Z", "--dry-run"] {
            assert_eq!(parse(line).unwrap_err().kind(), Kind::Usage, "{line}");
        }
    }
}
