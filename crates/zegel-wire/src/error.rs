//! Error kinds: why something was refused or failed, for programs. Kinds are append-only.

use serde::{Deserialize, Serialize};

use crate::exit::Exit;

/// Names the reason of a failure; each kind belongs to exactly one exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// The server did not accept user name, password or token.
    Authentication,
    /// A card is not a card, or is not signed by its own key.
    BadCard,
    /// An identity file is not an identity.
    BadIdentity,
    /// A mail to be sent cannot be read as a mail, or lacks what a mail needs.
    BadMail,
    /// A policy file that was named cannot be used, or an example beside it is judged otherwise.
    BadPolicy,
    /// Something happened that must not happen.
    Bug,
    /// The card of an address is another one than the one that was pinned.
    CardChanged,
    /// A card has expired or is not valid yet.
    CardExpired,
    /// The certificate of a server cannot be trusted.
    Certificate,
    /// The recipient's key is not post-quantum, and classic encryption was not asked for.
    ClassicRecipient,
    /// The configuration is missing something or cannot be read.
    Configuration,
    /// A sealed message is damaged, incomplete or breaks its format.
    Damaged,
    /// The output exists already and overwriting was not asked for.
    Exists,
    /// A sealed message is not what its sender signed, or the sender is not who it says.
    Forged,
    /// The message was recalled, or its time is over.
    Gone,
    /// The virus scanner found something in a message that was opened.
    Infected,
    /// Reading or writing failed.
    Io,
    /// There is no system keyring, or it is locked.
    Keyring,
    /// No account is configured, or none by this name.
    NoAccount,
    /// There is no pinned card for a recipient.
    NoCard,
    /// There is no identity for this address.
    NoIdentity,
    /// A file that was named does not exist or cannot be read.
    NoInput,
    /// A recipient cannot be reached on any permitted route.
    NoRoute,
    /// No server knows this computer as a device of the address.
    NoServer,
    /// No identity here opens this message.
    NotForYou,
    /// The passphrase is wrong or there is none.
    Passphrase,
    /// The policy refused.
    Policy,
    /// A server refused for good.
    Refused,
    /// Some mails of several were sent and others were not.
    SomeFailed,
    /// A passing fault: the server is away or asks to try later.
    Temporary,
    /// A message comes from a key that is not pinned, and pinning it was not asked for.
    UnknownSender,
    /// The command line is wrong.
    Usage,
}

impl Kind {
    /// All kinds, in alphabetical order.
    pub const ALL: [Self; 32] = [
        Self::Authentication,
        Self::BadCard,
        Self::BadIdentity,
        Self::BadMail,
        Self::BadPolicy,
        Self::Bug,
        Self::CardChanged,
        Self::CardExpired,
        Self::Certificate,
        Self::ClassicRecipient,
        Self::Configuration,
        Self::Damaged,
        Self::Exists,
        Self::Forged,
        Self::Gone,
        Self::Infected,
        Self::Io,
        Self::Keyring,
        Self::NoAccount,
        Self::NoCard,
        Self::NoIdentity,
        Self::NoInput,
        Self::NoRoute,
        Self::NoServer,
        Self::NotForYou,
        Self::Passphrase,
        Self::Policy,
        Self::Refused,
        Self::SomeFailed,
        Self::Temporary,
        Self::UnknownSender,
        Self::Usage,
    ];

    /// Returns the exit code of a program that ends for this reason.
    pub fn exit(self) -> Exit {
        match self {
            Self::BadCard
            | Self::BadIdentity
            | Self::BadMail
            | Self::BadPolicy
            | Self::Damaged
            | Self::Forged => Exit::BadData,
            Self::Bug => Exit::Bug,
            Self::CardChanged
            | Self::CardExpired
            | Self::ClassicRecipient
            | Self::NoCard
            | Self::NoRoute
            | Self::NotForYou
            | Self::UnknownSender => Exit::NoRoute,
            Self::Certificate | Self::Gone | Self::Refused => Exit::Unavailable,
            Self::Authentication
            | Self::Configuration
            | Self::Keyring
            | Self::NoAccount
            | Self::NoIdentity
            | Self::NoServer
            | Self::Passphrase => Exit::Config,
            Self::Exists | Self::Usage => Exit::Usage,
            Self::Io => Exit::Io,
            Self::NoInput => Exit::NoInput,
            Self::Infected | Self::Policy => Exit::Policy,
            Self::SomeFailed => Exit::SomeFailed,
            Self::Temporary => Exit::TryLater,
        }
    }

    /// Returns the name that `--json` prints, for example `card-changed`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Authentication => "authentication",
            Self::BadCard => "bad-card",
            Self::BadIdentity => "bad-identity",
            Self::BadMail => "bad-mail",
            Self::BadPolicy => "bad-policy",
            Self::Bug => "bug",
            Self::CardChanged => "card-changed",
            Self::CardExpired => "card-expired",
            Self::Certificate => "certificate",
            Self::ClassicRecipient => "classic-recipient",
            Self::Configuration => "configuration",
            Self::Damaged => "damaged",
            Self::Exists => "exists",
            Self::Forged => "forged",
            Self::Gone => "gone",
            Self::Infected => "infected",
            Self::Io => "io",
            Self::Keyring => "keyring",
            Self::NoAccount => "no-account",
            Self::NoCard => "no-card",
            Self::NoIdentity => "no-identity",
            Self::NoInput => "no-input",
            Self::NoRoute => "no-route",
            Self::NoServer => "no-server",
            Self::NotForYou => "not-for-you",
            Self::Passphrase => "passphrase",
            Self::Policy => "policy",
            Self::Refused => "refused",
            Self::SomeFailed => "some-failed",
            Self::Temporary => "temporary",
            Self::UnknownSender => "unknown-sender",
            Self::Usage => "usage",
        }
    }
}

/// What `--json` prints when a command failed; the process ends with `code`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorView {
    /// What was tried and why it failed, with its causes, one sentence.
    pub error: String,
    /// The reason, for programs.
    pub kind: Kind,
    /// The exit code.
    pub code: u8,
    /// What can be done about it, most helpful first.
    pub hints: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_listed_once_and_in_order() {
        let names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "{names:?}");
    }

    #[test]
    fn no_kind_means_success() {
        assert!(Kind::ALL.iter().all(|kind| kind.exit() != Exit::Done));
    }
}
