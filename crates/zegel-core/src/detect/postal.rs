//! Postal addresses and postcodes, of the Netherlands first, roughly those of Belgium, Germany, France and Britain.
//!
//! Sources: PostNL, "Adresseringsnormen" (NEN 5825: street, house number, addition; postcode of four digits and two letters,
//! never SA, SD or SS); Royal Mail, "Programmer's guide to the Postcode Address File" (forms of British postcodes).

use super::chars::{byte, char_at, char_before, floor};
use super::found::{Found, hash_code, hash_words};
use super::hints::{ADDRESS, LABELS, ORDER, POSTCODE, STREET};
use super::lexer::{Kind, Token};
use super::page::{Context, Page};
use super::postcodes::{Code, Form, any_postcode, postcode};
use super::streets::{self, Name, Place};
use super::{Builtin, Confidence};

/// Judges a token that may be a house number or begin a postcode.
pub(super) fn judge(page: &Page<'_>, at: usize, token: &Token, found: &mut Found) {
    if token.kind == Kind::Word {
        if token.hints & STREET != 0 {
            po_box(page, at, token, found);
        }
        return;
    }
    if let Some(code) = postcode(page, token) {
        judge_postcode(page, at, code, found);
    }
    if house_number(page, token) && !found.is_in_address(token.start) {
        // At the start of a line the name before belongs to the line above.
        let place = if page.left_of(token.start) == b'\n' {
            streets::after(page, token).or_else(|| streets::before(page, token))
        } else {
            streets::before(page, token).or_else(|| streets::after(page, token))
        };
        if let Some(place) = place {
            judge_address(page, at, place, found);
        }
    }
}

fn judge_address(page: &Page<'_>, at: usize, place: Place, found: &mut Found) {
    let next = page.token(at + 1);
    let coded = next.is_some_and(|next| next.start < place.end + 60 && next.kind != Kind::Word);
    let announced = page.near(at, at, ADDRESS, 60).is_some();
    if place.name == Name::Any && !coded && !announced && !place.numbered && !is_at(page, place.start) {
        return;
    }
    let tail = tail(page, place.end);
    // Any name and number: a postcode makes it an address, or the word for it before and a town behind.
    let named = tail.end > place.end + 3;
    if place.name == Name::Any
        && !tail.postcode
        && !(named && (announced || place.numbered || is_at(page, place.start)))
    {
        return;
    }
    let start = flat(page, place.start);
    let counted = page.context(at, at, ADDRESS, ORDER & LABELS) == Context::Rival;
    let confidence = match tail {
        Tail { postcode: true, .. } => Confidence::High,
        // "Molenweg 3 trees were felled": the number counts what follows.
        _ if !named && counts_something(page, tail.end) => Confidence::Low,
        _ if announced && place.name == Name::Street => Confidence::High,
        _ if counted && !named => Confidence::Low,
        _ => Confidence::Medium,
    };
    found.add(Builtin::PostalAddress, start, tail.end, confidence, hash_words(page.slice(start, tail.end)));
}

/// Says whether "at" or "to" stands before.
fn is_at(page: &Page<'_>, start: usize) -> bool {
    let before = start.checked_sub(4).and_then(|from| page.bytes.get(from..start));
    matches!(before, Some(b" at " | b" to " | b"\nat " | b"\nto " | b" at\n" | b" to\n"))
}

/// Goes back over "Flat 11, ".
fn flat(page: &Page<'_>, start: usize) -> usize {
    let from = super::chars::ceil(page.text, start.saturating_sub(24));
    let before = page.slice(from, start).trim_end_matches([' ', ',', '\n']);
    if before.len() + from == start {
        return start;
    }
    let number = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric());
    let word = number.trim_end_matches(' ');
    let has_digit =
        before.get(number.len()..).is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()));
    let known = ["Flat", "flat", "Apartment", "Apt", "Apt.", "Unit", "Suite", "Appartement", "App."];
    match known.iter().find(|known| word.ends_with(**known)) {
        Some(known) if has_digit && word.len() < number.len() => from + word.len() - known.len(),
        _ => start,
    }
}

