//! Events: what `--json` writes to standard error while a command is at work, one JSON object a line.

use serde::{Deserialize, Serialize};

/// One line of machine-readable progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// The command failed after its report was written to standard output; the exit code says how.
    Error {
        /// The text a person would see.
        text: String,
    },
    /// So much of the work is done.
    Progress {
        /// What is being done, for example `sealing`.
        task: String,
        /// Units (bytes or mails) done.
        done: u64,
        /// Units in all, when known.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        total: Option<u64>,
    },
    /// Something worth knowing happened.
    Status {
        /// The text a person would see.
        text: String,
    },
    /// Something is not as it should be, but the command goes on.
    Warning {
        /// The text a person would see.
        text: String,
    },
}
