//! Who wrote to whom: the few fields of a mail that a history of recipients is made of.

use super::scan::Header;
use super::top::{self, HeaderError};
use super::{Limit, field};
use crate::address::Mailbox;
use crate::time::Timestamp;

/// Sender, recipients and time of a mail that was sent before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Correspondence {
    /// The mailboxes in From.
    pub from: Vec<Mailbox>,
    /// The mailboxes in To.
    pub to: Vec<Mailbox>,
    /// The mailboxes in Cc.
    pub cc: Vec<Mailbox>,
    /// The mailboxes in Bcc, which the sender's own copy often has.
    pub bcc: Vec<Mailbox>,
    /// The time in Date.
    pub date: Option<Timestamp>,
    /// The Message-ID with its angle brackets.
    pub message_id: Option<String>,
}

impl Correspondence {
    /// Reads the header at the start of a mail; the rest is not looked at and may be missing.
    ///
    /// # Errors
    /// Refuses address fields that are not understood: half of the recipients would be a wrong picture of who was together.
    pub fn read(mail: &[u8]) -> Result<Self, CorrespondenceError> {
        let header = Header::read(mail, 0..mail.len())?;
        let list = |name, shown| top::mailboxes(mail, &header, name, shown);
        Ok(Self {
            from: list("from", "From")?,
            to: list("to", "To")?,
            cc: list("cc", "Cc")?,
            bcc: list("bcc", "Bcc")?,
            date: header.value(mail, "date").and_then(field::date),
            message_id: header.value(mail, "message-id").and_then(field::id),
        })
    }

    /// Returns everybody in To, Cc and Bcc.
    pub fn recipients(&self) -> Vec<Mailbox> {
        self.to.iter().chain(&self.cc).chain(&self.bcc).cloned().collect()
    }
}

/// Tells why the recipients of a mail cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CorrespondenceError {
    /// A field is not understood.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The header is beyond a limit.
    #[error("the header is too long")]
    Limit(#[from] Limit),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_everybody_of_a_sent_mail() {
        for eol in ["\n", "\r\n"] {
            let mail = "From: Alice <alice@example.org>\nTo: Bob <bob@example.org>,\n carol@example.org\nCc: dave@example.org\n\
                        Bcc: erin@example.org\nDate: Sat, 21 Nov 2026 07:00:00 +0000\nMessage-ID: <1@example.org>\n\nTo: body@example.org\n"
                .replace('\n', eol);
            let read = Correspondence::read(mail.as_bytes()).unwrap();
            let shown: Vec<String> = read.recipients().iter().map(|m| m.address.to_string()).collect();
            assert_eq!(
                shown,
                ["bob@example.org", "carol@example.org", "dave@example.org", "erin@example.org"]
            );
            assert_eq!(read.from.len(), 1);
            assert_eq!(read.date, Some(Timestamp::from_unix(1_795_244_400)));
            assert_eq!(read.message_id.as_deref(), Some("<1@example.org>"));
        }
    }

    #[test]
    fn refuses_half_a_list() {
        for mail in ["To: bob@example.org, not an address\n\n", "Bcc: <bob@example.org\n\n"] {
            assert!(Correspondence::read(mail.as_bytes()).is_err(), "{mail:?}");
        }
        let long = format!("To: bob@example.org\nX: {}\n\n", "x".repeat(2 << 20));
        assert!(matches!(Correspondence::read(long.as_bytes()), Err(CorrespondenceError::Limit(_))));
        assert_eq!(Correspondence::read(b"").unwrap(), Correspondence::default());
    }
}
