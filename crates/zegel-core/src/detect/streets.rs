//! Names of streets and towns, by their form: capitals, particles between, and the words that streets end or begin with.

use super::chars::{Folded, byte, byte_before, char_at, char_before};
use super::hints::{ABSENT, AMOUNT, DATE, Hints, LABELS, MONTH};
use super::lexer::Token;
use super::page::Page;
use super::postal::is_word_start;
use super::street_words::{is_british, is_first, is_no_street, is_particle, is_street};
use super::words::{Hasher, Words};

/// Longest word of a name, in bytes.
const LONGEST: usize = 40;

/// A street and house number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Where it begins.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// How sure it is that the name is one of a street.
    pub(super) name: Name,
    /// Whether "nr." stands before the number.
    pub(super) numbered: bool,
}

/// How sure it is that a name is one of a street.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// Any name: a postcode or the word address must say the rest.
    Any,
    /// It ends or begins as streets do.
    Street,
}

/// Finds the street before a house number: `Dorpsstraat 12`, `Hoefslag nr. 12`.
pub(super) fn before(page: &Page<'_>, token: &Token) -> Option<Place> {
    if !matches!(page.left_of(token.start), b' ' | b'\n') {
        return None;
    }
    let mut end = token.start - 1;
    let mut numbered = false;
    if matches!(byte_before(page.bytes, end), b'.' | b'o' | b'r')
        && let Some(word) =
            ["nr.", "nr", "no.", "nummer", "no"].iter().find(|word| page.slice(0, end).ends_with(**word))
    {
        let start = end - word.len();
        numbered = page.left_of(start) == b' ';
        end = if numbered { start - 1 } else { end };
    }
    // "Dorpsstraat, 12" is no Dutch way; "Hauptstr. 12" is a German one.
    if byte(page.bytes, end.checked_sub(1)?) == b'.' {
        end -= 1;
    }
    let (mut start, last) = word_before(page, end)?;
    if !is_capital(last) {
        return None;
    }
    let folded = Folded::of(last);
    let folded = folded.bytes();
    let is_street = is_street(folded) && !is_no_street(folded);
    let mut capital = start;
    let mut is_first_word = is_first(folded);
    let mut words = 1;
    while words < 6 {
        let Some(gap) = start.checked_sub(1) else { break };
        if !matches!(byte(page.bytes, gap), b' ' | b'-' | b'\'') {
            break;
        }
        let Some((next, word)) = word_before(page, gap) else { break };
        let folded = Folded::of(word);
        let folded = folded.bytes();
        let is_capital = is_capital(word);
        if !is_capital && !is_particle(folded) || is_capital && means(folded) & !MONTH != 0 {
            break;
        }
        start = next;
        if is_capital || is_first(folded) {
            capital = next;
            is_first_word = is_first(folded);
        }
        words += 1;
    }
    let begins_as_street = is_first_word && words > 1;
    if words == 1 && means(folded) & (LABELS | DATE | AMOUNT | MONTH) != 0 || folded.len() < 3 {
        return None;
    }
    // "'t Zand"
    let article = page.slice(0, capital).ends_with("'t ") || page.slice(0, capital).ends_with("’t ");
    let start =
        if article { capital - if page.left_of(capital - 2) == b'\'' { 3 } else { 5 } } else { capital };
    let name = if is_street || begins_as_street { Name::Street } else { Name::Any };
    Some(Place { start, end: token.end, name, numbered })
}

/// Finds the street after a house number: `12 Mill Lane`, `12 rue Victor Hugo`.
pub(super) fn after(page: &Page<'_>, token: &Token) -> Option<Place> {
    let mut at = token.end;
    if byte(page.bytes, at) == b',' {
        at += 1;
    }
    if byte(page.bytes, at) != b' ' || is_after_preposition(page, token.start) {
        return None;
    }
    at += 1;
    let mut french = false;
    let mut any = None;
    for number in 0..5 {
        let Some(word) = word_at(page, at) else { break };
        if number == 0 && !is_capital(word) && !is_first(word.as_bytes()) {
            return None;
        }
        let folded = Folded::of(word);
        let folded = folded.bytes();
        if number == 0 && is_first(folded) {
            french = true;
        } else if !(is_capital(word) || number > 0 && is_particle(folded)) {
            break;
        }
        if number == 0 && means(folded) & (MONTH | LABELS | ABSENT) != 0 {
            return None;
        }
        let end = at + word.len();
        let boundary = byte(page.bytes, end) != b' ' || !word_at(page, end + 1).is_some_and(is_capital);
        if number > 0 && (is_british(folded) || french && boundary && is_capital(word)) {
            // "12 High Street West" and "12 Hill Road": the last street word that fits.
            let longer = word_at(page, end + 1).filter(|next| {
                byte(page.bytes, end) == b' ' && is_capital(next) && is_british(Folded::of(next).bytes())
            });
            let end = longer.map_or(end, |next| end + 1 + next.len());
            return Some(Place { start: token.start, end, name: Name::Street, numbered: false });
        }
        if is_capital(word) && (number > 0 || word.len() > 3) {
            any = Some(Place { start: token.start, end, name: Name::Any, numbered: false });
        }
        match page.slice(end, page.text.len()).chars().next() {
            Some(' ' | '-' | '\'') => at = end + 1,
            Some('’') => at = end + '’'.len_utf8(),
            _ => break,
        }
    }
    any
}

