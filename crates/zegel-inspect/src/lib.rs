//! Text out of attachments, so that rules can read them, and the client of the virus scanner.
//!
//! Attachments come from anywhere, and readers of PDF and Office files have a history of bombs and worse. So the reading is
//! done by a child process that can neither open a file nor a socket and is killed when it takes too long; whatever
//! happens to it becomes an [`Unread`](zegel_core::material::Unread) and never "clean".
//!
//! The easy way, in a program whose `main` hands [`worker::COMMAND`] to [`worker::run`]:
//!
//! ```no_run
//! use zegel_inspect::{Inspector, Limits};
//!
//! # fn main() -> std::io::Result<()> {
//! let mut inspector = Inspector::of_this_program(Limits::default());
//! let file = std::fs::File::open("letter.docx")?;
//! let material = inspector.inspect("letter.docx", "application/octet-stream", file);
//! assert!(material.is_examined());
//! # Ok(())
//! # }
//! ```
//!
//! [`inspect`] does the same inside this process: for the child itself, for tests and for measuring.
#![forbid(unsafe_code)]

mod charset;
mod inspector;
mod kinds;
mod limits;
mod magic;
mod names;
#[cfg(debug_assertions)]
pub mod probe;
mod protocol;
mod reading;
pub mod sandbox;
pub mod scan;
pub mod worker;

use zegel_core::material::Material;

pub use inspector::{Budget, Inspector};
pub use limits::Limits;
pub use scan::{Clamd, ScanError, ScanVerdict};

use crate::reading::{Complete, Reading};

/// Reads a file and everything inside it, in this process and without a sandbox.
///
/// `name` and `media_type` are what the mail says; what the file is, is judged by its content.
pub fn inspect(input: &[u8], name: &str, media_type: &str, limits: &Limits) -> Material {
    let mut material = Material::default();
    let most = usize::try_from(limits.file_bytes).unwrap_or(usize::MAX);
    let (data, complete) = match input.get(..most) {
        Some(first) if first.len() < input.len() => (first, Complete::PartOf(input.len() as u64)),
        _ => (input, Complete::All),
    };
    // Every fault is in the material already.
    let name = names::tidy(name);
    let _ = Reading::new(limits, &mut material).file(vec![name.clone()], &name, media_type, data, complete);
    material
}
