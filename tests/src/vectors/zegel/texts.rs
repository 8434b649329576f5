//! Texts with one form for each value: base32, ids, times, addresses; Padmé lengths.

use serde_json::{Value, json};
use zegel_core::id::{from_base32, to_base32};
use zegel_core::padding::padme;
use zegel_core::{Address, Domain, Fingerprint, MessageId, Timestamp};

use super::{Cases, outcome, text};

/// Reads a text of the kind that `kind` names.
pub(super) fn judge(case: &Value) -> Value {
    let expect = match text(case, "kind") {
        "address" => text(case, "text").parse::<Address>().ok().map(|address| {
            json!({ "text": address.to_string(), "canonical": address.canonical(), "smtputf8": address.needs_smtputf8() })
        }),
        "base32" => from_base32(text(case, "text")).ok().map(|bytes| {
            assert_eq!(to_base32(&bytes), text(case, "text"), "one text for each value");
            json!({ "hex": data_encoding::HEXLOWER.encode(&bytes) })
        }),
        "domain" => text(case, "text").parse::<Domain>().ok().map(|domain| json!({ "ascii": domain.as_ascii() })),
        "fingerprint" => text(case, "text").parse::<Fingerprint>().ok().map(|print| {
            let typed = case.get("typed").map(|typed| print.matches(typed.as_str().unwrap()));
            json!({ "readable": print.to_readable(), "matches_typed": typed })
        }),
        "message-id" => text(case, "text").parse::<MessageId>().ok().map(|id| {
            json!({ "hex": data_encoding::HEXLOWER.encode(id.as_bytes()) })
        }),
        "padme" => Some(json!({ "padded": padme(case["length"].as_u64().unwrap()) })),
        "time" => text(case, "text").parse::<Timestamp>().ok().map(|time| {
            json!({ "unix": time.unix(), "rfc5322": time.to_rfc5322() })
        }),
        other => panic!("no kind {other}"),
    };
    let Some(mut expect) = expect else { return outcome("refused") };
    expect["outcome"] = json!("good");
    expect
}

pub(super) fn make(cases: &mut Cases) {
    let (good, refused) = ("good", "refused");
    let id = to_base32(&[0xA5; 16]);
    let print = to_base32(&[7; 32]);
    let long = "a".repeat(65);
    let label = format!("a@{}.example", "b".repeat(64));
    let table: &[(&str, &str, &str)] = &[
        ("address", "alice@example.org", good),
        ("address", "Alice.B+tag@Example.ORG", good),
        ("address", "o'brien!#$%&*/=?^_`{|}~-@example.org", good),
        ("address", "jürgen@bücher.example", good),
        ("address", "用户@例え.jp", good),
        ("address", "a@[127.0.0.1]", refused),
        ("address", "example.org", refused),
        ("address", "@example.org", refused),
        ("address", "alice@", refused),
        ("address", ".alice@example.org", refused),
        ("address", "alice.@example.org", refused),
        ("address", "al..ice@example.org", refused),
        ("address", "\"al ice\"@example.org", refused),
        ("address", "al ice@example.org", refused),
        ("address", "alice@bob@example.org", refused),
        ("address", "alice@exa mple.org", refused),
        ("address", "alice@example..org", refused),
        ("address", "alice\u{200d}@example.org", refused),
        ("address", "ali\u{202e}ce@example.org", refused),
        ("address", "alice@example.org\n", refused),
        ("address", "Alice <alice@example.org>", refused),
        ("address", &format!("{long}@example.org"), refused),
        ("address", &label, refused),
        ("domain", "EXAMPLE.org", good),
        ("domain", "straße.example", good),
        ("domain", "localhost", good),
        ("domain", "", refused),
        ("domain", "exa_mple.org", refused),
        ("domain", "-a.example", refused),
        ("domain", "xn--a.example", refused),
        ("base32", "", good),
        ("base32", "aa", good),
        ("base32", "mzxw6ytboi", good),
        ("base32", "MZXW6YTBOI", refused),
        ("base32", "mzxw6ytboi======", refused),
        ("base32", "ab", refused),
        ("base32", "a", refused),
        ("base32", "a1", refused),
        ("base32", "mz xw", refused),
        ("message-id", &id, good),
        ("message-id", &id[..25], refused),
        ("message-id", &format!("{id}a"), refused),
        ("message-id", &id.to_uppercase(), refused),
        ("message-id", &format!("{}7", &id[..25]), refused),
        ("fingerprint", &print, good),
        ("fingerprint", &print[..24], refused),
        ("time", "1970-01-01T00:00:00Z", good),
        ("time", "2026-11-21T07:00:00Z", good),
        ("time", "2024-02-29T23:59:59Z", good),
        ("time", "2000-02-29T00:00:00Z", good),
        ("time", "9999-12-31T23:59:59Z", good),
        ("time", "2023-02-29T00:00:00Z", refused),
        ("time", "2100-02-29T00:00:00Z", refused),
        ("time", "1969-12-31T23:59:59Z", refused),
        ("time", "2026-04-31T00:00:00Z", refused),
        ("time", "2026-13-01T00:00:00Z", refused),
        ("time", "2026-00-01T00:00:00Z", refused),
        ("time", "2026-01-00T00:00:00Z", refused),
        ("time", "2026-11-21T24:00:00Z", refused),
        ("time", "2026-11-21T07:60:00Z", refused),
        ("time", "2026-11-21T23:59:60Z", refused),
        ("time", "2026-11-21t07:00:00z", refused),
        ("time", "2026-11-21 07:00:00Z", refused),
        ("time", "2026-11-21T07:00:00.0Z", refused),
        ("time", "2026-11-21T07:00:00+00:00", refused),
        ("time", "2026-11-21T07:00:00", refused),
        ("time", "+026-11-21T07:00:00Z", refused),
    ];
    for (kind, text, outcome) in table {
        cases.add(&format!("{kind} {text:?}"), json!({ "kind": kind, "text": text }), outcome);
    }
    let readable = "a4dq-obyh-a4dq-obyh-a4dq-obyh";
    for (name, typed) in [
        ("as printed", readable.to_owned()),
        ("upper case with spaces", readable.to_uppercase().replace('-', " ")),
        ("whole", print.clone()),
        ("too short", readable[..24].to_owned()),
        ("another", readable.replace('q', "r")),
        ("whole and more", format!("{print}a")),
        ("empty", String::new()),
    ] {
        let case = json!({ "kind": "fingerprint", "text": print, "typed": typed });
        cases.add(&format!("fingerprint typed {name}"), case, good);
    }
    for length in [0, 1, 2, 3, 7, 8, 9, 10, 17, 100, 1_000, 4_096, 4_097, 27_000, 65_537, 1_000_000, 5 << 20]
    {
        cases.add(&format!("padme {length}"), json!({ "kind": "padme", "length": length }), good);
    }
    for length in [(1 << 30) + 1, (8 << 30) - 1, (1_u64 << 53) - 1] {
        cases.add(&format!("padme {length}"), json!({ "kind": "padme", "length": length }), good);
    }
}
