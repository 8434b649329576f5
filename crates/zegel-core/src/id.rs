//! Identifiers: messages and guests (16 random bytes), cards (a 32-byte fingerprint).

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE32_NOPAD;
use rand_core::CryptoRngCore;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Tells that a text is not an identifier of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an identifier is lower-case base32 of the right length")]
pub struct IdError;

/// Returns lower-case base32 without padding (RFC 4648 section 6); 5 bits a character.
pub fn to_base32(bytes: &[u8]) -> String {
    BASE32_NOPAD.encode(bytes).to_ascii_lowercase()
}

/// Reads what [`to_base32`] wrote, and nothing else: one text for each value.
///
/// # Errors
/// Upper case, padding, other characters and non-zero trailing bits are refused.
pub fn from_base32(text: &str) -> Result<Vec<u8>, IdError> {
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(IdError);
    }
    BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()).map_err(|_| IdError)
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $len]);

        impl $name {
            /// Wraps the bytes.
            pub fn from_bytes(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// Returns the bytes.
            pub fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&to_base32(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                from_base32(text)?.try_into().map(Self).map_err(|_| IdError)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

identifier! {
    /// Names one sealed message: 16 random bytes, 26 characters of base32. Not the `Message-ID` header.
    MessageId, 16
}

identifier! {
    /// Names one guest of one message: 16 random bytes, 26 characters of base32.
    GuestId, 16
}

identifier! {
    /// Fingerprint of a card: SHA-256 over address and both keys, 52 characters of base32 (`docs/formats/card.md`).
    Fingerprint, 32
}

impl MessageId {
    /// Makes a new message id.
    pub fn make(rng: &mut impl CryptoRngCore) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }
}

impl GuestId {
    /// Makes a new guest id.
    pub fn make(rng: &mut impl CryptoRngCore) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }
}

impl Fingerprint {
    /// Characters of the short form without separators: 120 bits, beyond anyone's search for a second key.
    pub const SHORT: usize = 24;

    /// Returns the form people read aloud and compare: the first 24 characters in groups of four.
    pub fn to_readable(&self) -> String {
        let text = to_base32(&self.0);
        let groups: Vec<String> = text
            .chars()
            .take(Self::SHORT)
            .collect::<Vec<_>>()
            .chunks(4)
            .map(|c| c.iter().collect())
            .collect();
        groups.join("-")
    }

    /// Says whether what a person typed is this fingerprint: at least the short form, separators and case ignored.
    pub fn matches(&self, typed: &str) -> bool {
        let typed: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        typed.len() >= Self::SHORT
            && typed.is_ascii()
            && to_base32(&self.0).starts_with(&typed.to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_is_unique() {
        let id = MessageId::from_bytes([0xA5; 16]);
        let text = id.to_string();
        assert_eq!(text.len(), 26);
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(text.to_uppercase().parse::<MessageId>(), Err(IdError));
        assert_eq!(format!("{text}a").parse::<MessageId>(), Err(IdError));
        // The last character carries 3 bits of data; another pattern in the spare bits is another text, and refused.
        let mut spare = text.clone();
        spare.pop();
        assert_eq!(format!("{spare}7").parse::<MessageId>(), Err(IdError));
    }

    #[test]
    fn readable_fingerprint_matches_what_people_type() {
        let print = Fingerprint::from_bytes([7; 32]);
        assert!(print.matches(&print.to_readable()));
        assert!(print.matches(&print.to_readable().to_uppercase().replace('-', " ")));
        assert!(print.matches(&print.to_string()));
        let short: String = print.to_readable().chars().take(20).collect();
        assert!(!print.matches(&short), "too short to mean anything");
        assert!(!print.matches(&Fingerprint::from_bytes([8; 32]).to_readable()));
        assert!(!print.matches(&format!("{print}aaaa")));
    }
}
