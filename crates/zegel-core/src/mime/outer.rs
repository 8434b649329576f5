//! The outer header: what the world sees of a sealed mail.

use super::draft::{Draft, DraftError};
use super::encode::{fold, mailbox_words, text_words};
use super::field;
use super::inner::InnerMessage;
use super::scan::Header;
use super::top;
use crate::address::Mailbox;
use crate::time::Timestamp;

/// Ids of References that are kept: the first (the thread) and the last ones (RFC 5322 section 3.6.4).
const LAST_REFERENCES: usize = 19;

/// What the outer header takes from elsewhere than the draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OuterOptions {
    /// The constant subject that the organisation chose.
    pub subject: String,
    /// Message-ID with angle brackets, used where the draft has none that is well formed.
    pub message_id: String,
    /// The time, used where the draft has no date.
    pub date: Timestamp,
}

/// The header of a sealed mail: exactly the fields of `docs/formats/mail.md` section 4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OuterHeaders {
    fields: Vec<(&'static str, Vec<String>)>,
    from: Mailbox,
    to: Vec<Mailbox>,
    cc: Vec<Mailbox>,
    date: Timestamp,
    message_id: String,
}

impl OuterHeaders {
    /// Makes the outer header of a draft.
    ///
    /// # Errors
    /// Refuses an `options.message_id` that is not a message id (angle brackets, ASCII, at most 250 bytes).
    pub fn make(draft: &Draft, options: &OuterOptions) -> Result<Self, DraftError> {
        if !field::is_message_id(&options.message_id) {
            return Err(DraftError::MessageId(options.message_id.clone()));
        }
        let message_id = draft.internet_message_id().unwrap_or(&options.message_id).to_owned();
        let date = draft.date().unwrap_or(options.date);
        let (from, to, cc) = (draft.from().clone(), draft.to().to_vec(), draft.cc().to_vec());
        let mut fields = vec![("From", mailbox_words(std::slice::from_ref(&from)))];
        for (name, list) in [("To", &to), ("Cc", &cc)] {
            if !list.is_empty() {
                fields.push((name, mailbox_words(list)));
            }
        }
        fields.push(("Subject", text_words(&options.subject)));
        fields.push(("Date", words(&date.to_rfc5322())));
        fields.push(("Message-ID", vec![message_id.clone()]));
        if let Some(id) = draft.in_reply_to() {
            fields.push(("In-Reply-To", vec![id.to_owned()]));
        }
        let references = trim_references(draft.references());
        if !references.is_empty() {
            fields.push(("References", references));
        }
        if let Some(keyword) = draft.auto_submitted() {
            fields.push(("Auto-Submitted", vec![keyword]));
        }
        Ok(Self { fields, from, to, cc, date, message_id })
    }

    /// Returns the sender.
    pub fn from(&self) -> &Mailbox {
        &self.from
    }

    /// Returns who stands in To.
    pub fn to(&self) -> &[Mailbox] {
        &self.to
    }

    /// Returns who stands in Cc.
    pub fn cc(&self) -> &[Mailbox] {
        &self.cc
    }

    /// Returns the date.
    pub fn date(&self) -> Timestamp {
        self.date
    }

    /// Returns the Message-ID with its angle brackets.
    pub fn message_id(&self) -> &str {
        &self.message_id
    }

    /// Says whether the header carries UTF-8, so that the mail can only go to servers with SMTPUTF8 (RFC 6531).
    pub fn needs_smtputf8(&self) -> bool {
        let mut all = std::iter::once(&self.from).chain(&self.to).chain(&self.cc);
        all.any(|m| m.address.needs_smtputf8())
    }

    /// Writes the fields, folded, in CRLF; without MIME-Version and Content-Type.
    pub(super) fn to_text(&self) -> String {
        self.fields.iter().map(|(name, words)| fold(name, words, "\r\n")).collect()
    }

