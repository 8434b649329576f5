//! Senders who are somebody else: look-alikes, strangers, changed and expired keys.

use zegel_core::contacts::{Contact, Contacts, ContactsError, Origin};
use zegel_core::identity::Identity;
use zegel_core::message::{Assurance, FirstUse};
use zegel_core::{Address, Timestamp};

use super::super::forge::Spec;
use super::super::people::{NOW, Seeded, World, YEAR, person, seal_letter};
use super::Start::{Alice, Bob, Eve};
use super::{Attack, Case, DAMAGED, Expect, FORGED, case};

const CHANGED: Expect = Expect::Refused(&["KeyChanged"]);
const UNKNOWN: Expect = Expect::Refused(&["UnknownSender"]);
const FIRST: Expect = Expect::Opens(Assurance::FirstUse);

pub(super) fn cases() -> Vec<Case> {
    let mut cases = strangers();
    cases.extend(look_alikes());
    cases.extend(pins());
    cases.extend(oneself());
    cases
}

/// Lets a message of `from` to Bob take the place of Alice's; all of it is honest but for who `from` is.
fn written_by(world: &World, attack: &mut Attack, from: &Identity) {
    let sealed = seal_letter(from, &[&world.bob], &[], "Plans for spring", "look-alike");
    attack.spec = Spec::of(&sealed.into_container().unwrap().into_inner(), &world.bob);
    attack.spec.sign_as(from);
    attack.who = world.bob.clone();
}

/// Somebody who made keys and a self-signed card for an address that is not theirs.
fn impostor(address: &str) -> Identity {
    let mut rng = Seeded::new("impostor");
    let from = Timestamp::from_unix(NOW - YEAR);
    Identity::make(address.parse().unwrap(), "Alice", from, 50 * YEAR, &mut rng).unwrap()
}

fn strangers() -> Vec<Case> {
    vec![
        case("own card for a known address", Bob, CHANGED, |w, a| {
            written_by(w, a, &impostor("alice@example.org"));
        }),
        case("own card for a known address, first use accepted", Bob, CHANGED, |w, a| {
            written_by(w, a, &impostor("alice@example.org"));
            a.first_use = FirstUse::Accept;
        }),
        case("own card for a known address in capitals, first use accepted", Bob, CHANGED, |w, a| {
            written_by(w, a, &impostor("ALICE@Example.ORG"));
            a.first_use = FirstUse::Accept;
        }),
        case("own card for a known address, named with the pinned card", Bob, FORGED, |w, a| {
            written_by(w, a, &impostor("alice@example.org"));
            a.spec.name_sender(&w.alice);
        }),
        case("own card for a stranger's address", Bob, UNKNOWN, |w, a| {
            written_by(w, a, &impostor("minister@example.org"));
        }),
        case("own card for a stranger's address, first use accepted", Bob, FIRST, |w, a| {
            written_by(w, a, &impostor("minister@example.org"));
            a.first_use = FirstUse::Accept;
        }),
        case("first use with replies to another key", Bob, FORGED, |w, a| {
            written_by(w, a, &impostor("minister@example.org"));
            a.first_use = FirstUse::Accept;
            a.spec.manifest["reply_recipient"] = w.eve.card().recipient().to_string().into();
        }),
        case("first use with a card that is not of these keys", Bob, FORGED, |w, a| {
            written_by(w, a, &impostor("minister@example.org"));
            a.first_use = FirstUse::Accept;
            a.spec.manifest["sender"]["card"] = w.alice.card().fingerprint().to_string().into();
        }),
        case("first use signed by another key than the card's", Bob, FORGED, |w, a| {
            written_by(w, a, &impostor("minister@example.org"));
            a.first_use = FirstUse::Accept;
            a.spec.sign_as(&w.eve);
        }),
        case("a known sender's message under a stranger's address", Bob, FORGED, |_, a| {
            a.first_use = FirstUse::Accept;
            a.spec.manifest["sender"]["address"] = "minister@example.org".into();
        }),
        case("a co-recipient who signs as a stranger", Eve, FORGED, |w, a| {
            let minister = impostor("minister@example.org");
            a.spec.name_sender(&minister);
            a.spec.manifest["reply_recipient"] = minister.card().recipient().to_string().into();
            a.spec.name_opener(&w.bob, "to");
            a.spec.seal_to(&w.bob);
            a.spec.sign_as(&minister);
            a.first_use = FirstUse::Accept;
            a.who = w.bob.clone();
        }),
    ]
}

