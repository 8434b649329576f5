//! Codes by SMS: one way out, however many gateways there are.

mod file;

use std::path::PathBuf;

use serde::Deserialize;

use crate::fail::Failure;
use crate::problem::Refusal;

/// How codes go out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SmsConfig {
    /// Writes each SMS into a file in the place of sending it: for demonstrations and tests, on loopback only.
    pub(crate) file: Option<PathBuf>,
    /// The most SMSes in an hour: what a fraudster can spend (T33).
    pub(crate) per_hour: u32,
    /// The most SMSes to one number in an hour.
    pub(crate) per_number: u32,
}

impl Default for SmsConfig {
    fn default() -> Self {
        Self { file: None, per_hour: 1_000, per_number: 5 }
    }
}

impl SmsConfig {
    /// Refuses what would show codes to others.
    ///
    /// # Errors
    /// When codes would be written to a file on a server that others reach.
    pub(crate) fn check(&self, loopback: bool) -> Result<(), Failure> {
        if self.file.is_some() && !loopback {
            return Err(Failure::configuration("[sms] file is for a server on loopback only")
                .hint("configure a gateway in its place"));
        }
        Ok(())
    }
}

/// An SMS on its way; not shown by `Debug`.
pub(crate) struct Sms<'a> {
    /// The number, E.164 with its plus sign.
    pub(crate) number: &'a str,
    /// The text, at most 160 characters of the alphabet of SMS.
    pub(crate) text: &'a str,
}

/// Everything that can carry an SMS.
#[derive(Debug)]
pub(crate) struct Gateways {
    file: Option<PathBuf>,
}

impl Gateways {
    /// Makes the gateways of a configuration.
    pub(crate) fn new(config: &SmsConfig) -> Self {
        Self { file: config.file.clone() }
    }

    /// Says whether there is any.
    pub(crate) fn can_send(&self) -> bool {
        self.file.is_some()
    }

    /// Sends an SMS through the first gateway that takes it.
    ///
    /// # Errors
    /// When none takes it (503).
    pub(crate) async fn send(&self, sms: Sms<'_>) -> Result<(), Refusal> {
        match &self.file {
            Some(path) => file::send(path, &sms).await,
            None => {
                tracing::warn!("an SMS was asked for, and no gateway is configured");
                Err(Refusal::unavailable())
            }
        }
    }
}

/// Writes the text of an SMS with a code, in a language of the portal.
pub(crate) fn text(language: &str, code: &str, host: &str) -> String {
    // The last line lets a phone fill the code in, on this host only (WICG sms-one-time-codes).
    match language {
        "nl" => format!(
            "{code} is uw code voor het beveiligde bericht. Geldig: 10 minuten. Geef hem aan niemand.\n\n@{host} #{code}"
        ),
        _ => format!(
            "{code} is your code for the protected message. Valid for 10 minutes. Give it to nobody.\n\n@{host} #{code}"
        ),
    }
}
