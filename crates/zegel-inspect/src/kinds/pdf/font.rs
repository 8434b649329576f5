//! Which letters the codes of a font are, and how wide.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use lopdf::{Dictionary, Document, Object, ObjectId};

use super::content::{Token, Tokens};
use super::{dictionary, number, reference, resolve, unpack};
use crate::reading::{Doc, Fault};

/// The most codes that one range of a map may give letters to.
const LONGEST_RANGE: u32 = 65_536;

/// The most entries of one map.
const MOST_ENTRIES: usize = 131_072;

/// Fonts that were read, so that the pages share them.
#[derive(Debug, Default)]
pub(super) struct Fonts {
    known: BTreeMap<ObjectId, Rc<Font>>,
    /// Drawings beside the content of pages that were read, each once in a file.
    pub(super) drawn: BTreeSet<ObjectId>,
}

/// A font.
#[derive(Debug)]
pub(super) struct Font {
    letters: BTreeMap<u32, String>,
    /// How many bytes a code has.
    bytes: usize,
    utf16: bool,
    widths: BTreeMap<u32, f32>,
    default_width: f32,
}

impl Fonts {
    /// Returns the font of that name in a page's resources.
    pub(super) fn named(
        &mut self,
        doc: &mut Doc<'_, '_>,
        pdf: &Document,
        resources: &Dictionary,
        name: &[u8],
    ) -> Result<Rc<Font>, Fault> {
        let fonts = dictionary(pdf, resources, b"Font");
        let id = fonts.and_then(|fonts| reference(fonts, name));
        if let Some(font) = id.and_then(|id| self.known.get(&id)) {
            return Ok(Rc::clone(font));
        }
        let found = fonts.and_then(|fonts| dictionary(pdf, fonts, name));
        let font = Rc::new(match found {
            Some(found) => Font::read(doc, pdf, found)?,
            None => Font::unknown(),
        });
        if let Some(id) = id {
            self.known.insert(id, Rc::clone(&font));
        }
        Ok(font)
    }
}

impl Font {
    /// Stands in for a font that is not there.
    pub(super) fn unknown() -> Self {
        let letters = (0x20..0x7f_u8).map(|code| (u32::from(code), char::from(code).to_string())).collect();
        Self { letters, bytes: 1, utf16: false, widths: BTreeMap::new(), default_width: 500.0 }
    }

    fn read(doc: &mut Doc<'_, '_>, pdf: &Document, font: &Dictionary) -> Result<Self, Fault> {
        let is_composite = font.get(b"Subtype").and_then(Object::as_name).is_ok_and(|kind| kind == b"Type0");
        let mut read = if is_composite { Self::composite(pdf, font) } else { Self::simple(pdf, font) };
        // What a glyph means is said best by the map that was made for copying text.
        if let Some(Object::Stream(stream)) = font.get(b"ToUnicode").ok().and_then(|map| resolve(pdf, map)) {
            let content = unpack(doc, stream)?;
            let bytes = map(doc, &content, &mut read.letters)?;
            if is_composite {
                read.bytes = bytes.unwrap_or(read.bytes);
            }
        }
        Ok(read)
    }

    fn simple(pdf: &Document, font: &Dictionary) -> Self {
        let mut letters = BTreeMap::new();
        // Without an encoding of its own a TrueType font has the usual one of Windows.
        let is_true_type =
            font.get(b"Subtype").and_then(Object::as_name).is_ok_and(|kind| kind == b"TrueType");
        let encoding = font.get(b"Encoding").ok().and_then(|encoding| resolve(pdf, encoding));
        let (base, differences) = match encoding {
            Some(Object::Name(name)) => (Some(name.clone()), None),
            Some(Object::Dictionary(dictionary)) => (
                dictionary.get(b"BaseEncoding").and_then(Object::as_name).ok().map(<[u8]>::to_vec),
                dictionary.get(b"Differences").ok().and_then(|array| resolve(pdf, array)),
            ),
            _ => (None, None),
        };
        let base = base.unwrap_or_else(|| {
            if is_true_type { b"WinAnsiEncoding".to_vec() } else { b"StandardEncoding".to_vec() }
        });
        by_encoding(pdf, Object::Name(base), 0..=255, &mut letters);
        if let Some(Object::Array(list)) = differences {
            let mut code = 0_u32;
            for item in list.iter().take(1024) {
                match item {
                    Object::Integer(value) => code = u32::try_from(*value).unwrap_or(0),
                    Object::Name(name) => {
                        match glyph(pdf, name) {
                            Some(letter) => letters.insert(code, letter),
                            None => letters.remove(&code),
                        };
                        code = code.saturating_add(1);
                    }
                    _ => {}
                }
            }
        }
        let first = number(pdf, font, b"FirstChar").unwrap_or(0.0) as u32;
        let list = font.get(b"Widths").ok().and_then(|list| resolve(pdf, list));
        let mut widths = BTreeMap::new();
        if let Some(Object::Array(list)) = list {
            for (place, width) in (0_u32..256).zip(list) {
                if let Some(width) = resolve(pdf, width).and_then(|width| width.as_float().ok()) {
                    widths.insert(first.saturating_add(place), width);
                }
            }
        }
        // The widths of a font of drawings are in units of its own.
        if let Some(Object::Array(matrix)) =
            font.get(b"FontMatrix").ok().and_then(|matrix| resolve(pdf, matrix))
        {
            let scale = matrix.first().and_then(|scale| scale.as_float().ok()).unwrap_or(0.001) * 1000.0;
            widths.values_mut().for_each(|width| *width *= scale);
        }
        let missing =
            dictionary(pdf, font, b"FontDescriptor").and_then(|found| number(pdf, found, b"MissingWidth"));
        let is_fixed = font
            .get(b"BaseFont")
            .and_then(Object::as_name)
            .is_ok_and(|name| String::from_utf8_lossy(name).contains("Courier"));
        let usual = if is_fixed { 600.0 } else { 500.0 };
        Self {
            letters,
            bytes: 1,
            utf16: false,
            widths,
            default_width: missing.filter(|width| *width > 0.0).unwrap_or(usual),
        }
    }

