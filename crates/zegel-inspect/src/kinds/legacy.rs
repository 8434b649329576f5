//! Text of Word and PowerPoint files of before 2007 (MS-DOC, MS-PPT).

use flate2::read::ZlibDecoder;
use zegel_core::material::{Mark, Spot, UnreadReason};

use super::ole::{self, Compound};
use crate::reading::{Complete, Doc, Fault};

/// The mark of a Word file since 1997.
const WORD_97: u16 = 0xa5ec;

/// Records of PowerPoint that hold text: in UTF-16, in Latin-1, and names and the like in UTF-16.
const TEXT_WIDE: u16 = 0x0fa0;
const TEXT_NARROW: u16 = 0x0fa8;
const TEXT_OTHER: u16 = 0x0fba;

/// Records of PowerPoint that hold other records, whose texts ask to click on them.
const MASTER: u16 = 0x03f8;
const HANDOUT: u16 = 0x0fc9;

/// A record of PowerPoint that holds a compound file: an object or macros.
const STORAGE: u16 = 0x1011;

/// The version that says that a record of PowerPoint holds records.
const CONTAINER: u16 = 0x000f;

fn word(data: &[u8], at: usize) -> Option<u16> {
    data.get(at..at.checked_add(2)?)?.try_into().ok().map(u16::from_le_bytes)
}

fn long(data: &[u8], at: usize) -> Option<usize> {
    let value = data.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes)?;
    usize::try_from(value).ok()
}

/// Reads a Word file: its text is in pieces, and a table says where.
pub(crate) fn letter(doc: &mut Doc<'_, '_>, file: &mut Compound<'_>) -> Result<(), Fault> {
    let main = ole::stream(doc, file, "WordDocument")?;
    let flags = word(&main, 10).ok_or(Fault::Damaged)?;
    if flags & 0x0100 != 0 {
        return Err(Fault::Encrypted);
    }
    // Word 6 and 95 keep their text in another way.
    if word(&main, 0) != Some(WORD_97) {
        return Err(Fault::UnknownKind);
    }
    let table = ole::stream(doc, file, if flags & 0x0200 != 0 { "1Table" } else { "0Table" })?;
    let text = pieces(doc, &main, &table)?;
    let pictures = has_pictures(doc, file, &text)?;
    let mut rest: Vec<char> = text.chars().collect();
    let mut empty = true;
    // The lengths of the parts, one after the other: body, notes, headers, (macros), comments, end notes, text boxes twice.
    for (place, spot) in [
        (0x4c, Spot::Text),
        (0x50, Spot::Text),
        (0x54, Spot::Text),
        (0x58, Spot::Text),
        (0x5c, Spot::Comments),
        (0x60, Spot::Text),
        (0x64, Spot::Text),
        (0x68, Spot::Text),
    ] {
        let length = long(&main, place).unwrap_or(0).min(rest.len());
        let part: Vec<char> = rest.drain(..length).collect();
        let part = plain(part);
        empty &= part.trim().is_empty();
        doc.shown(spot, &part)?;
    }
    let rest = plain(rest);
    doc.shown(Spot::Text, &rest)?;
    // A scan pasted into a letter: nothing in it was read.
    if pictures && empty && rest.trim().is_empty() { doc.unread(UnreadReason::ImageOnly) } else { Ok(()) }
}

/// Returns whether there are pictures or drawings in a Word file: their marks in the text, or what they are kept in.
fn has_pictures(doc: &mut Doc<'_, '_>, file: &mut Compound<'_>, text: &str) -> Result<bool, Fault> {
    if text.contains(['\u{1}', '\u{8}']) {
        return Ok(true);
    }
    Ok(file.is_stream("Data") && ole::stream(doc, file, "Data")?.iter().any(|byte| *byte != 0))
}

/// Collects the pieces in their order. A character outside the basic plane counts as one here, and as two in the lengths;
/// the parts are told apart a little later then, and none is lost.
fn pieces(doc: &mut Doc<'_, '_>, main: &[u8], table: &[u8]) -> Result<String, Fault> {
    let start = long(main, 0x1a2).ok_or(Fault::Damaged)?;
    let length = long(main, 0x1a6).ok_or(Fault::Damaged)?;
    let mut rest = start.checked_add(length).and_then(|end| table.get(start..end)).ok_or(Fault::Damaged)?;
    // Properties come first, each with its length.
    while let Some((1, after)) = rest.split_first() {
        let length = usize::from(word(after, 0).ok_or(Fault::Damaged)?);
        rest = after.get(2 + length..).ok_or(Fault::Damaged)?;
    }
    let list = match rest.split_first() {
        Some((2, after)) => after.get(4..).ok_or(Fault::Damaged)?,
        _ => return Err(Fault::Damaged),
    };
    // n + 1 places of four bytes and n descriptions of eight.
    let count = list.len().checked_sub(4).ok_or(Fault::Damaged)? / 12;
    let mut text = String::new();
    for number in 0..count {
        doc.tick()?;
        let from = long(list, number * 4).ok_or(Fault::Damaged)?;
        let to = long(list, number * 4 + 4).ok_or(Fault::Damaged)?;
        let characters = to.checked_sub(from).ok_or(Fault::Damaged)?;
        let place = long(list, (count + 1) * 4 + number * 8 + 2).ok_or(Fault::Damaged)?;
        let (start, length, wide) = if place & 0x4000_0000 != 0 {
            ((place & 0x3fff_ffff) / 2, characters, false)
        } else {
            (place, characters.saturating_mul(2), true)
        };
        let piece = start.checked_add(length).and_then(|end| main.get(start..end)).ok_or(Fault::Damaged)?;
        // Pieces that overlap could be many times longer than the file.
        doc.spend(piece.len())?;
        let encoding = if wide { encoding_rs::UTF_16LE } else { encoding_rs::WINDOWS_1252 };
        text.push_str(&encoding.decode_without_bom_handling(piece).0);
    }
    Ok(text)
}

