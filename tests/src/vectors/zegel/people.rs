//! The people of the vectors: private keys, cards and fingerprints, named by the other sets.

use std::sync::OnceLock;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use zegel_core::card::{Card, CardRequest};
use zegel_core::contacts::{Contact, Origin};
use zegel_core::identity::Identity;
use zegel_core::keys::{AgeIdentity, SigningKey};
use zegel_core::secret::Secret32;
use zegel_testkit::{Person, SeededRng, now};
use zeroize::Zeroizing;

use super::{Cases, file, read, text};

/// A classic key of `age-keygen`, for somebody who has nothing better.
pub(super) const CLASSIC: &str = "AGE-SECRET-KEY-1LS2VTKK8MX7VAQ7EHNRJJKGXDPYA38GNXKF0L5M830AX3EWSS5SSXJZZKR";
const YEAR: u64 = 365 * 86_400;

/// Returns somebody by name, with the keys that `people.json` pins.
pub(super) fn identity(name: &str) -> Identity {
    static PINNED: OnceLock<Vec<Value>> = OnceLock::new();
    let pinned = PINNED.get_or_init(|| if file("people").exists() { read("people") } else { Vec::new() });
    match pinned.iter().find(|case| case["name"] == name) {
        Some(case) => Identity::parse(&SecretString::from(text(case, "identity"))).unwrap(),
        None => make_identity(name),
    }
}

fn make_identity(name: &str) -> Identity {
    match name {
        "alice" => Person::alice().identity,
        // Rotated a day later.
        "alice-rotated" => rotated(&Person::alice().identity),
        // Eve's keys, with a card that says Alice's address.
        "alice-impostor" => Person::fixed("alice@example.org", "Alice Jansen (Eve)").identity,
        "bob" => Person::bob().identity,
        "bob-rotated" => rotated(&Person::bob().identity),
        "carol" => Person::carol().identity,
        "dave-classic" => classic("dave@example.net"),
        "eve" => Person::eve().identity,
        other => panic!("nobody is called {other}"),
    }
}

pub(super) const NAMES: [&str; 8] =
    ["alice", "alice-rotated", "alice-impostor", "bob", "bob-rotated", "carol", "dave-classic", "eve"];

fn rotated(identity: &Identity) -> Identity {
    let mut rng = SeededRng::new(&format!("{} rotated", identity.address()));
    identity.rotate(now().plus_seconds(86_400), 5 * YEAR, &mut rng).unwrap()
}

fn classic(address: &str) -> Identity {
    let age = AgeIdentity::parse(&SecretString::from(CLASSIC)).unwrap();
    let seed = [7; 32];
    let signing = SigningKey::from_seed(&Secret32::from_bytes(Zeroizing::new(seed)));
    let request = CardRequest {
        address: &address.parse().unwrap(),
        name: "Dave",
        recipient: &age.recipient(),
        created: now(),
        expires: now().plus_seconds(5 * YEAR),
        serial: 1,
    };
    let card = Card::make(&request, &signing, None).unwrap();
    let seed = zegel_core::id::to_base32(&seed);
    let text = json!({
        "address": address,
        "format": "zegel/identity/v1",
        "keys": [{ "age": CLASSIC, "card": card.text(), "signing": seed }],
        "name": "Dave",
    });
    Identity::parse(&SecretString::from(text.to_string())).unwrap()
}

/// Returns the pin of somebody.
pub(super) fn contact(name: &str, origin: Origin) -> Contact {
    Contact::from_card(identity(name).card(), origin, now())
}

/// Reads the identity of the case, and tells what belongs to it.
pub(super) fn judge(case: &Value) -> Value {
    let identity = Identity::parse(&SecretString::from(text(case, "identity"))).unwrap();
    let print = identity.card().fingerprint();
    json!({
        "outcome": "good",
        "address": identity.address().to_string(),
        "card": identity.card().text(),
        "fingerprint": print.to_string(),
        "readable": print.to_readable(),
        "recipient": identity.card().recipient().to_string(),
        "signing_key": identity.card().signing_key().to_string(),
    })
}

pub(super) fn make(cases: &mut Cases) {
    for name in NAMES {
        let secret = identity(name).to_secret_text().unwrap();
        cases.add(name, json!({ "identity": secret.expose_secret() }), "good");
    }
}
