//! Alice seals, Bob opens: the way through the whole core in memory.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rand_core::OsRng;

use super::*;
use crate::address::{Address, Mailbox};
use crate::card::{Card, CardRequest};
use crate::contacts::{Contact, Origin};
use crate::identity::Identity;
use crate::keys::SigningKey;
use crate::mime::{Attachment, Compose, Draft, DraftOptions, Source, find_container};
use crate::policy::{Classic, Plan, Policy, Refused, evaluate};
use crate::time::Timestamp;

const NOW: u64 = 1_795_244_400;

struct Person {
    identity: Identity,
    contacts: BTreeMap<Address, Contact>,
}

fn now() -> Timestamp {
    Timestamp::from_unix(NOW)
}

fn person(address: &str) -> Person {
    let identity = Identity::make(address.parse().unwrap(), "Name", now(), 1_000_000, &mut OsRng).unwrap();
    Person { identity, contacts: BTreeMap::new() }
}

impl Person {
    fn knows(&mut self, other: &Self) {
        let contact = Contact::from_card(other.identity.card(), Origin::Imported, now());
        self.contacts.insert(contact.address.clone(), contact);
    }

    fn seal(&self, draft: Draft) -> Sealed<Cursor<Vec<u8>>> {
        let plan = Plan::make(&draft, self.identity.card(), &self.contacts, now(), Classic::Refuse);
        let cleared = evaluate(draft, plan, &Policy::built_in()).unwrap();
        let spool = Cursor::new(Vec::new());
        seal(cleared, &self.identity, &SealOptions::default(), now(), &mut OsRng, spool, &mut |_| {}).unwrap()
    }

    fn open(&self, container: &[u8], first_use: FirstUse) -> Result<Opened<Cursor<Vec<u8>>>, OpenError> {
        let input = Cursor::new(container);
        open(input, &self.identity, &self.contacts, first_use, now(), MemoryStage, &mut |_| {})
    }
}

fn letter(to: &[&Person], bcc: &[&Person], from: &Person) -> Draft {
    let mailbox = |person: &&Person| Mailbox::from(person.identity.address().clone());
    let compose = Compose {
        from: Mailbox::from(from.identity.address().clone()),
        to: to.iter().map(mailbox).collect(),
        cc: Vec::new(),
        bcc: bcc.iter().map(mailbox).collect(),
        subject: "Uitslag van 3 maart — geheim".to_owned(),
        text: Some("Beste Bob,\n\nHierbij de uitslag.\n".to_owned()),
        html: None,
        attachments: vec![
            Attachment {
                name: "klein.txt".to_owned(),
                media_type: "text/plain".to_owned(),
                source: Box::new(b"klein".to_vec()),
            },
            Attachment {
                name: "groot.bin".to_owned(),
                media_type: "application/octet-stream".to_owned(),
                source: Box::new(vec![42; 5 << 20]),
            },
        ],
        in_reply_to: None,
    };
    Draft::compose(compose, 4 << 20).unwrap()
}

fn container(sealed: &mut Sealed<Cursor<Vec<u8>>>, number: usize) -> Vec<u8> {
    let copy = sealed.copies()[number].clone();
    let mail = sealed.mail(&copy).unwrap();
    let text = String::from_utf8_lossy(mail.as_bytes());
    assert!(!text.contains("geheim") && !text.contains("groot.bin"), "nothing of the content shows");
    find_container(mail.as_bytes()).unwrap().container
}

