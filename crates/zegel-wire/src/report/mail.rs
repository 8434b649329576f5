//! Sealing, sending, opening and looking at messages.

use serde::{Deserialize, Serialize};

use crate::error::ErrorView;

/// How one recipient gets a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RouteKind {
    /// In the clear over a transport that is proved secure; only where the policy names it.
    Direct,
    /// Through a link and a second factor.
    Guest,
    /// Sealed to the recipient's key.
    Key,
    /// In the clear; only where the policy names it.
    Plain,
    /// Not at all.
    Refuse,
}

/// One recipient and how the message travels to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipientView {
    /// The address.
    pub address: String,
    /// The display name in the draft.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// `to`, `cc` or `bcc`.
    pub role: String,
    /// How the message travels.
    pub route: RouteKind,
    /// Why it is refused.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// The fingerprint of the card that is sealed to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fingerprint: Option<String>,
    /// Where trust in the card comes from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub origin: Option<String>,
    /// Whether the key is post-quantum.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub post_quantum: Option<bool>,
    /// What a guest must prove: `code`, `mail` or `sms`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub factor: Option<String>,
    /// What can still be done after sending: recall.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recall: Option<String>,
    /// What can be known after sending: receipts.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub receipt: Option<String>,
}

/// `plan`: what would happen to a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanView {
    /// The sender.
    pub from: String,
    /// The subject, as written.
    pub subject: String,
    /// Everyone who would get it.
    pub recipients: Vec<RecipientView>,
    /// Whether the whole message would be post-quantum; absent when it cannot be sent at all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub post_quantum: Option<bool>,
    /// Whether it can be sent.
    pub sendable: bool,
    /// How many mails would be submitted (each blind-copied person gets one of their own).
    pub mails: u64,
    /// Why it cannot be sent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refusal: Option<ErrorView>,
    /// The address of the archive that the policy wants it sealed to as well.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub archive: Option<String>,
    /// What the policy finds; absent where only the built-in policy is in force.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub check: Option<super::CheckReport>,
}

/// One file that `seal` wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedFileView {
    /// The file; absent for standard output.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<String>,
    /// Who it is for.
    pub recipients: Vec<String>,
    /// Its size in bytes.
    pub bytes: u64,
}

/// `seal`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealReport {
    /// Zegel's id of the message.
    pub message_id: String,
    /// Who it is sealed for.
    pub recipients: Vec<RecipientView>,
    /// Whether it is post-quantum.
    pub post_quantum: bool,
    /// The address of the archive that the policy had it sealed to as well.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub archive: Option<String>,
    /// What was written.
    pub files: Vec<SealedFileView>,
}

/// What became of one mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum MailOutcome {
    /// It was not handed over: this was a dry run.
    DryRun,
    /// It was not sent; `error` says why.
    Failed,
    /// The server has accepted it.
    Sent,
    /// It was not tried, because an earlier mail failed.
    Skipped,
    /// The connection was lost after the mail was out; nobody knows whether the server has it.
    Unknown,
    /// It was written to a file, a Maildir or standard output.
    Written,
}

/// One mail that carries a sealed message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailView {
    /// Who gets this mail.
    pub recipients: Vec<String>,
    /// Its `Message-ID` header.
    pub internet_message_id: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// What became of it.
    pub outcome: MailOutcome,
    /// What the server answered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reply: Option<String>,
    /// The file it was written to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<String>,
    /// Why it was not sent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<ErrorView>,
}

/// Where the sender's own copy went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentCopyView {
    /// The Maildir or IMAP folder.
    pub place: String,
    /// Why it could not be kept; the mail itself was sent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
}

/// `send` and `sendmail`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendReport {
    /// Zegel's id of the message.
    pub message_id: String,
    /// The sender.
    pub from: String,
    /// Who it is sealed for.
    pub recipients: Vec<RecipientView>,
    /// Whether it is post-quantum.
    pub post_quantum: bool,
    /// The address of the archive that the policy had it sealed to as well.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub archive: Option<String>,
    /// When guests can no longer read it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub guests_expire: Option<String>,
    /// The mails that carry it, or bring a guest the link.
    pub mails: Vec<MailView>,
    /// The sender's own copy, when one was asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sent_copy: Option<SentCopyView>,
}

