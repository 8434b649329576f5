//! Contents of leaves: transfer encodings and charsets.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_parser::decoders::charsets::map::charset_decoder;

use super::cut;
use super::field::{hex, only_token};
use super::scan::{Header, Node};

/// A `Content-Transfer-Encoding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Base64,
    /// 7bit, 8bit, binary and none: the bytes as they stand.
    Identity,
    /// uuencode and others that MIME does not define: carried, not decoded.
    Other,
    QuotedPrintable,
}

impl Encoding {
    pub(super) fn of(bytes: &[u8], header: &Header) -> Self {
        Self::of_value(header.value(bytes, "content-transfer-encoding").unwrap_or_default())
    }

    fn of_value(value: &[u8]) -> Self {
        match only_token(value).as_deref() {
            Some("base64") => Self::Base64,
            Some("quoted-printable") => Self::QuotedPrintable,
            Some("" | "7bit" | "8bit" | "binary") => Self::Identity,
            _ => Self::Other,
        }
    }
}

/// Decodes a body by the value of its `Content-Transfer-Encoding`; `None` when nothing here knows that encoding.
pub fn decode_transfer<'a>(body: &'a [u8], value: &[u8]) -> Option<Cow<'a, [u8]>> {
    Some(match Encoding::of_value(value) {
        Encoding::Base64 => Cow::Owned(decode_base64_lenient(body)),
        Encoding::QuotedPrintable => Cow::Owned(decode_quoted(body).0),
        Encoding::Identity => Cow::Borrowed(body),
        Encoding::Other => return None,
    })
}

/// Decodes the content of a leaf; what is broken is decoded as far as RFC 2045 section 6.8 lets a reader go.
pub(super) fn decode<'a>(bytes: &'a [u8], node: &Node) -> Cow<'a, [u8]> {
    let body = cut(bytes, node.body.clone());
    match Encoding::of(bytes, &node.header) {
        Encoding::Base64 => Cow::Owned(decode_base64_lenient(body)),
        Encoding::QuotedPrintable => Cow::Owned(decode_quoted(body).0),
        Encoding::Identity | Encoding::Other => Cow::Borrowed(body),
    }
}

/// Decodes a leaf only if nothing about its encoding is in doubt.
pub(super) fn decode_strict(bytes: &[u8], node: &Node) -> Option<Vec<u8>> {
    let body = cut(bytes, node.body.clone());
    match Encoding::of(bytes, &node.header) {
        Encoding::Base64 => {
            let packed: Vec<u8> =
                body.iter().copied().filter(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n')).collect();
            STANDARD.decode(packed).ok()
        }
        Encoding::QuotedPrintable => {
            let (content, good) = decode_quoted(body);
            good.then_some(content)
        }
        Encoding::Identity => Some(body.to_vec()),
        Encoding::Other => None,
    }
}

/// Decodes base64 as RFC 2045 section 6.8 asks of a reader: other characters are ignored, `=` ends a run.
pub(crate) fn decode_base64_lenient(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() / 4 * 3);
    let mut chunk = 0u32;
    let mut count = 0u8;
    for b in body {
        let value = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                finish(&mut out, chunk, count);
                (chunk, count) = (0, 0);
                continue;
            }
            _ => continue,
        };
        chunk = chunk << 6 | u32::from(value);
        count += 1;
        if count == 4 {
            let [_, first, second, third] = chunk.to_be_bytes();
            out.extend([first, second, third]);
            (chunk, count) = (0, 0);
        }
    }
    finish(&mut out, chunk, count);
    out
}

fn finish(out: &mut Vec<u8>, chunk: u32, count: u8) {
    match count {
        2 => out.push((chunk >> 4) as u8),
        3 => out.extend([(chunk >> 10) as u8, (chunk >> 2) as u8]),
        _ => {}
    }
}

/// Decodes quoted-printable; line endings stay as they are. Says whether it was well formed.
fn decode_quoted(body: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(body.len());
    let mut good = true;
    for line in body.split_inclusive(|b| *b == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let ending = cut(line, text.len()..line.len());
        // RFC 2045 section 6.7 rule 3: white space at the end of a line was added on the way.
        let spaces = text.iter().rev().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let text = cut(text, 0..text.len() - spaces);
        let soft = text.last() == Some(&b'=');
        let mut rest = if soft { cut(text, 0..text.len() - 1) } else { text };
        while let Some((b, tail)) = rest.split_first() {
            rest = tail;
            match (b, tail) {
                (b'=', [high, low, more @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                    out.push(hex(*high) << 4 | hex(*low));
                    rest = more;
                }
                (b'=', _) => {
                    good = false;
                    out.push(b'=');
                }
                _ => out.push(*b),
            }
        }
        if !soft {
            out.extend_from_slice(ending);
        }
    }
    (out, good)
}

/// Turns text of a charset into UTF-8. Unknown charsets: UTF-8 if it is that, otherwise Windows-1252.
pub(super) fn charset_text(bytes: &[u8], charset: Option<&str>) -> String {
    let utf8 = std::str::from_utf8(bytes).ok();
    let charset = charset.unwrap_or_default().to_ascii_lowercase();
    match (charset.as_str(), utf8) {
        // Declared ASCII and found UTF-8: a frequent fault, and UTF-8 is hardly ever found by accident.
        ("" | "utf-8" | "utf8" | "us-ascii" | "ascii" | "unknown-8bit", Some(text)) => text.to_owned(),
        ("utf-8" | "utf8", None) => String::from_utf8_lossy(bytes).into_owned(),
        (name, _) => match decoder(name) {
            Some(decode) => decode(bytes),
            None => utf8.map_or_else(|| plain_text(bytes), str::to_owned),
        },
    }
}

/// Says whether a text of this charset can be read. Where it cannot, [`charset_text`] gives what a program would see that knows
/// the charset no better, and another one may see something else.
pub(super) fn is_understood(charset: Option<&str>) -> bool {
    let name = charset.unwrap_or_default().trim().to_ascii_lowercase();
    matches!(name.as_str(), "" | "utf-8" | "utf8" | "us-ascii" | "ascii" | "unknown-8bit")
        || decoder(&name).is_some()
}

/// Finds what decodes a charset; name in lower case.
///
/// For some of the old ones (ISO-2022-KR, HZ) the table has the replacement decoder of the WHATWG encoding standard, which
/// turns every text into one mark: that is none.
fn decoder(name: &str) -> Option<fn(&[u8]) -> String> {
    let decode = charset_decoder(name.as_bytes()).filter(|_| !name.is_empty())?;
    (decode(b"ab") != "\u{fffd}").then_some(decode)
}

/// Reads bytes of no declared charset that are not UTF-8 as Windows-1252: every byte has a character.
pub(super) fn plain_text(bytes: &[u8]) -> String {
    match charset_decoder(b"windows-1252") {
        Some(decode) => decode(bytes),
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}
