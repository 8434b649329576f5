//! "Attached", and nothing attached.

use std::ops::Range;

use super::{Mistake, Place, Slip};
use crate::people::names::fold;

/// How many words before and after are looked at for what takes a phrase back.
const AROUND: usize = 4;

/// Ways to say that there is an attachment, as words in a row. `*` is any word.
const PHRASES: [&[&str]; 55] = [
    // Dutch.
    &["bijgevoegd"],
    &["bijgevoegde"],
    &["bijgesloten"],
    &["bijgaand"],
    &["bijgaande"],
    &["aangehecht"],
    &["aangehechte"],
    &["meegestuurd"],
    &["meegestuurde"],
    &["meegezonden"],
    &["in", "bijlage"],
    &["in", "de", "bijlage"],
    &["in", "de", "bijlagen"],
    &["in", "deze", "bijlage"],
    &["de", "bijlage", "bij", "deze"],
    &["de", "bijlage", "bevat"],
    &["de", "bijlagen", "bevatten"],
    &["zie", "bijlage"],
    &["zie", "bijlagen"],
    &["zie", "de", "bijlage"],
    &["zie", "de", "bijlagen"],
    &["als", "bijlage"],
    &["per", "bijlage"],
    &["met", "bijlage"],
    &["met", "bijlagen"],
    &["hierbij", "de", "bijlage"],
    &["hierbij", "stuur", "ik"],
    &["hierbij", "sturen", "wij"],
    &["hierbij", "zend", "ik"],
    &["hierbij", "ontvangt", "u"],
    &["hierbij", "ontvang", "je"],
    &["hierbij", "treft", "u"],
    &["hierbij", "vindt", "u"],
    // English.
    &["attached", "is"],
    &["attached", "are"],
    &["attached", "please"],
    &["attached", "you"],
    &["attached", "herewith"],
    &["is", "attached"],
    &["are", "attached"],
    &["have", "attached"],
    &["ve", "attached"],
    &["i", "attached"],
    &["i", "attach"],
    &["we", "attach"],
    &["find", "attached"],
    &["find", "the", "attached"],
    &["see", "attached"],
    &["see", "the", "attached"],
    &["see", "attachment"],
    &["see", "the", "attachment"],
    &["in", "the", "attachment"],
    &["attached", "file"],
    &["please", "find", "enclosed"],
    &["enclosed", "please", "find"],
];

/// Words that stand for a thing somebody attached, with a noun of a document after them.
const NOUNS: [&str; 29] = [
    "agenda",
    "agreement",
    "bestand",
    "contract",
    "copy",
    "cv",
    "declaration",
    "document",
    "documents",
    "factuur",
    "file",
    "files",
    "form",
    "formulier",
    "invoice",
    "letter",
    "list",
    "minutes",
    "notes",
    "offerte",
    "overview",
    "pdf",
    "picture",
    "presentation",
    "report",
    "results",
    "scan",
    "schedule",
    "spreadsheet",
];

/// Words before a phrase that take it back: nothing is promised.
const NOT: [&str; 11] =
    ["can", "geen", "kan", "never", "niet", "no", "nooit", "not", "t", "without", "zonder"];

/// Words before a phrase that make it the other person's: what they sent is spoken of.
const YOURS: [&str; 9] = ["je", "jouw", "jullie", "received", "uw", "you", "your", "ontvangen", "u"];

/// Words near a phrase that put it into another mail.
const LATER: [&str; 10] =
    ["gisteren", "later", "morgen", "nakomen", "tomorrow", "volgt", "vorige", "will", "yesterday", "zal"];

/// What ends a sentence.
const ENDS: [char; 5] = ['.', '!', '?', ';', ':'];

/// How one word of every phrase begins: a sentence without such a word promises nothing, and most have none.
const STEMS: [&str; 6] = ["aangehecht", "attach", "bij", "enclos", "hierbij", "meege"];

struct Word<'a> {
    range: Range<usize>,
    text: &'a str,
}

/// Finds the first words that promise an attachment; one is enough to ask.
pub(super) fn find(piece: usize, text: &str, written: &[Range<usize>]) -> Option<Slip> {
    sentences(text, written).iter().find_map(|sentence| {
        let range = promise(sentence)?;
        let words = text.get(range.clone())?.to_owned();
        Some(Slip { mistake: Mistake::MissingAttachment, place: Place::Text { piece, range }, words })
    })
}

/// Splits what was written into sentences of words. A line that ends does not end a sentence; an empty one does, and so does a
/// colon: in "De brief volgt: zie bijlage" what follows is not put off by what was said before.
fn sentences<'a>(text: &'a str, written: &[Range<usize>]) -> Vec<Vec<Word<'a>>> {
    let mut sentences: Vec<Vec<Word<'a>>> = vec![Vec::new()];
    let mut before = 0;
    for line in written {
        let content = text.get(line.clone()).unwrap_or_default();
        // A gap was quoted.
        let gap = line.start > before + 2;
        if gap || content.trim().is_empty() {
            sentences.push(Vec::new());
        }
        before = line.end;
        for part in content.split_inclusive(ENDS) {
            let offset = line.start + (part.as_ptr() as usize - content.as_ptr() as usize);
            if let Some(sentence) = sentences.last_mut() {
                sentence.extend(words(part, offset));
            }
            if part.ends_with(ENDS) {
                sentences.push(Vec::new());
            }
        }
    }
    sentences
}

