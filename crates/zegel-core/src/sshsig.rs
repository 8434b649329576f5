//! SSHSIG signatures (OpenSSH `PROTOCOL.sshsig`): ssh-ed25519 over SHA-512, in a namespace that names the purpose.
//!
//! The signed bytes are always one line of canonical JSON with its line feed, so `ssh-keygen -Y verify` can check
//! what Zegel signed.

use ssh_key::{HashAlg, LineEnding, SshSig};
use thiserror::Error;

use crate::keys::{KeyError, SigningKey, VerifyingKey};

/// First line of a signature in armour.
pub const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----\n";
/// Last line of a signature in armour.
pub const END: &str = "-----END SSH SIGNATURE-----\n";
/// Longest armour that is looked at, in bytes; an Ed25519 signature needs about 300.
const ARMOUR_MAX: usize = 1024;

/// What a signature is for. A signature in one namespace means nothing in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Namespace {
    /// `zegel-card`: a card.
    Card,
    /// `zegel-introduction`: a member vouches for somebody's card.
    Introduction,
    /// `zegel-manifest`: a message.
    Manifest,
    /// `zegel-policy`: an organisation's policy file.
    Policy,
}

impl Namespace {
    /// Returns the name as `ssh-keygen -n` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Card => "zegel-card",
            Self::Introduction => "zegel-introduction",
            Self::Manifest => "zegel-manifest",
            Self::Policy => "zegel-policy",
        }
    }
}

/// Tells that a signature does not hold. It does not say which check failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the signature does not hold")]
pub struct SignatureError;

/// A signature that has been read, not yet verified.
#[derive(Debug, Clone)]
pub struct Signature(SshSig);

impl Signature {
    /// Signs `message` in `namespace`.
    ///
    /// # Errors
    /// [`KeyError::Signing`] only for a broken key.
    pub fn sign(namespace: Namespace, message: &[u8], key: &SigningKey) -> Result<Self, KeyError> {
        key.sign(namespace.name(), message).map(Self)
    }

    /// Reads a signature in armour, from its `BEGIN` line to its `END` line with the line feed.
    ///
    /// # Errors
    /// [`SignatureError`] for anything else than one ssh-ed25519 signature over SHA-512.
    pub fn parse(armour: &str) -> Result<Self, SignatureError> {
        if armour.len() > ARMOUR_MAX || !armour.starts_with(BEGIN) || !armour.ends_with(END) {
            return Err(SignatureError);
        }
        let signature = SshSig::from_pem(armour).map_err(|_| SignatureError)?;
        let plain = signature.hash_alg() == HashAlg::Sha512 && signature.reserved().is_empty();
        if plain && VerifyingKey::of(&signature).is_some() {
            Ok(Self(signature))
        } else {
            Err(SignatureError)
        }
    }

    /// Returns the armour with its last line feed.
    ///
    /// # Errors
    /// [`SignatureError`] if it cannot be encoded, which would be a bug.
    pub fn to_armour(&self) -> Result<String, SignatureError> {
        let mut text = self.0.to_pem(LineEnding::LF).map_err(|_| SignatureError)?;
        if !text.ends_with('\n') {
            text.push('\n');
        }
        Ok(text)
    }

    /// Returns the key that the signature names as its maker. Until [`Signature::verify`], only a claim.
    pub fn claimed_key(&self) -> VerifyingKey {
        VerifyingKey::of(&self.0).expect("parse and sign only make Ed25519 signatures")
    }

    /// Checks that `key`, and no other, signed exactly `message` in `namespace`.
    ///
    /// # Errors
    /// [`SignatureError`], without saying what failed.
    pub fn verify(
        &self,
        namespace: Namespace,
        message: &[u8],
        key: &VerifyingKey,
    ) -> Result<(), SignatureError> {
        if key.verify(namespace.name(), message, &self.0) { Ok(()) } else { Err(SignatureError) }
    }
}

/// Splits `text` into the first signature in armour and what follows it.
///
/// # Errors
/// [`SignatureError`] when `text` does not begin with a whole signature.
pub fn split_armour(text: &str) -> Result<(Signature, &str), SignatureError> {
    if !text.starts_with(BEGIN) {
        return Err(SignatureError);
    }
    let end = text.find(END).ok_or(SignatureError)?.checked_add(END.len()).ok_or(SignatureError)?;
    let (armour, rest) = text.split_at_checked(end).ok_or(SignatureError)?;
    Ok((Signature::parse(armour)?, rest))
}

#[cfg(test)]
mod tests {
    use rand_core::OsRng;

    use super::*;

    #[test]
    fn verifies_only_the_signed_bytes_key_and_namespace() {
        let key = SigningKey::make(&mut OsRng);
        let signature = Signature::sign(Namespace::Card, b"text\n", &key).unwrap();
        let armour = signature.to_armour().unwrap();
        let text = format!("{armour}rest");
        let (again, rest) = split_armour(&text).unwrap();
        assert_eq!(rest, "rest");
        assert_eq!(again.claimed_key(), key.verifying_key());
        again.verify(Namespace::Card, b"text\n", &key.verifying_key()).unwrap();
        assert!(again.verify(Namespace::Card, b"text", &key.verifying_key()).is_err());
        assert!(again.verify(Namespace::Manifest, b"text\n", &key.verifying_key()).is_err());
        let other = SigningKey::make(&mut OsRng).verifying_key();
        assert!(again.verify(Namespace::Card, b"text\n", &other).is_err());
    }

    #[test]
    fn refuses_damaged_armour() {
        let key = SigningKey::make(&mut OsRng);
        let armour = Signature::sign(Namespace::Card, b"x\n", &key).unwrap().to_armour().unwrap();
        for bad in
            [armour.replace("BEGIN SSH", "BEGIN PGP"), armour.trim_end().to_owned(), armour.replace('A', "")]
        {
            assert!(Signature::parse(&bad).is_err());
        }
    }
}
