//! The manifest: what the sender signs for each opener (`docs/formats/manifest.md`).

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::address::Address;
use crate::guest::{GuestError, LinkSecret};
use crate::id::{Fingerprint, GuestId, MessageId, from_base32, to_base32};
use crate::json;
use crate::keys::AgeRecipient;
use crate::policy::RECIPIENTS_MAX;
use crate::secret::Secret32;
use crate::time::Timestamp;

/// Longest manifest in bytes, its line feed included.
pub const MANIFEST_MAX: usize = 256 * 1024;
/// Most parts of a message: the body and its big attachments.
pub const PARTS_MAX: usize = 1000;
/// Longest body in bytes: it is held in memory. What is larger travels as parts of its own.
pub const BODY_MAX: u64 = 256 << 20;
/// Media type of part 0.
pub const BODY_TYPE: &str = "message/rfc822";
/// Longest subject in bytes.
const SUBJECT_MAX: usize = 64 * 1024;
/// Longest part name in bytes.
const NAME_MAX: usize = 1024;

/// Tells that a manifest is not one this version reads. It does not say which check failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a manifest of the expected form")]
pub struct ManifestError;

/// A person named by address and card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// The address.
    pub address: Address,
    /// The fingerprint of their card.
    pub card: Fingerprint,
}

/// In which role somebody opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum OpenerRole {
    /// The organisation's archive, named by signed policy.
    Archive,
    /// Blind-copied.
    Bcc,
    /// Copied.
    Cc,
    /// A recipient without a card.
    Guest,
    /// The sender's own copy.
    Sender,
    /// A recipient.
    To,
}

/// Whom an envelope is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opener {
    /// Their address.
    pub address: Address,
    /// Their card; absent for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Fingerprint>,
    /// Their guest id; only for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest: Option<GuestId>,
    /// Their role.
    pub role: OpenerRole,
}

/// One age file of the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// BLAKE3-256 of the true bytes, without padding.
    pub blake3: Digest,
    /// Its number: `parts/<index>.age`.
    #[serde(deserialize_with = "json::integer")]
    pub index: u64,
    /// True length in bytes, without padding.
    #[serde(deserialize_with = "json::integer")]
    pub length: u64,
    /// Media type (RFC 2045).
    pub media_type: String,
    /// File name; empty for the body.
    pub name: String,
}

/// A BLAKE3-256 hash, in hexadecimal as `b3sum` prints it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest(pub [u8; 32]);

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
        bytes.try_into().map(Self).map_err(|_| serde::de::Error::custom("not 32 bytes"))
    }
}

/// A secret key that travels inside an envelope; written as base32, never shown by `Debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyField(pub Secret32);

impl Serialize for KeyField {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // EXPOSE: the manifest is written into an envelope, which is sealed.
        let text = Zeroizing::new(to_base32(self.0.expose()));
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for KeyField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        let bytes = Zeroizing::new(from_base32(&text).map_err(serde::de::Error::custom)?);
        let mut array = Zeroizing::new([0; 32]);
        if bytes.len() != array.len() {
            return Err(serde::de::Error::custom("not 32 bytes"));
        }
        array.copy_from_slice(&bytes);
        Ok(Self(Secret32::from_bytes(array)))
    }
}

/// Where parts lie that did not fit into the mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// The server's origin, for example `https://zegel.example.org`.
    pub origin: String,
    /// The token that fetches the parts.
    pub token: KeyField,
}

/// A guest as the sender keeps them, to send the link again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuestLink {
    /// The guest's address.
    pub address: Address,
    /// The guest's id.
    pub guest: GuestId,
    /// The link secret, 32 characters of base32, in a field that is not shown.
    pub link: LinkField,
}

/// The text of a link secret; never shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LinkField(String);

impl LinkField {
    /// Takes over a link secret, to be written into the sender's own manifest.
    pub fn new(link: &LinkSecret) -> Self {
        // EXPOSE: the sender's manifest keeps it, inside the sender's own envelope.
        Self(link.to_secret_text().to_string())
    }

    /// Reads the link secret.
    ///
    /// # Errors
    /// [`GuestError::Link`] for another text.
    pub fn secret(&self) -> Result<LinkSecret, GuestError> {
        LinkSecret::parse(&self.0)
    }
}

impl Drop for LinkField {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for LinkField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkField(…)")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Format {
    #[serde(rename = "zegel/manifest/v1")]
    V1,
}

