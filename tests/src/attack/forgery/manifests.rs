//! Manifests changed under a signature, manifests that contradict themselves, and other texts for the same JSON.

use serde_json::{Value, json};

use super::Start::{Alice, Bob};
use super::{Attack, Case, DAMAGED, Expect, FORGED, case};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = edited();
    cases.extend(contradictions());
    cases.extend(other_texts());
    cases
}

/// One field changed, the signature as it was.
fn edited() -> Vec<Case> {
    vec![
        case("subject changed", Bob, FORGED, |_, a| a.spec.manifest["subject"] = "Other".into()),
        case("time changed", Bob, FORGED, |_, a| a.spec.manifest["sent"] = "2026-11-21T07:00:01Z".into()),
        case("message id changed", Bob, FORGED, |_, a| a.spec.manifest["id"] = "a".repeat(26).into()),
        case("recipient added", Bob, FORGED, |_, a| push(a, "to", "dave@example.net".into())),
        case("copy added", Bob, FORGED, |_, a| push(a, "cc", "dave@example.net".into())),
        case("copy dropped", Bob, FORGED, |_, a| a.spec.manifest["cc"] = json!([])),
        case("other recipient dropped", Bob, FORGED, |_, a| {
            a.spec.manifest["to"] = json!(["bob@example.net"])
        }),
        case("label added", Bob, FORGED, |_, a| push(a, "labels", "public".into())),
        case("answer to another message", Bob, FORGED, |_, a| {
            a.spec.manifest["in_reply_to"] = "<x@y>".into()
        }),
        case("replies sealed to the attacker", Bob, FORGED, |w, a| {
            a.spec.manifest["reply_recipient"] = w.eve.card().recipient().to_string().into();
        }),
        case("receipt key changed", Bob, FORGED, |_, a| {
            a.spec.manifest["receipt_key"] = format!("{}q", "a".repeat(51)).into();
        }),
        case("reply key changed", Bob, FORGED, |_, a| {
            a.spec.manifest["reply_key"] = format!("{}q", "a".repeat(51)).into();
        }),
        case("an archive named", Bob, FORGED, |w, a| {
            let card = w.eve.card().fingerprint().to_string();
            a.spec.manifest["archive"] = json!({ "address": "eve@example.com", "card": card });
        }),
        case("a store named", Bob, FORGED, |_, a| store(a)),
        case("a part renamed", Bob, FORGED, |_, a| a.spec.manifest["parts"][1]["name"] = "a.exe".into()),
        case("a part retyped", Bob, FORGED, |_, a| {
            a.spec.manifest["parts"][1]["media_type"] = "text/html".into()
        }),
        case("role changed", Bob, FORGED, |_, a| a.spec.manifest["opener"]["role"] = "bcc".into()),
        case("sender's address changed", Bob, Expect::Refused(&["KeyChanged"]), |_, a| {
            a.spec.manifest["sender"]["address"] = "carol@example.com".into();
        }),
        case("sender's card changed", Bob, Expect::Refused(&["KeyChanged"]), |w, a| {
            a.spec.manifest["sender"]["card"] = w.eve.card().fingerprint().to_string().into();
        }),
        case("sender changed to the one who opens", Bob, FORGED, |w, a| a.spec.name_sender(&w.bob)),
        case("hash and content of a part changed", Bob, FORGED, |_, a| {
            a.spec.parts[1].plain[0] ^= 1;
            a.spec.agree();
        }),
        case("a part added to manifest and archive", Bob, FORGED, |_, a| {
            a.spec.parts.push(a.spec.parts[1].clone());
            let mut part = a.spec.manifest["parts"][1].clone();
            part["index"] = 3.into();
            push(a, "parts", part);
        }),
        case("the last part dropped from manifest and archive", Bob, FORGED, |_, a| {
            a.spec.parts.pop();
            a.spec.manifest["parts"].as_array_mut().unwrap().pop();
        }),
    ]
}

fn push(attack: &mut Attack, field: &str, value: Value) {
    attack.spec.manifest[field].as_array_mut().unwrap().push(value);
}

fn store(attack: &mut Attack) {
    let token = format!("{}q", "a".repeat(51));
    attack.spec.manifest["store"] = json!({ "origin": "https://zegel.example.org", "token": token });
}