#[test]
fn bob_opens_what_alice_sealed() {
    let (mut alice, mut bob, mut carol) =
        (person("alice@example.org"), person("bob@example.net"), person("carol@example.com"));
    alice.knows(&bob);
    alice.knows(&carol);
    bob.knows(&alice);
    carol.knows(&alice);
    let mut sealed = alice.seal(letter(&[&bob], &[&carol], &alice));
    assert!(sealed.is_post_quantum());
    assert_eq!(sealed.copies().len(), 2);
    let visible = container(&mut sealed, 0);
    let mut opened = bob.open(&visible, FirstUse::Refuse).unwrap();
    assert_eq!(opened.assurance, Assurance::Verified);
    assert_eq!(opened.manifest.subject, "Uitslag van 3 maart — geheim");
    assert!(opened.inner.text().unwrap().contains("Hierbij de uitslag"));
    assert_eq!(opened.manifest.bcc, None, "Bob learns nothing of Carol");
    let mut big = Vec::new();
    opened.parts[0].file.read_to_end(&mut big).unwrap();
    assert_eq!(big, vec![42; 5 << 20]);

    assert!(matches!(carol.open(&visible, FirstUse::Refuse), Err(OpenError::NoKey(2))));
    let blind = container(&mut sealed, 1);
    assert_eq!(carol.open(&blind, FirstUse::Refuse).unwrap().manifest.opener.role, manifest::OpenerRole::Bcc);
    assert!(matches!(bob.open(&blind, FirstUse::Refuse), Err(OpenError::NoKey(1))));

    let own = alice.open(&visible, FirstUse::Refuse).unwrap();
    assert_eq!(own.assurance, Assurance::Own);
    assert_eq!(own.manifest.bcc, Some(vec![carol.identity.address().clone()]));
}

#[test]
fn first_contact_is_refused_unless_accepted_and_never_verified() {
    let (mut alice, bob) = (person("alice@example.org"), person("bob@example.net"));
    alice.knows(&bob);
    let mut sealed = alice.seal(letter(&[&bob], &[], &alice));
    let bytes = container(&mut sealed, 0);
    assert!(matches!(bob.open(&bytes, FirstUse::Refuse), Err(OpenError::UnknownSender { .. })));
    let opened = bob.open(&bytes, FirstUse::Accept).unwrap();
    assert_eq!(opened.assurance, Assurance::FirstUse);
    assert_eq!(opened.sender.fingerprint, alice.identity.card().fingerprint());
}

#[test]
fn refuses_a_recipient_without_a_card() {
    let (alice, bob) = (person("alice@example.org"), person("bob@example.net"));
    let draft = letter(&[&bob], &[], &alice);
    let plan = Plan::make(&draft, alice.identity.card(), &alice.contacts, now(), Classic::Refuse);
    assert!(evaluate(draft, plan, &Policy::built_in()).is_err());
}

#[test]
fn a_plan_for_another_draft_does_not_clear() {
    let (mut alice, bob, carol) =
        (person("alice@example.org"), person("bob@example.net"), person("carol@example.com"));
    alice.knows(&bob);
    let plan = Plan::make(
        &letter(&[&bob], &[], &alice),
        alice.identity.card(),
        &alice.contacts,
        now(),
        Classic::Refuse,
    );
    let other = letter(&[&bob, &carol], &[], &alice);
    assert!(matches!(evaluate(other, plan, &Policy::built_in()), Err(crate::policy::Refused::OtherPlan)));
}

#[test]
fn refuses_a_date_after_the_end_of_the_own_card() {
    let (mut alice, bob) = (person("alice@example.org"), person("bob@example.net"));
    alice.knows(&bob);
    let eml = b"From: alice@example.org\nTo: bob@example.net\nDate: Sat, 21 Nov 2099 08:00:00 +0000\n\nx\n";
    let draft = Draft::parse(eml, &DraftOptions::default()).unwrap();
    let plan = Plan::make(&draft, alice.identity.card(), &alice.contacts, now(), Classic::Refuse);
    let cleared = evaluate(draft, plan, &Policy::built_in()).unwrap();
    let mut spool = Cursor::new(Vec::new());
    let options = SealOptions::default();
    let error =
        seal(cleared, &alice.identity, &options, now(), &mut OsRng, &mut spool, &mut |_| {}).unwrap_err();
    assert!(matches!(error, SealError::CardEnds { .. }));
    assert!(spool.into_inner().is_empty(), "nothing was written");
}