    fn composite(pdf: &Document, font: &Dictionary) -> Self {
        let name = font.get(b"Encoding").and_then(Object::as_name).unwrap_or_default();
        let name = String::from_utf8_lossy(name);
        let utf16 = name.contains("UCS2") || name.contains("UTF16");
        let descendants = font.get(b"DescendantFonts").ok().and_then(|list| resolve(pdf, list));
        let inner = match descendants {
            Some(Object::Array(list)) => list.first().and_then(|first| resolve(pdf, first)),
            _ => None,
        };
        let mut widths = BTreeMap::new();
        let mut default_width = 1000.0;
        if let Some(Object::Dictionary(inner)) = inner {
            default_width = number(pdf, inner, b"DW").unwrap_or(1000.0);
            if let Some(Object::Array(list)) = inner.get(b"W").ok().and_then(|list| resolve(pdf, list)) {
                widths = composite_widths(pdf, list);
            }
        }
        Self { letters: BTreeMap::new(), bytes: 2, utf16, widths, default_width }
    }

    /// Splits a string into codes; each with its letters (`None` for a code nobody knows), its width in thousandths,
    /// and whether it is the single byte for a space.
    pub(super) fn decode<'f>(
        &'f self,
        text: &'f [u8],
    ) -> impl Iterator<Item = (Option<std::borrow::Cow<'f, str>>, f32, bool)> + 'f {
        text.chunks(self.bytes.max(1)).map(move |chunk| {
            let code = chunk.iter().fold(0_u32, |code, byte| (code << 8) | u32::from(*byte));
            let width = self.widths.get(&code).copied().unwrap_or(self.default_width);
            let letters = match self.letters.get(&code) {
                Some(letters) => Some(std::borrow::Cow::Borrowed(letters.as_str())),
                None if self.utf16 => char::from_u32(code).map(|letter| letter.to_string().into()),
                None => None,
            };
            (letters, width, self.bytes == 1 && code == 32)
        })
    }

    /// Returns whether the widths are those of the font and not a guess.
    pub(super) fn has_widths(&self) -> bool {
        !self.widths.is_empty() || self.bytes > 1
    }
}

/// Reads `[c [w1 w2 …] first last w …]`.
fn composite_widths(pdf: &Document, list: &[Object]) -> BTreeMap<u32, f32> {
    let mut widths = BTreeMap::new();
    let mut numbers: Vec<f32> = Vec::new();
    for item in list {
        match resolve(pdf, item) {
            Some(Object::Array(list)) => {
                let first = numbers.pop().unwrap_or(0.0) as u32;
                numbers.clear();
                for (place, width) in (0_u32..LONGEST_RANGE).zip(list) {
                    if let Some(width) = resolve(pdf, width).and_then(|width| width.as_float().ok()) {
                        widths.insert(first.saturating_add(place), width);
                    }
                }
            }
            Some(item) => {
                numbers.push(item.as_float().unwrap_or(0.0));
                if let [first, last, width] = numbers[..] {
                    for code in (first as u32..=last as u32).take(LONGEST_RANGE as usize) {
                        widths.insert(code, width);
                    }
                    numbers.clear();
                }
            }
            None => {}
        }
        if widths.len() > MOST_ENTRIES {
            break;
        }
    }
    widths
}

