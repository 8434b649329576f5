//! Library errors become failures here, once: which kind each is, and what can be done about it.

use std::error::Error;
use std::io;

use zegel_core::card::CardError;
use zegel_core::contacts::ContactsError;
use zegel_core::identity::IdentityError;
use zegel_core::message::container::ContainerError;
use zegel_core::message::envelope::EnvelopeError;
use zegel_core::message::{OpenError, SealError};
use zegel_core::mime::{DraftError, FindError};
use zegel_core::policy::{Refusal, Refused, Route};
use zegel_delivery::capture::CaptureError;
use zegel_delivery::endpoint::SettingsError;
use zegel_delivery::sent::SentError;
use zegel_delivery::server::ServerError;
use zegel_delivery::sinks::SinkError;
use zegel_delivery::smtp::SubmitError;
use zegel_store::FileError;
use zegel_store::cards::CardsError;
use zegel_store::config::{ConfigError, PasswordError};
use zegel_store::devices::DeviceError;
use zegel_store::environment::EnvironmentError;
use zegel_store::identity::IdentityStoreError;
use zegel_store::keyring::KeyringError;
use zegel_store::paths::PathsError;
use zegel_store::policy::PolicyLoadError;
use zegel_wire::error::Kind;
use zegel_wire::server::ProblemKind;

use super::Failure;

/// Builds a failure from an error of a library, with the hint the library has for it.
fn failure(kind: Kind, error: &dyn Error, hint: Option<String>) -> Failure {
    let failure = Failure::from_error(kind, error);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn kind_of_io(error: &io::Error) -> Kind {
    match error.kind() {
        io::ErrorKind::NotFound => Kind::NoInput,
        _ => Kind::Io,
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        let kind = match &error {
            FileError::Exists { .. } => Kind::Exists,
            FileError::Folder { .. } | FileError::Write { .. } => Kind::Io,
            FileError::Read { source, .. } => kind_of_io(source),
            _ => Kind::Configuration,
        };
        let hint = match &error {
            FileError::Exists { .. } => Some("choose another name, or add --force to replace it".to_owned()),
            other => other.hint(),
        };
        failure(kind, &error, hint)
    }
}

impl From<PathsError> for Failure {
    fn from(error: PathsError) -> Self {
        match error {
            PathsError::File(error) => error.into(),
            other => failure(Kind::Configuration, &other, other.hint()),
        }
    }
}

impl From<EnvironmentError> for Failure {
    fn from(error: EnvironmentError) -> Self {
        failure(Kind::Configuration, &error, error.hint())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::File(error) => error.into(),
            other => {
                let kind = match &other {
                    ConfigError::AccountName | ConfigError::AccountExists { .. } => Kind::Usage,
                    ConfigError::NoAccount
                    | ConfigError::Several { .. }
                    | ConfigError::UnknownAccount { .. } => Kind::NoAccount,
                    _ => Kind::Configuration,
                };
                failure(kind, &other, other.hint())
            }
        }
    }
}

impl From<PolicyLoadError> for Failure {
    fn from(error: PolicyLoadError) -> Self {
        match error {
            // A policy that was configured and is not there is no missing input: nothing goes out without it.
            PolicyLoadError::File(error) => failure(Kind::Configuration, &error, error.hint()),
            other => failure(Kind::Configuration, &other, other.hint()),
        }
    }
}

impl From<KeyringError> for Failure {
    fn from(error: KeyringError) -> Self {
        failure(Kind::Keyring, &error, error.hint())
    }
}

impl From<PasswordError> for Failure {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::File(error) => error.into(),
            PasswordError::Keyring(error) => error.into(),
            other => failure(Kind::Authentication, &other, other.hint()),
        }
    }
}

impl From<CardError> for Failure {
    fn from(error: CardError) -> Self {
        let kind = match &error {
            CardError::Expired(_) | CardError::NotYet(_) => Kind::CardExpired,
            _ => Kind::BadCard,
        };
        failure(kind, &error, None)
    }
}

impl From<IdentityError> for Failure {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Card(error) => error.into(),
            other => failure(Kind::BadIdentity, &other, None),
        }
    }
}

impl From<ContactsError> for Failure {
    fn from(error: ContactsError) -> Self {
        failure(Kind::Configuration, &error, Some("run: zegel doctor".to_owned()))
    }
}

