//! Domains that look like another one.
//!
//! Two domains are compared by what one owner registered (`example.org`), after both were brought to the same look:
//! A-labels decoded (RFC 5891), letters that look the same made equal (UTS #39 section 4, the table of Unicode), accents
//! taken off, digits turned into the letters they resemble, `rn` into `m`. Against the organisation's own domains and its
//! partners' this is done with both in clear; against the domains of a history through clues, because those are hashed.
//! The second finds all the first does, but for two edits in a long name.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_security::MixedScript;
use unicode_security::confusable_detection::skeleton;

use super::domains::Parts;
use super::history::{Clue, History};
use super::near;
use crate::address::Domain;

/// Shortest name that edits are looked for in: shorter real names are neighbours of each other too often (amc, umc, lumc).
const EDIT_MIN: usize = 5;
/// From this length on two edits are as telling as one.
const LONG: usize = 12;
/// Shortest name that says something below another top-level domain.
const SUFFIX_MIN: usize = 3;
/// Most parts of a domain, between dots and hyphens, in which another domain is looked for.
const WITHIN_PARTS: usize = 24;
/// Most parts between hyphens of a name that stands within another.
const WITHIN_HYPHENS: usize = 4;

/// How a domain resembles another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Likeness {
    /// So many letters left out, added, changed or swapped.
    Edits(u8),
    /// A hyphen more or less.
    Hyphen,
    /// Other letters that look the same.
    Letters,
    /// Letters of several scripts in one name, which honest names do not have.
    Scripts,
    /// The same name below another top-level domain.
    Suffix,
    /// The whole name stands inside, and the mail goes to who owns the end.
    Within,
}

/// The domain that another one resembles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resembled {
    /// The domain; unknown where only its hash is kept, or where nothing but the mixed letters is wrong.
    pub domain: Option<Domain>,
    /// How it resembles it.
    pub how: Likeness,
}

/// A domain as it looks.
struct Look<'a> {
    parts: Parts<'a>,
    registered: String,
    name: String,
}

impl<'a> Look<'a> {
    fn of(domain: &'a Domain) -> Self {
        let parts = Parts::of(domain.as_ascii());
        let registered = parts.registered();
        let name = look_of(parts.name);
        Self { parts, registered, name }
    }

    fn without_hyphens(&self) -> String {
        self.name.replace('-', "")
    }

    fn length(&self) -> usize {
        self.name.chars().count()
    }

    /// Returns a kind of clue for names below the same top-level domain.
    fn kind(&self, kind: &str) -> String {
        format!("{kind}.{}", self.parts.suffix)
    }
}

/// Says how a domain resembles another, if it does; both with all that is known of them.
pub fn compare(domain: &Domain, known: &Domain) -> Option<Likeness> {
    let (new, old) = (Look::of(domain), Look::of(known));
    if new.registered == old.registered {
        return None;
    }
    let same_suffix = new.parts.suffix == old.parts.suffix;
    if new.name == old.name {
        let enough = new.length() >= SUFFIX_MIN && !new.parts.suffix.is_empty();
        return if same_suffix { Some(Likeness::Letters) } else { enough.then_some(Likeness::Suffix) };
    }
    if same_suffix && new.without_hyphens() == old.without_hyphens() {
        return Some(Likeness::Hyphen);
    }
    let shortest = new.length().min(old.length());
    if same_suffix && new.length().max(old.length()) >= EDIT_MIN && shortest + 1 >= EDIT_MIN {
        let most = if shortest >= LONG { 2 } else { 1 };
        if let Some(edits) = near::distance(&new.name, &old.name, most) {
            return u8::try_from(edits).ok().map(Likeness::Edits);
        }
    }
    stands_within(domain.as_ascii(), &old.registered).then_some(Likeness::Within)
}

/// Says whether a name stands inside a domain, between dots or hyphens, and something else owns the end
/// (`example.org.evil.example`, `example-org.evil.example`, `login.example.org-mail.example`).
fn stands_within(domain: &str, name: &str) -> bool {
    if !name.contains('.') {
        return false;
    }
    let parts = |c: Option<char>| matches!(c, Some('.' | '-'));
    [name.to_owned(), name.replace('.', "-")].iter().any(|name| {
        domain.match_indices(name.as_str()).any(|(at, found)| {
            let before = domain.get(..at).and_then(|text| text.chars().next_back());
            let after = domain.get(at + found.len()..).and_then(|text| text.chars().next());
            (before.is_none() || parts(before)) && parts(after)
        })
    })
}

