//! Mails that Outlook saved as .msg (MS-OXMSG).

use zegel_core::material::{Spot, UnreadReason};

use super::ole::{self, Compound};
use super::{html, rtf};
use crate::charset;
use crate::reading::{Doc, Fault};

/// Numbers of properties (MS-OXPROPS).
const SUBJECT: &str = "0037";
const SENDER_NAME: &str = "0C1A";
const SENDER_ADDRESS: &str = "0C1F";
const SENDER_SMTP: &str = "5D01";
const TO: &str = "0E04";
const CC: &str = "0E03";
const BCC: &str = "0E02";
const HEADERS: &str = "007D";
const BODY: &str = "1000";
const BODY_HTML: &str = "1013";
const BODY_RTF: &str = "1009";
const MESSAGE_CLASS: &str = "001A";
const FILE_LONG: &str = "3707";
const FILE_SHORT: &str = "3704";
const FILE_TYPE: &str = "370E";
const FILE_DATA: &str = "3701";
const PERSON_NAME: &str = "3001";
const PERSON_ADDRESS: &str = "3003";
const PERSON_SMTP: &str = "39FE";

/// How deep mails may lie in mails inside one file.
const DEEPEST: u32 = 4;

/// Reads the mail in an open file.
pub(crate) fn read(doc: &mut Doc<'_, '_>, file: &mut Compound<'_>) -> Result<(), Fault> {
    folder(doc, file, "", 0)
}

fn folder(doc: &mut Doc<'_, '_>, file: &mut Compound<'_>, at: &str, depth: u32) -> Result<(), Fault> {
    if depth > DEEPEST {
        return Err(Fault::Limit);
    }
    doc.tick()?;
    let mut head = String::new();
    for (label, property) in [
        ("From", SENDER_NAME),
        ("From", SENDER_ADDRESS),
        ("From", SENDER_SMTP),
        ("To", TO),
        ("Cc", CC),
        ("Bcc", BCC),
        ("Subject", SUBJECT),
    ] {
        if let Some(text) = text(doc, file, at, property)? {
            head.push_str(&format!("{label}: {text}\n"));
        }
    }
    let storages: Vec<String> = file
        .read_storage(if at.is_empty() { "/" } else { at })
        .map_err(|_| Fault::Damaged)?
        .filter(|entry| entry.is_storage())
        .map(|entry| format!("{at}/{}", entry.name()))
        .collect();
    let is = |path: &String, beginning: &str| {
        path.rsplit_once('/').is_some_and(|(_, name)| name.starts_with(beginning))
    };
    for person in storages.iter().filter(|path| is(path, "__recip_version1.0")) {
        for property in [PERSON_NAME, PERSON_SMTP, PERSON_ADDRESS] {
            if let Some(text) = text(doc, file, person, property)? {
                head.push_str(&text);
                head.push('\n');
            }
        }
    }
    doc.shown(Spot::Text, &head)?;
    if let Some(body) = text(doc, file, at, BODY)? {
        doc.shown(Spot::Text, &body)?;
    }
    if let Some(page) = bytes(doc, file, at, BODY_HTML)? {
        html::read(doc, &page)?;
    }
    if let Some(packed) = bytes(doc, file, at, BODY_RTF)? {
        match unpack_rtf(&packed) {
            Some(body) => rtf::read(doc, &body)?,
            None => doc.unread(UnreadReason::Damaged)?,
        }
    }
    if let Some(headers) = text(doc, file, at, HEADERS)? {
        doc.hidden(Spot::Metadata, &headers)?;
    }
    // A sealed mail of Outlook: its content is one attachment of S/MIME.
    if text(doc, file, at, MESSAGE_CLASS)?.is_some_and(|class| class.eq_ignore_ascii_case("IPM.Note.SMIME")) {
        doc.unread(UnreadReason::Encrypted)?;
    }
    for attachment in storages.iter().filter(|path| is(path, "__attach_version1.0")) {
        attached(doc, file, attachment, depth)?;
    }
    Ok(())
}

