//! Messages and their guests, as the sender sees them.

use serde::{Deserialize, Serialize};

use super::{PartView, SecretText};

/// Creates a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateMessageRequest {
    /// When it ends.
    pub expires_at: String,
    /// The parts, in the order of their indices; at most 1,000.
    pub parts: Vec<PartRequest>,
    /// The guests; at most 1,000.
    pub guests: Vec<GuestRequest>,
    /// The hash of the 32 bytes of the manifest's fetch token, when key holders may fetch parts or post receipts.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fetch_token: Option<String>,
    /// How many holders of a key the message has, so how many receipts the fetch token may bring.
    #[serde(default)]
    pub openers: u16,
}

/// A part that will be uploaded, or is here already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartRequest {
    /// The bytes of the age file.
    pub size: u64,
    /// Their hash.
    pub hash: String,
    /// The bytes themselves, when they are at most 256 KiB.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub inline: Option<String>,
}

/// A guest of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuestRequest {
    /// The guest's id.
    pub guest: String,
    /// The hash of the address, with the message's id (`docs/portal-api.md`).
    pub address: String,
    /// What the guest must prove.
    pub factor: FactorRequest,
    /// The share `S`; 52 characters.
    pub share: SecretText,
    /// The envelope, at most 288 KiB.
    pub envelope: String,
}

/// A second factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum FactorRequest {
    /// An access code was agreed.
    Code {
        /// The hash of the 32 bytes of `V`.
        verifier: String,
    },
    /// A code goes to the same mailbox; the policy allows it for low classes only.
    Mail {
        /// Where to.
        address: SecretText,
    },
    /// A code goes to a phone.
    Sms {
        /// The number, E.164 with its plus sign.
        number: SecretText,
    },
}

/// The kind of a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FactorKind {
    /// An access code.
    Code,
    /// A code by mail.
    Mail,
    /// A code by SMS.
    Sms,
}

/// Changes what a guest must prove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeFactorRequest {
    /// The new factor.
    pub factor: FactorRequest,
    /// The new envelope: needed when an access code comes, goes or changes, because it is part of the key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub envelope: Option<String>,
    /// The new share: with a new envelope, and only then. The sender's program keeps no share that it could seal with again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub share: Option<SecretText>,
}

/// Gives a message another end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtendRequest {
    /// When it ends.
    pub expires_at: String,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum MessageState {
    /// Its time is over; nothing of it is left.
    Expired,
    /// Guests can open it.
    Ready,
    /// The sender took it back; nothing of it is left.
    Recalled,
    /// Parts are missing yet.
    Uploading,
}

/// A message, as its sender sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageView {
    /// Its id.
    pub message: String,
    /// What became of it.
    pub state: MessageState,
    /// When it was created.
    pub created_at: String,
    /// When it ends.
    pub expires_at: String,
    /// The parts and how much of each is here.
    pub parts: Vec<PartState>,
    /// The guests.
    pub guests: Vec<GuestView>,
    /// Receipts as they were posted, for the sender's program to verify.
    pub receipts: Vec<String>,
}

/// How much of a part is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartState {
    /// The bytes of the age file.
    pub size: u64,
    /// How many of them are here for sure.
    pub received: u64,
}

/// How far a guest is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum GuestState {
    /// The server released the share to them.
    Delivered,
    /// Ten tries are used up.
    Locked,
    /// The sender took it back from them.
    Recalled,
    /// They did not open it yet.
    Waiting,
}

/// A guest, as the sender sees them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestView {
    /// The guest's id.
    pub guest: String,
    /// What they must prove.
    pub factor: FactorKind,
    /// How far they are.
    pub state: GuestState,
    /// How many tries are left.
    pub tries_left: u8,
    /// When the share was first released.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub delivered_at: Option<String>,
    /// When somebody with the link said that the number is not theirs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub wrong_number_at: Option<String>,
}

/// A page of the communication log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessagePage {
    /// The messages, oldest first.
    pub messages: Vec<MessageView>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next: Option<String>,
}

/// What happened to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EventKind {
    /// A share was released.
    Delivered,
    /// The message's time is over.
    Expired,
    /// A guest used up ten tries.
    Locked,
    /// A receipt came.
    Receipt,
    /// The message, or a guest, was recalled.
    Recalled,
    /// A guest answered.
    Reply,
    /// Somebody said that the number is not theirs.
    WrongNumber,
}

/// Something that happened, in the stream of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventView {
    /// What.
    pub event: EventKind,
    /// To which message.
    pub message: String,
    /// By or to which guest.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub guest: Option<String>,
    /// When.
    pub at: String,
}

/// A page of the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxPage {
    /// The answers, oldest first.
    pub replies: Vec<InboxView>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next: Option<String>,
}

/// A sealed answer that waits for the member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxView {
    /// Its id.
    pub reply: String,
    /// The message it answers.
    pub message: String,
    /// Who answers.
    pub guest: String,
    /// When it was complete.
    pub received_at: String,
    /// The envelope to the member.
    pub envelope: String,
    /// The parts.
    pub parts: Vec<PartView>,
}
