//! Whole messages: what a program that has an identity and its pins must make of a container.

mod forged;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read};

use serde_json::{Value, json};
use zegel_core::contacts::Origin;
use zegel_core::identity::Identity;
use zegel_core::message::{Assurance, FirstUse, MemoryStage, OpenError, open};
use zegel_core::mime::{Draft, DraftOptions};
use zegel_core::sshsig::Namespace;
use zegel_testkit::{Person, SeededRng, now};

use super::forge::{Container, Envelope};
use super::people::{contact, identity};
use super::{Cases, folder, outcome, text};

const LETTER: &str = "From: Alice Jansen <alice@example.org>\nTo: bob@example.net\nCc: carol@example.com\n\
    Bcc: dave@example.net\nSubject: Uitslag\nDate: Sat, 21 Nov 2026 00:00:00 +0000\n\
    Message-ID: <uitslag@example.org>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n\
    Beste Bob,\n\nHierbij de uitslag.\n";

/// Opens the container of the case as the person it names.
pub(super) fn judge(case: &Value) -> Value {
    let container = fs::read(folder().join(text(case, "container"))).unwrap();
    judge_bytes(case, &container)
}

fn judge_bytes(case: &Value, container: &[u8]) -> Value {
    let mut contacts = BTreeMap::new();
    for pin in case["contacts"].as_array().unwrap() {
        let origin = serde_json::from_value(pin["origin"].clone()).unwrap();
        let contact = contact(text(pin, "person"), origin);
        contacts.insert(contact.address.clone(), contact);
    }
    let first_use = match text(case, "first_use") {
        "accept" => FirstUse::Accept,
        _ => FirstUse::Refuse,
    };
    let opener = identity(text(case, "opener"));
    let time = text(case, "now").parse().unwrap();
    let input = Cursor::new(container);
    let mut opened = match open(input, &opener, &contacts, first_use, time, MemoryStage, &mut |_| {}) {
        Ok(opened) => opened,
        Err(error) => return outcome(class(&error)),
    };
    let mut parts = Vec::new();
    for part in &mut opened.parts {
        let mut bytes = Vec::new();
        part.file.read_to_end(&mut bytes).unwrap();
        parts.push(json!({ "name": part.info.name, "blake3": blake3::hash(&bytes).to_string() }));
    }
    json!({
        "outcome": "good",
        "assurance": match opened.assurance {
            Assurance::ExpiredSince => "expired-since",
            Assurance::FirstUse => "first-use",
            Assurance::Own => "own",
            Assurance::Verified => "verified",
            other => panic!("not a class yet: {other:?}"),
        },
        "id": opened.manifest.id.to_string(),
        "role": opened.manifest.opener.role,
        "sender": opened.sender.address.to_string(),
        "fingerprint": opened.sender.fingerprint.to_string(),
        "subject": opened.manifest.subject,
        "bcc": opened.manifest.bcc,
        "pq": opened.manifest.pq,
        "body_blake3": blake3::hash(opened.inner.as_bytes()).to_string(),
        "parts": parts,
    })
}

pub(super) fn class(error: &OpenError) -> &'static str {
    match error {
        OpenError::Container(_) => "container",
        OpenError::Damaged => "damaged",
        OpenError::Expired { .. } => "expired",
        OpenError::Forged(_) => "forged",
        OpenError::Inner(_) => "inner",
        OpenError::KeyChanged { .. } => "key changed",
        OpenError::NoKey(_) => "no key",
        OpenError::OnServer => "on server",
        OpenError::UnknownSender { .. } => "unknown sender",
        other => panic!("not a class: {other}"),
    }
}

/// Returns the manifest that `who` gets of the sample letter.
pub(super) fn sample_manifest(who: &str) -> String {
    sealed(LETTER, "manifest")[0].open(identity(who).current().age()).1.line
}

/// Returns the hash of the first part in a manifest.
pub(super) fn sample_hash(line: &str) -> String {
    line.split("\"blake3\":\"").nth(1).unwrap()[..64].to_owned()
}

