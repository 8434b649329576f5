//! One edit away, without the text on the other side.
//!
//! Who keeps hashes cannot compute a distance to them. So a history keeps, beside the hash of a text, those of the text
//! with one letter left out, each with the place of that letter (SymSpell's deletions, made exact by the place). A new
//! text is then at a Damerau-Levenshtein distance of one exactly when one of its own clues is among them.

use super::history::Clue;

/// Longest text whose neighbours are looked for.
const LENGTH_MAX: usize = 64;

/// Returns the clues that are kept for a text, besides the text itself.
pub(super) fn stored<'a>(kind: &'a str, text: &str) -> impl Iterator<Item = Clue> + use<'a> {
    let letters = letters(text);
    (0..letters.len()).map(move |at| Clue::new(kind, &format!("{at}.{}", without(&letters, at))))
}

/// A clue that a text one edit away was kept under.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lookup {
    pub(super) clue: Clue,
    /// Whether the text itself, once it is kept, is found under this clue as well.
    pub(super) finds_itself: bool,
}

/// Returns the clues under which texts one edit away are found; `exact` is the kind that whole texts are kept under.
pub(super) fn lookups(exact: &str, near: &str, text: &str) -> Vec<Lookup> {
    let letters = letters(text);
    let count = letters.len();
    let mut found = Vec::with_capacity(4 * count + 1);
    let mut add = |clue, finds_itself| found.push(Lookup { clue, finds_itself });
    for at in 0..count {
        let shorter = without(&letters, at);
        // A letter too many here, and another letter in its place there.
        add(Clue::new(exact, &shorter), false);
        add(Clue::new(near, &format!("{at}.{shorter}")), true);
        let mut swapped = letters.clone();
        if letters.get(at) != letters.get(at + 1) && at + 1 < count {
            swapped.swap(at, at + 1);
            add(Clue::new(exact, &swapped.iter().collect::<String>()), false);
        }
    }
    let whole: String = letters.iter().collect();
    for at in 0..=count {
        // A letter too few here.
        add(Clue::new(near, &format!("{at}.{whole}")), false);
    }
    found
}

/// Returns the Damerau-Levenshtein distance (each letter moved once at most), or `None` when it is above `most`.
pub(super) fn distance(one: &str, other: &str, most: usize) -> Option<usize> {
    let (one, other) = (letters(one), letters(other));
    if one.len().abs_diff(other.len()) > most {
        return None;
    }
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut best =
                (at(&last, j) + usize::from(a != b)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && one.get(i - 1) == Some(b) && other.get(j - 1) == Some(a);
            if swapped {
                best = best.min(at(&before_last, j - 1) + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|distance| *distance <= most)
}

fn letters(text: &str) -> Vec<char> {
    text.chars().take(LENGTH_MAX).collect()
}

fn without(letters: &[char], at: usize) -> String {
    letters.iter().enumerate().filter(|(index, _)| *index != at).map(|(_, c)| c).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn clues_meet_exactly_at_distance_one() {
        // Every text over two letters up to five long, against every other.
        let mut texts = vec![String::new()];
        for _ in 0..5 {
            let longer: Vec<String> =
                texts.iter().flat_map(|text| ["a", "b", "c"].map(|c| format!("{text}{c}"))).collect();
            texts.extend(longer);
            texts.sort();
            texts.dedup();
        }
        texts.retain(|text| text.len() >= 2 && (text.len() < 5 || text.starts_with("ab")));
        for known in &texts {
            let kept: BTreeSet<Clue> = stored("near", known).chain([Clue::new("exact", known)]).collect();
            for new in texts.iter().filter(|new| *new != known) {
                let met = lookups("exact", "near", new).iter().any(|lookup| kept.contains(&lookup.clue));
                assert_eq!(met, distance(new, known, 1) == Some(1), "{new} {known}");
            }
            for lookup in lookups("exact", "near", known) {
                assert_eq!(lookup.finds_itself, kept.contains(&lookup.clue), "{known}: {lookup:?}");
            }
        }
    }

    #[test]
    fn distances() {
        for (one, other, expected) in [
            ("example", "example", Some(0)),
            ("example", "exmaple", Some(1)),
            ("example", "examples", Some(1)),
            ("example", "exampel", Some(1)),
            ("example", "exomplo", Some(2)),
            ("example", "sample", Some(2)),
            ("example", "other", None),
        ] {
            assert_eq!(distance(one, other, 2), expected, "{one} {other}");
            assert_eq!(distance(other, one, 2), expected);
        }
    }
}
