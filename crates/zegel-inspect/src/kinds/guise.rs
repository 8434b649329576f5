//! What a text is for a program that goes by its name, its declared type, or the tags in it.
//!
//! A letter that begins with "Dear Bob" is a page where its name ends in `.html`, and XML may be a letter of Word. What is
//! found that way stands beside the text as it is.

use zegel_core::material::Spot;

use super::{flat, html, markup};
use crate::charset;
use crate::magic::Kind;
use crate::names;
use crate::reading::{Doc, Fault};

/// Reads what such programs show, where that is something other than what has been read as this kind.
pub(crate) fn read(doc: &mut Doc<'_, '_>, kind: Kind, data: &[u8]) -> Result<(), Fault> {
    match kind {
        Kind::Html | Kind::Svg => joined(doc, data),
        Kind::Encrypted | Kind::Image => Ok(()),
        Kind::Delimited
        | Kind::Mail
        | Kind::Mbox
        | Kind::OpenDocumentXml
        | Kind::Rtf
        | Kind::Script
        | Kind::Text
            if doc.is_page() =>
        {
            html::read(doc, data)
        }
        Kind::Delimited | Kind::Text => text(doc, data),
        // A browser shows a page, and what has been read is something else.
        _ if doc.is_page() => Err(Fault::UnknownKind),
        _ => Ok(()),
    }
}

fn text(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    if let Some(root) = markup::root(data) {
        return if flat::is_office(&root) { flat::read(doc, &root, data) } else { other_xml(doc, data) };
    }
    let text = charset::decode(data, None);
    let looked_into = names::is_looked_into(doc.name()) && has_tags(&text);
    if looked_into || text.trim_start().starts_with("<?xml") { html::decoded(doc, &text) } else { Ok(()) }
}

/// XML of a vocabulary that is not known here: elements keep words apart, unless it says how it is shown.
fn other_xml(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    let text = charset::decode(data, None);
    if ["<?xml-stylesheet", "1999/xhtml"].iter().any(|mark| text.contains(mark)) {
        return html::decoded(doc, &text).and_then(|()| joined(doc, data));
    }
    if !text.contains("&#") && !text.contains("<![CDATA[") {
        return Ok(());
    }
    let (words, outcome) = markup::words(doc, data);
    doc.hidden(Spot::Metadata, &words)?;
    tolerant(outcome)
}

/// A page that is XML: what HTML takes for a comment (CDATA) shows.
fn joined(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    if !data.windows(9).any(|mark| mark == b"<![CDATA[") {
        return Ok(());
    }
    let (text, outcome) = flat::joined(doc, data);
    doc.hidden(Spot::Metadata, &text)?;
    tolerant(outcome)
}

/// What is no XML after all has been read as the text that it is.
fn tolerant(outcome: Result<(), Fault>) -> Result<(), Fault> {
    match outcome {
        Err(Fault::Damaged) => Ok(()),
        other => other,
    }
}

fn has_tags(text: &str) -> bool {
    text.match_indices('<').any(|(place, _)| {
        text.get(place + 1..)
            .and_then(|rest| rest.chars().next())
            .is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'))
    })
}
