//! One step of a conversation: waiting for the reply, and what a bad one means.

use std::future::Future;
use std::time::Duration;

use lettre::transport::smtp::Error as LettreError;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use tokio::time::timeout;

use super::error::{Refusal, Stage, SubmitError};
use super::wire::Wire;
use crate::text::printable;

/// What every step needs to know.
pub(super) struct Talk {
    pub(super) wire: Wire,
    pub(super) server: String,
    pub(super) limit: Duration,
}

/// A positive reply.
pub(super) struct Reply {
    pub(super) code: u16,
    pub(super) text: String,
}

impl Talk {
    /// Reads the greeting and introduces ourselves.
    pub(super) async fn hello(&self, name: &ClientId) -> Result<AsyncSmtpConnection, SubmitError> {
        let before = self.wire.written();
        let work = AsyncSmtpConnection::connect_with_transport(Box::new(self.wire.clone()), name);
        let outcome = timeout(self.limit, work).await;
        let stage = if self.wire.written() == before { Stage::Greeting } else { Stage::Hello };
        match outcome {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(self.failure(stage, &error)),
            Err(_) => Err(self.timed_out(stage)),
        }
    }

    /// Waits for a reply, but not for ever: lettre itself never gives up.
    pub(super) async fn step(
        &self,
        stage: Stage,
        work: impl Future<Output = Result<Response, LettreError>>,
    ) -> Result<Reply, SubmitError> {
        match timeout(self.limit, work).await {
            Ok(Ok(response)) => Ok(Reply::from(&response)),
            Ok(Err(error)) => Err(self.failure(stage, &error)),
            Err(_) => Err(self.timed_out(stage)),
        }
    }

    /// Waits for one particular reply code.
    pub(super) async fn expect(
        &self,
        stage: Stage,
        code: u16,
        work: impl Future<Output = Result<Response, LettreError>>,
    ) -> Result<(), SubmitError> {
        let reply = self.step(stage, work).await?;
        if reply.code == code { Ok(()) } else { Err(self.unexpected(stage, &reply)) }
    }

    pub(super) fn timed_out(&self, stage: Stage) -> SubmitError {
        SubmitError::TimedOut { server: self.server.clone(), stage, limit: self.limit }
    }

    pub(super) fn protocol(&self, stage: Stage, reason: &str) -> SubmitError {
        SubmitError::Protocol { server: self.server.clone(), stage, reason: printable(reason) }
    }

    pub(super) fn unexpected(&self, stage: Stage, reply: &Reply) -> SubmitError {
        self.protocol(stage, &format!("it answered {} {}", reply.code, reply.text))
    }

    /// Puts what lettre reports into the right class.
    pub(super) fn failure(&self, stage: Stage, error: &LettreError) -> SubmitError {
        let cause = std::error::Error::source(error);
        if let Some(code) = error.status() {
            let text = printable(&cause.map(ToString::to_string).unwrap_or_default());
            let refusal = Refusal { stage, recipient: None, code: u16::from(code), text };
            return if refusal.code < 500 {
                SubmitError::Deferred(refusal)
            } else {
                SubmitError::Refused(refusal)
            };
        }
        let io = cause.and_then(|cause| cause.downcast_ref::<std::io::Error>());
        match io {
            Some(io) if io.kind() == std::io::ErrorKind::InvalidData => self.protocol(stage, &io.to_string()),
            Some(_) => SubmitError::Dropped { server: self.server.clone(), stage },
            // lettre's words for the end of the stream in place of a reply.
            None if cause.is_some_and(|cause| cause.to_string() == "incomplete response") => {
                SubmitError::Dropped { server: self.server.clone(), stage }
            }
            None => self.protocol(stage, "its answer is no SMTP reply"),
        }
    }
}

impl From<&Response> for Reply {
    fn from(response: &Response) -> Self {
        let text = response.message().collect::<Vec<_>>().join(" ");
        Self { code: u16::from(response.code()), text: printable(&text) }
    }
}
