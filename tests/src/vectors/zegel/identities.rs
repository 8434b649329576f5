//! Identities: private keys at rest, each set with its card.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use zegel_core::identity::{Identity, IdentityError, KeySet};

use super::people::identity;
use super::{Cases, outcome, text};

pub(super) fn judge(case: &Value) -> Value {
    let identity = match Identity::parse(&SecretString::from(text(case, "identity"))) {
        Ok(identity) => identity,
        Err(error) => return outcome(class(&error)),
    };
    let prints: Vec<String> =
        identity.key_sets().map(KeySet::fingerprint).map(|print| print.to_string()).collect();
    json!({ "outcome": "good", "address": identity.address().to_string(), "fingerprints": prints })
}

fn class(error: &IdentityError) -> &'static str {
    match error {
        IdentityError::Mismatch => "mismatch",
        IdentityError::Card(_) => "card",
        IdentityError::Fields(_) => "fields",
        IdentityError::Key(_) => "key",
        IdentityError::Count => "count",
        other => panic!("not a class yet: {other}"),
    }
}

fn secret(name: &str) -> String {
    identity(name).to_secret_text().unwrap().expose_secret().to_owned()
}

pub(super) fn make(cases: &mut Cases) {
    let alice = secret("alice");
    let field = |text: &str, name: &str| {
        let value: Value = serde_json::from_str(text).unwrap();
        value["keys"][0][name].as_str().unwrap().to_owned()
    };
    let (age, signing) = (field(&alice, "age"), field(&alice, "signing"));
    let with = |from: &str, to: &str| {
        assert!(alice.contains(from), "{from} is not in the identity");
        alice.replacen(from, to, 1)
    };
    let card = |text: &str| serde_json::to_string(&field(text, "card")).unwrap();
    for (name, text) in [
        ("one-set", alice.clone()),
        ("line-feed-at-the-end", format!("{alice}\n")),
        ("two-sets-after-rotation", secret("alice-rotated")),
        ("classic", secret("dave-classic")),
    ] {
        cases.add(name, json!({ "identity": text }), "good");
    }
    let eve = secret("eve");
    for (name, text, class) in [
        ("age-key-of-somebody-else", with(&age, &field(&eve, "age")), "mismatch"),
        ("signing-key-of-somebody-else", with(&signing, &field(&eve, "signing")), "mismatch"),
        ("card-of-somebody-else", with(&card(&alice), &card(&eve)), "mismatch"),
        ("card-of-an-impostor", with(&card(&alice), &card(&secret("alice-impostor"))), "mismatch"),
        ("address-of-somebody-else", with("alice@example.org", "eve@example.com"), "mismatch"),
        ("card-damaged", with("BEGIN SSH", "BEGIN PGP"), "card"),
        ("age-key-in-lower-case", with(&age, &age.to_lowercase()), "key"),
        ("age-key-damaged", with(&age, &age.replacen("PQ-1", "PQ-1Q", 1)), "key"),
        ("age-key-is-a-recipient", with(&age, &identity("alice").card().recipient().to_string()), "key"),
        ("signing-key-short", with(&signing, &signing[..50]), "key"),
        ("signing-key-in-upper-case", with(&signing, &signing.to_uppercase()), "key"),
        (
            "no-keys",
            "{\"address\":\"a@example.org\",\"format\":\"zegel/identity/v1\",\"keys\":[],\"name\":\"\"}"
                .to_owned(),
            "count",
        ),
        ("unknown-field", with("\"name\"", "\"nam\":1,\"name\""), "fields"),
        ("format-v2", with("identity/v1", "identity/v2"), "fields"),
        ("space", with("\",\"format", "\", \"format"), "fields"),
        ("two-line-feeds-at-the-end", format!("{alice}\n\n"), "fields"),
        ("empty", String::new(), "fields"),
        ("an-age-identity", age.clone(), "fields"),
    ] {
        cases.add(name, json!({ "identity": text }), class);
    }
}
