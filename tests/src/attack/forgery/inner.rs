//! The mail inside says something else than what was signed, or says it twice. Alice signs all of it: only the reader's
//! comparison of mail and manifest can refuse.

use super::Start::Alice;
use super::{Attack, Case, Expect, FORGED, INNER, case};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = senders();
    cases.extend(fields());
    cases.extend(shapes());
    cases.extend(honest());
    cases
}

const FROM: &str = "\r\nFrom: alice@example.org\r\n";
const SUBJECT: &str = "\r\nSubject: Plans for spring\r\n";

fn from(attack: &mut Attack, field: &str) {
    attack.spec.edit_body(FROM, &format!("\r\n{field}\r\n"));
}

fn senders() -> Vec<Case> {
    vec![
        case("From is somebody else", Alice, FORGED, |_, a| from(a, "From: carol@example.com")),
        case("From is somebody else with the signer's address as name", Alice, FORGED, |_, a| {
            from(a, "From: \"alice@example.org\" <carol@example.com>");
        }),
        case("two From fields", Alice, INNER, |_, a| {
            from(a, "From: alice@example.org\r\nFrom: boss@example.org");
        }),
        case("two From fields, the signer second", Alice, INNER, |_, a| {
            from(a, "From: boss@example.org\r\nFrom: alice@example.org");
        }),
        case("two From fields, one in capitals and with a space", Alice, INNER, |_, a| {
            from(a, "From: alice@example.org\r\nFROM : boss@example.org");
        }),
        case("From with two mailboxes", Alice, INNER, |_, a| {
            from(a, "From: alice@example.org, boss@example.org")
        }),
        case("From with two mailboxes and no comma", Alice, INNER, |_, a| {
            from(a, "From: <boss@example.org> <alice@example.org>");
        }),
        case("From with an address before the brackets", Alice, INNER, |_, a| {
            from(a, "From: boss@example.org <alice@example.org>");
        }),
        case("From is a group", Alice, INNER, |_, a| from(a, "From: Board: alice@example.org;")),
        case("From is an empty group", Alice, INNER, |_, a| from(a, "From: Board:;")),
        case("no From", Alice, INNER, |_, a| from(a, "X-From: alice@example.org")),
        case("an empty From", Alice, INNER, |_, a| from(a, "From: ")),
        case("From with a Cyrillic letter", Alice, FORGED, |_, a| from(a, "From: \u{430}lice@example.org")),
        case("From with a look-alike domain", Alice, FORGED, |_, a| {
            from(a, "From: alice@ex\u{430}mple.org");
        }),
        case("From with a look-alike domain as A-label", Alice, FORGED, |_, a| {
            from(a, "From: alice@xn--exmple-4nf.org");
        }),
        case("From with an invisible character", Alice, INNER, |_, a| {
            from(a, "From: alice\u{200b}@example.org");
        }),
        case("From with a direction character", Alice, INNER, |_, a| {
            from(a, "From: \u{202e}ecila@example.org");
        }),
        case("From with a subdomain", Alice, FORGED, |_, a| from(a, "From: alice@example.org.example.com")),
        case("From with a tag", Alice, FORGED, |_, a| from(a, "From: alice+boss@example.org")),
        case("From with a NUL", Alice, INNER, |_, a| from(a, "From: boss@example.org\0 <alice@example.org>")),
        case("From in an encoded word", Alice, INNER, |_, a| {
            from(a, "From: =?utf-8?q?boss=40example=2Eorg?=");
        }),
        case("a From hidden behind a bare CR", Alice, INNER, |_, a| {
            from(a, "From: alice@example.org\r\nX-Note: a\rFrom: boss@example.org");
        }),
        case("a From in a name with odd characters", Alice, INNER, |_, a| {
            from(a, "From: alice@example.org\r\nX-Note: a\r\nFrom\u{a0}: boss@example.org");
        }),
        case("two Sender fields", Alice, INNER, |_, a| {
            from(a, "From: alice@example.org\r\nSender: a@example.org\r\nSender: b@example.org");
        }),
    ]
}

