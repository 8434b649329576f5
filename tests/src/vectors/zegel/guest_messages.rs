//! Whole messages of guests: what the page, or a program in its place, must make of what the server released.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use zegel_core::guest::{CodeKeys, GuestLinkUrl, LinkSecret, derive_code_keys, derive_identity};
use zegel_core::id::{from_base32, to_base32};
use zegel_core::keys::AgeIdentity;
use zegel_core::message::{
    Assurance, FirstUse, GuestKey, MemoryStage, SealOptions, Sealed, assemble, open_as_guest, seal,
};
use zegel_core::mime::{Draft, DraftOptions};
use zegel_core::policy::{AccessCode, Classic, GuestFactor, GuestOffers, Plan, Policy, evaluate};
use zegel_core::secret::Secret32;
use zegel_core::sshsig::Namespace;
use zegel_core::{GuestId, MessageId};
use zegel_testkit::{SeededRng, now};
use zeroize::Zeroizing;

use super::forge::{Container, Envelope, decrypt, encrypt};
use super::messages::class;
use super::people::{CLASSIC, contact, identity};
use super::{Cases, outcome, text};

const CODE: &str = "blauwe-maan-42";
const LETTER: &str = "From: Alice Jansen <alice@example.org>\nTo: carol@example.com, bob@example.net\n\
    Cc: erin@example.net\nBcc: dave@example.net\nSubject: Uitslag\nDate: Sat, 21 Nov 2026 00:00:00 +0000\n\
    Message-ID: <uitslag@example.org>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n\
    --b\nContent-Type: text/plain; charset=utf-8\n\nBeste Carol,\n\nHierbij de uitslag. Groet, Alice — é\n--b\n\
    Content-Type: text/csv; name=\"cijfers.csv\"\nContent-Disposition: attachment; filename=\"cijfers.csv\"\n\n";

/// Opens what the server released to the guest of the case.
pub(super) fn judge(case: &Value) -> Value {
    let (message, guest): (MessageId, GuestId) =
        (text(case, "message").parse().unwrap(), text(case, "guest").parse().unwrap());
    let link = LinkSecret::parse(text(case, "link")).unwrap();
    let code = case.get("code").map(|code| derive_code_keys(code.as_str().unwrap(), message, guest).unwrap());
    let key = GuestKey::derive(message, guest, &link, &secret(text(case, "share")), code.as_ref());
    let parts: Vec<Vec<u8>> =
        case["parts"].as_array().unwrap().iter().map(|part| bytes(part.as_str().unwrap())).collect();
    let mut container = Cursor::new(Vec::new());
    let copy = |index: usize, out: &mut Cursor<Vec<u8>>| out.write_all(&parts[index]);
    assemble(&mut container, parts.len(), &bytes(text(case, "envelope")), copy).unwrap();
    let mut contacts = BTreeMap::new();
    for pin in case["contacts"].as_array().unwrap() {
        let contact = contact(text(pin, "person"), serde_json::from_value(pin["origin"].clone()).unwrap());
        contacts.insert(contact.address.clone(), contact);
    }
    let first_use = if text(case, "first_use") == "accept" { FirstUse::Accept } else { FirstUse::Refuse };
    let time = text(case, "now").parse().unwrap();
    let opened = open_as_guest(container, &key, &contacts, first_use, time, MemoryStage, &mut |_| {});
    let mut opened = match opened {
        Ok(opened) => opened,
        Err(error) => return outcome(class(&error)),
    };
    let mut files = Vec::new();
    for part in &mut opened.parts {
        let mut bytes = Vec::new();
        part.file.read_to_end(&mut bytes).unwrap();
        files.push(json!({ "name": part.info.name, "blake3": blake3::hash(&bytes).to_string() }));
    }
    json!({
        "outcome": "good",
        "assurance": match opened.assurance {
            Assurance::FirstUse => "first-use",
            Assurance::Verified => "verified",
            other => panic!("not a class for guests: {other:?}"),
        },
        "id": opened.manifest.id.to_string(),
        "guest": opened.manifest.opener.guest.unwrap().to_string(),
        "address": opened.manifest.opener.address.to_string(),
        "sender": opened.sender.address.to_string(),
        "fingerprint": opened.sender.fingerprint.to_string(),
        "subject": opened.manifest.subject,
        "pq": opened.manifest.pq,
        "reply_key": to_base32(opened.manifest.reply_key.0.expose()),
        "reply_recipient": opened.manifest.reply_recipient.to_string(),
        "body_blake3": blake3::hash(opened.inner.as_bytes()).to_string(),
        "text": opened.inner.text(),
        "parts": files,
    })
}