impl From<DraftError> for Failure {
    fn from(error: DraftError) -> Self {
        let (kind, hint) = match &error {
            DraftError::Attachment { .. } => (Kind::NoInput, None),
            DraftError::NoFrom => (Kind::BadMail, Some("add a From header, or name the sender with --from")),
            DraftError::Reserved(_) => (
                Kind::BadMail,
                Some("this looks like a mail that is sealed already; send it with your mail program"),
            ),
            DraftError::Sealed => (
                Kind::BadMail,
                Some(
                    "send it as it is with your mail program, or attach it to a message of your own: --attach",
                ),
            ),
            DraftError::Unlisted(_) => {
                (Kind::BadMail, Some("name every recipient, or none and let the headers decide (-t)"))
            }
            _ => (Kind::BadMail, None),
        };
        failure(kind, &error, hint.map(str::to_owned))
    }
}

impl From<FindError> for Failure {
    fn from(error: FindError) -> Self {
        let kind = match &error {
            FindError::Ambiguous => Kind::Forged,
            _ => Kind::Damaged,
        };
        let hint = matches!(error, FindError::NotSealed)
            .then(|| "this is an ordinary mail or another file; it was left as it is".to_owned());
        failure(kind, &error, hint)
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        failure(Kind::Configuration, &error, None)
    }
}

/// For reading a folder. What goes wrong with a sent copy never comes here: it is a warning.
impl From<SentError> for Failure {
    fn from(error: SentError) -> Self {
        let (kind, hint) = match &error {
            SentError::Certificate { .. } => (
                Kind::Certificate,
                Some("a private authority can be trusted with ca_file; checking cannot be switched off"),
            ),
            SentError::Connection { .. } => (Kind::Temporary, Some("the same command may work later")),
            SentError::Refused { step: "the log-in", .. } => (
                Kind::Authentication,
                Some("check user and password of the IMAP server in the configuration"),
            ),
            SentError::Refused { .. } => {
                (Kind::Refused, Some("check the name of the folder on the IMAP server"))
            }
            _ => (Kind::Refused, Some("the IMAP server has to offer TLS")),
        };
        failure(kind, &error, hint.map(str::to_owned))
    }
}

impl From<SubmitError> for Failure {
    fn from(error: SubmitError) -> Self {
        let later = "nothing was sent; the same command may work later";
        let (kind, hint) = match &error {
            SubmitError::Auth { .. } => {
                (Kind::Authentication, Some("check user and password: zegel account test"))
            }
            SubmitError::AuthMissing { .. } => {
                (Kind::Authentication, Some("choose another --auth with zegel account add"))
            }
            SubmitError::Certificate { .. } => (
                Kind::Certificate,
                Some("a private authority can be trusted with ca_file; checking cannot be switched off"),
            ),
            SubmitError::Connect { .. } | SubmitError::Dropped { .. } | SubmitError::TimedOut { .. } => {
                (Kind::Temporary, Some(later))
            }
            SubmitError::Deferred(_) => (Kind::Temporary, Some(later)),
            SubmitError::Lost { .. } => {
                (Kind::SomeFailed, Some("look for the mail at the recipient before sending it again"))
            }
            SubmitError::Malformed(_) => (Kind::Bug, None),
            SubmitError::NoSmtpUtf8 { .. } => {
                (Kind::Refused, Some("use addresses without special letters before the @, or another server"))
            }
            SubmitError::Setup { .. } => (Kind::Configuration, Some("check ca_file in the configuration")),
            SubmitError::TlsMissing { .. } => (
                Kind::Refused,
                Some("use tls = \"implicit\" (port 465), or ask the administrator of the server"),
            ),
            SubmitError::TooLarge { .. } => {
                (Kind::Refused, Some("send fewer or smaller attachments at a time"))
            }
            _ => (Kind::Refused, None),
        };
        failure(kind, &error, hint.map(str::to_owned))
    }
}

impl From<SinkError> for Failure {
    fn from(error: SinkError) -> Self {
        failure(Kind::Io, &error, None)
    }
}

impl From<CaptureError> for Failure {
    fn from(error: CaptureError) -> Self {
        failure(Kind::Io, &error, None)
    }
}

