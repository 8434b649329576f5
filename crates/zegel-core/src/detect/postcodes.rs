//! Postcodes: Dutch and British by themselves, those of the neighbours inside an address.
//!
//! Sources: PostNL, "Postcodes" (four digits, two letters, never SA, SD or SS); Royal Mail, "Programmer's guide to the Postcode
//! Address File" (six forms of the first half; letters that do not occur).

use super::chars::{byte, char_at};
use super::lexer::{Kind, Token};
use super::page::Page;
use super::streets;

/// A postcode as it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Code {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) form: Form,
}

/// Whose postcode it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// British, with its space.
    British,
    /// Like a British one, with letters that none has: a slip of the pen beside an address.
    Odd,
    /// British or Dutch in one piece: others write codes so too.
    Tight,
    /// Dutch, with its space.
    Dutch,
}

/// Reads a postcode that begins at a token.
pub(super) fn postcode(page: &Page<'_>, token: &Token) -> Option<Code> {
    if token.kind == Kind::Digits && token.end - token.start != 4 {
        return None;
    }
    let near = page.left_of(token.start);
    let country = near == b'-' && page.slice(0, token.start).ends_with("NL-");
    if near.is_ascii_alphanumeric()
        || matches!(near, b'_' | b'-' | b'/' | b'.' | b'@' | b'$' | b'#') && !country
    {
        return None;
    }
    let bytes = page.bytes.get(token.start..token.end)?;
    let code = match (token.kind, bytes) {
        (Kind::Digits, [b'1'..=b'9', _, _, _]) => {
            let c = char_at(page.text, token.end)
                .filter(|c| matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}'))?;
            let mut letters = token.end + c.len_utf8();
            // Letters set with two spaces stay a postcode.
            letters += usize::from(byte(page.bytes, letters) == b' ');
            dutch_letters(page, letters).then_some(Code {
                start: token.start,
                end: letters + 2,
                form: Form::Dutch,
            })
        }
        (Kind::Mixed, [b'1'..=b'9', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', _, _]) => {
            dutch_letters(page, token.end - 2).then_some(Code {
                start: token.start,
                end: token.end,
                form: Form::Tight,
            })
        }
        (Kind::Mixed, outward) if is_outward(outward) => {
            let inward = token.end + 1;
            let three = page.bytes.get(inward..inward + 3)?;
            let form = if is_inward(three) && !is_odd(outward) { Form::British } else { Form::Odd };
            (byte(page.bytes, token.end) == b' ' && is_like_inward(three) && ends(page, inward + 3))
                .then_some(Code { start: token.start, end: inward + 3, form })
        }
        (Kind::Mixed, whole) => {
            let (outward, inward) = whole.split_at_checked(whole.len().checked_sub(3)?)?;
            (is_outward(outward) && is_like_inward(inward)).then_some(Code {
                start: token.start,
                end: token.end,
                form: Form::Tight,
            })
        }
        _ => None,
    }?;
    let start = if country { code.start - 3 } else { code.start };
    Some(Code { start, ..code }).filter(|code| ends(page, code.end))
}

pub(super) fn dutch_letters(page: &Page<'_>, at: usize) -> bool {
    match page.bytes.get(at..at + 2) {
        Some(letters @ [a, b]) => {
            a.is_ascii_uppercase() && b.is_ascii_uppercase() && !matches!(letters, b"SA" | b"SD" | b"SS")
        }
        _ => false,
    }
}

/// The first half of a British postcode: `A9`, `A99`, `A9A`, `AA9`, `AA99`, `AA9A`.
pub(super) fn is_outward(bytes: &[u8]) -> bool {
    let area = bytes.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let district = bytes.get(area..).unwrap_or(&[]);
    (1..=2).contains(&area)
        && match district {
            [a] => a.is_ascii_digit(),
            [a, b] => a.is_ascii_digit() && (b.is_ascii_digit() || b.is_ascii_uppercase()),
            _ => false,
        }
}

/// Says whether a first half begins with a letter that none begins with.
pub(super) fn is_odd(outward: &[u8]) -> bool {
    outward.first().is_some_and(|b| b"QVX".contains(b))
}

/// The second half: a digit and two letters, never C I K M O V.
pub(super) fn is_inward(bytes: &[u8]) -> bool {
    is_like_inward(bytes) && !bytes.iter().any(|b| b"CIKMOV".contains(b))
}

/// The second half with any letters.
pub(super) fn is_like_inward(bytes: &[u8]) -> bool {
    matches!(bytes, [b'0'..=b'9', b'A'..=b'Z', b'A'..=b'Z'])
}

pub(super) fn ends(page: &Page<'_>, end: usize) -> bool {
    let (near, far) = (page.right_of(end), page.right_of(end + 1));
    !(near.is_ascii_alphanumeric()
        || near == b'_'
        || matches!(near, b'-' | b'/') && far.is_ascii_alphanumeric())
}

/// Reads a postcode of any of the countries at a place; returns its end.
pub(super) fn any_postcode(page: &Page<'_>, at: usize) -> Option<usize> {
    let bytes = page.bytes.get(at..)?;
    // "B-1000", "D-10115", "NL-1234 AB".
    let prefix = match bytes {
        [b'A'..=b'Z', b'-', b'0'..=b'9', ..] => 2,
        [b'A'..=b'Z', b'A'..=b'Z', b'-', b'0'..=b'9', ..] => 3,
        _ => 0,
    };
    let start = at + prefix;
    let digits = page.bytes.get(start..)?.iter().take(6).take_while(|b| b.is_ascii_digit()).count();
    let word = page.bytes.get(start..)?.iter().take(9).take_while(|b| b.is_ascii_alphanumeric()).count();
    if matches!(digits, 4 | 5) && digits == word {
        let space = char_at(page.text, start + digits).filter(|c| matches!(c, ' ' | '\u{a0}' | '\u{2009}'));
        let letters = start + digits + space.map_or(0, char::len_utf8);
        if digits == 4 && space.is_some() && dutch_letters(page, letters) && ends(page, letters + 2) {
            return Some(letters + 2);
        }
        // Letters set with two spaces stay a postcode.
        if digits == 4
            && space.is_some()
            && byte(page.bytes, letters) == b' '
            && dutch_letters(page, letters + 1)
            && ends(page, letters + 3)
        {
            return Some(letters + 3);
        }
        // A foreign one counts with its town only.
        let town = streets::town(page, letters);
        return town.filter(|_| space.is_some()).map(|_| start + digits);
    }
    if digits == 4 && word == 6 && dutch_letters(page, start + 4) {
        return Some(start + 6);
    }
    let (outward, rest) = page.bytes.get(start..)?.split_at_checked(word)?;
    if is_outward(outward) && rest.first() == Some(&b' ') && rest.get(1..4).is_some_and(is_like_inward) {
        return Some(start + word + 4).filter(|end| ends(page, *end));
    }
    let (outward, inward) = outward.split_at_checked(word.checked_sub(3)?)?;
    (is_outward(outward) && is_like_inward(inward)).then_some(start + word)
}
