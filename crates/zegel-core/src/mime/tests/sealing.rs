//! The sealed mail: written, and found again whatever a gateway did to it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

fn container(rest: &[u8]) -> Vec<u8> {
    let mut tar = vec![0u8; 512];
    tar[..11].copy_from_slice(b"parts/0.age");
    tar[257..265].copy_from_slice(b"ustar\x0000");
    tar.extend_from_slice(rest);
    tar
}

fn sealed(tar: &[u8]) -> (Vec<u8>, OuterHeaders, InnerMessage) {
    let eml = b"From: J\xc3\xbcrgen <alice@example.org>\r\nTo: Bob <bob@b\xc3\xbccher.example>, carol@example.org\r\nSubject: secret plan\r\nDate: Sat, 21 Nov 2026 08:00:00 +0100\r\nMessage-ID: <m1@example.org>\r\nX-Secret: yes\r\n\r\nx\r\n";
    let (inner, _, outer) = through(eml, PART_THRESHOLD).unwrap();
    let mut mail = Vec::new();
    let written = write_mail(&outer, &mut &tar[..], &mut mail).unwrap();
    assert_eq!(written, mail.len() as u64);
    (mail, outer, inner)
}

#[test]
fn a_sealed_mail_shows_nothing_and_is_clean() {
    let (mail, outer, inner) = sealed(&container(&Rng(1).bytes(200_000)));
    let text = String::from_utf8(mail.clone()).unwrap();
    assert!(text.is_ascii() && !text.contains("secret plan") && !text.contains("X-Secret"));
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(body.split("\r\n").all(|line| line.len() <= 76));
    assert!(head.split("\r\n").all(|line| line.len() <= 78), "{head}");
    assert_eq!(
        head.split("\r\n").take(6).collect::<Vec<_>>(),
        [
            "From: =?utf-8?B?SsO8cmdlbg==?= <alice@example.org>",
            "To: Bob <bob@xn--bcher-kva.example>, carol@example.org",
            "Subject: Verzegeld bericht / Sealed message",
            "Date: Sat, 21 Nov 2026 07:00:00 +0000",
            "Message-ID: <m1@example.org>",
            "MIME-Version: 1.0",
        ]
    );
    let message = mail_parser::MessageParser::default().parse(&mail).unwrap();
    assert_eq!(message.attachment_count(), 1);
    let found = find_container(&mail).unwrap();
    assert_eq!(found.container, message.attachment(0).unwrap().contents());
    assert_eq!(compare_outer(&inner, &found.outer), []);
    assert_eq!(found.outer.subject.as_deref(), Some("Verzegeld bericht / Sealed message"));
    assert!(!outer.needs_smtputf8());
    let copy = inner.sealed_outer();
    assert_eq!(copy, found.outer, "HP-Outer is what the world saw");
}

#[test]
fn utf8_headers_only_for_addresses_that_need_them() {
    let eml = "From: Jürgen <jürgen@example.org>\nTo: bob@bücher.example\nSubject: Grüße\n\nx\n";
    let (_, _, outer) = through(eml.as_bytes(), PART_THRESHOLD).unwrap();
    assert!(outer.needs_smtputf8());
    let mut mail = Vec::new();
    write_mail(&outer, &mut &b"x"[..], &mut mail).unwrap();
    assert!(
        String::from_utf8(mail)
            .unwrap()
            .starts_with("From: =?utf-8?B?SsO8cmdlbg==?= <jürgen@example.org>\r\n")
    );
}

#[test]
fn gateways_do_not_hide_the_container() {
    let tar = container(b"content that is long enough to fill some lines of base64 and then some more of it");
    let (mail, _, inner) = sealed(&tar);
    let text = String::from_utf8(mail.clone()).unwrap();
    let quoted: String = tar
        .iter()
        .enumerate()
        .map(|(i, b)| format!("={b:02X}{}", if i % 25 == 24 { "=\r\n" } else { "" }))
        .collect();
    let body = "Content-Type: application/vnd.zegel+tar; name=\"message.zegel\"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"message.zegel\"\r\n";
    let changed = [
        text.replace("application/vnd.zegel+tar; name=\"message.zegel\"", "application/octet-stream"),
        text.replace("application/vnd.zegel+tar; name=\"message.zegel\"", "text/plain; charset=utf-8"),
        text.replace("filename=\"message.zegel\"", "filename=\"message.zegel.txt\""),
        text.replace("\r\n", "\n"),
        text.replace(body, ""),
        text.replace("Content-Transfer-Encoding: base64", "Content-Transfer-Encoding: 8bit"),
        text.replace("multipart/mixed", "multipart/x-gateway"),
        format!("{text}\r\n-- \r\nScanned by a gateway\r\n"),
        format!("Received: from a by b\r\nX-Spam: no\r\n{text}"),
        format!("Content-Transfer-Encoding: quoted-printable\r\n\r\n{quoted}"),
    ];
    for mail in &changed {
        assert_ne!(*mail, text);
        assert_eq!(find_container(mail.as_bytes()).unwrap().container, tar, "{mail}");
    }
    let wrapped = format!(
        "From: gateway@example.org\r\nContent-Type: multipart/mixed; boundary=g\r\n\r\n--g\r\n\r\nWARNING: external\r\n--g\r\nContent-Type: message/rfc822\r\n\r\n{text}\r\n--g--\r\n"
    );
    let found = find_container(wrapped.as_bytes()).unwrap();
    assert_eq!((found.container, compare_outer(&inner, &found.outer)), (tar.clone(), vec![]));
    let twice = format!("Content-Type: message/rfc822\r\n\r\n{wrapped}");
    assert_eq!(find_container(twice.as_bytes()), Err(FindError::NotSealed), "two levels are not looked into");
    let coded = format!(
        "Content-Type: multipart/mixed; boundary=g\r\n\r\n--g\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--g--\r\n",
        STANDARD.encode(&text)
    );
    assert_eq!(find_container(coded.as_bytes()).unwrap().container, tar);
}

