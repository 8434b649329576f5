//! XML, one node at a time, without ever expanding what it defines itself.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};
use zegel_core::material::FileKind;

use super::open_document;
use crate::charset;
use crate::reading::{Doc, Fault};

/// How deep elements may be nested.
const DEEPEST: usize = 256;

/// How far the outermost element is looked for.
const ROOT_WITHIN: usize = 64 * 1024;

/// How many nodes are read between two looks at the clock.
const NODES_PER_LOOK: u32 = 256;

/// A node; names come without their prefix.
#[derive(Debug)]
pub(crate) enum Node<'x> {
    /// An element ends.
    Close(&'x str),
    /// An element begins; an empty one ends right after.
    Open(&'x Element<'x>),
    /// Characters, references resolved.
    Text(&'x str),
}

/// The beginning of an element.
#[derive(Debug)]
pub(crate) struct Element<'x>(BytesStart<'x>);

impl Element<'_> {
    /// Returns the name without its prefix.
    pub(crate) fn name(&self) -> &str {
        local(self.0.name().into_inner())
    }

    /// Returns the value of an attribute, whatever its prefix.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        self.attributes().into_iter().find(|(found, _)| found == name).map(|(_, value)| value)
    }

    /// Returns all attributes that can be read.
    pub(crate) fn attributes(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for attribute in self.0.attributes().with_checks(false).flatten() {
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).unwrap_or_default();
            found.push((local(attribute.key.into_inner()).to_owned(), value.into_owned()));
        }
        found
    }

    /// Returns an attribute as a number.
    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.attribute(name)?.trim().parse().ok()
    }
}

/// Walks through a document. What was taken before a fault stays taken.
pub(crate) fn walk(
    doc: &mut Doc<'_, '_>,
    xml: &[u8],
    take: &mut dyn FnMut(&mut Doc<'_, '_>, Node<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let declared = declared(xml);
    let text = charset::decode(xml, declared.as_deref());
    // Two readings: another program may show the other one.
    let end = if charset::otherwise(xml, declared.as_deref(), &text).is_some() {
        Err(Fault::Damaged)
    } else {
        Ok(())
    };
    let mut reader = Reader::from_str(&text);
    reader.config_mut().expand_empty_elements = true;
    let mut depth = 0_usize;
    let mut nodes = 0_u32;
    loop {
        nodes = nodes.wrapping_add(1);
        if nodes.is_multiple_of(NODES_PER_LOOK) {
            doc.tick()?;
        }
        match reader.read_event().map_err(|_| Fault::Damaged)? {
            Event::Start(start) => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(Fault::Limit);
                }
                take(doc, Node::Open(&Element(start)))?;
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                take(doc, Node::Close(local(end.name().into_inner())))?;
            }
            Event::Text(text) => take(doc, Node::Text(&text))?,
            Event::CData(text) => take(doc, Node::Text(&text))?,
            Event::GeneralRef(reference) => {
                if let Ok(Some(character)) = reference.resolve_char_ref() {
                    take(doc, Node::Text(character.encode_utf8(&mut [0; 4])))?;
                } else if let Some(text) = resolve_xml_entity(&reference) {
                    take(doc, Node::Text(text))?;
                }
            }
            // A billion laughs: Office files define no words of their own, and what defines some is not read further.
            Event::DocType(kind) if kind.contains("<!ENTITY") => return Err(Fault::Limit),
            Event::Eof => return if depth == 0 { end } else { Err(Fault::Damaged) },
            _ => {}
        }
    }
}

/// Returns the charset that the declaration of a document names.
fn declared(xml: &[u8]) -> Option<String> {
    let head: String = xml.iter().take(256).map(|byte| char::from(*byte)).collect();
    let (declaration, _) = head.trim_start().strip_prefix("<?xml")?.split_once("?>")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim();
    value.trim_matches(['"', '\'']).split(['"', '\'']).next().map(str::to_owned)
}

/// What the outermost element of a document is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Root {
    /// Its name without its prefix.
    pub(crate) name: String,
    /// Whether it is of a vocabulary of Office.
    pub(crate) office: bool,
    /// Whether it is of the vocabulary of OpenDocument.
    pub(crate) open_document: bool,
}

/// Returns the outermost element; `None` when this is no XML.
pub(crate) fn root(xml: &[u8]) -> Option<Root> {
    let text = charset::decode(xml.get(..ROOT_WITHIN).unwrap_or(xml), declared(xml).as_deref());
    let mut reader = Reader::from_str(&text);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) => {
                let element = Element(start);
                let attributes = element.attributes();
                let names = |vocabularies: &[&str]| {
                    attributes.iter().any(|(_, value)| vocabularies.iter().any(|one| value.contains(one)))
                };
                return Some(Root {
                    name: element.name().to_owned(),
                    office: names(&[
                        "schemas.openxmlformats.org",
                        "purl.oclc.org/ooxml",
                        "schemas.microsoft.com/office",
                        "schemas-microsoft-com",
                    ]),
                    open_document: names(&["names:tc:opendocument", "openoffice.org/2000/office"]),
                });
            }
            Event::Text(text) if !text.trim().is_empty() => return None,
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// Collects every word of a document we know nothing about: text between tags, one line for each element with text.
pub(crate) fn words(doc: &mut Doc<'_, '_>, xml: &[u8]) -> (String, Result<(), Fault>) {
    let mut text = String::new();
    let outcome = walk(doc, xml, &mut |_, node| {
        match node {
            // Indentation is no text.
            Node::Text(more) if !more.trim().is_empty() => text.push_str(more.trim_matches(['\n', '\r'])),
            Node::Close(_) if !text.is_empty() && !text.ends_with('\n') => text.push('\n'),
            _ => {}
        }
        Ok(())
    });
    (text, outcome)
}

/// Reads OpenDocument in one XML file.
pub(crate) fn flat_open_document(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    let head: String = data.iter().take(4096).map(|byte| char::from(*byte)).collect();
    if head.contains("opendocument.spreadsheet") {
        doc.set_kind(FileKind::Spreadsheet);
    } else if head.contains("opendocument.presentation") {
        doc.set_kind(FileKind::Presentation);
    }
    open_document::content(doc, data, &mut open_document::Styles::default())
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}
