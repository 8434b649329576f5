//! Texts that a program shows as something else, going by their name, their type or their tags.

use zegel_core::material::{FileKind, UnreadReason};

use super::{found, read, read_as, reasons};

/// The number, cut by tags and written as references.
const CUT: &str = "BSN 1234<b></b>56782";
const REFERENCES: &str = "BSN &#49;&#50;&#51;&#52;&#53;&#54;&#55;&#56;&#50;";

#[test]
fn a_page_by_its_name_or_its_type_is_read_as_one() {
    for inside in [CUT, REFERENCES] {
        for start in ["Dear Bob,<br>", "{\\rtf1 x}", "From: a\nTo: b\nSubject: c\n\n", "a;b\n"] {
            let text = format!("{start}{inside}");
            for name in ["a.html", "a.HTM", "a.xhtml"] {
                assert!(found(&read(text.as_bytes(), name)), "{name}: {text}");
            }
            assert!(found(&read_as(text.as_bytes(), "a.csv", "text/html; charset=utf-8")), "{text}");
        }
        for start in ["<center>", "<h1>", "<font size=1>", "<b>", "<!-- <html> --><center>"] {
            let text = format!("{start}{inside}");
            for name in ["a.txt", "a", "a.doc"] {
                assert!(found(&read(text.as_bytes(), name)), "{name}: {text}");
            }
        }
        let text = format!("Dear Bob,<br>{inside}");
        for name in ["a.doc", "a.xls", "letter"] {
            assert!(found(&read(text.as_bytes(), name)), "{name}: {text}");
        }
    }
    let note = read(b"Dear Bob, mail <bob@example.org> or call 1 < 2.", "a.txt");
    assert!(note.is_examined() && note.pieces.len() == 1);
    let zip = [b"PK\x05\x06".as_slice(), &[0; 18]].concat();
    assert_eq!(reasons(&read(&zip, "a.html")), [UnreadReason::UnknownKind]);
    assert!(read(&zip, "a.zip").is_examined());
}

const WORD: &str = "xmlns:w='http://schemas.microsoft.com/office/word/2003/wordml'";
const SHEET: &str = "xmlns='urn:schemas-microsoft-com:office:spreadsheet' xmlns:ss='urn:schemas-microsoft-com:office:spreadsheet'";

#[test]
fn letters_and_sheets_in_one_xml_file_are_read() {
    let runs =
        "<w:p><w:r><w:t>9</w:t></w:r></w:p><w:p><w:r><w:t>1234</w:t></w:r><w:r><w:t>56782</w:t></w:r></w:p>";
    let letter = format!(
        "<?xml version='1.0'?><?mso-application progid='Word.Document'?><w:wordDocument {WORD}><w:body>{runs}</w:body></w:wordDocument>"
    );
    let package = format!(
        "<?xml version='1.0'?><!-- <html> --><pkg:package xmlns:pkg='http://schemas.microsoft.com/office/2006/xmlPackage'>\
         <pkg:part pkg:name='/word/document.xml'><pkg:xmlData><w:document xmlns:w='x'><w:body>{runs}</w:body></w:document>\
         </pkg:xmlData></pkg:part></pkg:package>"
    );
    for text in [letter, package] {
        for name in ["letter.xml", "letter.doc", "letter.txt"] {
            let material = read(text.as_bytes(), name);
            assert!(found(&material) && material.is_examined(), "{name} {text}");
            assert!(material.files.iter().all(|facts| facts.kind == FileKind::Document));
        }
    }
    let cell = "<Cell><Data ss:Type='Number'>9</Data></Cell><Cell><ss:Data ss:Type='String'><B>1234</B><Font>56782</Font></ss:Data></Cell>";
    let sheet = format!(
        "<?xml version='1.0'?><Workbook {SHEET}><Worksheet ss:Name='A'><Table><Row>{cell}</Row></Table></Worksheet></Workbook>"
    );
    let material = read(sheet.as_bytes(), "sheet.xml");
    assert!(found(&material) && material.is_examined());
    assert_eq!(material.files[0].kind, FileKind::Spreadsheet);
    let zeros = sheet
        .replace(
            "<Worksheet",
            "<Styles><Style ss:ID='s1'><NumberFormat ss:Format='000000000'/></Style></Styles><Worksheet",
        )
        .replace("<Cell><Data ss:Type='Number'>9<", "<Cell ss:StyleID='s1'><Data ss:Type='Number'>12345672<");
    assert!(read(zeros.as_bytes(), "a.xml").pieces.iter().any(|piece| piece.text.contains("012345672")));
}

#[test]
fn files_in_letters_of_one_xml_file_are_read() {
    let around =
        |file: &str| format!("<?xml version='1.0'?><w:wordDocument {WORD}><w:p/>{file}</w:wordDocument>");
    // "BSN 123456782"
    let text =
        read(around("<w:binData w:name='a.txt'>QlNOIDEyMzQ1\nNjc4Mg==</w:binData>").as_bytes(), "a.doc");
    assert!(found(&text) && text.is_examined());
    // The beginning of a JPEG.
    let scan = read(around("<w:binData w:name='a.jpg'>/9j/4AAQSkZJRg==</w:binData>").as_bytes(), "a.doc");
    assert_eq!(reasons(&scan), [UnreadReason::ImageOnly]);
}

#[test]
fn comments_and_boxes_do_not_part_what_stands_around_them() {
    for inside in [
        "<aml:annotation xmlns:aml='x' w:type='Word.Comment'><aml:content><w:p><w:r><w:t>x</w:t></w:r></w:p></aml:content></aml:annotation>",
        "<w:r><w:pict><w:txbxContent><w:p><w:r><w:t>x</w:t></w:r></w:p></w:txbxContent></w:pict></w:r>",
        "<w:r><w:footnote><w:p><w:r><w:t>x</w:t></w:r></w:p></w:footnote></w:r>",
    ] {
        let text = format!(
            "<?xml version='1.0'?><w:wordDocument {WORD}><w:p><w:r><w:t>1234</w:t></w:r>{inside}<w:r><w:t>56782</w:t></w:r></w:p></w:wordDocument>"
        );
        assert!(found(&read(text.as_bytes(), "a.xml")), "{inside}");
    }
}

#[test]
fn other_xml_keeps_words_apart_unless_it_says_how_it_shows() {
    let plain = read(b"<?xml version='1.0'?><a><b>1234</b><c>56782</c></a>", "a.xml");
    assert!(plain.is_examined() && plain.pieces.len() == 1);
    for text in [
        format!("<?xml version='1.0'?><a>{REFERENCES}</a>"),
        format!("<?xml version='1.0'?><?xml-stylesheet type='text/css' href='a.css'?><a>{CUT}</a>"),
        format!("<?xml version='1.0'?><a xmlns:h='http://www.w3.org/1999/xhtml'><h:p>{CUT}</h:p></a>"),
        "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><p>1234<![CDATA[56782]]></p></html>"
            .to_owned(),
    ] {
        let material = read(text.as_bytes(), "a.xml");
        assert!(found(&material) && material.is_examined(), "{text} {:?}", material.pieces);
    }
}
