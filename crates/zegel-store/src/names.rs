//! File names made of addresses.

use sha2::{Digest, Sha256};
use zegel_core::Address;
use zegel_core::id::to_base32;

/// Length of a name in characters: 256 bits of base32.
pub(crate) const NAME_LEN: usize = 52;

/// Returns the file name for an address: base32 of the SHA-256 of its canonical form.
///
/// It is always a plain, short name, whatever characters the address has, and equal for equal addresses.
pub(crate) fn name_of(address: &Address) -> String {
    to_base32(&Sha256::digest(address.canonical().as_bytes()))
}

/// Says whether a text looks like such a name.
pub(crate) fn is_name(text: &str) -> bool {
    text.len() == NAME_LEN && text.bytes().all(|b| b.is_ascii_lowercase() || (b'2'..=b'7').contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_addresses_have_one_name() {
        let name = |text: &str| name_of(&text.parse().unwrap());
        assert_eq!(name("Alice@Example.ORG"), name("alice@example.org"));
        assert_ne!(name("alice@example.org"), name("alice@example.com"));
        assert!(is_name(&name("o'brien/x@example.org")));
        assert!(!is_name("alice") && !is_name(&"A".repeat(52)) && !is_name(&"é".repeat(26)));
    }
}