/// The sender's envelope is padded by what the longest other needs: every length of the subject must open for both.
#[test]
fn own_copy_opens_at_every_length() {
    let (mut alice, mut bob) = (person("a@example.org"), person("bob.with-a-long-name@example.net"));
    alice.knows(&bob);
    bob.knows(&alice);
    for length in (0..4200).step_by(29) {
        let subject = "s".repeat(length);
        let lines: Vec<String> =
            subject.as_bytes().chunks(70).map(|line| String::from_utf8(line.to_vec()).unwrap()).collect();
        let folded = lines.join("\n ");
        let eml =
            format!("From: a@example.org\nTo: bob.with-a-long-name@example.net\nSubject: {folded}\n\nx\n");
        let draft = Draft::parse(eml.as_bytes(), &DraftOptions::default()).unwrap();
        let container = alice.seal(draft).into_container().unwrap().into_inner();
        assert!(alice.open(&container, FirstUse::Refuse).is_ok(), "own copy, subject of {length}");
        assert!(bob.open(&container, FirstUse::Refuse).is_ok(), "recipient, subject of {length}");
    }
}

#[test]
fn one_file_without_blind_copies_is_the_same_container() {
    let (mut alice, mut bob) = (person("alice@example.org"), person("bob@example.net"));
    alice.knows(&bob);
    bob.knows(&alice);
    let eml = b"From: alice@example.org\nTo: bob@example.net\nSubject: x\n\nhello\n";
    let draft = Draft::parse(eml, &DraftOptions::default()).unwrap();
    let mut sealed = alice.seal(draft);
    let through_mail = container(&mut sealed, 0);
    let direct = sealed.into_container().unwrap().into_inner();
    assert_eq!(direct, through_mail);
    let opened = bob.open(&direct, FirstUse::Refuse).unwrap();
    let mut restored = Vec::new();
    opened.inner.restore(&mut |_| unreachable!(), &mut restored).unwrap();
    assert!(restored.ends_with(b"hello\n"));
}

/// A classic card of the sender makes the own copy, and with it the message, classic: that is asked for by name or refused.
#[test]
fn a_classic_key_of_the_sender_is_refused_unless_named() {
    let (mut alice, bob) = (person("alice@example.org"), person("bob@example.net"));
    alice.knows(&bob);
    let classic = "age1wfslgyg23m2kw5g7pmhg0qv0ag5y98xufxah8p6dlqwpx585ng7ssk5mss".parse().unwrap();
    let request = CardRequest {
        address: alice.identity.address(),
        name: "",
        recipient: &classic,
        created: now(),
        expires: Timestamp::from_unix(NOW + 1000),
        serial: 1,
    };
    let own = Card::make(&request, &SigningKey::make(&mut OsRng), None).unwrap();
    let judge = |classic| {
        let draft = letter(&[&bob], &[], &alice);
        let plan = Plan::make(&draft, &own, &alice.contacts, now(), classic);
        assert!(!plan.is_post_quantum(), "one classic key makes all of it classic");
        evaluate(draft, plan, &Policy::built_in())
    };
    assert!(matches!(judge(Classic::Refuse), Err(Refused::ClassicSender)));
    assert!(judge(Classic::Allow).is_ok());
}

/// An end date does not make a key more believable: what nobody proved stays unproven when it has ended.
#[test]
fn an_unproven_key_that_has_ended_is_still_unproven() {
    let (mut alice, mut bob) = (person("alice@example.org"), person("bob@example.net"));
    alice.knows(&bob);
    let mut sealed = alice.seal(letter(&[&bob], &[], &alice));
    let bytes = container(&mut sealed, 0);
    let later = Timestamp::from_unix(NOW + 2_000_000);
    for (origin, expected) in [
        (Origin::FirstUse, Assurance::FirstUse),
        (Origin::Imported, Assurance::ExpiredSince),
        (Origin::Directory, Assurance::ExpiredSince),
    ] {
        let contact = Contact::from_card(alice.identity.card(), origin, now());
        assert!(contact.is_expired(later));
        bob.contacts.insert(contact.address.clone(), contact);
        let opened = open(
            Cursor::new(&bytes),
            &bob.identity,
            &bob.contacts,
            FirstUse::Refuse,
            later,
            MemoryStage,
            &mut |_| {},
        );
        assert_eq!(opened.unwrap().assurance, expected);
    }
}

