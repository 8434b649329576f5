//! Every sample of `tests/corpus/mime`, with LF and with CRLF, compared by mail-parser: another reader than ours.

use mail_parser::{Message, MessageParser, PartType};

use super::*;

/// Bytes that stand in samples only as blind copies.
const SECRET: &[u8] = b"secret-";

#[expect(clippy::disallowed_methods, reason = "tests read their samples")]
fn samples() -> Vec<(String, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpus/mime");
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    all.sort();
    assert!(all.len() >= 90, "the corpus is missing");
    let crlf: Vec<_> =
        all.iter().map(|(name, eml)| (format!("{name} (CRLF)"), with_endings(eml, b"\r\n"))).collect();
    all.extend(crlf);
    all
}

/// Flattens what mail-parser decodes: type and content of each leaf.
fn leaves(message: &Message<'_>) -> Vec<(String, Vec<u8>)> {
    let mut out = Vec::new();
    for part in &message.parts {
        let kind = format!("{:?}", part.headers.iter().filter(|h| h.name().len() > 7).count());
        match &part.body {
            PartType::Text(text) | PartType::Html(text) => out.push((kind, text.as_bytes().to_vec())),
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => out.push((kind, bytes.to_vec())),
            PartType::Message(inner) => out.extend(leaves(inner)),
            PartType::Multipart(_) => {}
        }
    }
    out
}

/// Returns the header fields that mail-parser sees, name and bytes, without Bcc.
fn fields(eml: &[u8]) -> Vec<(String, Vec<u8>)> {
    let Some(message) = MessageParser::default().parse(eml) else { return Vec::new() };
    let of = |h: &mail_parser::Header<'_>| {
        (h.name().to_ascii_lowercase(), eml[h.offset_start() as usize..h.offset_end() as usize].to_vec())
    };
    message.headers().iter().map(of).filter(|(name, _)| name != "bcc").collect()
}

fn contents(eml: &[u8]) -> Vec<Vec<u8>> {
    let message = MessageParser::default().parse(eml);
    message.map(|m| leaves(&m).into_iter().map(|(_, content)| content).collect()).unwrap_or_default()
}

/// Drops what is documented as dropped, written without the code under test.
fn without_dropped(name: &str, eml: &[u8]) -> Vec<u8> {
    let mut eml = eml.strip_prefix(b"\xef\xbb\xbf").unwrap_or(eml);
    if eml.starts_with(b"From ") {
        eml = &eml[eml.iter().position(|b| *b == b'\n').unwrap() + 1..];
    }
    if !name.contains("bcc") {
        return eml.to_vec();
    }
    let mut out = Vec::new();
    let mut in_header = true;
    let mut dropping = false;
    for line in eml.split_inclusive(|b| *b == b'\n') {
        in_header &= !matches!(line, b"\n" | b"\r\n");
        if in_header && !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let lower = line.to_ascii_lowercase();
            dropping = lower.starts_with(b"bcc");
        }
        if !(in_header && dropping) {
            out.extend_from_slice(line);
        }
    }
    out
}

#[test]
fn every_sample_comes_back_byte_for_byte() {
    for (name, eml) in samples().iter().filter(|(name, _)| !name.starts_with("refuse-")) {
        let (inner, parts, _) = through(eml, u64::MAX).unwrap_or_else(|e| panic!("{name}: {e:?}"));
        assert!(parts.is_empty());
        let back = restored(&inner, &parts);
        let expected = without_dropped(name, eml);
        assert_eq!(String::from_utf8_lossy(&back), String::from_utf8_lossy(&expected), "{name}");
        assert_eq!(back, expected, "{name}");
        assert!(!inner.as_bytes().windows(SECRET.len()).any(|w| w == SECRET), "{name}: a blind copy leaks");
        // Another reader sees the same fields and contents, in the inner message as in what was restored.
        assert_eq!(fields(&back), fields(&expected), "{name}");
        assert_eq!(contents(&back), contents(eml), "{name}");
        if !name.contains("garbage") && !name.contains("only-semicolon") && !name.contains("no-semicolon") {
            let inner_contents = contents(inner.as_bytes());
            if !contents(eml).is_empty() {
                assert_eq!(inner_contents, contents(eml), "{name}");
            }
        }
        // Nothing of the reading side panics, and every name is safe and given once.
        let _ = (inner.text(), inner.html(), inner.sealed_outer());
        let mut names: Vec<String> = inner.attachments().map(|a| a.name).collect();
        names.extend(inner.external_parts().into_iter().map(|p| p.name));
        for name in &names {
            assert!(
                !name.is_empty()
                    && name.len() < 256
                    && !name.contains(['/', '\\', '\0', '\n', '\r', '\u{202e}'])
            );
            assert!(!name.starts_with('.') && !name.starts_with('-'), "{name}");
        }
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "{name}: {names:?}");
    }
}

