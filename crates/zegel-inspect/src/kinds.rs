//! The readers, one module for each family of formats.

mod archive;
mod flat;
mod guise;
mod harmless;
mod html;
mod legacy;
mod mail;
pub(crate) mod markup;
mod number;
mod office;
mod ole;
mod open_document;
mod outlook;
mod pdf;
mod plain;
mod prose;
mod relation;
mod rtf;
mod sheet;
mod signature;
mod stream;
mod table;
mod zip;

#[cfg(test)]
mod tests;

use zegel_core::material::UnreadReason;

use crate::magic::{self, Kind, Tail};
use crate::names;
use crate::reading::{Doc, Fault};

/// Reads a whole file.
pub(crate) fn read(doc: &mut Doc<'_, '_>, kind: Kind, data: &[u8]) -> Result<(), Fault> {
    let mut outcome = read_as(doc, kind, data);
    if !matches!(outcome, Err(Fault::Closed | Fault::Limit)) {
        outcome = outcome.and(guise::read(doc, kind, data));
    }
    let tail = magic::tail(data);
    let polyglot = match kind {
        Kind::Zip => false,
        Kind::Delimited
        | Kind::Html
        | Kind::Mail
        | Kind::Mbox
        | Kind::OpenDocumentXml
        | Kind::Pdf
        | Kind::Rtf
        | Kind::Script
        | Kind::Svg
        | Kind::Text => tail != Tail::Other,
        // Archives and documents hold zips, of which one may lie near the end; none ends there.
        _ => tail == Tail::Zip || (tail == Tail::ZipInside && names::is_zip(doc.name())),
    };
    // Two files in one: another program may show the other one.
    if polyglot { outcome.and(Err(Fault::UnknownKind)) } else { outcome }
}

fn read_as(doc: &mut Doc<'_, '_>, kind: Kind, data: &[u8]) -> Result<(), Fault> {
    match kind {
        Kind::ArchiveUnknown | Kind::AudioVideo | Kind::Program | Kind::Unknown => Err(Fault::UnknownKind),
        Kind::Bzip2 | Kind::Gzip | Kind::Xz | Kind::Zstd => stream::read(doc, kind, data),
        Kind::Delimited => plain::delimited(doc, data),
        Kind::Encrypted => plain::encrypted(doc, data),
        Kind::Html => html::read(doc, data),
        // The words in a picture are read by nobody here; it is not even decoded, so its size costs nothing.
        Kind::Image => doc.unread(UnreadReason::ImageOnly),
        Kind::Mail => mail::read(doc, data),
        Kind::Mbox => mail::mailbox(doc, data),
        Kind::Ole => ole::read(doc, data),
        Kind::OpenDocumentXml => markup::flat_open_document(doc, data),
        Kind::Pdf => pdf::read(doc, data),
        Kind::Rtf => rtf::read(doc, data),
        Kind::Script | Kind::Text => plain::text(doc, data),
        Kind::SevenZip => archive::seven_zip(doc, data),
        Kind::Svg => html::picture(doc, data),
        Kind::Tar => archive::tar(doc, data),
        Kind::Zip => zip::read(doc, data),
    }
}

/// Reads the first part of a file, where that makes sense. The caller says that the rest was not examined.
pub(crate) fn read_part(doc: &mut Doc<'_, '_>, kind: Kind, data: &[u8]) -> Result<(), Fault> {
    match kind {
        Kind::Delimited
        | Kind::Html
        | Kind::Mail
        | Kind::Mbox
        | Kind::Rtf
        | Kind::Script
        | Kind::Svg
        | Kind::Tar
        | Kind::Text => read(doc, kind, data),
        _ => Ok(()),
    }
}
