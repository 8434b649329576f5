//! Files made to exhaust whoever reads them. Each is read by the real child under the default limits.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use zegel_inspect::{Inspector, Limits};
use zegel_testkit::pdf;

use super::archive::{
    Entry, deflated_copies, gzipped_copies, overlapping_zip, packed_zip, tar_of_nothing, zip, zlib_copies,
};
use super::{folder, inspector, places, reasons};

/// The memory a bomb may cost.
const MEMORY: u64 = 256 * 1024 * 1024;

/// The time a bomb may cost. The child is killed before; the rest is for a machine that is busy with other tests.
const TIME: Duration = Duration::from_secs(2);

/// What turns out to be no more than it is: it is read to the end within the limits, the longer ones where the computer is
/// quick enough.
const HARMLESS: [&str; 5] = [
    "PDF, 60,000 levels of pages",
    "PDF, page of 40 MiB of nothing",
    "PDF, sixteen filters",
    "html, two million elements deep",
    "ods, a billion rows of a billion cells",
];

const KIB: usize = 1024;
const MIB: usize = 1024 * 1024;

fn kept(name: &str) -> Vec<u8> {
    fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus/bombs").join(name)).unwrap()
}

fn document(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).unwrap()
}

fn letter(document: Entry) -> Vec<u8> {
    packed_zip(&[Entry::stored("[Content_Types].xml", b"<Types/>"), document])
}

fn sheet(parts: Vec<Entry>) -> Vec<u8> {
    let mut entries = vec![
        Entry::stored("[Content_Types].xml", b"<Types/>"),
        Entry::stored(
            "xl/workbook.xml",
            b"<workbook><sheets><sheet name='A' sheetId='1' r:id='r1'/></sheets></workbook>",
        ),
    ];
    entries.extend(parts);
    packed_zip(&entries)
}

/// Zips in zips: `levels` deep, `copies` of the next on each.
fn nested(levels: usize, copies: usize, core: &Entry) -> Vec<u8> {
    let mut data = packed_zip(std::slice::from_ref(core));
    for level in 0..levels {
        let entries: Vec<Entry> =
            (0..copies).map(|copy| Entry::deflated(&format!("{level}-{copy}.zip"), &data)).collect();
        data = packed_zip(&entries);
    }
    data
}

fn stream(dictionary: &str, data: &[u8]) -> Vec<u8> {
    [format!("<<{dictionary}/Length {}>>\nstream\n", data.len()).as_bytes(), data, b"\nendstream"].concat()
}

/// A PDF of one page with this content and these further objects (from 5 on).
fn page(resources: &str, content: Vec<u8>, more: Vec<Vec<u8>>) -> Vec<u8> {
    let mut objects = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Count 1/Kids[4 0 R]>>".to_vec(),
        content,
        format!("<</Type/Page/Parent 2 0 R/Contents 3 0 R/Resources<<{resources}>>>>").into_bytes(),
    ];
    objects.extend(more);
    pdf(&objects)
}

fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let zeros = vec![0; MIB];
    let core = Entry::raw("zeros", deflated_copies(&zeros, 64));
    let laughs = {
        let mut text = "<!DOCTYPE w:document [<!ENTITY l0 'ha'>".to_owned();
        for level in 1..30 {
            text.push_str(&format!("<!ENTITY l{level} '{}'>", format!("&l{};", level - 1).repeat(10)));
        }
        text.push_str("]><w:document><w:p><w:r><w:t>&l29;</w:t></w:r></w:p></w:document>");
        text
    };
    let deep =
        format!("<w:document>{}x{}</w:document>", "<w:p>".repeat(1_000_000), "</w:p>".repeat(1_000_000));
    let flood = [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff\x08\x02\0\0\0",
        zlib_copies(&zeros, 40).as_slice(),
    ]
    .concat();
    let rows = {
        let row = "<row><c t='inlineStr'><is><t>wide words</t></is></c><c r='XFD1'><v>1</v></c></row>"
            .repeat(10_000);
        let head = deflated_copies(b"<worksheet><sheetData>", 1);
        // Without the mark of its end a stretch can be followed by another.
        [&head[..head.len() - 2], &deflated_copies(row.as_bytes(), 40)].concat()
    };
    let repeated = "<office:document-content><office:spreadsheet><table:table><table:table-row table:number-rows-repeated='1000000000'><table:table-cell table:number-columns-repeated='1000000000'><text:p>x</text:p></table:table-cell></table:table-row>".to_owned()
        + &"<table:table-row><table:table-cell table:number-columns-repeated='16000'/><table:table-cell><text:p>y</text:p></table:table-cell></table:table-row>".repeat(200_000)
        + "</table:table></office:spreadsheet></office:document-content>";
    // Ten forms, each of which draws the next one ten times.
    let forms: Vec<Vec<u8>> = (5..15)
        .map(|number| {
            let next = if number == 14 { 5 } else { number + 1 };
            stream(
                &format!("/Type/XObject/Subtype/Form/Resources<</XObject<</A {next} 0 R>>>>"),
                "/A Do ".repeat(10).as_bytes(),
            )
        })
        .collect();
    let map = "1 beginbfrange <0000> <ffff> <0041> endbfrange\n".repeat(20_000);
    let kids: Vec<Vec<u8>> = {
        let mut kids = vec![b"<</Type/Catalog/Pages 2 0 R>>".to_vec()];
        kids.extend(
            (2..60_000)
                .map(|number| format!("<</Type/Pages/Count 1/Kids[{} 0 R]>>", number + 1).into_bytes()),
        );
        kids.push(b"<</Type/Page>>".to_vec());
        kids
    };
    let packed_objects: Vec<Vec<u8>> = {
        let mut objects =
            vec![b"<</Type/Catalog/Pages 2 0 R>>".to_vec(), b"<</Type/Pages/Count 0/Kids[]>>".to_vec()];
        let data = zlib_copies(&vec![b' '; MIB], 15);
        objects.extend((0..200).map(|_| stream("/Type/ObjStm/N 1/First 10/Filter/FlateDecode", &data)));
        objects
    };
    let mails = "From a@example.org Fri Jan  2 03:04:05 2026\nFrom: a@example.org\nTo: b@example.org\nSubject: x\nDate: y\n\nz\n".repeat(100_000);
    let forwarded = {
        let mut mail =
            "From: a@example.org\nTo: b@example.org\nSubject: inmost\nMIME-Version: 1.0\n\ntext\n".to_owned();
        for _ in 0..2_000 {
            mail = format!(
                "From: a@example.org\nTo: b@example.org\nSubject: outer\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\n{mail}"
            );
        }
        mail
    };
    let parts = "From: a@example.org\nTo: b@example.org\nSubject: parts\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n".to_owned()
        + &"--x\nContent-Disposition: attachment; filename=a.txt\n\ntext\n".repeat(200_000);
    vec![
        ("zip, 4 GiB of zeros", packed_zip(&[Entry::raw("zeros", deflated_copies(&zeros, 4096))])),
        (
            "zip, 42 kB, 12 GiB by overlapping",
            overlapping_zip(&Entry::raw("zeros", deflated_copies(&zeros, 32)), 400),
        ),
        ("zip in zip, 16 to the power of 5", nested(5, 16, &core)),
        ("zip in zip, 100 deep", nested(100, 1, &Entry::stored("note.txt", b"text"))),
        ("zip, 65,535 empty files", packed_zip(&vec![Entry::stored("a", b""); 65_535])),
        ("gzip, 4 GiB of zeros", gzipped_copies(&zeros, 4096)),
        ("gzip, 4 GiB of text", gzipped_copies("patient 123456782\n".repeat(60_000).as_bytes(), 4096)),
        ("gzip, a file that contains itself", kept("itself.gz")),
        ("bzip2, 4 GiB of zeros from 3 kB", kept("zeros.bz2")),
        ("xz, 512 MiB of zeros", kept("zeros.xz")),
        ("zstd, 1 GiB of zeros", kept("zeros.zst")),
        ("7z, 300 MiB of zeros", kept("zeros.7z")),
        ("tar.gz, 80,000 empty files", gzipped_copies(&tar_of_nothing(80_000), 1)),
        ("zip with a password", document("password.zip")),
        ("7z with a password", document("password.7z")),
        ("PDF with a password", document("password.pdf")),
        ("docx with a password", document("password.docx")),
        ("docx, a billion laughs", letter(Entry::deflated("word/document.xml", laughs.as_bytes()))),
        ("docx, a million elements deep", letter(Entry::deflated("word/document.xml", deep.as_bytes()))),
        (
            "docx, 4 GiB of text",
            letter(Entry::raw(
                "word/document.xml",
                deflated_copies("<w:p><w:t>word</w:t></w:p>".repeat(40_000).as_bytes(), 4096),
            )),
        ),
        ("xml, a billion laughs", laughs.into_bytes()),
        ("xlsx, rows without end", sheet(vec![Entry::raw("xl/worksheets/sheet1.xml", rows)])),
        (
            "xlsx, shared strings without end",
            sheet(vec![Entry::raw(
                "xl/sharedStrings.xml",
                deflated_copies("<si><t>a</t></si>".repeat(60_000).as_bytes(), 100),
            )]),
        ),
        (
            "ods, a billion rows of a billion cells",
            zip(
                &[
                    ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
                    ("content.xml", repeated.as_bytes()),
                ],
                0,
            ),
        ),
        ("png, 65,535 by 65,535", flood.clone()),
        (
            "docx, png of 65,535 by 65,535",
            packed_zip(&[
                Entry::stored("[Content_Types].xml", b"<Types/>"),
                Entry::stored("word/media/a.png", &flood),
            ]),
        ),
        (
            "PDF, a million arrays deep",
            page("", stream("", b""), vec![[vec![b'['; MIB], vec![b']'; MIB]].concat()]),
        ),
        (
            "PDF, a million dictionaries deep",
            page("", stream("", b""), vec!["<</A".repeat(500_000).into_bytes()]),
        ),
        ("PDF, 60,000 levels of pages", pdf(&kids)),
        ("PDF, 200 object streams of 15 MiB", pdf(&packed_objects)),
        (
            "PDF, page of 4 GiB",
            page(
                "",
                stream(
                    "/Filter/FlateDecode",
                    &zlib_copies("BT (word) Tj ET ".repeat(60_000).as_bytes(), 4096),
                ),
                vec![],
            ),
        ),
        (
            "PDF, page of 40 MiB of nothing",
            page(
                "",
                stream("/Filter/FlateDecode", &zlib_copies("q ".repeat(500_000).as_bytes(), 40)),
                vec![],
            ),
        ),
        ("PDF, forms that draw each other", page("/XObject<</A 5 0 R>>", stream("", b"/A Do"), forms)),
        (
            "PDF, a map of everything to everything",
            page(
                "/Font<</F 5 0 R>>",
                stream("", b"BT /F 1 Tf (x) Tj ET"),
                vec![b"<</Type/Font/Subtype/Type0/ToUnicode 6 0 R>>".to_vec(), stream("", map.as_bytes())],
            ),
        ),
        (
            "PDF, sixteen filters",
            page(
                "",
                stream(&format!("/Filter[{}]", "/FlateDecode".repeat(16)), &zlib_copies(&zeros, 10)),
                vec![],
            ),
        ),
        ("html, two million elements deep", format!("<html>{}x", "<div>".repeat(2_000_000)).into_bytes()),
        ("html, attributes without end", format!("<html><p {}", "a=b ".repeat(8_000_000)).into_bytes()),
        ("rtf, two million groups deep", format!("{{\\rtf1 {}", "{".repeat(2_000_000)).into_bytes()),
        ("csv, twenty million cells", "1,".repeat(20_000_000).into_bytes()),
        ("text, 100 MB", "patient 123456782\n".repeat(5_600_000).into_bytes()),
        ("mbox, 100,000 mails", mails.into_bytes()),
        ("mail in mail, 2,000 deep", forwarded.into_bytes()),
        ("mail, 200,000 parts", parts.into_bytes()),
    ]
}

