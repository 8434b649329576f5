//! Bytes of unknown charset to text.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How many bytes are looked at to guess.
const SAMPLE: usize = 64 * 1024;

/// Returns the text: by its byte order mark, else by what it declares, else as UTF-8 when it is, else by a guess.
pub(crate) fn decode<'d>(data: &'d [u8], declared: Option<&str>) -> Cow<'d, str> {
    if let Some((encoding, mark)) = Encoding::for_bom(data) {
        return encoding.decode_without_bom_handling(data.get(mark..).unwrap_or_default()).0;
    }
    encoding(data, declared).decode_without_bom_handling(data).0
}

/// Returns what another program may show of the same bytes, where that differs from `text` in what matters.
///
/// Two bytes of ASCII are a character of UTF-16, and `ESC $` turns digits into others: who takes the charset from somewhere
/// else, or from nowhere, reads a number where the first reading has none.
pub(crate) fn otherwise(data: &[u8], declared: Option<&str>, text: &str) -> Option<String> {
    // A mark is obeyed by every program.
    if Encoding::for_bom(data).is_some() {
        return None;
    }
    let encoding = encoding(data, declared);
    if encoding != ISO_2022_JP && data.windows(2).any(|pair| pair == b"\x1b$") {
        return Some(ISO_2022_JP.decode_without_bom_handling(data).0.into_owned());
    }
    if encoding == UTF_8 {
        return None;
    }
    let whole = encoding == ISO_2022_JP || encoding == UTF_16LE || encoding == UTF_16BE;
    let matters = |byte: &u8| if whole { byte.is_ascii_alphanumeric() } else { byte.is_ascii_digit() };
    if text.bytes().filter(matters).eq(data.iter().copied().filter(matters)) {
        return None;
    }
    // Browsers leave NUL out.
    let bytes: Vec<u8> = data.iter().copied().filter(|byte| *byte != 0).collect();
    Some(WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned())
}

/// Returns whether a charset is declared that some programs know and nobody here, and that hides text in ASCII.
pub(crate) fn is_unknown(label: &str) -> bool {
    let label = label.to_ascii_lowercase();
    label.contains("utf-7") || Encoding::for_label(label.as_bytes()) == Some(REPLACEMENT)
}

fn encoding(data: &[u8], declared: Option<&str>) -> &'static Encoding {
    if let Some(encoding) = utf16(data) {
        return encoding;
    }
    let declared = declared.and_then(|label| Encoding::for_label(label.as_bytes()));
    // This one is ASCII to whoever looks only at the bytes.
    if declared == Some(ISO_2022_JP) && data.contains(&0x1b) {
        return ISO_2022_JP;
    }
    if std::str::from_utf8(data).is_ok() {
        return UTF_8;
    }
    match declared {
        // Who could read the declaration has not read UTF-16 (HTML, "prescan a byte stream").
        Some(encoding) if ![UTF_8, UTF_16LE, UTF_16BE, REPLACEMENT].contains(&encoding) => encoding,
        _ => guess(data),
    }
}

/// Returns whether this is text at all: no binary values, in any of the charsets of [`decode`].
///
/// All of it is looked at: a mark or some words in front make no text of what follows.
pub(crate) fn is_text(data: &[u8]) -> bool {
    let sample = data.get(..SAMPLE).unwrap_or(data);
    let wide = Encoding::for_bom(data).map(|(encoding, _)| encoding).filter(|encoding| *encoding != UTF_8);
    if let Some(encoding) = wide.or_else(|| utf16(data)) {
        return data.chunks(SAMPLE).all(|chunk| is_wide_text(chunk, encoding));
    }
    if data.contains(&0) || !data.chunks(SAMPLE).all(has_few_controls) {
        return false;
    }
    // A character that the sample cut in two is no fault.
    std::str::from_utf8(sample).map_or_else(|error| error.error_len().is_none(), |_| true)
        || sample.iter().filter(|byte| (0x80..0xa0).contains(*byte)).count() <= sample.len() / 20
        || guess(sample) != WINDOWS_1252
}

/// Tab, LF, FF, CR and ESC happen in texts, the others do not. A few are forgiven: printers' files have them.
fn has_few_controls(bytes: &[u8]) -> bool {
    let odd = |byte: &&u8| (**byte < 0x20 && !matches!(**byte, 9 | 10 | 12 | 13 | 27)) || **byte == 0x7f;
    bytes.iter().filter(odd).count() <= bytes.len() / 200
}

/// The same for UTF-16, where most of what is no text has zeros and halves of characters.
fn is_wide_text(chunk: &[u8], encoding: &'static Encoding) -> bool {
    let text = encoding.decode_without_bom_handling(chunk).0;
    let odd = |c: &char| {
        (c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}')) || *c == char::REPLACEMENT_CHARACTER
    };
    // The last character of a chunk may be cut in two.
    text.chars().filter(odd).count() <= 1 + text.len() / 400 && !text.contains('\0')
}

fn guess(data: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(data.get(..SAMPLE).unwrap_or(data), true);
    detector.guess(Some(b"nl"), Utf8Detection::Allow)
}

/// Finds UTF-16 without a mark by its zero bytes: in Western text every other byte.
fn utf16(data: &[u8]) -> Option<&'static Encoding> {
    let sample = data.get(..512).unwrap_or(data);
    if sample.len() < 8 {
        return None;
    }
    let zeros = |skip: usize| sample.iter().skip(skip).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let many = sample.len() * 2 / 5;
    if odd >= many && even == 0 {
        Some(UTF_16LE)
    } else if even >= many && odd == 0 {
        Some(UTF_16BE)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_charset_of_dutch_text_is_read() {
        let text = "Patiënte mevrouw Ünal, geboren in Zoë's huis: één café, €5";
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked: Vec<u8> =
            [&[0xfe, 0xff][..], &text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>()]
                .concat();
        let western = WINDOWS_1252.encode(text).0.into_owned();
        for bytes in [text.as_bytes().to_vec(), utf16, marked, western] {
            assert!(is_text(&bytes));
            assert_eq!(decode(&bytes, None), text);
        }
    }

    #[test]
    fn binary_is_no_text() {
        assert!(!is_text(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
        assert!(!is_text(b"ab\x01\x02\x03\x04cd"));
        assert!(is_text(b""));
    }
}