fn fields() -> Vec<Case> {
    vec![
        case("another subject", Alice, FORGED, |_, a| {
            a.spec.edit_body(SUBJECT, "\r\nSubject: Pay today\r\n")
        }),
        case("two subjects", Alice, INNER, |_, a| {
            a.spec.edit_body(SUBJECT, "\r\nSubject: Plans for spring\r\nSubject: Pay today\r\n");
        }),
        case("no subject", Alice, FORGED, |_, a| a.spec.edit_body(SUBJECT, "\r\n")),
        case("a subject with an invisible character", Alice, FORGED, |_, a| {
            a.spec.manifest["subject"] = "Plans\u{200b} for spring".into();
        }),
        case("another date", Alice, FORGED, |_, a| {
            a.spec.edit_body("Date: Sat, 21 Nov 2026", "Date: Sun, 22 Nov 2026");
        }),
        case("two dates", Alice, INNER, |_, a| {
            a.spec.edit_body(SUBJECT, &format!("{SUBJECT}Date: Sat, 21 Nov 2026 07:00:00 +0000\r\n"));
        }),
        case("another person in To", Alice, FORGED, |_, a| {
            a.spec.edit_body("\r\nTo: bob@example.net", "\r\nTo: dave@example.net");
        }),
        case("one more person in To", Alice, FORGED, |_, a| {
            a.spec.edit_body("\r\nTo: bob@example.net", "\r\nTo: dave@example.net, bob@example.net");
        }),
        case("one person fewer in To", Alice, FORGED, |_, a| {
            a.spec.manifest["to"] =
                serde_json::json!(["bob@example.net", "eve@example.com", "dave@example.net"]);
        }),
        case("something in To that is no address", Alice, INNER, |_, a| {
            a.spec.edit_body("\r\nTo: bob@example.net", "\r\nTo: everybody, bob@example.net");
        }),
        case("two To fields", Alice, INNER, |_, a| {
            a.spec.edit_body(SUBJECT, &format!("{SUBJECT}To: bob@example.net\r\n"));
        }),
        case("another person in Cc", Alice, FORGED, |_, a| {
            a.spec.edit_body("\r\nCc: carol@example.com", "\r\nCc: dave@example.net");
        }),
        case("no Cc", Alice, FORGED, |_, a| a.spec.edit_body("\r\nCc: carol@example.com", "")),
        case("an answer to a message that was not signed", Alice, FORGED, |_, a| {
            a.spec.edit_body(SUBJECT, &format!("{SUBJECT}In-Reply-To: <1@example.org>\r\n"));
        }),
        case("two types of content", Alice, INNER, |_, a| {
            a.spec.edit_body(SUBJECT, &format!("{SUBJECT}Content-Type: text/html\r\n"));
        }),
        case("two message ids", Alice, INNER, |_, a| {
            a.spec.edit_body(
                SUBJECT,
                &format!("{SUBJECT}Message-ID: <1@example.org>\r\nMessage-ID: <2@example.org>\r\n"),
            );
        }),
    ]
}

