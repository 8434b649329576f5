//! tar and 7z.

use std::io::Cursor;

use sevenz_rust2::{ArchiveReader, Error, Password};
use zegel_core::material::Spot;

use crate::charset;
use crate::reading::{Complete, Doc, Fault};

/// The length of a block of tar.
const BLOCK: usize = 512;

/// Reads the files of a tar: ustar, with the long names of GNU and of POSIX.
pub(crate) fn tar(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    let mut rest = data;
    let mut words = String::new();
    let outcome = members(doc, &mut rest, &mut words);
    doc.hidden(Spot::Metadata, &words)?;
    outcome?;
    // Some programs read on behind the end.
    if rest.iter().all(|byte| *byte == 0) { Ok(()) } else { Err(Fault::Damaged) }
}

fn members(doc: &mut Doc<'_, '_>, rest: &mut &[u8], words: &mut String) -> Result<(), Fault> {
    let mut long_name: Option<String> = None;
    let mut long_length: Option<usize> = None;
    let mut worst = Ok(());
    while let Some((header, after)) = rest.split_at_checked(BLOCK) {
        doc.tick()?;
        if header.iter().all(|byte| *byte == 0) {
            *rest = after;
            return worst;
        }
        let length = match long_length.take() {
            Some(length) => length,
            None => size(header).ok_or(Fault::Damaged)?,
        };
        let content = match after.get(..length) {
            Some(content) => content,
            // Cut off: what is there of the last file is read as far as it goes.
            None => {
                *rest = &[];
                let name = long_name.take().unwrap_or_else(|| name(header));
                doc.inner_part(&name, "", after, Complete::Broken)?;
                return Err(Fault::Damaged);
            }
        };
        let (filled, next) = after.split_at_checked(length.next_multiple_of(BLOCK)).unwrap_or((after, &[]));
        *rest = next;
        // A file is filled up with zeros.
        if filled.get(length..).unwrap_or_default().iter().any(|byte| *byte != 0) {
            worst = Err(Fault::Damaged);
        }
        let kind = header.get(156).copied().unwrap_or(0);
        match kind {
            b'L' => long_name = Some(text(content)),
            b'K' => note(words, &text(content)),
            b'x' => {
                note(words, &charset::decode(content, None));
                long_name = extended(content, "path=").or(long_name);
                long_length = extended(content, "size=").and_then(|digits| digits.parse().ok());
            }
            b'g' => {
                note(words, &charset::decode(content, None));
                // It would hold for every file that follows.
                if extended(content, "path=").or_else(|| extended(content, "size=")).is_some() {
                    worst = Err(Fault::Damaged);
                }
            }
            // Sparse files have a form of their own.
            b'S' => {
                let name = long_name.take().unwrap_or_else(|| name(header));
                doc.unread_inside(&name, Fault::UnknownKind)?;
            }
            // Links, devices, folders and pipes: they have no content, and names of their own.
            b'1'..=b'6' => {
                note(words, &long_name.take().unwrap_or_else(|| name(header)));
                note(words, &text(header.get(157..257).unwrap_or_default()));
                if !content.is_empty() {
                    // Programs disagree whether it is content or the next file.
                    doc.inner(&name(header), "", content)?;
                    worst = Err(Fault::Damaged);
                }
            }
            // POSIX: whatever else there is, is a file.
            _ => {
                let name = long_name.take().unwrap_or_else(|| name(header));
                if name.ends_with('/') && content.is_empty() {
                    note(words, &name);
                } else {
                    doc.inner(&name, "", content)?;
                }
            }
        }
    }
    if rest.is_empty() { worst } else { Err(Fault::Damaged) }
}

fn note(words: &mut String, text: &str) {
    words.push_str(text.trim());
    words.push('\n');
}

fn name(header: &[u8]) -> String {
    let own = text(header.get(..100).unwrap_or_default());
    let prefix = if header.get(257..263) == Some(b"ustar\0") {
        text(header.get(345..500).unwrap_or_default())
    } else {
        String::new()
    };
    if prefix.is_empty() { own } else { format!("{prefix}/{own}") }
}

fn text(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    charset::decode(field.get(..end).unwrap_or_default(), None).into_owned()
}

/// The length: octal digits, or binary for what does not fit.
fn size(header: &[u8]) -> Option<usize> {
    let field = header.get(124..136)?;
    if field.first()? & 0x80 != 0 {
        let (_, low) = field.split_last_chunk::<8>()?;
        return usize::try_from(u64::from_be_bytes(*low)).ok();
    }
    let digits = text(field);
    let digits = digits.trim_matches([' ', '\0']);
    if digits.is_empty() { Some(0) } else { usize::from_str_radix(digits, 8).ok() }
}

/// Finds a value in records of the form "length key=value\n".
fn extended(content: &[u8], key: &str) -> Option<String> {
    charset::decode(content, None)
        .lines()
        .filter_map(|line| line.split_once(' '))
        .find_map(|(_, record)| record.strip_prefix(key).map(str::to_owned))
}

/// Reads the files of a 7z.
pub(crate) fn seven_zip(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    let mut archive =
        ArchiveReader::new(Cursor::new(data), Password::empty()).map_err(|error| fault(&error))?;
    // The child has one thread and cannot make another.
    archive.set_thread_count(1);
    let mut stopped = None;
    let mut folders = String::new();
    let outcome = archive.for_each_entries(|entry, source| {
        if entry.is_directory() && !entry.has_stream() {
            note(&mut folders, entry.name());
            return Ok(true);
        }
        let result = doc.unpack_part(source, data.len() as u64).and_then(|(content, complete)| {
            doc.inner_part(entry.name(), "", &content, complete).map(|()| complete)
        });
        match result {
            // In a solid archive what follows could only be reached through the rest of this one.
            Ok(Complete::All) => Ok(true),
            Ok(Complete::Broken) => {
                stopped = Some(Fault::Damaged);
                Ok(false)
            }
            Ok(Complete::PartOf(_)) => {
                stopped = Some(Fault::Limit);
                Ok(false)
            }
            Err(fault) => {
                stopped = Some(fault);
                Ok(false)
            }
        }
    });
    doc.hidden(Spot::Metadata, &folders)?;
    match (stopped, outcome) {
        (Some(fault), _) => Err(fault),
        (None, Err(error)) => Err(fault(&error)),
        (None, Ok(())) => Ok(()),
    }
}

fn fault(error: &Error) -> Fault {
    match error {
        Error::PasswordRequired | Error::MaybeBadPassword(_) => Fault::Encrypted,
        Error::MaxMemLimited { .. } => Fault::Limit,
        // Without its cryptography the library does not know AES by name.
        Error::UnsupportedCompressionMethod(name)
            if name.contains("AES") || name.contains("[6, 241, 7, 1]") =>
        {
            Fault::Encrypted
        }
        Error::UnsupportedCompressionMethod(_) | Error::Unsupported(_) | Error::ExternalUnsupported => {
            Fault::UnknownKind
        }
        _ => Fault::Damaged,
    }
}
