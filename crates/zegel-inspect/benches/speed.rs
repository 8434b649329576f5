//! How long large documents take to read: `cargo bench -p zegel-inspect`. Prints, and judges nothing.
//!
//! In this process; with `-- --worker PROGRAM` in the sandboxed child that PROGRAM (`zegel`) becomes, a new one for each reading, and as
//! JSON.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement prints, and stops where it goes wrong"
)]

use std::io::{Cursor, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::{Value, json};
use zegel_core::material::Material;
use zegel_inspect::{Inspector, Limits, inspect, worker};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// How often each is read; the middle time counts.
const RUNS: usize = 11;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let documents = [
        ("PDF of 200 pages", letters(200), "a.pdf"),
        ("xlsx of 50,000 cells", sheet(5_000, 10), "a.xlsx"),
        ("docx of 200 pages", letter(9_000), "a.docx"),
        ("text of 10 MB", "Mevrouw Jansen, 123456782, heeft pijn.\n".repeat(260_000).into_bytes(), "a.txt"),
    ];
    match words.as_slice() {
        [] => {
            for (what, data, name) in documents {
                let mut limits = Limits::default();
                limits.time = Duration::from_secs(60);
                let (times, text) = measure(what, || inspect(&data, name, "", &limits));
                println!(
                    "{what:<22} {:>8} kB, {:>6} kB of text: {:>7.1} ms",
                    data.len() / 1000,
                    text / 1000,
                    middle(&times).as_secs_f64() * 1e3
                );
            }
        }
        [option, program] if option == "--worker" => {
            let rows = documents.map(|(what, data, name)| {
                // As in the product: its limits, its sandbox, a child that has to start first.
                let (times, text) =
                    measure(what, || child(Path::new(program)).inspect(name, "", data.as_slice()));
                json!({
                    "what": what,
                    "bytes": data.len(),
                    "text": text,
                    "runs": RUNS,
                    "median_ms": middle(&times).as_secs_f64() * 1e3,
                    "most_ms": times.last().map(|time| time.as_secs_f64() * 1e3),
                })
            });
            let confinement = child(Path::new(program)).confinement().unwrap();
            println!(
                "{}",
                json!({ "confinement": format!("{confinement:?}"), "documents": Value::from_iter(rows) })
            );
        }
        other => panic!("nothing, or --worker PROGRAM, not {other:?}"),
    }
}

fn child(program: &Path) -> Inspector {
    Inspector::of_program(program.to_owned(), [worker::COMMAND.into()], Limits::default())
}

/// Reads several times; returns the times from short to long, and how much text there was.
fn measure(what: &str, read: impl Fn() -> Material) -> (Vec<Duration>, usize) {
    let mut times = Vec::new();
    let mut text = 0;
    for _ in 0..RUNS {
        let start = Instant::now();
        let material = read();
        times.push(start.elapsed());
        assert!(material.is_examined(), "{what}: {:?}", material.unread);
        text = material.pieces.iter().map(|piece| piece.text.len()).sum();
    }
    times.sort();
    (times, text)
}

fn middle(times: &[Duration]) -> Duration {
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Pages as a word processor writes them: lines of words with kerning, packed.
fn letters(pages: usize) -> Vec<u8> {
    let mut objects = vec![b"<</Type/Catalog/Pages 2 0 R>>".to_vec(), Vec::new()];
    objects.push(b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding/FirstChar 32/Widths[278 278 355 556 556]>>".to_vec());
    let mut kids = String::new();
    for page in 0..pages {
        let mut content = String::from("BT /F1 11 Tf 72 760 Td 14 TL\n");
        for line in 0..50 {
            content.push_str(&format!(
                "[(P)20(ati)-10(\\353nte me)15(vrouw J)20(ansen, n)-5(ummer {})-250(heeft sinds dr)10(ie w)15(eken last van pijn.)] TJ T*\n",
                page * 1000 + line
            ));
        }
        content.push_str("ET\n");
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
        packed.write_all(content.as_bytes()).unwrap();
        let packed = packed.finish().unwrap();
        let number = objects.len() + 1;
        kids.push_str(&format!("{number} 0 R "));
        objects.push(format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents {} 0 R>>", number + 1).into_bytes());
        let head = format!("<</Filter/FlateDecode/Length {}>>\nstream\n", packed.len());
        objects.push([head.as_bytes(), &packed, b"\nendstream"].concat());
    }
    if let Some(tree) = objects.get_mut(1) {
        *tree = format!("<</Type/Pages/Count {pages}/Kids[{kids}]>>").into_bytes();
    }
    zegel_testkit::pdf(&objects)
}

fn package(parts: &[(&str, String)]) -> Vec<u8> {
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        out.start_file(*name, SimpleFileOptions::default()).unwrap();
        out.write_all(text.as_bytes()).unwrap();
    }
    out.finish().unwrap().into_inner()
}

/// Half numbers, half shared strings.
fn sheet(rows: usize, columns: usize) -> Vec<u8> {
    let (mut cells, mut strings) = (String::from("<worksheet><sheetData>"), String::from("<sst>"));
    for row in 1..=rows {
        cells.push_str(&format!("<row r=\"{row}\">"));
        for column in 0..columns {
            let letter = char::from(b'A' + u8::try_from(column).unwrap());
            if column % 2 == 0 {
                let number = (row - 1) * columns / 2 + column / 2;
                strings.push_str(&format!("<si><t>Jansen, nummer {number}</t></si>"));
                cells.push_str(&format!("<c r=\"{letter}{row}\" t=\"s\"><v>{number}</v></c>"));
            } else {
                cells.push_str(&format!("<c r=\"{letter}{row}\" s=\"1\"><v>{}</v></c>", row * 7919 + column));
            }
        }
        cells.push_str("</row>");
    }
    cells.push_str("</sheetData></worksheet>");
    strings.push_str("</sst>");
    package(&[
        ("[Content_Types].xml", "<Types/>".to_owned()),
        (
            "xl/workbook.xml",
            "<workbook><sheets><sheet name=\"A\" r:id=\"r1\"/></sheets></workbook>".to_owned(),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            "<Relationships><Relationship Id=\"r1\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
                .to_owned(),
        ),
        (
            "xl/styles.xml",
            "<styleSheet><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"
                .to_owned(),
        ),
        ("xl/sharedStrings.xml", strings),
        ("xl/worksheets/sheet1.xml", cells),
    ])
}

fn letter(paragraphs: usize) -> Vec<u8> {
    let text = "<w:p><w:pPr><w:spacing w:after=\"0\"/></w:pPr><w:r><w:rPr><w:b/></w:rPr><w:t>Mevrouw Jansen </w:t></w:r><w:r><w:t>heeft sinds drie weken last van pijn in de linkerknie.</w:t></w:r></w:p>";
    let document = format!("<w:document><w:body>{}</w:body></w:document>", text.repeat(paragraphs));
    package(&[("[Content_Types].xml", "<Types/>".to_owned()), ("word/document.xml", document)])
}
