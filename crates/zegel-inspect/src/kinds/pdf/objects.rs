//! What a PDF has besides pages: comments, fields, properties, scripts, files.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Document, Object, ObjectId};
use zegel_core::material::{Mark, Spot};

use super::{mark_script, resolve, unpack};
use crate::charset;
use crate::kinds::markup;
use crate::reading::{Doc, Fault};

/// How deep dictionaries lie directly in each other.
const DEEPEST: usize = 16;

/// The words that were found.
#[derive(Debug, Default)]
struct Words {
    comments: String,
    fields: String,
    metadata: String,
    scripts: String,
    /// Embedded files: name and where the content is.
    files: Vec<(String, ObjectId)>,
    seen: BTreeSet<ObjectId>,
}

/// Looks at every object, whether a page leads to it or not.
pub(super) fn read(doc: &mut Doc<'_, '_>, pdf: &Document) -> Result<(), Fault> {
    let mut words = Words::default();
    let mut outcome = look(doc, pdf, &pdf.trailer, &mut words, 0);
    for (id, object) in &pdf.objects {
        doc.tick()?;
        let looked = match object {
            Object::Dictionary(dictionary) => look(doc, pdf, dictionary, &mut words, 0),
            Object::Stream(stream) => look(doc, pdf, &stream.dict, &mut words, 0).and_then(|()| {
                let kind = stream.dict.get(b"Type").and_then(Object::as_name).unwrap_or_default();
                if kind == b"Metadata" {
                    let content = unpack(doc, stream)?;
                    let (text, _) = markup::words(doc, &content);
                    words.metadata.push_str(&text);
                } else if kind == b"EmbeddedFile" && words.seen.insert(*id) {
                    words.files.push((format!("file {}", id.0), *id));
                }
                Ok(())
            }),
            Object::Array(list) => look_array(doc, pdf, list, &mut words, 0),
            _ => Ok(()),
        };
        match looked {
            Err(Fault::Closed | Fault::Limit) => {
                outcome = looked;
                break;
            }
            _ => outcome = outcome.and(looked),
        }
    }
    doc.shown(Spot::Text, &words.fields)?;
    doc.shown(Spot::Comments, &words.comments)?;
    doc.hidden(Spot::Text, &words.scripts)?;
    doc.hidden(Spot::Metadata, &words.metadata)?;
    outcome?;
    for (name, id) in words.files {
        doc.mark(Mark::EmbeddedFiles);
        let Ok(Object::Stream(stream)) = pdf.get_object(id) else { continue };
        match unpack(doc, stream) {
            Ok(content) => doc.inner(&name, "", &content)?,
            Err(fault) => doc.unread_inside(&name, fault)?,
        }
    }
    Ok(())
}

fn look_array(
    doc: &mut Doc<'_, '_>,
    pdf: &Document,
    list: &[Object],
    words: &mut Words,
    depth: usize,
) -> Result<(), Fault> {
    if depth > DEEPEST {
        return Err(Fault::Limit);
    }
    for item in list {
        match item {
            Object::Dictionary(inner) => look(doc, pdf, inner, words, depth + 1)?,
            Object::Array(inner) => look_array(doc, pdf, inner, words, depth + 1)?,
            _ => {}
        }
    }
    Ok(())
}

