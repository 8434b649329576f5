//! Receipts and introductions.

use serde_json::{Value, json};
use zegel_core::contacts::Origin;
use zegel_core::id::{Fingerprint, GuestId, MessageId, to_base32};
use zegel_core::introduction::{Introduction, IntroductionError};
use zegel_core::receipt::{OpenerId, Receipt, derive_opener_keys};
use zegel_core::sshsig::{Namespace, Signature};
use zegel_testkit::now;

use super::people::{contact, identity};
use super::{Cases, bytes, outcome, text};

/// Derives the keys of an opener and verifies the receipt with the keys of the sender.
pub(super) fn judge_receipt(case: &Value) -> Value {
    let sender = identity(text(case, "sender"));
    let Ok(receipt) = Receipt::verify(&bytes(case, "receipt"), sender.key_sets()) else {
        return outcome("refused");
    };
    let keys = derive_opener_keys(sender.current(), receipt.id, receipt.opener).unwrap();
    json!({
        "outcome": "good",
        "opened_at": receipt.opened_at,
        "newest_receipt_key": to_base32(keys.receipt.expose()),
        "newest_reply_key": to_base32(keys.reply.expose()),
    })
}

pub(super) fn make_receipts(cases: &mut Cases) {
    let alice = identity("alice");
    let id = MessageId::from_bytes([1; 16]);
    let card = OpenerId::Card(identity("bob").card().fingerprint());
    let guest = OpenerId::Guest(GuestId::from_bytes([2; 16]));
    let receipt = |opener, key: fn(&zegel_core::receipt::OpenerKeys) -> &zegel_core::secret::Secret32| {
        let keys = derive_opener_keys(alice.current(), id, opener).unwrap();
        let receipt = Receipt { id, opened_at: now().plus_seconds(60), opener };
        String::from_utf8(receipt.to_json(key(&keys)).unwrap()).unwrap()
    };
    let good = receipt(card, |keys| &keys.receipt);
    let of_guest = receipt(guest, |keys| &keys.receipt);
    let case = |text: &str, sender: &str| json!({ "receipt": text, "sender": sender });
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from} is not in the receipt");
        good.replacen(from, to, 1)
    };
    cases.add("of-a-card", case(&good, "alice"), "good");
    cases.add("of-a-guest", case(&of_guest, "alice"), "good");
    cases.add("after-the-sender-rotated", case(&good, "alice-rotated"), "good");
    let mac = good.split("\"mac\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let mac_of_guest = of_guest.split("\"mac\":\"").nth(1).unwrap().split('"').next().unwrap();
    let another = Fingerprint::from_bytes([3; 32]).to_string();
    let bob = identity("bob").card().fingerprint().to_string();
    for (name, text) in [
        ("under-the-reply-key", receipt(card, |keys| &keys.reply)),
        ("another-time", with("00:01:00Z", "00:01:01Z")),
        ("another-message", with(&id.to_string(), &MessageId::from_bytes([9; 16]).to_string())),
        ("another-opener", with(&bob, &another)),
        ("mac-of-a-guest", with(&mac, mac_of_guest)),
        ("mac-short", with(&mac, &mac[..50])),
        ("mac-empty", with(&mac, "")),
        ("mac-in-upper-case", with(&mac, &mac.to_uppercase())),
        ("format-v2", with("receipt/v1", "receipt/v2")),
        ("unknown-field", with("{\"claim\"", "{\"a\":1,\"claim\"")),
        (
            "card-and-guest",
            with("{\"card\"", &format!("{{\"guest\":\"{}\",\"card\"", GuestId::from_bytes([2; 16]))),
        ),
        ("no-opener", with(&format!(",\"opener\":{{\"card\":\"{bob}\"}}"), "")),
        ("space", with("},\"mac", "}, \"mac")),
        ("line-feed-at-the-end", format!("{good}\n")),
        ("too-long", format!("{good}{}", " ".repeat(1024))),
        ("empty", String::new()),
    ] {
        cases.add(name, case(&text, "alice"), "refused");
    }
    cases.add("of-another-sender", case(&good, "eve"), "refused");
    cases.add("of-an-impostor", case(&good, "alice-impostor"), "refused");
}

/// Verifies an introduction with the pin of the introducer.
pub(super) fn judge_introduction(case: &Value) -> Value {
    let introducer = contact(text(case, "introducer"), Origin::Imported);
    match Introduction::parse(&bytes(case, "introduction"), &introducer) {
        Ok(read) => json!({
            "outcome": "good",
            "address": read.address.to_string(),
            "card": read.card.to_string(),
            "introducer": read.introducer.to_string(),
            "time": read.time,
        }),
        Err(IntroductionError::Form) => outcome("form"),
        Err(_) => outcome("signature"),
    }
}

pub(super) fn make_introductions(cases: &mut Cases) {
    let alice = identity("alice");
    let good = Introduction::make(&contact("carol", Origin::Imported), &alice, now()).unwrap();
    let (line, armour) = good.split_once('\n').unwrap();
    let sign = |line: &str, namespace: Namespace, by: &str| {
        let line = format!("{line}\n");
        let key = identity(by);
        let signature = Signature::sign(namespace, line.as_bytes(), key.current().signing()).unwrap();
        format!("{line}{}", signature.to_armour().unwrap())
    };
    let case = |text: &str, introducer: &str| json!({ "introduction": text, "introducer": introducer });
    let changed = |from: &str, to: &str| {
        assert!(line.contains(from), "{from} is not in the introduction");
        sign(&line.replacen(from, to, 1), Namespace::Introduction, "alice")
    };
    cases.add("of-carol-by-alice", case(&good, "alice"), "good");
    let classic = Introduction::make(&contact("dave-classic", Origin::FirstUse), &alice, now()).unwrap();
    cases.add("of-a-first-use", case(&classic, "alice"), "good");
    let alice_card = alice.card().fingerprint().to_string();
    for (name, text, introducer) in [
        ("introducer-not-the-pinned-one", good.clone(), "bob"),
        ("introducer-pinned-to-other-keys", good.clone(), "alice-impostor"),
        ("signed-by-somebody-else", sign(line, Namespace::Introduction, "eve"), "alice"),
        ("signed-as-a-card", sign(line, Namespace::Card, "alice"), "alice"),
        ("changed-address", good.replacen("carol@", "carla@", 1), "alice"),
        ("another-introducer-address", changed("alice@example.org", "bob@example.net"), "alice"),
        (
            "another-introducer-card",
            changed(&alice_card, &identity("bob").card().fingerprint().to_string()),
            "alice",
        ),
    ] {
        cases.add(name, case(&text, introducer), "signature");
    }
    for (name, text) in [
        ("unsigned", format!("{line}\n")),
        ("trailing-line-feed", format!("{good}\n")),
        ("two-signatures", format!("{good}{armour}")),
        ("crlf", good.replace('\n', "\r\n")),
        ("unknown-field", changed("\"format\"", "\"extra\":1,\"format\"")),
        ("format-v2", changed("introduction/v1", "introduction/v2")),
        ("space", changed(",\"format\"", ", \"format\"")),
        ("too-long", format!("{good}{}", "x".repeat(4096))),
        ("empty", String::new()),
    ] {
        cases.add(name, case(&text, "alice"), "form");
    }
}