impl From<CardsError> for Failure {
    fn from(error: CardsError) -> Self {
        let hint = error.hint();
        match error {
            CardsError::File(error) => error.into(),
            CardsError::Card(error) => Self::from(error).hint("ask them for their new card"),
            other => {
                let kind = match &other {
                    CardsError::Changed { .. } | CardsError::Fingerprint { .. } => Kind::CardChanged,
                    CardsError::NotFound { .. } => Kind::NoCard,
                    _ => Kind::Configuration,
                };
                failure(kind, &other, hint)
            }
        }
    }
}

impl From<IdentityStoreError> for Failure {
    fn from(error: IdentityStoreError) -> Self {
        let hint = error.hint();
        match error {
            IdentityStoreError::File(error) => error.into(),
            IdentityStoreError::Keyring(error) => error.into(),
            other => {
                let kind = match &other {
                    IdentityStoreError::Exists { .. } => Kind::Exists,
                    IdentityStoreError::NotFound { .. } | IdentityStoreError::WrongAddress { .. } => {
                        Kind::NoIdentity
                    }
                    IdentityStoreError::EmptyPassphrase
                    | IdentityStoreError::Passphrase { .. }
                    | IdentityStoreError::Unseal { .. } => Kind::Passphrase,
                    IdentityStoreError::Seal { .. } => Kind::Io,
                    _ => Kind::BadIdentity,
                };
                failure(kind, &other, hint)
            }
        }
    }
}

impl From<Refused> for Failure {
    fn from(error: Refused) -> Self {
        let planned = match &error {
            Refused::ClassicSender => {
                let hint = "make new keys: zegel identity rotate; or accept it by name: --allow-classic";
                return failure(Kind::ClassicRecipient, &error, Some(hint.to_owned()));
            }
            Refused::Archive { .. } => {
                let hint = "import the card of the archive: zegel card import FILE".to_owned();
                return failure(Kind::NoRoute, &error, Some(hint));
            }
            Refused::NoRecipients => {
                return failure(Kind::BadMail, &error, Some("name a recipient in To, Cc or Bcc".to_owned()));
            }
            Refused::GuestDays { .. } => {
                return failure(Kind::Policy, &error, Some("name fewer days: --expires".to_owned()));
            }
            Refused::WeakFactor(_) => {
                let hint = "name a phone or agree on a code: --sms, --access-code-file".to_owned();
                return failure(Kind::Policy, &error, Some(hint));
            }
            Refused::NoRoute(planned) => planned,
            Refused::TooMany => {
                return failure(Kind::Policy, &error, Some("send it in smaller groups".to_owned()));
            }
            _ => return failure(Kind::Bug, &error, None),
        };
        let reasons = planned.iter().filter_map(|planned| match &planned.route {
            Route::Refuse(reason) => Some((&planned.mailbox.address, reason)),
            _ => None,
        });
        // The first reason names the kind; each kind of reason gives one hint.
        let mut kind = None;
        let mut hints: Vec<String> = Vec::new();
        for (address, reason) in reasons {
            let (this, hint) = match reason {
                Refusal::Classic => (
                    Kind::ClassicRecipient,
                    "ask for a card with a post-quantum key, or accept it by name: --allow-classic"
                        .to_owned(),
                ),
                Refusal::Expired(_) => (
                    Kind::CardExpired,
                    format!("ask {address} for their new card, then: zegel card import FILE"),
                ),
                Refusal::NoCard => {
                    (Kind::NoCard, format!("ask {address} for their card, then: zegel card import FILE"))
                }
                Refusal::NoFactor => (
                    Kind::NoRoute,
                    format!(
                        "let {address} in with a code by SMS (--sms {address}=NUMBER) or one that you agreed on (--access-code-file FILE)"
                    ),
                ),
                _ => (Kind::NoRoute, "run: zegel doctor".to_owned()),
            };
            kind.get_or_insert(this);
            if hints.len() < 3 && !hints.contains(&hint) {
                hints.push(hint);
            }
        }
        hints.into_iter().fold(Self::from_error(kind.unwrap_or(Kind::NoRoute), &error), Self::hint)
    }
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        let tries = error.tries_left();
        let kind = match &error {
            ServerError::Certificate { .. } => Kind::Certificate,
            ServerError::Connect { .. } | ServerError::Silent { .. } => Kind::Temporary,
            ServerError::Io(_) => Kind::Io,
            ServerError::Setup(_) => Kind::Configuration,
            ServerError::TooLarge => Kind::BadMail,
            _ => match error.problem() {
                Some(ProblemKind::Gone) => Kind::Gone,
                Some(ProblemKind::NotFound) => Kind::NoInput,
                Some(ProblemKind::Unauthorized | ProblemKind::WrongCode) => Kind::Authentication,
                _ if error.is_passing() => Kind::Temporary,
                _ => Kind::Refused,
            },
        };
        let hint = match (error.problem(), tries) {
            (Some(ProblemKind::WrongCode), Some(left)) => Some(format!("{left} tries are left")),
            (Some(ProblemKind::WrongCode), None) => Some("look at the code and try again".to_owned()),
            (Some(ProblemKind::Unauthorized), _) => Some("log in again: zegel login".to_owned()),
            (Some(ProblemKind::NotFound), _) => Some("see what there is: zegel log".to_owned()),
            (Some(ProblemKind::Locked), _) => {
                Some("ten tries are used up; the sender can release it: zegel guest unlock".to_owned())
            }
            _ => None,
        };
        failure(kind, &error, hint)
    }
}

