//! Secret bytes: wiped when dropped, never printed.

use std::fmt;

use rand_core::CryptoRngCore;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Thirty-two secret bytes.
///
/// `Debug` shows nothing, comparison takes constant time, memory is wiped on drop. There is no `Display` and no
/// serialisation: whoever needs the bytes calls [`Secret32::expose`] and says why in an `// EXPOSE:` comment.
#[derive(Clone)]
pub struct Secret32(Zeroizing<[u8; 32]>);

impl Secret32 {
    /// Makes 32 random bytes.
    pub fn make(rng: &mut impl CryptoRngCore) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(bytes.as_mut());
        Self(bytes)
    }

    /// Takes over the bytes; the caller wipes its own copy.
    pub fn from_bytes(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// Returns the bytes. Every call carries an `// EXPOSE:` comment.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Secret32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret32(…)")
    }
}

impl PartialEq for Secret32 {
    fn eq(&self, other: &Self) -> bool {
        // EXPOSE: a comparison in constant time; nothing leaves.
        self.expose().ct_eq(other.expose()).into()
    }
}

impl Eq for Secret32 {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        let secret = Secret32::from_bytes(Zeroizing::new([65; 32]));
        assert_eq!(format!("{secret:?}"), "Secret32(…)");
    }
}