#[test]
fn every_sample_keeps_its_contents_when_attachments_travel_apart() {
    let mut seen = 0;
    for (name, eml) in samples().iter().filter(|(name, _)| !name.starts_with("refuse-")) {
        for threshold in [0, 20, 300] {
            let (inner, parts, _) = through(eml, threshold).unwrap_or_else(|e| panic!("{name}: {e:?}"));
            seen += parts.len();
            let external = inner.external_parts();
            assert_eq!(parts.len(), external.len(), "{name}");
            for (part, view) in parts.iter().zip(&external) {
                assert!(part.source.length() > threshold, "{name}");
                assert_eq!((&part.name, &part.media_type), (&view.name, &view.media_type), "{name}");
            }
            let back = restored(&inner, &parts);
            // What travels apart is all there; in the samples nothing hangs on the encoding but its own field.
            assert_eq!(contents(&back), contents(eml), "{name} at {threshold}");
            assert_eq!(fields(&back), fields(&without_dropped(name, eml)), "{name} at {threshold}");
            if name.starts_with("smime") || name.starts_with("pgp") || name.starts_with("nested") {
                assert!(parts.is_empty() && back == *eml, "{name} must stay as it is");
            }
            if !name.starts_with("eight-bit")
                && !name.starts_with("base64-broken")
                && !name.starts_with("file-name")
            {
                assert_eq!(back, without_dropped(name, eml), "{name} at {threshold}");
            }
        }
    }
    assert!(seen > 50, "only {seen} parts travelled apart");
}

#[test]
fn every_bad_sample_is_refused() {
    let all = samples();
    let bad: Vec<_> = all.iter().filter(|(name, _)| name.starts_with("refuse-")).collect();
    assert!(bad.len() >= 50);
    for (name, eml) in bad {
        let error = through(eml, PART_THRESHOLD).err().unwrap_or_else(|| panic!("{name} was taken"));
        assert!(
            matches!(error, DraftError::Header(_) | DraftError::Resent(_) | DraftError::Reserved(_)),
            "{name}: {error:?}"
        );
    }
}

