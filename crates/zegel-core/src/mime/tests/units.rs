//! Recipients, composing, the top block, restoring.

use super::*;
use crate::address::Address;

const SIMPLE: &str =
    "From: Alice <alice@example.org>\nTo: Bob <bob@example.org>\nBcc: dave@example.org\nSubject: Hi\n\nx\n";

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

#[test]
fn recipients_come_from_headers_arguments_or_both() {
    let parse = |recipients| {
        let options = DraftOptions { recipients, ..DraftOptions::default() };
        Draft::parse(SIMPLE.as_bytes(), &options)
            .map(|d| d.bcc().iter().map(|m| m.address.to_string()).collect::<Vec<_>>())
    };
    assert_eq!(parse(RecipientSource::Headers).unwrap(), ["dave@example.org"]);
    let and = vec![address("eve@example.org"), address("BOB@example.org"), address("eve@example.org")];
    assert_eq!(parse(RecipientSource::HeadersAnd(and)).unwrap(), ["dave@example.org", "eve@example.org"]);
    let all = vec![address("bob@example.org"), address("dave@example.org"), address("eve@example.org")];
    assert_eq!(parse(RecipientSource::Only(all)).unwrap(), ["dave@example.org", "eve@example.org"]);
    for few in [vec![address("bob@example.org")], vec![address("dave@example.org")], vec![]] {
        assert!(matches!(parse(RecipientSource::Only(few)), Err(DraftError::Unlisted(_))));
    }
}

#[test]
fn a_missing_sender_is_added_or_refused() {
    let eml = b"To: bob@example.org\nSubject: cron\n\nout\n";
    assert!(matches!(Draft::parse(eml, &DraftOptions::default()), Err(DraftError::NoFrom)));
    let (inner, _, _) = through(eml, PART_THRESHOLD).unwrap();
    assert_eq!(inner.from().to_string(), "Alice <alice@example.org>");
    assert_eq!(inner.internet_message_id(), Some("<given@example.org>"));
    assert_eq!(
        String::from_utf8_lossy(inner.as_bytes()),
        "From: Alice <alice@example.org>\nDate: Sat, 21 Nov 2026 07:00:00 +0000\nMessage-ID: <given@example.org>\n\
         MIME-Version: 1.0\nContent-Type: text/plain; hp=\"cipher\"\n\
         HP-Outer: From: Alice <alice@example.org>\nHP-Outer: To: bob@example.org\n\
         HP-Outer: Subject: Verzegeld bericht / Sealed message\nHP-Outer: Date: Sat, 21 Nov 2026 07:00:00 +0000\n\
         HP-Outer: Message-ID: <given@example.org>\nTo: bob@example.org\nSubject: cron\n\nout\n"
    );
    let mut complete = Vec::new();
    inner.restore_complete(&mut |_| unreachable!(), &mut complete).unwrap();
    assert_eq!(
        String::from_utf8_lossy(&complete),
        "From: Alice <alice@example.org>\nDate: Sat, 21 Nov 2026 07:00:00 +0000\nMessage-ID: <given@example.org>\n\
         To: bob@example.org\nSubject: cron\n\nout\n"
    );
}

#[test]
fn an_inner_message_of_another_shape_is_refused() {
    let (inner, _, _) = through(SIMPLE.as_bytes(), PART_THRESHOLD).unwrap();
    let good = String::from_utf8(inner.into_bytes()).unwrap();
    assert!(InnerMessage::parse(good.clone().into_bytes()).is_ok());
    let bad = [
        SIMPLE.to_owned(),
        good.replace("hp=\"cipher\"", "hp=\"clear\""),
        good.replace("; hp=\"cipher\"", ""),
        good.replace("; hp=\"cipher\"", "; hp=\"cipher\"; hp=\"cipher\""),
        good.replace("HP-Outer: ", "X-Outer: "),
        good.replace("Subject: Hi", "Subject: Hi\nHP-Outer: Subject: late"),
        good.replace("Subject: Hi", "Subject: Hi\nSubject: Ho"),
        good.replace("To: Bob", "Cc: a@example.org\nCc: b@example.org\nTo: Bob"),
        good.replace("Subject: Hi", "From: mallory@example.org\nSubject: Hi"),
        good.replace(
            "\nFrom: Alice <alice@example.org>",
            "\nFrom: Alice <alice@example.org>, mallory@example.org",
        ),
        good.replace("\nFrom: Alice <alice@example.org>", "\nX-From: Alice <alice@example.org>"),
        good.replace("\nFrom: Alice <alice@example.org>", "\nFrom: g: alice@example.org;"),
        good.replace("Subject: Hi", "Subject: Hi\rFrom: mallory@example.org"),
        good.replace("Subject: Hi", "junk\nFrom: mallory@example.org"),
        good.replace("To: Bob <bob@example.org>\nSubject", "To: Bob\nSubject"),
        format!("X-First: yes\n{good}"),
        format!("Subject: yes\n{}", good.replace("\nSubject: Hi", "")),
    ];
    for text in bad {
        assert_ne!(text, good);
        assert!(InnerMessage::parse(text.clone().into_bytes()).is_err(), "{text}");
    }
}