/// Signed by Alice herself, and still not to be believed.
fn contradictions() -> Vec<Case> {
    vec![
        case("an opener who is not in To", Alice, DAMAGED, |_, a| {
            a.spec.manifest["to"] = json!(["eve@example.com"]);
        }),
        case("an opener called a copy who is not in Cc", Alice, DAMAGED, |_, a| role(a, "cc")),
        case("the sender's role for somebody else", Alice, DAMAGED, |_, a| role(a, "sender")),
        case("the sender's role and name on another's envelope", Alice, FORGED, |w, a| {
            a.spec.name_opener(&w.alice, "sender");
        }),
        case("an archive that the message does not name", Alice, DAMAGED, |_, a| role(a, "archive")),
        case("an archive with another's card", Alice, DAMAGED, |w, a| {
            role(a, "archive");
            let card = w.eve.card().fingerprint().to_string();
            a.spec.manifest["archive"] = json!({ "address": "bob@example.net", "card": card });
        }),
        case("a guest with a card", Alice, DAMAGED, |_, a| role(a, "guest")),
        case("a guest's envelope sealed to a card", Alice, FORGED, |_, a| {
            a.spec.manifest["opener"] =
                json!({ "address": "bob@example.net", "guest": "a".repeat(26), "role": "guest" });
        }),
        case("a role that does not exist", Alice, DAMAGED, |_, a| role(a, "boss")),
        case("the list of blind copies in a recipient's manifest", Alice, DAMAGED, |_, a| {
            a.spec.manifest["bcc"] = json!(["dave@example.net"]);
        }),
        case("the guests in a recipient's manifest", Alice, DAMAGED, |_, a| {
            a.spec.manifest["guests"] =
                json!([{ "address": "dave@example.net", "guest": "a".repeat(26), "link": "a".repeat(32) }]);
        }),
        case("another's card with one's own address", Alice, FORGED, |w, a| {
            a.spec.manifest["opener"]["card"] = w.carol.card().fingerprint().to_string().into();
        }),
        case("another's address with one's own card", Alice, FORGED, |_, a| {
            role(a, "bcc");
            a.spec.manifest["opener"]["address"] = "carol@example.com".into();
        }),
        case("parts on a server", Alice, Expect::Refused(&["OnServer"]), |_, a| store(a)),
        case("another format", Alice, DAMAGED, |_, a| a.spec.manifest["format"] = "zegel/manifest/v2".into()),
        case("an unknown field", Alice, DAMAGED, |_, a| a.spec.manifest["urgent"] = true.into()),
        case("an unknown field of the opener", Alice, DAMAGED, |_, a| {
            a.spec.manifest["opener"]["name"] = "Bob".into();
        }),
        case("a missing field", Alice, DAMAGED, |_, a| drop(a.spec.fields().remove("pq"))),
        case("no parts named", Alice, DAMAGED, |_, a| a.spec.manifest["parts"] = json!([])),
        case("parts numbered from one", Alice, DAMAGED, |_, a| {
            for part in a.spec.manifest["parts"].as_array_mut().unwrap() {
                part["index"] = (part["index"].as_u64().unwrap() + 1).into();
            }
        }),
        case("a number twice", Alice, DAMAGED, |_, a| a.spec.manifest["parts"][2]["index"] = 1.into()),
        case("a body with a name", Alice, DAMAGED, |_, a| {
            a.spec.manifest["parts"][0]["name"] = "a.eml".into()
        }),
        case("a part without a name", Alice, DAMAGED, |_, a| a.spec.manifest["parts"][1]["name"] = "".into()),
        case("a body of another type", Alice, DAMAGED, |_, a| {
            a.spec.manifest["parts"][0]["media_type"] = "text/html".into();
        }),
        case("a name with a line feed", Alice, DAMAGED, |_, a| {
            a.spec.manifest["parts"][1]["name"] = "a\nb".into();
        }),
        case("a name that is not the one in the mail", Alice, FORGED, |_, a| {
            a.spec.manifest["parts"][1]["name"] = "../../etc/passwd".into();
        }),
        case("a name turned with a direction character", Alice, FORGED, |_, a| {
            a.spec.manifest["parts"][1]["name"] = "first\u{202e}nib.exe".into();
        }),
        case("a type that is not the one in the mail", Alice, FORGED, |_, a| {
            a.spec.manifest["parts"][1]["media_type"] = "text/html".into();
        }),
        case("more recipients than there can be", Alice, DAMAGED, |_, a| {
            let more = (0..1_000).map(|n| Value::from(format!("p{n}@example.org")));
            a.spec.manifest["to"].as_array_mut().unwrap().extend(more);
        }),
    ]
}

fn role(attack: &mut Attack, role: &str) {
    attack.spec.manifest["opener"]["role"] = role.into();
}

