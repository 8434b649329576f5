//! tar and 7z.

use std::io::Cursor;

use sevenz_rust2::{ArchiveReader, Error, Password};

use crate::charset;
use crate::reading::{Complete, Doc, Fault};

/// The length of a block of tar.
const BLOCK: usize = 512;

/// Reads the files of a tar: ustar, with the long names of GNU and of POSIX.
pub(crate) fn tar(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    let mut rest = data;
    let mut long_name: Option<String> = None;
    while let Some((header, after)) = rest.split_at_checked(BLOCK) {
        doc.tick()?;
        if header.iter().all(|byte| *byte == 0) {
            return Ok(());
        }
        let length = size(header).ok_or(Fault::Damaged)?;
        let content = match after.get(..length) {
            Some(content) => content,
            // Cut off: what is there of the last file is read as far as it goes.
            None => {
                let name = long_name.take().unwrap_or_else(|| name(header));
                doc.inner_part(&name, "", after, Complete::Broken)?;
                return Err(Fault::Damaged);
            }
        };
        rest = after.get(length.next_multiple_of(BLOCK)..).unwrap_or_default();
        match header.get(156) {
            Some(b'L') => long_name = Some(text(content)),
            Some(b'x') => long_name = extended_name(content).or(long_name),
            Some(b'g' | b'K') => {}
            Some(b'0' | b'7' | 0) => {
                let name = long_name.take().unwrap_or_else(|| name(header));
                if !name.ends_with('/') {
                    doc.inner(&name, "", content)?;
                }
            }
            // Folders, links and devices have no content; sparse files have a form of their own.
            Some(b'S') => {
                let name = long_name.take().unwrap_or_else(|| name(header));
                doc.unread_inside(&name, Fault::UnknownKind)?;
            }
            _ => long_name = None,
        }
    }
    if rest.is_empty() { Ok(()) } else { Err(Fault::Damaged) }
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

/// Finds `path` in records of the form "length key=value\n".
fn extended_name(content: &[u8]) -> Option<String> {
    charset::decode(content, None)
        .lines()
        .filter_map(|line| line.split_once(' '))
        .find_map(|(_, record)| record.strip_prefix("path=").map(str::to_owned))
}

/// Reads the files of a 7z.
pub(crate) fn seven_zip(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    let mut archive =
        ArchiveReader::new(Cursor::new(data), Password::empty()).map_err(|error| fault(&error))?;
    // The child has one thread and cannot make another.
    archive.set_thread_count(1);
    let mut stopped = None;
    let outcome = archive.for_each_entries(|entry, source| {
        if entry.is_directory() {
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