fn words(part: &str, offset: usize) -> impl Iterator<Item = Word<'_>> {
    part.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(move |word| {
        let start = offset + (word.as_ptr() as usize - part.as_ptr() as usize);
        Word { range: start..start + word.len(), text: word }
    })
}

fn promise(sentence: &[Word<'_>]) -> Option<Range<usize>> {
    if !sentence.iter().any(|word| is_telling(word.text)) {
        return None;
    }
    let folded: Vec<String> = sentence.iter().map(|word| fold(word.text)).collect();
    (0..folded.len()).find_map(|at| {
        let rest = folded.get(at..)?;
        let length = phrase(rest)?;
        let before = folded.get(at.saturating_sub(AROUND)..at)?;
        let after = folded.get(at + length..(at + length + AROUND).min(folded.len()))?;
        if taken_back(folded.get(at..at + length)?, before, after) {
            return None;
        }
        Some(sentence.get(at)?.range.start..sentence.get(at + length - 1)?.range.end)
    })
}

/// Says whether a word can be the one that every phrase has; one with accents may be it once they are folded away.
fn is_telling(word: &str) -> bool {
    // Most words are out by their first letter.
    let maybe = word.bytes().next().is_some_and(|b| matches!(b | 0x20, b'a' | b'b' | b'e' | b'h' | b'm'));
    let begins = |stem: &&str| word.get(..stem.len()).is_some_and(|head| head.eq_ignore_ascii_case(stem));
    maybe && STEMS.iter().any(begins) || !word.is_ascii()
}

/// Says how many words at the start promise an attachment.
fn phrase(rest: &[String]) -> Option<usize> {
    let fits = |phrase: &&[&str]| {
        phrase.len() <= rest.len() && phrase.iter().zip(rest).all(|(word, other)| word == other)
    };
    let longest = PHRASES.iter().filter(|phrase| fits(phrase)).map(|phrase| phrase.len()).max();
    longest.or_else(|| match (rest.first().map(String::as_str), rest.get(1)) {
        // "the attached report", "attached the minutes"
        (Some("attached" | "enclosed"), Some(noun)) if NOUNS.contains(&noun.as_str()) => Some(2),
        (Some("attached" | "enclosed"), Some(the))
            if the == "the" && rest.get(2).is_some_and(|noun| NOUNS.contains(&noun.as_str())) =>
        {
            Some(3)
        }
        _ => None,
    })
}

/// Says whether the words around a phrase make it something else.
fn taken_back(phrase: &[String], before: &[String], after: &[String]) -> bool {
    let has = |words: &[String], list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let at = |index: usize| after.get(index).map(String::as_str);
    // "attached to the ward", but "attached to this mail".
    let elsewhere = phrase.last().is_some_and(|word| word == "attached")
        && at(0) == Some("to")
        && !matches!(at(1), Some("this" | "the"))
            | !matches!(at(2), Some("email" | "mail" | "message" | "e"));
    // "in de bijlage van uw mail", but "van deze mail".
    let of_yours =
        matches!(at(0), Some("van" | "bij" | "of" | "to")) && at(1).is_some_and(|word| YOURS.contains(&word));
    // "bijlage 3 van de wet", "in bijlage B"
    let numbered = phrase.last().is_some_and(|word| word == "bijlage")
        && at(0).is_some_and(|word| word.chars().all(|c| c.is_ascii_digit()) || word.len() == 1);
    let near: Vec<String> = before.iter().rev().take(3).cloned().collect();
    let last = before.last().map(String::as_str);
    let yours = last.is_some_and(|word| YOURS.contains(&word)) && !phrase_is_verb(phrase);
    elsewhere
        || of_yours
        || numbered
        || yours
        || has(&near, &NOT)
        || at(0).is_some_and(|word| matches!(word, "niet" | "not" | "later" | "geen" | "nothing"))
        || has(before, &LATER)
        || has(after, &["later", "morgen", "tomorrow", "gisteren", "yesterday"])
}

/// Says whether the words say that somebody attaches something, so that "u" before them is who gets it.
fn phrase_is_verb(phrase: &[String]) -> bool {
    matches!(
        phrase.first().map(String::as_str),
        Some("hierbij" | "find" | "see" | "i" | "is" | "in" | "als" | "per" | "zie" | "please")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phrase_has_a_word_that_tells() {
        for phrase in PHRASES.iter().copied().chain([&["attached", "report"][..], &["enclosed", "report"]]) {
            assert!(phrase.iter().any(|word| is_telling(&word.to_uppercase())), "{phrase:?}");
        }
        assert!(!is_telling("report"));
    }
}