#[test]
fn samples_read_as_people_expect() {
    let all = samples();
    let inner = |wanted: &str| {
        let (name, eml) = all.iter().find(|(name, _)| name == wanted).unwrap();
        through(eml, u64::MAX).unwrap_or_else(|e| panic!("{name}: {e:?}")).0
    };
    assert_eq!(inner("plain").text().unwrap(), "Hello Bob,\n\nAt nine.\n-- \nAlice\n");
    assert_eq!(inner("plain (CRLF)").text().unwrap(), "Hello Bob,\n\nAt nine.\n-- \nAlice\n");
    assert_eq!(inner("latin1-8bit").text().unwrap(), "Grüße aus München\n");
    assert_eq!(inner("latin1-header").subject(), "Grüße");
    assert_eq!(inner("latin1-header").from().name.as_deref(), Some("Jürgen"));
    assert_eq!(inner("windows-1252-undeclared").text().unwrap(), "“quoted” € 5\n");
    assert_eq!(inner("iso-2022-jp").text().unwrap(), "こんにちは世界\n");
    assert_eq!(inner("iso-2022-jp-subject").subject(), "会議のお知らせ");
    assert_eq!(inner("iso-2022-jp-subject").to()[0].name.as_deref(), Some("山田"));
    assert_eq!(inner("koi8-gb18030").text().unwrap(), "Привет\n你好\nÿþý");
    assert_eq!(inner("encoded-word-split-character").subject(), "€ 5 € and =?broken");
    assert_eq!(inner("encoded-word-split-character").from().name.as_deref(), Some("Jürgen Müller"));
    assert_eq!(inner("encoded-word-split-character").to()[0].name.as_deref(), Some("Bob \"the\" Builder"));
    assert_eq!(
        inner("quoted-printable").text().unwrap(),
        "Grüße, a very long line that is broken by a soft line break here and goes on. Trailing space \n== broken =XY \nend"
    );
    assert_eq!(inner("alternative").text().unwrap(), "plain text");
    assert_eq!(inner("alternative").html().unwrap(), "<p>rich <b>text</b></p>");
    assert_eq!(inner("html-only").text().unwrap().trim(), "Eins & zwei");
    assert_eq!(inner("mixed-deep").text().unwrap(), "plain");
    let names = |wanted: &str| inner(wanted).attachments().map(|a| a.name).collect::<Vec<_>>();
    assert_eq!(names("mixed-deep"), ["a.png", "report.pdf"]);
    assert_eq!(names("nested-rfc822"), ["inner mail.eml"]);
    assert_eq!(names("digest"), ["one.eml", "message.eml"]);
    assert_eq!(names("tnef"), ["winmail.dat"]);
    assert_eq!(names("smime-enveloped"), ["smime.p7m"]);
    assert_eq!(names("smime-signed"), ["s.bin", "smime.p7s"]);
    assert_eq!(names("pgp-mime-encrypted"), ["attachment", "encrypted.asc"]);
    assert_eq!(
        names("long-file-name-2231"),
        [
            "A very long file name that had to be continued because nobody reads it otherwise, not even the person who wrote it down in the first place.pdf"
        ]
    );
    assert_eq!(names("file-name-8bit"), ["Rechnung März.bin", "Rechnung März (2).bin"]);
    let nasty = names("file-names-nasty");
    assert_eq!(nasty[..6], ["passwd", "cmd.exe", "_CON.txt", "_.bashrc", "_-rf", "gpj.exe"]);
    assert_eq!(
        nasty[6..12].join("|"),
        "a b.txt|attachment|attachment (2)|report.pdf|REPORT (2).pdf".to_owned() + "|" + &nasty[11]
    );
    assert!(nasty[11].len() <= 200 && nasty[11].ends_with(".docx"));
    assert_eq!(nasty.last().unwrap(), "_nul");
    let nested = inner("nested-rfc822").attachments().next().unwrap();
    assert!(nested.content.starts_with(b"From: carol@example.net\n") && nested.content.ends_with(b"--i--\n"));
    assert!(nested.content.windows(4).any(|w| w == b"Bcc:"), "an attached mail is not ours to edit");
    let coded = inner("nested-rfc822-base64").attachments().next().unwrap();
    assert_eq!(coded.content, b"From: carol@example.net\nSubject: coded\n\nhello\n");
    assert_eq!(inner("content-type-no-semicolon").text().unwrap(), "x\n");
    assert_eq!(inner("boundary-never").text().unwrap(), "no boundary here\n--other\nat all\n");
    assert_eq!(inner("no-separator").text().unwrap(), "This line is no header\nand neither is this one\n");
    assert_eq!(
        inner("boundary-prefix").text().unwrap(),
        "first\nsecond --abc not here\n --abc nor here\n--abcx nor here"
    );
    assert_eq!(inner("international-addresses").to()[1].address.to_string(), "用户@xn--r8jz45g.jp");
    assert_eq!(inner("group-undisclosed").cc().len(), 3);
    assert!(inner("group-undisclosed").to().is_empty());
    let broken = inner("date-and-id-broken");
    assert_eq!(
        (broken.date(), broken.internet_message_id(), broken.in_reply_to()),
        (None, None, Some("<ok@example.org>"))
    );
    assert_eq!(broken.references(), ["<a@b>", "<c@d>", "<e@f>"]);
}
