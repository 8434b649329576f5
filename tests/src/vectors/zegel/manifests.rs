//! Manifests by themselves: canonical form, and values that contradict each other. What needs keys is in `messages`.

use serde_json::{Value, json};
use zegel_core::id::{Fingerprint, GuestId, to_base32};
use zegel_core::message::Manifest;

use super::people::identity;
use super::{Cases, bytes, messages, outcome};

pub(super) fn judge(case: &Value) -> Value {
    match Manifest::parse(&bytes(case, "manifest")) {
        Ok(manifest) => json!({
            "outcome": "good",
            "id": manifest.id.to_string(),
            "role": manifest.opener.role,
            "sender": manifest.sender.address.to_string(),
            "sent": manifest.sent,
            "subject": manifest.subject,
            "parts": manifest.parts.len(),
            "pq": manifest.pq,
        }),
        Err(_) => outcome("refused"),
    }
}

pub(super) fn make(cases: &mut Cases) {
    if !cases.has("of-a-recipient") {
        make_first(cases);
    }
    make_addresses_that_stand_twice(cases);
}

fn make_addresses_that_stand_twice(cases: &mut Cases) {
    let (to, own) = (messages::sample_manifest("bob"), messages::sample_manifest("alice"));
    let with = |manifest: &str, from: &str, into: &str| {
        assert!(manifest.contains(from), "{from} is not in the manifest {manifest}");
        manifest.replacen(from, into, 1)
    };
    let (once, none) = ("\"to\":[\"bob@example.net\"]", "\"cc\":[\"carol@example.com\"]");
    let in_both = "\"cc\":[\"bob@example.net\",\"carol@example.com\"]";
    cases.add("in-to-and-cc", json!({ "manifest": with(&to, none, in_both) }), "good");
    for (name, line) in [
        ("to-twice", with(&to, once, "\"to\":[\"bob@example.net\",\"bob@example.net\"]")),
        ("to-twice-in-capitals", with(&to, once, "\"to\":[\"bob@example.net\",\"Bob@example.net\"]")),
        ("cc-twice", with(&to, none, "\"cc\":[\"carol@example.com\",\"carol@example.com\"]")),
        ("bcc-twice", with(&own, "[\"dave@example.net\"]", "[\"dave@example.net\",\"dave@example.net\"]")),
    ] {
        cases.add(name, json!({ "manifest": line }), "refused");
    }
}

