//! Workbooks (SpreadsheetML): cells as they show, and what is hidden in them.

use std::collections::{BTreeMap, BTreeSet};

use zegel_core::material::{Spot, Visibility};

use super::markup::{self, Element, Node};
use super::number::{self, Format};
use super::relation;
use super::table::{Cell, Table};
use super::zip::Package;
use crate::reading::{Doc, Fault};

/// The most columns and rows a sheet can have.
const COLUMNS: u32 = 16_384;
const ROWS: u32 = 1_048_576;

/// Outermost elements of sheets.
const SHEETS: &[&str] = &["chartsheet", "dialogsheet", "macrosheet", "worksheet"];

/// Returns whether this is the outermost element of a sheet.
pub(crate) fn is_sheet(root: &str) -> bool {
    SHEETS.contains(&root)
}

/// Returns whether a part of a workbook in the binary form is read by [`super::table::binary_workbook`].
pub(crate) fn is_binary_part(name: &str) -> bool {
    matches!(name, "xl/workbook.bin" | "xl/sharedstrings.bin" | "xl/styles.bin")
        || ((name.starts_with("xl/worksheets/") || name.starts_with("xl/macrosheets/"))
            && name.ends_with(".bin"))
}

/// What the cells refer to.
#[derive(Debug, Default)]
pub(crate) struct Book {
    strings: Strings,
    formats: Vec<Format>,
    /// Codes of formats that add digits to a cell, by style.
    codes: BTreeMap<usize, String>,
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
    /// How words are spoken, which can show above them.
    spoken: String,
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

/// Reads what the cells of a workbook refer to, and the sheets that it lists. Returns which parts were read.
///
/// What it refers to is found by relations and never by name.
pub(crate) fn workbook(
    doc: &mut Doc<'_, '_>,
    package: &mut Package<'_>,
    main: &str,
    book: &mut Book,
) -> (BTreeSet<usize>, Result<(), Fault>) {
    let mut read = BTreeSet::new();
    let outcome = listed(doc, package, main, book, &mut read);
    (read, outcome)
}

fn listed(
    doc: &mut Doc<'_, '_>,
    package: &mut Package<'_>,
    main: &str,
    book: &mut Book,
    read: &mut BTreeSet<usize>,
) -> Result<(), Fault> {
    let mut take = |doc: &mut Doc<'_, '_>, package: &mut Package<'_>, name: &str| {
        let place = package.find(name);
        read.extend(place);
        package.part(doc, name)
    };
    if let Some(xml) = take(doc, package, main)? {
        sheets(doc, &xml, book)?;
    }
    let relations = relation::of(doc, package, main)?;
    let target = |kind: &str| relations.iter().find(|one| one.is(kind)).map(|one| one.target.clone());
    if let Some(name) = target("sharedStrings")
        && let Some(xml) = take(doc, package, &name)?
    {
        strings(doc, &xml, &mut book.strings)?;
        doc.hidden(Spot::Metadata, &std::mem::take(&mut book.strings.spoken))?;
    }
    if let Some(name) = target("styles")
        && let Some(xml) = take(doc, package, &name)?
    {
        formats(doc, &xml, book)?;
    }
    doc.hidden(Spot::Metadata, &book.names)?;
    let mut worst = Ok(());
    for (name, visibility, id) in std::mem::take(&mut book.sheets) {
        let Some(relation) = relations.iter().find(|one| one.id == id) else { continue };
        let outcome = match take(doc, package, &relation.target) {
            Ok(Some(xml)) => one_sheet(doc, book, &name, visibility, &xml),
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
                    let name = element.attribute("name").unwrap_or_default();
                    book.names.push_str(&name);
                    book.names.push('\n');
                    book.sheets.push((name, visibility, relation));
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
            Node::Close("rPh") => {
                in_phonetic = false;
                strings.spoken.push('\n');
            }
            Node::Close("si") => strings.ends.push(strings.text.len()),
            Node::Text(text) if in_text && in_phonetic => strings.spoken.push_str(text),
            Node::Text(text) if in_text => strings.text.push_str(text),
            _ => {}
        }
        Ok(())
    })
}

