//! Compound files: Office of before 2007, Outlook mails, installers, and Office files with a password.

use std::io::{Cursor, Read};

use cfb::CompoundFile;
use zegel_core::material::{FileKind, Mark, Spot};

use super::{legacy, outlook, table};
use crate::charset;
use crate::reading::{Doc, Fault};

/// An open compound file.
pub(crate) type Compound<'d> = CompoundFile<Cursor<&'d [u8]>>;

/// Records of old Excel files that hold the text of a note or a drawing, and what continues them.
const TEXT_OBJECT: u16 = 0x01b6;
const CONTINUE: u16 = 0x003c;

/// Records that say how rows and columns look.
const ROW: u16 = 0x0208;
const COLUMNS: u16 = 0x007d;

/// What one stream makes of a compound file for the program that knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Letter,
    Mail,
    Other,
    Talk,
    Workbook,
}

/// The main streams of programs.
const MAIN: &[(&str, Family)] = &[
    ("WordDocument", Family::Letter),
    ("__properties_version1.0", Family::Mail),
    ("BodyText", Family::Other),
    ("PP40", Family::Other),
    ("Quill", Family::Other),
    ("VisioDocument", Family::Other),
    ("PowerPoint Document", Family::Talk),
    ("Book", Family::Workbook),
    ("Workbook", Family::Workbook),
];

/// Reads whatever the compound file is.
pub(crate) fn read(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    let mut file = CompoundFile::open(Cursor::new(data)).map_err(|_| Fault::Damaged)?;
    let mut names = Vec::new();
    for entry in file.walk() {
        doc.tick()?;
        names.push(entry.path().to_string_lossy().trim_start_matches('/').to_owned());
    }
    let has = |name: &str| names.iter().any(|found| found.eq_ignore_ascii_case(name));
    let macros = names.iter().any(|name| {
        let name = name.to_ascii_uppercase();
        name.contains("_VBA_PROJECT") || name.ends_with("/VBA") || name == "MACROS"
    });
    if macros {
        doc.mark(Mark::Macros);
    }
    let objects = names.iter().any(|name| name.contains("ObjectPool/") || name.starts_with("MBD"));
    if objects {
        doc.mark(Mark::EmbeddedFiles);
    }
    if has("EncryptedPackage") || has("EncryptionInfo") {
        doc.set_kind(FileKind::Document);
        return Err(Fault::Encrypted);
    }
    let mut families: Vec<Family> =
        MAIN.iter().filter(|(name, _)| has(name)).map(|(_, family)| *family).collect();
    families.dedup();
    if families.iter().any(|family| !matches!(family, Family::Mail | Family::Other)) {
        let properties = properties(doc, &mut file)?;
        doc.hidden(Spot::Metadata, &properties)?;
    }
    let mut worst = Ok(());
    for family in &families {
        let outcome = one(doc, &mut file, data, (*family, &has));
        match outcome {
            Err(Fault::Limit | Fault::Closed) => return outcome,
            _ => worst = worst.and(outcome),
        }
    }
    match families.as_slice() {
        [] => without_main(doc, &mut file, &names),
        // Objects in it are not taken out.
        [Family::Letter | Family::Talk | Family::Workbook] if objects => worst.and(Err(Fault::UnknownKind)),
        [_] => worst,
        // The name decides which program opens it, and each shows its own stream: what one of them makes of it may be more
        // than was read.
        _ => worst.and(Err(Fault::UnknownKind)),
    }
}

/// Reads what one family of programs shows.
fn one(
    doc: &mut Doc<'_, '_>,
    file: &mut Compound<'_>,
    data: &[u8],
    (family, has): (Family, &dyn Fn(&str) -> bool),
) -> Result<(), Fault> {
    match family {
        Family::Letter => {
            doc.set_kind(FileKind::Document);
            legacy::letter(doc, file)
        }
        Family::Mail => {
            doc.set_kind(FileKind::Mail);
            outlook::read(doc, file)
        }
        Family::Talk => {
            doc.set_kind(FileKind::Presentation);
            if has("EncryptedSummary") {
                return Err(Fault::Encrypted);
            }
            legacy::talk(doc, file)
        }
        Family::Workbook => {
            doc.set_kind(FileKind::Spreadsheet);
            table::binary_workbook(doc, data)?;
            let name = if has("Workbook") { "Workbook" } else { "Book" };
            let records = stream(doc, file, name)?;
            let notes = notes(&records);
            doc.hidden(Spot::Comments, &notes)?;
            if has_hidden_lines(&records) {
                doc.mark(Mark::HiddenContent);
            }
            Ok(())
        }
        Family::Other => Err(Fault::UnknownKind),
    }
}

