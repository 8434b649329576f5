//! Alice, Bob, Carol and Eve: people with fixed keys, for vectors and for mail that is sealed and opened in memory.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use rand_core::{CryptoRng, CryptoRngCore, RngCore};
use zegel_core::identity::Identity;
use zegel_core::message::{FirstUse, MemoryStage, OpenError, Opened, SealOptions, open, seal};
use zegel_core::mime::{Draft, DraftOptions};
use zegel_core::policy::{Classic, Plan, Policy, evaluate};

use crate::people::{Person, now};

/// How long everybody's card counts, in seconds: five years.
const VALID: u64 = 5 * 365 * 86_400;

/// Random numbers that are the same for the same seed; never for real keys.
pub struct SeededRng(blake3::OutputReader);

impl SeededRng {
    /// Starts the sequence of `seed`.
    pub fn new(seed: &str) -> Self {
        Self(blake3::Hasher::new_derive_key("zegel test people 2026").update(seed.as_bytes()).finalize_xof())
    }
}

impl RngCore for SeededRng {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl CryptoRng for SeededRng {}

impl Person {
    /// Makes a person whose keys follow from their address and name alone.
    ///
    /// # Panics
    /// When the address is none, or the name cannot stand on a card.
    pub fn fixed(address: &str, name: &str) -> Self {
        let mut rng = SeededRng::new(&format!("{address}\n{name}"));
        let parsed = address.parse().expect("a test gives good addresses");
        let identity = Identity::make(parsed, name, now(), VALID, &mut rng).expect("a test gives good names");
        Self { identity, contacts: BTreeMap::new() }
    }

    /// Returns Alice, `alice@example.org`.
    pub fn alice() -> Self {
        Self::fixed("alice@example.org", "Alice Jansen")
    }

    /// Returns Bob, `bob@example.net`.
    pub fn bob() -> Self {
        Self::fixed("bob@example.net", "Bob de Vries")
    }

    /// Returns Carol, `carol@example.com`.
    pub fn carol() -> Self {
        Self::fixed("carol@example.com", "Carol")
    }

    /// Returns Eve, `eve@example.com`, who attacks.
    pub fn eve() -> Self {
        Self::fixed("eve@example.com", "Eve")
    }

    /// Pins each of the others, as after an import.
    #[must_use]
    pub fn knowing(mut self, others: &[&Self]) -> Self {
        for other in others {
            self.knows(other);
        }
        self
    }

    /// Seals a mail (RFC 5322 text) and returns the container of every copy, the visible one first.
    ///
    /// # Panics
    /// When the mail may not or cannot be sealed.
    pub fn seal_mail(&self, eml: &[u8], rng: &mut impl CryptoRngCore) -> Vec<Vec<u8>> {
        self.seal_draft(Draft::parse(eml, &DraftOptions::default()).expect("a test gives a good mail"), rng)
    }

    /// Seals a draft and returns the container of every copy, the visible one first.
    ///
    /// # Panics
    /// When the draft may not or cannot be sealed.
    pub fn seal_draft(&self, draft: Draft, rng: &mut impl CryptoRngCore) -> Vec<Vec<u8>> {
        let plan = Plan::make(&draft, self.identity.card(), &self.contacts, now(), Classic::Allow);
        let cleared = evaluate(draft, plan, &Policy::built_in()).expect("everybody is known");
        let (options, spool) = (SealOptions::default(), Cursor::new(Vec::new()));
        let mut sealed = seal(cleared, &self.identity, &options, now(), rng, spool, &mut |_| {})
            .expect("sealing in memory does not fail");
        let mut containers = Vec::new();
        for copy in sealed.copies().to_vec() {
            let mut bytes = Vec::new();
            let mut container = sealed.container(&copy).expect("memory can seek");
            container.read_to_end(&mut bytes).expect("memory can be read");
            containers.push(bytes);
        }
        containers
    }

    /// Opens a container.
    ///
    /// # Errors
    /// As [`open`].
    pub fn open_container(
        &self,
        container: &[u8],
        first_use: FirstUse,
    ) -> Result<Opened<Cursor<Vec<u8>>>, OpenError> {
        let input = Cursor::new(container);
        open(input, &self.identity, &self.contacts, first_use, now(), MemoryStage, &mut |_| {})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_have_fixed_keys_and_write_to_each_other() {
        let (alice, bob) = (Person::alice(), Person::bob());
        assert_eq!(alice.identity.card().text(), Person::alice().identity.card().text());
        assert_ne!(alice.identity.card().fingerprint(), bob.identity.card().fingerprint());
        let (alice, bob) = (alice.knowing(&[&Person::bob()]), bob.knowing(&[&Person::alice()]));
        let eml = b"From: alice@example.org\nTo: bob@example.net\nSubject: x\n\nhello\n";
        let containers = alice.seal_mail(eml, &mut SeededRng::new("test"));
        assert_eq!(bob.open_container(&containers[0], FirstUse::Refuse).unwrap().manifest.subject, "x");
    }
}
