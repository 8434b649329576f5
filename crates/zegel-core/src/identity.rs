//! Identities: a person's private keys, newest first, each set with the card that was made for it
//! (`docs/formats/identity.md`).

use rand_core::CryptoRngCore;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::address::Address;
use crate::card::{Card, CardError, CardRequest};
use crate::id::{Fingerprint, from_base32, to_base32};
use crate::json::{self, JsonError};
use crate::keys::{AgeIdentity, KeyError, SigningKey};
use crate::secret::Secret32;
use crate::time::Timestamp;

/// Longest identity in bytes: a few hundred rotations.
pub const IDENTITY_MAX: usize = 1 << 20;
/// Most key sets kept: the current one and those before it.
const KEY_SETS_MAX: usize = 200;

/// Tells why an identity cannot be read or made. It never repeats what it read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// A card in it does not belong to the keys beside it.
    #[error("the identity's card does not belong to its keys")]
    Mismatch,
    /// A card in it cannot be read or made.
    #[error("the identity's card cannot be used")]
    Card(#[from] CardError),
    /// Not the expected JSON.
    #[error("not a Zegel identity")]
    Fields(#[source] JsonError),
    /// A key in it cannot be read.
    #[error("the identity's keys cannot be read")]
    Key(#[from] KeyError),
    /// No key set, or too many.
    #[error("an identity has between 1 and {KEY_SETS_MAX} sets of keys")]
    Count,
}

/// One set of keys and the card that makes its public half known.
#[derive(Debug, Clone)]
pub struct KeySet {
    age: AgeIdentity,
    signing: SigningKey,
    card: Card,
}

impl KeySet {
    /// Returns the key that opens.
    pub fn age(&self) -> &AgeIdentity {
        &self.age
    }

    /// Returns the key that signs.
    pub fn signing(&self) -> &SigningKey {
        &self.signing
    }

    /// Returns the card.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// Returns the card's fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        self.card.fingerprint()
    }
}

/// A person's private keys. The newest set seals and signs, every set opens.
#[derive(Debug, Clone)]
pub struct Identity {
    address: Address,
    name: String,
    current: KeySet,
    previous: Vec<KeySet>,
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Fields {
    #[zeroize(skip)]
    address: Address,
    #[zeroize(skip)]
    format: Format,
    keys: Vec<KeyFields>,
    name: String,
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct KeyFields {
    age: String,
    card: String,
    signing: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Format {
    #[serde(rename = "zegel/identity/v1")]
    V1,
}

impl Identity {
    /// Makes a new identity with one set of keys, whose card counts from `now` for `valid_seconds`.
    ///
    /// # Errors
    /// [`IdentityError::Card`] for a name with hidden characters.
    pub fn make(
        address: Address,
        name: &str,
        now: Timestamp,
        valid_seconds: u64,
        rng: &mut impl CryptoRngCore,
    ) -> Result<Self, IdentityError> {
        let current = make_set(&address, name, now, valid_seconds, 1, None, rng)?;
        Ok(Self { address, name: name.to_owned(), current, previous: Vec::new() })
    }

    /// Returns the identity with new keys; the card is also signed by the keys before, which are kept for old mail.
    ///
    /// # Errors
    /// [`IdentityError::Count`] after two hundred rotations.
    pub fn rotate(
        &self,
        now: Timestamp,
        valid_seconds: u64,
        rng: &mut impl CryptoRngCore,
    ) -> Result<Self, IdentityError> {
        let serial = self.current.card.serial().saturating_add(1);
        let before = Some(&self.current.signing);
        let current = make_set(&self.address, &self.name, now, valid_seconds, serial, before, rng)?;
        let previous: Vec<KeySet> = std::iter::once(&self.current).chain(&self.previous).cloned().collect();
        if previous.len() >= KEY_SETS_MAX {
            return Err(IdentityError::Count);
        }
        Ok(Self { address: self.address.clone(), name: self.name.clone(), current, previous })
    }

    /// Returns the owner's address.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Returns the owner's name; may be empty.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the card of the newest keys.
    pub fn card(&self) -> &Card {
        &self.current.card
    }

    /// Returns the newest keys.
    pub fn current(&self) -> &KeySet {
        &self.current
    }

    /// Returns all key sets, newest first.
    pub fn key_sets(&self) -> impl Iterator<Item = &KeySet> {
        std::iter::once(&self.current).chain(&self.previous)
    }

    /// Writes the identity as one line of canonical JSON, without a line feed. **Secret.**
    ///
    /// # Errors
    /// Only bugs.
    pub fn to_secret_text(&self) -> Result<SecretString, IdentityError> {
        let keys = self.key_sets().map(|set| KeyFields {
            // EXPOSE: this is the function that writes the secrets down.
            age: set.age.to_secret_text().expose_secret().to_owned(),
            card: set.card.text().to_owned(),
            signing: to_base32(set.signing.seed().expose()),
        });
        let fields = Fields {
            address: self.address.clone(),
            format: Format::V1,
            keys: keys.collect(),
            name: self.name.clone(),
        };
        let bytes = Zeroizing::new(json::to_vec(&fields).map_err(IdentityError::Fields)?);
        let text = std::str::from_utf8(&bytes).map_err(|_| IdentityError::Count)?;
        Ok(SecretString::from(text))
    }

    /// Reads what [`Identity::to_secret_text`] wrote; one line feed at the end is accepted.
    ///
    /// # Errors
    /// See [`IdentityError`]; every card must belong to the keys and the address beside it.
    pub fn parse(text: &SecretString) -> Result<Self, IdentityError> {
        // EXPOSE: parsing needs the text; the copies made on the way are wiped.
        let text = text.expose_secret();
        let text = text.strip_suffix('\n').unwrap_or(text);
        let fields: Fields =
            json::from_slice(text.as_bytes(), IDENTITY_MAX).map_err(IdentityError::Fields)?;
        if fields.keys.len() > KEY_SETS_MAX {
            return Err(IdentityError::Count);
        }
        let mut sets = Vec::new();
        for key in &fields.keys {
            sets.push(read_set(key, &fields.address)?);
        }
        let mut sets = sets.into_iter();
        let current = sets.next().ok_or(IdentityError::Count)?;
        Ok(Self {
            address: fields.address.clone(),
            name: fields.name.clone(),
            current,
            previous: sets.collect(),
        })
    }
}

fn make_set(
    address: &Address,
    name: &str,
    now: Timestamp,
    valid_seconds: u64,
    serial: u64,
    before: Option<&SigningKey>,
    rng: &mut impl CryptoRngCore,
) -> Result<KeySet, IdentityError> {
    let age = AgeIdentity::make(rng);
    let signing = SigningKey::make(rng);
    let request = CardRequest {
        address,
        name,
        recipient: &age.recipient(),
        created: now,
        expires: now.plus_seconds(valid_seconds),
        serial,
    };
    let card = Card::make(&request, &signing, before)?;
    Ok(KeySet { age, signing, card })
}

fn read_set(key: &KeyFields, address: &Address) -> Result<KeySet, IdentityError> {
    let age = AgeIdentity::parse(&SecretString::from(key.age.as_str()))?;
    let seed = Zeroizing::new(from_base32(&key.signing).map_err(|_| KeyError::Signing)?);
    let mut bytes = Zeroizing::new([0; 32]);
    if seed.len() != bytes.len() {
        return Err(KeyError::Signing.into());
    }
    bytes.copy_from_slice(&seed);
    let signing = SigningKey::from_seed(&Secret32::from_bytes(bytes));
    let card = Card::parse(key.card.as_bytes())?;
    let belongs = card.address() == address
        && *card.recipient() == age.recipient()
        && *card.signing_key() == signing.verifying_key();
    if belongs { Ok(KeySet { age, signing, card }) } else { Err(IdentityError::Mismatch) }
}

#[cfg(test)]
mod tests {
    use rand_core::OsRng;

    use super::*;

    fn alice() -> Identity {
        Identity::make(
            "alice@example.org".parse().unwrap(),
            "Alice",
            Timestamp::from_unix(10),
            100,
            &mut OsRng,
        )
        .unwrap()
    }

    #[test]
    fn survives_writing_and_rotation() {
        let first = alice();
        let second = first.rotate(Timestamp::from_unix(50), 100, &mut OsRng).unwrap();
        assert!(second.card().rotates(first.card().signing_key()));
        assert_eq!(second.card().serial(), 2);
        let again = Identity::parse(&second.to_secret_text().unwrap()).unwrap();
        let prints: Vec<_> = again.key_sets().map(KeySet::fingerprint).collect();
        assert_eq!(prints, [second.card().fingerprint(), first.card().fingerprint()]);
    }

    #[test]
    fn refuses_mixed_up_parts_and_says_nothing_secret() {
        let (one, two) = (alice().to_secret_text().unwrap(), alice().to_secret_text().unwrap());
        let (one, two) = (one.expose_secret(), two.expose_secret());
        let key = |text: &str| text.split("\"age\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let mixed = one.replace(&key(one), &key(two));
        let error = Identity::parse(&SecretString::from(mixed)).unwrap_err();
        assert!(matches!(error, IdentityError::Mismatch));
        let error = Identity::parse(&SecretString::from(one.replace("\"name\"", "\"nam\""))).unwrap_err();
        assert!(!format!("{error:?}").contains("SECRET"));
        assert!(!format!("{:?}", alice()).contains("AGE-SECRET"));
    }
}
