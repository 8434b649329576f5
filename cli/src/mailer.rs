//! From an account in the configuration to a connection: settings of submission and sent copy.

use std::path::Path;

use zegel_delivery::endpoint::{Credentials, Endpoint, Mechanism, Tls, read_roots};
use zegel_delivery::sent::{ImapSettings, SentCopy};
use zegel_delivery::sinks::Maildir;
use zegel_delivery::smtp::SmtpSettings;
use zegel_store::config::{Auth, Chosen, Host, Imap, Purpose, Sent, Tls as ConfiguredTls};
use zegel_wire::error::Kind;

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::input;

/// Longest certificate file that is read.
const CA_FILE_MAX: u64 = 1 << 20;

/// Makes the settings for submitting mail from an account; fetches the password.
///
/// # Errors
/// Code 78 when the account has no server, or a password or certificate is not to be had.
pub(crate) fn submission_settings(chosen: &Chosen, context: &Context<'_>) -> Result<SmtpSettings> {
    let smtp = chosen.account.smtp().ok_or_else(|| {
        Failure::new(Kind::NoAccount, format!("the account {} has no mail server", chosen.name)).hint(
            format!(
                "name one: zegel account add {} --address {} --server HOST --force",
                chosen.name,
                chosen.account.address()
            ),
        )
    })?;
    let endpoint =
        endpoint(smtp.host(), smtp.port(), smtp.tls(), smtp.ca_file())?.with_timeout(smtp.timeout());
    let settings = SmtpSettings::new(endpoint);
    let Some((user, password)) = smtp.auth().credentials() else { return Ok(settings) };
    let mechanism = match smtp.auth() {
        Auth::Login { .. } => Mechanism::Login,
        Auth::XOAuth2 { .. } => Mechanism::XOAuth2,
        _ => Mechanism::Plain,
    };
    let secret = password.fetch(&chosen.name, Purpose::Smtp, context.environment())?;
    Ok(settings.with_credentials(Credentials::new(mechanism, user.to_owned(), secret)?))
}

/// Makes the settings for the sender's own copy; none when none is wanted.
///
/// # Errors
/// Code 78 when a password or certificate is not to be had, 74 when the Maildir cannot be made.
pub(crate) fn sent_copy(chosen: &Chosen, context: &Context<'_>) -> Result<Option<SentCopy>> {
    match chosen.account.sent() {
        Sent::Maildir(folder) => Ok(Some(SentCopy::Maildir(Maildir::open_or_create(folder)?))),
        Sent::Imap(imap) => Ok(Some(SentCopy::Imap(imap_settings(chosen, imap, imap.folder(), context)?))),
        _ => Ok(None),
    }
}

/// Makes the settings for reading a folder of the IMAP server where the account keeps sent mail.
///
/// # Errors
/// Code 78 when the account has no such server, or a password or certificate is not to be had.
pub(crate) fn imap_folder(chosen: &Chosen, folder: &str, context: &Context<'_>) -> Result<ImapSettings> {
    let Sent::Imap(imap) = chosen.account.sent() else {
        return Err(Failure::new(
            Kind::NoAccount,
            format!("the account {} keeps no sent mail on an IMAP server", chosen.name),
        )
        .hint("add it to the account (zegel account add … --sent-imap HOST --force), or import a Maildir or mbox"));
    };
    imap_settings(chosen, imap, folder, context)
}

fn imap_settings(chosen: &Chosen, imap: &Imap, folder: &str, context: &Context<'_>) -> Result<ImapSettings> {
    let endpoint = endpoint(imap.host(), imap.port(), imap.tls(), imap.ca_file())?;
    let secret = imap.password().fetch(&chosen.name, Purpose::Imap, context.environment())?;
    let credentials = Credentials::new(Mechanism::Login, imap.username().to_owned(), secret)?;
    Ok(ImapSettings::new(endpoint, credentials, folder)?)
}

fn endpoint(host: &Host, port: u16, tls: ConfiguredTls, ca_file: Option<&Path>) -> Result<Endpoint> {
    let tls = match tls {
        ConfiguredTls::None => Tls::None,
        ConfiguredTls::StartTls => Tls::StartTls,
        _ => Tls::Implicit,
    };
    let endpoint = Endpoint::new(&host.to_string(), port, tls)?;
    let Some(path) = ca_file else { return Ok(endpoint) };
    let pem = input::read(path, CA_FILE_MAX)
        .map_err(|failure| Failure::new(Kind::Configuration, failure.sentence()).while_trying("ca_file"))?;
    let roots = read_roots(&pem).map_err(|error| {
        Failure::from_error(Kind::Configuration, &error).while_trying(format!("ca_file {}", path.display()))
    })?;
    Ok(endpoint.with_roots(roots))
}