/// What the sender says about a message to one opener, under the sender's signature.
///
/// Fields stand in alphabetical order, because that is the order in canonical JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The archive the message was also sealed to, if a signed policy names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<Party>,
    /// Blind-copied addresses; only in the sender's own manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bcc: Option<Vec<Address>>,
    /// Copied addresses.
    pub cc: Vec<Address>,
    pub(super) format: Format,
    /// Guests and their link secrets; only in the sender's own manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guests: Option<Vec<GuestLink>>,
    /// The message.
    pub id: MessageId,
    /// The `Message-ID` that the message answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
    /// The policy's labels.
    pub labels: Vec<String>,
    /// Whom this manifest is for.
    pub opener: Opener,
    /// The parts, from 0.
    pub parts: Vec<Part>,
    /// Whether every recipient's key was post-quantum.
    pub pq: bool,
    /// Authenticates this opener's receipt.
    pub receipt_key: KeyField,
    /// Authenticates this opener's reply, if a guest.
    pub reply_key: KeyField,
    /// The key that replies are sealed to.
    pub reply_recipient: AgeRecipient,
    /// The sender.
    pub sender: Party,
    /// When it was sent.
    pub sent: Timestamp,
    /// Where parts lie that are not in the mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<Store>,
    /// The subject.
    pub subject: String,
    /// Recipients' addresses.
    pub to: Vec<Address>,
}

impl Manifest {
    /// Reads a manifest from its line, without the line feed.
    ///
    /// # Errors
    /// [`ManifestError`] for any other text, and for values that contradict each other.
    pub fn parse(line: &[u8]) -> Result<Self, ManifestError> {
        let manifest: Self = json::from_slice(line, MANIFEST_MAX - 1).map_err(|_| ManifestError)?;
        if manifest.is_sound() { Ok(manifest) } else { Err(ManifestError) }
    }

    /// Writes the line that is signed, with its line feed.
    ///
    /// # Errors
    /// [`ManifestError`] when it would not be read again: too long, or values that contradict each other.
    pub fn to_line(&self) -> Result<Zeroizing<Vec<u8>>, ManifestError> {
        let line = Zeroizing::new(json::to_line(self).map_err(|_| ManifestError)?);
        if line.len() <= MANIFEST_MAX && self.is_sound() { Ok(line) } else { Err(ManifestError) }
    }

    fn is_sound(&self) -> bool {
        let own = self.opener.role == OpenerRole::Sender;
        let opener = match self.opener.role {
            OpenerRole::Guest => self.opener.card.is_none() && self.opener.guest.is_some(),
            OpenerRole::Sender => {
                self.opener.card == Some(self.sender.card)
                    && self.opener.guest.is_none()
                    && self.opener.address == self.sender.address
            }
            // A visible recipient is named where everybody can see it (T16).
            OpenerRole::To => self.to.contains(&self.opener.address) && self.is_card_opener(),
            OpenerRole::Cc => self.cc.contains(&self.opener.address) && self.is_card_opener(),
            OpenerRole::Archive => {
                self.is_card_opener()
                    && self.archive.as_ref().is_some_and(|archive| {
                        Some(archive.card) == self.opener.card && archive.address == self.opener.address
                    })
            }
            OpenerRole::Bcc => self.is_card_opener(),
        };
        let numbered = (0..).zip(&self.parts).all(|(index, part)| part.index == index && part.is_sound());
        let people = self.to.len() + self.cc.len() + self.bcc.as_ref().map_or(0, Vec::len);
        opener
            && numbered
            && !self.parts.is_empty()
            && self.parts.len() <= PARTS_MAX
            && people <= RECIPIENTS_MAX
            // An address that stands twice would be counted or shown twice (a "to all" that is none).
            && are_distinct(&self.to)
            && are_distinct(&self.cc)
            && self.bcc.as_ref().is_none_or(|bcc| are_distinct(bcc))
            && (own || (self.bcc.is_none() && self.guests.is_none()))
            && self.subject.len() <= SUBJECT_MAX
            && self.labels.len() <= 100
    }

    fn is_card_opener(&self) -> bool {
        self.opener.card.is_some() && self.opener.guest.is_none()
    }
}

fn are_distinct(addresses: &[Address]) -> bool {
    let mut seen = BTreeSet::new();
    addresses.iter().all(|address| seen.insert(address.canonical()))
}

impl Part {
    fn is_sound(&self) -> bool {
        let body = self.index == 0;
        self.name.len() <= NAME_MAX
            && !self.name.chars().any(char::is_control)
            && body == self.name.is_empty()
            && !self.media_type.is_empty()
            && self.media_type.len() <= NAME_MAX
            && self.media_type.bytes().all(|b| b.is_ascii_graphic())
            && (!body || (self.media_type == BODY_TYPE && self.length <= BODY_MAX))
    }
}
