//! A greeting that names nobody of this mail.

use std::ops::Range;

use super::{Draft, Mistake, Place, Slip};
use crate::address::Mailbox;
use crate::people::group::Group;
use crate::people::names::{fold, is_particle, is_title, local_words, name_words, words};
use crate::people::near::distance;

/// How many lines at the top are looked at: a reference or a subject may stand before the greeting.
const LINES: usize = 4;
/// Most words of a greeting.
const WORDS_MAX: usize = 8;

/// Ways to begin, the longest first where one begins another.
const SALUTATIONS: [&str; 28] = [
    "goedemorgen",
    "goedemiddag",
    "goedenavond",
    "goedenmorgen",
    "goedenmiddag",
    "goedendag",
    "goede morgen",
    "goede middag",
    "goede avond",
    "good morning",
    "good afternoon",
    "good evening",
    "good day",
    "greetings",
    "geachte",
    "waarde",
    "beste",
    "lieve",
    "hallo",
    "hoi",
    "dag",
    "dear",
    "hello",
    "morning",
    "hey",
    "hi",
    "ha",
    "esteemed",
];

/// Words that greet nobody in particular.
const GENERIC: [&str; 76] = [
    "aanwezigen",
    "afdeling",
    "again",
    "all",
    "allebei",
    "allemaal",
    "allen",
    "applicant",
    "association",
    "bestuur",
    "beiden",
    "beide",
    "bezoeker",
    "board",
    "both",
    "buren",
    "buurtbewoner",
    "client",
    "clienten",
    "clients",
    "collega",
    "collegae",
    "collegas",
    "colleague",
    "colleagues",
    "committee",
    "customer",
    "customers",
    "dame",
    "dames",
    "deelnemer",
    "deelnemers",
    "everybody",
    "everyone",
    "familie",
    "family",
    "folks",
    "friend",
    "friends",
    "gast",
    "gasten",
    "gentlemen",
    "group",
    "groep",
    "guys",
    "heer",
    "heren",
    "hiring",
    "iedereen",
    "kandidaat",
    "klant",
    "klanten",
    "ladies",
    "leden",
    "lezer",
    "lezers",
    "lid",
    "madam",
    "manager",
    "members",
    "mensen",
    "mevrouw",
    "meneer",
    "ouder",
    "ouders",
    "patient",
    "patienten",
    "patients",
    "redactie",
    "relatie",
    "relaties",
    "sir",
    "sirs",
    "student",
    "team",
    "there",
];

/// Short forms and the names they stand for, where one does not begin the other.
const SHORT: [(&str, &str); 24] = [
    ("bep", "elisabeth"),
    ("bill", "william"),
    ("bob", "robert"),
    ("dick", "richard"),
    ("hans", "johannes"),
    ("hein", "hendrik"),
    ("henk", "hendrik"),
    ("jack", "john"),
    ("jan", "johannes"),
    ("jim", "james"),
    ("joop", "johannes"),
    ("joost", "justus"),
    ("kees", "cornelis"),
    ("klaas", "nicolaas"),
    ("koos", "jacobus"),
    ("mike", "michael"),
    ("niek", "nicolaas"),
    ("piet", "petrus"),
    ("rik", "hendrik"),
    ("sjaak", "jacobus"),
    ("ted", "edward"),
    ("toon", "antonius"),
    ("wim", "willem"),
    ("bert", "albertus"),
];

/// Finds the names in the greeting that fit no recipient.
pub(super) fn find(draft: &Draft<'_>, piece: usize, text: &str, written: &[Range<usize>]) -> Vec<Slip> {
    // Who reads info@ can be anybody, and so can whose address says nothing.
    let nameless = |mailbox: &Mailbox| known_words(mailbox).is_empty();
    let unclear = draft.recipients.iter().any(|person| {
        person.groups.contains(Group::Role) && person.mailbox.name.is_none() || nameless(person.mailbox)
    });
    if unclear || draft.recipients.is_empty() {
        return Vec::new();
    }
    let top =
        written.iter().filter(|line| text.get((*line).clone()).is_some_and(|line| !line.trim().is_empty()));
    let Some(names) = top.take(LINES).find_map(|line| names(text.get(line.clone())?, line.start)) else {
        return Vec::new();
    };
    names
        .into_iter()
        .filter(|range| {
            let name = significant(text.get(range.clone()).unwrap_or_default());
            !name.is_empty() && !draft.recipients.iter().any(|person| fits(&name, person.mailbox))
        })
        .map(|range| Slip {
            mistake: Mistake::Greeting,
            words: text.get(range.clone()).unwrap_or_default().to_owned(),
            place: Place::Text { piece, range },
        })
        .collect()
}

