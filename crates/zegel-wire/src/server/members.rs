//! Members, their devices and their cards.

use serde::{Deserialize, Serialize};

use super::SecretText;

/// Begins the enrolment of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolRequest {
    /// The member's address.
    pub address: String,
    /// What an administrator, or another device of the member, handed out: 52 characters.
    pub invitation: SecretText,
    /// The device's name for people, at most 64 characters.
    pub device: String,
}

/// An enrolment that waits for a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentView {
    /// Names and authorises the second step; 52 characters.
    pub enrolment: SecretText,
    /// The `otpauth://` address for an authenticator app; only when the member is new.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub totp: Option<SecretText>,
}

/// Ends the enrolment of a device. Exactly one of the two codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmRequest {
    /// From the first step.
    pub enrolment: SecretText,
    /// Six digits of the authenticator app.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub totp: Option<SecretText>,
    /// A recovery code that was not used yet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recovery_code: Option<SecretText>,
}

/// What a device needs from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceGrant {
    /// The device's id.
    pub device: String,
    /// Its token; 52 characters.
    pub token: SecretText,
    /// For the day on which the authenticator is lost; only at the first enrolment.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub recovery_codes: Vec<SecretText>,
}

/// An invitation for one enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationView {
    /// 52 characters.
    pub invitation: SecretText,
    /// When it ends.
    pub expires_at: String,
}

/// A member, as they see themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberView {
    /// The address.
    pub address: String,
    /// How many bytes are in use.
    pub used: u64,
    /// How many may be.
    pub quota: u64,
    /// All devices, oldest first.
    pub devices: Vec<DeviceView>,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceView {
    /// Its id.
    pub device: String,
    /// Its name.
    pub name: String,
    /// When it was enrolled.
    pub enrolled_at: String,
    /// The day on which it was last seen, `2026-11-21`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seen_on: Option<String>,
    /// Whether it is the one that asks.
    pub this: bool,
}

/// Who finds a card in the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CardVisibility {
    /// Members of this server.
    Members,
    /// Whoever knows the address.
    Published,
}

/// Puts one's card into the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishCardRequest {
    /// The card as it is exported, at most 16 KiB.
    pub card: String,
    /// Who finds it.
    pub visibility: CardVisibility,
}
