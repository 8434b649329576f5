//! Values of single header fields: text, media types, dates, message ids.

use mail_parser::parsers::MessageStream;
use mail_parser::{DateTime, HeaderValue};

use super::content::{charset_text, decode_base64_lenient, is_understood, plain_text};
use super::cut;
use super::scan::Header;
use crate::address::is_invisible;
use crate::time::Timestamp;

/// Longest part of a parameter field that is looked at: mail-parser joins continuations in quadratic time.
pub(super) const PARAMETERS_MAX: usize = 8 << 10;
/// Longest encoded word that is decoded; RFC 2047 allows 75, broken programs write whole lines.
const WORD_MAX: usize = 2_000;
/// How far the end of an encoded word is looked for behind a stray `?`.
const WORD_NEAR: usize = 150;
/// Longest message id that is taken for one.
const ID_MAX: usize = 250;

/// A `Content-Type`: what is declared, or the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MediaType {
    essence: String,
    parameters: Vec<(String, String)>,
}

impl MediaType {
    /// Reads the type of an entity; without one it is `text/plain`, inside a digest `message/rfc822`.
    pub(super) fn of(bytes: &[u8], header: &Header, in_digest: bool) -> Self {
        let default = if in_digest { "message/rfc822" } else { "text/plain" };
        match header.value(bytes, "content-type") {
            Some(value) => Self {
                // RFC 2045 section 5.2: what cannot be understood is text/plain.
                essence: type_token(value).map_or_else(|| "text/plain".to_owned(), |(essence, _)| essence),
                parameters: parameters(value).1,
            },
            None => Self { essence: default.to_owned(), parameters: Vec::new() },
        }
    }

    /// Returns `type/subtype` in lower case.
    pub(super) fn essence(&self) -> &str {
        &self.essence
    }

    pub(super) fn is(&self, essence: &str) -> bool {
        self.essence == essence
    }

    /// Returns the type without the subtype.
    pub(super) fn kind(&self) -> &str {
        self.essence.split('/').next().unwrap_or_default()
    }

    /// Returns the first value of a parameter (name in lower case).
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Counts the parameters of a name.
    pub(super) fn count(&self, name: &str) -> usize {
        self.parameters.iter().filter(|(n, _)| n == name).count()
    }

    /// Returns all parameters but the one of RFC 9788.
    pub(super) fn without_protection(&self) -> Vec<&(String, String)> {
        self.parameters.iter().filter(|(n, _)| n != "hp").collect()
    }

    /// Returns the boundary of a multipart.
    pub(super) fn boundary(&self) -> Option<&[u8]> {
        if self.kind() != "multipart" {
            return None;
        }
        self.parameter("boundary").map(|b| b.trim_end().as_bytes()).filter(|b| !b.is_empty())
    }
}

/// Reads a `Content-Disposition`: whether it says attachment, and the file name.
pub(super) fn disposition(bytes: &[u8], header: &Header) -> (bool, Option<String>) {
    let Some(value) = header.value(bytes, "content-disposition") else { return (false, None) };
    let (kind, parameters) = parameters(value);
    let name = parameters.into_iter().find(|(n, _)| n == "filename").map(|(_, v)| v);
    (kind.eq_ignore_ascii_case("attachment"), name)
}

/// Finds `type/subtype` at the start of a value; returns it in lower case with the offset where it ends.
pub(super) fn type_token(value: &[u8]) -> Option<(String, usize)> {
    let start = skip_comments(value, 0);
    let slash = skip_token(value, start);
    let after = skip_comments(value, slash);
    if slash == start || value.get(after) != Some(&b'/') {
        return None;
    }
    let second = skip_comments(value, after + 1);
    let end = skip_token(value, second);
    if end == second {
        return None;
    }
    let text = [cut(value, start..slash), b"/", cut(value, second..end)].concat();
    Some((String::from_utf8(text).ok()?.to_ascii_lowercase(), end))
}

/// Returns the one token of a value in lower case, with comments before and behind it (RFC 2045 section 6.1) or a `;`.
pub(super) fn only_token(value: &[u8]) -> Option<String> {
    let start = skip_comments(value, 0);
    let end = skip_token(value, start);
    ends_clean(value, end).then(|| String::from_utf8_lossy(cut(value, start..end)).to_ascii_lowercase())
}

