//! Workbooks (SpreadsheetML): cells as they show, and what is hidden in them.

use std::collections::BTreeMap;

use zegel_core::material::{Spot, Visibility};

use super::markup::{self, Element, Node};
use super::number::{self, Format};
use super::table::{Cell, Table};
use super::zip::Package;
use crate::reading::{Doc, Fault};

/// The most columns and rows a sheet can have.
const COLUMNS: u32 = 16_384;
const ROWS: u32 = 1_048_576;

/// Returns whether a part is read by [`workbook`].
pub(crate) fn is_part(name: &str) -> bool {
    name == "xl/workbook.xml"
        || name == "xl/workbook.bin"
        || name == "xl/sharedstrings.xml"
        || name == "xl/sharedstrings.bin"
        || name == "xl/styles.bin"
        || ((name.starts_with("xl/worksheets/") || name.starts_with("xl/macrosheets/"))
            && (name.ends_with(".xml") || name.ends_with(".bin")))
}

/// What the cells refer to.
#[derive(Debug, Default)]
struct Book {
    strings: Strings,
    formats: Vec<Format>,
    /// Name, visibility and relation of each sheet.
    sheets: Vec<(String, Visibility, String)>,
    names: String,
    days_from_1904: number::Epoch,
}

/// Shared strings, one after the other in one text: a million small ones cost no million allocations.
#[derive(Debug, Default)]
struct Strings {
    text: String,
    ends: Vec<usize>,
}

impl Strings {
    fn entry(&self, number: usize) -> Option<&str> {
        let start = match number.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.text.get(start..*self.ends.get(number)?)
    }
}

/// Reads the sheets of a workbook.
pub(crate) fn workbook(doc: &mut Doc<'_, '_>, package: &mut Package<'_>) -> Result<(), Fault> {
    let mut book = Book::default();
    if let Some(xml) = package.part(doc, "xl/workbook.xml")? {
        sheets(doc, &xml, &mut book)?;
    }
    if let Some(xml) = package.part(doc, "xl/sharedStrings.xml")? {
        strings(doc, &xml, &mut book.strings)?;
    }
    if let Some(xml) = package.part(doc, "xl/styles.xml")? {
        book.formats = formats(doc, &xml)?;
    }
    let targets = match package.part(doc, "xl/_rels/workbook.xml.rels")? {
        Some(xml) => targets(doc, &xml)?,
        None => BTreeMap::new(),
    };
    doc.hidden(Spot::Metadata, &book.names)?;
    // Every sheet that is there is read, listed or not.
    let parts: Vec<String> = package
        .names()
        .iter()
        .filter(|name| {
            let name = name.to_ascii_lowercase();
            is_part(&name) && name.contains("sheets/")
        })
        .cloned()
        .collect();
    let mut worst = Ok(());
    for part in parts {
        let listed = book.sheets.iter().find(|(_, _, relation)| {
            targets
                .get(relation)
                .is_some_and(|target| part.to_ascii_lowercase().ends_with(&target.to_ascii_lowercase()))
        });
        let (name, visibility) = listed
            .map_or((String::new(), Visibility::Hidden), |(name, visibility, _)| (name.clone(), *visibility));
        let outcome = match package.part(doc, &part) {
            Ok(Some(xml)) => one_sheet(doc, &book, &name, visibility, &xml),
            Ok(None) => Ok(()),
            Err(fault) => Err(fault),
        };
        match outcome {
            Err(Fault::Limit | Fault::Closed) => return outcome,
            _ => worst = worst.and(outcome),
        }
    }
    worst
}

fn sheets(doc: &mut Doc<'_, '_>, xml: &[u8], book: &mut Book) -> Result<(), Fault> {
    let mut in_name = false;
    markup::walk(doc, xml, &mut |_, node| {
        match node {
            Node::Open(element) => match element.name() {
                "sheet" => {
                    let hidden = element.attribute("state").is_some_and(|state| state != "visible");
                    let visibility = if hidden { Visibility::Hidden } else { Visibility::Shown };
                    // The relation is `r:id`; `sheetId` is another attribute.
                    let relation = element.attribute("id").unwrap_or_default();
                    book.sheets.push((element.attribute("name").unwrap_or_default(), visibility, relation));
                }
                "workbookPr" if matches!(element.attribute("date1904").as_deref(), Some("1" | "true")) => {
                    book.days_from_1904 = number::Epoch::Year1904;
                }
                "definedName" => {
                    book.names.push_str(&element.attribute("name").unwrap_or_default());
                    book.names.push('\t');
                    in_name = true;
                }
                _ => {}
            },
            Node::Close("definedName") => {
                book.names.push('\n');
                in_name = false;
            }
            Node::Text(text) if in_name => book.names.push_str(text),
            _ => {}
        }
        Ok(())
    })
}

fn strings(doc: &mut Doc<'_, '_>, xml: &[u8], strings: &mut Strings) -> Result<(), Fault> {
    let (mut in_text, mut in_phonetic) = (false, false);
    markup::walk(doc, xml, &mut |_, node| {
        match node {
            Node::Open(element) => match element.name() {
                "t" => in_text = true,
                "rPh" => in_phonetic = true,
                _ => {}
            },
            Node::Close("t") => in_text = false,
            Node::Close("rPh") => in_phonetic = false,
            Node::Close("si") => strings.ends.push(strings.text.len()),
            Node::Text(text) if in_text && !in_phonetic => strings.text.push_str(text),
            _ => {}
        }
        Ok(())
    })
}

