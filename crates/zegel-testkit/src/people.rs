//! People with fresh keys, and mail between them.

use std::collections::BTreeMap;
use std::io::Cursor;

use rand_core::OsRng;
use zegel_core::contacts::{Contact, Origin};
use zegel_core::identity::Identity;
use zegel_core::message::{SealOptions, SealedMail, seal};
use zegel_core::mime::{Attachment, Compose, Draft};
use zegel_core::policy::{Classic, Plan, Policy, evaluate};
use zegel_core::{Address, Mailbox, Timestamp};

/// The time at which everything happens: 21 November 2026.
pub fn now() -> Timestamp {
    Timestamp::from_unix(1_795_219_200)
}

/// Somebody with an identity and the cards they have pinned.
#[derive(Debug, Clone)]
pub struct Person {
    /// Their keys.
    pub identity: Identity,
    /// Whom they know.
    pub contacts: BTreeMap<Address, Contact>,
}

impl Person {
    /// Makes somebody who knows nobody, with keys for a year.
    ///
    /// # Panics
    /// `address` is not an address.
    pub fn new(address: &str) -> Self {
        let address: Address = address.parse().unwrap();
        let identity = Identity::make(address, "Test", now(), 365 * 86_400, &mut OsRng).unwrap();
        Self { identity, contacts: BTreeMap::new() }
    }

    /// Pins the other's card as imported.
    pub fn knows(&mut self, other: &Self) {
        let contact = Contact::from_card(other.identity.card(), Origin::Imported, now());
        self.contacts.insert(contact.address.clone(), contact);
    }

    /// Seals a letter with one attachment of `size` bytes, and returns the mail for everybody in To.
    ///
    /// # Panics
    /// Somebody is not known.
    pub fn seal_letter(&self, to: &[&Self], size: usize) -> SealedMail {
        let mailbox = |person: &Self| Mailbox::from(person.identity.address().clone());
        let compose = Compose {
            from: mailbox(self),
            to: to.iter().map(|person| mailbox(person)).collect(),
            cc: Vec::new(),
            bcc: Vec::new(),
            subject: "Secret subject".to_owned(),
            text: Some("Secret text\n".to_owned()),
            html: None,
            attachments: vec![Attachment {
                name: "secret.bin".to_owned(),
                media_type: "application/octet-stream".to_owned(),
                source: Box::new(vec![0x5A; size]),
            }],
            in_reply_to: None,
        };
        let draft = Draft::compose(compose, 4 << 20).unwrap();
        let plan = Plan::make(&draft, self.identity.card(), &self.contacts, now(), Classic::Refuse);
        let cleared = evaluate(draft, plan, &Policy::built_in()).unwrap();
        let (options, spool) = (SealOptions::default(), Cursor::new(Vec::new()));
        let mut sealed =
            seal(cleared, &self.identity, &options, now(), &mut OsRng, spool, &mut |_| {}).unwrap();
        let copy = sealed.copies()[0].clone();
        sealed.mail(&copy).unwrap()
    }
}

/// Seals a letter with one attachment of `size` bytes from fresh keys to fresh keys.
///
/// # Panics
/// An address is not one.
pub fn sealed_mail(from: &str, to: &[&str], size: usize) -> SealedMail {
    let mut sender = Person::new(from);
    let recipients: Vec<Person> = to.iter().map(|address| Person::new(address)).collect();
    for recipient in &recipients {
        sender.knows(recipient);
    }
    sender.seal_letter(&recipients.iter().collect::<Vec<_>>(), size)
}