#[test]
fn stubs_must_be_numbered_in_order() {
    let part = |n: &str| {
        format!(
            "--b\nContent-Type: message/external-body; access-type=x-zegel-part; index={n}\n\nContent-Type: image/png\n\n\n"
        )
    };
    let message = |numbers: &[&str]| {
        let parts: String = numbers.iter().map(|n| part(n)).collect();
        format!(
            "HP-Outer: From: a@b.c\nHP-Outer: Subject: x\nHP-Outer: Date: x\nHP-Outer: Message-ID: <a@b>\nFrom: a@b.c\nContent-Type: multipart/mixed; hp=\"cipher\"; boundary=b\n\n{parts}--b--\n"
        )
    };
    let parse = |numbers: &[&str]| InnerMessage::parse(message(numbers).into_bytes());
    assert_eq!(parse(&["1", "2", "3"]).unwrap().external_parts().len(), 3);
    for bad in [
        &["2"][..],
        &["0"],
        &["1", "1"],
        &["2", "1"],
        &["01"],
        &["+1"],
        &["1", "3"],
        &["x"],
        &["4294967297"],
        &[""],
    ] {
        assert!(matches!(parse(bad), Err(InnerError::Parts)), "{bad:?}");
    }
}

fn compose(text: Option<&str>, html: Option<&str>, attachments: Vec<Attachment>) -> Compose {
    let mailbox = |a: &str, n: &str| Mailbox { address: address(a), name: Some(n.into()) };
    Compose {
        from: mailbox("alice@example.org", "Alice (at \"home\")"),
        to: vec![mailbox("bob@example.org", "Müller, Bob"), address("carol@example.org").into()],
        cc: vec![mailbox("dave@example.org", &"very long name ".repeat(10))],
        bcc: vec![],
        subject: "Prüfung: ein sehr langer Betreff, der über mehr als eine Zeile geht, weil er so lang ist"
            .into(),
        text: text.map(str::to_owned),
        html: html.map(str::to_owned),
        attachments,
        in_reply_to: Some("<q@example.org>".into()),
    }
}

#[test]
fn composed_messages_read_back() {
    let big = Rng(7).bytes(5_000);
    let file = |name: &str, media_type: &str, content: &[u8]| Attachment {
        name: name.into(),
        media_type: media_type.into(),
        source: Box::new(content.to_vec()),
    };
    let long_name = format!("{} é.pdf", "a very long name ".repeat(6).trim());
    let files = vec![
        file("a.txt", "text/plain", b"file\r\ntext\n"),
        file(&long_name, "application/pdf", &big),
        file("b%'*\".bin", "message/rfc822", b"From: x\n\n"),
        file("", "nonsense", b""),
        file("big.png", "image/png", &big),
    ];
    let request = compose(Some("Grüße\nline\r\nend"), Some("<p>Grüße</p>"), files);
    let draft = Draft::compose(request, 1_000).unwrap();
    assert_eq!(
        draft.parts().iter().map(|p| p.name.as_str()).collect::<Vec<_>>(),
        [long_name.as_str(), "big.png"]
    );
    let outer = OuterHeaders::make(&draft, &outer_options()).unwrap();
    let inner = InnerMessage::parse(protect(&draft, &outer).unwrap()).unwrap();
    assert_eq!(
        inner.subject(),
        "Prüfung: ein sehr langer Betreff, der über mehr als eine Zeile geht, weil er so lang ist"
    );
    assert_eq!(inner.from().name.as_deref(), Some("Alice (at \"home\")"));
    assert_eq!(inner.to()[0].name.as_deref(), Some("Müller, Bob"));
    assert_eq!(inner.cc()[0].name.as_deref(), Some("very long name ".repeat(10).trim()));
    assert_eq!(inner.text().unwrap(), "Grüße\nline\nend");
    assert_eq!(inner.html().unwrap(), "<p>Grüße</p>");
    assert_eq!(inner.in_reply_to(), Some("<q@example.org>"));
    let shown: Vec<_> = inner.attachments().map(|a| (a.name, a.media_type, a.content)).collect();
    let of = |name: &str, kind: &str, content: &[u8]| (name.to_owned(), kind.to_owned(), content.to_vec());
    assert_eq!(
        shown,
        [
            of("a.txt", "text/plain", b"file\r\ntext\n"),
            of("b%'__.bin", "application/octet-stream", b"From: x\n\n"),
            of("attachment", "application/octet-stream", b""),
        ]
    );
    let parts = draft.into_parts();
    let back = restored(&inner, &parts);
    let other = mail_parser::MessageParser::default().parse(&back).unwrap();
    assert_eq!(other.attachments().map(|a| a.contents().to_vec()).collect::<Vec<_>>()[1], big);
    let again = through(&back, u64::MAX).unwrap().0;
    let contents: Vec<_> = again.attachments().map(|a| a.content).collect();
    assert_eq!(contents, [b"file\r\ntext\n".to_vec(), big.clone(), b"From: x\n\n".to_vec(), vec![], big]);
}