fn secret(text: &str) -> Secret32 {
    Secret32::from_bytes(Zeroizing::new(from_base32(text).unwrap().try_into().unwrap()))
}

fn bytes(text: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(text).unwrap()
}

/// What the server has of a message for one guest, and what that guest has.
#[derive(Clone)]
struct Held {
    message: MessageId,
    guest: GuestId,
    link: String,
    share: Secret32,
    code: Option<&'static str>,
    envelope: Vec<u8>,
    parts: Vec<Vec<u8>>,
}

impl Held {
    /// The identity that opens the envelope.
    fn key(&self) -> AgeIdentity {
        let code: Option<CodeKeys> =
            self.code.map(|code| derive_code_keys(code, self.message, self.guest).unwrap());
        let link = LinkSecret::parse(&self.link).unwrap();
        derive_identity(&link, &self.share, code.as_ref().map(|keys| &keys.seal), self.message, self.guest)
    }

    fn opened(&self) -> Envelope {
        let container = Container { parts: Vec::new(), envelopes: vec![self.envelope.clone()] };
        container.open(&self.key()).1
    }

    /// The same with another envelope, sealed to the same guest.
    fn with(&self, envelope: &Envelope) -> Self {
        Self { envelope: envelope.seal(&self.key().recipient()), ..self.clone() }
    }

    fn case(&self, contacts: Value, first_use: &str) -> Value {
        let parts: Vec<String> = self.parts.iter().map(|part| BASE64_STANDARD.encode(part)).collect();
        let mut case = json!({
            "message": self.message.to_string(),
            "guest": self.guest.to_string(),
            "link": self.link,
            "share": to_base32(self.share.expose()),
            "envelope": BASE64_STANDARD.encode(&self.envelope),
            "parts": parts,
            "contacts": contacts,
            "first_use": first_use,
            "now": now().to_string(),
        });
        if let Some(code) = self.code {
            case["code"] = json!(code);
        }
        case
    }
}

/// Seals the letter: Bob has a card; Carol proves a phone, Erin a code, and Dave, blind, a phone.
fn sealed(seed: &str, with_file: bool) -> Vec<Held> {
    let alice = identity("alice");
    let pin = contact("bob", zegel_core::contacts::Origin::Imported);
    let contacts = BTreeMap::from([(pin.address.clone(), pin)]);
    let sms = || GuestFactor::Sms("+31600000001".parse().unwrap());
    let factors = [
        ("carol@example.com", sms()),
        ("dave@example.net", sms()),
        ("erin@example.net", GuestFactor::Code(AccessCode::parse(CODE).unwrap())),
    ];
    let factors = factors.into_iter().map(|(address, factor)| (address.parse().unwrap(), factor)).collect();
    let rows = if with_file { 150 } else { 3 };
    let eml = format!("{LETTER}{}--b--\n", "1;2;3;4;5;6;7;8;9\n".repeat(rows));
    let options = DraftOptions { part_threshold: 1000, ..DraftOptions::default() };
    let draft = Draft::parse(eml.as_bytes(), &options).unwrap();
    let offers = GuestOffers { factors, ..GuestOffers::default() };
    let plan = Plan::make(&draft, alice.card(), &contacts, now(), Classic::Refuse).offer_guests(&offers);
    let cleared = evaluate(draft, plan, &Policy::built_in()).unwrap();
    let (options, spool) = (SealOptions::default(), Cursor::new(Vec::new()));
    let mut rng = SeededRng::new(seed);
    let sealed = seal(cleared, &alice, &options, now(), &mut rng, spool, &mut |_| {}).unwrap();
    held(sealed)
}

