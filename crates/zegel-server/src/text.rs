//! Texts of the API, parsed at the edge: ids, secrets, hashes, bytes.

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use data_encoding::{Encoding, HEXLOWER, Specification};
use rand_core::{OsRng, RngCore};
use zegel_wire::server::SecretText;
use zeroize::Zeroize;

use crate::problem::Refusal;

/// Bytes in JSON: RFC 4648 section 4, padded, and one text for each value.
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new());

/// Base32 in lower case without padding (`docs/formats/README.md`).
pub(crate) fn base32() -> &'static Encoding {
    static ENCODING: std::sync::LazyLock<Encoding> = std::sync::LazyLock::new(|| {
        let mut rules = Specification::new();
        rules.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
        rules.encoding().expect("32 symbols without padding are an encoding")
    });
    &ENCODING
}

/// The id of a message, a guest, a reply or a device: 16 bytes, 26 characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id([u8; 16]);

impl Id {
    /// Makes a random id.
    pub(crate) fn make() -> Self {
        let mut bytes = [0; 16];
        OsRng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    pub(crate) const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Reads an id of a row.
    pub(crate) fn from_row(bytes: &[u8]) -> Option<Self> {
        Some(Self(bytes.try_into().ok()?))
    }

    /// Reads the text; there is one for each id.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        fixed(text).map(Self)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base32().encode(&self.0))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// 32 secret bytes: a token, a session, a share, a verifier.
#[derive(Clone)]
pub(crate) struct Secret([u8; 32]);

impl Secret {
    /// Makes a random secret.
    pub(crate) fn make() -> Self {
        let mut bytes = [0; 32];
        OsRng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        fixed(text).map(Self)
    }

    /// Returns the hash: all of a secret that rows and maps ever hold.
    pub(crate) fn hash(&self) -> Hash {
        Hash::of(&self.0)
    }

    /// Returns the text that goes to whom the secret belongs.
    pub(crate) fn text(&self) -> SecretText {
        // EXPOSE: who is to hold the secret must be told it.
        SecretText::new(base32().encode(&self.0))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A BLAKE3-256 hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Hash([u8; 32]);

impl Hash {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    pub(crate) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn from_row(bytes: &[u8]) -> Option<Self> {
        Some(Self(bytes.try_into().ok()?))
    }

    /// Reads 64 lower-case hexadecimal digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok()?;
        Self::from_row(&bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Compares in constant time: what a guess is judged by tells nothing by its time.
    pub(crate) fn fits(&self, other: &Self) -> bool {
        use subtle::ConstantTimeEq as _;
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn fixed<const N: usize>(text: &str) -> Option<[u8; N]> {
    // The length is looked at before anything is decoded or allocated.
    if text.len() != (N * 8).div_ceil(5) {
        return None;
    }
    base32().decode(text.as_bytes()).ok()?.try_into().ok()
}

/// Reads bytes in base64 of at most `limit` bytes.
///
/// # Errors
/// When it is not base64 (400), or more (413).
pub(crate) fn bytes(text: &str, limit: usize, what: &'static str) -> Result<Vec<u8>, Refusal> {
    if text.len() > limit.div_ceil(3) * 4 {
        return Err(Refusal::too_large(what));
    }
    let bytes = BASE64.decode(text).map_err(|_| Refusal::bad_request(what))?;
    if bytes.len() > limit { Err(Refusal::too_large(what)) } else { Ok(bytes) }
}

/// Writes bytes as base64.
pub(crate) fn base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// Reads an id out of a request.
///
/// # Errors
/// When it is none (400).
pub(crate) fn id(text: &str, what: &'static str) -> Result<Id, Refusal> {
    Id::parse(text).ok_or_else(|| Refusal::bad_request(what))
}

/// Reads a hash out of a request.
///
/// # Errors
/// When it is none (400).
pub(crate) fn hash(text: &str, what: &'static str) -> Result<Hash, Refusal> {
    Hash::parse(text).ok_or_else(|| Refusal::bad_request(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_text() {
        let id = Id::make();
        assert_eq!(Id::parse(&id.to_string()), Some(id));
        assert_eq!(id.to_string().len(), 26);
        assert_eq!(Id::parse(&id.to_string().to_uppercase()), None);
        assert_eq!(Id::parse(&"a".repeat(25)), None);
        // The last character has two spare bits, which are zero.
        assert_eq!(Id::parse(&format!("{}b", "a".repeat(25))), None);
        assert!(Id::parse(&"a".repeat(26)).is_some());
    }

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::make();
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        let again = Secret::parse(secret.text().expose()).unwrap();
        assert!(again.hash().fits(&secret.hash()));
    }

    #[test]
    fn bytes_are_strict_and_limited() {
        assert_eq!(bytes("AAEC", 3, "x").unwrap(), [0, 1, 2]);
        assert!(bytes("AAECAw==", 3, "x").is_err());
        assert!(bytes("AAECAw", 4, "x").is_err());
        assert!(bytes("AAEC\n", 6, "x").is_err());
    }
}