/// Says whether a noun follows that the number before it counts.
fn counts_something(page: &Page<'_>, end: usize) -> bool {
    const GOES_ON: [&str; 40] = [
        "in", "te", "en", "and", "is", "of", "or", "at", "on", "op", "om", "voor", "for", "met", "with",
        "waar", "where", "die", "dat", "which", "van", "from", "to", "naar", "zijn", "was", "samen",
        "together", "tot", "until", "bij", "per", "als", "as", "by", "aan", "has", "heeft", "near", "sinds",
    ];
    if !matches!(byte(page.bytes, end), b' ' | b'\n') {
        return false;
    }
    let rest = page.slice(end + 1, super::chars::floor(page.text, end + 25));
    let word: &str = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
    word.starts_with(char::is_lowercase) && !GOES_ON.contains(&word)
}

/// "Postbus 12345", "PO Box 12".
fn po_box(page: &Page<'_>, at: usize, token: &Token, found: &mut Found) {
    let Some(number) = page.token(at + 1).filter(|next| next.kind == Kind::Digits && next.digits <= 6) else {
        return;
    };
    if number.start <= token.end + 3 && page.slice(token.end, number.start).trim().is_empty() {
        let tail = tail(page, number.end);
        let value = hash_words(page.slice(token.start, tail.end));
        found.add(Builtin::PostalAddress, token.start, tail.end, Confidence::Medium, value);
    }
}

fn judge_postcode(page: &Page<'_>, at: usize, code: Code, found: &mut Found) {
    let last = if page.token(at + 1).is_some_and(|next| next.start < code.end) { at + 1 } else { at };
    let context = page.context(at, last, POSTCODE | ADDRESS, LABELS & !ADDRESS);
    let behind = Joiner::read(page, code.end);
    let town = behind.next > code.end && streets::town(page, behind.next).is_some();
    let street = found.is_in_address(code.start) || stands_after_street(page, code.start);
    let labelled = page.near(at, last, POSTCODE, 48).is_some_and(|word| word.start < code.start);
    let confidence = match (code.form, context) {
        _ if labelled || street => Confidence::High,
        (_, Context::Rival) => Confidence::Low,
        (Form::British, _) => Confidence::Medium,
        (Form::Dutch, _) if page.right_of(code.start) == b'N' => Confidence::Medium,
        (Form::Dutch, _) if town || context.is_own() => Confidence::Medium,
        (Form::Tight, Context::Own { .. }) if page.bytes.get(code.start).is_some_and(u8::is_ascii_digit) => {
            Confidence::Medium
        }
        (Form::Tight, _) if town && page.bytes.get(code.start).is_some_and(u8::is_ascii_digit) => {
            Confidence::Medium
        }
        _ => Confidence::Low,
    };
    found.add(
        Builtin::Postcode,
        code.start,
        code.end,
        confidence,
        hash_code(page.slice(code.start, code.end)),
    );
}

/// Says whether a street and house number end just before: on the same line behind a comma, or on the line before.
fn stands_after_street(page: &Page<'_>, start: usize) -> bool {
    let from = super::chars::ceil(page.text, start.saturating_sub(48));
    let before = page.slice(from, start).trim_end_matches([' ', ',', '\n', '\r']);
    if start - from == before.len() {
        return false;
    }
    let line = before.rsplit('\n').next().unwrap_or("");
    let mut words = line.split_whitespace().rev();
    let last = words.next().unwrap_or("").trim_end_matches(',');
    let numbered = |word: &str| {
        word.len() <= 8 && word.starts_with(|c: char| c.is_ascii_digit()) && !word.contains([':', '.', '%'])
    };
    let is_name =
        |word: Option<&str>| word.is_some_and(|word| word.len() > 2 && !word.ends_with(['.', ':', ';']));
    if numbered(last) {
        return is_name(words.next());
    }
    // A town between, in British addresses: "12 Mill Lane, Ludlow, SY8 1AA".
    page.bytes.get(start).is_some_and(u8::is_ascii_alphabetic) && line.split_whitespace().any(numbered)
}

/// Says whether a token can be a house number: `12`, `12a`, `12-3`.
fn house_number(page: &Page<'_>, token: &Token) -> bool {
    let length = token.end - token.start;
    let plain = token.kind == Kind::Digits && length <= 5;
    let lettered = token.kind == Kind::Mixed
        && length <= 6
        && token.digits <= 4
        && page.bytes.get(token.start..token.end).is_some_and(|bytes| {
            bytes.iter().skip_while(|b| b.is_ascii_digit()).all(u8::is_ascii_alphabetic)
                && length - usize::from(token.digits) <= 2
        });
    let near = page.left_of(token.start);
    (plain || lettered)
        && matches!(page.right_of(token.start), b'1'..=b'9')
        && matches!(near, 0 | b' ' | b'\n' | b',' | b'\t' | b'|' | b'(' | b':')
}