/// Says whether a `;` or nothing follows (after white space and comments).
pub(super) fn ends_clean(value: &[u8], at: usize) -> bool {
    matches!(value.get(skip_comments(value, at)), None | Some(b';'))
}

fn skip_token(value: &[u8], from: usize) -> usize {
    let rest = value.get(from..).unwrap_or_default();
    let good = |b: &u8| b.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(b);
    from + rest.iter().take_while(|b| good(b)).count()
}

/// Skips white space and comments (RFC 5322 section 3.2.2).
fn skip_comments(value: &[u8], from: usize) -> usize {
    let mut at = from;
    let mut depth = 0usize;
    while let Some(b) = value.get(at) {
        match b {
            b'\\' if depth > 0 => at += 1,
            b'(' => depth += 1,
            b')' if depth > 0 => depth -= 1,
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ if depth > 0 => {}
            _ => break,
        }
        at += 1;
    }
    at.min(value.len())
}

/// Reads a value with parameters (RFC 2045 section 5.1, RFC 2231) leniently.
fn parameters(value: &[u8]) -> (String, Vec<(String, String)>) {
    let mut line = readable(cut(value, 0..value.len().min(PARAMETERS_MAX))).into_bytes();
    line.push(b'\n');
    let HeaderValue::ContentType(parsed) = MessageStream::new(&line).parse_content_type() else {
        return (String::new(), Vec::new());
    };
    let list = parsed.attributes.unwrap_or_default();
    let list = list.into_iter().map(|a| (a.name.to_ascii_lowercase(), a.value.into_owned())).collect();
    (parsed.c_type.into_owned(), list)
}

/// Turns the bytes of a field into text: UTF-8 where it is UTF-8, otherwise Windows-1252 (8-bit headers of old).
pub(super) fn readable(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => plain_text(value),
    }
}

/// Reads an unstructured value: unfolded, encoded words decoded, fit for display.
pub(super) fn text(value: &[u8]) -> String {
    clean(&decode_words(&readable(value)))
}

/// Removes controls and invisible characters, and makes white space single spaces.
pub(super) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            if !out.ends_with(' ') && !out.is_empty() {
                out.push(' ');
            }
        } else if !is_invisible(c) {
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Decodes encoded words (RFC 2047), also in the wrong places and split inside a character.
pub(super) fn decode_words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // Bytes of adjacent words of one charset, decoded together: some programs split a character over two words.
    let mut pending: Option<(String, Vec<u8>)> = None;
    while let Some((before, after)) = rest.split_once("=?") {
        let Some((charset, bytes, tail)) = word(after) else {
            flush(&mut out, &mut pending);
            out.push_str(before);
            out.push_str("=?");
            rest = after;
            continue;
        };
        let adjacent = pending.is_some() && before.chars().all(char::is_whitespace);
        match pending.as_mut() {
            Some((same, collected)) if adjacent && *same == charset && !is_stateful(&charset) => {
                collected.extend(bytes);
            }
            _ => {
                flush(&mut out, &mut pending);
                if !adjacent {
                    out.push_str(before);
                }
                pending = Some((charset, bytes));
            }
        }
        rest = tail;
    }
    flush(&mut out, &mut pending);
    out.push_str(rest);
    out
}

/// Says whether a value has an encoded word of a charset that is not known here: another program may read it.
pub(super) fn has_unknown_charset(value: &[u8]) -> bool {
    let value = readable(value);
    let mut rest: &str = &value;
    while let Some((_, after)) = rest.split_once("=?") {
        rest = match word(after) {
            Some((charset, ..)) if !is_understood(Some(&charset)) => return true,
            Some((.., tail)) => tail,
            None => after,
        };
    }
    false
}

/// Says whether each word of a charset starts in a state of its own: joined, its shift sequences would show as faults.
fn is_stateful(charset: &str) -> bool {
    charset.starts_with("iso-2022") || charset.starts_with("utf-7") || charset.starts_with("hz")
}

