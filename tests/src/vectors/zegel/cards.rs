//! Cards: self-signature, canonical form, names, rotation.

use base64::Engine;
use serde_json::{Value, json};
use zegel_core::card::{Card, CardError};
use zegel_core::keys::SigningKey;
use zegel_core::sshsig::{Namespace, Signature};

use super::people::{CLASSIC, identity};
use super::{Cases, bytes, outcome};

/// Parses the card, and says whether it is a rotation of the keys in `pinned`.
pub(super) fn judge(case: &Value) -> Value {
    let card = match Card::parse(&bytes(case, "card")) {
        Ok(card) => card,
        Err(error) => return outcome(class(&error)),
    };
    let mut expect = json!({
        "outcome": "good",
        "address": card.address().to_string(),
        "name": card.name(),
        "fingerprint": card.fingerprint().to_string(),
        "readable": card.fingerprint().to_readable(),
        "serial": card.serial(),
        "created": card.created(),
        "expires": card.expires(),
    });
    if let Some(pinned) = case.get("pinned") {
        expect["rotates"] = json!(card.rotates(&pinned.as_str().unwrap().parse().unwrap()));
    }
    expect
}

fn class(error: &CardError) -> &'static str {
    match error {
        CardError::Fields(_) => "fields",
        CardError::Name => "name",
        CardError::Period => "period",
        CardError::PrivateKey => "private key",
        CardError::Shape => "shape",
        CardError::Signature(_) => "signature",
        other => panic!("parsing does not say {other}"),
    }
}

fn armour(line: &str, namespace: Namespace, key: &SigningKey) -> String {
    Signature::sign(namespace, line.as_bytes(), key).unwrap().to_armour().unwrap()
}

