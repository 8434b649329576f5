use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use rand_core::OsRng;

use super::*;
use crate::contacts::{Contact, Origin};
use crate::guest::{CodeKeys, derive_code_keys};
use crate::identity::Identity;
use crate::message::{
    Assurance, FirstUse, GuestKey, MemoryStage, OpenError, Opened, SealOptions, assemble, open,
    open_as_guest, seal,
};
use crate::mime::{Attachment, Compose, Draft, find_container};
use crate::policy::{Authority, Classic, GuestOffers, Plan, Policy, Refusal, Refused, Route, evaluate};

const CODE: &str = "blauwe-maan-42";

fn now() -> Timestamp {
    Timestamp::from_unix(1_795_244_400)
}

fn identity(address: &str) -> Identity {
    Identity::make(address.parse().unwrap(), "Name", now(), 1_000_000, &mut OsRng).unwrap()
}

fn pin(identity: &Identity) -> (Address, Contact) {
    (identity.address().clone(), Contact::from_card(identity.card(), Origin::Imported, now()))
}

/// A letter to Bob with a card, and to Carol, Dave and, blind, Erin, who have none.
fn letter(from: &Identity) -> Draft {
    let mailbox = |text: &str| Mailbox::from(text.parse::<Address>().unwrap());
    let compose = Compose {
        from: Mailbox::from(from.address().clone()),
        to: vec![mailbox("bob@example.net"), mailbox("carol@example.com")],
        cc: vec![mailbox("dave@example.com")],
        bcc: vec![mailbox("erin@example.com")],
        subject: "Geheime uitslag".to_owned(),
        text: Some("Beste allen,\n\nHierbij de uitslag.\n".to_owned()),
        html: None,
        attachments: vec![Attachment {
            name: "groot.bin".to_owned(),
            media_type: "application/octet-stream".to_owned(),
            source: Box::new(vec![42; 5 << 20]),
        }],
        in_reply_to: None,
    };
    Draft::compose(compose, 4 << 20).unwrap()
}

fn offers() -> GuestOffers {
    let factors = [
        ("carol@example.com", GuestFactor::Sms("+31600000001".parse().unwrap())),
        ("dave@example.com", GuestFactor::Code(AccessCode::parse(CODE).unwrap())),
        ("erin@example.com", GuestFactor::Sms("+31600000002".parse().unwrap())),
    ];
    let factors = factors.map(|(address, factor)| (address.parse().unwrap(), factor));
    GuestOffers { factors: BTreeMap::from(factors), otherwise: None, days: Some(30) }
}

struct Scene {
    alice: Identity,
    bob: Identity,
    sealed: Sealed<Cursor<Vec<u8>>>,
}

fn scene() -> Scene {
    let (alice, bob) = (identity("alice@example.org"), identity("bob@example.net"));
    let contacts = BTreeMap::from([pin(&bob)]);
    let draft = letter(&alice);
    let plan = Plan::make(&draft, alice.card(), &contacts, now(), Classic::Refuse).offer_guests(&offers());
    let cleared = evaluate(draft, plan, &Policy::built_in()).unwrap();
    assert!(cleared.is_post_quantum());
    let spool = Cursor::new(Vec::new());
    let sealed =
        seal(cleared, &alice, &SealOptions::default(), now(), &mut OsRng, spool, &mut |_| {}).unwrap();
    Scene { alice, bob, sealed }
}

impl Scene {
    fn guest(&self, name: &str) -> SealedGuest {
        let mut guests = self.sealed.guests().iter();
        guests.find(|guest| guest.address().local() == name).unwrap().clone()
    }

    /// What the server holds for a guest, as a container.
    fn container(&mut self, envelope: &[u8]) -> Vec<u8> {
        let sizes: Vec<u64> = self.sealed.part_lengths().collect();
        let mut out = Cursor::new(Vec::new());
        assemble(&mut out, sizes.len(), envelope, |index, out| {
            let copied = std::io::copy(&mut self.sealed.part(index, 0)?, out)?;
            assert_eq!(copied, sizes[index]);
            Ok::<(), std::io::Error>(())
        })
        .unwrap();
        out.into_inner()
    }

    fn open(
        &mut self,
        key: &GuestKey,
        envelope: &[u8],
        first_use: FirstUse,
    ) -> Result<Opened<Cursor<Vec<u8>>>, OpenError> {
        let container = Cursor::new(self.container(envelope));
        let contacts = BTreeMap::<Address, Contact>::new();
        open_as_guest(container, key, &contacts, first_use, now(), MemoryStage, &mut |_| {})
    }
}

