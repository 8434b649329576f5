//! Three hundred random messages: whatever goes in comes out, as one message or in parts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

struct Made {
    eml: Vec<u8>,
    /// Contents of the attachments, in order.
    contents: Vec<Vec<u8>>,
}

fn base64_lines(content: &[u8], width: usize, eol: &str) -> String {
    let text = STANDARD.encode(content);
    let lines: Vec<&str> = text.as_bytes().chunks(width).map(|c| std::str::from_utf8(c).unwrap()).collect();
    lines.join(eol)
}

fn entity(rng: &mut Rng, depth: usize, eol: &str, made: &mut Vec<Vec<u8>>) -> Vec<u8> {
    let mut out = Vec::new();
    let noise = [
        "X-Noise: a",
        "Content-Description: =?utf-8?q?=C3=A9?=",
        "X-Folded: a\u{1}\t b",
        "content-ID: <a@b>",
    ];
    for _ in 0..rng.below(3) {
        out.extend_from_slice(format!("{}{eol}", rng.pick(&noise)).as_bytes());
    }
    let kinds = if depth < 5 { 6 } else { 4 };
    match if depth == 0 && rng.below(5) > 0 { 5 } else { rng.below(kinds) } {
        0 => {
            let kind = rng.pick(&[
                "text/plain",
                "TEXT/html; charset=latin1",
                "text/plain; charset=\"utf-8\"; format=flowed",
            ]);
            let text = rng.pick(&[
                "",
                "hello",
                "-- \nsig",
                "Grüße\n\n\nend",
                "From me\n.\n..\n",
                "--not a boundary",
            ]);
            let text = text.replace('\n', eol);
            out.extend_from_slice(format!("Content-Type: {kind}{eol}{eol}{text}").as_bytes());
        }
        1..=3 => {
            let most = 1 << rng.below(15);
            let size = rng.below(most);
            let content = rng.bytes(size);
            let name = rng.pick(&[
                "a.bin",
                "../x",
                "=?utf-8?q?=E2=82=AC?=.pdf",
                "long name with spaces.docx",
                "\u{202e}fdp.exe",
            ]);
            let kind = rng.pick(&["application/octet-stream", "image/png", "application/pdf", "video/mp4"]);
            let width = [76, 76, 76, 60, 4, 64][rng.below(6)];
            let tail = ["", eol, &eol.repeat(2), " "][rng.below(4)].to_owned();
            out.extend_from_slice(
                format!(
                    "Content-Type: {kind}; name=\"{name}\"{eol}Content-Transfer-Encoding: {}{eol}Content-Disposition: {}; filename=\"{name}\"{eol}{eol}{}{tail}",
                    rng.pick(&["base64", "BASE64", "Base64 (yes)"]),
                    rng.pick(&["attachment", "inline", "Attachment"]),
                    base64_lines(&content, width, eol),
                )
                .as_bytes(),
            );
            made.push(content);
        }
        4 => {
            let content = format!(
                "From: x@example.net{eol}Bcc: y@example.net{eol}Subject: fwd{eol}{eol}text {}",
                rng.next()
            );
            out.extend_from_slice(format!("Content-Type: message/rfc822{eol}{eol}{content}").as_bytes());
            made.push(content.into_bytes());
        }
        _ => {
            let boundary = format!("{}{}", rng.pick(&["b", "=_", "----=_Part_", "x.y+z"]), rng.next());
            let kind = rng.pick(&["mixed", "related", "MIXED", "report", "x-unknown", "parallel"]);
            out.extend_from_slice(
                format!("Content-Type: multipart/{kind}; boundary=\"{boundary}\"{eol}{eol}").as_bytes(),
            );
            out.extend_from_slice(rng.pick(&["", "preamble\n"]).replace('\n', eol).as_bytes());
            for _ in 0..1 + rng.below(4) {
                out.extend_from_slice(format!("--{boundary}{eol}").as_bytes());
                out.extend(entity(rng, depth + 1, eol, made));
                out.extend_from_slice(eol.as_bytes());
            }
            if rng.below(10) > 0 {
                out.extend_from_slice(format!("--{boundary}--{eol}").as_bytes());
            }
        }
    }
    out
}

