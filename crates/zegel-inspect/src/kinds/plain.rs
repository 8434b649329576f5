//! Texts, tables as text, and what only looks like text.

use zegel_core::material::{FileKind, Spot, UnreadReason, Visibility};
use zegel_core::mime::packed_inside;

use super::table::{Cell, Table};
use crate::charset;
use crate::reading::{Doc, Fault};

/// Reads a text as it is.
pub(crate) fn text(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    let text = charset::decode(data, None);
    decoded(doc, &text)?;
    otherwise(doc, data, &text)?;
    replaced(&text)
}

/// Hands on what a program shows that takes the text for one of another charset.
fn otherwise(doc: &mut Doc<'_, '_>, data: &[u8], text: &str) -> Result<(), Fault> {
    match charset::otherwise(data, None, text) {
        Some(other) => doc.shown(Spot::Text, &other),
        None => Ok(()),
    }
}

/// Reads a text whose charset is known.
pub(crate) fn decoded(doc: &mut Doc<'_, '_>, text: &str) -> Result<(), Fault> {
    doc.shown(Spot::Text, text)?;
    packed(doc, text)?;
    // An XML file can define words that stand for others: nobody here expands them, so they were not read.
    if text.contains("<!ENTITY") {
        return Err(Fault::Limit);
    }
    Ok(())
}

/// Says that a file stands in a text by itself, sealed or packed in a way from before MIME.
pub(crate) fn packed(doc: &mut Doc<'_, '_>, text: &str) -> Result<(), Fault> {
    packed_inside(text).map_or(Ok(()), |reason| doc.unread(reason))
}

/// Many bytes that are no characters: what looked like a text is something else.
fn replaced(text: &str) -> Result<(), Fault> {
    let most = (text.len() / 500).max(8);
    let many = text.chars().filter(|c| *c == char::REPLACEMENT_CHARACTER).nth(most).is_some();
    if many { Err(Fault::UnknownKind) } else { Ok(()) }
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
    packed(doc, &text)?;
    otherwise(doc, data, &text)?;
    outcome.and_then(|()| replaced(&text))
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