/// Reads the format of each style of cells.
fn formats(doc: &mut Doc<'_, '_>, xml: &[u8], book: &mut Book) -> Result<(), Fault> {
    let mut own: BTreeMap<u32, (Format, Option<String>)> = BTreeMap::new();
    let mut in_cells = false;
    markup::walk(doc, xml, &mut |_, node| {
        match node {
            Node::Open(element) => match element.name() {
                "numFmt" => {
                    let code = element.attribute("formatCode").unwrap_or_default();
                    let letters = number::letters(&code);
                    if let Some(letters) = &letters {
                        book.names.push_str(letters);
                        book.names.push('\n');
                    }
                    let format = number::format(&code);
                    own.insert(element.number("numFmtId").unwrap_or(0), (format, letters.map(|_| code)));
                }
                "cellXfs" => in_cells = true,
                "xf" if in_cells => {
                    let id = element.number("numFmtId").unwrap_or(0);
                    let (format, code) =
                        own.get(&id).cloned().unwrap_or_else(|| (number::built_in(id), None));
                    if let Some(code) = code {
                        book.codes.insert(book.formats.len(), code);
                    }
                    book.formats.push(format);
                }
                _ => {}
            },
            Node::Close("cellXfs") => in_cells = false,
            _ => {}
        }
        Ok(())
    })
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
    Formula,
    Margin,
    #[default]
    Nothing,
}

/// Reads the cells of one sheet.
pub(crate) fn one_sheet(
    doc: &mut Doc<'_, '_>,
    book: &Book,
    name: &str,
    sheet: Visibility,
    xml: &[u8],
) -> Result<(), Fault> {
    let mut table = Table::new(name);
    let mut hidden_columns: Vec<(u32, u32)> = Vec::new();
    let mut margins = String::new();
    let (mut formula, mut words) = (String::new(), String::new());
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
                "f" | "formula" | "formula1" | "formula2" => present.inside = Inside::Formula,
                "dataValidation" | "hyperlink" | "inputCells" | "scenario" => notes(element, &mut words),
                "oddHeader" | "oddFooter" | "evenHeader" | "evenFooter" | "firstHeader" | "firstFooter" => {
                    present.inside = Inside::Margin;
                }
                _ => {}
            },
            Node::Text(text) => match present.inside {
                Inside::Value => present.value.push_str(text),
                Inside::Formula => formula.push_str(text),
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
                match present.inside {
                    Inside::Margin => margins.push('\n'),
                    Inside::Formula => add_formula(&std::mem::take(&mut formula), &mut words),
                    Inside::Value | Inside::Nothing => {}
                }
                present.inside = Inside::Nothing;
            }
        }
        Ok(())
    });
    table.finish(doc)?;
    doc.piece(Spot::Text, sheet, &margins)?;
    doc.hidden(Spot::Metadata, &words)?;
    outcome
}

/// Collects what is said about cells: hints, errors, what a link shows.
fn notes(element: &Element<'_>, words: &mut String) {
    for (name, value) in element.attributes() {
        let shows = matches!(
            name.as_str(),
            "comment" | "display" | "error" | "errorTitle" | "prompt" | "promptTitle" | "tooltip" | "val"
        );
        if shows {
            words.push_str(&value);
            words.push('\n');
        }
    }
}

/// Adds a formula that holds a text or a number: the value beside it may be an old one.
fn add_formula(formula: &str, words: &mut String) {
    let digits = formula.as_bytes().windows(4).any(|four| four.iter().all(u8::is_ascii_digit));
    if !digits && !formula.contains('"') {
        return;
    }
    // Texts that are put together, by a sign or by a function, stand together.
    let mut pieces = formula.split('"');
    while let Some(code) = pieces.next() {
        let joins = code.chars().all(|c| c.is_whitespace() || matches!(c, '&' | ',' | ';'));
        if !joins {
            words.extend(code.chars().filter(|c| *c != '&'));
        }
        words.push_str(pieces.next().unwrap_or_default());
    }
    words.push('\n');
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
        let code = book.codes.get(&self.style);
        if !matches!(self.kind.as_str(), "" | "n") {
            let text = match self.kind.as_str() {
                "s" => {
                    let number = self.value.trim().parse().unwrap_or(usize::MAX);
                    book.strings.entry(number).unwrap_or_default()
                }
                _ => &self.value,
            };
            return code.and_then(|code| number::dressed_text(text, code)).unwrap_or_else(|| text.to_owned());
        }
        let value = self.value.trim();
        let format = book.formats.get(self.style).copied().unwrap_or_default();
        let shown = number::show(value, format, book.days_from_1904);
        match code.and_then(|code| number::dressed(value, code)) {
            Some(dressed) => format!("{dressed} {shown}"),
            None => shown,
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