fn shapes() -> Vec<Case> {
    vec![
        case("not marked as protected", Alice, INNER, |_, a| a.spec.edit_body("; hp=\"cipher\"", "")),
        case("marked as signed only", Alice, INNER, |_, a| a.spec.edit_body("hp=\"cipher\"", "hp=\"clear\"")),
        case("marked twice", Alice, INNER, |_, a| {
            a.spec.edit_body("; hp=\"cipher\"", "; hp=\"cipher\"; hp=\"clear\"");
        }),
        case("without the copy of the outer header", Alice, INNER, |_, a| {
            let body = String::from_utf8(a.spec.parts[0].plain.clone()).unwrap();
            let kept: Vec<&str> = body
                .split("\r\n")
                .scan(false, |skipping, line| {
                    *skipping = line.starts_with("HP-Outer") || (*skipping && line.starts_with(' '));
                    Some((!*skipping).then_some(line))
                })
                .flatten()
                .collect();
            a.spec.parts[0].plain = kept.join("\r\n").into_bytes();
            a.spec.agree();
        }),
        case("a copy of an outer field further down", Alice, INNER, |_, a| {
            a.spec.edit_body(SUBJECT, &format!("{SUBJECT}HP-Outer: Subject: x\r\n"));
        }),
        case("a stub taken out", Alice, FORGED, |_, a| {
            a.spec.edit_body("access-type=x-zegel-part; index=2", "access-type=local-file; index=2");
        }),
        case("two stubs of one part", Alice, INNER, |_, a| {
            a.spec.edit_body("access-type=x-zegel-part; index=2", "access-type=x-zegel-part; index=1");
        }),
        case("stubs in another order", Alice, INNER, |_, a| {
            a.spec.edit_body("x-zegel-part; index=1", "x-zegel-part; index=3");
        }),
        case("a stub of another name", Alice, FORGED, |_, a| a.spec.edit_body("second.bin", "secondly.exe")),
        case("a stub of another type", Alice, FORGED, |_, a| {
            a.spec.edit_body(
                "index=1\r\n\r\nContent-Type: application/octet-stream",
                "index=1\r\n\r\nContent-Type: text/html",
            );
        }),
        case("the body is no mail", Alice, INNER, |_, a| {
            a.spec.parts[0].plain = b"SECRET-PLAINTEXT".to_vec();
            a.spec.agree();
        }),
        case("the body is empty", Alice, INNER, |_, a| {
            a.spec.parts[0].plain.clear();
            a.spec.agree();
        }),
    ]
}

/// Decorations that a sender may choose freely: the message is Alice's, and what is shown as verified is her address.
fn honest() -> Vec<Case> {
    let only_alice: fn(&zegel_core::message::Opened<super::DiskFile>) -> bool = |opened| {
        let from = opened.inner.from();
        let name = from.name.as_deref().unwrap_or_default();
        from.address.to_string() == "alice@example.org"
            && opened.sender.address == from.address
            && opened.manifest.sender.address == from.address
            && !name.chars().any(|c| c.is_control() || zegel_core::address::is_invisible(c))
    };
    vec![
        case("a name that is another's address", Alice, Expect::Shows(only_alice), |_, a| {
            from(a, "From: \"boss@example.org\" <alice@example.org>");
        }),
        case("a name with the words of a badge", Alice, Expect::Shows(only_alice), |_, a| {
            from(a, "From: \"Boss (verified sender)\" <alice@example.org>");
        }),
        case("a name turned with a direction character", Alice, Expect::Shows(only_alice), |_, a| {
            from(a, "From: \"ssob\u{202e}gro.elpmaxe@\" <alice@example.org>");
        }),
        case("a name with a line feed in an encoded word", Alice, Expect::Shows(only_alice), |_, a| {
            from(a, "From: =?utf-8?b?Qm9zcw0KRnJvbTogYm9zc0BleGFtcGxlLm9yZw==?= <alice@example.org>");
        }),
        case("a Sender who is somebody else", Alice, Expect::Shows(only_alice), |_, a| {
            from(a, "From: alice@example.org\r\nSender: boss@example.org");
        }),
        case("a From in a forwarded mail inside", Alice, Expect::Shows(only_alice), |_, a| {
            a.spec.edit_body("See the attachments.", "From: boss@example.org\r\n\r\nSee the attachments.");
        }),
        case(
            "the From in other case",
            Alice,
            Expect::Shows(|o| o.inner.from().address == o.sender.address),
            |_, a| {
                from(a, "From: ALICE@EXAMPLE.ORG");
            },
        ),
    ]
}