fn code(scene: &Scene, guest: &SealedGuest, text: &str) -> CodeKeys {
    derive_code_keys(text, scene.sealed.id(), guest.guest()).unwrap()
}

#[test]
fn guests_read_the_same_message_as_holders_of_a_key() {
    let mut scene = scene();
    let id = scene.sealed.id();
    let contacts = BTreeMap::from([pin(&scene.alice)]);
    let copies = scene.sealed.copies().to_vec();
    assert_eq!(copies.len(), 1, "a blind-copied guest needs no mail of their own");
    assert_eq!(copies[0].recipients(), ["bob@example.net".parse::<Address>().unwrap()]);
    let mail = scene.sealed.mail(&copies[0]).unwrap();
    let container = find_container(mail.as_bytes()).unwrap().container;
    let mut of_bob = open(
        Cursor::new(&container),
        &scene.bob,
        &contacts,
        FirstUse::Refuse,
        now(),
        MemoryStage,
        &mut |_| {},
    )
    .unwrap();
    assert_eq!(of_bob.manifest.guests, None, "key holders learn no links");
    let mut bytes = Vec::new();
    of_bob.parts[0].file.read_to_end(&mut bytes).unwrap();

    for name in ["carol", "dave", "erin"] {
        let guest = scene.guest(name);
        let keys = (name == "dave").then(|| code(&scene, &guest, "BLAUWE maan 42"));
        let key = GuestKey::derive(id, guest.guest(), &guest.link, guest.share(), keys.as_ref());
        assert!(matches!(
            scene.open(&key, guest.envelope(), FirstUse::Refuse),
            Err(OpenError::UnknownSender { .. })
        ));
        let mut opened = scene.open(&key, guest.envelope(), FirstUse::Accept).unwrap();
        assert_eq!(opened.assurance, Assurance::FirstUse);
        assert_eq!(opened.inner.as_bytes(), of_bob.inner.as_bytes());
        assert_eq!(opened.manifest.id, of_bob.manifest.id);
        assert_eq!(opened.manifest.parts, of_bob.manifest.parts);
        assert_eq!((opened.manifest.bcc, opened.manifest.guests), (None, None), "nobody learns of Erin");
        assert_eq!(opened.manifest.opener.guest, Some(guest.guest()));
        assert_eq!(opened.manifest.opener.role, OpenerRole::Guest);
        let mut same = Vec::new();
        opened.parts[0].file.read_to_end(&mut same).unwrap();
        assert_eq!(same, bytes);
        // No guest's envelope stands in the mail.
        assert!(!container.windows(64).any(|window| window == &guest.envelope()[200..264]));
    }
}

#[test]
fn only_link_share_and_code_together_open() {
    let mut scene = scene();
    let id = scene.sealed.id();
    let (carol, dave) = (scene.guest("carol"), scene.guest("dave"));
    let right = code(&scene, &dave, CODE);
    let wrong = code(&scene, &dave, "blauwe-maan-43");
    let (link, share) = (LinkSecret::make(&mut OsRng), Secret32::make(&mut OsRng));
    let derive = |guest: &SealedGuest, link: Option<&LinkSecret>, share: Option<&Secret32>, code, m, g| {
        // A piece that is missing is guessed, and the guess is wrong.
        let (own_link, own_share) = (link.unwrap_or(&guest.link), share.unwrap_or(&guest.share));
        GuestKey::derive(m, g, own_link, own_share, code)
    };
    // link, share, code of Dave: 1 has it. Only all three open; for Carol, who has no code, link and share.
    for subset in 0..8 {
        let (has_link, has_share, has_code) = (subset & 1 != 0, subset & 2 != 0, subset & 4 != 0);
        let key = derive(
            &dave,
            (!has_link).then_some(&link),
            (!has_share).then_some(&share),
            has_code.then_some(&right),
            id,
            dave.guest(),
        );
        let opened = scene.open(&key, dave.envelope(), FirstUse::Accept);
        assert_eq!(opened.is_ok(), subset == 7, "Dave {subset:03b}");
        let key = derive(
            &carol,
            (!has_link).then_some(&link),
            (!has_share).then_some(&share),
            has_code.then_some(&right),
            id,
            carol.guest(),
        );
        let opened = scene.open(&key, carol.envelope(), FirstUse::Accept);
        assert_eq!(opened.is_ok(), subset == 3, "Carol {subset:03b}");
    }
    let no_key = |scene: &mut Scene, key: &GuestKey, envelope: &[u8]| {
        matches!(scene.open(key, envelope, FirstUse::Accept), Err(OpenError::NoKey(1)))
    };
    let other = MessageId::make(&mut OsRng);
    let key = derive(&dave, None, None, Some(&wrong), id, dave.guest());
    assert!(no_key(&mut scene, &key, dave.envelope()), "a wrong code");
    let key = derive(&carol, None, None, None, other, carol.guest());
    assert!(no_key(&mut scene, &key, carol.envelope()), "another message's id");
    let key = derive(&carol, None, None, None, id, dave.guest());
    assert!(no_key(&mut scene, &key, carol.envelope()), "another guest's id");
    let key = derive(&carol, None, None, None, id, carol.guest());
    assert!(no_key(&mut scene, &key, dave.envelope()), "another guest's envelope");
}