fn message(rng: &mut Rng) -> Made {
    let eol = rng.pick(&["\n", "\r\n"]);
    let mut fields = vec![
        "From: Alice <alice@example.org>".to_owned(),
        "To: Bob <bob@example.org>,\n\tCarol <carol@example.org>".replace('\n', eol),
        format!("Subject: {}", rng.pick(&["plain", "=?utf-8?B?4oKs?=", "Grüße", "", " spaced  out "])),
        "X-Long: ".to_owned() + &"word ".repeat(rng.below(100)),
        "Received: from a by b".to_owned(),
        "Received: from b by c".to_owned(),
    ];
    if rng.below(2) == 0 {
        fields.push("Date: Sat, 21 Nov 2026 08:00:00 +0100".into());
        fields.push(format!("Message-ID: <{}@example.org>", rng.next()));
    }
    for index in (1..fields.len()).rev() {
        let other = rng.below(index + 1);
        fields.swap(index, other);
    }
    let mut contents = Vec::new();
    let mut eml = (fields.join(eol) + eol).into_bytes();
    eml.extend(entity(rng, 0, eol, &mut contents));
    Made { eml, contents }
}

/// Says whether a content is there; a message in an unfinished multipart also has the empty lines that follow it.
fn has(contents: &[Vec<u8>], wanted: &Vec<u8>) -> bool {
    contents.contains(wanted)
        || (wanted.starts_with(b"From: x@") && contents.iter().any(|c| c.trim_ascii_end() == *wanted))
}

#[test]
fn three_hundred_messages_come_back() {
    let mut rng = Rng(0x5EA1_ED00_2026_1121);
    let (mut whole, mut apart) = (0, 0);
    for round in 0..300 {
        let made = message(&mut rng);
        let show = || String::from_utf8_lossy(&made.eml).into_owned();
        let (inner, parts, _) =
            through(&made.eml, u64::MAX).unwrap_or_else(|e| panic!("{round} {e:?}\n{}", show()));
        assert_eq!(restored(&inner, &parts), made.eml, "{round}");
        let contents: Vec<Vec<u8>> = inner.attachments().map(|a| a.content).collect();
        for content in &made.contents {
            assert!(has(&contents, content), "{round}: an attachment is missing\n{}", show());
        }
        whole += contents.len();

        let threshold = rng.below(200) as u64;
        let (inner, parts, _) = through(&made.eml, threshold).unwrap();
        apart += parts.len();
        let mut all: Vec<Vec<u8>> = inner.attachments().map(|a| a.content).collect();
        for part in &parts {
            let mut content = Vec::new();
            part.source.open().unwrap().read_to_end(&mut content).unwrap();
            assert_eq!(content.len() as u64, part.source.length());
            all.push(content);
        }
        for content in &made.contents {
            assert!(has(&all, content), "{round}: an attachment is missing at {threshold}");
        }
        // Restored, the message has the same attachments, whatever the width of its lines was.
        let back = restored(&inner, &parts);
        let (again, _, _) = through(&back, u64::MAX).unwrap();
        assert_eq!(again.attachments().map(|a| a.content).collect::<Vec<_>>(), contents, "{round}");
        assert_eq!(again.text(), inner.text(), "{round}");
    }
    assert!(whole > 300 && apart > 100, "{whole} {apart}");
}

#[test]
fn damaged_messages_never_panic_and_never_leak() {
    let mut rng = Rng(0xBAD_C0DE);
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..2_000 {
        let mut eml = message(&mut rng).eml;
        eml.truncate(3_000);
        let field = b"Bcc: hidden-person@secret.example\n";
        eml.splice(0..0, field.iter().copied());
        for _ in 0..1 + rng.below(8) {
            let at = rng.below(eml.len());
            match rng.below(4) {
                0 => eml[at] = rng.next() as u8,
                1 => eml.insert(
                    at.max(field.len()).min(eml.len()),
                    *rng.pick(&[&b'\n', &b'\r', &b':', &b'"', &b'<', &b'-', &b' ', &b'=', &b'\0']),
                ),
                2 => drop(eml.remove(at)),
                _ => eml.truncate(at.max(field.len())),
            }
            if eml.is_empty() {
                eml.push(b'x');
            }
        }
        let intact = eml.starts_with(field);
        match through(&eml, rng.below(100) as u64) {
            Ok((inner, parts, _)) => {
                taken += 1;
                let _ = (inner.text(), inner.html(), inner.attachments().count());
                let back = restored(&inner, &parts);
                if intact {
                    for bytes in [inner.as_bytes(), &back] {
                        assert!(!bytes.windows(13).any(|w| w == b"hidden-person"));
                    }
                }
            }
            Err(DraftError::Changed(why)) => panic!("{why:?}\n{}", String::from_utf8_lossy(&eml)),
            Err(_) => refused += 1,
        }
        let _ = (InnerMessage::parse(eml.clone()), find_container(&eml));
    }
    assert!(taken > 200 && refused > 200, "{taken} {refused}");
}
