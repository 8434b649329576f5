//! Mail: reads a draft, makes the inner message that is encrypted, writes the sealed mail, and back.
//!
//! The format is in `docs/formats/mail.md`. The rule of this module: the draft's own bytes are edited at named places
//! and never decoded and written again, so whatever a mail program wrote comes out at the other end as it went in.
//!
//! ```
//! use zegel_core::mime::{Draft, DraftOptions, InnerMessage, OuterHeaders, OuterOptions, protect};
//! use zegel_core::time::Timestamp;
//!
//! let eml = b"From: alice@example.org\r\nTo: bob@example.org\r\nSubject: Plans\r\n\r\nAt nine.\r\n";
//! let draft = Draft::parse(eml, &DraftOptions::default())?;
//! let outer = OuterHeaders::make(&draft, &OuterOptions {
//!     subject: "Sealed message".into(),
//!     message_id: "<1@example.org>".into(),
//!     date: Timestamp::from_unix(1_795_244_400),
//! })?;
//! let inner = InnerMessage::parse(protect(&draft, &outer)?)?;
//! assert_eq!(inner.subject(), "Plans");
//! let mut restored = Vec::new();
//! inner.restore(&mut |_| unreachable!("no part travels apart"), &mut restored)?;
//! assert_eq!(restored, eml);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Structure is read by `scan`, which is linear and bounded; of mail-parser only functions on single fields and
//! contents are used (`docs/quirks/mime.md` says why).

mod addresses;
mod compose;
mod content;
mod correspondence;
mod draft;
mod encode;
mod field;
mod inner;
mod names;
mod notice;
mod outer;
mod protect;
mod read;
mod restore;
mod scan;
mod sealed;
#[cfg(test)]
mod tests;
mod top;
mod view;

use std::io::{self, Read};

use thiserror::Error;

pub use addresses::AddressListError;
pub use compose::{Attachment, Compose};
pub(crate) use content::decode_base64_lenient;
pub use content::decode_transfer;
pub use correspondence::{Correspondence, CorrespondenceError};
pub use draft::{Draft, DraftError, DraftOptions, DraftPart, RecipientSource};
pub use inner::{AttachmentView, ExternalPart, InnerError, InnerMessage};
pub(crate) use notice::{NoticeHeaders, write_notice};
pub use outer::{OuterHeaders, OuterMismatch, OuterOptions, OuterView, compare_outer};
pub use protect::protect;
pub use read::{DraftAttachment, packed_inside};
pub use sealed::{FindError, Found, find_container, is_container, write_mail};
pub use top::HeaderError;

/// Decoded size above which an attachment travels as an age file of its own: 4 MiB.
pub const PART_THRESHOLD: u64 = 4 << 20;

/// Tells which limit a message is beyond; nothing of it was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Limit {
    /// A field lists more than 10,000 addresses.
    #[error("a field with more than 10000 addresses")]
    Addresses,
    /// Multiparts are nested more than 100 levels deep.
    #[error("multiparts nested more than 100 levels deep")]
    Depth,
    /// A header has more than 10,000 fields.
    #[error("a header with more than 10000 fields")]
    Fields,
    /// A header is longer than 1 MiB.
    #[error("a header longer than 1 MiB")]
    Header,
    /// There are more than 10,000 parts.
    #[error("more than 10000 parts")]
    Parts,
}

/// Content of one large attachment that can be read more than once: hashed and padded first, then encrypted.
pub trait Source {
    /// Returns the exact number of bytes that [`open`](Self::open) gives.
    fn length(&self) -> u64;

    /// Opens the content at its beginning.
    ///
    /// # Errors
    /// Fails as the file or store behind it fails.
    fn open(&self) -> io::Result<Box<dyn Read + '_>>;
}

impl Source for Vec<u8> {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(self.as_slice()))
    }
}

/// Cuts a range out of bytes; ranges come from [`scan`] over the same bytes, a wrong one is empty and never a panic.
fn cut(bytes: &[u8], range: std::ops::Range<usize>) -> &[u8] {
    bytes.get(range).unwrap_or_default()
}
