//! The people of the attacks, with fixed keys: Alice writes to Bob and Eve, Carol has a copy; Dave gets nothing.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::LazyLock;

use rand_core::{CryptoRng, RngCore};
use zegel_core::contacts::{Contact, Origin};
use zegel_core::identity::Identity;
use zegel_core::message::{SealOptions, Sealed, seal};
use zegel_core::mime::{Attachment, Compose, Draft};
use zegel_core::policy::{Classic, Plan, Policy, evaluate};
use zegel_core::{Address, Mailbox, Timestamp};

/// 21 November 2026, seven in the morning UTC.
pub(crate) const NOW: u64 = 1_795_244_400;
/// Seconds in a year.
pub(crate) const YEAR: u64 = 31_536_000;

pub(crate) type Book = BTreeMap<Address, Contact>;

/// Randomness that is the same in every run: the extended output of BLAKE3.
pub(crate) struct Seeded(blake3::OutputReader);

impl Seeded {
    pub(crate) fn new(seed: &str) -> Self {
        Self(blake3::Hasher::new().update(seed.as_bytes()).finalize_xof())
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next_u64() % end as u64) as usize
    }
}

impl RngCore for Seeded {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        self.0.fill(out);
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(out);
        Ok(())
    }
}

impl CryptoRng for Seeded {}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix(NOW)
}

pub(crate) fn person(address: &str) -> Identity {
    let mut rng = Seeded::new(address);
    Identity::make(address.parse().unwrap(), "", Timestamp::from_unix(NOW - YEAR), 50 * YEAR, &mut rng)
        .unwrap()
}

/// Everybody, and the message all attacks begin with.
pub(crate) struct World {
    pub(crate) alice: Identity,
    pub(crate) bob: Identity,
    pub(crate) carol: Identity,
    pub(crate) dave: Identity,
    pub(crate) eve: Identity,
    /// Alice to Bob and Eve, copy to Carol: a body and two big attachments.
    pub(crate) container: Vec<u8>,
    /// The mail of it.
    pub(crate) mail: Vec<u8>,
    /// Another message from Alice to the same people.
    pub(crate) other: Vec<u8>,
}

/// What is in the first big attachment; a secret that must not come out unverified.
pub(crate) fn first_part() -> Vec<u8> {
    b"SECRET-PLAINTEXT ".repeat(300)
}

/// What is in the second one: more than a chunk of age's stream.
pub(crate) fn second_part() -> Vec<u8> {
    b"SECRET-PLAINTEXT-TWO ".repeat(4_000)
}

impl World {
    pub(crate) fn get() -> &'static Self {
        static WORLD: LazyLock<World> = LazyLock::new(World::make);
        &WORLD
    }

    fn make() -> Self {
        let [alice, bob, carol, dave, eve] = [
            "alice@example.org",
            "bob@example.net",
            "carol@example.com",
            "dave@example.net",
            "eve@example.com",
        ]
        .map(person);
        let to = [&bob, &eve];
        let mut sealed = seal_letter(&alice, &to, &[&carol], "Plans for spring", "one");
        let copy = sealed.copies()[0].clone();
        let mail = sealed.mail(&copy).unwrap().as_bytes().to_vec();
        let container = sealed.into_container().unwrap().into_inner();
        let other = seal_letter(&alice, &to, &[&carol], "Another matter", "two");
        let other = other.into_container().unwrap().into_inner();
        Self { alice, bob, carol, dave, eve, container, mail, other }
    }

    /// Contacts of somebody who imported everybody's card and compared the fingerprints.
    pub(crate) fn book(&self) -> Book {
        [&self.alice, &self.bob, &self.carol, &self.dave, &self.eve].into_iter().map(pin).collect()
    }
}

pub(crate) fn pin(who: &Identity) -> (Address, Contact) {
    let contact = Contact::from_card(who.card(), Origin::Imported, now());
    (contact.address.clone(), contact)
}

pub(crate) fn seal_letter(
    from: &Identity,
    to: &[&Identity],
    cc: &[&Identity],
    subject: &str,
    seed: &str,
) -> Sealed<Cursor<Vec<u8>>> {
    let boxes = |people: &[&Identity]| people.iter().map(|p| Mailbox::from(p.address().clone())).collect();
    let file = |name: &str, content: Vec<u8>| Attachment {
        name: name.to_owned(),
        media_type: "application/octet-stream".to_owned(),
        source: Box::new(content),
    };
    let compose = Compose {
        from: Mailbox::from(from.address().clone()),
        to: boxes(to),
        cc: boxes(cc),
        bcc: Vec::new(),
        subject: subject.to_owned(),
        text: Some(format!("SECRET-PLAINTEXT {seed}\n\nSee the attachments.\n")),
        html: None,
        attachments: vec![
            file("small.txt", b"SECRET-PLAINTEXT small".to_vec()),
            file("first.bin", first_part()),
            file("second.bin", second_part()),
        ],
        in_reply_to: None,
    };
    let draft = Draft::compose(compose, 1024).unwrap();
    let mut book: Book = to.iter().chain(cc).map(|p| pin(p)).collect();
    book.extend([pin(from)]);
    let plan = Plan::make(&draft, from.card(), &book, now(), Classic::Refuse);
    let cleared = evaluate(draft, plan, &Policy::built_in()).unwrap();
    let spool = Cursor::new(Vec::new());
    let options = SealOptions::default();
    seal(cleared, from, &options, now(), &mut Seeded::new(seed), spool, &mut |_| {}).unwrap()
}
