//! Submission of mail over SMTP (RFC 6409), through lettre's connection on a stream of our own.

mod auth;
mod blocking;
mod capabilities;
mod error;
mod rules;
mod session;
mod settings;
mod talk;
mod wire;

pub(crate) use auth::initial_response;
pub use blocking::{BlockingSubmission, account_test_blocking};
pub use capabilities::Capabilities;
pub use error::{Refusal, Stage, SubmitError};
pub use session::{AccountReport, Progress, Receipt, Submission, account_test};
pub use settings::SmtpSettings;