/// Reads the name of a town: capitalised words with particles between. Returns its end.
pub(super) fn town(page: &Page<'_>, start: usize) -> Option<usize> {
    let mut at = start;
    let mut end = None;
    for number in 0..6 {
        // "'s-Hertogenbosch"
        match page.slice(at, page.text.len()).chars().next() {
            Some('\'') => at += 1,
            Some('’') => at += '’'.len_utf8(),
            _ => {}
        }
        let Some(word) = word_at(page, at) else { break };
        // "Ludlow SY8 1AA"
        if page.right_of(at + word.len()).is_ascii_digit() {
            break;
        }
        let folded = Folded::of(word);
        let folded = folded.bytes();
        if is_capital(word) && !(number > 0 && is_opening(folded)) {
            if means(folded) & (LABELS | DATE | MONTH) != 0 {
                break;
            }
            end = Some(at + word.len());
        } else if !is_particle(folded) {
            break;
        }
        let next = at + word.len();
        match page.slice(next, page.text.len()).chars().next() {
            Some(' ' | '-' | '/') => at = next + 1,
            // "King's Lynn"
            Some('\'') if page.right_of(next + 1).is_ascii_lowercase() => at = next + 1,
            Some('’') => at = next + '’'.len_utf8(),
            _ => break,
        }
    }
    end
}

/// Words that begin a sentence rather than go on with a name.
fn is_opening(folded: &[u8]) -> bool {
    matches!(
        folded,
        b"de"
            | b"het"
            | b"een"
            | b"u"
            | b"wij"
            | b"ik"
            | b"hij"
            | b"zij"
            | b"je"
            | b"the"
            | b"a"
            | b"we"
            | b"i"
            | b"he"
            | b"she"
            | b"you"
            | b"mijn"
            | b"my"
            | b"tel"
            | b"telefoon"
    )
}

/// "at 12 High Street" is one; "of 12 March Street" is not what people write.
fn is_after_preposition(page: &Page<'_>, start: usize) -> bool {
    byte(page.bytes, start.wrapping_sub(1)) == b'.'
}

/// Returns what the table of words says of a folded word.
fn means(folded: &[u8]) -> Hints {
    Words::builtin().find(Hasher::of(folded)).map_or(0, super::words::Entry::hints)
}

fn is_capital(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

/// Returns the word that begins at a place, at most [`LONGEST`] bytes of it.
fn word_at<'a>(page: &Page<'a>, at: usize) -> Option<&'a str> {
    if !is_word_start(page, at) {
        return None;
    }
    let mut end = at;
    loop {
        let b = byte(page.bytes, end);
        end += match b {
            0..0x80 if b.is_ascii_alphabetic() => 1,
            0..0x80 => break,
            _ => match char_at(page.text, end) {
                Some(c) if c.is_alphabetic() => c.len_utf8(),
                _ => break,
            },
        };
        if end - at > LONGEST {
            return None;
        }
    }
    (end > at).then(|| page.slice(at, end))
}

/// Returns the word that ends at a place and where it begins.
fn word_before<'a>(page: &Page<'a>, end: usize) -> Option<(usize, &'a str)> {
    let mut start = end;
    loop {
        let b = byte_before(page.bytes, start);
        start -= match b {
            0..0x80 if b.is_ascii_alphabetic() => 1,
            0..0x80 => break,
            _ => match char_before(page.text, start) {
                Some(c) if c.is_alphabetic() => c.len_utf8(),
                _ => break,
            },
        };
        if end - start > LONGEST {
            return None;
        }
    }
    (start < end).then(|| (start, page.slice(start, end)))
}
