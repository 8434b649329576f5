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

/// The longest thing that may stand behind an entry: its sums and sizes once more.
const DESCRIPTOR: u64 = 24;

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

    /// Returns the number of the entry of that name.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|found| found.trim_start_matches('/').eq_ignore_ascii_case(name))
    }

    /// Unpacks the entry of that name, where there is one.
    pub(crate) fn part(&mut self, doc: &mut Doc<'_, '_>, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        let Some(number) = self.find(name) else {
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

    /// Returns whether there are bytes before, between or behind the entries that belong to none of them.
    fn has_gaps(&mut self, data: &[u8]) -> bool {
        let mut entries: Vec<(u64, u64)> = Vec::with_capacity(self.archive.len());
        for number in 0..self.archive.len() {
            let Ok(file) = self.archive.by_index_raw(number) else { return true };
            let Some(start) = file.data_start() else { return true };
            entries.push((file.header_start(), start.saturating_add(file.compressed_size())));
        }
        entries.push((self.archive.central_directory_start(), u64::MAX));
        entries.sort_unstable();
        let mut end = 0;
        for (start, next) in entries {
            if start > end + DESCRIPTOR {
                return true;
            }
            end = end.max(next);
        }
        // Behind the end of the list there is only its comment.
        let comment = self.archive.comment().len();
        data.len().checked_sub(22 + comment).and_then(|at| data.get(at..at + 4)) != Some(b"PK\x05\x06")
    }

    fn comment(&mut self, number: usize) -> String {
        let comment = self.archive.by_index_raw(number).map(|file| file.comment().to_owned());
        comment.ok().filter(|comment| !comment.is_empty()).map(|text| text + "\n").unwrap_or_default()
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
        return twins(&mut package, data).and(office::read(doc, &mut package, data));
    }
    let media_type = media_type(doc, &mut package);
    if let Some(kind) = open_document::kind(&media_type) {
        doc.set_kind(kind);
        return twins(&mut package, data).and(open_document::read(doc, &mut package));
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
    let mut words = String::new();
    for number in 0..package.names.len() {
        let Some(name) = package.names.get(number).cloned() else { break };
        words.push_str(&package.comment(number));
        match package.entry(doc, number) {
            Ok((content, Complete::All)) if content.is_empty() && name.ends_with('/') => {
                words.push_str(&name);
                words.push('\n');
            }
            Ok((content, complete)) => doc.inner_part(&name, "", &content, complete)?,
            Err(fault) => doc.unread_inside(&name, fault)?,
        }
    }
    doc.hidden(Spot::Metadata, &words)?;
    twins(&mut package, data)
}

/// Two entries of one name, or bytes that belong to no entry: another program may show what we did not read.
fn twins(package: &mut Package<'_>, data: &[u8]) -> Result<(), Fault> {
    if package.archive.has_duplicate_names() || package.has_gaps(data) { Err(Fault::Damaged) } else { Ok(()) }
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
