//! HTML and SVG: taken apart by the core, which reads the text of mails in the same way.

use zegel_core::html::Page;
use zegel_core::material::{Mark, Spot, UnreadReason};

use super::plain;
use crate::charset;
use crate::magic::{self, Kind};
use crate::reading::{Doc, Fault};

/// How much more than text a page may hold: pictures that are written into it.
const FILES: usize = 32 * 1024 * 1024;

/// Reads a page.
pub(crate) fn read(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    let declared = declared(data);
    let text = charset::decode(data, declared.as_deref());
    decoded(doc, &text)?;
    if let Some(other) = charset::otherwise(data, declared.as_deref(), &text) {
        decoded(doc, &other)?;
    }
    if declared.is_some_and(|label| charset::is_unknown(&label)) { Err(Fault::UnknownKind) } else { Ok(()) }
}

/// Reads a drawing: its words are read, its pictures are not.
pub(crate) fn picture(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    read(doc, data)?;
    doc.unread(UnreadReason::ImageOnly)
}

/// Reads a page whose charset is known.
pub(crate) fn decoded(doc: &mut Doc<'_, '_>, html: &str) -> Result<(), Fault> {
    shown(doc, html).map(|_| ())
}

/// As [`decoded`], and returns what shows.
pub(crate) fn shown(doc: &mut Doc<'_, '_>, html: &str) -> Result<String, Fault> {
    let page = Page::read(html, doc.text_left().saturating_add(FILES), &mut || doc.tick().is_ok());
    if page.scripts {
        doc.mark(Mark::Macros);
    }
    doc.shown(Spot::Text, &page.shown)?;
    doc.hidden(Spot::Text, &page.hidden)?;
    doc.hidden(Spot::Comments, &page.comments)?;
    doc.hidden(Spot::Metadata, &page.words)?;
    let mut pictures = false;
    for file in &page.files {
        if magic::kind(&file.content, "") == Kind::Image {
            doc.picture();
            pictures = true;
        } else {
            doc.mark(Mark::EmbeddedFiles);
            doc.inner("data", &file.media_type, &file.content)?;
        }
    }
    // A scan saved as a page: nothing in it was read.
    if pictures && page.shown.trim().is_empty() {
        doc.unread(UnreadReason::ImageOnly)?;
    }
    plain::packed(doc, &page.shown)?;
    // A drawing can define words that stand for others: nobody here expands them.
    if page.cut || html.contains("<!ENTITY") { Err(Fault::Limit) } else { Ok(page.shown) }
}

/// Finds the charset in the first kilobyte, where browsers look.
fn declared(data: &[u8]) -> Option<String> {
    let head: String = data.iter().take(1024).map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    let (_, rest) = head.split_once("charset=").or_else(|| head.split_once("encoding="))?;
    let label: String = rest
        .trim_start_matches(['"', '\''])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .collect();
    Some(label)
}
