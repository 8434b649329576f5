//! Content put where a reader might not look, each beside the ordinary form in which it is found. Every one must be read or be said
//! not to have been.

use std::collections::BTreeSet;

use zegel_core::material::{Material, UnreadReason, Visibility};
use zegel_inspect::inspect;

use super::archive::{Entry, packed_zip, zip};
use super::{patient, places, reasons};

/// A citizen's number that passes the check, made for tests.
const NUMBER: &str = "123456782";

fn read(data: &[u8], name: &str) -> Material {
    inspect(data, name, "application/octet-stream", &patient())
}

/// Says whether the number was read somewhere.
fn found(material: &Material) -> bool {
    material.pieces.iter().any(|piece| piece.text.contains(NUMBER))
}

/// A mail with one part of this header and body, besides a text.
fn mail(kind: &str, header: &str, body: &str) -> Material {
    let text = format!(
        "From: a@example.org\nTo: b@example.org\nSubject: x\nMIME-Version: 1.0\nContent-Type: {kind}; boundary=b\n\n\
         --b\n\nhello\n--b\n{header}\n\n{body}\n--b--\n"
    );
    let wire = read(text.replace('\n', "\r\n").as_bytes(), "a.eml");
    let unix = read(text.as_bytes(), "a.eml");
    assert_eq!(reasons(&wire), reasons(&unix), "{header}");
    unix
}

#[test]
fn html_files_hide_nothing() {
    for trick in [
        "",
        "<!---->",
        "<!-- x --->",
        "<head>",
        "age < 18",
        "<style></style x>",
        "<p style='display:none;display:block'>",
    ] {
        let page = read(format!("<html><p>Hi</p>{trick}<p>BSN {NUMBER}</p>").as_bytes(), "a.html");
        assert_eq!(places(&page, NUMBER), ["text shown"], "{trick}");
    }
    for hidden in [
        "<img alt='BSN 123456782'>",
        "<p data-x='BSN 123456782'>",
        "<!-- BSN 123456782",
        "<p title='BSN 123456782",
    ] {
        assert!(found(&read(format!("<html>x{hidden}").as_bytes(), "a.html")), "{hidden}");
    }
    let inside = read(
        b"<html>x<a href='data:application/zip;base64,UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=='>y</a>",
        "a.html",
    );
    assert!(inside.files.len() == 2, "{:?}", inside.files);
}

#[test]
fn only_a_signature_is_taken_for_one() {
    let signature = "-----BEGIN PGP SIGNATURE-----\n\niQEzBAAB\n=abcd\n-----END PGP SIGNATURE-----";
    let header = "Content-Type: application/pgp-signature";
    assert!(mail("multipart/signed", header, signature).is_examined());
    for kind in ["application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"]
    {
        for around in ["multipart/signed", "multipart/mixed"] {
            let material = mail(around, &format!("Content-Type: {kind}"), &format!("BSN {NUMBER}"));
            assert!(found(&material), "{kind} {around}");
        }
        let binary = format!("Content-Type: {kind}\nContent-Transfer-Encoding: base64");
        assert!(!mail("multipart/signed", &binary, "AAECAwQFBgcI/v38").is_examined(), "{kind}");
    }
}

#[test]
fn transfer_encodings_are_understood_or_said() {
    let packed = "QlNOIDEyMzQ1Njc4Mg==";
    for encoding in ["base64", "(a comment) base64", "base64 (a comment)", "BASE64"] {
        let material = mail("multipart/mixed", &format!("Content-Transfer-Encoding: {encoding}"), packed);
        assert!(found(&material), "{encoding}");
        assert!(material.is_examined(), "{encoding}");
    }
    for encoding in ["x-uuencode", "x-yenc", "base65"] {
        let material = mail("multipart/mixed", &format!("Content-Transfer-Encoding: {encoding}"), packed);
        assert_eq!(reasons(&material), [UnreadReason::UnknownKind], "{encoding}");
    }
    let twice =
        mail("multipart/mixed", "Content-Transfer-Encoding: 8bit\nContent-Transfer-Encoding: base64", packed);
    assert!(reasons(&twice).contains(&UnreadReason::Damaged));
    let files = mail("multipart/mixed", "Content-Type: text/plain", "begin 644 a.zip\n#0V%T\n`\nend");
    assert_eq!(reasons(&files), [UnreadReason::UnknownKind]);
    let text = read(b"a letter\n=ybegin line=128 size=3 name=a.zip\nabc\n", "a.txt");
    assert_eq!(reasons(&text), [UnreadReason::UnknownKind]);
}

