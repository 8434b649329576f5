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

/// Properties that are bodies or names of files, and handed on as such.
const READ: &[&str] = &[BODY, BODY_HTML, HEADERS, FILE_LONG, FILE_SHORT, FILE_TYPE];

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
    if let Some(page) = text(doc, file, at, BODY_HTML)? {
        html::decoded(doc, &page)?;
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
    let mut others = others(doc, file, at, &head)?;
    for storage in storages.iter().filter(|path| !is(path, "__nameid_version1.0")) {
        others.push_str(&self::others(doc, file, storage, &head)?);
    }
    doc.hidden(Spot::Metadata, &others)?;
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

/// Returns a property that is text: in UTF-16, in an old charset, or both where they differ.
fn text(
    doc: &mut Doc<'_, '_>,
    file: &mut Compound<'_>,
    at: &str,
    property: &str,
) -> Result<Option<String>, Fault> {
    let mut found: Option<String> = None;
    for kind in ["001F", "001E"] {
        let path = format!("{at}/__substg1.0_{property}{kind}");
        if !file.is_stream(&path) {
            continue;
        }
        let text = string(doc, file, &path)?;
        found = Some(match found {
            Some(wide) if !is_same(&wide, &text) => format!("{wide}\n{text}"),
            Some(wide) => wide,
            None => text,
        });
    }
    Ok(found)
}

/// Returns whether two texts are the same as far as every charset can write them.
fn is_same(one: &str, other: &str) -> bool {
    let common = |text: &str| text.bytes().filter(u8::is_ascii_alphanumeric).collect::<Vec<u8>>();
    common(one) == common(other)
}

/// Reads a stream that is text, in the charset that its name says.
fn string(doc: &mut Doc<'_, '_>, file: &mut Compound<'_>, path: &str) -> Result<String, Fault> {
    let data = ole::stream(doc, file, path)?;
    let is_wide =
        path.get(path.len().saturating_sub(4)..).is_some_and(|kind| kind.eq_ignore_ascii_case("001F"));
    let text = if is_wide {
        encoding_rs::UTF_16LE.decode_without_bom_handling(&data).0
    } else {
        charset::decode(&data, None)
    };
    Ok(text.trim_end_matches('\0').to_owned())
}

/// Collects every other text of a mail, a person or an attachment: places of meetings, telephone numbers, tasks.
fn others(doc: &mut Doc<'_, '_>, file: &mut Compound<'_>, at: &str, head: &str) -> Result<String, Fault> {
    let entries = file.read_storage(if at.is_empty() { "/" } else { at }).map_err(|_| Fault::Damaged)?;
    let names: Vec<String> =
        entries.filter(cfb::Entry::is_stream).map(|entry| entry.name().to_owned()).collect();
    let mut out = String::new();
    for name in names {
        doc.tick()?;
        // A property of many values has a stream for each.
        let Some(property) = name.strip_prefix("__substg1.0_") else { continue };
        let Some((number, kind)) = property.split_at_checked(4) else { continue };
        let kind = kind.to_ascii_uppercase();
        let is_text = matches!(kind.as_str(), "001F" | "001E") && !READ.contains(&number);
        let is_list = kind.starts_with("101F-") || kind.starts_with("101E-");
        if !is_text && !is_list {
            continue;
        }
        let path = format!("{at}/{name}");
        let text = if is_list && kind.starts_with("101F") {
            let data = ole::stream(doc, file, &path)?;
            encoding_rs::UTF_16LE.decode_without_bom_handling(&data).0.trim_end_matches('\0').to_owned()
        } else {
            string(doc, file, &path)?
        };
        if !head.contains(&text) {
            out.push_str(&text);
            out.push('\n');
        }
    }
    Ok(out)
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
