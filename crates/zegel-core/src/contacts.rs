//! What the user knows about other people: the keys an address is pinned to, and why they are believed.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::card::{self, Card};
use crate::id::Fingerprint;
use crate::keys::{AgeRecipient, VerifyingKey};
use crate::time::Timestamp;

/// How a pin came about; from strong to weak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Origin {
    /// The directory of the address's own mail domain gave the card.
    Directory,
    /// The first message from this key was accepted; nothing proves the address.
    FirstUse,
    /// A person imported the card: they compared its fingerprint, or trusted the file it came in by name.
    Imported,
}

/// The pinned keys of one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The address.
    pub address: Address,
    /// The whole card, where one was seen; a first use has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<String>,
    /// When the card ends; unknown after a first use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// Fingerprint of address and keys.
    pub fingerprint: Fingerprint,
    /// The name on the card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Why the keys are believed.
    pub origin: Origin,
    /// Since when.
    pub pinned: Timestamp,
    /// The key that mail is sealed to.
    pub recipient: AgeRecipient,
    /// The key that their messages are signed with.
    pub signing_key: VerifyingKey,
}

impl Contact {
    /// Pins a card.
    pub fn from_card(card: &Card, origin: Origin, pinned: Timestamp) -> Self {
        Self {
            address: card.address().clone(),
            card: Some(card.text().to_owned()),
            expires: Some(card.expires()),
            fingerprint: card.fingerprint(),
            name: Some(card.name().to_owned()).filter(|name| !name.is_empty()),
            origin,
            pinned,
            recipient: card.recipient().clone(),
            signing_key: *card.signing_key(),
        }
    }

    /// Pins the keys of a first message.
    pub fn from_first_use(
        address: Address,
        recipient: AgeRecipient,
        signing_key: VerifyingKey,
        pinned: Timestamp,
    ) -> Self {
        let fingerprint = card::fingerprint(&address, &recipient, &signing_key);
        Self {
            address,
            card: None,
            expires: None,
            fingerprint,
            name: None,
            origin: Origin::FirstUse,
            pinned,
            recipient,
            signing_key,
        }
    }

    /// Says whether the fingerprint is the one of the address and keys beside it.
    pub fn is_consistent(&self) -> bool {
        card::fingerprint(&self.address, &self.recipient, &self.signing_key) == self.fingerprint
    }

    /// Says whether the card has ended at `now`.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| now >= expires)
    }
}

/// Looks up pinned contacts. Implementations answer from what the user has accepted, never from a message.
pub trait Contacts {
    /// Returns the contact pinned for exactly this address, expired or not.
    ///
    /// # Errors
    /// Says why an existing entry cannot be read. That is never the same as "unknown": unknown may lead to first use.
    fn contact(&self, address: &Address) -> Result<Option<Contact>, ContactsError>;
}

/// Tells that the entry of an address exists and cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the contact {address} cannot be read: {reason}")]
pub struct ContactsError {
    /// The address that was looked up.
    pub address: Address,
    /// What is wrong, in words.
    pub reason: String,
}

impl Contacts for std::collections::BTreeMap<Address, Contact> {
    fn contact(&self, address: &Address) -> Result<Option<Contact>, ContactsError> {
        Ok(self.get(address).cloned())
    }
}