fn held(mut sealed: Sealed<Cursor<Vec<u8>>>) -> Vec<Held> {
    let count = sealed.part_lengths().len();
    let mut parts = Vec::new();
    for index in 0..count {
        let mut part = Vec::new();
        sealed.part(index, 0).unwrap().read_to_end(&mut part).unwrap();
        parts.push(part);
    }
    let server = "https://zegel.example.org".parse().unwrap();
    let one = |guest| {
        // The link secret leaves the core in the guest's mail only.
        let mail = sealed.notice(guest, &server);
        let text = String::from_utf8(mail.as_bytes().to_vec()).unwrap();
        let link =
            GuestLinkUrl::parse(text.lines().find(|line| line.starts_with("https://")).unwrap()).unwrap();
        Held {
            message: sealed.id(),
            guest: guest.guest(),
            link: link.secret.to_secret_text().to_string(),
            share: guest.share().clone(),
            code: (guest.address().local() == "erin").then_some(CODE),
            envelope: guest.envelope().to_vec(),
            parts: parts.clone(),
        }
    };
    let mut guests: Vec<Held> = sealed.guests().iter().map(one).collect();
    guests.sort_by_key(|held| held.code.is_some());
    guests
}

pub(super) fn make(cases: &mut Cases) {
    if cases.has("letter-sms") {
        return;
    }
    let all = sealed("guests", false);
    let (carol, dave, erin) = (&all[0], &all[1], &all[2]);
    let stranger = |held: &Held| held.case(json!([]), "accept");
    let pins = || json!([{ "person": "alice", "origin": "directory" }]);
    cases.add("letter-sms", stranger(carol), "good");
    cases.add("letter-blind", stranger(dave), "good");
    cases.add("letter-code", stranger(erin), "good");
    let typed = Held { code: Some(" B1AUWE maan 4-2 "), ..erin.clone() };
    cases.add("letter-code-typed-otherwise", stranger(&typed), "good");
    let upper = Held { link: carol.link.to_uppercase(), ..carol.clone() };
    cases.add("letter-link-in-upper-case", stranger(&upper), "good");
    cases.add("letter-from-the-directory", carol.case(pins(), "refuse"), "good");
    let file = &sealed("guests with a file", true);
    cases.add("with-a-part", stranger(&file[0]), "good");
    cases.add("with-a-part-and-a-code", stranger(&file[2]), "good");
    pieces(cases, &all);
    exchanged(cases, &all, file);
    forged(cases, carol);
}

/// A piece of the key is missing or another.
fn pieces(cases: &mut Cases, all: &[Held]) {
    let (carol, dave, erin) = (&all[0], &all[1], &all[2]);
    let mut add = |name: &str, held: Held| cases.add(name, held.case(json!([]), "accept"), "no key");
    add("link-of-another-guest", Held { link: dave.link.clone(), ..carol.clone() });
    add("share-of-another-guest", Held { share: dave.share.clone(), ..carol.clone() });
    add("guest-id-of-another-guest", Held { guest: dave.guest, ..carol.clone() });
    add("envelope-of-another-guest", Held { envelope: dave.envelope.clone(), ..carol.clone() });
    add("message-id-of-another-message", Held { message: MessageId::from_bytes([9; 16]), ..carol.clone() });
    add("code-missing", Held { code: None, ..erin.clone() });
    add("code-wrong", Held { code: Some("blauwe-maan-43"), ..erin.clone() });
    add("code-where-there-is-none", Held { code: Some(CODE), ..carol.clone() });
    cases.add("stranger-without-first-use", carol.case(json!([]), "refuse"), "unknown sender");
    let impostor = json!([{ "person": "alice-impostor", "origin": "directory" }]);
    cases.add("directory-has-another-card", carol.case(impostor.clone(), "refuse"), "key changed");
    cases.add("directory-has-another-card-first-use", carol.case(impostor, "accept"), "key changed");
}

