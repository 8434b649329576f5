//! A copy of what was sent, in a Maildir or an IMAP folder.
//!
//! The copy is made after the server has taken the mail. If it fails, the mail has still been sent: programs warn, end
//! well, and never send again because of it.

mod imap;

use std::path::PathBuf;

use secrecy::ExposeSecret;
use thiserror::Error;

use crate::certificate::CertificateFault;
use crate::endpoint::{Credentials, Endpoint, Mechanism, SettingsError};
use crate::runtime::small_runtime;
use crate::sinks::{Maildir, SinkError};
use zegel_core::message::SealedMail;

pub use self::imap::headers::Position;

/// Longest name of a folder in bytes.
const FOLDER_MAX: usize = 500;

/// Tells why there is no sent copy. The mail has been sent all the same.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SentError {
    /// The certificate of the IMAP server cannot be trusted.
    #[error("the certificate of {server} cannot be trusted")]
    Certificate {
        /// Host and port.
        server: String,
        /// What is wrong with it.
        #[source]
        source: Box<CertificateFault>,
    },
    /// The IMAP server cannot be reached, or the connection broke.
    #[error("cannot talk to {server}")]
    Connection {
        /// Host and port.
        server: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The IMAP server refused a step.
    #[error("the IMAP server {server} refused {step}: {text}")]
    Refused {
        /// Host and port.
        server: String,
        /// The step.
        step: &'static str,
        /// Its own words, cleaned and cut.
        text: String,
    },
    /// The Maildir cannot be written.
    #[error("cannot keep the copy")]
    Sink(#[from] SinkError),
    /// The IMAP server does not start TLS, which is required.
    #[error("no TLS with {server}: {reason}")]
    Tls {
        /// Host and port.
        server: String,
        /// What went wrong.
        reason: String,
    },
}

/// An IMAP folder for sent copies.
#[derive(Debug, Clone)]
pub struct ImapSettings {
    endpoint: Endpoint,
    credentials: Credentials,
    folder: String,
}

impl ImapSettings {
    /// Names a server, a log-in and a folder, which is made if it does not exist.
    ///
    /// # Errors
    /// The folder has no name or one with control characters, or the password cannot be sent by `LOGIN`.
    pub fn new(endpoint: Endpoint, credentials: Credentials, folder: &str) -> Result<Self, SettingsError> {
        let fits = !folder.is_empty() && folder.len() <= FOLDER_MAX && !folder.chars().any(char::is_control);
        if !fits {
            return Err(SettingsError::Folder(folder.chars().filter(|c| !c.is_control()).take(80).collect()));
        }
        // EXPOSE: looked at for characters a quoted string cannot hold (RFC 3501 section 9).
        let ascii = credentials.username().is_ascii() && credentials.password().expose_secret().is_ascii();
        if credentials.mechanism() == Mechanism::Login && !ascii {
            return Err(SettingsError::Credentials("password for LOGIN (PLAIN takes any)"));
        }
        Ok(Self { endpoint, credentials, folder: folder.to_owned() })
    }

    /// Returns the folder.
    pub fn folder(&self) -> &str {
        &self.folder
    }
}

/// Reads From, To, Cc, Bcc, Date and Message-ID of every mail in the folder, oldest first, and waits for it; returns how
/// many mails there are. Nothing in the folder changes. Not to be called from asynchronous code.
///
/// # Errors
/// See [`SentError`].
pub fn read_headers_blocking(
    settings: &ImapSettings,
    each: &mut dyn FnMut(&[u8], Position),
) -> Result<u32, SentError> {
    let runtime = small_runtime()
        .map_err(|source| SentError::Connection { server: settings.endpoint.to_string(), source })?;
    runtime.block_on(imap::headers::read(settings, each))
}

/// Where sent copies go.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SentCopy {
    /// Into an IMAP folder, marked as seen.
    Imap(ImapSettings),
    /// Into `cur` of a Maildir, marked as seen.
    Maildir(Maildir),
}

/// Where a sent copy is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kept {
    /// In this file.
    File(PathBuf),
    /// In this IMAP folder.
    Folder(String),
}

impl SentCopy {
    /// Keeps a copy of a mail that has been sent.
    ///
    /// # Errors
    /// See [`SentError`]; the mail has been sent all the same and must not be sent again.
    pub async fn keep(&self, mail: &SealedMail) -> Result<Kept, SentError> {
        match self {
            Self::Imap(settings) => {
                imap::append(settings, mail).await?;
                Ok(Kept::Folder(settings.folder.clone()))
            }
            Self::Maildir(maildir) => Ok(Kept::File(maildir.keep_seen(mail)?)),
        }
    }

    /// Keeps a copy as [`SentCopy::keep`] does, and waits for it. Not to be called from asynchronous code.
    ///
    /// # Errors
    /// As [`SentCopy::keep`].
    pub fn keep_blocking(&self, mail: &SealedMail) -> Result<Kept, SentError> {
        let runtime = small_runtime()
            .map_err(|source| SentError::Connection { server: "the sent folder".to_owned(), source })?;
        runtime.block_on(self.keep(mail))
    }
}