/// Returns where the names of a greeting stand, or nothing when the line is none. A greeting of nobody in particular has none.
fn names(line: &str, offset: usize) -> Option<Vec<Range<usize>>> {
    let lead = line.len() - line.trim_start().len();
    let rest = line.get(lead..)?;
    let after = SALUTATIONS.iter().find_map(|word| {
        let head = rest.get(..word.len())?;
        let tail = rest.get(word.len()..)?;
        let whole = tail.chars().next().is_none_or(|c| !c.is_alphanumeric());
        (head.eq_ignore_ascii_case(word) && whole).then_some(lead + word.len())
    })?;
    let rest = line.get(after..)?;
    let end = rest.find([',', ':', '!', '.', ';', '?', '\u{2013}']).map(|end| after + end);
    // "dr. De Vries," and "J. Jansen,": a point after a title or an initial does not end a greeting.
    let end = match end {
        Some(at) if line.get(at..=at) == Some(".") => {
            line.get(after..)?.find([',', ':', '!', ';', '?']).map_or(line.len(), |end| after + end)
        }
        Some(at) => at,
        None => line.len(),
    };
    let ended =
        end < line.trim_end().len() || line.get(end..).is_some_and(|rest| rest.starts_with([',', ':', '!']));
    let greeted = line.get(after..end)?;
    if greeted.split_whitespace().count() > WORDS_MAX {
        return ended.then(Vec::new);
    }
    let mut found = Vec::new();
    for (start, part) in split(greeted) {
        if words(part).iter().any(|word| GENERIC.contains(&word.as_str()) && !is_title(word)) {
            continue;
        }
        if let Some((from, to)) = name_in(part, ended) {
            found.push(offset + after + start + from..offset + after + start + to);
        }
    }
    Some(found)
}

/// Splits "Jan, Piet en Klaas" at what joins names.
fn split(greeted: &str) -> Vec<(usize, &str)> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for word in greeted.split_inclusive(char::is_whitespace) {
        if matches!(fold(word.trim()).as_str(), "en" | "and" | "&" | "/" | "of" | "or") {
            parts.push((start, greeted.get(start..at).unwrap_or_default()));
            start = at + word.len();
        }
        at += word.len();
    }
    parts.push((start, greeted.get(start..).unwrap_or_default()));
    parts
        .into_iter()
        .flat_map(|(start, part)| {
            let base = part.as_ptr() as usize;
            part.split(['/', '&']).map(move |piece| (start + (piece.as_ptr() as usize - base), piece))
        })
        .collect()
}

/// Finds the name in a part: words with a capital, and small words between them. Without a comma after it a lower-case word
/// is the sentence that follows ("Hi there is", "Beste wensen").
fn name_in(part: &str, ended: bool) -> Option<(usize, usize)> {
    let mut range: Option<(usize, usize)> = None;
    for word in part.split_whitespace() {
        let start = word.as_ptr() as usize - part.as_ptr() as usize;
        let folded = fold(word);
        let bare = folded.trim_matches(|c: char| !c.is_alphanumeric());
        let capital = word.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_uppercase);
        let small = is_particle(bare) || is_title(bare);
        if !capital && !small && !ended {
            break;
        }
        if is_title(bare) && range.is_none() {
            continue;
        }
        range = Some((range.map_or(start, |(from, _)| from), start + word.len()));
    }
    range.filter(|(from, to)| !significant(part.get(*from..*to).unwrap_or_default()).is_empty())
}

/// Returns the words of a name that say whose it is.
fn significant(name: &str) -> Vec<String> {
    words(name)
        .into_iter()
        .filter(|word| word.chars().count() > 1 && !is_particle(word) && !is_title(word))
        .collect()
}

/// Returns what is known of a recipient's name: display name and local part.
fn known_words(mailbox: &Mailbox) -> Vec<String> {
    let mut known = mailbox.name.as_deref().map(name_words).unwrap_or_default();
    known.extend(local_words(mailbox.address.local()).into_iter().filter(|word| word.chars().count() > 1));
    known.retain(|word| !is_particle(word));
    known
}

/// Says whether a greeted name can be a recipient's. Where first and last name are known both have to fit, so that a
/// namesake is found out; where only one is known that one is enough.
fn fits(name: &[String], mailbox: &Mailbox) -> bool {
    let known = known_words(mailbox);
    let display = mailbox.name.as_deref().map(name_words).unwrap_or_default();
    let whole = display.iter().filter(|word| word.chars().count() > 1 && !is_particle(word)).count() > 1;
    let joined = local_words(mailbox.address.local()).concat();
    let domain = fold(&mailbox.address.domain().to_unicode()).replace(|c: char| !c.is_alphanumeric(), "");
    // "Beste Zilveren Kruis" to somebody at zilverenkruis.example.
    if domain.contains(&name.concat()) {
        return true;
    }
    let one = |word: &String| {
        known.iter().any(|other| is_same(word, other))
            || (word.chars().count() > 2 && joined.contains(word.as_str()))
            || is_initials(word, &joined, &display)
    };
    if whole { name.iter().all(one) } else { name.iter().any(one) }
}

/// Says whether two words are one name: the same, one letter apart, the short form of the other.
fn is_same(word: &str, other: &str) -> bool {
    let short = |a: &str, b: &str| {
        SHORT.iter().any(|(short, long)| *short == a && (*long == b || b == "john" && *long == "johannes"))
    };
    let begins = |a: &str, b: &str| a.chars().count() > 2 && b.starts_with(a);
    word == other
        || begins(word, other)
        || begins(other, word)
        || short(word, other)
        || short(other, word)
        || (word.chars().count().min(other.chars().count()) > 3 && distance(word, other, 1).is_some())
}

/// Says whether a local part is nothing but initials that a name can have: jdv@.
fn is_initials(word: &str, joined: &str, display: &[String]) -> bool {
    display.is_empty() && joined.chars().count() <= 4 && word.chars().next() == joined.chars().next()
}