fn look(
    doc: &mut Doc<'_, '_>,
    pdf: &Document,
    dictionary: &Dictionary,
    words: &mut Words,
    depth: usize,
) -> Result<(), Fault> {
    if depth > DEEPEST {
        return Err(Fault::Limit);
    }
    let name = |key: &[u8]| dictionary.get(key).and_then(Object::as_name).unwrap_or_default();
    let annotation = matches!(
        name(b"Subtype"),
        b"Caret"
            | b"Circle"
            | b"FileAttachment"
            | b"FreeText"
            | b"Highlight"
            | b"Ink"
            | b"Line"
            | b"Polygon"
            | b"PolyLine"
            | b"Popup"
            | b"Redact"
            | b"Square"
            | b"Squiggly"
            | b"Stamp"
            | b"StrikeOut"
            | b"Text"
            | b"Underline"
    );
    if matches!(name(b"S"), b"JavaScript" | b"Launch" | b"ImportData") || dictionary.has(b"JS") {
        mark_script(doc);
    }
    for (key, value) in dictionary.iter() {
        match key.as_slice() {
            b"Contents" | b"RC" | b"T" | b"Subj" if annotation => add(pdf, value, &mut words.comments),
            b"V" | b"DV" if dictionary.has(b"FT") || dictionary.has(b"Parent") => {
                add(pdf, value, &mut words.fields)
            }
            b"Alt" | b"ActualText" | b"TU" | b"URI" | b"Title" | b"Author" | b"Subject" | b"Keywords"
            | b"Creator" | b"Producer" | b"Company" | b"Manager" | b"Contents" | b"Desc" => {
                add(pdf, value, &mut words.metadata)
            }
            b"JS" => script(doc, pdf, value, words)?,
            b"EF" => file(pdf, dictionary, value, words),
            b"XFA" => forms(doc, pdf, value, words)?,
            _ => {}
        }
        match value {
            Object::Dictionary(inner) => look(doc, pdf, inner, words, depth + 1)?,
            Object::Array(inner) => look_array(doc, pdf, inner, words, depth + 1)?,
            _ => {}
        }
    }
    Ok(())
}

fn add(pdf: &Document, value: &Object, out: &mut String) {
    if let Some(Object::String(text, _)) = resolve(pdf, value) {
        out.push_str(&text_string(text));
        out.push('\n');
    }
}

/// Text of a PDF string: UTF-16 or UTF-8 with a mark, else nearly Latin-1.
pub(super) fn text_string(text: &[u8]) -> String {
    if text.starts_with(&[0xfe, 0xff])
        || text.starts_with(&[0xff, 0xfe])
        || text.starts_with(&[0xef, 0xbb, 0xbf])
    {
        charset::decode(text, None).into_owned()
    } else {
        encoding_rs::WINDOWS_1252.decode_without_bom_handling(text).0.into_owned()
    }
}

fn script(doc: &mut Doc<'_, '_>, pdf: &Document, value: &Object, words: &mut Words) -> Result<(), Fault> {
    match resolve(pdf, value) {
        Some(Object::String(text, _)) => words.scripts.push_str(&text_string(text)),
        Some(Object::Stream(stream)) => {
            let content = unpack(doc, stream)?;
            words.scripts.push_str(&charset::decode(&content, None));
        }
        _ => {}
    }
    words.scripts.push('\n');
    Ok(())
}

/// Notes a file that is embedded: its name stands beside the entry, its content behind it.
fn file(pdf: &Document, specification: &Dictionary, value: &Object, words: &mut Words) {
    let mut label = String::new();
    for key in [&b"UF"[..], b"F"] {
        if label.is_empty()
            && let Ok(value) = specification.get(key)
        {
            add(pdf, value, &mut label);
        }
    }
    let label = label.trim();
    let name = if label.is_empty() { "embedded file".to_owned() } else { label.to_owned() };
    let Some(Object::Dictionary(entries)) = resolve(pdf, value) else { return };
    for (_, entry) in entries.iter() {
        if let Ok(id) = entry.as_reference() {
            // A stream that was found before without its name gets it now.
            words.files.retain(|(_, found)| *found != id);
            words.seen.insert(id);
            words.files.push((name.clone(), id));
        }
    }
}

/// Reads the XML of a dynamic form: names and streams in turn, or one stream.
fn forms(doc: &mut Doc<'_, '_>, pdf: &Document, value: &Object, words: &mut Words) -> Result<(), Fault> {
    let list = match resolve(pdf, value) {
        Some(Object::Array(list)) => list.as_slice(),
        Some(single) => std::slice::from_ref(single),
        None => &[],
    };
    for item in list {
        if let Some(Object::Stream(stream)) = resolve(pdf, item) {
            let content = unpack(doc, stream)?;
            // The parts are pieces of one document, so single ones do not end as they should.
            let (text, _) = markup::words(doc, &content);
            words.fields.push_str(&text);
        }
    }
    Ok(())
}