/// Another address that looks like a known one is another person: unknown, and never verified.
fn look_alikes() -> Vec<Case> {
    vec![
        case("a Cyrillic letter in the local part", Bob, UNKNOWN, |w, a| {
            written_by(w, a, &impostor("\u{430}lice@example.org"));
        }),
        case("a Cyrillic letter in the local part, first use accepted", Bob, FIRST, |w, a| {
            written_by(w, a, &impostor("\u{430}lice@example.org"));
            a.first_use = FirstUse::Accept;
        }),
        case("a Cyrillic letter in the domain, first use accepted", Bob, FIRST, |w, a| {
            written_by(w, a, &impostor("alice@ex\u{430}mple.org"));
            a.first_use = FirstUse::Accept;
        }),
        case("a digit for a letter, first use accepted", Bob, FIRST, |w, a| {
            written_by(w, a, &impostor("alice@examp1e.org"));
            a.first_use = FirstUse::Accept;
        }),
        case("an accent for a letter, first use accepted", Bob, FIRST, |w, a| {
            written_by(w, a, &impostor("alic\u{e9}@example.org"));
            a.first_use = FirstUse::Accept;
        }),
        case("a letter and a combining accent, first use accepted", Bob, FIRST, |w, a| {
            written_by(w, a, &impostor("alice\u{301}@example.org"));
            a.first_use = FirstUse::Accept;
        }),
        case("a full-width letter in the local part, first use accepted", Bob, FIRST, |w, a| {
            written_by(w, a, &impostor("\u{ff41}lice@example.org"));
            a.first_use = FirstUse::Accept;
        }),
        case("an invisible character in the address", Alice, DAMAGED, |_, a| {
            a.spec.manifest["sender"]["address"] = "alice\u{200d}@example.org".into();
        }),
        case("a direction character in the address", Alice, DAMAGED, |_, a| {
            a.spec.manifest["sender"]["address"] = "\u{202e}ecila@example.org".into();
        }),
        case("a letter whose lower case is another address", Alice, DAMAGED, |_, a| {
            // U+212A, the sign of kelvin, becomes an ordinary k.
            a.spec.manifest["cc"] = serde_json::json!(["\u{212a}arl@example.com"]);
        }),
    ]
}