/// Seals a mail of Alice, who knows everybody; the visible copy first.
fn sealed(eml: &str, seed: &str) -> Vec<Container> {
    let alice = Person { identity: identity("alice"), contacts: BTreeMap::new() };
    sealed_by(alice, eml, seed)
}

fn sealed_by(mut sender: Person, eml: &str, seed: &str) -> Vec<Container> {
    for name in ["alice", "bob", "carol", "dave-classic", "eve"] {
        let contact = contact(name, Origin::Imported);
        sender.contacts.insert(contact.address.clone(), contact);
    }
    // Dave is sealed to with a hybrid key unless a mail asks for the classic one.
    if !eml.contains("X-Classic:") {
        let dave = Person::fixed("dave@example.net", "Dave");
        sender.knows(&dave);
    }
    let options = DraftOptions { part_threshold: 1000, ..DraftOptions::default() };
    let draft = Draft::parse(eml.as_bytes(), &options).unwrap();
    let containers = sender.seal_draft(draft, &mut SeededRng::new(seed));
    containers.iter().map(|bytes| Container::read(bytes)).collect()
}

/// Who opens a case, with which pins, when.
struct Scene {
    opener: &'static str,
    contacts: Value,
    first_use: &'static str,
    now: String,
}

impl Scene {
    /// Bob, who has pinned Alice.
    fn bob() -> Self {
        Self::of("bob", json!([{ "person": "alice", "origin": "imported" }]))
    }

    fn of(opener: &'static str, contacts: Value) -> Self {
        Self { opener, contacts, first_use: "refuse", now: now().to_string() }
    }

    fn stranger() -> Self {
        Self { first_use: "accept", ..Self::of("bob", json!([])) }
    }
}

struct Maker<'c> {
    cases: &'c mut Cases,
}

impl Maker<'_> {
    fn add(&mut self, name: &str, container: &[u8], scene: &Scene, outcome: &str) {
        if self.cases.has(name) {
            return;
        }
        let file = format!("messages/{name}.zegel");
        fs::write(folder().join(&file), container).unwrap();
        let case = json!({
            "container": file,
            "opener": scene.opener,
            "contacts": scene.contacts,
            "first_use": scene.first_use,
            "now": scene.now,
        });
        self.cases.add(name, case, outcome);
    }

    /// Adds a message for Bob, who has pinned Alice.
    fn bob(&mut self, name: &str, container: &Container, outcome: &str) {
        self.add(name, &container.write(), &Scene::bob(), outcome);
    }
}

pub(super) fn make(cases: &mut Cases) {
    let mut maker = Maker { cases };
    good(&mut maker);
    keys(&mut maker);
    forged::make(&mut maker);
}

fn with_part() -> String {
    let head = "From: alice@example.org\nTo: bob@example.net\nSubject: Foto\nMIME-Version: 1.0\n\
        Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nZie bijlage.\n--b\n\
        Content-Type: text/csv; name=\"cijfers.csv\"\nContent-Disposition: attachment; filename=\"cijfers.csv\"\n\n";
    format!("{head}{}--b--\n", "1;2;3;4;5;6;7;8;9\n".repeat(150))
}

