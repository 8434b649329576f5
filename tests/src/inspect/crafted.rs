//! Files made byte by byte: programs in disguise, sealed parts, texts of every charset, HTML and RTF with things to hide.

use std::io::Write;

use zegel_core::material::{FileKind, Mark, Material, UnreadReason};
use zegel_inspect::inspect;

use super::archive::zip;
use super::{outermost, patient, places, reasons};

fn read(data: &[u8], name: &str) -> Material {
    inspect(data, name, "application/octet-stream", &patient())
}

const PROGRAM: &[u8] = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0";

#[test]
fn programs_are_found_whatever_they_are_called() {
    let programs: [(&[u8], &str); 12] = [
        (PROGRAM, "a.pdf"),
        (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0", "a.jpg"),
        (b"\xcf\xfa\xed\xfe\x07\0\0\x01\x03\0\0\0\x02\0\0\0", "a.docx"),
        (b"\xca\xfe\xba\xbe\0\0\0\x34\0\x10\x07\0\x02\x01\0\x01", "a.txt"),
        (b"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", "a.pdf"),
        (b"#!/bin/sh\nrm -rf ~\n", "a.txt"),
        (b"@echo off\r\nformat c:\r\n", "a.txt"),
        (b"<html><hta:application id=a><script>x()</script>", "a.txt"),
        (b"WScript.Shell", "scan.pdf.js"),
        (b"CreateObject(\"WScript.Shell\")", "brief.docx.vbs"),
        (b"Invoke-WebRequest", "scan.pdf .ps1"),
        (b"\0asm\x01\0\0\0\x01\x05\x01\x60\0\x01\x7f\x03\x02\x01\0\x07", "a.png"),
    ];
    for (content, name) in programs {
        let material = read(content, name);
        let facts = outermost(&material);
        assert_eq!(facts.kind, FileKind::Executable, "{name}");
        assert_eq!(facts.marks, [Mark::Disguised], "{name}");
    }
    // Under its own name it is a program and no disguise.
    assert_eq!(outermost(&read(PROGRAM, "setup.exe")).marks, []);
    // A name that is shown the wrong way round.
    assert_eq!(outermost(&read(PROGRAM, "letter\u{202e}fdp.exe")).marks, [Mark::Disguised]);
    // The declared type lies too.
    let declared = inspect(PROGRAM, "attachment", "image/png", &patient());
    assert_eq!(outermost(&declared).marks, [Mark::Disguised]);
}

#[test]
fn programs_inside_archives_are_found() {
    let inner = zip(&[("setup.pdf", PROGRAM)], 0);
    let material = read(&zip(&[("inner.zip", &inner), ("note.txt", b"read me")], 0), "outer.zip");
    assert!(
        material
            .files
            .iter()
            .any(|facts| facts.kind == FileKind::Executable && facts.marks == [Mark::Disguised])
    );
    assert_eq!(reasons(&material), [UnreadReason::UnknownKind]);
    assert_eq!(places(&material, "read me"), ["text shown"]);
    let java = zip(&[("META-INF/MANIFEST.MF", b"Main-Class: A"), ("A.class", b"\xca\xfe\xba\xbe")], 0);
    assert_eq!(outermost(&read(&java, "photos.zip")).kind, FileKind::Executable);
    assert_eq!(outermost(&read(&java, "photos.zip")).marks, [Mark::Disguised]);
}

#[test]
fn what_is_sealed_is_not_examined() {
    let cms = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x80\x30\x80\x02\x01\0";
    let sealed: [(&[u8], &str); 6] = [
        (b"age-encryption.org/v1\n-> X25519 abc\n", "a.age"),
        (b"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n", "a.txt"),
        (b"-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----\n", "a.asc"),
        (cms, "smime.p7m"),
        (b"\x85\x01\x0c\x03\x01\x02\x03\x04\x05\x06\x07\x08\x00\x09\x00\x10", "a.pgp"),
        (b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5\x01\0\x04\0\x02\x10\0\x31", "passwords.kdbx"),
    ];
    for (content, name) in sealed {
        let material = read(content, name);
        assert_eq!(reasons(&material), [UnreadReason::Encrypted], "{name}");
        assert_eq!(outermost(&material).kind, FileKind::Encrypted, "{name}");
        assert_eq!(outermost(&material).marks, [Mark::Encrypted], "{name}");
    }
    // A text around a sealed part is read, and is not the whole.
    let material = read(b"Dear Bob,\n-----BEGIN PGP MESSAGE-----\nabc\n", "letter.txt");
    assert_eq!(places(&material, "Dear Bob"), ["text shown"]);
    assert_eq!(reasons(&material), [UnreadReason::Encrypted]);
    // The old encryption of zip is a bit in its headers.
    let material = read(&zip(&[("secret.txt", b"xxxxxxxxxxxx")], 1), "a.zip");
    assert_eq!(reasons(&material), [UnreadReason::Encrypted]);
    assert_eq!(outermost(&material).marks, [Mark::Encrypted]);
}

#[test]
fn sealed_parts_of_mails_are_not_examined_and_the_rest_is() {
    let pgp = "From: a@example.org\nTo: b@example.org\nSubject: sealed\nMIME-Version: 1.0\n\
        Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=x\n\n\
        --x\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n\
        --x\nContent-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\nabc\n-----END PGP MESSAGE-----\n--x--\n";
    let smime = "From: a@example.org\nTo: b@example.org\nSubject: sealed\nMIME-Version: 1.0\n\
        Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n\
        Content-Transfer-Encoding: base64\n\nMIAGCSqGSIb3DQEHA6CAMIACAQAxggA=\n";
    for mail in [pgp, smime] {
        for text in [mail.to_owned(), mail.replace('\n', "\r\n")] {
            let material = read(text.as_bytes(), "forwarded.eml");
            assert!(reasons(&material).contains(&UnreadReason::Encrypted), "{material:#?}");
            assert_eq!(outermost(&material).kind, FileKind::Mail);
            assert_eq!(places(&material, "Subject: sealed"), ["text shown"]);
        }
    }
    // A signed mail is in the clear.
    let signed = pgp
        .replace("multipart/encrypted", "multipart/signed")
        .replace("pgp-encrypted", "pgp-signature")
        .replace("application/octet-stream", "text/plain")
        .replace("PGP MESSAGE", "NOTHING");
    assert!(read(signed.as_bytes(), "signed.eml").is_examined());
}

#[test]
fn pictures_are_never_decoded_and_never_called_read() {
    // 65,535 by 65,535 pixels: 12 GiB.
    let flood = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff\x08\x02\0\0\0";
    for (content, name) in [
        (&flood[..], "a.png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "a.jpg"),
        (b"GIF89a\x01\0\x01\0\0\0\0", "a.gif"),
    ] {
        let material = read(content, name);
        assert_eq!(outermost(&material).kind, FileKind::Image);
        assert_eq!(reasons(&material), [UnreadReason::ImageOnly]);
    }
    let drawing = read(
        b"<svg xmlns='x'><title>name</title><text>words in a drawing</text><script>x()</script></svg>",
        "a.svg",
    );
    assert_eq!(places(&drawing, "words in a drawing"), ["text shown"]);
    assert_eq!(outermost(&drawing).marks, [Mark::HiddenContent, Mark::Macros]);
    assert_eq!(reasons(&drawing), [UnreadReason::ImageOnly]);
}

#[test]
fn what_nothing_reads_is_unknown_and_never_clean() {
    for (content, name) in [
        (&b"Rar!\x1a\x07\x01\0\0\0\0\0"[..], "a.rar"),
        (b"ID3\x04\0\0\0\0\0\0\0\0\0\0", "a.mp3"),
        (b"\0\x01\x02\x03\x04\x05\x06\x07\x08", "a.bin"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "a.mp4"),
    ] {
        assert_eq!(reasons(&read(content, name)), [UnreadReason::UnknownKind], "{name}");
    }
    // An empty file has nothing to examine.
    assert!(read(b"", "empty").is_examined());
}

#[test]
fn html_gives_what_shows_and_what_does_not() {
    let page = "<!DOCTYPE html><html><head><meta charset=windows-1252><title>Title</title><style>p{}</style></head>\
        <body onload=\"go()\"><p>Pati\u{eb}nt &amp; co&euml;rdinator 1&#50;3</p><!-- a note --><p hidden>unseen one</p>\
        <div style=\"DISPLAY : none\">unseen <b>two</b></div><span>after</span><br>line<table><tr><td>A</td><td>B</td></tr></table>\
        <img alt='words of a picture' src=x><a href='mailto:carol@example.org'>mail</a><script>var x = 'in a script';</script>\
        <p>last</body>";
    let western: Vec<u8> = page.chars().map(|c| c as u8).collect();
    let material = read(&western, "page.html");
    assert_eq!(outermost(&material).kind, FileKind::Html);
    assert_eq!(outermost(&material).marks, [Mark::HiddenContent, Mark::Macros]);
    for (text, place) in [
        ("Patiënt & coërdinator 123", "text shown"),
        ("unseen one", "text hidden"),
        ("unseen two", "text hidden"),
        ("after\nline\nA\tB\n", "text shown"),
        ("last", "text shown"),
        ("a note", "comments hidden"),
        ("in a script", "text hidden"),
        ("words of a picture", "metadata hidden"),
        ("carol@example.org", "metadata hidden"),
    ] {
        assert!(
            places(&material, text).contains(&place.to_owned()),
            "{text}: {:#?}",
            material.pieces.iter().map(|piece| &piece.text).collect::<Vec<_>>()
        );
    }
}

#[test]
fn rtf_gives_what_shows_and_what_does_not() {
    let object: String = PROGRAM.iter().map(|byte| format!("{byte:02x}")).collect();
    let text = format!(
        "{{\\rtf1\\ansi\\ansicpg1252{{\\fonttbl{{\\f0 Arial;}}}}{{\\info{{\\author Meta Author}}}}\
         shown: Pati\\'ebnt \\u937?mega\\par{{\\v unseen words}}next\\line\
         {{\\*\\annotation a comment}}{{\\deleted taken away}}\
         \\trowd cell A\\cell cell B\\cell\\row{{\\footnote note below}}\
         {{\\object\\objemb{{\\*\\objdata 0105000002000000{object}}}}}{{\\*\\unknowndest secret of a program}}}}"
    );
    let material = read(text.as_bytes(), "letter.doc");
    for (text, place) in [
        ("shown: Patiënt Ωmega\nnext\n", "text shown"),
        ("cell A\tcell B\t\n", "text shown"),
        ("note below", "text shown"),
        ("unseen words", "text hidden"),
        ("a comment", "comments hidden"),
        ("taken away", "comments hidden"),
        ("Meta Author", "metadata hidden"),
    ] {
        assert!(
            places(&material, text).contains(&place.to_owned()),
            "{text}: {:#?}",
            material.pieces.iter().map(|piece| &piece.text).collect::<Vec<_>>()
        );
    }
    assert_eq!(outermost(&material).marks, [Mark::EmbeddedFiles, Mark::HiddenContent]);
    assert!(material.files.iter().any(|facts| facts.kind == FileKind::Executable), "{:?}", material.files);
}

#[test]
fn texts_of_every_charset_and_line_end_are_read() {
    let text = "Naam;BSN\r\n\"Ünal; Zoë\";123456782\r\n";
    let western: Vec<u8> = text.chars().map(|c| c as u8).collect();
    let utf16: Vec<u8> =
        [vec![0xff, 0xfe], text.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat();
    for data in [text.as_bytes().to_vec(), western, utf16] {
        let material = read(&data, "clients.csv");
        assert_eq!(places(&material, "Naam\tBSN\nÜnal; Zoë\t123456782"), ["table  shown"]);
        assert_eq!(outermost(&material).kind, FileKind::Spreadsheet);
        assert!(material.is_examined());
    }
    let json = read("{\"bsn\": \"123456782\"}".as_bytes(), "a.json");
    assert_eq!(places(&json, "123456782"), ["text shown"]);
}

#[test]
fn macros_and_scripts_are_marked() {
    let mut file = cfb::CompoundFile::create(std::io::Cursor::new(Vec::new())).unwrap();
    // The head of Word 95, whose text nobody here reads.
    file.create_stream("/WordDocument").unwrap().write_all(&[0; 64]).unwrap();
    file.create_storage("/Macros").unwrap();
    file.create_stream("/Macros/_VBA_PROJECT").unwrap().write_all(b"x").unwrap();
    let material = read(&file.into_inner().into_inner(), "old.doc");
    assert_eq!(outermost(&material).kind, FileKind::Document);
    assert_eq!(outermost(&material).marks, [Mark::Macros]);
    assert_eq!(reasons(&material), [UnreadReason::UnknownKind]);
    let script = zip(
        &[
            ("mimetype", b"application/vnd.oasis.opendocument.text"),
            ("content.xml", b"<x/>"),
            ("Basic/Standard/Module1.xml", b"<x/>"),
        ],
        0,
    );
    assert_eq!(outermost(&read(&script, "a.odt")).marks, [Mark::Macros]);
}

#[test]
fn two_entries_of_one_name_are_not_believed() {
    let document = b"<w:document><w:p><w:t>innocent</w:t></w:p></w:document>";
    let other = b"<w:document><w:p><w:t>other text</w:t></w:p></w:document>";
    let types: &[u8] = b"<Types/>";
    let twins = zip(
        &[("[Content_Types].xml", types), ("word/document.xml", document), ("word/document.xml", other)],
        0,
    );
    assert!(!read(&twins, "letter.docx").is_examined());
}