/// Returns the format of each style of cells.
fn formats(doc: &mut Doc<'_, '_>, xml: &[u8]) -> Result<Vec<Format>, Fault> {
    let mut own: BTreeMap<u32, Format> = BTreeMap::new();
    let mut all = Vec::new();
    let mut in_cells = false;
    markup::walk(doc, xml, &mut |_, node| {
        match node {
            Node::Open(element) => match element.name() {
                "numFmt" => {
                    let code = element.attribute("formatCode").unwrap_or_default();
                    own.insert(element.number("numFmtId").unwrap_or(0), number::format(&code));
                }
                "cellXfs" => in_cells = true,
                "xf" if in_cells => {
                    let id = element.number("numFmtId").unwrap_or(0);
                    all.push(own.get(&id).copied().unwrap_or_else(|| number::built_in(id)));
                }
                _ => {}
            },
            Node::Close("cellXfs") => in_cells = false,
            _ => {}
        }
        Ok(())
    })?;
    Ok(all)
}

fn targets(doc: &mut Doc<'_, '_>, xml: &[u8]) -> Result<BTreeMap<String, String>, Fault> {
    let mut targets = BTreeMap::new();
    markup::walk(doc, xml, &mut |_, node| {
        if let Node::Open(element) = node
            && let (Some(id), Some(target)) = (element.attribute("Id"), element.attribute("Target"))
        {
            targets.insert(id, target.trim_start_matches("/xl").to_owned());
        }
        Ok(())
    })?;
    Ok(targets)
}

/// The cell that is being read.
#[derive(Debug, Default)]
struct Present {
    row: u32,
    column: u32,
    row_hidden: bool,
    kind: String,
    style: usize,
    value: String,
    inside: Inside,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Inside {
    Value,
    Margin,
    #[default]
    Nothing,
}

fn one_sheet(
    doc: &mut Doc<'_, '_>,
    book: &Book,
    name: &str,
    sheet: Visibility,
    xml: &[u8],
) -> Result<(), Fault> {
    let mut table = Table::new(name);
    let mut hidden_columns: Vec<(u32, u32)> = Vec::new();
    let mut margins = String::new();
    let mut present = Present::default();
    let outcome = markup::walk(doc, xml, &mut |doc, node| {
        match node {
            Node::Open(element) => match element.name() {
                "col" if element.attribute("hidden").is_some_and(|value| is_on(&value)) => {
                    hidden_columns
                        .push((element.number("min").unwrap_or(1), element.number("max").unwrap_or(COLUMNS)));
                }
                "row" => {
                    present.row = element.number("r").unwrap_or(present.row + 1).min(ROWS);
                    present.column = 0;
                    present.row_hidden = element.attribute("hidden").is_some_and(|value| is_on(&value));
                }
                "c" => present.begin(element),
                "v" | "t" => present.inside = Inside::Value,
                "oddHeader" | "oddFooter" | "evenHeader" | "evenFooter" | "firstHeader" | "firstFooter" => {
                    present.inside = Inside::Margin;
                }
                _ => {}
            },
            Node::Text(text) => match present.inside {
                Inside::Value => present.value.push_str(text),
                Inside::Margin => margins.push_str(text),
                Inside::Nothing => {}
            },
            Node::Close("c") => {
                let column = present.column;
                let hidden = sheet == Visibility::Hidden
                    || present.row_hidden
                    || hidden_columns.iter().any(|(from, to)| (*from..=*to).contains(&column));
                let visibility = if hidden { Visibility::Hidden } else { Visibility::Shown };
                let text = present.text(book);
                table.cell(doc, Cell { row: present.row, column, visibility, text: &text })?;
            }
            Node::Close(_) => {
                if present.inside == Inside::Margin {
                    margins.push('\n');
                }
                present.inside = Inside::Nothing;
            }
        }
        Ok(())
    });
    table.finish(doc)?;
    doc.piece(Spot::Text, sheet, &margins)?;
    outcome
}

impl Present {
    fn begin(&mut self, element: &Element<'_>) {
        self.column = (self.column + 1).min(COLUMNS);
        self.kind.clear();
        self.value.clear();
        self.style = usize::MAX;
        for (name, value) in element.attributes() {
            match name.as_str() {
                "r" => {
                    let letters = value.bytes().take_while(u8::is_ascii_alphabetic).take(3);
                    let column = letters
                        .fold(0, |sum, letter| sum * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1);
                    if column > 0 {
                        self.column = column.min(COLUMNS);
                    }
                }
                "s" => self.style = value.parse().unwrap_or(usize::MAX),
                "t" => self.kind = value,
                _ => {}
            }
        }
    }

    /// Returns the cell as it shows.
    fn text(&self, book: &Book) -> String {
        match self.kind.as_str() {
            "s" => {
                let number = self.value.trim().parse().unwrap_or(usize::MAX);
                book.strings.entry(number).unwrap_or_default().to_owned()
            }
            "" | "n" => {
                let format = book.formats.get(self.style).copied().unwrap_or_default();
                number::show(self.value.trim(), format, book.days_from_1904)
            }
            _ => self.value.clone(),
        }
    }
}

fn is_on(value: &str) -> bool {
    matches!(value, "1" | "true" | "on")
}

/// Collects every value of a cache: text between tags and the attributes that hold values.
pub(crate) fn values(doc: &mut Doc<'_, '_>, xml: &[u8]) -> Result<String, Fault> {
    let mut out = String::new();
    markup::walk(doc, xml, &mut |_, node| {
        match node {
            Node::Open(element) => {
                for (name, value) in element.attributes() {
                    if matches!(name.as_str(), "v" | "name" | "command" | "connection" | "val") {
                        out.push_str(&value);
                        out.push('\n');
                    }
                }
            }
            Node::Text(text) if !text.trim().is_empty() => {
                out.push_str(text.trim());
                out.push('\n');
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(out)
}