#[test]
fn a_server_cannot_exchange_what_it_hands_out() {
    let (mut scene, mut other) = (scene(), scene());
    let carol = scene.guest("carol");
    let good = GuestKey::derive(scene.sealed.id(), carol.guest(), &carol.link, carol.share(), None);
    // The envelope opens, and the parts are those of another message.
    let container = other.container(carol.envelope());
    let contacts = BTreeMap::<Address, Contact>::new();
    let opened = open_as_guest(
        Cursor::new(container),
        &good,
        &contacts,
        FirstUse::Accept,
        now(),
        MemoryStage,
        &mut |_| {},
    );
    assert!(matches!(opened, Err(OpenError::Damaged)));
    // The envelope opens, and the ids that the reader knows are others than were signed.
    for (message, guest) in
        [(other.sealed.id(), carol.guest()), (scene.sealed.id(), GuestId::make(&mut OsRng))]
    {
        let key = GuestKey { message, guest, identity: good.identity.clone() };
        assert!(matches!(
            scene.open(&key, carol.envelope(), FirstUse::Accept),
            Err(OpenError::Forged("it was sealed for somebody else"))
        ));
    }
}

#[test]
fn the_sender_keeps_every_link_and_nobody_else_does() {
    let mut scene = scene();
    let copies = scene.sealed.copies().to_vec();
    let mail = scene.sealed.mail(&copies[0]).unwrap();
    let container = find_container(mail.as_bytes()).unwrap().container;
    let contacts = BTreeMap::<Address, Contact>::new();
    let own = open(
        Cursor::new(container),
        &scene.alice,
        &contacts,
        FirstUse::Refuse,
        now(),
        MemoryStage,
        &mut |_| {},
    )
    .unwrap();
    let links = own.manifest.guests.unwrap();
    assert_eq!(links.len(), 3);
    for (link, guest) in links.iter().zip(scene.sealed.guests()) {
        assert_eq!((&link.address, link.guest), (guest.address(), guest.guest()));
        assert_eq!(*link.link.secret().unwrap().to_secret_text(), *guest.link.to_secret_text());
    }
}

#[test]
fn a_notice_brings_the_link_and_not_a_word_of_the_message() {
    let scene = scene();
    let server: ServerOrigin = "https://zegel.example.org".parse().unwrap();
    for guest in scene.sealed.guests() {
        let mail = scene.sealed.notice(guest, &server);
        assert_eq!(mail.recipients(), [guest.address().clone()]);
        let text = std::str::from_utf8(mail.as_bytes()).unwrap();
        assert!(text.is_ascii() && text.split("\r\n").all(|line| line.len() < 100 && !line.contains('\n')));
        let line = text.lines().find(|line| line.starts_with("https://")).unwrap();
        let link = GuestLinkUrl::parse(line).unwrap();
        assert_eq!(link.message, scene.sealed.id());
        assert_eq!(*link.secret.to_secret_text(), *guest.link.to_secret_text());
        assert!(text.contains("Subject: Versleuteld bericht / Encrypted message\r\n"));
        assert!(text.contains("alice@example.org") && text.contains("2026-12-21"));
        for word in ["Geheime", "uitslag", "groot.bin", "+316", "maan", "erin@"] {
            assert!(!text.contains(word) || (word == "erin@" && guest.address().local() == "erin"), "{word}");
        }
        assert!(!format!("{mail:?}").contains(link.secret.to_secret_text().as_str()));
    }
}

