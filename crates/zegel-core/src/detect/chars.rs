//! Characters as detectors see them: folded to ASCII where a reader would not see a difference.
//!
//! Numbers are copied from PDFs and web pages: with no-break and thin spaces, full-width digits (UAX #11) and soft
//! hyphens. They are read as what they look like; offsets stay those of the original text.

/// What a character counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Glyph {
    /// A digit.
    Digit(u8),
    /// Not there: soft hyphens, zero-width characters, combining accents.
    Ignored,
    /// One or two ASCII letters in lower case; the second is 0 when there is one.
    Letters(u8, u8),
    /// A letter of another script.
    Foreign,
    /// A space.
    Space,
    /// A dash.
    Dash,
    /// Anything else.
    Other,
}

/// For ASCII: the lower-case letter or digit, or 0 where the byte does not belong to a word or number.
const FOLDED: [u8; 256] = make_folded();

/// Reads the byte at `at`, 0 past the end.
#[inline]
pub(super) fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

/// Reads the byte before `at`, 0 at the start.
#[inline]
pub(super) fn byte_before(bytes: &[u8], at: usize) -> u8 {
    at.checked_sub(1).map_or(0, |before| byte(bytes, before))
}

/// Folds an ASCII byte of a word or number; 0 for all others.
#[inline]
pub(super) fn folded(byte: u8) -> u8 {
    FOLDED.get(usize::from(byte)).copied().unwrap_or(0)
}

/// The first letters and digits of a word, read eight bytes at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Eight {
    /// Them, folded, the first one lowest; zeros behind the last.
    pub(super) folded: u64,
    /// How many there are.
    pub(super) count: u32,
    /// How many of them are digits.
    pub(super) digits: u32,
}

/// Reads the ASCII letters and digits among the next eight bytes, up to the first byte that is neither; nothing where fewer
/// bytes are left.
///
/// The eight bytes are looked at together, as lanes of one number: a comparison is an addition that carries into the highest
/// bit of its lane.
#[inline]
pub(super) fn eight(bytes: &[u8], at: usize) -> Option<Eight> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * ONES;
    let lanes = u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
    let plain = lanes & !HIGH;
    // Sets the bit of 0x20: letters become lower-case ones, digits stay.
    let lower = plain | (0x20 * ONES);
    let from = |lanes: u64, least: u8| lanes + u64::from(0x80 - least) * ONES;
    let letters = from(lower, b'a') & !from(lower, b'z' + 1);
    let digits = from(plain, b'0') & !from(plain, b'9' + 1);
    let others = !((letters | digits) & !lanes) & HIGH;
    // The lanes below the first of them: all, where there is none.
    let kept = if others == 0 { u64::MAX } else { ((others & others.wrapping_neg()) - 1) >> 7 };
    // Adds up the lanes: each holds one or nothing.
    let digits = ((digits & HIGH & kept) >> 7).wrapping_mul(ONES) >> 56;
    Some(Eight { folded: lower & kept, count: others.trailing_zeros() / 8, digits: digits as u32 })
}

/// Reads the character at `at`.
#[inline]
pub(super) fn char_at(text: &str, at: usize) -> Option<char> {
    match text.as_bytes().get(at) {
        Some(b) if b.is_ascii() => Some(char::from(*b)),
        _ => text.get(at..)?.chars().next(),
    }
}

/// Reads the character that ends at `at`.
#[inline]
pub(super) fn char_before(text: &str, at: usize) -> Option<char> {
    match text.as_bytes().get(at.checked_sub(1)?) {
        Some(b) if b.is_ascii() => Some(char::from(*b)),
        _ => text.get(..at)?.chars().next_back(),
    }
}

/// Moves forward to the start of a character.
pub(super) fn ceil(text: &str, mut at: usize) -> usize {
    while at < text.len() && !text.is_char_boundary(at) {
        at += 1;
    }
    at.min(text.len())
}

/// Moves back to the start of a character.
pub(super) fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Says what a character counts as.
#[inline]
pub(super) fn glyph(c: char) -> Glyph {
    match c {
        '0'..='9' => Glyph::Digit(c as u8 - b'0'),
        'a'..='z' => Glyph::Letters(c as u8, 0),
        'A'..='Z' => Glyph::Letters(c as u8 | 0x20, 0),
        ' ' | '\t' => Glyph::Space,
        '-' => Glyph::Dash,
        '\0'..='\x7f' => Glyph::Other,
        _ => glyph_beyond_ascii(c),
    }
}