/// Returns the name that a bomb would be sent under.
fn name(bomb: &str) -> &'static str {
    let names = [
        ("zip", "a.zip"),
        ("gzip", "a.gz"),
        ("bzip2", "a.bz2"),
        ("xz", "a.xz"),
        ("zstd", "a.zst"),
        ("7z", "a.7z"),
        ("tar", "a.tar.gz"),
        ("PDF", "a.pdf"),
        ("docx", "a.docx"),
        ("xlsx", "a.xlsx"),
        ("ods", "a.ods"),
        ("png", "a.png"),
        ("html", "a.html"),
        ("rtf", "a.rtf"),
        ("csv", "a.csv"),
        ("text", "a.txt"),
        ("mbox", "a.mbox"),
        ("mail", "a.eml"),
        ("xml", "a.xml"),
    ];
    names.iter().find(|(start, _)| bomb.starts_with(start)).unwrap().1
}

/// Watches how much memory a process has used at most, until told to stop.
fn watch(process: u32, most: &AtomicU64, stop: &AtomicBool) {
    let status = format!("/proc/{process}/status");
    while !stop.load(Ordering::Relaxed) && Path::new(&status).exists() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
        let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap_or(0);
        most.fetch_max(kib * 1024, Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn every_bomb_costs_little_and_is_not_examined() {
    let mut table = String::new();
    let mut faults = Vec::new();
    for (bomb, data) in bombs() {
        // A child of its own, so that its memory is only this bomb's.
        let mut child: Inspector = inspector(Limits::default());
        let process = child.process_id().unwrap();
        let (most, stop) = (AtomicU64::new(0), AtomicBool::new(false));
        let start = Instant::now();
        let material = std::thread::scope(|scope| {
            scope.spawn(|| watch(process, &most, &stop));
            let material = child.inspect(name(bomb), "", data.as_slice());
            stop.store(true, Ordering::Relaxed);
            material
        });
        let (took, memory) = (start.elapsed(), most.load(Ordering::Relaxed));
        table.push_str(&format!(
            "{bomb:<42} {:>9} kB {:>6.2} s {:>6.1} MiB  {:?}\n",
            data.len() / KIB,
            took.as_secs_f64(),
            memory as f64 / MIB as f64,
            reasons(&material),
        ));
        if material.is_examined() && !HARMLESS.contains(&bomb) {
            faults.push(format!("{bomb} is called examined"));
        }
        if memory > MEMORY {
            faults.push(format!("{bomb} took {memory} bytes of memory"));
        }
        if took > TIME * 3 {
            faults.push(format!("{bomb} took {took:?}"));
        }
        // The parent lives, and so does the next child.
        let after = child.inspect("a.txt", "text/plain", &b"still here"[..]);
        if places(&after, "still here") != ["text shown"] {
            faults.push(format!("nothing can be read after {bomb}"));
        }
    }
    println!("{table}");
    assert!(faults.is_empty(), "{faults:#?}\n{table}");
}

#[test]
fn what_stood_before_the_bomb_is_read() {
    let bomb = Entry::raw("zeros", deflated_copies(&vec![0; MIB], 4096));
    let data = packed_zip(&[Entry::stored("note.txt", b"text before the bomb"), bomb]);
    let material = inspector(Limits::default()).inspect("a.zip", "", data.as_slice());
    assert_eq!(places(&material, "text before the bomb"), ["text shown"]);
    assert!(!material.is_examined());
}
