//! Shapes and codes shared by Zegel's programs: exit codes, error kinds, the JSON that `--json` prints, and what
//! the server takes and answers.
//!
//! Serde only: this crate knows neither keys nor formats, so the server can use it without linking any encryption.
//! Everything here is append-only: a field or kind that was published keeps its name and its meaning.
#![forbid(unsafe_code)]

pub mod error;
pub mod event;
pub mod exit;
pub mod report;
pub mod server;
