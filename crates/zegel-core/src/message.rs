//! Sealed messages: sealing a cleared draft, and opening all or nothing.
//!
//! A message is a set of age files in an uncompressed tar: `parts/0.age` is the mail, `parts/1.age` and on are its big
//! attachments, all to a fresh *message identity*; `envelopes/<n>.age` carry, for one recipient each, the signed
//! manifest and the message identity. The formats are in `docs/formats/`.

pub mod container;
pub mod envelope;
mod guest_open;
mod guests;
pub mod manifest;
mod open;
mod seal;

pub use guest_open::{GuestKey, assemble, open_as_guest};
pub use guests::{SealedFactor, SealedGuest};
pub use manifest::Manifest;
pub use open::{Assurance, FirstUse, MemoryStage, OpenError, Opened, OpenedPart, Stage, open};
pub use seal::{CopyKind, DEFAULT_SUBJECT, SealError, SealOptions, Sealed, SealedCopy, SealedMail, seal};

#[cfg(test)]
mod tests;
