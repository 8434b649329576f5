//! A file that is somebody else's: its name, or its first page where it names who it is for, is that of a person the user
//! writes to, and of nobody in this mail.

use std::ops::Range;

use super::{Draft, Mistake, Place, Slip};
use crate::address::{Address, Mailbox};
use crate::material::{Origin, Spot, Visibility};
use crate::people::history::{Clue, History, Known};
use crate::people::names::{fold, is_particle, is_title, local_words, name_clue, name_words};

/// How much of a first page is looked at.
const PAGE_MAX: usize = 4_000;
/// Most names that are looked up for one file.
const NAMES_MAX: usize = 300;
/// Longest name in words.
const NAME_WORDS: usize = 5;
/// How far before a name the word stands that says who it is for.
const CUE_WORDS: usize = 4;

/// Words before the name of the person that a document is for or about.
const CUES: [&str; 37] = [
    "aan",
    "about",
    "attn",
    "attention",
    "beste",
    "betreft",
    "client",
    "concerning",
    "dear",
    "dhr",
    "for",
    "geachte",
    "heer",
    "inzake",
    "klant",
    "leerling",
    "medewerker",
    "meneer",
    "mevr",
    "mevrouw",
    "mr",
    "mrs",
    "ms",
    "mw",
    "naam",
    "name",
    "patient",
    "pupil",
    "re",
    "regarding",
    "student",
    "tav",
    "to",
    "tnv",
    "voor",
    "werknemer",
    "employee",
];

struct Word {
    range: Range<usize>,
    folded: String,
    capital: bool,
}

/// Finds the files that name somebody else.
pub(super) fn find(draft: &Draft<'_>, history: &dyn History) -> Vec<Slip> {
    let people: Vec<&Mailbox> =
        draft.recipients.iter().map(|person| person.mailbox).chain([draft.sender]).collect();
    let mut slips = Vec::new();
    for (number, name) in draft.files.iter().enumerate() {
        // Underscores and points stand between the words of a file name, and the last word is its kind.
        let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
        let words = words(stem);
        if names_one_of(&words, &people) {
            continue;
        }
        if let Some(range) = stranger(&words, |_| true, &people, history) {
            slips.push(slip(Place::FileName(number), stem, &range));
        }
    }
    for (piece, text) in first_pages(draft) {
        let words = words(text);
        if names_one_of(&words, &people) {
            continue;
        }
        if let Some(range) = mailed_stranger(text, &people, history)
            .or_else(|| stranger(&words, |at| is_addressed(&words, at), &people, history))
        {
            slips.push(slip(Place::Text { piece, range: range.clone() }, text, &range));
        }
    }
    slips
}

fn slip(place: Place, text: &str, range: &Range<usize>) -> Slip {
    let words = text.get(range.clone()).unwrap_or_default().to_owned();
    Slip { mistake: Mistake::AttachmentForOther, place, words }
}

/// Returns the first page of every file, as far as it is looked at. A table has no first page that is about one person.
fn first_pages<'a>(draft: &Draft<'a>) -> impl Iterator<Item = (usize, &'a str)> {
    let pieces = draft.material.pieces.iter().enumerate().filter(|(_, piece)| {
        matches!(piece.origin, Origin::Attachment(_))
            && matches!(piece.spot, Spot::Page(1) | Spot::Text)
            && piece.visibility == Visibility::Shown
    });
    pieces.map(|(number, piece)| {
        let end = piece.text.char_indices().nth(PAGE_MAX).map_or(piece.text.len(), |(at, _)| at);
        (number, piece.text.get(..end).unwrap_or_default())
    })
}

fn words(text: &str) -> Vec<Word> {
    let inside = |c: char| c.is_alphabetic() || matches!(c, '\'' | '\u{2019}');
    text.split(|c: char| !inside(c))
        .filter(|word| !word.is_empty())
        .map(|word| {
            let start = word.as_ptr() as usize - text.as_ptr() as usize;
            Word {
                range: start..start + word.len(),
                folded: fold(word),
                capital: word.chars().next().is_some_and(char::is_uppercase),
            }
        })
        .collect()
}

/// Says whether somebody of this mail is named: then the file may well be theirs.
fn names_one_of(words: &[Word], people: &[&Mailbox]) -> bool {
    let (sender, recipients) = match people.split_last() {
        Some((sender, recipients)) => (Some(sender), recipients),
        None => (None, people),
    };
    recipients.iter().filter(|person| sender.is_none_or(|sender| person.address != sender.address)).any(
        |person| {
            let local = local_words(person.address.local());
            let names = [person.name.as_deref().map(name_words).unwrap_or_default(), local];
            names.iter().any(|name| {
                // The last name is enough: a letter to Mr De Vries need not say Jan.
                let last = name.iter().rev().find(|word| word.chars().count() > 2 && !is_particle(word));
                last.is_some_and(|last| words.iter().any(|word| word.folded == *last))
            })
        },
    )
}

/// Says whether the words before a name say that something is for or about them.
fn is_addressed(words: &[Word], at: usize) -> bool {
    words.get(at.saturating_sub(CUE_WORDS)..at).is_some_and(|before| {
        before.iter().any(|word| CUES.contains(&word.folded.as_str()) || is_title(&word.folded))
    })
}

/// Finds a name that belongs to somebody of the history who is not in this mail.
fn stranger(
    words: &[Word],
    starts: impl Fn(usize) -> bool,
    people: &[&Mailbox],
    history: &dyn History,
) -> Option<Range<usize>> {
    let here: Vec<Option<Known>> = people.iter().map(|person| history.person(&person.address)).collect();
    let mut tried = 0;
    for at in 0..words.len() {
        let first = words.get(at)?;
        let can_start =
            first.folded.chars().count() > 1 && !is_particle(&first.folded) && !is_title(&first.folded);
        if !can_start || !starts(at) {
            continue;
        }
        for length in 2..=NAME_WORDS {
            let Some(run) = words.get(at..at + length) else { break };
            let Some(last) = run.last() else { break };
            // A page is running text, where names have capitals; file names are often all lower case.
            if first.capital && !last.capital && !is_particle(&last.folded) {
                break;
            }
            if is_particle(&last.folded) {
                continue;
            }
            tried += 1;
            if tried > NAMES_MAX {
                return None;
            }
            let name: Vec<String> = run.iter().map(|word| word.folded.clone()).collect();
            let Some(clue) = name_clue(&name) else { continue };
            if is_stranger(&clue, &here, history) {
                return Some(first.range.start..last.range.end);
            }
        }
    }
    None
}

fn is_stranger(clue: &Clue, here: &[Option<Known>], history: &dyn History) -> bool {
    let named = history.people_under(clue);
    let in_this_mail = |known: &Known| here.iter().flatten().any(|person| person.id == known.id);
    !named.is_empty() && !named.iter().any(in_this_mail)
}

/// Finds an address of the history that is not in this mail.
fn mailed_stranger(text: &str, people: &[&Mailbox], history: &dyn History) -> Option<Range<usize>> {
    let outside =
        |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | ':' | '"' | '[' | ']');
    text.split(outside).filter(|word| word.contains('@')).take(NAMES_MAX).find_map(|word| {
        let word = word.trim_end_matches('.');
        let address: Address = word.parse().ok()?;
        let here = people
            .iter()
            .any(|person| person.address == address || person.address.domain() == address.domain());
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        (!here && history.person(&address).is_some()).then_some(start..start + word.len())
    })
}