/// Turns the marks between characters into what they look like.
fn plain(characters: Vec<char>) -> String {
    let mut out = String::with_capacity(characters.len());
    for character in characters {
        match character {
            '\r' | '\u{b}' | '\u{c}' | '\u{e}' => out.push('\n'),
            '\u{7}' | '\t' => out.push('\t'),
            '\u{1e}' => out.push('-'),
            // Codes of fields stand between 13 and 14 and are text too; pictures and notes are single marks.
            '\u{13}'..='\u{15}' => out.push(' '),
            '\0'..='\u{1f}' => {}
            other => out.push(other),
        }
    }
    out
}

/// Reads a PowerPoint file: every text in it, whichever slide shows it, older versions included.
pub(crate) fn talk(doc: &mut Doc<'_, '_>, file: &mut Compound<'_>) -> Result<(), Fault> {
    let records = ole::stream(doc, file, "PowerPoint Document")?;
    let mut shown = String::new();
    let mut rest = records.as_slice();
    let mut outcome = Ok(());
    // How much is left where the present master ends.
    let mut master_until = usize::MAX;
    let (mut own_text, mut objects) = (false, 0_u32);
    while let Some((head, after)) = rest.split_at_checked(8) {
        if let Err(fault) = doc.tick() {
            outcome = Err(fault);
            break;
        }
        let version = word(head, 0).unwrap_or(0) & 0x000f;
        let kind = word(head, 2).unwrap_or(0);
        let length = long(head, 4).unwrap_or(0);
        // What holds records is read into: its head is skipped, its content comes next.
        if version == CONTAINER {
            if matches!(kind, MASTER | HANDOUT) {
                master_until = after.len().saturating_sub(length);
            }
            rest = after;
            continue;
        }
        let Some((content, next)) = after.split_at_checked(length) else {
            outcome = Err(Fault::Damaged);
            break;
        };
        let in_master = after.len() > master_until;
        rest = next;
        if kind == STORAGE {
            objects += 1;
            let packed = word(head, 0).unwrap_or(0) >> 4 == 1;
            if let Err(fault) = object(doc, objects, content, packed) {
                outcome = Err(fault);
                break;
            }
            continue;
        }
        let encoding = match kind {
            TEXT_WIDE | TEXT_OTHER => encoding_rs::UTF_16LE,
            TEXT_NARROW => encoding_rs::WINDOWS_1252,
            _ => continue,
        };
        let text = encoding.decode_without_bom_handling(content).0;
        own_text |= !in_master && kind != TEXT_OTHER && text.contains(char::is_alphanumeric);
        shown.push_str(&plain(text.chars().collect()));
        shown.push('\n');
    }
    doc.shown(Spot::Text, &shown)?;
    outcome?;
    // Slides that are only pictures: nothing in them was read.
    let pictures = file.is_stream("Pictures") && !ole::stream(doc, file, "Pictures")?.is_empty();
    if pictures && !own_text { doc.unread(UnreadReason::ImageOnly) } else { Ok(()) }
}

/// Reads a compound file in a presentation (MS-PPT, ExOleObjStg): packed, its length comes first.
fn object(doc: &mut Doc<'_, '_>, number: u32, content: &[u8], packed: bool) -> Result<(), Fault> {
    let name = format!("object {number}");
    if !packed {
        return stored(doc, &name, content);
    }
    let source = ZlibDecoder::new(content.get(4..).unwrap_or_default());
    let (content, complete) = doc.unpack_part(source, content.len() as u64)?;
    if complete != Complete::All {
        doc.mark(Mark::EmbeddedFiles);
        return doc.inner_part(&name, "", &content, complete);
    }
    stored(doc, &name, &content)
}

fn stored(doc: &mut Doc<'_, '_>, name: &str, content: &[u8]) -> Result<(), Fault> {
    if ole::is_code(content) {
        doc.mark(Mark::Macros);
        return Ok(());
    }
    doc.mark(Mark::EmbeddedFiles);
    doc.inner(name, "", content)
}