fn pins() -> Vec<Case> {
    vec![
        case("sent when the card had ended", Bob, Expect::Refused(&["Expired"]), |w, a| {
            expire(w, a, NOW);
        }),
        case(
            "sent when the card had ended, first use accepted",
            Bob,
            Expect::Refused(&["Expired"]),
            |w, a| {
                expire(w, a, NOW - 10);
                a.first_use = FirstUse::Accept;
            },
        ),
        case(
            "sent before the card ended, opened after",
            Bob,
            Expect::Opens(Assurance::ExpiredSince),
            |w, a| {
                expire(w, a, NOW + 10);
                a.now = Timestamp::from_unix(NOW + 10);
            },
        ),
        case("time set back to before the card ended", Bob, FORGED, |w, a| {
            expire(w, a, NOW - 10);
            a.spec.manifest["sent"] = "2026-11-01T07:00:00Z".into();
        }),
        case("time set back and signed with the ended key", Alice, FORGED, |w, a| {
            // The mail inside and the mail outside still say when.
            expire(w, a, NOW - 10);
            a.spec.manifest["sent"] = "2026-11-01T07:00:00Z".into();
        }),
        case("a key known from a first message only", Bob, FIRST, |w, a| {
            let keys = w.alice.card();
            let pin = Contact::from_first_use(
                keys.address().clone(),
                keys.recipient().clone(),
                *keys.signing_key(),
                super::now(),
            );
            a.book.insert(pin.address.clone(), pin);
        }),
        case("nobody is known", Bob, UNKNOWN, |_, a| a.book.clear()),
        case("nobody is known, first use accepted", Bob, FIRST, |_, a| {
            a.book.clear();
            a.first_use = FirstUse::Accept;
        }),
        case("signed with the key before a rotation", Bob, CHANGED, |w, a| {
            let rotated = w.alice.rotate(super::now(), YEAR, &mut Seeded::new("rotation")).unwrap();
            a.book.extend([super::super::people::pin(&rotated)]);
        }),
        case("a pin whose keys are not those of its fingerprint", Bob, CHANGED, |w, a| {
            let pin = a.book.get_mut(w.alice.address()).unwrap();
            pin.signing_key = *w.eve.card().signing_key();
        }),
        case("a pin with another's key to reply to", Bob, CHANGED, |w, a| {
            let pin = a.book.get_mut(w.alice.address()).unwrap();
            pin.recipient = w.eve.card().recipient().clone();
        }),
        case("contacts that answer with another person", Bob, CHANGED, |_, a| {
            a.contacts = Some(Box::new(Wrong));
        }),
        case(
            "contacts that cannot be read, first use accepted",
            Bob,
            Expect::Refused(&["Contacts"]),
            |_, a| {
                a.contacts = Some(Box::new(Broken));
                a.first_use = FirstUse::Accept;
            },
        ),
    ]
}

fn expire(world: &World, attack: &mut Attack, at: u64) {
    let pin = attack.book.get_mut(world.alice.address()).unwrap();
    pin.expires = Some(Timestamp::from_unix(at));
}

struct Wrong;

impl Contacts for Wrong {
    fn contact(&self, _: &Address) -> Result<Option<Contact>, ContactsError> {
        Ok(Some(Contact::from_card(person("mallory@example.org").card(), Origin::Imported, super::now())))
    }
}

struct Broken;

impl Contacts for Broken {
    fn contact(&self, address: &Address) -> Result<Option<Contact>, ContactsError> {
        Err(ContactsError { address: address.clone(), reason: "a damaged file".to_owned() })
    }
}

/// Messages that claim to be from the one who opens.
fn oneself() -> Vec<Case> {
    vec![
        case("from yourself, with a stranger's card", Eve, FORGED, |w, a| {
            let bob = impostor("bob@example.net");
            a.spec.name_sender(&bob);
            a.spec.manifest["reply_recipient"] = bob.card().recipient().to_string().into();
            a.spec.name_opener(&w.bob, "to");
            a.spec.sign_as(&bob);
            a.spec.seal_to(&w.bob);
            a.who = w.bob.clone();
        }),
        case("from yourself, with your card and another's signature", Eve, FORGED, |w, a| {
            a.spec.name_sender(&w.bob);
            a.spec.name_opener(&w.bob, "to");
            a.spec.sign_as(&w.eve);
            a.spec.seal_to(&w.bob);
            a.who = w.bob.clone();
        }),
        case("from yourself as your own copy, signed by another", Eve, FORGED, |w, a| {
            a.spec.name_sender(&w.bob);
            a.spec.name_opener(&w.bob, "sender");
            a.spec.sign_as(&w.eve);
            a.spec.seal_to(&w.bob);
            a.who = w.bob.clone();
        }),
        case("your own copy is not a verified stranger's", Bob, Expect::Opens(Assurance::Own), |w, a| {
            a.who = w.alice.clone();
            a.spec = Spec::of(&w.container, &w.alice);
        }),
        case("sealed to an old key of yours, named with the new one", Alice, FORGED, |w, a| {
            let rotated = w.bob.rotate(super::now(), YEAR, &mut Seeded::new("rotation")).unwrap();
            a.spec.manifest["opener"]["card"] = rotated.card().fingerprint().to_string().into();
            a.who = rotated;
        }),
    ]
}