#[test]
fn names_and_headers_of_parts_are_read() {
    for header in [
        "Content-Description: BSN 123456782",
        "Content-Disposition: attachment; filename=\"BSN 123456782.txt\"",
        "X-Note: =?utf-8?q?BSN_123456782?=",
    ] {
        assert!(found(&mail("multipart/mixed", header, "x")), "{header}");
    }
    let around = "From: a@example.org\nTo: b@example.org\nSubject: x\nMIME-Version: 1.0\n\
        Content-Type: multipart/mixed; boundary=b\n\nBEFORE\n--b\n\nhello\n--b--\nBEHIND\n";
    for (before, behind) in [(NUMBER, "x"), ("x", NUMBER)] {
        let text = around.replace("BEFORE", before).replace("BEHIND", behind);
        assert!(found(&read(text.as_bytes(), "a.eml")), "{text}");
    }
    assert!(found(&read(&zip(&[("Patient 123456782.txt", b"x")], 0), "a.zip")));
    assert!(found(&read(&zip(&[("Patient 123456782/", b"")], 0), "a.zip")));
    assert!(found(&read(&tar(&[("Patient 123456782.txt", b'0', b"x")]), "a.tar")));
}

/// A tar of entries with a name, a type and content.
fn tar(entries: &[(&str, u8, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, kind, content) in entries {
        let mut header = [0_u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[156] = *kind;
        header[257..263].copy_from_slice(b"ustar\0");
        out.extend(header);
        out.extend_from_slice(content);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

#[test]
fn every_entry_of_a_tar_is_read_or_said() {
    let text = format!("BSN {NUMBER}");
    for kind in [b'0', b'7', 0, b'A', b'Z', b'9'] {
        let material = read(&tar(&[("a.txt", kind, text.as_bytes())]), "a.tar");
        assert!(found(&material) && material.is_examined(), "{kind}");
    }
    for kind in b'1'..=b'6' {
        let material = read(&tar(&[("a.txt", kind, text.as_bytes())]), "a.tar");
        assert!(found(&material) && !material.is_examined(), "{kind}");
    }
    let mut behind = tar(&[("a.txt", b'0', b"x")]);
    assert!(read(&behind, "a.tar").is_examined());
    behind.extend(tar(&[("b.txt", b'0', text.as_bytes())]));
    assert_eq!(reasons(&read(&behind, "a.tar")), [UnreadReason::Damaged]);
    let mut slack = tar(&[("a.txt", b'0', b"x")]);
    slack[512 + 100..512 + 100 + text.len()].copy_from_slice(text.as_bytes());
    assert_eq!(reasons(&read(&slack, "a.tar")), [UnreadReason::Damaged]);
}

#[test]
fn a_folder_of_a_zip_with_content_is_a_file() {
    let text = format!("BSN {NUMBER}");
    assert!(found(&read(&zip(&[("a", text.as_bytes())], 0), "a.zip")));
    assert!(found(&read(&zip(&[("a/", text.as_bytes())], 0), "a.zip")));
}

#[test]
fn files_of_one_name_are_told_apart() {
    let program = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0";
    let containers = [
        (tar(&[("a.pdf", b'0', b"x"), ("a.pdf", b'0', program), ("#2", b'0', b"y")]), "a.tar"),
        (packed_zip(&[Entry::stored("a.pdf", b"x"), Entry::stored("a\u{1}.pdf", program)]), "a.zip"),
    ];
    for (data, name) in containers {
        let material = read(&data, name);
        let origins: BTreeSet<_> = material.files.iter().map(|facts| &facts.origin).collect();
        assert_eq!(origins.len(), material.files.len(), "{name}");
        assert_eq!(material.files.iter().filter(|facts| !facts.marks.is_empty()).count(), 1, "{name}");
    }
    let part = "Content-Type: application/octet-stream; name=a.pdf";
    let material = mail("multipart/mixed", part, &format!("x\n--b\n{part}\n\ny"));
    let origins: BTreeSet<_> = material.files.iter().map(|facts| &facts.origin).collect();
    assert_eq!((origins.len(), material.files.len()), (3, 3));
}

const RELATIONS: &str = "xmlns='http://schemas.openxmlformats.org/package/2006/relationships'";
const KIND: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const SHEET: &str = "xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'";
const WORD: &str = "xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'";

/// A workbook whose parts have these names: of the workbook, its strings and its sheet.
fn workbook(book: &str, strings: &str, sheet: &str) -> Vec<u8> {
    let (folder, file) = book.rsplit_once('/').unwrap();
    let relations = format!(
        "<Relationships {RELATIONS}><Relationship Id='r1' Type='{KIND}/worksheet' Target='/{sheet}'/>\
         <Relationship Id='r2' Type='{KIND}/sharedStrings' Target='/{strings}'/></Relationships>"
    );
    let parts = [
        ("[Content_Types].xml".to_owned(), "<Types/>".to_owned()),
        (
            "_rels/.rels".to_owned(),
            format!(
                "<Relationships {RELATIONS}><Relationship Id='r1' Type='{KIND}/officeDocument' Target='{book}'/></Relationships>"
            ),
        ),
        (format!("{folder}/_rels/{file}.rels"), relations),
        (
            book.to_owned(),
            format!(
                "<workbook {SHEET} xmlns:r='{KIND}'><sheets><sheet name='Clients' sheetId='1' r:id='r1'/></sheets></workbook>"
            ),
        ),
        (strings.to_owned(), format!("<sst {SHEET}><si><t>BSN {NUMBER}</t></si></sst>")),
        (
            sheet.to_owned(),
            format!(
                "<worksheet {SHEET}><sheetData><row r='1'><c r='A1' t='s'><v>0</v></c><c r='B1'><v>987654321</v></c></row></sheetData></worksheet>"
            ),
        ),
    ];
    let parts: Vec<(&str, &[u8])> =
        parts.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    zip(&parts, 0)
}

#[test]
fn sheets_are_found_by_relation_and_not_by_name() {
    for (book, strings, sheet) in [
        ("xl/workbook.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"),
        ("xl/workbook.xml", "xl/sharedStrings.xml", "xl/other/theme1.xml"),
        ("xl/workbook.xml", "xl/words.xml", "xl/styles.xml"),
        ("xl/wb.xml", "xl/sharedStrings.xml", "xl/calcChain.xml"),
        ("data/theme1.xml", "data/printerSettings1.xml", "data/fontTable.xml"),
    ] {
        let material = read(&workbook(book, strings, sheet), "a.xlsx");
        assert_eq!(places(&material, "987654321"), ["table Clients shown"], "{sheet}");
        assert!(places(&material, NUMBER).contains(&"table Clients shown".to_owned()), "{sheet}");
        assert!(material.is_examined(), "{sheet}");
    }
}

/// A letter whose main part has this name, with one more part.
fn letter(main: &str, (name, content): (&str, &[u8])) -> Material {
    let relations = format!(
        "<Relationships {RELATIONS}><Relationship Id='r1' Type='{KIND}/officeDocument' Target='{main}'/></Relationships>"
    );
    let text = format!(
        "<w:document {WORD}><w:body><w:p><w:r><w:t>letter of Alice</w:t></w:r></w:p></w:body></w:document>"
    );
    read(
        &zip(
            &[
                ("[Content_Types].xml", b"<Types/>"),
                ("_rels/.rels", relations.as_bytes()),
                (main, text.as_bytes()),
                (name, content),
            ],
            0,
        ),
        "a.docx",
    )
}

#[test]
fn parts_of_letters_are_known_by_content_and_not_by_name() {
    for main in [
        "word/document.xml",
        "word/theme1.xml",
        "word/styles.xml",
        "word/fontTable.xml",
        "word/calcChain.xml",
    ] {
        let material = letter(main, ("word/empty.bin", b""));
        assert_eq!(places(&material, "letter of Alice"), ["text shown"], "{main}");
        assert!(material.is_examined(), "{main}");
    }
    let text = format!("BSN {NUMBER}, and some more words so that it is long enough for anything.");
    for name in [
        "word/other.bin",
        "word/fonts/font1.odttf",
        "word/fonts/font1.fntdata",
        "word/fonts/font1.ttf",
        "word/printerSettings1.bin",
        "docProps/thumbnail.jpeg",
        "word/vbaProject.bin",
        "word/activeX/activeX1.bin",
    ] {
        let material = letter("word/document.xml", (name, text.as_bytes()));
        assert!(found(&material), "{name}");
        let strange = letter("word/document.xml", (name, &[0x81, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
        assert!(!strange.is_examined(), "{name}");
    }
    let chart =
        format!("<c:v xmlns:c='http://schemas.openxmlformats.org/drawingml/2006/chart'>{NUMBER}</c:v>");
    assert!(found(&letter("word/document.xml", ("word/charts/chart1.xml", chart.as_bytes()))));
    assert!(
        letter("word/document.xml", ("docProps/thumbnail.jpeg", b"\xff\xd8\xff\xe0\0\x10JFIF\0"))
            .is_examined()
    );
}

#[test]
fn parts_of_open_documents_are_known_by_content_and_not_by_name() {
    let read_with = |name: &str, content: &[u8]| {
        let parts: [(&str, &[u8]); 3] = [
            ("mimetype", b"application/vnd.oasis.opendocument.text"),
            ("content.xml", b"<d><text><p>letter of Alice</p></text></d>"),
            (name, content),
        ];
        read(&zip(&parts, 0), "a.odt")
    };
    let text = format!("BSN {NUMBER}");
    for name in [
        "other.bin",
        "META-INF/other.txt",
        "Thumbnails/thumbnail.png",
        "Configurations2/toolbar/a",
        "settings.xml",
        "layout-cache",
        "Basic/Standard/Module1.xml",
    ] {
        assert!(found(&read_with(name, text.as_bytes())), "{name}");
        assert!(!read_with(name, &[0x81, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).is_examined(), "{name}");
    }
    let code = format!("<module>REM {NUMBER}</module>");
    assert!(found(&read_with("Basic/Standard/Module1.xml", code.as_bytes())));
    assert!(read_with("Thumbnails/thumbnail.png", b"\x89PNG\r\n\x1a\n\0\0").is_examined());
    assert!(read_with("settings.xml", b"<document-settings><a>1</a></document-settings>").is_examined());
}

#[test]
fn a_beginning_of_text_makes_no_text() {
    let packed = packed_zip(&[Entry::deflated("a.txt", &b"words that nobody reads ".repeat(400))]);
    assert!(!places(&read(&packed, "a.zip"), "words that nobody reads").is_empty());
    let blanks = vec![b' '; 70_000];
    for front in [&b"\xef\xbb\xbf"[..], b"\xff\xfe", b"\xfe\xff", b"Dear Bob,\n", &blanks] {
        let data = [front, &packed].concat();
        for name in ["a.txt", "a.csv", "a.html"] {
            let material = read(&data, name);
            assert!(!material.is_examined(), "{name} {:?}", &front[..front.len().min(4)]);
        }
    }
    // A page and an archive in one file.
    let page = [b"<html><p>Hello</p>".as_slice(), &packed].concat();
    assert!(!read(&page, "a.html").is_examined());
    let hidden = material_of(&read(b"<html><p>Hello</p>", "a.html"));
    assert_eq!(hidden, 1);
}

fn material_of(material: &Material) -> usize {
    material.pieces.iter().filter(|piece| piece.visibility == Visibility::Shown).count()
}
