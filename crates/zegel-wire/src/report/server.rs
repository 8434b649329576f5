//! Reports of what the server knows: devices, the communication log, recalls.

use serde::{Deserialize, Serialize};

use crate::server::{DeviceView, FactorKind, GuestState, MessageState, SecretText};

/// `login`: a device that was enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginReport {
    /// The member.
    pub address: String,
    /// The server.
    pub server: String,
    /// The device's id.
    pub device: String,
    /// Where the token is kept: `keyring` or `file`.
    pub store: String,
    /// The recovery codes, shown this once; only at the first enrolment, and not when they went to a file.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub recovery_codes: Vec<SecretText>,
    /// The file that the recovery codes were written to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recovery_file: Option<String>,
}

/// `device list`: the member and all devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceListView {
    /// The member.
    pub address: String,
    /// The server.
    pub server: String,
    /// Bytes in use.
    pub used: u64,
    /// Bytes that may be.
    pub quota: u64,
    /// The devices, oldest first.
    pub devices: Vec<DeviceView>,
}

/// `device revoke`: a device that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRevokedView {
    /// The device's id.
    pub device: String,
    /// Whether it was this computer, which has forgotten its token.
    pub this: bool,
}

/// `log`: the communication log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogReport {
    /// The member.
    pub address: String,
    /// The messages, oldest first.
    pub messages: Vec<LogMessageView>,
}

/// A message in the log. `recall`, `extend` and `guest` print one as well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogMessageView {
    /// Its id.
    pub message_id: String,
    /// What became of it.
    pub state: MessageState,
    /// When it was created.
    pub created_at: String,
    /// When it ends.
    pub expires_at: String,
    /// The guests.
    pub guests: Vec<LogGuestView>,
    /// Receipts that proved nothing: not made by an opener of this message.
    #[serde(default)]
    pub false_receipts: u64,
}

/// A guest in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogGuestView {
    /// The guest's id.
    pub guest: String,
    /// The address, when this computer sent the message.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub address: Option<String>,
    /// What they must prove.
    pub factor: FactorKind,
    /// How far they are, as the server says.
    pub state: GuestState,
    /// How many tries are left.
    pub tries_left: u8,
    /// When the server released the message to them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub delivered_at: Option<String>,
    /// When they opened it, by their own clock: the receipt was verified here.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub opened_at: Option<String>,
    /// When somebody with the link said that the number is not theirs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub wrong_number_at: Option<String>,
}

/// `recall`: what was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecallReport {
    /// The message.
    pub message_id: String,
    /// The guest's id, when it was taken back from one only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub guest: Option<String>,
}
