//! The fields of a message that Zegel relies on, read so that no other program can read them differently.

use thiserror::Error;

use super::addresses::{self, AddressListError};
use super::field;
use super::scan::{Header, Tree};
use crate::address::Mailbox;
use crate::time::Timestamp;

/// Tells which header field of a message cannot be relied on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// An address field holds something that is not understood; nothing of it was skipped.
    #[error("the {field} header is not a list of addresses")]
    Addresses {
        /// The field.
        field: &'static str,
        /// What is wrong.
        #[source]
        source: AddressListError,
    },
    /// The field stands more than once; programs differ in which one counts.
    #[error("more than one {0} header")]
    Duplicate(&'static str),
    /// `From` is a group or not exactly one mailbox.
    #[error("the From header is not exactly one mailbox")]
    From,
    /// The field stands where one program sees a header and another does not.
    #[error("a {0} header hides behind a bare CR, in an odd name or below a line that is no header")]
    Hidden(&'static str),
}

/// Fields that may stand only once (RFC 5322 section 3.6), with their names as people write them.
const ONCE: [(&str, &str); 9] = [
    ("from", "From"),
    ("to", "To"),
    ("cc", "Cc"),
    ("subject", "Subject"),
    ("date", "Date"),
    ("message-id", "Message-ID"),
    ("sender", "Sender"),
    ("content-type", "Content-Type"),
    ("content-transfer-encoding", "Content-Transfer-Encoding"),
];
const HIDDEN: [&str; 12] = [
    "from",
    "to",
    "cc",
    "bcc",
    "resent-bcc",
    "subject",
    "date",
    "message-id",
    "sender",
    "content-type",
    "content-transfer-encoding",
    "hp-outer",
];

/// The fields that Zegel relies on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Top {
    pub(super) from: Option<Mailbox>,
    pub(super) to: Vec<Mailbox>,
    pub(super) cc: Vec<Mailbox>,
    pub(super) subject: String,
    pub(super) date: Option<Timestamp>,
    pub(super) message_id: Option<String>,
    pub(super) in_reply_to: Option<String>,
    pub(super) references: Vec<String>,
}

impl Top {
    /// Checks that no field that counts stands twice or hides.
    pub(super) fn check(bytes: &[u8], tree: &Tree) -> Result<(), HeaderError> {
        let root = tree.root();
        let header = &root.header;
        if let Some(name) = header.smuggled(bytes, &HIDDEN, root.body.end) {
            return Err(HeaderError::Hidden(name));
        }
        for (name, shown) in ONCE {
            if header.named(bytes, name).nth(1).is_some() {
                return Err(HeaderError::Duplicate(shown));
            }
        }
        Ok(())
    }

    /// Checks and reads the top header of a message.
    pub(super) fn read(bytes: &[u8], tree: &Tree) -> Result<Self, HeaderError> {
        Self::check(bytes, tree)?;
        let header = &tree.root().header;
        let from = match header.value(bytes, "from") {
            Some(value) => {
                let list = read_list(value, "From")?;
                match (list.grouped, <[Mailbox; 1]>::try_from(list.mailboxes)) {
                    (false, Ok([mailbox])) => Some(mailbox),
                    _ => return Err(HeaderError::From),
                }
            }
            None => None,
        };
        Ok(Self {
            from,
            to: mailboxes(bytes, header, "to", "To")?,
            cc: mailboxes(bytes, header, "cc", "Cc")?,
            subject: header.value(bytes, "subject").map(field::text).unwrap_or_default(),
            date: header.value(bytes, "date").and_then(field::date),
            message_id: header.value(bytes, "message-id").and_then(field::id),
            in_reply_to: header.value(bytes, "in-reply-to").and_then(|v| field::ids(v).into_iter().next()),
            references: header.value(bytes, "references").map(field::ids).unwrap_or_default(),
        })
    }
}

/// Reads all fields of a name as addresses.
pub(super) fn mailboxes(
    bytes: &[u8],
    header: &Header,
    name: &str,
    shown: &'static str,
) -> Result<Vec<Mailbox>, HeaderError> {
    let mut all = Vec::new();
    for field in header.named(bytes, name) {
        all.extend(read_list(super::cut(bytes, field.value.clone()), shown)?.mailboxes);
    }
    Ok(all)
}

fn read_list(value: &[u8], field: &'static str) -> Result<addresses::List, HeaderError> {
    addresses::parse(value).map_err(|source| HeaderError::Addresses { field, source })
}