impl From<DeviceError> for Failure {
    fn from(error: DeviceError) -> Self {
        let hint = error.hint();
        match error {
            DeviceError::File(error) => error.into(),
            DeviceError::Keyring(error) => error.into(),
            other => failure(Kind::NoServer, &other, hint),
        }
    }
}

impl From<SealError> for Failure {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Draft(error) => error.into(),
            SealError::Changed(_) => {
                failure(Kind::NoInput, &error, Some("try again when nobody writes to it".to_owned()))
            }
            SealError::CardEnds { .. } => {
                let hint = "correct the Date header, or make new keys: zegel identity rotate";
                failure(Kind::CardExpired, &error, Some(hint.to_owned()))
            }
            SealError::Io(_) => failure(Kind::Io, &error, None),
            SealError::Sender { .. } => failure(Kind::NoIdentity, &error, None),
            SealError::TooLarge | SealError::Envelope { source: EnvelopeError::TooLarge, .. } => {
                failure(Kind::BadMail, &error, None)
            }
            _ => failure(Kind::Bug, &error, None),
        }
    }
}

impl From<ContainerError> for Failure {
    fn from(error: ContainerError) -> Self {
        let kind = if matches!(error, ContainerError::Io(_)) { Kind::Io } else { Kind::Damaged };
        failure(kind, &error, None)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let (kind, hint) = match error {
            OpenError::Contacts(error) => return error.into(),
            OpenError::Container(error) => return error.into(),
            OpenError::Expired { .. } => {
                (Kind::CardExpired, Some("ask the sender for their new card, and to send it again"))
            }
            OpenError::Damaged => {
                (Kind::Damaged, Some("ask the sender to send it again; nothing of it was shown"))
            }
            OpenError::Forged(_) => (Kind::Forged, Some("do not trust this mail; nothing of it was shown")),
            OpenError::Inner(_) => (Kind::Damaged, Some("nothing of it was shown")),
            OpenError::KeyChanged { .. } => (
                Kind::CardChanged,
                Some("ask the sender in another way than by mail; then: zegel card import FILE --replace"),
            ),
            OpenError::NoKey(_) => {
                (Kind::NotForYou, Some("it is sealed for somebody else, or for keys that are not here"))
            }
            OpenError::OnServer => (Kind::Refused, Some("open it with a newer version")),
            OpenError::UnknownSender { .. } => (
                Kind::UnknownSender,
                Some("get their card and import it, or accept an unproven sender by name: --first-use"),
            ),
            _ => (Kind::Io, None),
        };
        failure(kind, &error, hint.map(str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_classic_key_of_ones_own_is_no_bug() {
        let failure = Failure::from(Refused::ClassicSender);
        assert_eq!((failure.kind(), failure.exit().code()), (Kind::ClassicRecipient, 67));
        assert!(failure.hints().first().is_some_and(|hint| hint.contains("--allow-classic")));
    }
}