    /// Writes one `HP-Outer` field for each field (RFC 9788 section 2.2).
    pub(super) fn to_protected(&self, eol: &str) -> String {
        let line = |(name, words): &(&'static str, Vec<String>)| {
            let mut all = vec![format!("{name}:")];
            all.extend(words.iter().cloned());
            fold("HP-Outer", &all, eol)
        };
        self.fields.iter().map(line).collect()
    }

    /// Writes one field as the outer header has it, for a draft that lacks it.
    pub(super) fn field(&self, name: &str, eol: &str) -> String {
        let field = self.fields.iter().find(|(n, _)| *n == name);
        field.map(|(name, words)| fold(name, words, eol)).unwrap_or_default()
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

fn trim_references(ids: &[String]) -> Vec<String> {
    match ids {
        [first, rest @ ..] if rest.len() > LAST_REFERENCES => {
            let last = rest.get(rest.len() - LAST_REFERENCES..).unwrap_or_default();
            std::iter::once(first).chain(last).cloned().collect()
        }
        _ => ids.to_vec(),
    }
}

/// The outer header of a mail as it arrived: whatever became of it on the way, and never to be trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OuterView {
    /// The mailboxes in From; none when it is missing or not understood.
    pub from: Vec<Mailbox>,
    /// The mailboxes in To.
    pub to: Vec<Mailbox>,
    /// The mailboxes in Cc.
    pub cc: Vec<Mailbox>,
    /// The decoded subject.
    pub subject: Option<String>,
    /// The time in Date.
    pub date: Option<Timestamp>,
    /// The Message-ID with its angle brackets.
    pub message_id: Option<String>,
}

impl OuterView {
    pub(super) fn read(bytes: &[u8], header: &Header) -> Self {
        let list = |name, shown| top::mailboxes(bytes, header, name, shown).unwrap_or_default();
        Self {
            from: list("from", "From"),
            to: list("to", "To"),
            cc: list("cc", "Cc"),
            subject: header.value(bytes, "subject").map(field::text),
            date: header.value(bytes, "date").and_then(field::date),
            message_id: header.value(bytes, "message-id").and_then(field::id),
        }
    }
}

/// A field of the outer header that differs from what was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OuterMismatch {
    /// The visible copies.
    Cc,
    /// The date.
    Date,
    /// The sender.
    From,
    /// The message id.
    MessageId,
    /// The visible recipients.
    To,
}

impl OuterMismatch {
    /// Returns the name of the field.
    pub fn field(self) -> &'static str {
        match self {
            Self::Cc => "Cc",
            Self::Date => "Date",
            Self::From => "From",
            Self::MessageId => "Message-ID",
            Self::To => "To",
        }
    }
}

/// Compares the outer header with what was sealed. The subject always differs and is not compared, names do not count.
pub fn compare_outer(inner: &InnerMessage, outer: &OuterView) -> Vec<OuterMismatch> {
    let addresses = |list: &[Mailbox]| {
        let mut all: Vec<String> = list.iter().map(|m| m.address.canonical()).collect();
        all.sort();
        all.dedup();
        all
    };
    let mut found = Vec::new();
    let mut check = |same: bool, field| {
        if !same {
            found.push(field);
        }
    };
    // A `From` field of several mailboxes is a mismatch also when the right one is among them.
    let from = matches!(outer.from.as_slice(), [one] if one.address == inner.from().address);
    check(from, OuterMismatch::From);
    check(addresses(&outer.to) == addresses(inner.to()), OuterMismatch::To);
    check(addresses(&outer.cc) == addresses(inner.cc()), OuterMismatch::Cc);
    // Where the draft had none that is well formed, the sealed copy of the outer field stands in.
    let copy = inner.sealed_outer();
    check(outer.date == inner.date().or(copy.date), OuterMismatch::Date);
    let id = inner.internet_message_id().map(str::to_owned).or(copy.message_id);
    check(outer.message_id == id, OuterMismatch::MessageId);
    found
}
