//! The same for programs that are not asynchronous.

use tokio::runtime::Runtime;

use super::Capabilities;
use super::error::SubmitError;
use super::session::{AccountReport, Progress, Receipt, Submission, account_test};
use super::settings::SmtpSettings;
use crate::runtime::small_runtime;
use zegel_core::message::SealedMail;

/// A [`Submission`] with a runtime of its own on the calling thread.
pub struct BlockingSubmission {
    runtime: Runtime,
    inner: Submission,
}

impl Submission {
    /// Connects as [`Submission::connect`] does, and waits for it. Not to be called from asynchronous code.
    ///
    /// # Errors
    /// As [`Submission::connect`].
    pub fn connect_blocking(settings: &SmtpSettings) -> Result<BlockingSubmission, SubmitError> {
        let runtime = runtime(settings)?;
        let inner = runtime.block_on(Self::connect(settings))?;
        Ok(BlockingSubmission { runtime, inner })
    }
}

impl BlockingSubmission {
    /// Returns what the server announced.
    pub fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }

    /// Says whether another mail can be submitted.
    pub fn is_open(&self) -> bool {
        self.inner.is_open()
    }

    /// Submits a mail: all recipients or none.
    ///
    /// # Errors
    /// As [`Submission::submit`].
    pub fn submit(&mut self, mail: &SealedMail) -> Result<Receipt, SubmitError> {
        self.runtime.block_on(self.inner.submit(mail))
    }

    /// Submits a mail and tells how far it is.
    ///
    /// # Errors
    /// As [`Submission::submit`].
    pub fn submit_with(&mut self, mail: &SealedMail, progress: Progress<'_>) -> Result<Receipt, SubmitError> {
        self.runtime.block_on(self.inner.submit_with(mail, progress))
    }

    /// Says goodbye.
    pub fn quit(self) {
        self.runtime.block_on(self.inner.quit());
    }
}

/// Tries an account as [`account_test`] does, and waits for it. Not to be called from asynchronous code.
///
/// # Errors
/// As [`Submission::connect`].
pub fn account_test_blocking(settings: &SmtpSettings) -> Result<AccountReport, SubmitError> {
    runtime(settings)?.block_on(account_test(settings))
}

fn runtime(settings: &SmtpSettings) -> Result<Runtime, SubmitError> {
    small_runtime().map_err(|source| SubmitError::Connect { server: settings.endpoint.to_string(), source })
}
