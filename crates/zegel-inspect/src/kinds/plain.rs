//! Texts, tables as text, and what only looks like text.

use zegel_core::material::Spot;
use zegel_core::material::{FileKind, UnreadReason, Visibility};

use super::table::{Cell, Table};
use crate::charset;
use crate::reading::{Doc, Fault};

/// What says that the lines after it are sealed.
const SEALED: &[&str] = &[
    "-----BEGIN AGE ENCRYPTED FILE-----",
    "-----BEGIN CMS-----",
    "-----BEGIN PGP MESSAGE-----",
    "-----BEGIN PKCS7-----",
];

/// Reads a text as it is.
pub(crate) fn text(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    let text = charset::decode(data, None);
    decoded(doc, &text)
}

/// Reads a text whose charset is known.
pub(crate) fn decoded(doc: &mut Doc<'_, '_>, text: &str) -> Result<(), Fault> {
    doc.shown(Spot::Text, text)?;
    if SEALED.iter().any(|mark| text.contains(mark)) {
        return Err(Fault::Encrypted);
    }
    // An XML file can define words that stand for others: nobody here expands them, so they were not read.
    if text.contains("<!ENTITY") {
        return Err(Fault::Limit);
    }
    Ok(())
}

/// Says that it is sealed. A text around it is read.
pub(crate) fn encrypted(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    doc.set_kind(FileKind::Encrypted);
    let is_armour = data.starts_with(b"-----");
    if is_armour && charset::is_text(data) {
        return text(doc, data);
    }
    doc.unread(UnreadReason::Encrypted)
}

/// Reads rows of cells (RFC 4180, with the delimiter that is there).
pub(crate) fn delimited(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    let text = charset::decode(data, None);
    let delimiter = delimiter(&text);
    let mut table = Table::new("");
    let outcome = cells(doc, &text, delimiter, &mut table);
    table.finish(doc)?;
    outcome
}

fn cells(doc: &mut Doc<'_, '_>, text: &str, delimiter: char, table: &mut Table) -> Result<(), Fault> {
    let (mut row, mut column) = (1_u32, 1_u32);
    let mut value = String::new();
    let mut quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                value.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if value.is_empty() => quoted = true,
            '\r' if !quoted => {}
            _ if !quoted && (c == delimiter || c == '\n') => {
                table.cell(doc, Cell { row, column, visibility: Visibility::Shown, text: &value })?;
                value.clear();
                if c == '\n' {
                    doc.tick()?;
                    row = row.saturating_add(1);
                    column = 1;
                } else {
                    column = column.saturating_add(1);
                }
            }
            _ => value.push(c),
        }
    }
    table.cell(doc, Cell { row, column, visibility: Visibility::Shown, text: &value })
}

/// Takes the delimiter that the first lines have most of.
fn delimiter(text: &str) -> char {
    let first: Vec<&str> = text.lines().take(5).collect();
    let count = |delimiter: char| first.iter().map(|line| line.matches(delimiter).count()).sum::<usize>();
    [';', ',', '\t', '|'].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(',')
}