#[test]
fn names_of_attachments_come_back_whatever_their_length() {
    for letter in ["é", "漢", "👩"] {
        for shift in 0..12 {
            let name = format!("{}{} x.pdf", "a".repeat(shift), letter.repeat(40));
            let file = Attachment {
                name: name.clone(),
                media_type: "application/pdf".into(),
                source: Box::new(b"x".to_vec()),
            };
            let draft = Draft::compose(compose(Some("x"), None, vec![file]), 1_000).unwrap();
            let outer = OuterHeaders::make(&draft, &outer_options()).unwrap();
            let inner = InnerMessage::parse(protect(&draft, &outer).unwrap()).unwrap();
            let names: Vec<String> = inner.attachments().map(|attachment| attachment.name).collect();
            assert_eq!(names, [name]);
        }
    }
}

#[test]
fn composed_text_of_any_kind_survives() {
    for text in [
        "",
        "one",
        "a\rb",
        "nul\0",
        &"long ".repeat(1_000),
        "=_part_\n--=_part_x--",
        ".\n..\n",
        "ünïcode\n\n",
    ] {
        let draft = Draft::compose(compose(Some(text), None, vec![]), 1_000).unwrap();
        let outer = OuterHeaders::make(&draft, &outer_options()).unwrap();
        let inner = InnerMessage::parse(protect(&draft, &outer).unwrap()).unwrap();
        assert_eq!(inner.text().unwrap(), text);
    }
}

#[test]
fn a_file_that_changes_is_noticed() {
    struct Liar(u64);
    impl Source for Liar {
        fn length(&self) -> u64 {
            self.0
        }
        fn open(&self) -> io::Result<Box<dyn Read + '_>> {
            Ok(Box::new(&b"12345"[..]))
        }
    }
    for length in [4, 6] {
        let file = Attachment { name: "a".into(), media_type: "a/b".into(), source: Box::new(Liar(length)) };
        let error = Draft::compose(compose(None, None, vec![file]), 1_000).unwrap_err();
        assert!(matches!(error, DraftError::Attachment { .. }));
    }
}

#[test]
fn references_are_trimmed_and_automatic_mail_stays_marked() {
    let ids: Vec<String> = (0..60).map(|i| format!("<{i}@example.org>")).collect();
    let eml = format!(
        "From: a@example.org\nReferences: {}\nAuto-Submitted: Auto-Replied; x=y\n\nx\n",
        ids.join("\n ")
    );
    let (_, _, outer) = through(eml.as_bytes(), PART_THRESHOLD).unwrap();
    let mut mail = Vec::new();
    write_mail(&outer, &mut &b"x"[..], &mut mail).unwrap();
    let text = String::from_utf8(mail).unwrap().replace("\r\n ", " ");
    let line = text.lines().find(|l| l.starts_with("References: ")).unwrap();
    assert_eq!(line, format!("References: {} {}", ids[0], ids[41..].join(" ")));
    assert!(text.contains("\r\nAuto-Submitted: auto-replied\r\n"));
}

#[test]
fn one_ill_id_does_not_reach_the_outer_header() {
    for bad in [
        "<a b@c>",
        "a@b",
        "<a@b> <c@d>",
        "<a>",
        "<a@b@c>",
        "<ü@b>",
        "<\"a\"@b>",
        &format!("<{}@b>", "a".repeat(250)),
    ] {
        let eml = format!("From: a@example.org\nMessage-ID: {bad}\nDate: 31 Foo 2026\n\nx\n");
        let (inner, _, outer) = through(eml.as_bytes(), PART_THRESHOLD).unwrap();
        assert_eq!(outer.message_id(), "<given@example.org>", "{bad}");
        assert_eq!(outer.date(), Timestamp::from_unix(1_795_244_400));
        let copy = inner.sealed_outer();
        assert_eq!(compare_outer(&inner, &copy), [], "the sealed copy stands in for what is not well formed");
    }
}
