//! Formats, encryption, policy and MIME of Zegel.
//!
//! This crate decides and encrypts. It does no I/O, has no async code, no clock and reads no environment:
//! readers, writers, the time and randomness are passed in, so the same code runs in the command line program, the
//! native-messaging bridge and a browser (`wasm32-unknown-unknown`).
//!
//! Data flows one way and every step is a type: [`mime::Draft`] → [`policy::Cleared`] → [`message::Sealed`].
//! Only [`policy::evaluate`] makes a `Cleared`, only [`message::seal()`] makes a `Sealed`, and delivery accepts nothing else.
#![forbid(unsafe_code)]

pub mod address;
pub mod age_file;
pub mod card;
pub mod contacts;
pub mod detect;
pub mod guest;
pub mod html;
pub mod id;
pub mod identity;
pub mod introduction;
pub mod json;
pub mod keys;
pub mod material;
pub mod message;
pub mod mime;
pub mod padding;
pub mod people;
pub mod policy;
pub mod receipt;
pub mod secret;
pub mod sshsig;
pub mod time;

pub use address::{Address, Domain, Mailbox};
pub use id::{Fingerprint, GuestId, MessageId};
pub use time::Timestamp;
