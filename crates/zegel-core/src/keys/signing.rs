//! Ed25519 keys in OpenSSH's forms, so that `ssh-keygen -Y verify` understands every signature.

use std::fmt;
use std::str::FromStr;

use rand_core::CryptoRngCore;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::public::{Ed25519PublicKey, KeyData};
use ssh_key::{HashAlg, LineEnding, PrivateKey, PublicKey, SshSig};
use zeroize::Zeroizing;

use super::KeyError;
use crate::secret::Secret32;

/// A private Ed25519 key that signs manifests, cards and policies.
#[derive(Clone)]
pub struct SigningKey(PrivateKey);

impl SigningKey {
    /// Makes a new key.
    pub fn make(rng: &mut impl CryptoRngCore) -> Self {
        Self::from_seed(&Secret32::make(rng))
    }

    /// Makes the key from its 32-byte seed (RFC 8032 section 5.1.5).
    pub fn from_seed(seed: &Secret32) -> Self {
        // EXPOSE: the seed is the key.
        let pair = Ed25519Keypair::from_seed(seed.expose());
        Self(
            PrivateKey::new(KeypairData::Ed25519(pair), "")
                .expect("an unencrypted Ed25519 key is always accepted"),
        )
    }

    /// Returns the seed, for storage.
    pub(crate) fn seed(&self) -> Secret32 {
        let bytes = match self.0.key_data() {
            KeypairData::Ed25519(pair) => Zeroizing::new(pair.private.to_bytes()),
            _ => unreachable!("this type only holds Ed25519 keys"),
        };
        Secret32::from_bytes(bytes)
    }

    /// Returns the public half.
    pub fn verifying_key(&self) -> VerifyingKey {
        match self.0.key_data() {
            KeypairData::Ed25519(pair) => VerifyingKey(pair.public),
            _ => unreachable!("this type only holds Ed25519 keys"),
        }
    }

    /// Returns the key as an OpenSSH private key file.
    ///
    /// # Errors
    /// [`KeyError::Signing`] if it cannot be encoded, which would be a bug.
    pub fn to_openssh(&self) -> Result<SecretString, KeyError> {
        let text = self.0.to_openssh(LineEnding::LF).map_err(|_| KeyError::Signing)?;
        Ok(SecretString::from(text.as_str()))
    }

    pub(crate) fn sign(&self, namespace: &str, message: &[u8]) -> Result<SshSig, KeyError> {
        self.0.sign(namespace, HashAlg::Sha512, message).map_err(|_| KeyError::Signing)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// A public Ed25519 key, written `ssh-ed25519 AAAA…` without a comment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey(Ed25519PublicKey);

impl VerifyingKey {
    pub(crate) fn of(signature: &SshSig) -> Option<Self> {
        match signature.public_key() {
            KeyData::Ed25519(key) => Some(Self(*key)),
            _ => None,
        }
    }

    pub(crate) fn verify(&self, namespace: &str, message: &[u8], signature: &SshSig) -> bool {
        // `verify` checks that the embedded key is this key and that the namespace is this namespace.
        PublicKey::from(KeyData::Ed25519(self.0)).verify(namespace, message, signature).is_ok()
    }
}

impl FromStr for VerifyingKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if text.contains("PRIVATE KEY") {
            return Err(KeyError::PrivateKey);
        }
        let key = PublicKey::from_openssh(text).map_err(|_| KeyError::Verifying)?;
        match key.key_data() {
            // One text for each key: no comment, no other spacing.
            KeyData::Ed25519(public) if Self(*public).to_string() == text => Ok(Self(*public)),
            _ => Err(KeyError::Verifying),
        }
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = PublicKey::from(KeyData::Ed25519(self.0)).to_openssh().map_err(|_| fmt::Error)?;
        f.write_str(text.trim_end())
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for VerifyingKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for VerifyingKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use rand_core::OsRng;

    use super::*;

    #[test]
    fn keys_round_trip_and_debug_is_silent() {
        let key = SigningKey::make(&mut OsRng);
        assert_eq!(SigningKey::from_seed(&key.seed()).verifying_key(), key.verifying_key());
        let public = key.verifying_key();
        assert_eq!(public.to_string().parse(), Ok(public));
        assert_eq!(format!("{key:?}"), "SigningKey(…)");
        assert!(format!("{public} comment").parse::<VerifyingKey>().is_err());
    }
}
