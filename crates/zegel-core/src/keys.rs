//! Keys: age identities and recipients (hybrid and classic), and Ed25519 keys for signing.
//!
//! Every key Zegel makes is hybrid: ML-KEM-768 and X25519 together, age's `mlkem768x25519`. Classic X25519 keys are
//! read so that mail can be sealed to people who have nothing else, when that is asked for by name.

mod hybrid;
mod signing;

use std::fmt;
use std::str::FromStr;

use age_core::format::{FileKey, Stanza};
use rand_core::CryptoRngCore;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;
use zeroize::Zeroizing;

pub use hybrid::{HybridIdentity, HybridRecipient};
pub use signing::{SigningKey, VerifyingKey};

use crate::age_file::RecipientKind;
use crate::secret::Secret32;

/// Stanza tag of the hybrid recipient type (C2SP age, "The native hybrid recipient type").
pub const HYBRID_TAG: &str = "mlkem768x25519";
/// Stanza tag of the classic recipient type.
pub const CLASSIC_TAG: &str = "X25519";

/// Tells that a text is not a key of the expected kind. It never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not an age identity (`AGE-SECRET-KEY-PQ-1…` or `AGE-SECRET-KEY-1…`).
    #[error("not an age identity")]
    Identity,
    /// Not an age recipient (`age1pq1…` or `age1…`).
    #[error("not an age recipient")]
    Recipient,
    /// Not an `ssh-ed25519` public key.
    #[error("not an ssh-ed25519 public key")]
    Verifying,
    /// Not an Ed25519 private key.
    #[error("not an ed25519 private key")]
    Signing,
    /// A private key was given where a public one belongs (T18: never upload or hand out a private key).
    #[error("this is a private key where a public one belongs")]
    PrivateKey,
}

/// A private key that opens age files: hybrid, or classic for people who came with one.
#[derive(Clone)]
#[non_exhaustive]
pub enum AgeIdentity {
    /// X25519 alone; not post-quantum.
    Classic(ClassicIdentity),
    /// ML-KEM-768 + X25519.
    Hybrid(HybridIdentity),
}

/// A classic identity of the `age` crate with its text, from which `Debug` shows nothing.
#[derive(Clone)]
pub struct ClassicIdentity(age::x25519::Identity);

impl AgeIdentity {
    /// Makes a new hybrid identity.
    pub fn make(rng: &mut impl CryptoRngCore) -> Self {
        Self::Hybrid(HybridIdentity::make(rng))
    }

    /// Reads an identity from its text.
    ///
    /// # Errors
    /// [`KeyError::Identity`] for anything but one well-formed identity.
    pub fn parse(text: &SecretString) -> Result<Self, KeyError> {
        // EXPOSE: parsing needs the text; no copy is kept.
        let text = text.expose_secret();
        if text.starts_with(hybrid::IDENTITY_START) {
            return HybridIdentity::parse(text).map(Self::Hybrid);
        }
        let classic = age::x25519::Identity::from_str(text).map_err(|_| KeyError::Identity)?;
        Ok(Self::Classic(ClassicIdentity(classic)))
    }

    /// Returns the public half.
    pub fn recipient(&self) -> AgeRecipient {
        match self {
            Self::Classic(identity) => AgeRecipient::Classic(identity.0.to_public()),
            Self::Hybrid(identity) => AgeRecipient::Hybrid(identity.recipient()),
        }
    }

    /// Returns the text form: what `age -i` takes.
    pub fn to_secret_text(&self) -> SecretString {
        match self {
            Self::Classic(identity) => identity.0.to_string(),
            Self::Hybrid(identity) => identity.to_secret_text(),
        }
    }

    /// Returns the 32 secret bytes behind the text, for key derivation.
    ///
    /// # Errors
    /// Only if the `age` crate's own text does not decode, which would be a bug.
    pub(crate) fn secret_bytes(&self) -> Result<Secret32, KeyError> {
        match self {
            Self::Classic(identity) => {
                let text = identity.0.to_string();
                // EXPOSE: the bytes are read out of the only form the `age` crate gives.
                let (_, bytes) = bech32::decode(text.expose_secret()).map_err(|_| KeyError::Identity)?;
                let bytes = Zeroizing::new(bytes);
                let mut array = Zeroizing::new([0; 32]);
                if bytes.len() != 32 {
                    return Err(KeyError::Identity);
                }
                array.copy_from_slice(&bytes);
                Ok(Secret32::from_bytes(array))
            }
            Self::Hybrid(identity) => Ok(identity.seed().clone()),
        }
    }
}