/// Returns the clues under which a history keeps a domain; the first is the domain itself.
pub(super) fn stored(domain: &Domain) -> Vec<Clue> {
    let look = Look::of(domain);
    let mut clues = vec![
        Clue::new("d", &look.registered),
        Clue::new(&look.kind("e"), &look.name),
        Clue::new("t", &look.name),
        Clue::new(&look.kind("h"), &look.without_hyphens()),
    ];
    if look.length() >= EDIT_MIN {
        clues.extend(near::stored(&look.kind("x"), &look.name));
    }
    clues
}

/// Returns the clue of what a domain's owner registered.
pub(super) fn itself(domain: &Domain) -> Clue {
    Clue::new("d", &Parts::of(domain.as_ascii()).registered())
}

/// Says how a domain resembles one that mail went to more often.
pub(super) fn among(domain: &Domain, history: &dyn History) -> Option<Likeness> {
    let look = Look::of(domain);
    let own = history.mails_under(&itself(domain));
    // What is found under a clue of its own counts only beyond itself.
    let usual = |clue: &Clue, finds_itself: bool| {
        let mails = history.mails_under(clue);
        let others = if finds_itself { mails.saturating_sub(own) } else { mails };
        others > own
    };
    if usual(&Clue::new(&look.kind("e"), &look.name), true) {
        return Some(Likeness::Letters);
    }
    if look.length() >= SUFFIX_MIN && usual(&Clue::new("t", &look.name), true) {
        return Some(Likeness::Suffix);
    }
    if usual(&Clue::new(&look.kind("h"), &look.without_hyphens()), true) {
        return Some(Likeness::Hyphen);
    }
    if look.length() + 1 >= EDIT_MIN {
        let lookups = near::lookups(&look.kind("e"), &look.kind("x"), &look.name);
        // Below the shortest length nothing is kept without a letter, but whole names are.
        let long_enough =
            |near: &near::Lookup| look.length() >= EDIT_MIN || near.clue.text().starts_with('x');
        if lookups.iter().filter(|near| long_enough(near)).any(|near| usual(&near.clue, near.finds_itself)) {
            return Some(Likeness::Edits(1));
        }
    }
    within(domain).iter().any(|clue| usual(clue, false)).then_some(Likeness::Within)
}

/// Returns the clues of domains that may stand inside this one: a name of up to four parts with hyphens, a dot or a hyphen,
/// and a suffix of one part or two, followed by more.
fn within(domain: &Domain) -> Vec<Clue> {
    let mut pieces: Vec<(&str, char)> = Vec::new();
    for piece in domain.as_ascii().split_inclusive(['.', '-']).take(WITHIN_PARTS) {
        let mark = piece.chars().next_back().filter(|c| matches!(c, '.' | '-')).unwrap_or(' ');
        pieces.push((piece.trim_end_matches(['.', '-']), mark));
    }
    let mut clues = Vec::new();
    for start in 0..pieces.len() {
        let mut name = String::new();
        for at in start..pieces.len().min(start + WITHIN_HYPHENS) {
            let Some((piece, mark)) = pieces.get(at) else { break };
            name.push_str(piece);
            for suffix in [pieces.get(at + 1..at + 2), pieces.get(at + 1..at + 3)].into_iter().flatten() {
                // What ends the domain is its own.
                if suffix.last().is_some_and(|(_, mark)| *mark != ' ') {
                    let suffix: Vec<&str> = suffix.iter().map(|(piece, _)| *piece).collect();
                    clues.push(Clue::new("d", &format!("{name}.{}", suffix.join("."))));
                }
            }
            if *mark != '-' {
                break;
            }
            name.push('-');
        }
    }
    clues
}

/// Says whether a label mixes scripts that no language writes together (UTS #39 section 5).
pub(super) fn mixes_scripts(domain: &Domain) -> bool {
    domain.as_ascii().contains("xn--")
        && domain.to_unicode().split('.').any(|label| !label.is_single_script())
}

/// Brings one label to its look.
fn look_of(label: &str) -> String {
    let shown = match label.strip_prefix("xn--") {
        Some(_) => {
            let (text, clean) = idna::domain_to_unicode(label);
            if clean.is_ok() { text } else { label.to_owned() }
        }
        None => label.to_owned(),
    };
    let plain: String = if shown.is_ascii() {
        shown.chars().map(unmask).collect()
    } else {
        skeleton(&shown)
            .flat_map(char::to_lowercase)
            .nfd()
            .filter(|c| !is_combining_mark(*c))
            .map(unmask)
            .collect()
    };
    plain.replace("rn", "m").replace("vv", "w").replace("cl", "d")
}

/// Turns digits into the letters they are read as.
fn unmask(c: char) -> char {
    match c {
        '0' => 'o',
        '1' => 'l',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        '8' => 'b',
        c => c,
    }
}