pub(super) fn make(cases: &mut Cases) {
    let alice = identity("alice");
    let text = alice.card().text().to_owned();
    let (line, own) = text.split_once('\n').unwrap();
    let key = alice.current().signing();
    let sign = |line: &str| format!("{line}\n{}", armour(&format!("{line}\n"), Namespace::Card, key));
    let signing_key = alice.card().signing_key().to_string();
    let eve = identity("eve");
    let eve_key = eve.current().signing();
    let changed = |from: &str, to: &str| {
        assert!(line.contains(from), "{from} is not in the card");
        sign(&line.replacen(from, to, 1))
    };
    let card = |text: &str| json!({ "card": text });
    let named = |name: &str| changed("Alice Jansen", name);
    let pinned = |text: &str, by: &str| json!({ "card": text, "pinned": identity(by).card().signing_key().to_string() });

    // Good ones.
    for (name, text) in [
        ("plain", text.clone()),
        ("name-empty", named("")),
        ("name-not-ascii", named("Zoë van ’t Hoff 張")),
        ("name-200-characters", named(&"é".repeat(200))),
        ("name-escaped-quote", named("\\\"A\\\\")),
        ("address-upper-case-local-part", changed("alice@", "Alice.B+c@")),
        ("address-a-label", changed("@example.org", "@xn--bcher-kva.example")),
        ("address-utf8-local-part", changed("alice@", "álice@")),
        ("recipient-classic", identity("dave-classic").card().text().to_owned()),
        ("serial-largest", changed("\"serial\":1", "\"serial\":9007199254740991")),
        ("period-one-second", changed("2031-11-20T00:00:00Z", "2026-11-21T00:00:01Z")),
    ] {
        cases.add(name, card(&text), "good");
    }
    let rotated = identity("alice-rotated").card().text().to_owned();
    cases.add("rotation-of-the-pinned-key", pinned(&rotated, "alice"), "good");
    cases.add("rotation-of-another-key", pinned(&rotated, "eve"), "good");
    cases.add("rotation-without-cosignature", pinned(&text, "bob"), "good");
    let other = format!("{text}{}", armour(&format!("{line}\n"), Namespace::Manifest, eve_key));
    cases.add("rotation-in-another-namespace", pinned(&other, "eve"), "good");

    // Signatures that do not hold, or stand there wrongly.
    let whole = format!("{line}\n");
    for (name, text) in [
        ("signature-by-another-key", format!("{whole}{}", armour(&whole, Namespace::Card, eve_key))),
        ("signature-in-another-namespace", format!("{whole}{}", armour(&whole, Namespace::Manifest, key))),
        ("signature-without-line-feed", format!("{whole}{}", armour(line, Namespace::Card, key))),
        ("signature-of-another-line", format!("{}\n{own}", line.replace("Alice Jansen", "Alice Janse"))),
        ("signature-missing", whole.clone()),
        ("signature-twice-damaged", format!("{text}{}", own.replace("U1NI", "V1NI"))),
        ("signature-crlf", format!("{whole}{}", own.replace('\n', "\r\n"))),
        ("signature-label-of-pgp", format!("{whole}{}", own.replace("SSH SIGNATURE", "PGP SIGNATURE"))),
        ("trailing-byte", format!("{text}x")),
        ("trailing-line-feed", format!("{text}\n")),
        ("trailing-card", format!("{text}{text}")),
    ] {
        cases.add(name, card(&text), "signature");
    }
    cases.add("three-signatures", card(&format!("{text}{own}{own}")), "shape");

    // Another text than the canonical one.
    let reordered = format!("{{\"created\":\"2026-11-21T00:00:00Z\",{}", &line[1..]);
    let reordered = reordered.replacen(",\"created\":\"2026-11-21T00:00:00Z\"", "", 1);
    for (name, text) in [
        ("json-reordered", sign(&reordered)),
        ("json-key-twice", changed("\"serial\":1", "\"serial\":1,\"serial\":1")),
        ("json-unknown-field", changed("\"name\"", "\"nam\":\"\",\"name\"")),
        ("json-missing-field", changed("\"name\":\"Alice Jansen\",", "")),
        ("json-null", changed("\"Alice Jansen\"", "null")),
        ("json-space", changed(",\"name\"", ", \"name\"")),
        ("json-escaped-letter", named("\\u0041lice")),
        ("json-escaped-slash", named("Alice \\/ B")),
        ("json-lone-surrogate", named("\\ud800")),
        ("json-array", sign("[]")),
        ("json-twice", sign(&format!("{line}{line}"))),
        ("line-crlf", sign(&format!("{line}\r"))),
        ("byte-order-mark", sign(&format!("\u{feff}{line}"))),
        ("serial-too-large", changed("\"serial\":1", "\"serial\":9007199254740992")),
        ("serial-negative", changed("\"serial\":1", "\"serial\":-1")),
        ("serial-fraction", changed("\"serial\":1", "\"serial\":1.0")),
        ("serial-text", changed("\"serial\":1", "\"serial\":\"1\"")),
        ("format-v2", changed("zegel/card/v1", "zegel/card/v2")),
        ("time-with-fraction", changed("00:00Z", "00:00.0Z")),
        ("time-with-offset", changed("00:00Z", "00:00+00:00")),
        ("address-upper-case-domain", changed("@example.org", "@Example.org")),
        ("address-u-label", changed("@example.org", "@bücher.example")),
        ("address-without-at", changed("alice@example.org", "alice.example.org")),
        ("address-invisible", changed("alice@", "ali\u{200b}ce@")),
        ("recipient-damaged", changed("age1pq1", "age1pq1q")),
        ("recipient-upper-case", changed("age1pq1", "AGE1PQ1")),
        ("signing-key-comment", changed(&signing_key, &format!("{signing_key} alice"))),
        ("signing-key-other-type", changed("ssh-ed25519 ", "ssh-rsa ")),
    ] {
        cases.add(name, card(&text), "fields");
    }

    for (name, text) in [
        ("name-zero-width-space", named("Alice\u{200b}")),
        ("name-right-to-left", named("Alice \u{202e}nesnaJ")),
        ("name-control", named("Alice\\u0007")),
        ("name-line-feed", named("Alice\\nBob")),
        ("name-tag-characters", named("Alice\u{e0041}")),
        ("name-201-characters", named(&"é".repeat(201))),
    ] {
        cases.add(name, card(&text), "name");
    }

    for (name, text) in [
        ("serial-zero", changed("\"serial\":1", "\"serial\":0")),
        ("period-empty", changed("2031-11-20T00:00:00Z", "2026-11-21T00:00:00Z")),
        ("period-backwards", changed("2031-11-20T00:00:00Z", "2026-11-20T00:00:00Z")),
    ] {
        cases.add(name, card(&text), "period");
    }
    for (name, text) in [
        ("private-age-key-as-name", named(CLASSIC)),
        ("private-age-key-in-lower-case", named(&CLASSIC.to_lowercase())),
        ("private-key-for-a-recipient", changed(&alice.card().recipient().to_string(), CLASSIC)),
        (
            "private-ssh-key-for-a-card",
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----\n".to_owned(),
        ),
    ] {
        cases.add(name, card(&text), "private key");
    }
    cases.add("empty", card(""), "shape");
    cases.add("no-line-feed", card(line), "shape");
    let long = sign(&line.replace("Alice Jansen", &"x".repeat(16_384)));
    cases.add("too-long", card(&long), "shape");
    let mut not_text = text.into_bytes();
    not_text[40] = 0xff;
    let not_text = base64::prelude::BASE64_STANDARD.encode(not_text);
    cases.add("not-utf-8", json!({ "card_base64": not_text }), "shape");
}