/// Replaces text of the line before it is signed.
fn rewrite(attack: &mut Attack, from: &str, to: &str) {
    let line = String::from_utf8(attack.spec.line()).unwrap();
    assert!(line.contains(from), "{from} is not in {line}");
    attack.spec.line = Some(line.replacen(from, to, 1).into_bytes());
}

/// Signed by Alice, the same value in another text, or a text that programs read differently.
fn other_texts() -> Vec<Case> {
    vec![
        case("a key twice", Alice, DAMAGED, |_, a| rewrite(a, "\"pq\":true", "\"pq\":true,\"pq\":true")),
        case("a key twice, the second differs", Alice, DAMAGED, |_, a| {
            rewrite(a, "\"subject\":", "\"subject\":\"Other\",\"subject\":");
        }),
        case("keys in another order", Alice, DAMAGED, |_, a| {
            rewrite(a, "\"pq\":true,", "");
            let line = String::from_utf8(a.spec.line()).unwrap();
            a.spec.line = Some(line.replacen('{', "{\"pq\":true,", 1).into_bytes());
        }),
        case("a space after a colon", Alice, DAMAGED, |_, a| rewrite(a, "\"pq\":true", "\"pq\": true")),
        case("a space at the end", Alice, DAMAGED, |_, a| rewrite(a, "}\n", "} \n")),
        case("a space at the start", Alice, DAMAGED, |_, a| rewrite(a, "{\"cc\"", " {\"cc\"")),
        case("a carriage return at the end", Alice, DAMAGED, |_, a| rewrite(a, "}\n", "}\r\n")),
        case("a byte order mark", Alice, DAMAGED, |_, a| rewrite(a, "{\"cc\"", "\u{feff}{\"cc\"")),
        case("an escape that is not needed", Alice, DAMAGED, |_, a| rewrite(a, "Plans", "\\u0050lans")),
        case("an escaped slash", Alice, DAMAGED, |_, a| rewrite(a, "zegel/manifest", "zegel\\/manifest")),
        case("an escaped key", Alice, DAMAGED, |_, a| rewrite(a, "\"pq\"", "\"p\\u0071\"")),
        case("a number as a fraction", Alice, DAMAGED, |_, a| rewrite(a, "\"index\":1", "\"index\":1.0")),
        case("a number with an exponent", Alice, DAMAGED, |_, a| rewrite(a, "\"index\":1", "\"index\":1e0")),
        case("a number as text", Alice, DAMAGED, |_, a| rewrite(a, "\"index\":1", "\"index\":\"1\"")),
        case("a negative zero", Alice, DAMAGED, |_, a| rewrite(a, "\"index\":0", "\"index\":-0")),
        case("a number of two to the 53rd", Alice, DAMAGED, |_, a| {
            a.spec.manifest["parts"][1]["length"] = json!(1_u64 << 53);
        }),
        case("a number of two to the 64th", Alice, DAMAGED, |_, a| {
            rewrite(a, "\"index\":1", "\"index\":18446744073709551616");
        }),
        case("a null", Alice, DAMAGED, |_, a| rewrite(a, "{\"cc\"", "{\"archive\":null,\"cc\"")),
        case("a comma at the end", Alice, DAMAGED, |_, a| rewrite(a, "}\n", ",}\n")),
        case("two objects", Alice, DAMAGED, |_, a| rewrite(a, "}\n", "}{}\n")),
        case("a hash in upper case", Alice, DAMAGED, |_, a| {
            let hash = a.spec.manifest["parts"][0]["blake3"].as_str().unwrap().to_ascii_uppercase();
            a.spec.manifest["parts"][0]["blake3"] = hash.into();
        }),
        case("a fingerprint in upper case", Alice, DAMAGED, |_, a| {
            let card = a.spec.manifest["sender"]["card"].as_str().unwrap().to_ascii_uppercase();
            a.spec.manifest["sender"]["card"] = card.into();
        }),
        case("a time with an offset", Alice, DAMAGED, |_, a| {
            let sent = a.spec.manifest["sent"].as_str().unwrap().replace('Z', "+00:00");
            a.spec.manifest["sent"] = sent.into();
        }),
        case("a time with a fraction", Alice, DAMAGED, |_, a| {
            let sent = a.spec.manifest["sent"].as_str().unwrap().replace('Z', ".0Z");
            a.spec.manifest["sent"] = sent.into();
        }),
        case("a domain in upper case", Alice, DAMAGED, |_, a| {
            a.spec.manifest["to"][1] = "eve@EXAMPLE.com".into();
        }),
        case("an address with an invisible character", Alice, DAMAGED, |_, a| {
            a.spec.manifest["to"][1] = "e\u{200b}ve@example.com".into();
        }),
    ]
}