/// What follows a street and house number.
struct Tail {
    end: usize,
    postcode: bool,
}

/// Reads on: an addition, then names of towns and a postcode, each behind a comma, a line break, a dash, "in" or a bracket.
fn tail(page: &Page<'_>, end: usize) -> Tail {
    let end = addition(page, end);
    let mut joiner = Joiner::read(page, end);
    // What counts when no postcode follows: one town on the same line.
    let mut town = end;
    for number in 0..4 {
        if joiner.next == joiner.start {
            break;
        }
        if let Some(code) = any_postcode(page, joiner.next) {
            let mut end = code;
            let behind = Joiner::read(page, code);
            if behind.is_plain
                && page
                    .bytes
                    .get(joiner.next)
                    .is_some_and(|b| b.is_ascii_digit() || page.right_of(joiner.next + 2) == b'-')
                && let Some(town) = streets::town(page, behind.next)
            {
                end = town;
            }
            if joiner.is_bracket && byte(page.bytes, end) == b')' {
                end += 1;
            }
            return Tail { end, postcode: true };
        }
        let Some(name) = streets::town(page, joiner.next) else { break };
        if number == 0 && joiner.is_sure {
            town = name;
        }
        joiner = Joiner::read(page, name);
    }
    Tail { end: town, postcode: false }
}

/// What stands between the parts of an address.
struct Joiner {
    start: usize,
    next: usize,
    /// Only spaces.
    is_plain: bool,
    /// A comma, "in", "te" on the same line: a town follows, also without a postcode.
    is_sure: bool,
    /// A bracket opens.
    is_bracket: bool,
}

impl Joiner {
    fn read(page: &Page<'_>, start: usize) -> Self {
        let mut at = start;
        let (mut commas, mut breaks, mut spaces, mut marks, mut brackets) = (0, 0, 0, 0, 0);
        while let Some(c) = char_at(page.text, at) {
            match c {
                ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\r' if spaces < 12 => spaces += 1,
                ',' if commas == 0 => commas += 1,
                '\n' if breaks == 0 => breaks += 1,
                '-' | '–' | '—' | '•' | '·' if marks == 0 && spaces > 0 => marks += 1,
                '(' if brackets == 0 && spaces > 0 => brackets += 1,
                _ => break,
            }
            at += c.len_utf8();
        }
        let rest = page.slice(at, floor(page.text, at + 4));
        let word = ["in ", "te ", "at "].iter().find(|word| at > start && rest.starts_with(**word));
        at += word.map_or(0, |word| word.len());
        Self {
            start,
            next: at,
            is_plain: at > start && commas + breaks + marks + brackets == 0 && word.is_none(),
            is_sure: breaks == 0 && marks + brackets == 0 && (commas == 1 || word.is_some()),
            is_bracket: brackets == 1,
        }
    }
}

/// Reads the addition to a house number: `12 A`, `12-2`, `12 bis`, `12 hs`.
fn addition(page: &Page<'_>, end: usize) -> usize {
    let mut at = end;
    let near = page.right_of(at);
    if !matches!(near, b' ' | b'-' | b'/') || byte(page.bytes, at) >= 0x80 {
        return end;
    }
    at += 1;
    let rest = page.slice(at, super::chars::floor(page.text, at + 5));
    let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let word = rest.get(..length).unwrap_or("");
    let roman = !word.is_empty() && word.chars().all(|c| matches!(c, 'I' | 'V'));
    let known = ["bis", "hs", "boven", "rood", "zw"].iter().any(|known| word.eq_ignore_ascii_case(known));
    let letter = word.len() == 1
        && word.chars().all(|c| c.is_ascii_uppercase() || near == b'-' && c.is_ascii_lowercase());
    let number =
        near != b' ' && word.len() <= 3 && word.chars().all(|c| c.is_ascii_digit()) && !word.is_empty();
    if roman || known || letter || number { at + word.len() } else { end }
}

/// Says whether a place is at the start of a word.
pub(super) fn is_word_start(page: &Page<'_>, at: usize) -> bool {
    !char_before(page.text, at).is_some_and(char::is_alphanumeric)
}
