//! The mail that brings a guest the link: plain text and nothing to load.

use super::encode::{fold, mailbox_words};
use super::outer::OuterHeaders;
use crate::address::Mailbox;

/// What a notice has of its own; the rest is as in the sealed mail.
pub(crate) struct NoticeHeaders<'a> {
    /// The header of the sealed mail: From, Subject and Date are the same.
    pub(crate) outer: &'a OuterHeaders,
    /// The guest, and nobody else.
    pub(crate) to: &'a Mailbox,
    /// Message-ID with its angle brackets.
    pub(crate) message_id: &'a str,
}

/// Writes the mail; `text` is ASCII with lines that end in CR LF and are short enough to travel unchanged (RFC 5322 section 2.1.1).
pub(crate) fn write_notice(headers: &NoticeHeaders<'_>, text: &str) -> String {
    let own = |name| headers.outer.field(name, "\r\n");
    format!(
        "{}{}{}{}{}MIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=us-ascii\r\n\
         Content-Transfer-Encoding: 7bit\r\n\
         \r\n\
         {text}",
        own("From"),
        fold("To", &mailbox_words(std::slice::from_ref(headers.to)), "\r\n"),
        own("Subject"),
        own("Date"),
        fold("Message-ID", &[headers.message_id.to_owned()], "\r\n"),
    )
}
