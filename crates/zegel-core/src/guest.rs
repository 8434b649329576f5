//! Guest keys: what a recipient without a card opens a message with (`docs/formats/guest.md`).
//!
//! The link secret travels in the mail, the share stays on the server, the code is told by the sender: none of them
//! opens anything alone.

mod link;

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use hkdf::Hkdf;
use rand_core::CryptoRngCore;
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

pub use link::{GuestLinkUrl, LinkError, OriginError, ServerOrigin};

use crate::address::Address;
use crate::id::{GuestId, MessageId, from_base32, to_base32};
use crate::keys::{AgeIdentity, HybridIdentity};
use crate::secret::Secret32;

const INFO: &[u8] = b"zegel/guest/v1";
const INFO_WITH_CODE: &[u8] = b"zegel/guest+code/v1";
const INFO_CODE_SEAL: &[u8] = b"zegel/code-seal/v1";
const INFO_CODE_VERIFY: &[u8] = b"zegel/code-verify/v1";
/// Before the message id and the address that a server compares.
const LABEL_ADDRESS: &str = "zegel/guest-address/v1";
/// Memory of the access code's hash in KiB: 19 MiB.
const CODE_MEMORY: u32 = 19 * 1024;
const CODE_PASSES: u32 = 2;
const CODE_LANES: u32 = 1;
/// Shortest access code, in characters that count.
const CODE_MIN: usize = 6;
/// Longest access code, in characters that count.
const CODE_MAX: usize = 200;

/// Tells why a guest's secret cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GuestError {
    /// Too few or too many characters that count.
    #[error("an access code has between {CODE_MIN} and {CODE_MAX} letters or digits")]
    Code,
    /// Not 32 characters of lower-case base32.
    #[error("a link secret has 32 characters of base32")]
    Link,
}

/// The link secret `L`: 20 random bytes, one for each outgoing notification mail; in the fragment of the link.
#[derive(Clone)]
pub struct LinkSecret(Zeroizing<[u8; 20]>);

impl LinkSecret {
    /// Makes a new one.
    pub fn make(rng: &mut impl CryptoRngCore) -> Self {
        let mut bytes = Zeroizing::new([0; 20]);
        rng.fill_bytes(bytes.as_mut());
        Self(bytes)
    }

    /// Reads the 32 characters; upper case is accepted, because people type them.
    ///
    /// # Errors
    /// [`GuestError::Link`].
    pub fn parse(text: &str) -> Result<Self, GuestError> {
        let bytes = Zeroizing::new(from_base32(&text.to_ascii_lowercase()).map_err(|_| GuestError::Link)?);
        let mut array = Zeroizing::new([0; 20]);
        if bytes.len() != array.len() {
            return Err(GuestError::Link);
        }
        array.copy_from_slice(&bytes);
        Ok(Self(array))
    }

    /// Returns the 32 characters for the link.
    pub fn to_secret_text(&self) -> Zeroizing<String> {
        // EXPOSE: this is the function that writes the secret into the link.
        Zeroizing::new(to_base32(self.0.as_ref()))
    }
}

impl fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSecret(…)")
    }
}

/// The two keys that come from an access code: one seals, the other proves knowledge of the code to the server.
#[derive(Debug, Clone)]
pub struct CodeKeys {
    /// `C`: goes into the guest's seed.
    pub seal: Secret32,
    /// `V`: the server stores its hash.
    pub verify: Secret32,
}

/// Derives both keys of an access code.
///
/// # Errors
/// [`GuestError::Code`] when the normalised code is too short or too long.
pub fn derive_code_keys(code: &str, message: MessageId, guest: GuestId) -> Result<CodeKeys, GuestError> {
    let code = normalize_code(code)?;
    let params = Params::new(CODE_MEMORY, CODE_PASSES, CODE_LANES, Some(32)).map_err(|_| GuestError::Code)?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(code.as_bytes(), &salt(message, guest), key.as_mut())
        .map_err(|_| GuestError::Code)?;
    Ok(CodeKeys {
        seal: expand(key.as_ref(), &[], INFO_CODE_SEAL),
        verify: expand(key.as_ref(), &[], INFO_CODE_VERIFY),
    })
}

