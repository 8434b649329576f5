//! Helpers for tests: real mail servers, a scripted one, people with keys, clean homes and processes.
//!
//! The servers are those of the system (Debian packages `postfix`, `dovecot-imapd`, `clamav-daemon`), each started in a folder
//! of its own on loopback ports nobody else uses, and stopped by their process ids when dropped. They need root. What is
//! missing is named loudly, with the command that installs it; a test that cannot run does not pass.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "these are parts of tests: a panic is how they report"
)]

mod certificates;
mod clamd;
pub mod corpus;
mod dovecot;
mod fixed;
mod home;
mod pdf;
mod people;
mod postfix;
mod process;
mod scripted;

pub use certificates::{Certificates, Flaw};
pub use clamd::Clamd;
pub use dovecot::{ASCII_PASSWORD, ASCII_USER, Dovecot};
pub use fixed::SeededRng;
pub use home::TempHome;
pub use pdf::pdf;
pub use people::{Person, now, sealed_mail};
pub use postfix::{Port, Postfix, Rule};
pub use process::{Output, free_port, need, run, wait_until, zegel_binary};
pub use scripted::{Act, Script, ScriptedSmtp, Step};

/// The user the test servers know.
pub const USERNAME: &str = "alice@example.org";
/// That user's password: with a space and characters that need care on the way.
pub const PASSWORD: &str = "correct horse \"é\\";