/// An attachment that grows while it is read: one byte more than announced is read, never the rest.
#[test]
fn a_source_that_changes_its_length_is_refused_and_not_followed() {
    struct Changing {
        says: u64,
        gives: u64,
        read: Arc<AtomicU64>,
    }
    struct Counted<'a>(std::io::Take<std::io::Repeat>, &'a AtomicU64);
    impl Read for Counted<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.0.read(buffer)?;
            self.1.fetch_add(count as u64, Ordering::Relaxed);
            Ok(count)
        }
    }
    impl Source for Changing {
        fn length(&self) -> u64 {
            self.says
        }
        fn open(&self) -> std::io::Result<Box<dyn Read + '_>> {
            Ok(Box::new(Counted(std::io::repeat(7).take(self.gives), &self.read)))
        }
    }
    let (mut alice, bob) = (person("alice@example.org"), person("bob@example.net"));
    alice.knows(&bob);
    let says = 5 << 20;
    for (gives, most) in [(u64::MAX, says + 1), (says + 1, says + 1), (says - 1, says - 1), (0, 0)] {
        let read = Arc::new(AtomicU64::new(0));
        let compose = Compose {
            from: Mailbox::from(alice.identity.address().clone()),
            to: vec![Mailbox::from(bob.identity.address().clone())],
            cc: Vec::new(),
            bcc: Vec::new(),
            subject: String::new(),
            text: None,
            html: None,
            attachments: vec![Attachment {
                name: "log.txt".to_owned(),
                media_type: "text/plain".to_owned(),
                source: Box::new(Changing { says, gives, read: Arc::clone(&read) }),
            }],
            in_reply_to: None,
        };
        let draft = Draft::compose(compose, 4 << 20).unwrap();
        let plan = Plan::make(&draft, alice.identity.card(), &alice.contacts, now(), Classic::Refuse);
        let cleared = evaluate(draft, plan, &Policy::built_in()).unwrap();
        let options = SealOptions::default();
        let spool = Cursor::new(Vec::new());
        let outcome = seal(cleared, &alice.identity, &options, now(), &mut OsRng, spool, &mut |_| {});
        assert!(matches!(outcome, Err(SealError::Changed(name)) if name == "log.txt"), "gives {gives}");
        assert_eq!(read.load(Ordering::Relaxed), most, "gives {gives}");
    }
}

/// RFC 5321 section 2.4: only the receiving server knows whether `Bob` is `bob`.
#[test]
fn mail_goes_to_the_spelling_that_was_written() {
    let (mut alice, mut bob, mut carol) =
        (person("alice@example.org"), person("bob@example.net"), person("carol@example.com"));
    alice.knows(&bob);
    alice.knows(&carol);
    bob.knows(&alice);
    carol.knows(&alice);
    let eml =
        b"From: alice@example.org\nTo: Bob <BoB@Example.net>\nBcc: CAROL@example.com\nSubject: x\n\nx\n";
    let mut sealed = alice.seal(Draft::parse(eml, &DraftOptions::default()).unwrap());
    let copies = sealed.copies().to_vec();
    let written: Vec<Vec<String>> = copies
        .iter()
        .map(|copy| {
            let mail = sealed.mail(copy).unwrap();
            mail.recipients().iter().map(ToString::to_string).collect()
        })
        .collect();
    assert_eq!(written, [["BoB@example.net"], ["CAROL@example.com"]]);
    assert!(bob.open(&container(&mut sealed, 0), FirstUse::Refuse).is_ok());
    assert!(carol.open(&container(&mut sealed, 1), FirstUse::Refuse).is_ok());
}