#[test]
fn nobody_becomes_a_guest_by_accident() {
    let (alice, bob) = (identity("alice@example.org"), identity("bob@example.net"));
    let contacts = BTreeMap::from([pin(&bob)]);
    let plan = |offers: Option<GuestOffers>, when: Timestamp| {
        let draft = letter(&alice);
        let plan = Plan::make(&draft, alice.card(), &contacts, when, Classic::Refuse);
        (draft, offers.map_or(plan.clone(), |offers| plan.offer_guests(&offers)))
    };
    let refused = |offers, when| {
        let (draft, plan) = plan(offers, when);
        evaluate(draft, plan, &Policy::built_in()).unwrap_err()
    };
    // Without a server nothing is offered, and it is as ever.
    let Refused::NoRoute(list) = refused(None, now()) else { panic!() };
    assert!(list.len() == 3 && list.iter().all(|planned| planned.route == Route::Refuse(Refusal::NoCard)));
    // With a server, whoever has no factor holds everybody back.
    let mut one_less = offers();
    one_less.factors.remove(&"erin@example.com".parse::<Address>().unwrap());
    let Refused::NoRoute(list) = refused(Some(one_less), now()) else { panic!() };
    assert_eq!(list.len(), 1);
    assert_eq!(list[0].route, Route::Refuse(Refusal::NoFactor));
    // Bob's card has ended: he is not a guest because of that.
    let later = now().plus_seconds(2_000_000);
    let everybody =
        GuestOffers { otherwise: Some(GuestFactor::Sms("+31600000009".parse().unwrap())), ..offers() };
    let Refused::NoRoute(list) = refused(Some(everybody), later) else { panic!() };
    assert!(matches!(list.as_slice(), [one] if matches!(one.route, Route::Refuse(Refusal::Expired(_)))));
    // A code to the same mailbox is no second factor.
    let mut weak = offers();
    weak.factors.insert("dave@example.com".parse().unwrap(), GuestFactor::Mail);
    assert!(matches!(refused(Some(weak), now()), Refused::WeakFactor(who) if who.local() == "dave"));
    for days in [0, 401] {
        let offers = GuestOffers { days: Some(days), ..offers() };
        assert!(matches!(refused(Some(offers), now()), Refused::GuestDays { asked, .. } if asked == days));
    }
}

#[test]
fn the_policy_says_how_strong_and_how_long() {
    use crate::policy::{Acceptances, Attached, Circumstances, Examiner, LocalTime, evaluate_examined};

    let alice = identity("alice@example.org");
    let policy = |level: &str, factor: &str| {
        let text = format!(
            "format = \"zegel/policy/v1\"\nname = \"test\"\nserial = 1\n\
             [[class]]\nid = \"c\"\nlevel = \"{level}\"\nlabel = {{ nl = \"a\", en = \"b\" }}\n\
             second_factor = \"{factor}\"\nexpires_days = 14\n\
             [[rule]]\nid = \"r\"\nclass = \"c\"\naction = \"seal\"\nexplain = {{ nl = \"a\", en = \"b\" }}\n\
             [[rule.when]]\nheader = {{ name = \"Subject\", contains = \"uitslag\" }}\n"
        );
        Policy::parse(&text, Authority::Unsigned).unwrap()
    };
    let clear = |policy: &Policy, factor: GuestFactor, days: Option<u32>| {
        let draft = letter(&alice);
        let contacts = BTreeMap::<Address, Contact>::new();
        let offers = GuestOffers { factors: BTreeMap::new(), otherwise: Some(factor), days };
        let plan = Plan::make(&draft, alice.card(), &contacts, now(), Classic::Refuse).offer_guests(&offers);
        let around = Circumstances {
            classic: Classic::Refuse,
            contacts: &contacts,
            now: now(),
            history: &crate::people::Everybody,
            local_time: LocalTime::at(now(), 0),
            accepted: &Acceptances::new(),
        };
        let examined = Examiner::new(policy).examine(&draft, &Attached::default(), &around);
        evaluate_examined(draft, plan, policy, &examined).map(|cleared| cleared.guest_days())
    };
    let sms = || GuestFactor::Sms("+31600000001".parse().unwrap());
    let (low, high) = (policy("low", "mailed"), policy("high", "strong"));
    assert_eq!(clear(&low, GuestFactor::Mail, None).unwrap(), 14);
    assert_eq!(clear(&low, GuestFactor::Mail, Some(7)).unwrap(), 7);
    assert_eq!(clear(&high, sms(), Some(14)).unwrap(), 14);
    assert!(matches!(clear(&high, GuestFactor::Mail, None), Err(Refused::WeakFactor(_))));
    assert!(matches!(clear(&high, sms(), Some(15)), Err(Refused::GuestDays { asked: 15, most: 14 })));
}
