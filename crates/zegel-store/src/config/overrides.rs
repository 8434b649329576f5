//! Choosing an account and letting the `ZEGEL_*` variables change it.

use std::str::FromStr;

use super::{
    Account, AccountFields, AccountName, Chosen, Config, ConfigError, IdentitySource, Password, Smtp,
    SmtpFields,
};
use crate::environment::Environment;

/// The name of an account that is made of variables only.
const MADE: &str = "environment";

pub(super) fn choose(
    config: &Config,
    named: Option<&str>,
    environment: &Environment,
) -> Result<Chosen, ConfigError> {
    environment.check()?;
    let named = match named {
        Some(name) => Some(name),
        None => environment.text("ZEGEL_ACCOUNT")?,
    };
    let (name, account) = match (named, config.default_account()) {
        (Some(name), _) => {
            let (name, account) = config
                .accounts
                .get_key_value(name)
                .ok_or_else(|| ConfigError::UnknownAccount { name: printable(name) })?;
            (name.clone(), Some(account))
        }
        (None, Some(name)) => (name.clone(), config.account(name.as_str())),
        (None, None) if config.accounts.is_empty() => (MADE.parse()?, None),
        (None, None) => {
            let names: Vec<&str> = config.accounts.keys().map(AccountName::as_str).collect();
            return Err(ConfigError::Several { names: names.join(", ") });
        }
    };
    if account.is_none() && environment.value("ZEGEL_ADDRESS").is_none() {
        return Err(ConfigError::NoAccount);
    }
    let account = apply(&name, account.cloned(), environment)?;
    Ok(Chosen { name, account })
}

fn apply(
    name: &AccountName,
    account: Option<Account>,
    environment: &Environment,
) -> Result<Account, ConfigError> {
    let misfit =
        |message: &str| ConfigError::Override { name: name.to_string(), message: message.to_owned() };
    let mut fields = account.map(AccountFields::from).unwrap_or_default();
    if let Some(address) = parsed(environment, "ZEGEL_ADDRESS")? {
        fields.address = Some(address);
    }
    if let Some(text) = environment.text("ZEGEL_NAME")? {
        fields.name = Some(text.to_owned());
    }
    if let Some(path) = environment.path("ZEGEL_IDENTITY_FILE") {
        fields.identity = IdentitySource::Path(path);
    }
    let mut smtp = fields.smtp.take().map(SmtpFields::from);
    apply_smtp(&mut smtp, environment)?;
    fields.smtp = smtp.map(Smtp::try_from).transpose().map_err(misfit)?;
    Account::try_from(fields).map_err(misfit)
}

fn apply_smtp(smtp: &mut Option<SmtpFields>, environment: &Environment) -> Result<(), ConfigError> {
    if let Some(host) = parsed(environment, "ZEGEL_SMTP_HOST")? {
        smtp.get_or_insert_default().host = Some(host);
    }
    if let Some(tls) = parsed(environment, "ZEGEL_SMTP_TLS")? {
        let fields = smtp.get_or_insert_default();
        // Another encryption is spoken on another port, unless that is named too.
        if fields.tls != Some(tls) {
            fields.port = None;
        }
        fields.tls = Some(tls);
    }
    if let Some(port) = parsed(environment, "ZEGEL_SMTP_PORT")? {
        smtp.get_or_insert_default().port = Some(port);
    }
    if let Some(auth) = parsed(environment, "ZEGEL_SMTP_AUTH")? {
        let fields = smtp.get_or_insert_default();
        fields.auth = Some(auth);
        if auth == super::AuthKind::None {
            (fields.username, fields.password) = (None, None);
        }
    }
    if let Some(username) = environment.text("ZEGEL_SMTP_USERNAME")? {
        let fields = smtp.get_or_insert_default();
        fields.username = Some(username.to_owned());
        if fields.auth == Some(super::AuthKind::None) && environment.value("ZEGEL_SMTP_AUTH").is_none() {
            fields.auth = None;
        }
    }
    match (environment.path("ZEGEL_SMTP_PASSWORD_FILE"), environment.value("ZEGEL_SMTP_PASSWORD")) {
        (Some(_), Some(_)) => {
            let message = "set together with ZEGEL_SMTP_PASSWORD_FILE; unset one of them".to_owned();
            return Err(ConfigError::Variable { name: "ZEGEL_SMTP_PASSWORD", message });
        }
        (Some(path), None) => smtp.get_or_insert_default().password = Some(Password::File { path }),
        (None, Some(_)) => {
            let name = "ZEGEL_SMTP_PASSWORD".to_owned();
            smtp.get_or_insert_default().password = Some(Password::Env { name });
        }
        (None, None) => {}
    }
    if let Some(path) = environment.path("ZEGEL_SMTP_CA_FILE") {
        smtp.get_or_insert_default().ca_file = Some(path);
    }
    if let Some(seconds) = parsed(environment, "ZEGEL_SMTP_TIMEOUT_SECONDS")? {
        smtp.get_or_insert_default().timeout_seconds = Some(seconds);
    }
    Ok(())
}

/// Reads a variable as a value of the field's type.
fn parsed<T: FromStr>(environment: &Environment, name: &'static str) -> Result<Option<T>, ConfigError>
where
    T::Err: ToString,
{
    let Some(text) = environment.text(name)? else { return Ok(None) };
    text.parse().map(Some).map_err(|error: T::Err| ConfigError::Variable { name, message: error.to_string() })
}

/// Makes a name from the command line safe to show on a terminal.
fn printable(name: &str) -> String {
    name.chars().take(64).flat_map(char::escape_debug).collect()
}
