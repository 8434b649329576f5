//! Cards: the public half of an identity, self-signed (`docs/formats/card.md`).

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::address::{Address, is_invisible};
use crate::id::Fingerprint;
use crate::json::{self, JsonError};
use crate::keys::{AgeRecipient, KeyError, SigningKey, VerifyingKey};
use crate::sshsig::{Namespace, Signature, SignatureError, split_armour};
use crate::time::Timestamp;

/// Longest card in bytes, with its signatures; the server keeps no larger one either.
pub const CARD_MAX: usize = 16 * 1024;
/// Longest name on a card in characters.
const NAME_MAX: usize = 200;
/// Signatures after the self-signature that are looked at: one, by the key before.
const COSIGNATURES_MAX: usize = 1;

/// Tells why a text is not a card.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CardError {
    /// The card's period has ended.
    #[error("the card expired on {0}")]
    Expired(Timestamp),
    /// The JSON line is not the expected one.
    #[error("the card's fields cannot be read")]
    Fields(#[source] JsonError),
    /// A key could not be used.
    #[error("the card's keys cannot be used")]
    Key(#[source] KeyError),
    /// The name is too long or holds characters that hide or reorder text.
    #[error("the card's name holds hidden characters or is longer than {NAME_MAX}")]
    Name,
    /// The card ends before it begins, or its serial is 0.
    #[error("the card's period or serial makes no sense")]
    Period,
    /// The card's period has not begun.
    #[error("the card is valid only from {0}")]
    NotYet(Timestamp),
    /// What was given is a private key (T18).
    #[error("this is a private key, not a card; it must not leave its owner")]
    PrivateKey,
    /// More than [`CARD_MAX`] bytes or not text.
    #[error("not a card: longer than {CARD_MAX} bytes, or not text")]
    Shape,
    /// The self-signature does not hold.
    #[error("the card's own signature does not hold")]
    Signature(#[from] SignatureError),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    address: Address,
    created: Timestamp,
    expires: Timestamp,
    format: Format,
    name: String,
    recipient: AgeRecipient,
    #[serde(deserialize_with = "json::integer")]
    serial: u64,
    signing_key: VerifyingKey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Format {
    #[serde(rename = "zegel/card/v1")]
    V1,
}

/// What a card says about its owner; all of it claimed by the owner, none of it proven but possession of the keys.
#[derive(Debug, Clone)]
pub struct Card {
    fields: Fields,
    text: String,
    cosignatures: Vec<Signature>,
    line: Vec<u8>,
}

/// What goes on a new card.
#[derive(Debug, Clone)]
pub struct CardRequest<'a> {
    /// The owner's address.
    pub address: &'a Address,
    /// The owner's name; may be empty.
    pub name: &'a str,
    /// The key that mail is sealed to.
    pub recipient: &'a AgeRecipient,
    /// From when the card counts.
    pub created: Timestamp,
    /// Until when it counts.
    pub expires: Timestamp,
    /// Counts the owner's cards, from 1.
    pub serial: u64,
}

impl Card {
    /// Makes a card and signs it; with `previous`, also by the key that it replaces, which makes it a rotation.
    ///
    /// # Errors
    /// [`CardError::Name`] for a name with hidden characters; otherwise only bugs.
    pub fn make(
        request: &CardRequest<'_>,
        signing: &SigningKey,
        previous: Option<&SigningKey>,
    ) -> Result<Self, CardError> {
        let fields = Fields {
            address: request.address.clone(),
            created: request.created,
            expires: request.expires,
            format: Format::V1,
            name: request.name.to_owned(),
            recipient: request.recipient.clone(),
            serial: request.serial,
            signing_key: signing.verifying_key(),
        };
        let line = json::to_line(&fields).map_err(CardError::Fields)?;
        let mut text = String::from_utf8(line.clone()).map_err(|_| CardError::Shape)?;
        for key in std::iter::once(signing).chain(previous) {
            let signature = Signature::sign(Namespace::Card, &line, key).map_err(CardError::Key)?;
            text.push_str(&signature.to_armour()?);
        }
        Self::parse(text.as_bytes())
    }

    /// Reads a card and verifies its self-signature. Says nothing about whether the address is its owner's.
    ///
    /// # Errors
    /// See [`CardError`]. The period is not looked at: [`Card::check_period`] does that.
    pub fn parse(bytes: &[u8]) -> Result<Self, CardError> {
        if bytes.len() > CARD_MAX {
            return Err(CardError::Shape);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| CardError::Shape)?;
        let upper = text.to_ascii_uppercase();
        if upper.contains("AGE-SECRET-KEY-") || upper.contains("PRIVATE KEY") {
            return Err(CardError::PrivateKey);
        }
        let (line, armour) = text.split_once('\n').ok_or(CardError::Shape)?;
        let fields: Fields = json::from_slice(line.as_bytes(), CARD_MAX).map_err(CardError::Fields)?;
        if fields.name.chars().count() > NAME_MAX
            || fields.name.chars().any(|c| c.is_control() || is_invisible(c))
        {
            return Err(CardError::Name);
        }
        if fields.expires <= fields.created || fields.serial == 0 {
            return Err(CardError::Period);
        }
        let line = format!("{line}\n").into_bytes();
        let (own, mut rest) = split_armour(armour)?;
        own.verify(Namespace::Card, &line, &fields.signing_key)?;
        let mut cosignatures = Vec::new();
        while !rest.is_empty() {
            let (signature, after) = split_armour(rest)?;
            cosignatures.push(signature);
            rest = after;
            if cosignatures.len() > COSIGNATURES_MAX {
                return Err(CardError::Shape);
            }
        }
        Ok(Self { fields, text: text.to_owned(), cosignatures, line })
    }

    /// Returns the card as it is handed around.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the address it claims.
    pub fn address(&self) -> &Address {
        &self.fields.address
    }

    /// Returns the name it claims; may be empty.
    pub fn name(&self) -> &str {
        &self.fields.name
    }

    /// Returns the key that mail is sealed to.
    pub fn recipient(&self) -> &AgeRecipient {
        &self.fields.recipient
    }

    /// Returns the key that the owner signs with.
    pub fn signing_key(&self) -> &VerifyingKey {
        &self.fields.signing_key
    }

    /// Returns from when it counts.
    pub fn created(&self) -> Timestamp {
        self.fields.created
    }

    /// Returns until when it counts.
    pub fn expires(&self) -> Timestamp {
        self.fields.expires
    }

    /// Returns the owner's count of cards.
    pub fn serial(&self) -> u64 {
        self.fields.serial
    }

    /// Returns the fingerprint: address and both keys, not the name, dates or serial.
    pub fn fingerprint(&self) -> Fingerprint {
        fingerprint(&self.fields.address, &self.fields.recipient, &self.fields.signing_key)
    }

    /// Checks that `now` lies in the card's period.
    ///
    /// # Errors
    /// [`CardError::NotYet`] or [`CardError::Expired`].
    pub fn check_period(&self, now: Timestamp) -> Result<(), CardError> {
        if now < self.fields.created {
            return Err(CardError::NotYet(self.fields.created));
        }
        if now >= self.fields.expires {
            return Err(CardError::Expired(self.fields.expires));
        }
        Ok(())
    }

    /// Says whether the owner of `pinned` signed this card too: then it replaces theirs without a question.
    pub fn rotates(&self, pinned: &VerifyingKey) -> bool {
        self.cosignatures.iter().any(|s| s.verify(Namespace::Card, &self.line, pinned).is_ok())
    }
}

#[derive(Serialize)]
struct Fingerprinted<'a> {
    address: String,
    recipient: &'a AgeRecipient,
    signing_key: &'a VerifyingKey,
}

/// Returns the fingerprint of a card with this address and these keys.
///
/// It is SHA-256 over the line `zegel/card-fingerprint/v1` and the canonical JSON line of the three, with the address
/// in its canonical form.
pub fn fingerprint(address: &Address, recipient: &AgeRecipient, signing_key: &VerifyingKey) -> Fingerprint {
    let fields = Fingerprinted { address: address.canonical(), recipient, signing_key };
    let line = json::to_line(&fields).expect("three texts are always JSON");
    let mut hash = Sha256::new();
    hash.update(b"zegel/card-fingerprint/v1\n");
    hash.update(&line);
    Fingerprint::from_bytes(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use rand_core::OsRng;

    use super::*;
    use crate::keys::AgeIdentity;

    fn card(name: &str, signing: &SigningKey, previous: Option<&SigningKey>) -> Result<Card, CardError> {
        Card::make(
            &CardRequest {
                address: &"alice@example.org".parse().unwrap(),
                name,
                recipient: &AgeIdentity::make(&mut OsRng).recipient(),
                created: Timestamp::from_unix(1_000),
                expires: Timestamp::from_unix(2_000),
                serial: 1,
            },
            signing,
            previous,
        )
    }

    #[test]
    fn round_trips_and_checks_its_period() {
        let card = card("Alice", &SigningKey::make(&mut OsRng), None).unwrap();
        let again = Card::parse(card.text().as_bytes()).unwrap();
        assert_eq!(again.fingerprint(), card.fingerprint());
        assert!(again.check_period(Timestamp::from_unix(1_500)).is_ok());
        assert!(matches!(again.check_period(Timestamp::from_unix(999)), Err(CardError::NotYet(_))));
        assert!(matches!(again.check_period(Timestamp::from_unix(2_000)), Err(CardError::Expired(_))));
        assert!(card.text().len() < 4096, "a card stays small");
    }

    #[test]
    fn refuses_changes_private_keys_and_hidden_names() {
        let signing = SigningKey::make(&mut OsRng);
        let good = card("Alice", &signing, None).unwrap();
        for bad in [
            good.text().replace("Alice", "Alicf"),
            good.text().replace("\"serial\":1", "\"serial\":2"),
            good.text().replace("{\"address\"", "{ \"address\""),
            format!("{}x", good.text()),
            format!("{}\n", good.text()),
            good.text().replace('\n', "\r\n"),
            good.text().lines().next().unwrap().to_owned(),
        ] {
            assert!(Card::parse(bad.as_bytes()).is_err());
        }
        let secret = format!("{}AGE-SECRET-KEY-1QQQQ", good.text());
        assert!(matches!(Card::parse(secret.as_bytes()), Err(CardError::PrivateKey)));
        assert!(matches!(card("A\u{202e}lice", &signing, None), Err(CardError::Name)));
        assert!(matches!(card(&"a".repeat(201), &signing, None), Err(CardError::Name)));
        assert!(matches!(Card::parse(&vec![b'a'; CARD_MAX + 1]), Err(CardError::Shape)));
        let unnumbered = CardRequest {
            address: good.address(),
            name: "Alice",
            recipient: good.recipient(),
            created: good.created(),
            expires: good.expires(),
            serial: 0,
        };
        assert!(matches!(Card::make(&unnumbered, &signing, None), Err(CardError::Period)));
    }

    #[test]
    fn a_rotation_is_signed_by_the_key_before() {
        let (old, new, other) =
            (SigningKey::make(&mut OsRng), SigningKey::make(&mut OsRng), SigningKey::make(&mut OsRng));
        let rotated = card("Alice", &new, Some(&old)).unwrap();
        assert!(rotated.rotates(&old.verifying_key()));
        assert!(!rotated.rotates(&other.verifying_key()));
        assert!(!card("Alice", &new, None).unwrap().rotates(&old.verifying_key()));
    }
}
