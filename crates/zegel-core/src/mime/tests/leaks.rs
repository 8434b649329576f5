//! Blind copies and header injection.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

/// Asserts that no form of the address stands in what others get.
fn assert_absent(what: &str, bytes: &[u8], address: &str) {
    let lower = bytes.to_ascii_lowercase();
    let local = address.split('@').next().unwrap();
    let mut forms = vec![
        address.as_bytes().to_vec(),
        local.as_bytes().to_vec(),
        address.replace('@', "=40").into_bytes(),
    ];
    // Base64 of a text stands in three shapes, by its position.
    for shift in 0..3 {
        let mut text = vec![b'x'; shift];
        text.extend_from_slice(local.as_bytes());
        let coded = STANDARD.encode(&text).to_ascii_lowercase();
        forms.push(coded.as_bytes()[4..coded.len() - 4].to_vec());
    }
    for form in forms {
        assert!(!lower.windows(form.len()).any(|w| w == form), "{what}: {}", String::from_utf8_lossy(&form));
    }
}

#[test]
fn no_blind_copy_in_anything_that_is_written() {
    let hidden = ["hidden.person@secret.example", "verborgen-persoon@secret.example"];
    let fields = [
        "Bcc: hidden.person@secret.example, verborgen-persoon@secret.example",
        "BCC:hidden.person@secret.example\nbcc: verborgen-persoon@secret.example",
        "bCc  \t: \"Hidden\" <hidden.person@secret.example>,\n verborgen-persoon@secret.example",
        "Bcc: =?utf-8?B?aGlkZGVuLnBlcnNvbg==?= <hidden.person@secret.example>,\n\n".trim_end(),
        "Bcc: hidden.person@secret.example\nBCC: group: verborgen-persoon@secret.example;",
        "Bcc: Hidden <Hidden.Person@SECRET.example> (verborgen-persoon)",
    ];
    for field in fields {
        for place in ["", "X-After: yes\n"] {
            for eol in [&b"\n"[..], b"\r\n"] {
                let text = format!(
                    "From: alice@example.org\nTo: bob@example.org\n{field}\n{place}Subject: Hi\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n--b\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\nAAECAwQF\n--b--\n"
                );
                let eml = with_endings(text.as_bytes(), eol);
                let draft = Draft::parse(&eml, &options(3)).unwrap();
                assert!(!draft.bcc().is_empty());
                let outer = OuterHeaders::make(&draft, &outer_options()).unwrap();
                let body = protect(&draft, &outer).unwrap();
                let mut mail = Vec::new();
                write_mail(&outer, &mut body.as_slice(), &mut mail).unwrap();
                for address in hidden {
                    assert_absent("inner", &body, address);
                    assert_absent("outer", &mail, address);
                    assert_absent("debug", format!("{draft:?} {:?}", draft.parts()).as_bytes(), address);
                }
                assert!(!body.to_ascii_lowercase().windows(4).any(|w| w == b"bcc:"));
                let parts = draft.into_parts();
                let back = restored(&InnerMessage::parse(body).unwrap(), &parts);
                hidden.iter().for_each(|address| assert_absent("restored", &back, address));
            }
        }
    }
}

#[test]
fn composed_blind_copies_stand_nowhere() {
    let mailbox = |a: &str| Mailbox { address: a.parse().unwrap(), name: Some("N".into()) };
    let compose = Compose {
        from: mailbox("alice@example.org"),
        to: vec![mailbox("bob@example.org")],
        cc: vec![],
        bcc: vec![mailbox("hidden.person@secret.example")],
        subject: "Hi".into(),
        text: Some("text".into()),
        html: None,
        attachments: vec![],
        in_reply_to: None,
    };
    let draft = Draft::compose(compose, PART_THRESHOLD).unwrap();
    assert_eq!(draft.bcc().len(), 1);
    let outer = OuterHeaders::make(&draft, &outer_options()).unwrap();
    let body = protect(&draft, &outer).unwrap();
    assert_absent("inner", &body, "hidden.person@secret.example");
}

#[test]
fn no_name_or_subject_injects_a_header() {
    let evil = "x\r\nBcc: eve@example.net\r\n\r\nbody\nBcc: eve@example.net\rX: y\u{85}\u{2028}Z\0";
    let coded = format!("=?utf-8?B?{}?=", STANDARD.encode(evil));
    let eml = format!(
        "From: {coded} <alice@example.org>\nTo: \"{coded}\" <bob@example.org>\nCc: ({coded}) carol@example.org\nSubject: {coded}\nMessage-ID: <a@b>\nAuto-Submitted: auto-generated{coded}\nReferences: <a@b>\n\t<c@d\r>\nIn-Reply-To: <x@y>\n\nx\n"
    );
    let mut subjects = outer_options();
    subjects.subject = evil.into();
    let draft = Draft::parse(eml.as_bytes(), &options(PART_THRESHOLD)).unwrap();
    let outer = OuterHeaders::make(&draft, &subjects).unwrap();
    let mut mail = Vec::new();
    write_mail(&outer, &mut &b"x"[..], &mut mail).unwrap();
    let head = String::from_utf8(mail).unwrap();
    let head = head.split("\r\n\r\n").next().unwrap();
    let names: Vec<&str> =
        head.split("\r\n").filter(|l| !l.starts_with(' ')).map(|l| l.split(':').next().unwrap()).collect();
    assert_eq!(
        names,
        [
            "From",
            "To",
            "Cc",
            "Subject",
            "Date",
            "Message-ID",
            "In-Reply-To",
            "References",
            "Auto-Submitted",
            "MIME-Version",
            "Content-Type"
        ]
    );
    assert!(head.is_ascii() && !head.replace("\r\n", "").contains(['\r', '\n', '\0']));

    let mailbox = |a: &str| Mailbox { address: a.parse().unwrap(), name: Some(evil.into()) };
    let compose = Compose {
        from: mailbox("alice@example.org"),
        to: vec![mailbox("bob@example.org")],
        cc: vec![],
        bcc: vec![],
        subject: evil.into(),
        text: Some("text".into()),
        html: Some("<p>".into()),
        attachments: vec![Attachment {
            name: evil.into(),
            media_type: evil.into(),
            source: Box::new(vec![1u8]),
        }],
        in_reply_to: None,
    };
    let draft = Draft::compose(compose, PART_THRESHOLD).unwrap();
    let outer = OuterHeaders::make(&draft, &outer_options()).unwrap();
    let inner = InnerMessage::parse(protect(&draft, &outer).unwrap()).unwrap();
    assert_eq!(inner.subject(), "x Bcc: eve@example.net body Bcc: eve@example.net X: y Z");
    let head = String::from_utf8_lossy(inner.as_bytes()).into_owned();
    assert!(!head.to_ascii_lowercase().contains("\nbcc:"));
    let mut wrong = outer_options();
    wrong.message_id = "<a@b>\r\nBcc: eve@example.net".into();
    assert!(matches!(OuterHeaders::make(&draft, &wrong), Err(DraftError::MessageId(_))));
}
