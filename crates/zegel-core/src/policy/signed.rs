//! Signed policies: an organisation's rules as it signed them; which policy counts, the configuration says.

use thiserror::Error;

use super::{Authority, Policy, PolicyError};
use crate::keys::{SigningKey, VerifyingKey};
use crate::sshsig::{Namespace, Signature};

/// A policy file and the signature over exactly its bytes.
#[derive(Debug, Clone, Copy)]
pub struct SignedPolicy<'a> {
    /// The file.
    pub text: &'a str,
    /// The SSHSIG in armour, namespace `zegel-policy`.
    pub signature: &'a str,
}

/// Why a policy was not signed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SigningError {
    /// The key cannot sign.
    #[error("the key cannot sign")]
    Key(#[from] crate::keys::KeyError),
    /// What cannot be used is not signed.
    #[error("the policy is not signed as long as it cannot be used")]
    Policy(#[from] PolicyError),
    /// The signature could not be written.
    #[error("the signature cannot be written")]
    Signature(#[from] crate::sshsig::SignatureError),
}

impl SignedPolicy<'_> {
    /// Checks that `signer`, and nobody else, signed these bytes, and only then reads them.
    ///
    /// # Errors
    /// [`PolicyError::Signature`], else as [`Policy::parse`].
    pub fn verify(&self, signer: &VerifyingKey) -> Result<Policy, PolicyError> {
        let signature = Signature::parse(self.signature).map_err(|_| PolicyError::Signature)?;
        signature
            .verify(Namespace::Policy, self.text.as_bytes(), signer)
            .map_err(|_| PolicyError::Signature)?;
        Policy::parse(self.text, Authority::Signed)
    }
}

/// Signs a policy that can be used; returns the armour to keep beside it.
///
/// # Errors
/// See [`SigningError`].
pub fn sign(text: &str, key: &SigningKey) -> Result<String, SigningError> {
    Policy::parse(text, Authority::Signed)?;
    Ok(Signature::sign(Namespace::Policy, text.as_bytes(), key)?.to_armour()?)
}