fn attached(doc: &mut Doc<'_, '_>, file: &mut Compound<'_>, at: &str, depth: u32) -> Result<(), Fault> {
    let long = text(doc, file, at, FILE_LONG)?;
    let name = match long {
        Some(name) => name,
        None => text(doc, file, at, FILE_SHORT)?.unwrap_or_else(|| "attachment".to_owned()),
    };
    let media_type = text(doc, file, at, FILE_TYPE)?.unwrap_or_default();
    if let Some(content) = bytes(doc, file, at, FILE_DATA)? {
        return doc.inner(&name, &media_type, &content);
    }
    let inner = format!("{at}/__substg1.0_{FILE_DATA}000D");
    if file.is_storage(&inner) {
        // A mail in the mail is a storage of the same form; other objects are nothing we read.
        return if file.exists(format!("{inner}/__properties_version1.0")) {
            folder(doc, file, &inner, depth + 1)
        } else {
            doc.unread_inside(&name, Fault::UnknownKind)
        };
    }
    doc.unread_inside(&name, Fault::UnknownKind)
}

/// Returns a property that is text, in UTF-16 or in an old charset.
fn text(
    doc: &mut Doc<'_, '_>,
    file: &mut Compound<'_>,
    at: &str,
    property: &str,
) -> Result<Option<String>, Fault> {
    let wide = format!("{at}/__substg1.0_{property}001F");
    if file.is_stream(&wide) {
        let data = ole::stream(doc, file, &wide)?;
        let text = encoding_rs::UTF_16LE.decode_without_bom_handling(&data).0;
        return Ok(Some(text.trim_end_matches('\0').to_owned()));
    }
    let narrow = format!("{at}/__substg1.0_{property}001E");
    if file.is_stream(&narrow) {
        let data = ole::stream(doc, file, &narrow)?;
        return Ok(Some(charset::decode(&data, None).trim_end_matches('\0').to_owned()));
    }
    Ok(None)
}

/// Returns a property that is bytes.
fn bytes(
    doc: &mut Doc<'_, '_>,
    file: &mut Compound<'_>,
    at: &str,
    property: &str,
) -> Result<Option<Vec<u8>>, Fault> {
    let path = format!("{at}/__substg1.0_{property}0102");
    if file.is_stream(&path) { ole::stream(doc, file, &path).map(Some) } else { Ok(None) }
}

/// What the window of the compression holds at first (MS-OXRTFCP).
const DICTIONARY: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

/// The length of the window.
const WINDOW: usize = 4096;

/// Unpacks the RTF of a mail (MS-OXRTFCP). At most seventeen times as long as packed, so it needs no budget.
fn unpack_rtf(packed: &[u8]) -> Option<Vec<u8>> {
    let word = |from: usize| packed.get(from..from + 4)?.try_into().ok().map(u32::from_le_bytes);
    let raw_length = usize::try_from(word(4)?).ok()?;
    let kind = word(8)?;
    let data = packed.get(16..)?;
    if kind == 0x414c_454d {
        return Some(data.get(..raw_length).unwrap_or(data).to_vec());
    }
    if kind != 0x7546_5a4c {
        return None;
    }
    let mut out: Vec<u8> = DICTIONARY.to_vec();
    let start = out.len();
    let mut input = data.iter().copied();
    'all: while let Some(control) = input.next() {
        for bit in 0..8 {
            if control & (1 << bit) == 0 {
                let Some(byte) = input.next() else { break 'all };
                out.push(byte);
                continue;
            }
            let (Some(high), Some(low)) = (input.next(), input.next()) else { break 'all };
            let reference = usize::from(u16::from_be_bytes([high, low]));
            let (offset, length) = (reference >> 4, (reference & 0x0f) + 2);
            let write = out.len() % WINDOW;
            if offset == write {
                break 'all;
            }
            // The window is a ring over what was written; places count from its beginning.
            let back = (write + WINDOW - offset) % WINDOW;
            let from = out.len().checked_sub(back)?;
            for place in from..from + length {
                let byte = *out.get(place)?;
                out.push(byte);
            }
        }
    }
    Some(out.split_off(start))
}
