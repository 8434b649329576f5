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
        note_fields(words, header);
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

/// Notes what stands in a header besides the names: owners, and words where there should be numbers.
fn note_fields(words: &mut String, header: &[u8]) {
    let is_posix = header.get(257..263) == Some(b"ustar\0");
    let owners = [265..297, 297..329];
    let numbers = if is_posix { [100..156, 329..345, 500..512] } else { [100..156, 329..345, 345..512] };
    for field in owners {
        note_field(words, header.get(field).unwrap_or_default(), |byte| byte.is_ascii_graphic());
    }
    for field in numbers {
        note_field(words, header.get(field).unwrap_or_default(), |byte| {
            byte.is_ascii_graphic() && !(b'0'..=b'7').contains(&byte)
        });
    }
}

fn note_field(words: &mut String, field: &[u8], is_word: impl Fn(u8) -> bool) {
    // Large numbers are binary.
    let binary = field.first().is_some_and(|byte| byte & 0x80 != 0);
    if !binary && field.iter().any(|byte| is_word(*byte)) {
        note(words, &charset::decode(field, None).replace('\0', " "));
    }
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
    let stopped = stopped.or(has_more(data).then_some(Fault::Damaged));
    match (stopped, outcome) {
        (Some(fault), _) => Err(fault),
        (None, Err(error)) => Err(fault(&error)),
        (None, Ok(())) => Ok(()),
    }
}

/// Returns whether there is something behind the list of files, which stands at the end of a 7z.
fn has_more(data: &[u8]) -> bool {
    let number = |from: usize| {
        let eight = data.get(from..from + 8)?.try_into().ok().map(u64::from_le_bytes)?;
        usize::try_from(eight).ok()
    };
    let end = || number(12)?.checked_add(number(20)?)?.checked_add(32);
    let behind = end().and_then(|end| data.get(end..));
    behind.is_none_or(|behind| behind.iter().any(|byte| *byte != 0))
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
