//! Why a call to the server did not do what it should.

use std::io;

use thiserror::Error;
use zegel_wire::server::{Problem, ProblemKind};

use crate::certificate::CertificateFault;

/// Tells why a call to the server failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The server answered something that it never should.
    #[error("{server} answered something else than its interface says: {what}")]
    Answer {
        /// The server.
        server: String,
        /// What.
        what: String,
    },
    /// The certificate is not one for this host that we trust. Nothing was sent.
    #[error("the certificate of {server} cannot be trusted")]
    Certificate {
        /// The server.
        server: String,
        /// What is wrong with it.
        #[source]
        source: CertificateFault,
    },
    /// There is no connection.
    #[error("cannot reach the server {server}")]
    Connect {
        /// The server.
        server: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Reading the sealed message, or keeping what was fetched, failed.
    #[error("cannot read the sealed message, or keep what the server sent")]
    Io(#[from] io::Error),
    /// The server refused, and said why.
    #[error("the server refused: {}", say(.0))]
    Problem(Box<Problem>),
    /// Our own side could not be set up.
    #[error("cannot speak to the server: {0}")]
    Setup(String),
    /// It fell silent, or the connection broke in the middle.
    #[error("the server {server} fell silent or hung up")]
    Silent {
        /// The server.
        server: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The message is more than the server takes in one call.
    #[error("the message has too many guests for one message")]
    TooLarge,
}

impl ServerError {
    /// Returns the kind of problem that the server named, if it did.
    pub fn problem(&self) -> Option<ProblemKind> {
        match self {
            Self::Problem(problem) => problem.kind(),
            _ => None,
        }
    }

    /// Returns how many tries the server says are left.
    pub fn tries_left(&self) -> Option<u8> {
        match self {
            Self::Problem(problem) => problem.tries_left,
            _ => None,
        }
    }

    /// Says whether the same call may work later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::Silent { .. } => true,
            Self::Problem(problem) => match problem.kind() {
                Some(ProblemKind::Unavailable | ProblemKind::TooMany | ProblemKind::Full) => true,
                Some(_) => false,
                None => problem.status >= 500,
            },
            _ => false,
        }
    }
}

/// What a server writes stands in terminals and reports: only what can be read, and not too much of it.
fn say(problem: &Problem) -> String {
    let clean = |text: &str| text.chars().filter(|c| !c.is_control()).take(200).collect::<String>();
    match problem.detail.as_deref().filter(|detail| !detail.is_empty()) {
        Some(detail) => format!("{} ({})", clean(&problem.title), clean(detail)),
        None => clean(&problem.title),
    }
}