impl fmt::Debug for AgeIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Classic(_) => "AgeIdentity::Classic(…)",
            Self::Hybrid(_) => "AgeIdentity::Hybrid(…)",
        })
    }
}

impl age::Identity for AgeIdentity {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, age::DecryptError>> {
        match self {
            Self::Classic(identity) => identity.0.unwrap_stanza(stanza),
            Self::Hybrid(identity) => identity.unwrap_stanza(stanza),
        }
    }
}

/// A public key that age files are sealed to.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AgeRecipient {
    /// `age1…`: X25519 alone; not post-quantum.
    Classic(age::x25519::Recipient),
    /// `age1pq1…`: ML-KEM-768 + X25519.
    Hybrid(HybridRecipient),
}

impl AgeRecipient {
    /// Says whether mail sealed to this key stays closed to a quantum computer.
    pub fn is_post_quantum(&self) -> bool {
        matches!(self, Self::Hybrid(_))
    }

    /// Returns the kind of stanza that sealing to this key makes.
    pub fn kind(&self) -> RecipientKind {
        match self {
            Self::Classic(_) => RecipientKind::Classic,
            Self::Hybrid(_) => RecipientKind::Hybrid,
        }
    }

    pub(crate) fn as_age(&self) -> &dyn age::Recipient {
        match self {
            Self::Classic(recipient) => recipient,
            Self::Hybrid(recipient) => recipient,
        }
    }
}

impl FromStr for AgeRecipient {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if text.to_ascii_uppercase().starts_with("AGE-SECRET-KEY-") {
            return Err(KeyError::PrivateKey);
        }
        if text.starts_with(hybrid::RECIPIENT_START) {
            return HybridRecipient::parse(text).map(Self::Hybrid);
        }
        age::x25519::Recipient::from_str(text).map(Self::Classic).map_err(|_| KeyError::Recipient)
    }
}

impl fmt::Display for AgeRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Classic(recipient) => recipient.fmt(f),
            Self::Hybrid(recipient) => recipient.fmt(f),
        }
    }
}

impl fmt::Debug for AgeRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for AgeRecipient {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AgeRecipient {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use rand_core::OsRng;

    use super::*;

    #[test]
    fn text_forms_round_trip() {
        let identity = AgeIdentity::make(&mut OsRng);
        let again = AgeIdentity::parse(&identity.to_secret_text()).unwrap();
        assert_eq!(again.recipient(), identity.recipient());
        let recipient: AgeRecipient = identity.recipient().to_string().parse().unwrap();
        assert!(recipient.is_post_quantum());
        assert_eq!(recipient, identity.recipient());

        let classic = age::x25519::Identity::generate();
        let identity = AgeIdentity::parse(&classic.to_string()).unwrap();
        assert!(!identity.recipient().is_post_quantum());
        assert_eq!(identity.secret_bytes().unwrap().expose().len(), 32);
    }

    #[test]
    fn refuses_other_texts_and_private_keys() {
        let secret = AgeIdentity::make(&mut OsRng).to_secret_text();
        assert_eq!(secret.expose_secret().parse::<AgeRecipient>(), Err(KeyError::PrivateKey));
        assert_eq!(secret.expose_secret().to_lowercase().parse::<AgeRecipient>(), Err(KeyError::PrivateKey));
        for text in [
            "",
            "age1",
            "age1pq1",
            "age1pq1qqqq",
            "ssh-ed25519 AAAA",
            "AGE-SECRET-KEY-PQ-1QQQ",
            "AGE-PLUGIN-X-1",
        ] {
            assert!(text.parse::<AgeRecipient>().is_err(), "{text}");
            assert!(AgeIdentity::parse(&SecretString::from(text.to_owned())).is_err(), "{text}");
        }
        // A single wrong character breaks the checksum.
        let mut text = AgeIdentity::make(&mut OsRng).recipient().to_string();
        let last = if text.ends_with('q') { 'p' } else { 'q' };
        text.pop();
        text.push(last);
        assert_eq!(text.parse::<AgeRecipient>(), Err(KeyError::Recipient));
    }

    #[test]
    fn debug_shows_no_secret() {
        let identity = AgeIdentity::make(&mut OsRng);
        assert_eq!(format!("{identity:?}"), "AgeIdentity::Hybrid(…)");
    }
}