/// Asks the tables of lopdf which letters codes are.
fn by_encoding(
    pdf: &Document,
    encoding: Object,
    codes: std::ops::RangeInclusive<u8>,
    letters: &mut BTreeMap<u32, String>,
) {
    let mut font = Dictionary::new();
    font.set("Type", Object::Name(b"Font".to_vec()));
    font.set("Encoding", encoding);
    let Ok(encoding) = font.get_font_encoding(pdf) else { return };
    for code in codes {
        if let Ok(text) = encoding.bytes_to_string(&[code])
            && !text.is_empty()
            && !text.contains('\u{fffd}')
        {
            letters.insert(u32::from(code), text);
        }
    }
}

/// Returns the letter that the name of a glyph stands for.
fn glyph(pdf: &Document, name: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(name).ok()?;
    let base = text.split('.').next().unwrap_or(text);
    let hexadecimal =
        base.strip_prefix("uni").or_else(|| base.strip_prefix('u')).filter(|rest| rest.len() >= 4);
    if let Some(letter) = hexadecimal
        .and_then(|digits| u32::from_str_radix(digits.get(..digits.len().min(6))?, 16).ok())
        .and_then(char::from_u32)
    {
        return Some(letter.to_string());
    }
    if base.chars().count() == 1 {
        return Some(base.to_owned());
    }
    match base {
        "f_f" => return Some("ff".to_owned()),
        "f_i" => return Some("fi".to_owned()),
        "f_l" => return Some("fl".to_owned()),
        "f_f_i" => return Some("ffi".to_owned()),
        "Euro" => return Some("€".to_owned()),
        _ => {}
    }
    let mut encoding = Dictionary::new();
    encoding.set("Differences", vec![Object::Integer(1), Object::Name(base.as_bytes().to_vec())]);
    // A name that is not in the tables makes the whole encoding fall back to one in which code 1 is nothing.
    let mut letters = BTreeMap::new();
    by_encoding(pdf, Object::Dictionary(encoding), 1..=1, &mut letters);
    letters.remove(&1)
}

/// Reads a map from codes to letters (ISO 32000-1, 9.10.3), and returns how long its codes are.
fn map(
    doc: &mut Doc<'_, '_>,
    content: &[u8],
    letters: &mut BTreeMap<u32, String>,
) -> Result<Option<usize>, Fault> {
    let mut bytes = None;
    let mut operands: Vec<Token> = Vec::new();
    let mut list: Option<Vec<Vec<u8>>> = None;
    let mut section: &[u8] = b"";
    for (count, token) in Tokens::new(content).enumerate() {
        if count % 1024 == 0 {
            doc.tick()?;
        }
        match token {
            Token::Operator(word) => {
                section = match word.as_slice() {
                    b"begincodespacerange" => b"space",
                    b"beginbfchar" => b"char",
                    b"beginbfrange" => b"range",
                    _ => b"",
                };
                operands.clear();
            }
            Token::ArrayStart => list = Some(Vec::new()),
            Token::Text(text) if list.is_some() => {
                if let Some(list) = &mut list {
                    list.push(text);
                }
            }
            Token::ArrayEnd => {
                if let (Some(list), [Token::Text(first), Token::Text(_)]) = (list.take(), operands.as_slice())
                {
                    for (place, text) in (0_u32..LONGEST_RANGE).zip(list) {
                        letters.insert(code(first).saturating_add(place), utf16(&text));
                    }
                }
                operands.clear();
            }
            other => operands.push(other),
        }
        match (section, operands.as_slice()) {
            (b"space", [Token::Text(first), Token::Text(_)]) => {
                bytes = bytes.max(Some(first.len().clamp(1, 4)));
                operands.clear();
            }
            (b"char", [Token::Text(from), Token::Text(to)]) => {
                letters.insert(code(from), utf16(to));
                operands.clear();
            }
            (b"range", [Token::Text(first), Token::Text(last), Token::Text(to)]) => {
                doc.tick()?;
                range(letters, code(first), code(last), to);
                operands.clear();
            }
            _ => {}
        }
        // Map bombs: ranges that cover everything, again and again.
        if letters.len() > MOST_ENTRIES || operands.len() > 64 {
            return Err(Fault::Limit);
        }
    }
    Ok(bytes)
}

fn range(letters: &mut BTreeMap<u32, String>, first: u32, last: u32, to: &[u8]) {
    for place in 0..last.saturating_sub(first).saturating_add(1).min(LONGEST_RANGE) {
        let mut target = to.to_vec();
        // The last unit counts up.
        if let Some(([.., high, low], _)) = Some((target.as_mut_slice(), ())) {
            let value = u16::from_be_bytes([*high, *low]).wrapping_add(place as u16);
            [*high, *low] = value.to_be_bytes();
        }
        letters.insert(first.saturating_add(place), utf16(&target));
    }
}

fn code(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |code, byte| (code << 8) | u32::from(*byte))
}

fn utf16(bytes: &[u8]) -> String {
    if let [single] = bytes {
        return char::from(*single).to_string();
    }
    let units = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok().map(u16::from_be_bytes));
    char::decode_utf16(units).filter_map(Result::ok).collect()
}
