//! What a command returns when it cannot do what was asked: a kind, a chain of causes and hints.
//!
//! Library errors are turned into a [`Failure`] once, here or at the call that knows what was tried; nothing below
//! the commands knows exit codes.

mod convert;

use std::error::Error;
use std::fmt::Display;
use std::io;

use zegel_wire::error::{ErrorView, Kind};
use zegel_wire::exit::Exit;

/// What every command returns.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

/// Why a command ended without doing what was asked.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    kind: Kind,
    chain: Vec<String>,
    hints: Vec<String>,
    reported: bool,
}

impl Failure {
    /// Makes a failure: what was tried or found, lower case, no full stop.
    pub(crate) fn new(kind: Kind, text: impl Display) -> Self {
        Self { kind, chain: vec![text.to_string()], hints: Vec::new(), reported: false }
    }

    /// Makes a failure from an error and all its causes.
    pub(crate) fn from_error(kind: Kind, error: &dyn Error) -> Self {
        Self::new(kind, error).caused_by(error.source())
    }

    /// Makes a usage failure.
    pub(crate) fn usage(text: impl Display) -> Self {
        Self::new(Kind::Usage, text)
    }

    /// Turns clap's complaint into a failure of one sentence.
    pub(crate) fn usage_of(error: &clap::Error) -> Self {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default();
        Self::usage(first.strip_prefix("error: ").unwrap_or(first))
            .hint("add --help to the command to see how it goes")
    }

    /// Makes a failure of reading or writing; `text` says what was tried.
    pub(crate) fn io(text: impl Display, error: &io::Error) -> Self {
        Self::new(Kind::Io, text).caused_by(Some(error))
    }

    /// Adds an error and its causes to the chain.
    pub(crate) fn caused_by(mut self, cause: Option<&(dyn Error + 'static)>) -> Self {
        let mut next = cause;
        while let Some(error) = next {
            let text = error.to_string();
            // Some libraries repeat the cause in their own text; saying it once is enough.
            if !self.chain.last().is_some_and(|last| last.ends_with(&text)) {
                self.chain.push(text);
            }
            next = error.source();
        }
        self
    }

    /// Adds another failure as the cause; not its hints, which are about that failure alone.
    pub(crate) fn because(mut self, cause: &Self) -> Self {
        self.chain.extend(cause.chain.iter().cloned());
        self
    }

    /// Puts what was tried in front of the chain.
    pub(crate) fn while_trying(mut self, text: impl Display) -> Self {
        self.chain.insert(0, text.to_string());
        self
    }

    /// Adds a hint: what can be done about it.
    pub(crate) fn hint(mut self, text: impl Display) -> Self {
        self.hints.push(text.to_string());
        self
    }

    /// Says that the report on standard output already contains this failure.
    pub(crate) fn already_reported(mut self) -> Self {
        self.reported = true;
        self
    }

    /// Returns the kind.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the exit code of the program.
    pub(crate) fn exit(&self) -> Exit {
        self.kind.exit()
    }

    /// Says whether the report on standard output already contains this failure.
    pub(crate) fn is_reported(&self) -> bool {
        self.reported
    }

    /// Returns the chain in one sentence.
    pub(crate) fn sentence(&self) -> String {
        self.chain.join(": ")
    }

    /// Returns the hints; there is always one, so that nobody is left alone with an error.
    pub(crate) fn hints(&self) -> Vec<&str> {
        if self.hints.is_empty() {
            vec![general_hint(self.kind)]
        } else {
            self.hints.iter().map(String::as_str).collect()
        }
    }

    /// Returns what `--json` prints.
    pub(crate) fn view(&self) -> ErrorView {
        ErrorView {
            error: self.sentence(),
            kind: self.kind,
            code: self.exit().code(),
            hints: self.hints().into_iter().map(str::to_owned).collect(),
        }
    }
}

/// Returns what can be done about an error of this kind, where nothing better is known.
fn general_hint(kind: Kind) -> &'static str {
    match kind {
        Kind::Authentication => "check user and password, then: zegel account test",
        Kind::BadCard => "ask its owner for the card again; they write it with zegel card export",
        Kind::BadIdentity => "name a file that zegel identity export wrote",
        Kind::BadMail => "nothing was sent; correct the mail and try again",
        Kind::BadPolicy => "nothing was changed; docs/formats/policy.md says what a policy may have",
        Kind::Bug => "this is a bug of ours: please report it, with the command line and without the message",
        Kind::CardChanged => "ask its owner in another way than by mail before trusting the new card",
        Kind::CardExpired => "ask its owner for their new card",
        Kind::Certificate => {
            "a private authority can be trusted with ca_file; checking cannot be switched off"
        }
        Kind::ClassicRecipient => "accept it by name: --allow-classic",
        Kind::Configuration => "see what is wrong: zegel doctor",
        Kind::Damaged => "nothing of it was shown; ask the sender to send it again",
        Kind::Exists => "choose another name, or add --force to replace it",
        Kind::Forged => "do not trust this mail; nothing of it was shown",
        Kind::Gone => "ask the sender to send it again",
        Kind::Io => "look at free space and permissions; no half file was left",
        Kind::Keyring => "keep the keys in a file: --store file",
        Kind::NoAccount => "add one: zegel account add",
        Kind::NoCard => "ask them for their card, then: zegel card import FILE",
        Kind::NoIdentity => "make one: zegel identity new --address ADDRESS",
        Kind::NoInput => "check the name and whether you may read it",
        Kind::NoRoute => "see the route of every recipient: zegel plan",
        Kind::NoServer => "make this computer known to your server: zegel login",
        Kind::NotForYou => "it is sealed for somebody else, or for keys that are not here",
        Kind::Passphrase => "name a file that holds it: --passphrase-file or ZEGEL_PASSPHRASE_FILE",
        Kind::Policy => "change the message, or ask whoever keeps the policy",
        Kind::Refused => "nothing was sent; the server's own words say why, and trying again does not help",
        Kind::SomeFailed => "the report names each mail and why it was not sent",
        Kind::Temporary => "nothing was sent; the same command may work later",
        Kind::UnknownSender => "get their card and import it",
        _ => "see `zegel help`, or add --help to the command",
    }
}

/// Adds a hint to a failure on its way up.
pub(crate) trait Hint<T> {
    /// Adds the hint.
    ///
    /// # Errors
    /// Returns the same failure with the hint.
    fn or_hint(self, text: &str) -> Result<T>;
}

impl<T> Hint<T> for Result<T> {
    fn or_hint(self, text: &str) -> Self {
        self.map_err(|failure| failure.hint(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_says_everything_once() {
        let inner = io::Error::other("disk on fire");
        let failure = Failure::io("cannot write `x`", &inner).while_trying("cannot seal");
        assert_eq!(failure.sentence(), "cannot seal: cannot write `x`: disk on fire");
        assert_eq!(failure.exit(), Exit::Io);
    }
}
