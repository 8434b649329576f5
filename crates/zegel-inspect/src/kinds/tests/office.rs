//! What Office shows of its files and no paragraph or cell holds.

use std::io::Write;

use zegel_core::material::Material;

use super::{found, read};

const WORD: &str = "xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'";
const SHEET: &str = "xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'";
const CHART: &str = "xmlns:c='http://schemas.openxmlformats.org/drawingml/2006/chart' xmlns:a='http://schemas.openxmlformats.org/drawingml/2006/main'";
const KIND: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

fn package(parts: &[(&str, String)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let plain = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in parts {
        zip.start_file(*name, plain).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn letter(body: &str, (name, part): (&str, &str)) -> Material {
    let parts = [
        ("[Content_Types].xml", "<Types/>".to_owned()),
        (
            "_rels/.rels",
            format!(
                "<Relationships><Relationship Id='r' Type='{KIND}/officeDocument' Target='word/document.xml'/></Relationships>"
            ),
        ),
        (
            "word/document.xml",
            format!(
                "<w:document {WORD}><w:body><w:p><w:r><w:t>Dear Bob</w:t></w:r>{body}</w:p></w:body></w:document>"
            ),
        ),
        (name, part.to_owned()),
    ];
    read(&package(&parts), "a.docx")
}

#[test]
fn everything_that_word_shows_is_read() {
    let digits: String = "123456782"
        .chars()
        .map(|c| format!("<w:r><w:sym w:font='Arial' w:char='F0{:02X}'/></w:r>", c as u8))
        .collect();
    for body in [
        "<w:pict><v:textpath string='BSN 123456782'/></w:pict>",
        "<w:sdt><w:sdtPr><w:dropDownList><w:listItem w:displayText='BSN 123456782' w:value='1'/></w:dropDownList></w:sdtPr></w:sdt>",
        "<w:ffData><w:ddList><w:listEntry w:val='BSN 123456782'/></w:ddList></w:ffData>",
        "<w:r><w:t>1234</w:t></w:r><w:r><w:pict><w:txbxContent><w:p><w:r><w:t>x</w:t></w:r></w:p></w:txbxContent></w:pict></w:r><w:r><w:t>56782</w:t></w:r>",
        &digits,
    ] {
        let body = format!("<w:r><w:t>: </w:t></w:r>{body}");
        let material = letter(&body, ("word/x.xml", "<x/>"));
        assert!(found(&material) && material.is_examined(), "{body} {:?}", material.pieces);
    }
    let labels = format!(
        "<w:numbering {WORD}><w:lvl><w:lvlText w:val='BSN 123456782'/></w:lvl><w:lvl><w:lvlText w:val='%1.%2.'/></w:lvl></w:numbering>"
    );
    let material = letter("", ("word/numbering.xml", &labels));
    assert!(found(&material) && !material.pieces.iter().any(|piece| piece.text.contains("%1")));
    let chart = format!(
        "<c:chartSpace {CHART}><c:title><a:p><a:r><a:t>Patients</a:t></a:r></a:p></c:title><c:cat><c:pt><c:v>BSN 123456782</c:v></c:pt></c:cat></c:chartSpace>"
    );
    assert!(found(&letter("", ("word/charts/chart1.xml", &chart))));
}

/// A workbook with one sheet of this content and one format of this code.
fn workbook(code: &str, sheet: &str) -> Material {
    let parts = [
        ("[Content_Types].xml", "<Types/>".to_owned()),
        (
            "_rels/.rels",
            format!(
                "<Relationships><Relationship Id='r' Type='{KIND}/officeDocument' Target='xl/workbook.xml'/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook {SHEET} xmlns:r='{KIND}'><sheets><sheet name='A' r:id='r1'/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships><Relationship Id='r1' Type='{KIND}/worksheet' Target='sheet.xml'/><Relationship Id='r2' Type='{KIND}/styles' Target='styles.xml'/></Relationships>"
            ),
        ),
        (
            "xl/styles.xml",
            format!(
                "<styleSheet {SHEET}><numFmts><numFmt numFmtId='170' formatCode='{code}'/></numFmts><cellXfs><xf numFmtId='0'/><xf numFmtId='170'/></cellXfs></styleSheet>"
            ),
        ),
        ("xl/sheet.xml", format!("<worksheet {SHEET}>{sheet}</worksheet>")),
    ];
    read(&package(&parts), "a.xlsx")
}

#[test]
fn everything_that_excel_shows_is_read() {
    let cell = |inside: &str| format!("<sheetData><row r='1'><c r='A1' {inside}</c></row></sheetData>");
    for (code, sheet) in [
        ("&quot;BSN 123456782&quot;", cell("s='1'><v>1</v>")),
        ("&quot;BSN 1234&quot;00000", cell("s='1'><v>56782</v>")),
        ("0;0;0;&quot;BSN 1234&quot;@", cell("s='1' t='str'><v>56782</v>")),
        ("0", cell("><f>\"BSN 1234\"&amp;\"56782\"</f><v>x</v>")),
        ("0", cell("><f>CONCATENATE(\"BSN 1234\",\"56782\")</f><v>x</v>")),
        ("0", cell("><f>1234&amp;56782</f><v>0</v>")),
        ("0", "<dataValidations><dataValidation prompt='BSN 123456782'/></dataValidations>".to_owned()),
        ("0", "<dataValidations><dataValidation><formula1>\"BSN 123456782,x\"</formula1></dataValidation></dataValidations>".to_owned()),
        ("0", "<hyperlinks><hyperlink tooltip='BSN 123456782'/></hyperlinks>".to_owned()),
    ] {
        let material = workbook(code, &sheet);
        assert!(found(&material) && material.is_examined(), "{code} {sheet} {:?}", material.pieces);
    }
    let plain = workbook("0.00&quot; days&quot;", &cell("s='1'><f>SUM(A2:A3)</f><v>1.5</v>"));
    assert_eq!(plain.pieces.iter().map(|piece| piece.text.as_str()).collect::<Vec<_>>(), ["A", "1.5"]);
}