fn good(maker: &mut Maker<'_>) {
    let letter = sealed(LETTER, "letter");
    let visible = letter[0].write();
    let pins = || json!([{ "person": "alice", "origin": "imported" }]);
    maker.add("letter-to", &visible, &Scene::bob(), "good");
    maker.add("letter-cc", &visible, &Scene::of("carol", pins()), "good");
    maker.add("letter-own-copy", &visible, &Scene::of("alice", json!([])), "good");
    maker.add("letter-own-copy-after-rotation", &visible, &Scene::of("alice-rotated", json!([])), "good");
    maker.add("letter-recipient-rotated-since", &visible, &Scene::of("bob-rotated", pins()), "good");
    maker.add("letter-first-use", &visible, &Scene::stranger(), "good");
    let seen_once = json!([{ "person": "alice", "origin": "first-use" }]);
    maker.add("letter-pinned-by-first-use", &visible, &Scene::of("bob", seen_once), "good");
    let directory = json!([{ "person": "alice", "origin": "directory" }]);
    maker.add("letter-from-the-directory", &visible, &Scene::of("bob", directory), "good");
    let late = Scene { now: "2033-01-01T00:00:00Z".to_owned(), ..Scene::bob() };
    maker.add("letter-card-expired-since", &visible, &late, "good");
    maker.bob("with-a-part", &sealed(&with_part(), "part")[0], "good");
    let blind = LETTER.replace("dave@example.net", "eve@example.com");
    let blind = sealed(&blind, "blind");
    maker.add("blind-copy", &blind[1].write(), &Scene::of("eve", pins()), "good");
    maker.add("blind-copy-is-not-for-bob", &blind[1].write(), &Scene::bob(), "no key");
    maker.add("visible-copy-is-not-for-the-blind", &blind[0].write(), &Scene::of("eve", pins()), "no key");
    let classic = LETTER
        .replace("Bcc: dave@example.net\n", "X-Classic: yes\n")
        .replace("carol@example.com", "dave@example.net");
    let classic = sealed(&classic, "classic")[0].write();
    maker.add("classic-recipient", &classic, &Scene::of("dave-classic", pins()), "good");
    maker.add("classic-beside-hybrid", &classic, &Scene::bob(), "good");
    let reply = "From: alice@example.org\nTo: bob@example.net\nSubject: =?utf-8?q?Re=3A_r=C3=A9sum=C3=A9?=\n\
        In-Reply-To: <1@example.net>\nReferences: <1@example.net>\n\nJa.\n";
    maker.bob("reply-with-a-subject-not-ascii", &sealed(reply, "reply")[0], "good");
    maker.bob("crlf", &sealed(&LETTER.replace('\n', "\r\n"), "crlf")[0], "good");
    maker.bob("empty-body", &sealed("From: alice@example.org\nTo: bob@example.net\n\n", "empty")[0], "good");
}

/// The keys are not those that are pinned.
fn keys(maker: &mut Maker<'_>) {
    let letter = &sealed(LETTER, "keys")[0];
    let bytes = letter.write();
    maker.add("stranger-without-first-use", &bytes, &Scene::of("bob", json!([])), "unknown sender");
    let impostor = json!([{ "person": "alice-impostor", "origin": "imported" }]);
    maker.add("pinned-to-other-keys", &bytes, &Scene::of("bob", impostor.clone()), "key changed");
    let accept = Scene { first_use: "accept", ..Scene::of("bob", impostor) };
    maker.add("pinned-to-other-keys-first-use-does-not-help", &bytes, &accept, "key changed");
    let rotated = json!([{ "person": "alice-rotated", "origin": "imported" }]);
    maker.add("pinned-to-newer-keys", &bytes, &Scene::of("bob", rotated), "key changed");
    maker.add("not-a-recipient", &bytes, &Scene::of("eve", json!([])), "no key");
    let impostor = Person { identity: identity("alice-impostor"), contacts: BTreeMap::new() };
    let forged = &sealed_by(impostor, LETTER, "impostor")[0];
    maker.bob("sealed-by-an-impostor", forged, "key changed");
    let (number, opened) = forged.open(bob().current().age());
    let claim = identity("alice-impostor").card().fingerprint().to_string();
    let pinned = identity("alice").card().fingerprint().to_string();
    let signed = opened
        .change(
            &format!("\"sender\":{{\"address\":\"alice@example.org\",\"card\":\"{claim}\""),
            &format!("\"sender\":{{\"address\":\"alice@example.org\",\"card\":\"{pinned}\""),
        )
        .sign(identity("alice-impostor").current().signing(), Namespace::Manifest);
    let named = replace(forged, number, &signed, &bob());
    maker.bob("impostor-names-the-pinned-card", &named, "forged");
    maker.add("impostor-names-another-card-to-a-stranger", &named.write(), &Scene::stranger(), "forged");
}

fn bob() -> Identity {
    identity("bob")
}

/// Returns the container with another envelope for `to` in the place of `number`.
fn replace(container: &Container, number: usize, envelope: &Envelope, to: &Identity) -> Container {
    let mut container = container.clone();
    container.envelopes[number] = envelope.seal(to.card().recipient());
    container
}
