//! Office files in one XML file: of Word and Excel 2003, and packages written flat.

use std::collections::BTreeMap;

use zegel_core::material::{FileKind, Mark, Spot, UnreadReason, Visibility};
use zegel_core::mime::decode_transfer;

use super::markup::{self, Element, Node, Root};
use super::number::{self, Epoch, Format};
use super::prose::Prose;
use super::table::{Cell, Table};
use crate::magic::{self, Kind};
use crate::reading::{Doc, Fault};

/// The most columns and rows a sheet can have.
const COLUMNS: u32 = 16_384;
const ROWS: u32 = 1_048_576;

/// Elements that hold a file in base64.
const FILES: &[&str] = &["binData", "binaryData", "docOleData", "docSuppData"];

/// Elements of pages that begin a line.
const LINES: &[&str] =
    &["br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "p", "table", "td", "th", "tr"];

/// Returns whether an Office program opens what has this outermost element.
pub(crate) fn is_office(root: &Root) -> bool {
    root.office && matches!(root.name.as_str(), "package" | "VisioDocument" | "wordDocument" | "Workbook")
}

/// Reads such a file; its text as it stands has been read before.
pub(crate) fn read(doc: &mut Doc<'_, '_>, root: &Root, data: &[u8]) -> Result<(), Fault> {
    match root.name.as_str() {
        "Workbook" => {
            doc.set_kind(FileKind::Spreadsheet);
            workbook(doc, data)
        }
        "VisioDocument" => Err(Fault::UnknownKind),
        _ => {
            doc.set_kind(FileKind::Document);
            letter(doc, data)
        }
    }
}

fn letter(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    let mut prose = Prose::default();
    let outcome = prose.take(doc, data);
    if prose.macros {
        doc.mark(Mark::Macros);
    }
    doc.shown(Spot::Text, &prose.shown)?;
    doc.hidden(Spot::Text, &prose.hidden)?;
    doc.hidden(Spot::Comments, &prose.deleted)?;
    doc.hidden(Spot::Metadata, &prose.words)?;
    outcome?;
    files(doc, data)?;
    // A scan pasted into a letter: nothing in it was read.
    if doc.pictures() > 0 && prose.shown.trim().is_empty() {
        doc.unread(UnreadReason::ImageOnly)?;
    }
    Ok(())
}

/// Reads the files in a letter.
fn files(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    let mut part = String::new();
    let mut name = String::new();
    let mut digits: Option<String> = None;
    markup::walk(doc, data, &mut |doc, node| {
        match node {
            Node::Open(element) if element.name() == "part" => {
                part = element.attribute("name").unwrap_or_default();
            }
            Node::Open(element) if FILES.contains(&element.name()) => {
                name = element.attribute("name").unwrap_or_else(|| part.clone());
                digits = Some(String::new());
            }
            Node::Text(text) => {
                if let Some(digits) = &mut digits {
                    digits.push_str(text);
                }
            }
            Node::Close(closed) if FILES.contains(&closed) => {
                let content = digits.take().and_then(|digits| {
                    decode_transfer(digits.as_bytes(), b"base64").map(std::borrow::Cow::into_owned)
                });
                file(doc, &name, &content.unwrap_or_default())?;
            }
            _ => {}
        }
        Ok(())
    })
}

fn file(doc: &mut Doc<'_, '_>, name: &str, content: &[u8]) -> Result<(), Fault> {
    doc.spend(content.len())?;
    if content.is_empty() {
        return Ok(());
    }
    let lower = name.to_ascii_lowercase();
    // Word 2003 keeps its macros there, packed in a way of its own.
    if lower.contains("vbaproject") || lower.ends_with("editdata.mso") {
        doc.mark(Mark::Macros);
        if magic::kind(content, "") == Kind::Ole || content.starts_with(b"ActiveMime") {
            return Ok(());
        }
    }
    if magic::kind(content, "") == Kind::Image {
        doc.picture();
        return Ok(());
    }
    doc.mark(Mark::EmbeddedFiles);
    let name = if name.is_empty() { "file" } else { name };
    doc.inner(name, "", content)
}

/// The sheet that is being read.
struct Sheet {
    table: Table,
    formats: BTreeMap<String, Format>,
    style: String,
    row: u32,
    column: u32,
    number: bool,
    cell_style: String,
    text: String,
    comment: String,
    inside: Inside,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    Comment,
    Data,
    Nothing,
}

/// Reads the cells of Excel 2003. Hidden ones are read as if they showed.
fn workbook(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    let mut sheet = Sheet {
        table: Table::new(""),
        formats: BTreeMap::new(),
        style: String::new(),
        row: 0,
        column: 0,
        number: false,
        cell_style: String::new(),
        text: String::new(),
        comment: String::new(),
        inside: Inside::Nothing,
    };
    let outcome = markup::walk(doc, data, &mut |doc, node| {
        match node {
            Node::Open(element) => sheet.open(doc, element)?,
            Node::Close("Cell") => sheet.end_cell(doc)?,
            Node::Close("Comment") => {
                sheet.comment.push('\n');
                sheet.inside = Inside::Nothing;
            }
            // The text of a comment is in an element of this name as well.
            Node::Close("Data") if sheet.inside == Inside::Data => sheet.inside = Inside::Nothing,
            Node::Close(_) => {}
            Node::Text(text) => match sheet.inside {
                Inside::Data => sheet.text.push_str(text),
                Inside::Comment => sheet.comment.push_str(text),
                Inside::Nothing => {}
            },
        }
        Ok(())
    });
    sheet.table.finish(doc)?;
    doc.hidden(Spot::Comments, &sheet.comment)?;
    outcome
}

impl Sheet {
    fn open(&mut self, doc: &mut Doc<'_, '_>, element: &Element<'_>) -> Result<(), Fault> {
        match element.name() {
            "Style" => self.style = element.attribute("ID").unwrap_or_default(),
            "NumberFormat" => {
                let code = element.attribute("Format").unwrap_or_default();
                self.formats.insert(self.style.clone(), number::format(&code));
            }
            "Worksheet" => {
                self.table.finish(doc)?;
                self.table = Table::new(&element.attribute("Name").unwrap_or_default());
                self.row = 0;
            }
            "Row" => {
                self.row = element.number("Index").unwrap_or(self.row.saturating_add(1)).min(ROWS);
                self.column = 0;
            }
            "Cell" => {
                self.column = element.number("Index").unwrap_or(self.column.saturating_add(1)).min(COLUMNS);
                self.cell_style = element.attribute("StyleID").unwrap_or_default();
                self.text.clear();
                self.number = false;
            }
            "Comment" => self.inside = Inside::Comment,
            "Data" if self.inside == Inside::Nothing => {
                self.number = element.attribute("Type").is_some_and(|kind| kind == "Number");
                self.inside = Inside::Data;
            }
            _ => {}
        }
        Ok(())
    }

    fn end_cell(&mut self, doc: &mut Doc<'_, '_>) -> Result<(), Fault> {
        let text = if self.number {
            let format = self.formats.get(&self.cell_style).copied().unwrap_or_default();
            number::show(self.text.trim(), format, Epoch::Year1900)
        } else {
            std::mem::take(&mut self.text)
        };
        let (row, column) = (self.row.max(1), self.column.max(1));
        self.table.cell(doc, Cell { row, column, visibility: Visibility::Shown, text: &text })
    }
}

/// Collects the words of XML as a program shows them that knows only the elements of pages.
pub(crate) fn joined(doc: &mut Doc<'_, '_>, xml: &[u8]) -> (String, Result<(), Fault>) {
    let mut text = String::new();
    let outcome = markup::walk(doc, xml, &mut |_, node| {
        match node {
            Node::Text(more) => text.push_str(more),
            Node::Open(element) if LINES.contains(&element.name()) => text.push('\n'),
            Node::Close(name) if LINES.contains(&name) => text.push('\n'),
            _ => {}
        }
        Ok(())
    });
    (text, outcome)
}
