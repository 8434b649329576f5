//! Receipts: proof that a recipient opened a message, checked offline by the sender (`docs/formats/receipt.md`).

use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use thiserror::Error;

use crate::guest::expand;
use crate::id::{Fingerprint, GuestId, MessageId, from_base32, to_base32};
use crate::identity::KeySet;
use crate::json;
use crate::keys::KeyError;
use crate::secret::Secret32;
use crate::time::Timestamp;

const INFO_ROOT: &[u8] = b"zegel/receipt-root/v1";
const INFO_RECEIPT: &[u8] = b"zegel/receipt-key/v1";
const INFO_REPLY: &[u8] = b"zegel/reply-key/v1";
/// Longest receipt in bytes.
const RECEIPT_MAX: usize = 1024;

/// Tells that a receipt proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the receipt does not hold")]
pub struct ReceiptError;

/// Who opens: a card or a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OpenerId {
    /// The owner of the card with this fingerprint.
    Card(Fingerprint),
    /// A guest of this message.
    Guest(GuestId),
}

impl OpenerId {
    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Card(fingerprint) => fingerprint.as_bytes(),
            Self::Guest(guest) => guest.as_bytes(),
        }
    }
}

/// The keys that an opener of one message gets in their manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenerKeys {
    /// Authenticates the receipt.
    pub receipt: Secret32,
    /// Authenticates a guest's reply.
    pub reply: Secret32,
}

/// Derives the keys of an opener from the sender's own secret, so that the sender has nothing to store.
///
/// # Errors
/// Only bugs: the key of the set cannot be read.
pub fn derive_opener_keys(
    sender: &KeySet,
    message: MessageId,
    opener: OpenerId,
) -> Result<OpenerKeys, KeyError> {
    let secret = sender.age().secret_bytes()?;
    // EXPOSE: the root is derived from the sender's secret and never stored.
    let root = expand(secret.expose(), &[], INFO_ROOT);
    let salt = [message.as_bytes().as_slice(), opener.as_bytes()].concat();
    // EXPOSE: the root is the input of both derivations.
    Ok(OpenerKeys {
        receipt: expand(root.expose(), &salt, INFO_RECEIPT),
        reply: expand(root.expose(), &salt, INFO_REPLY),
    })
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claim {
    format: Format,
    id: MessageId,
    opened_at: Timestamp,
    opener: OpenerId,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    claim: Claim,
    mac: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum Format {
    #[serde(rename = "zegel/receipt/v1")]
    V1,
}

/// A receipt that held: who opened which message, and when by their own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The message.
    pub id: MessageId,
    /// When it was opened: the opener's claim.
    pub opened_at: Timestamp,
    /// Who opened it.
    pub opener: OpenerId,
}

impl Receipt {
    /// Writes the receipt with its MAC (HMAC-SHA-256, RFC 2104) as canonical JSON.
    ///
    /// # Errors
    /// Only bugs.
    pub fn to_json(&self, key: &Secret32) -> Result<Vec<u8>, ReceiptError> {
        let claim = Claim { format: Format::V1, id: self.id, opened_at: self.opened_at, opener: self.opener };
        let bytes = json::to_vec(&claim).map_err(|_| ReceiptError)?;
        let mac = to_base32(&mac(key, &bytes).finalize().into_bytes());
        json::to_vec(&Fields { claim, mac }).map_err(|_| ReceiptError)
    }

    /// Reads a receipt and checks it with the sender's keys, current and previous.
    ///
    /// # Errors
    /// [`ReceiptError`] for another form or a MAC that no key set gives.
    pub fn verify<'a>(bytes: &[u8], sender: impl Iterator<Item = &'a KeySet>) -> Result<Self, ReceiptError> {
        let fields: Fields = json::from_slice(bytes, RECEIPT_MAX).map_err(|_| ReceiptError)?;
        let claimed = from_base32(&fields.mac).map_err(|_| ReceiptError)?;
        let claim = json::to_vec(&fields.claim).map_err(|_| ReceiptError)?;
        let Claim { id, opened_at, opener, .. } = fields.claim;
        for set in sender {
            let keys = derive_opener_keys(set, id, opener).map_err(|_| ReceiptError)?;
            // Constant-time comparison by the `hmac` crate.
            if mac(&keys.receipt, &claim).verify_slice(&claimed).is_ok() {
                return Ok(Self { id, opened_at, opener });
            }
        }
        Err(ReceiptError)
    }
}

fn mac(key: &Secret32, bytes: &[u8]) -> Hmac<Sha256> {
    // EXPOSE: the key goes into the MAC.
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key.expose()).expect("HMAC takes keys of any length");
    mac.update(bytes);
    mac
}

#[cfg(test)]
mod tests {
    use rand_core::OsRng;

    use super::*;
    use crate::identity::Identity;

    #[test]
    fn holds_for_the_sender_before_and_after_rotation_and_for_nobody_else() {
        let make = || {
            Identity::make("alice@example.org".parse().unwrap(), "", Timestamp::from_unix(1), 10, &mut OsRng)
                .unwrap()
        };
        let (alice, eve) = (make(), make());
        let id = MessageId::from_bytes([1; 16]);
        let opener = OpenerId::Guest(GuestId::from_bytes([2; 16]));
        let keys = derive_opener_keys(alice.current(), id, opener).unwrap();
        let receipt = Receipt { id, opened_at: Timestamp::from_unix(99), opener };
        let bytes = receipt.to_json(&keys.receipt).unwrap();
        assert_eq!(Receipt::verify(&bytes, alice.key_sets()), Ok(receipt));
        let rotated = alice.rotate(Timestamp::from_unix(5), 10, &mut OsRng).unwrap();
        assert_eq!(Receipt::verify(&bytes, rotated.key_sets()), Ok(receipt));
        assert_eq!(Receipt::verify(&bytes, eve.key_sets()), Err(ReceiptError));
        // The reply key, another time and another opener do not pass.
        assert_eq!(
            Receipt::verify(&receipt.to_json(&keys.reply).unwrap(), alice.key_sets()),
            Err(ReceiptError)
        );
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(
            Receipt::verify(text.replace(":01:39Z", ":01:40Z").as_bytes(), alice.key_sets()),
            Err(ReceiptError)
        );
        assert_eq!(
            Receipt::verify(text.replace("guest", "gues").as_bytes(), alice.key_sets()),
            Err(ReceiptError)
        );
    }
}
