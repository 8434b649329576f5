//! How mail of Zegel leaves the machine: SMTP submission, files, Maildir, sent copies, and a capture server for trials.
//!
//! Everything here takes a [`SealedMail`] and nothing else, so that what was not sealed cannot be sent.
//! The asynchronous calls have `_blocking` twins for programs without a runtime.
//!
//! ```no_run
//! use zegel_delivery::endpoint::{Credentials, Endpoint, Mechanism, Tls};
//! use zegel_delivery::smtp::{SmtpSettings, Submission};
//!
//! # fn send(mail: &zegel_delivery::SealedMail) -> Result<(), Box<dyn std::error::Error>> {
//! let server = Endpoint::new("mail.example.org", 587, Tls::StartTls)?;
//! let log_in = Credentials::new(Mechanism::Plain, "alice".to_owned(), "correct horse".into())?;
//! let mut submission = Submission::connect_blocking(&SmtpSettings::new(server).with_credentials(log_in))?;
//! let receipt = submission.submit(mail)?;
//! submission.quit();
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

pub mod capture;
pub mod certificate;
pub mod endpoint;
mod patience;
mod runtime;
pub mod sent;
pub mod server;
pub mod sinks;
pub mod smtp;
mod text;

pub use zegel_core::message::SealedMail;