/// Normalises an access code: case, spaces and punctuation do not count, look-alikes are one character.
///
/// `O` counts as `0`; `I` and `L` count as `1`.
///
/// # Errors
/// [`GuestError::Code`] when fewer than 6 or more than 200 characters remain.
pub fn normalize_code(code: &str) -> Result<Zeroizing<String>, GuestError> {
    if code.len() > 4 * CODE_MAX {
        return Err(GuestError::Code);
    }
    let mut normal = Zeroizing::new(String::with_capacity(4 * code.len()));
    for c in code.chars().filter(|c| c.is_alphanumeric()) {
        for upper in c.to_uppercase() {
            normal.push(match upper {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            });
        }
    }
    let length = normal.chars().count();
    if (CODE_MIN..=CODE_MAX).contains(&length) { Ok(normal) } else { Err(GuestError::Code) }
}

/// Derives the identity that opens a guest's envelope, from link secret, share and, if there is one, the code key.
pub fn derive_identity(
    link: &LinkSecret,
    share: &Secret32,
    code: Option<&Secret32>,
    message: MessageId,
    guest: GuestId,
) -> AgeIdentity {
    let mut ikm = Zeroizing::new(Vec::with_capacity(84));
    // EXPOSE: the three pieces are the input of the derivation.
    ikm.extend_from_slice(link.0.as_ref());
    ikm.extend_from_slice(share.expose());
    if let Some(code) = code {
        ikm.extend_from_slice(code.expose());
    }
    let info = if code.is_some() { INFO_WITH_CODE } else { INFO };
    AgeIdentity::Hybrid(HybridIdentity::from_seed(expand(&ikm, &salt(message, guest), info)))
}

/// Hashes a guest's address with the message's id: what the server compares in place of the address (`docs/portal-api.md`).
pub fn hash_address(message: MessageId, address: &Address) -> [u8; 32] {
    let text = format!("{LABEL_ADDRESS}\n{message}\n{}", address.canonical());
    *blake3::hash(text.as_bytes()).as_bytes()
}

fn salt(message: MessageId, guest: GuestId) -> [u8; 32] {
    let mut salt = [0; 32];
    let (left, right) = salt.split_at_mut(16);
    left.copy_from_slice(message.as_bytes());
    right.copy_from_slice(guest.as_bytes());
    salt
}

/// HKDF-SHA-256 (RFC 5869) to 32 bytes.
pub(crate) fn expand(ikm: &[u8], salt: &[u8], info: &[u8]) -> Secret32 {
    let mut out = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(salt), ikm)
        .expand(info, out.as_mut())
        .expect("32 bytes are less than the limit of 255 hashes");
    Secret32::from_bytes(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> (MessageId, GuestId) {
        (MessageId::from_bytes([1; 16]), GuestId::from_bytes([2; 16]))
    }

    #[test]
    fn every_piece_matters() {
        let (message, guest) = ids();
        let link = LinkSecret(Zeroizing::new([3; 20]));
        let share = Secret32::from_bytes(Zeroizing::new([4; 32]));
        let code = derive_code_keys("sleutel 42", message, guest).unwrap();
        let key = |link: &LinkSecret, share: &Secret32, code: Option<&Secret32>, m, g| {
            derive_identity(link, share, code, m, g).recipient().to_string()
        };
        let base = key(&link, &share, None, message, guest);
        assert_eq!(base, key(&link, &share, None, message, guest));
        let others = [
            key(&LinkSecret(Zeroizing::new([5; 20])), &share, None, message, guest),
            key(&link, &Secret32::from_bytes(Zeroizing::new([5; 32])), None, message, guest),
            key(&link, &share, Some(&code.seal), message, guest),
            key(&link, &share, Some(&code.verify), message, guest),
            key(&link, &share, None, MessageId::from_bytes([9; 16]), guest),
            key(&link, &share, None, message, GuestId::from_bytes([9; 16])),
        ];
        for other in others {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn codes_are_forgiving() {
        let (message, guest) = ids();
        let keys = |code: &str| derive_code_keys(code, message, guest).unwrap().seal;
        assert_eq!(keys("Olie-1L 42"), keys("0l1e il42"));
        assert_ne!(keys("abcdef"), keys("abcdeg"));
        assert!(matches!(derive_code_keys("a b-c", message, guest), Err(GuestError::Code)));
        assert!(matches!(derive_code_keys(&"a".repeat(10_000), message, guest), Err(GuestError::Code)));
    }

    #[test]
    fn link_secret_round_trips() {
        let link = LinkSecret(Zeroizing::new([3; 20]));
        let text = link.to_secret_text();
        assert_eq!(text.len(), 32);
        assert_eq!(*LinkSecret::parse(&text.to_uppercase()).unwrap().to_secret_text(), *text);
        assert!(LinkSecret::parse("abc").is_err());
        assert_eq!(format!("{link:?}"), "LinkSecret(…)");
    }
}
