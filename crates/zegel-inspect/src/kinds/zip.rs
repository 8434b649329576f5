//! zip: an archive, or a document or a program in the form of one.

use std::io::Cursor;

use zegel_core::material::{FileKind, Spot};
use zip::ZipArchive;
use zip::result::ZipError;

use super::{office, open_document};
use crate::charset;
use crate::reading::{Complete, Doc, Fault};

/// The longest part that is looked at to find out what the whole is.
const SHORT: u64 = 1024;

/// An open zip with the names in it.
pub(crate) struct Package<'d> {
    archive: ZipArchive<Cursor<&'d [u8]>>,
    names: Vec<String>,
}

impl<'d> Package<'d> {
    /// Reads the names.
    pub(crate) fn open(doc: &Doc<'_, '_>, data: &'d [u8]) -> Result<Self, Fault> {
        let archive = ZipArchive::new(Cursor::new(data)).map_err(|error| fault(&error))?;
        let mut names = Vec::with_capacity(archive.len());
        for raw in archive.file_names_raw() {
            doc.tick()?;
            names.push(charset::decode(raw, None).replace('\\', "/"));
        }
        Ok(Self { archive, names })
    }

    /// Returns the names of all entries, by their number.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns whether there is an entry of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|found| found.eq_ignore_ascii_case(name))
    }

    /// Unpacks the entry of that name, where there is one.
    pub(crate) fn part(&mut self, doc: &mut Doc<'_, '_>, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        let Some(number) = self.names.iter().position(|found| found.eq_ignore_ascii_case(name)) else {
            return Ok(None);
        };
        match self.entry(doc, number)? {
            (data, Complete::All) => Ok(Some(data)),
            (_, Complete::Broken) => Err(Fault::Damaged),
            (_, Complete::PartOf(_)) => Err(Fault::Limit),
        }
    }

    /// Unpacks an entry by its number, or the first part of it.
    pub(crate) fn entry(
        &mut self,
        doc: &mut Doc<'_, '_>,
        number: usize,
    ) -> Result<(Vec<u8>, Complete), Fault> {
        let file = self.archive.by_index(number).map_err(|error| fault(&error))?;
        let packed = file.compressed_size();
        // The size that the entry states is not believed, and nothing is allocated for it.
        doc.unpack_part(file, packed)
    }

    fn is_short(&mut self, number: usize) -> bool {
        self.archive.by_index_raw(number).is_ok_and(|file| file.size() <= SHORT)
    }
}

fn fault(error: &ZipError) -> Fault {
    match error {
        ZipError::UnsupportedArchive(text) if *text == ZipError::PASSWORD_REQUIRED => Fault::Encrypted,
        ZipError::InvalidPassword => Fault::Encrypted,
        // 99 is the number of AES.
        ZipError::CompressionMethodNotSupported(99) => Fault::Encrypted,
        ZipError::CompressionMethodNotSupported(_) | ZipError::UnsupportedArchive(_) => Fault::UnknownKind,
        _ => Fault::Damaged,
    }
}

/// Reads whatever the zip is.
pub(crate) fn read(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    let mut package = Package::open(doc, data)?;
    if let Some(kind) = office::kind(&package) {
        doc.set_kind(kind);
        return twins(&package).and(office::read(doc, &mut package, data));
    }
    let media_type = media_type(doc, &mut package);
    if let Some(kind) = open_document::kind(&media_type) {
        doc.set_kind(kind);
        return twins(&package).and(open_document::read(doc, &mut package));
    }
    if media_type.starts_with("application/epub") {
        doc.set_kind(FileKind::Document);
    }
    let is_java =
        package.has("META-INF/MANIFEST.MF") && package.names().iter().any(|name| name.ends_with(".class"));
    if is_java || package.has("AndroidManifest.xml") || package.has("AppxManifest.xml") {
        doc.set_kind(FileKind::Executable);
        return Err(Fault::UnknownKind);
    }
    let comment = charset::decode(package.archive.comment(), None).into_owned();
    doc.hidden(Spot::Metadata, &comment)?;
    for number in 0..package.names.len() {
        let Some(name) = package.names.get(number).cloned() else { break };
        if name.ends_with('/') {
            continue;
        }
        match package.entry(doc, number) {
            Ok((content, complete)) => doc.inner_part(&name, "", &content, complete)?,
            Err(fault) => doc.unread_inside(&name, fault)?,
        }
    }
    twins(&package)
}

/// Two entries of one name: another program may show the one that we did not read.
fn twins(package: &Package<'_>) -> Result<(), Fault> {
    if package.archive.has_duplicate_names() { Err(Fault::Damaged) } else { Ok(()) }
}

/// Returns what an OpenDocument file or a book says it is.
fn media_type(doc: &mut Doc<'_, '_>, package: &mut Package<'_>) -> String {
    let number = package.names.iter().position(|name| name == "mimetype");
    match number {
        Some(number) if package.is_short(number) => match package.entry(doc, number) {
            Ok((text, Complete::All)) => charset::decode(&text, None).trim().to_owned(),
            _ => String::new(),
        },
        _ => String::new(),
    }
}
