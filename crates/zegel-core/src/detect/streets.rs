//! Names of streets and towns, by their form: capitals, particles between, and the words that streets end or begin with.

use super::chars::{byte, ceil, char_at, char_before, fold};
use super::hints::{ABSENT, AMOUNT, DATE, Hints, LABELS, MONTH};
use super::lexer::Token;
use super::page::Page;
use super::postal::is_word_start;
use super::street_words::{BRITISH, ENDINGS, FIRST, NOT, PARTICLES, SHORT};
use super::words::{Hasher, Words};

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
    if let Some(rest) =
        ["nr.", "nr", "no.", "nummer", "no"].iter().find(|word| page.slice(0, end).ends_with(**word))
    {
        let start = end - rest.len();
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
    let folded = fold(last);
    let is_street = is_street_word(&folded) && !NOT.contains(&folded.as_str());
    let mut capital = start;
    let mut first_word = folded.clone();
    let mut words = 1;
    while words < 6 {
        let Some(gap) = start.checked_sub(1) else { break };
        if !matches!(byte(page.bytes, gap), b' ' | b'-' | b'\'') {
            break;
        }
        let Some((next, word)) = word_before(page, gap) else { break };
        let folded = fold(word);
        let particle = PARTICLES.contains(&folded.as_str());
        if !particle && !is_capital(word) || is_capital(word) && means(&folded) & !MONTH != 0 {
            break;
        }
        start = next;
        if is_capital(word) || FIRST.contains(&folded.as_str()) {
            capital = next;
            first_word = folded;
        }
        words += 1;
    }
    let begins_as_street = FIRST.contains(&first_word.as_str()) && words > 1;
    if words == 1 && means(&folded) & (LABELS | DATE | AMOUNT | MONTH) != 0 || folded.len() < 3 {
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
        if number == 0 && !is_capital(word) && !FIRST.contains(&word) {
            return None;
        }
        let folded = fold(word);
        if number == 0 && FIRST.contains(&folded.as_str()) {
            french = true;
        } else if !(is_capital(word) || number > 0 && PARTICLES.contains(&folded.as_str())) {
            break;
        }
        if number == 0 && means(&folded) & (MONTH | LABELS | ABSENT) != 0 {
            return None;
        }
        let end = at + word.len();
        let boundary = byte(page.bytes, end) != b' ' || !word_at(page, end + 1).is_some_and(is_capital);
        if number > 0 && (BRITISH.contains(&folded.as_str()) || french && boundary && is_capital(word)) {
            // "12 High Street West" and "12 Hill Road": the last street word that fits.
            let longer = word_at(page, end + 1).filter(|next| {
                byte(page.bytes, end) == b' ' && is_capital(next) && BRITISH.contains(&fold(next).as_str())
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
        let folded = fold(word);
        let particle = PARTICLES.contains(&folded.as_str());
        if is_capital(word) && !(number > 0 && is_opening(&folded)) {
            if means(&folded) & (LABELS | DATE | MONTH) != 0 {
                break;
            }
            end = Some(at + word.len());
        } else if !particle {
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
fn is_opening(folded: &str) -> bool {
    matches!(
        folded,
        "de" | "het"
            | "een"
            | "u"
            | "wij"
            | "ik"
            | "hij"
            | "zij"
            | "je"
            | "the"
            | "a"
            | "we"
            | "i"
            | "he"
            | "she"
            | "you"
            | "mijn"
            | "my"
            | "tel"
            | "telefoon"
    )
}

fn is_street_word(folded: &str) -> bool {
    ENDINGS.iter().any(|ending| {
        folded.ends_with(ending)
            && (folded.len() == ending.len() && ending.len() > 4 || folded.len() >= ending.len() + SHORT)
    })
}

/// "at 12 High Street" is one; "of 12 March Street" is not what people write.
fn is_after_preposition(page: &Page<'_>, start: usize) -> bool {
    byte(page.bytes, start.wrapping_sub(1)) == b'.'
}

/// Returns what the table of words says of a folded word.
fn means(folded: &str) -> Hints {
    let mut hasher = Hasher::new();
    folded.bytes().for_each(|b| hasher.add(b));
    Words::builtin().find(hasher).map_or(0, super::words::Entry::hints)
}

fn is_capital(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

/// Returns the word that begins at a place, at most 40 bytes of it.
fn word_at<'a>(page: &Page<'a>, at: usize) -> Option<&'a str> {
    if !is_word_start(page, at) {
        return None;
    }
    let mut end = at;
    while let Some(c) = char_at(page.text, end).filter(|c| c.is_alphabetic()) {
        end += c.len_utf8();
        if end - at > 40 {
            return None;
        }
    }
    (end > at).then(|| page.slice(at, end))
}

/// Returns the word that ends at a place and where it begins.
fn word_before<'a>(page: &Page<'a>, end: usize) -> Option<(usize, &'a str)> {
    let mut start = end;
    while let Some(c) = char_before(page.text, start).filter(|c| c.is_alphabetic()) {
        start -= c.len_utf8();
        if end - start > 40 {
            return None;
        }
    }
    (start < end).then(|| (start, page.slice(ceil(page.text, start), end)))
}
