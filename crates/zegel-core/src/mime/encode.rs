//! Writes header fields and base64.

use std::io::{self, Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::field::clean;
use crate::address::Mailbox;

/// Longest line of a header, without its ending (RFC 5322 section 2.1.1).
const LINE: usize = 78;
/// Bytes of text in one encoded word: 52 characters of base64, 64 with its frame, so a field name fits before it.
const WORD_BYTES: usize = 39;
/// Bytes of content in one line of base64: 76 columns (RFC 2045 section 6.8).
pub(super) const BASE64_LINE: usize = 57;

/// Writes one field from its words, folded between them.
pub(super) fn fold(name: &str, words: &[String], eol: &str) -> String {
    let mut out = format!("{name}:");
    let mut column = out.chars().count();
    for word in words {
        let width = word.chars().count();
        if column + 1 + width > LINE && column > 1 {
            out.push_str(eol);
            column = 0;
        }
        out.push(' ');
        out.push_str(word);
        column += 1 + width;
    }
    out.push_str(eol);
    out
}

/// Turns free text into words for a header: as it is when it is short plain ASCII, otherwise encoded (RFC 2047).
pub(super) fn text_words(text: &str) -> Vec<String> {
    let text = clean(text);
    let plain = text.is_ascii() && !text.contains("=?") && text.split(' ').all(|w| w.len() <= LINE - 12);
    if plain { text.split(' ').map(str::to_owned).collect() } else { encoded_words(&text) }
}

/// Turns mailboxes into words for a header, with commas between them.
///
/// Names go through [`clean`] here again, whatever the caller did: no CR or LF can reach a header (T34).
pub(super) fn mailbox_words(mailboxes: &[Mailbox]) -> Vec<String> {
    let mut words = Vec::new();
    for (index, mailbox) in mailboxes.iter().enumerate() {
        let comma = if index + 1 < mailboxes.len() { "," } else { "" };
        let name = mailbox.name.as_deref().map(clean).unwrap_or_default();
        if name.is_empty() {
            words.push(format!("{}{comma}", mailbox.address));
            continue;
        }
        words.extend(phrase(&name));
        words.push(format!("<{}>{comma}", mailbox.address));
    }
    words
}

/// Writes a display name (RFC 5322 section 3.2.5, RFC 2047 section 5).
fn phrase(name: &str) -> Vec<String> {
    let atom = |w: &str| {
        !w.is_empty() && w.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/?^_`{|}~".contains(&b))
    };
    if !name.is_ascii() || name.len() > 60 || name.contains("=?") {
        return encoded_words(name);
    }
    if name.split(' ').all(atom) {
        return name.split(' ').map(str::to_owned).collect();
    }
    let mut quoted = String::from("\"");
    for c in name.chars() {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    vec![quoted]
}

fn encoded_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut piece = String::new();
    for c in text.chars() {
        // RFC 2047 section 5: a character is never split over two words.
        if piece.len() + c.len_utf8() > WORD_BYTES {
            words.push(format!("=?utf-8?B?{}?=", STANDARD.encode(&piece)));
            piece.clear();
        }
        piece.push(c);
    }
    if !piece.is_empty() {
        words.push(format!("=?utf-8?B?{}?=", STANDARD.encode(&piece)));
    }
    words
}

/// Writes content as lines of base64, with a line ending between them and none after the last.
pub(super) fn write_base64(content: &mut dyn Read, out: &mut dyn Write, eol: &[u8]) -> io::Result<u64> {
    let mut block = vec![0u8; BASE64_LINE * 1024];
    let mut text = String::with_capacity(BASE64_LINE * 1024 / 3 * 4);
    let mut lines = Vec::with_capacity(80 * 1024);
    let mut written = 0u64;
    loop {
        let mut filled = 0;
        while let Some(free) = block.get_mut(filled..).filter(|f| !f.is_empty()) {
            match content.read(free) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        text.clear();
        lines.clear();
        STANDARD.encode_string(block.get(..filled).unwrap_or_default(), &mut text);
        for line in text.as_bytes().chunks(76) {
            if written > 0 || !lines.is_empty() {
                lines.extend_from_slice(eol);
            }
            lines.extend_from_slice(line);
        }
        out.write_all(&lines)?;
        written += lines.len() as u64;
        if filled < block.len() {
            return Ok(written);
        }
    }
}
