//! What can go wrong when a mail is submitted.

use std::fmt;
use std::io;
use std::time::Duration;

use thiserror::Error;
use zegel_core::Address;

use crate::certificate::CertificateFault;

/// The step of the conversation at which something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// `AUTH`: proving who we are.
    Auth,
    /// Opening the connection.
    Connect,
    /// `DATA`: asking to send the text.
    Data,
    /// The first line the server says.
    Greeting,
    /// `EHLO`: introducing ourselves.
    Hello,
    /// `MAIL FROM`: naming the sender.
    Mail,
    /// The text of the mail and the answer to its last line.
    Message,
    /// `RCPT TO`: naming a recipient.
    Recipient,
    /// `RSET`: clearing the table for the next mail.
    Reset,
    /// `STARTTLS` and the handshake after it.
    StartTls,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auth => "the log-in",
            Self::Connect => "the connection",
            Self::Data => "the DATA command",
            Self::Greeting => "the greeting",
            Self::Hello => "the introduction",
            Self::Mail => "the sender",
            Self::Message => "the mail",
            Self::Recipient => "a recipient",
            Self::Reset => "the RSET command",
            Self::StartTls => "STARTTLS",
        })
    }
}

/// A server's "no".
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The step at which it came.
    pub stage: Stage,
    /// The recipient it is about, at [`Stage::Recipient`].
    pub recipient: Option<Address>,
    /// The reply code, 400 to 599.
    pub code: u16,
    /// The server's own words, cleaned and cut.
    pub text: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.recipient {
            Some(recipient) => write!(f, "recipient {recipient}: {} {}", self.code, self.text),
            None => write!(f, "{}: {} {}", self.stage, self.code, self.text),
        }
    }
}

/// Tells why a mail was not submitted, or not surely.
///
/// Only [`SubmitError::Lost`] leaves open whether the server has the mail; after every other one it does not.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// The log-in was refused (exit 78).
    #[error("the server {server} refused the log-in: {code} {text}")]
    Auth {
        /// Host and port.
        server: String,
        /// The reply code.
        code: u16,
        /// The server's own words, cleaned and cut.
        text: String,
    },
    /// The server does not offer the way to log in that is configured (exit 78).
    #[error("the server {server} does not offer log-in by {wanted} (it offers: {offered})")]
    AuthMissing {
        /// Host and port.
        server: String,
        /// The mechanism that is configured.
        wanted: &'static str,
        /// What it announced.
        offered: String,
    },
    /// The certificate is not one for this host that we trust (exit 69). Nothing but a greeting was said.
    #[error("the certificate of {server} cannot be trusted")]
    Certificate {
        /// Host and port.
        server: String,
        /// What is wrong with it.
        #[source]
        source: Box<CertificateFault>,
    },
    /// The server cannot be reached (exit 75).
    #[error("cannot connect to {server}")]
    Connect {
        /// Host and port.
        server: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The server says "not now" (4xx; exit 75).
    #[error("the server put off {0}")]
    Deferred(Refusal),
    /// The connection broke before the server could have taken the mail (exit 75).
    #[error("the connection to {server} broke at {stage}; the mail was not taken")]
    Dropped {
        /// Host and port.
        server: String,
        /// The step.
        stage: Stage,
    },
    /// The server does not speak TLS there, or none that is safe (exit 69).
    #[error("no safe TLS with {server}")]
    Handshake {
        /// Host and port.
        server: String,
        /// What went wrong.
        #[source]
        source: Box<rustls::Error>,
    },
    /// The connection broke, or the server fell silent, after the last line of the mail: nobody knows whether it took
    /// the mail. It must not be sent again unseen (exit 1, the code whose report says what became of each mail).
    #[error("the connection to {server} was lost after the mail: it may or may not have been taken")]
    Lost {
        /// Host and port.
        server: String,
    },
    /// The mail is not what SMTP carries (exit 70): a bug of ours.
    #[error("the mail cannot be carried by SMTP: {0}")]
    Malformed(&'static str),
    /// An address or header needs SMTPUTF8, and the server does not have it (exit 69).
    #[error("the server {server} does not carry internationalised addresses (SMTPUTF8)")]
    NoSmtpUtf8 {
        /// Host and port.
        server: String,
    },
    /// The server says something that is not SMTP, or more than it was asked (exit 69).
    #[error("the server {server} does not follow the protocol at {stage}: {reason}")]
    Protocol {
        /// Host and port.
        server: String,
        /// The step.
        stage: Stage,
        /// What it did.
        reason: String,
    },
    /// The server refuses for good (5xx; exit 69).
    #[error("the server refused {0}")]
    Refused(Refusal),
    /// TLS could not be set up on our side (exit 78): a certificate in the configuration is not one.
    #[error("cannot set up TLS for {server}: {reason}")]
    Setup {
        /// Host and port.
        server: String,
        /// Why.
        reason: String,
    },
    /// The server was silent for too long before it could have taken the mail (exit 75).
    #[error("no answer from {server} within {} s at {stage}; the mail was not taken", limit.as_secs())]
    TimedOut {
        /// Host and port.
        server: String,
        /// The step.
        stage: Stage,
        /// How long we waited.
        limit: Duration,
    },
    /// The server does not offer STARTTLS, which is required (exit 69). Nothing was sent.
    #[error("the server {server} does not offer STARTTLS; nothing was sent in the clear")]
    TlsMissing {
        /// Host and port.
        server: String,
    },
    /// The mail is larger than the server takes (exit 69). Nothing was sent.
    #[error("the mail has {size} bytes and the server takes {limit}")]
    TooLarge {
        /// Size of the mail.
        size: u64,
        /// What the server announced.
        limit: u64,
    },
}

impl SubmitError {
    /// Says whether the same mail may be submitted again later without fear of sending it twice.
    pub fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::Connect { .. } | Self::Deferred(_) | Self::Dropped { .. } | Self::TimedOut { .. }
        )
    }
}