#[test]
fn none_or_two_containers_are_refused() {
    assert_eq!(find_container(b""), Err(FindError::NotSealed));
    assert_eq!(find_container(b"From: a@b\n\nhello\n"), Err(FindError::NotSealed));
    let (one, two) = (STANDARD.encode(container(b"one")), STANDARD.encode(container(b"two")));
    let mail = |a: &str, b: &str| {
        format!(
            "Content-Type: multipart/mixed; boundary=g\n\n--g\nContent-Transfer-Encoding: base64\n\n{a}\n--g\n\n{b}\n--g--\n"
        )
    };
    assert_eq!(find_container(mail(&one, &two).as_bytes()), Err(FindError::Ambiguous));
    assert_eq!(find_container(mail(&one, &one).as_bytes()).unwrap().container, container(b"one"));
    let mut almost = container(b"x");
    almost[6] = b'1';
    assert!(!is_container(&almost) && !is_container(&container(b"")[..511]) && is_container(&container(b"")));
}

#[test]
fn every_changed_outer_field_is_named() {
    let (mail, _, inner) = sealed(&container(b"x"));
    let text = String::from_utf8(mail).unwrap();
    for (from, to, expected) in [
        ("<alice@example.org>", "<mallory@example.org>", vec![OuterMismatch::From]),
        ("From: ", "From: mallory@example.org, ", vec![OuterMismatch::From]),
        ("From: ", "X-From: ", vec![OuterMismatch::From]),
        (", carol@example.org", "", vec![OuterMismatch::To]),
        ("MIME-Version", "Cc: eve@example.org\r\nMIME-Version", vec![OuterMismatch::Cc]),
        ("21 Nov", "22 Nov", vec![OuterMismatch::Date]),
        ("<m1@", "<m2@", vec![OuterMismatch::MessageId]),
        ("Subject: Verz", "Subject: [EXTERN] Verz", vec![]),
        ("To: Bob", "To: Robert", vec![]),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        assert_eq!(
            compare_outer(&inner, &find_container(changed.as_bytes()).unwrap().outer),
            expected,
            "{from}"
        );
    }
}

#[test]
fn a_sealed_mail_is_no_draft_but_may_be_attached_to_one() {
    let tar = container(b"ciphertext");
    let (mail, _, _) = sealed(&tar);
    let text = String::from_utf8(mail.clone()).unwrap();
    let base64 = STANDARD.encode(&tar);
    let lone = format!(
        "From: a@example.org\r\nTo: b@example.org\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n{base64}\r\n"
    );
    let as_text = text.replace("application/vnd.zegel+tar; name=\"message.zegel\"", "text/plain");
    let received = format!("Received: by mail.example.org; Sat, 21 Nov 2026 08:00:00 +0000\r\n{text}");
    for refused in [mail.as_slice(), lone.as_bytes(), as_text.as_bytes(), received.as_bytes(), &tar] {
        for eol in ["\r\n", "\n"] {
            let eml: Vec<u8> = match (std::str::from_utf8(refused), eol) {
                (Ok(text), "\n") if !text.contains('\0') => text.replace("\r\n", "\n").into_bytes(),
                _ => refused.to_vec(),
            };
            let outcome = Draft::parse(&eml, &DraftOptions::default());
            assert!(matches!(outcome, Err(DraftError::Sealed)), "{:?}", String::from_utf8_lossy(&eml));
        }
    }
    let around = |text: &str, part: &str| {
        format!(
            "From: a@example.org\r\nTo: b@example.org\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n\r\n{text}\r\n--o\r\n{part}\r\n--o--\r\n"
        )
    };
    let file = format!(
        "Content-Type: application/octet-stream; name=message.zegel\r\nContent-Transfer-Encoding: base64\r\n\r\n{base64}"
    );
    let message = format!("Content-Type: message/rfc822\r\n\r\n{text}");
    for fine in [
        around("Please keep this for me.", &file),
        around("", &file),
        around("> Deze e-mail is verzegeld: alleen de ontvanger kan hem lezen.", &file),
        around("This came to me:", &message),
        around("", &message),
    ] {
        let outcome = Draft::parse(fine.as_bytes(), &DraftOptions::default());
        assert!(outcome.is_ok(), "{outcome:?} {fine}");
    }
}