/// How sure Zegel is of the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Trust {
    /// The card was verified and counted when this was signed; it has expired since.
    ExpiredSince,
    /// First message from this key: pinned now, proved by nobody.
    FirstUse,
    /// One's own message, signed by one's own key.
    Own,
    /// The key was pinned at an earlier first message and has not changed since.
    SameKey,
    /// The key was imported after checking, or comes from the directory of the sender's domain.
    Verified,
}

/// A person in a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartyView {
    /// The address: what counts.
    pub address: String,
    /// The display name: what the sender wrote; decoration.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
}

/// What the virus scanner said of a text or a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ScanState {
    /// Nothing was found.
    Clean,
    /// Something was found; it was neither shown nor saved.
    Infected,
    /// It was not looked at, or not all of it.
    NotScanned,
}

/// What the virus scanner said, with its words for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanView {
    /// What it comes down to.
    pub state: ScanState,
    /// What was found, or why nobody looked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<String>,
}

/// One attachment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentView {
    /// The name the sender gave it, made safe to create and unique in the message.
    pub name: String,
    /// The media type the sender gave it.
    pub media_type: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The file it was saved to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<String>,
    /// What the virus scanner said; absent where none is configured.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scan: Option<ScanView>,
}

/// `open`: a message that was verified as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenReport {
    /// Zegel's id of the message.
    pub message_id: String,
    /// Who signed it.
    pub sender: PartyView,
    /// How sure that is.
    pub trust: Trust,
    /// The fingerprint of the sender's card.
    pub fingerprint: String,
    /// The form people compare.
    pub readable_fingerprint: String,
    /// The signed time.
    pub sent: String,
    /// The visible recipients.
    pub to: Vec<PartyView>,
    /// The visible copies.
    pub cc: Vec<PartyView>,
    /// The blind-copied recipients; only the sender's own copy names them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub bcc: Vec<PartyView>,
    /// The subject.
    pub subject: String,
    /// The `Message-ID` header inside.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub internet_message_id: Option<String>,
    /// As whom it was opened.
    pub opened_as: String,
    /// In which role: `to`, `cc`, `bcc`, `sender`, `archive` or `guest`.
    pub role: String,
    /// Whether it was sealed post-quantum.
    pub post_quantum: bool,
    /// The address of an archive that can open it too.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub archive: Option<String>,
    /// When this message was opened here before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seen_before: Option<String>,
    /// Whether it came in another mail then: somebody sent it again.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub replayed: bool,
    /// Where the outer mail says something else than the signed message.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub mismatches: Vec<String>,
    /// The text, unchanged; whoever prints it to a terminal neutralises control characters.
    pub text: String,
    /// What the virus scanner said of the text; absent where none is configured.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text_scan: Option<ScanView>,
    /// The attachments.
    pub attachments: Vec<AttachmentView>,
    /// The file the whole mail was restored to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub eml: Option<String>,
}

/// What kind of file was inspected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum MessageKind {
    /// A bare container.
    Container,
    /// A mail that carries a container.
    Mail,
}

/// One header of the outer mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderView {
    /// Its name.
    pub name: String,
    /// Its value, unfolded.
    pub value: String,
}

/// One file in a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SizeView {
    /// Its name in the container.
    pub name: String,
    /// Its size in bytes, padding included.
    pub bytes: u64,
    /// The age stanza types in its header.
    pub stanzas: Vec<String>,
    /// Whether every stanza in it is post-quantum.
    pub post_quantum: bool,
}

/// `inspect`: what anyone on the way can see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InspectView {
    /// Whether it is a mail or a container.
    pub kind: MessageKind,
    /// The size of the container in bytes.
    pub bytes: u64,
    /// The headers of the outer mail.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub headers: Vec<HeaderView>,
    /// The envelopes: one for each person who can open it, and one for the sender.
    pub envelopes: Vec<SizeView>,
    /// The encrypted parts.
    pub parts: Vec<SizeView>,
    /// Whether everything in it is post-quantum.
    pub post_quantum: bool,
}
