//! PDF (ISO 32000): pages in order, then everything else that has words.
//!
//! lopdf reads objects, cross-references and filters; which glyphs are where and what they mean is ours.

mod beside;
mod content;
mod font;
mod objects;
mod page;

use lopdf::xref::{XrefEntry, XrefRecovery};
use lopdf::{DecompressError, Dictionary, Document, Error, LoadOptions, Object, ObjectId, Stream};
use zegel_core::material::{Mark, Spot, UnreadReason};

use super::html;
use crate::charset;
use crate::reading::{Doc, Fault};

/// The longest stream of objects or cross-references; those of honest files have a few hundred kilobytes.
const OBJECT_STREAM: usize = 16 * 1024 * 1024;

/// So many bytes before or behind a file say nothing: a byte order mark, the rest of a number.
const LEFT_OVER: usize = 8;

/// The most pages that are read.
const PAGES: u32 = 20_000;

/// A page with a picture this large (of the whole) and this little text was scanned.
const LARGE: f32 = 0.5;
const LITTLE_TEXT: usize = 48;

/// A page without text and with this many curves shows words as drawings.
const MANY_CURVES: u32 = 150;

/// Reads a file.
pub(crate) fn read(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    let options =
        LoadOptions { max_decompressed_size: Some(OBJECT_STREAM.min(doc.room())), ..LoadOptions::default() };
    let pdf = Document::load_mem_with_options(data, options).map_err(|error| fault(&error))?;
    // With an empty password, as every reader tries it, lopdf has decrypted it already.
    if pdf.is_encrypted() {
        return Err(Fault::Encrypted);
    }
    doc.tick()?;
    let outcome = pages(doc, &pdf);
    match outcome {
        Err(Fault::Closed | Fault::Limit) => outcome,
        _ => objects::read(doc, &pdf).and(outcome).and(around(doc, data)),
    }
}

/// Reads what stands before the file and behind it: another program may show that, and not the PDF.
fn around(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    const BEGIN: &[u8] = b"%PDF-";
    const END: &[u8] = b"%%EOF";
    let place = |mark: &[u8]| data.windows(mark.len()).position(|window| window == mark);
    let before = place(BEGIN).and_then(|begin| data.get(..begin)).unwrap_or_default();
    let end = data.windows(END.len()).rposition(|window| window == END);
    let behind = end.and_then(|end| data.get(end + END.len()..)).unwrap_or_default();
    let mut outcome = Ok(());
    for part in [before, behind] {
        let words = part.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte != 0).count();
        if words <= LEFT_OVER {
            continue;
        }
        if charset::is_text(part) {
            html::decoded(doc, &charset::decode(part, None))?;
        }
        outcome = Err(Fault::Damaged);
    }
    outcome
}

fn pages(doc: &mut Doc<'_, '_>, pdf: &Document) -> Result<(), Fault> {
    let mut fonts = font::Fonts::default();
    let (mut number, mut scanned, mut unmapped, mut glyphs) = (0_u32, false, 0_u64, 0_u64);
    let mut damaged = false;
    for id in pdf.page_iter() {
        doc.tick()?;
        number += 1;
        if number > PAGES {
            return Err(Fault::Limit);
        }
        let mut page = page::Page::new(pdf, id, &mut fonts);
        let outcome = page.read(doc);
        let found = page.finish();
        let words = found.shown.trim().len() + found.hidden.trim().len();
        scanned |= (words == 0 && (found.pictures > 0 || found.curves > MANY_CURVES))
            || (found.largest > LARGE && words < LITTLE_TEXT);
        unmapped += found.unmapped;
        glyphs += found.glyphs;
        doc.shown(Spot::Page(number), &found.shown)?;
        doc.shown(Spot::Page(number), &found.beside)?;
        doc.hidden(Spot::Page(number), &found.hidden)?;
        match outcome {
            Err(Fault::Closed | Fault::Limit) => return outcome,
            Err(_) => damaged = true,
            Ok(()) => {}
        }
    }
    if scanned {
        doc.unread(UnreadReason::ImageOnly)?;
    }
    // Fonts that do not say which letter a glyph is: what a person reads there, nobody here has read.
    if unmapped * 20 > glyphs {
        doc.unread(UnreadReason::UnknownKind)?;
    }
    // Found by looking for objects, with the table of them gone: some may be missing, or be of an older version.
    let rebuilt = pdf.xref_recovery == Some(XrefRecovery::Reconstructed);
    if damaged || rebuilt || number == 0 || has_lost_objects(pdf) { Err(Fault::Damaged) } else { Ok(()) }
}

/// Returns whether the table names objects that could not be read: another program may be able to.
fn has_lost_objects(pdf: &Document) -> bool {
    let lost = pdf.reference_table.entries.iter().filter(|(number, entry)| match entry {
        XrefEntry::Normal { generation, .. } => !pdf.objects.contains_key(&(**number, *generation)),
        XrefEntry::Compressed { .. } => !pdf.objects.contains_key(&(**number, 0)),
        _ => false,
    });
    // The object that says how a file is encrypted goes when it is decrypted.
    lost.count() > usize::from(pdf.was_encrypted())
}

/// Unpacks a stream within the budgets.
fn unpack(doc: &mut Doc<'_, '_>, stream: &Stream) -> Result<Vec<u8>, Fault> {
    let content = stream.get_plain_content_with_limit(doc.room()).map_err(|error| fault(&error))?;
    doc.spend(content.len())?;
    Ok(content)
}

/// Follows references to where the object is.
fn resolve<'p>(pdf: &'p Document, object: &'p Object) -> Option<&'p Object> {
    pdf.dereference(object).ok().map(|(_, object)| object)
}

/// Returns a dictionary in a dictionary.
fn dictionary<'p>(pdf: &'p Document, outer: &'p Dictionary, key: &[u8]) -> Option<&'p Dictionary> {
    match resolve(pdf, outer.get(key).ok()?)? {
        Object::Dictionary(inner) => Some(inner),
        Object::Stream(stream) => Some(&stream.dict),
        _ => None,
    }
}

fn number(pdf: &Document, dictionary: &Dictionary, key: &[u8]) -> Option<f32> {
    resolve(pdf, dictionary.get(key).ok()?)?.as_float().ok()
}

/// Returns the identity of what an entry refers to, so that shared fonts are read once.
fn reference(dictionary: &Dictionary, key: &[u8]) -> Option<ObjectId> {
    dictionary.get(key).ok()?.as_reference().ok()
}

fn fault(error: &Error) -> Fault {
    match error {
        Error::Decompress(DecompressError::MemoryLimitExceeded { .. }) => Fault::Limit,
        Error::RecursionLimit | Error::ReferenceLimit => Fault::Limit,
        Error::Decryption(_) | Error::InvalidPassword | Error::UnsupportedSecurityHandler(_) => {
            Fault::Encrypted
        }
        _ => Fault::Damaged,
    }
}

/// Notes that a script or a program start is in the file.
fn mark_script(doc: &mut Doc<'_, '_>) {
    doc.mark(Mark::Macros);
}