fn flush(out: &mut String, pending: &mut Option<(String, Vec<u8>)>) {
    if let Some((charset, bytes)) = pending.take() {
        out.push_str(&charset_text(&bytes, Some(&charset)));
    }
}

/// Reads one encoded word after its `=?`; returns charset, bytes and the rest.
fn word(text: &str) -> Option<(String, Vec<u8>, &str)> {
    let window = text.get(..WORD_MAX.min(text.len())).unwrap_or_else(|| {
        let mut end = WORD_MAX;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.get(..end).unwrap_or_default()
    });
    let (charset, after) = window.split_once('?')?;
    let (encoding, after) = after.split_once('?')?;
    let data = word_data(after)?;
    // RFC 2231 section 5: a language may follow the charset.
    let charset = charset.split('*').next().unwrap_or_default().to_ascii_lowercase();
    let known = charset.len() >= 2 && charset.bytes().all(|b| b.is_ascii_graphic());
    if !known || data.contains(['\r', '\n']) {
        return None;
    }
    let bytes = match encoding {
        "b" | "B" => decode_base64_lenient(data.as_bytes()),
        "q" | "Q" => decode_q(data.as_bytes()),
        _ => return None,
    };
    let used = charset_length(window) + 1 + encoding.len() + 1 + data.len() + 2;
    Some((charset, bytes, text.get(used..)?))
}

/// Returns the data of an encoded word: up to the first `?`, which `=` must follow. A `?` that a broken program left
/// unencoded is forgiven near the start only, so that many broken words cost no more than their length.
fn word_data(after: &str) -> Option<&str> {
    let (data, rest) = after.split_once('?')?;
    if rest.starts_with('=') {
        return Some(data);
    }
    let near = after.bytes().take(WORD_NEAR).collect::<Vec<u8>>().windows(2).position(|w| w == b"?=")?;
    after.get(..near)
}

fn charset_length(window: &str) -> usize {
    window.find('?').unwrap_or(window.len())
}

fn decode_q(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    let mut rest = data.iter();
    while let Some(b) = rest.next() {
        match b {
            b'_' => out.push(b' '),
            b'=' => match rest.as_slice() {
                [high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                    out.push(hex(*high) << 4 | hex(*low));
                    rest = tail.iter();
                }
                _ => out.push(b'='),
            },
            _ => out.push(*b),
        }
    }
    out
}

/// Returns the value of a hexadecimal digit, 0 for anything else.
pub(super) fn hex(digit: u8) -> u8 {
    (digit as char).to_digit(16).map_or(0, |d| d as u8)
}

/// Reads a `Date` value; none where it is no date from 1970 on.
pub(super) fn date(value: &[u8]) -> Option<Timestamp> {
    let mut line = readable(cut(value, 0..value.len().min(200))).trim().to_owned();
    line.push('\n');
    let date = DateTime::parse_rfc822(&line).filter(DateTime::is_valid)?;
    u64::try_from(date.to_timestamp()).ok().map(Timestamp::from_unix)
}

/// Reads the message ids of a value; what is not well formed is left out.
pub(super) fn ids(value: &[u8]) -> Vec<String> {
    let text = readable(value);
    text.split('<')
        .skip(1)
        .filter_map(|piece| piece.split_once('>'))
        .map(|(id, _)| format!("<{id}>"))
        .filter(|id| is_message_id(id))
        .collect()
}

/// Reads a `Message-ID` value: exactly one well-formed id.
pub(super) fn id(value: &[u8]) -> Option<String> {
    let text = readable(value).trim().to_owned();
    is_message_id(&text).then_some(text)
}

/// Says whether a text with its angle brackets is a message id that every mail system carries unchanged.
pub(super) fn is_message_id(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')) else { return false };
    let Some((left, right)) = inner.split_once('@') else { return false };
    let atoms = |t: &str, more: &[u8]| {
        !t.is_empty()
            && t.bytes().all(|b| {
                b.is_ascii_alphanumeric() || b".!#$%&'*+-/=?^_`{|}~".contains(&b) || more.contains(&b)
            })
    };
    text.len() <= ID_MAX && atoms(left, b":") && atoms(right, b"[]:")
}
