//! Codes by SMS: one way out, however many gateways there are.

mod file;
mod gateway;
mod presets;

use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;

use crate::fail::Failure;
use crate::problem::Refusal;

use gateway::Gateway;
pub(crate) use gateway::GatewayConfig;

/// How codes go out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SmsConfig {
    /// Writes each SMS into a file in the place of sending it: for demonstrations and tests, on loopback only.
    pub(crate) file: Option<PathBuf>,
    /// Gateways over HTTP; the first that takes an SMS sends it.
    pub(crate) gateways: Vec<GatewayConfig>,
    /// The most SMSes in an hour: what a fraudster can spend (T33).
    pub(crate) per_hour: u32,
    /// The most SMSes to one number in an hour.
    pub(crate) per_number: u32,
}

impl Default for SmsConfig {
    fn default() -> Self {
        Self { file: None, gateways: Vec::new(), per_hour: 1_000, per_number: 5 }
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
    gateways: Vec<Gateway>,
    client: reqwest::Client,
}

impl Gateways {
    /// Makes the gateways of a configuration.
    ///
    /// # Errors
    /// When one of them is not configured as it must be.
    pub(crate) fn new(config: &SmsConfig) -> Result<Self, Failure> {
        let gateways: Result<Vec<Gateway>, Failure> = config.gateways.iter().map(Gateway::open).collect();
        Ok(Self { file: config.file.clone(), gateways: gateways?, client: client()? })
    }

    /// Says whether there is any.
    pub(crate) fn can_send(&self) -> bool {
        self.file.is_some() || !self.gateways.is_empty()
    }

    /// Sends an SMS through the first gateway that takes it.
    ///
    /// # Errors
    /// When none takes it (503).
    pub(crate) async fn send(&self, sms: Sms<'_>) -> Result<(), Refusal> {
        if let Some(path) = &self.file {
            return file::send(path, &sms).await;
        }
        for gateway in &self.gateways {
            if gateway.send(&self.client, &sms).await {
                return Ok(());
            }
        }
        tracing::error!(gateways = self.gateways.len(), "no gateway took an SMS");
        Err(Refusal::unavailable())
    }
}

/// Makes the one client that talks to gateways: no redirects, so that a key stays with the host it is for; no proxy of the
/// environment; rustls with the system's certificates.
fn client() -> Result<reqwest::Client, Failure> {
    let failed = "no client for SMS gateways can be made";
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::configuration(failed).because(error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(std::time::Duration::from_secs(5))
        .build()
        .map_err(|error| Failure::configuration(failed).because(error))
}

/// Writes the text of an SMS with a code, in a language of the portal.
pub(crate) fn text(language: &str, code: &str, host: &str) -> String {
    // The last line lets a phone fill the code in, on this host only (WICG sms-one-time-codes).
    match language {
        "nl" => format!(
            "{code} is uw code voor het beveiligde bericht, 10 minuten geldig. Geef hem aan niemand.\n\n@{host} #{code}"
        ),
        _ => format!(
            "{code} is your code for the protected message. Valid for 10 minutes. Give it to nobody.\n\n@{host} #{code}"
        ),
    }
}

#[cfg(test)]
mod tests;