fn make_first(cases: &mut Cases) {
    let [to, cc, own] = ["bob", "carol", "alice"].map(messages::sample_manifest);
    let with = |from: &str, into: &str| {
        assert!(to.contains(from), "{from} is not in the manifest {to}");
        to.replacen(from, into, 1)
    };
    let print = |name: &str| identity(name).card().fingerprint().to_string();
    let bob = print("bob");
    let opener = format!("\"opener\":{{\"address\":\"bob@example.net\",\"card\":\"{bob}\",\"role\":\"to\"}}");
    let guest = GuestId::from_bytes([2; 16]).to_string();
    let other = Fingerprint::from_bytes([3; 32]).to_string();
    let key = to_base32(&[5; 32]);
    let good_guest =
        format!("\"opener\":{{\"address\":\"guest@example.net\",\"guest\":\"{guest}\",\"role\":\"guest\"}}");
    let archive = format!(
        "\"opener\":{{\"address\":\"archive@example.org\",\"card\":\"{other}\",\"role\":\"archive\"}}"
    );
    let store =
        format!(",\"store\":{{\"origin\":\"https://zegel.example.org\",\"token\":\"{key}\"}},\"subject\"");
    let archived =
        format!("{{\"archive\":{{\"address\":\"archive@example.org\",\"card\":\"{other}\"}},\"cc\"");
    let part = "\"media_type\":\"message/rfc822\",\"name\":\"\"";
    let second = format!(
        "{part}}},{{\"blake3\":\"{}\",\"index\":1,\"length\":0,\"media_type\":\"image/png\",\"name\":\"a.png\"",
        "0".repeat(64)
    );
    for (name, line) in [
        ("of-a-recipient", to.clone()),
        ("of-a-copied-recipient", cc),
        ("of-the-sender-with-bcc", own.clone()),
        ("of-a-blind-copy", with("\"role\":\"to\"", "\"role\":\"bcc\"")),
        ("of-a-guest", with(&opener, &good_guest)),
        ("of-the-archive", with(&opener, &archive).replacen("{\"cc\"", &archived, 1)),
        ("with-archive", with("{\"cc\"", &archived)),
        ("with-store", with(",\"subject\"", &store)),
        ("with-labels", with("\"labels\":[]", "\"labels\":[\"medical\",\"vip\"]")),
        ("with-in-reply-to", with(",\"labels\"", ",\"in_reply_to\":\"<1@example.org>\",\"labels\"")),
        ("with-two-parts", with(part, &second)),
        ("with-an-empty-subject", with("\"subject\":\"Uitslag\"", "\"subject\":\"\"")),
        ("with-a-subject-not-ascii", with("\"subject\":\"Uitslag\"", "\"subject\":\"Résumé 📎 \\n\"")),
        ("with-100-labels", with("\"labels\":[]", &format!("\"labels\":{}", json!(vec!["x"; 100])))),
        ("classic", with("\"pq\":true", "\"pq\":false")),
    ] {
        cases.add(name, json!({ "manifest": line }), "good");
    }
    let big = "x".repeat(64 * 1024 + 1);
    let tokenless = "{\"origin\":\"https://zegel.example.org\"}";
    for (name, line) in [
        ("line-feed", format!("{to}\n")),
        ("space", with(",\"id\"", ", \"id\"")),
        (
            "reordered",
            with(
                "\"cc\":[\"carol@example.com\"],\"format\":\"zegel/manifest/v1\"",
                "\"format\":\"zegel/manifest/v1\",\"cc\":[\"carol@example.com\"]",
            ),
        ),
        ("key-twice", with("\"pq\":true", "\"pq\":true,\"pq\":true")),
        ("unknown-field", with("\"pq\"", "\"note\":\"\",\"pq\"")),
        ("unknown-field-in-opener", with("\"role\":\"to\"", "\"role\":\"to\",\"x\":1")),
        ("unknown-field-in-part", with(part, &format!("{part},\"x\":1"))),
        ("null", with("{\"cc\"", "{\"archive\":null,\"cc\"")),
        ("missing-field", with("\"pq\":true,", "")),
        ("format-v2", with("manifest/v1", "manifest/v2")),
        ("format-of-a-card", with("zegel/manifest/v1", "zegel/card/v1")),
        ("role-unknown", with("\"role\":\"to\"", "\"role\":\"owner\"")),
        ("role-in-upper-case", with("\"role\":\"to\"", "\"role\":\"To\"")),
        ("to-not-in-to", with("\"role\":\"to\"", "\"role\":\"cc\"")),
        ("recipient-not-named", with("\"to\":[\"bob@example.net\"]", "\"to\":[]")),
        ("bcc-shown-to-a-recipient", with("{\"cc\"", "{\"bcc\":[\"eve@example.com\"],\"cc\"")),
        ("guests-shown-to-a-recipient", with(",\"id\"", ",\"guests\":[],\"id\"")),
        ("sender-role-for-another", with("\"role\":\"to\"", "\"role\":\"sender\"")),
        (
            "sender-with-another-card",
            own.replacen(
                &format!("\"opener\":{{\"address\":\"alice@example.org\",\"card\":\"{}\"", print("alice")),
                &format!("\"opener\":{{\"address\":\"alice@example.org\",\"card\":\"{other}\""),
                1,
            ),
        ),
        ("guest-with-a-card", with("\"role\":\"to\"", "\"role\":\"guest\"")),
        (
            "guest-without-an-id",
            with(&opener, "\"opener\":{\"address\":\"bob@example.net\",\"role\":\"guest\"}"),
        ),
        (
            "recipient-with-a-guest-id",
            with("\",\"role\":\"to\"", &format!("\",\"guest\":\"{guest}\",\"role\":\"to\"")),
        ),
        ("recipient-without-a-card", with(&format!("\"card\":\"{bob}\",\"role\":\"to\""), "\"role\":\"to\"")),
        ("archive-not-named", with(&opener, &archive)),
        ("no-parts", {
            let start = to.find("\"parts\":[").unwrap();
            let end = to.find("],\"pq\"").unwrap();
            format!("{}\"parts\":[{}", &to[..start], &to[end..])
        }),
        ("part-from-1", with("\"index\":0", "\"index\":1")),
        ("part-number-twice", with(part, &second.replace("\"index\":1", "\"index\":0"))),
        ("part-number-skipped", with(part, &second.replace("\"index\":1", "\"index\":2"))),
        ("part-without-a-name", with(part, &second.replace("a.png", ""))),
        ("part-name-with-a-line-feed", with(part, &second.replace("a.png", "a\\n.png"))),
        ("part-name-long", with(part, &second.replace("a.png", &"a".repeat(1025)))),
        ("part-type-with-a-space", with(part, &second.replace("image/png", "image /png"))),
        ("part-type-empty", with(part, &second.replace("image/png", ""))),
        ("body-with-a-name", with(part, "\"media_type\":\"message/rfc822\",\"name\":\"x.eml\"")),
        ("body-of-another-type", with("\"media_type\":\"message/rfc822\"", "\"media_type\":\"text/plain\"")),
        ("hash-in-upper-case", with(&messages::sample_hash(&to), &messages::sample_hash(&to).to_uppercase())),
        ("hash-long", with("\"blake3\":\"", "\"blake3\":\"00")),
        ("hash-short", with(&format!("\"blake3\":\"{}", messages::sample_hash(&to)), "\"blake3\":\"00")),
        ("length-negative", with("\"length\":", "\"length\":-")),
        ("length-too-large", with("\"length\":", "\"length\":9999999999999999")),
        ("id-long", with("\"id\":\"", "\"id\":\"a")),
        ("key-long", with("\"reply_key\":\"", "\"reply_key\":\"aa")),
        (
            "private-key-to-reply-to",
            with(&identity("alice").card().recipient().to_string(), super::people::CLASSIC),
        ),
        ("store-without-token", with(",\"subject\"", &format!(",\"store\":{tokenless},\"subject\""))),
        ("time-with-offset", with("00:00:00Z", "00:00:00+00:00")),
        ("subject-long", with("\"subject\":\"Uitslag\"", &format!("\"subject\":\"{big}\""))),
        ("101-labels", with("\"labels\":[]", &format!("\"labels\":{}", json!(vec!["x"; 101])))),
        ("pq-as-text", with("\"pq\":true", "\"pq\":\"true\"")),
        ("addresses-as-text", with("\"to\":[\"bob@example.net\"]", "\"to\":\"bob@example.net\"")),
        ("address-not-canonical", with("\"to\":[\"bob@example.net\"]", "\"to\":[\"bob@Example.net\"]")),
        ("empty", String::new()),
    ] {
        cases.add(name, json!({ "manifest": line }), "refused");
    }
}