fn glyph_beyond_ascii(c: char) -> Glyph {
    let one = |letter: u8| Glyph::Letters(letter, 0);
    match c {
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            Glyph::Space
        }
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => Glyph::Dash,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{300}'..='\u{36f}' => {
            Glyph::Ignored
        }
        // What is not among the letters anyway, so that nobody looks for it there.
        '\u{80}'..='©' | '«'..='´' | '¶'..='¹' | '»'..='¿' | '×' | '÷' => Glyph::Other,
        '\u{2016}'..='\u{202e}' | '\u{2030}'..='\u{205e}' | '\u{20a0}'..='\u{20cf}' => Glyph::Other,
        'À'..='Å' | 'à'..='å' | 'Ā'..='ą' => one(b'a'),
        'Ç' | 'ç' | 'Ć'..='č' => one(b'c'),
        'Ð' | 'ð' | 'Ď'..='đ' => one(b'd'),
        'È'..='Ë' | 'è'..='ë' | 'Ē'..='ě' => one(b'e'),
        'Ĝ'..='ģ' => one(b'g'),
        'Ĥ'..='ħ' => one(b'h'),
        'Ì'..='Ï' | 'ì'..='ï' | 'Ĩ'..='ı' => one(b'i'),
        'Ĳ' | 'ĳ' => Glyph::Letters(b'i', b'j'),
        'Ĵ' | 'ĵ' => one(b'j'),
        'Ķ'..='ĸ' => one(b'k'),
        'Ĺ'..='ł' => one(b'l'),
        'Ñ' | 'ñ' | 'Ń'..='ŋ' => one(b'n'),
        'Ò'..='Ö' | 'Ø' | 'ò'..='ö' | 'ø' | 'Ō'..='ő' => one(b'o'),
        'Œ' | 'œ' => Glyph::Letters(b'o', b'e'),
        'Æ' | 'æ' => Glyph::Letters(b'a', b'e'),
        'Ŕ'..='ř' => one(b'r'),
        'Ś'..='š' => one(b's'),
        'ß' | 'ẞ' => Glyph::Letters(b's', b's'),
        'Ţ'..='ŧ' => one(b't'),
        'Ù'..='Ü' | 'ù'..='ü' | 'Ũ'..='ų' => one(b'u'),
        'Ŵ' | 'ŵ' => one(b'w'),
        'Ý' | 'ý' | 'ÿ' | 'Ŷ'..='Ÿ' => one(b'y'),
        'Ź'..='ž' => one(b'z'),
        '０'..='９' => Glyph::Digit((u32::from(c) - 0xff10) as u8),
        'Ａ'..='Ｚ' => one((u32::from(c) - 0xff21) as u8 + b'a'),
        'ａ'..='ｚ' => one((u32::from(c) - 0xff41) as u8 + b'a'),
        _ if c.is_alphabetic() => Glyph::Foreign,
        _ => Glyph::Other,
    }
}

/// Folds a text: lower case, without accents, everything but letters and digits as one space.
pub(super) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold_each(text, |c| out.push(c));
    out
}

/// Folds a text as [`fold`] does, and hands over one character after the other.
pub(super) fn fold_each(text: &str, mut to: impl FnMut(char)) {
    let (mut is_begun, mut is_parted) = (false, false);
    let mut to = |c: char, is_parted: &mut bool| {
        if std::mem::take(is_parted) && is_begun {
            to(' ');
        }
        is_begun = true;
        to(c);
    };
    for c in text.chars() {
        match glyph(c) {
            Glyph::Digit(digit) => to(char::from(b'0' + digit), &mut is_parted),
            Glyph::Letters(first, second) => {
                to(char::from(first), &mut is_parted);
                if second != 0 {
                    to(char::from(second), &mut is_parted);
                }
            }
            Glyph::Foreign => c.to_lowercase().for_each(|c| to(c, &mut is_parted)),
            Glyph::Ignored => {}
            Glyph::Space | Glyph::Dash | Glyph::Other => is_parted = true,
        }
    }
}

/// A folded word of at most some forty bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Folded {
    bytes: [u8; Self::LONGEST],
    length: usize,
}

impl Folded {
    /// More than a word of forty bytes needs; what is longer is cut off.
    const LONGEST: usize = 80;

    /// Folds a word.
    pub(super) fn of(word: &str) -> Self {
        let mut folded = Self { bytes: [0; Self::LONGEST], length: 0 };
        fold_each(word, |c| {
            if c.is_ascii() {
                folded.push(c as u8);
            } else {
                c.encode_utf8(&mut [0; 4]).bytes().for_each(|b| folded.push(b));
            }
        });
        folded
    }

    /// Returns its bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }
}

const fn make_folded() -> [u8; 256] {
    let mut table = [0_u8; 256];
    let mut at = 0_u8;
    // A `const fn` knows no iterators; the index cannot leave the table.
    #[allow(clippy::indexing_slicing, reason = "evaluated by the compiler, which refuses a wrong index")]
    while at < 128 {
        table[at as usize] = match at {
            b'0'..=b'9' | b'a'..=b'z' => at,
            b'A'..=b'Z' => at | 0x20,
            _ => 0,
        };
        at += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_case_and_width_make_no_difference() {
        assert_eq!(fold("Patiënt  ÉÉN"), "patient een");
        assert_eq!(fold("Pati\u{308}ent"), "patient");
        assert_eq!(fold("Straße, Øl & Łódź"), "strasse ol lodz");
        assert_eq!(fold("ＢＳＮ１２"), "bsn12");
        assert_eq!(fold("burger\u{ad}service"), "burgerservice");
        assert_eq!(fold("диабет"), "диабет");
    }

    #[test]
    fn offsets_never_split_a_character() {
        let text = "aé";
        assert_eq!((floor(text, 2), ceil(text, 2), floor(text, 9), ceil(text, 9)), (1, 3, 3, 3));
    }
}
