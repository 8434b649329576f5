//! Names of people, brought to one form so that they can be compared.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::history::Clue;
use super::near;
use crate::address::Mailbox;

/// Most words of a name that count.
const WORDS_MAX: usize = 6;
/// Shortest local part that says who somebody is.
const LOCAL_MIN: usize = 5;
/// Shortest local part whose neighbours are looked for.
const NEAR_MIN: usize = 7;
/// Longest text that is taken for a name.
const NAME_MAX: usize = 300;

/// What stands before or after a name and is no part of it.
const TITLES: [&str; 33] = [
    "arts",
    "bsc",
    "cc",
    "dames",
    "dhr",
    "dir",
    "dr",
    "drs",
    "familie",
    "heer",
    "heren",
    "ing",
    "ir",
    "jhr",
    "lic",
    "ma",
    "md",
    "mej",
    "meneer",
    "mevr",
    "mevrouw",
    "miss",
    "mr",
    "mrs",
    "ms",
    "msc",
    "mv",
    "mw",
    "mx",
    "phd",
    "prof",
    "professor",
    "sir",
];

/// Small words inside names.
const PARTICLES: [&str; 30] = [
    "aan", "af", "al", "bij", "bin", "da", "dal", "de", "del", "della", "den", "der", "di", "do", "dos",
    "du", "el", "het", "in", "la", "le", "los", "op", "t", "te", "ten", "ter", "van", "vd", "von",
];

/// Says whether a word is a title and no name.
pub(super) fn is_title(word: &str) -> bool {
    TITLES.contains(&word)
}

/// Says whether a word is one of the small ones inside names (van, de, von).
pub(super) fn is_particle(word: &str) -> bool {
    PARTICLES.contains(&word)
}

/// Brings text to lower case without accents: what people type when they are in a hurry.
pub(super) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        // Most letters need no table. Marks are dropped whatever their order, so characters can be taken one by one.
        match c {
            '\'' | '`' => {}
            '\0'..='\x7f' => out.push(c.to_ascii_lowercase()),
            c => fold_other(c, &mut out),
        }
    }
    out
}

fn fold_other(c: char, out: &mut String) {
    for c in std::iter::once(c).nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'ø' => out.push('o'),
            'ł' => out.push('l'),
            'đ' | 'ð' => out.push('d'),
            'þ' => out.push_str("th"),
            'ı' => out.push('i'),
            // Inside a word an apostrophe is left out by many: O'Brien, d'Hondt.
            '\'' | '\u{2019}' | '`' => {}
            c => out.push(c),
        }
    }
}

/// Splits text into words of letters, in lower case without accents.
pub(super) fn words(text: &str) -> Vec<String> {
    let short: String = text.chars().take(NAME_MAX).collect();
    fold(&short)
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Returns the words of a display name without titles, departments and what a mailing list adds.
pub(super) fn name_words(name: &str) -> Vec<String> {
    if name.contains('@') {
        return Vec::new();
    }
    let end = ["(", "|", "/", " - ", " \u{2013} ", " via ", "["]
        .iter()
        .filter_map(|mark| name.find(mark))
        .min()
        .unwrap_or(name.len());
    words(name.get(..end).unwrap_or(name))
        .into_iter()
        .filter(|word| !is_title(word))
        .take(WORDS_MAX)
        .collect()
}

/// Returns the words of a local part: `jan.de-vries2+x` is jan, de, vries.
pub(super) fn local_words(local: &str) -> Vec<String> {
    words(local.split('+').next().unwrap_or_default())
}

/// Returns the clue of a name: its words in no order. One word alone, or initials, belong to too many people.
pub(super) fn name_clue(words: &[String]) -> Option<Clue> {
    if words.iter().filter(|word| word.chars().count() > 1 && !is_particle(word)).count() < 2 {
        return None;
    }
    let mut sorted: Vec<&str> = words.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted.dedup();
    Some(Clue::new("n", &sorted.join(" ")))
}

/// Returns the local part as one word, its parts in no order; nothing when it is too short to say who it is.
fn local_letters(local: &str) -> Option<String> {
    let mut words = local_words(local);
    words.sort_unstable();
    let letters = words.concat();
    (letters.chars().count() >= LOCAL_MIN).then_some(letters)
}

/// Returns what both keeping and looking up need: the clues of the name, and the letters of the local part.
fn common(mailbox: &Mailbox) -> (Vec<Clue>, Option<String>) {
    let local = mailbox.address.local();
    let names = [mailbox.name.as_deref().map(name_words), Some(local_words(local))];
    let mut clues: Vec<Clue> = names.iter().flatten().filter_map(|words| name_clue(words)).collect();
    clues.dedup();
    (clues, local_letters(local))
}

/// Returns the clues under which a history keeps a person.
pub(super) fn stored(mailbox: &Mailbox) -> Vec<Clue> {
    let (mut clues, letters) = common(mailbox);
    if let Some(letters) = letters {
        clues.push(Clue::new("l", &letters));
        if letters.chars().count() >= NEAR_MIN {
            clues.extend(near::stored("m", &letters));
        }
    }
    clues
}

/// Returns the clues under which somebody of the same name, or of one that is written almost the same, is found.
pub(super) fn lookups(mailbox: &Mailbox) -> Vec<Clue> {
    let (mut clues, letters) = common(mailbox);
    if let Some(letters) = letters {
        clues.push(Clue::new("l", &letters));
        if letters.chars().count() >= NEAR_MIN {
            clues.extend(near::lookups("l", "m", &letters).into_iter().map(|near| near.clue));
        }
    }
    clues
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clue(name: &str) -> Option<Clue> {
        name_clue(&name_words(name))
    }

    #[test]
    fn one_name_has_one_clue() {
        let expected = clue("Jan de Vries").unwrap();
        for name in [
            "Vries, Jan de",
            "dr. J\u{e1}n de Vries",
            "JAN DE VRIES",
            "Jan de Vries (Cardiologie)",
            "Jan de Vries - Example hospital",
            "Jan de Vries via Lists",
        ] {
            assert_eq!(clue(name).as_ref(), Some(&expected), "{name}");
        }
        assert_eq!(name_clue(&local_words("jan.de.vries+work")), Some(expected));
        for name in ["Jan", "J. de V.", "jan@example.org", "de heer", "", "\u{202e}"] {
            assert_eq!(clue(name), None, "{name}");
        }
    }

    #[test]
    fn local_parts_in_any_order() {
        assert_eq!(local_letters("jan.jansen"), local_letters("Jansen_Jan2"));
        assert_eq!(local_letters("janj"), None);
        assert_eq!(fold("Bj\u{f6}rn O\u{2019}Brien Stra\u{df}e"), "bjorn obrien strasse");
    }

    #[test]
    fn one_by_one_is_as_good_as_the_whole() {
        // Marks before, after and among letters, out of order, and letters that fall apart into three.
        for text in [
            "A\u{301}\u{323}b",
            "\u{323}\u{301}c",
            "\u{1ed7}\u{327}X'\u{345}",
            "\u{ac01}\u{212b}\u{fb01}\u{130}",
        ] {
            let whole: String = text
                .nfd()
                .filter(|c| !is_combining_mark(*c) && *c != '\'')
                .flat_map(char::to_lowercase)
                .collect();
            let whole: String = whole.chars().filter(|c| !is_combining_mark(*c)).collect();
            let folded: String = fold(text).chars().filter(|c| !is_combining_mark(*c)).collect();
            assert_eq!(folded, whole, "{text:?}");
        }
    }
}
