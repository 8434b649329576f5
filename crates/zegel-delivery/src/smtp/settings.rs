//! The settings of a submission account.

use std::time::Duration;

use zegel_core::Domain;

use crate::endpoint::{Credentials, Endpoint, SettingsError};

/// How long the answer to the last line of a mail may take (RFC 5321 section 4.5.3.2.6: 10 minutes).
const FINAL_TIMEOUT: Duration = Duration::from_secs(600);
/// What we introduce ourselves as: says nothing about the machine, and every server takes it (RFC 5321 section 4.1.3).
const HELLO_NAME: &str = "[127.0.0.1]";

/// A server for outgoing mail and how to log in there.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    pub(super) endpoint: Endpoint,
    pub(super) credentials: Option<Credentials>,
    pub(super) hello_name: String,
    pub(super) final_timeout: Duration,
}

impl SmtpSettings {
    /// Uses a server without logging in.
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, credentials: None, hello_name: HELLO_NAME.to_owned(), final_timeout: FINAL_TIMEOUT }
    }

    /// Logs in with these credentials. They are sent inside TLS, or to the machine itself.
    #[must_use]
    pub fn with_credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Introduces itself by this host name instead of `[127.0.0.1]`.
    ///
    /// # Errors
    /// It is no host name.
    pub fn with_hello_name(mut self, name: &str) -> Result<Self, SettingsError> {
        let domain: Domain =
            name.parse().map_err(|_| SettingsError::HelloName(name.chars().take(255).collect()))?;
        self.hello_name = domain.as_ascii().to_owned();
        Ok(self)
    }

    /// Sets how long the server may take to accept the whole mail after its last line; 10 minutes unless set.
    #[must_use]
    pub fn with_final_timeout(mut self, limit: Duration) -> Self {
        self.final_timeout = limit;
        self
    }

    /// Returns the server.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Returns the log-in, if there is one.
    pub fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }
}