/// The server hands out something else.
fn exchanged(cases: &mut Cases, all: &[Held], file: &[Held]) {
    let carol = &all[0];
    let mut add =
        |name: &str, held: Held, class: &str| cases.add(name, held.case(json!([]), "accept"), class);
    add(
        "parts-of-another-message",
        Held { parts: vec![file[0].parts[0].clone()], ..carol.clone() },
        "damaged",
    );
    add("part-added", Held { parts: file[0].parts.clone(), ..carol.clone() }, "forged");
    add("part-dropped", Held { parts: vec![file[0].parts[0].clone()], ..file[0].clone() }, "forged");
    let swapped = vec![file[0].parts[1].clone(), file[0].parts[0].clone()];
    add("parts-swapped", Held { parts: swapped, ..file[0].clone() }, "damaged");
    let mut flipped = carol.parts.clone();
    let middle = flipped[0].len() / 2;
    flipped[0][middle] ^= 1;
    add("part-with-a-bit-flipped", Held { parts: flipped, ..carol.clone() }, "damaged");
    let mut cut = carol.parts.clone();
    cut[0].pop();
    add("part-cut-by-a-byte", Held { parts: cut, ..carol.clone() }, "damaged");
    let mut envelope = carol.envelope.clone();
    let last = envelope.len() - 1;
    envelope[last] ^= 1;
    add("envelope-with-a-bit-flipped", Held { envelope, ..carol.clone() }, "damaged");
    let opened = carol.opened();
    let body = decrypt(&carol.parts[0], &opened.message()).unwrap();
    let longer = [body.as_slice(), &[b'\n'; 64]].concat();
    let padded = encrypt(&longer, &opened.message().recipient());
    add("body-padded-more", Held { parts: vec![padded], ..carol.clone() }, "damaged");
    let mut other = body;
    other[20] ^= 1;
    let other = encrypt(&other, &opened.message().recipient());
    add("body-changed-by-a-guest", Held { parts: vec![other], ..carol.clone() }, "damaged");
}

/// Somebody who has an envelope makes another.
fn forged(cases: &mut Cases, carol: &Held) {
    let envelope = carol.opened();
    let alice = identity("alice");
    let sign = |envelope: Envelope| envelope.sign(alice.current().signing(), Namespace::Manifest);
    let id = carol.guest.to_string();
    let mut add = |name: &str, held: Held, class: &str| {
        cases.add(name, held.case(json!([]), "accept"), class);
    };
    add(
        "manifest-changed-unsigned",
        carol.with(&envelope.clone().change("\"subject\":\"Uitslag\"", "\"subject\":\"Uitslog\"")),
        "forged",
    );
    let eve = identity("eve");
    add(
        "manifest-signed-by-somebody-else",
        carol.with(&envelope.clone().sign(eve.current().signing(), Namespace::Manifest)),
        "forged",
    );
    add(
        "manifest-signed-as-a-card",
        carol.with(&envelope.clone().sign(alice.current().signing(), Namespace::Card)),
        "forged",
    );
    // Alice herself could sign these; a reader refuses them all the same.
    let other = GuestId::from_bytes([9; 16]).to_string();
    add("manifest-for-another-guest", carol.with(&sign(envelope.clone().change(&id, &other))), "forged");
    let (message, another) = (carol.message.to_string(), MessageId::from_bytes([9; 16]).to_string());
    add(
        "manifest-of-another-message",
        carol.with(&sign(envelope.clone().change(&message, &another))),
        "forged",
    );
    add(
        "manifest-for-a-blind-recipient",
        carol.with(&sign(
            envelope
                .clone()
                .change(
                    "\"opener\":{\"address\":\"carol@example.com\",",
                    &format!(
                        "\"opener\":{{\"address\":\"carol@example.com\",\"card\":\"{}\",",
                        identity("carol").card().fingerprint()
                    ),
                )
                .change(&format!("\"guest\":\"{id}\",\"role\":\"guest\""), "\"role\":\"bcc\""),
        )),
        "forged",
    );
    add(
        "manifest-with-links-for-a-guest",
        carol.with(&sign(envelope.clone().change(
            "\"id\":",
            &format!("\"guests\":[{{\"address\":\"bob@example.net\",\"guest\":\"{other}\",\"link\":\"{}\"}}],\"id\":", carol.link),
        ))),
        "damaged",
    );
    add(
        "inner-subject-differs",
        carol.with(&sign(envelope.clone().change("\"subject\":\"Uitslag\"", "\"subject\":\"Uitslog\""))),
        "forged",
    );
    let classic = Envelope { identity: CLASSIC.to_owned(), ..envelope.clone() };
    add("message-identity-classic", carol.with(&classic), "damaged");
    let mut padded = envelope.text();
    padded.resize(padded.len().next_multiple_of(4096), b' ');
    let padded = encrypt(&padded, &carol.key().recipient());
    add("envelope-padded-with-spaces", Held { envelope: padded, ..carol.clone() }, "damaged");
    let unpadded = encrypt(&envelope.text(), &carol.key().recipient());
    add("envelope-unpadded", Held { envelope: unpadded, ..carol.clone() }, "damaged");
}
