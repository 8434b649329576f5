//! Guests: what the portal's page, or a program in its place, says and hears.

use serde::{Deserialize, Serialize};

use super::{FactorKind, PartRequest, SecretText};

/// Begins a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionRequest {
    /// From the link.
    pub message: String,
    /// The address that received the mail, as it was typed.
    pub address: SecretText,
}

/// A session that has proved nothing yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    /// The session's token; 52 characters.
    pub session: SecretText,
    /// The guest's id; it goes into the key.
    pub guest: String,
    /// What must be proved.
    pub factor: FactorKind,
    /// When the message ends.
    pub expires_at: String,
}

/// Asks for a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeRequest {
    /// The last three digits of the phone number; only when the factor is `sms`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub digits: Option<SecretText>,
    /// The language of the text that goes out: `nl` or `en`.
    pub language: String,
}

/// A code is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeSentView {
    /// For how many seconds it counts.
    pub seconds: u64,
}

/// Proves the second factor. Exactly one of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenRequest {
    /// The six digits that were sent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<SecretText>,
    /// `V` of an access code; 52 characters.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verifier: Option<SecretText>,
}

/// What a guest needs from the server to open the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenView {
    /// The share `S`; 52 characters.
    pub share: SecretText,
    /// The envelope.
    pub envelope: String,
    /// The parts.
    pub parts: Vec<PartView>,
    /// When the message ends.
    pub expires_at: String,
}

/// A part that can be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartView {
    /// The bytes of the age file.
    pub size: u64,
    /// Their hash.
    pub hash: String,
}

/// Posts a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptRequest {
    /// The receipt's JSON, at most 1,024 bytes (`docs/formats/receipt.md`).
    pub receipt: String,
}

/// Creates a sealed answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateReplyRequest {
    /// The envelope to the sender of the message, at most 288 KiB.
    pub envelope: String,
    /// The envelope to the guest, who reads their own answers again.
    pub own_envelope: String,
    /// The parts, in the order of their indices.
    pub parts: Vec<PartRequest>,
}

/// An answer, as the guest sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyView {
    /// Its id.
    pub reply: String,
    /// Whether every part is there, so that it was delivered.
    pub complete: bool,
    /// When it was created.
    pub created_at: String,
    /// The envelope to the guest.
    pub own_envelope: String,
    /// The parts.
    pub parts: Vec<PartView>,
}

/// A guest's answers to one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyPage {
    /// Oldest first.
    pub replies: Vec<ReplyView>,
}
