//! Shapes and codes shared by Zegel's programs: exit codes, error kinds and the JSON that `--json` prints.
//!
//! Serde only: this crate knows neither keys nor formats, so the server can use it without linking any encryption.
#![forbid(unsafe_code)]

pub mod exit;