/// Reads what no program has its main stream in: an object of an Office file, or an installer.
fn without_main(doc: &mut Doc<'_, '_>, file: &mut Compound<'_>, names: &[String]) -> Result<(), Fault> {
    let properties = properties(doc, file)?;
    doc.hidden(Spot::Metadata, &properties)?;
    // A file of Office of today, in an object.
    if names.iter().any(|name| name == "Package") {
        let content = stream(doc, file, "Package")?;
        return doc.inner("Package", "", &content);
    }
    // An installer of Windows keeps its tables under names of its own.
    if names.iter().any(|name| name.starts_with('\u{4840}')) {
        doc.set_kind(FileKind::Executable);
    }
    Err(Fault::UnknownKind)
}

/// Returns whether a compound file holds the macros of a presentation and nothing else.
pub(crate) fn is_code(data: &[u8]) -> bool {
    let Ok(file) = CompoundFile::open(Cursor::new(data)) else { return false };
    let (mut code, mut other) = (false, false);
    for entry in file.walk() {
        let path = entry.path().to_string_lossy();
        let name = path.trim_start_matches('/');
        code |= name == "VBA/_VBA_PROJECT";
        other |=
            !matches!(name, "" | "VBA" | "PROJECT" | "PROJECTwm" | "PROJECTlk") && !name.starts_with("VBA/");
    }
    code && !other
}

/// Reads a stream, within every budget.
pub(crate) fn stream(doc: &mut Doc<'_, '_>, file: &mut Compound<'_>, name: &str) -> Result<Vec<u8>, Fault> {
    let stream = file.open_stream(name).map_err(|_| Fault::Damaged)?;
    let length = stream.len();
    doc.unpack(stream, length)
}

/// Collects readable strings of the two sets of properties (title, author, company and their like).
fn properties(doc: &mut Doc<'_, '_>, file: &mut Compound<'_>) -> Result<String, Fault> {
    let mut out = String::new();
    for name in ["\u{5}SummaryInformation", "\u{5}DocumentSummaryInformation"] {
        let Ok(stream) = file.open_stream(name) else { continue };
        let mut data = Vec::new();
        // Thumbnails are kept there too: the beginning has the words.
        if stream.take(64 * 1024).read_to_end(&mut data).is_err() {
            continue;
        }
        doc.tick()?;
        for run in data.split(|byte| *byte < 0x20) {
            // Between the words there are lengths and numbers, some of which look like letters.
            let letters = run.iter().filter(|byte| byte.is_ascii_alphanumeric() || **byte == b' ').count();
            if run.len() >= 4 && letters * 10 >= run.len() * 8 {
                out.push_str(&charset::decode(run, Some("windows-1252")));
                out.push('\n');
            }
        }
    }
    Ok(out)
}

/// Splits an old Excel file into its records: kind and content.
fn split(records: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = records;
    std::iter::from_fn(move || {
        let ([a, b, c, d], after) = rest.split_first_chunk::<4>()?;
        let length = usize::from(u16::from_le_bytes([*c, *d]));
        let (content, next) = after.split_at_checked(length)?;
        rest = next;
        Some((u16::from_le_bytes([*a, *b]), content))
    })
}

/// Returns whether rows or columns are hidden; their cells are read as if they showed.
fn has_hidden_lines(records: &[u8]) -> bool {
    split(records).any(|(kind, content)| match kind {
        ROW => content.get(12).is_some_and(|flags| flags & 0x20 != 0),
        COLUMNS => content.get(8).is_some_and(|flags| flags & 0x01 != 0),
        _ => false,
    })
}

/// Collects the texts of notes and drawings of an old Excel file (MS-XLS, TxO).
fn notes(records: &[u8]) -> String {
    let mut out = String::new();
    let mut expecting = false;
    for (kind, content) in split(records) {
        if kind == TEXT_OBJECT {
            expecting = content.get(10..12).is_some_and(|count| count != [0, 0]);
        } else if kind == CONTINUE && expecting {
            expecting = false;
            match content.split_first() {
                Some((0, text)) => out.extend(text.iter().map(|byte| char::from(*byte))),
                Some((_, text)) => {
                    let units =
                        text.chunks_exact(2).filter_map(|pair| pair.try_into().ok().map(u16::from_le_bytes));
                    out.extend(char::decode_utf16(units).map(|unit| unit.unwrap_or('\u{fffd}')));
                }
                None => {}
            }
            out.push('\n');
        }
    }
    out
}
