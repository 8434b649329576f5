//! Compares what a detector found with what is there.

use std::collections::BTreeMap;
use std::iter::Sum;
use std::ops::{Add, Range};

use zegel_core::detect::{Confidence, Scanner};

use super::{Document, Entity};

/// Returns what a scanner finds in a document and is not unsure of, as rules ask for it.
///
/// # Panics
/// A detector has no entity of its name.
pub fn find(scanner: &Scanner, document: &Document) -> Vec<(Entity, Range<usize>)> {
    let mut found = Vec::new();
    scanner.scan(&document.text, &mut |m| {
        if m.confidence >= Confidence::Medium {
            found.push((m.detector.as_str().parse().unwrap(), m.range));
        }
    });
    found
}

/// How often a detector was right and wrong about an entity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Score {
    /// Labels that something found matches.
    pub true_positives: usize,
    /// Finds that match no label, on a near miss or anywhere else.
    pub false_positives: usize,
    /// Labels that nothing found matches.
    pub false_negatives: usize,
    /// Finds among the false ones that hit a near miss: how much of the fault the near misses explain.
    pub fooled: usize,
}

impl Score {
    /// Returns the share of the finds that are right; 1 when there are none.
    pub fn precision(self) -> f64 {
        share(self.true_positives, self.true_positives + self.false_positives)
    }

    /// Returns the share of the labels that are found; 1 when there are none.
    pub fn recall(self) -> f64 {
        share(self.true_positives, self.true_positives + self.false_negatives)
    }
}

impl Add for Score {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            true_positives: self.true_positives + other.true_positives,
            false_positives: self.false_positives + other.false_positives,
            false_negatives: self.false_negatives + other.false_negatives,
            fooled: self.fooled + other.fooled,
        }
    }
}

impl Sum for Score {
    fn sum<I: Iterator<Item = Self>>(scores: I) -> Self {
        scores.fold(Self::default(), Add::add)
    }
}

/// Scores the finds in one document, by entity: those that are labelled, and those that were found.
///
/// A find matches a label of the same entity when the bytes they share are at least half of each. A label counts once,
/// however many finds match it; a second find on it is neither right nor wrong.
pub fn score(document: &Document, found: &[(Entity, Range<usize>)]) -> BTreeMap<Entity, Score> {
    let mut scores = BTreeMap::<Entity, Score>::new();
    for label in &document.labels {
        let score = scores.entry(label.entity).or_default();
        if found.iter().any(|(entity, range)| *entity == label.entity && matches(range, &label.range)) {
            score.true_positives += 1;
        } else {
            score.false_negatives += 1;
        }
    }
    for (entity, range) in found {
        let labelled =
            document.labels.iter().any(|label| label.entity == *entity && matches(range, &label.range));
        let score = scores.entry(*entity).or_default();
        if !labelled {
            score.false_positives += 1;
            let near_miss = |decoy: &super::Decoy| decoy.entity == *entity && shared(range, &decoy.range) > 0;
            score.fooled += usize::from(document.decoys.iter().any(near_miss));
        }
    }
    scores
}

/// Adds the scores of one document to those of the ones before.
pub fn add(total: &mut BTreeMap<Entity, Score>, document: BTreeMap<Entity, Score>) {
    for (entity, score) in document {
        let sum = total.entry(entity).or_default();
        *sum = *sum + score;
    }
}

fn matches(found: &Range<usize>, label: &Range<usize>) -> bool {
    let shared = shared(found, label) * 2;
    shared > 0 && shared >= found.len() && shared >= label.len()
}

fn shared(one: &Range<usize>, other: &Range<usize>) -> usize {
    one.end.min(other.end).saturating_sub(one.start.max(other.start))
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{Decoy, DocumentKind, Label, Language};

    fn document() -> Document {
        Document {
            id: "tuned-0".to_owned(),
            language: Language::Dutch,
            kind: DocumentKind::Letter,
            text: "BSN 123456782, bestelling 111222333, BSN 999990019.".to_owned(),
            labels: vec![
                Label { entity: Entity::Bsn, range: 4..13 },
                Label { entity: Entity::Bsn, range: 41..50 },
            ],
            decoys: vec![Decoy { entity: Entity::Bsn, range: 26..35, why: "an order number" }],
        }
    }

    fn bsn(found: &[(Entity, Range<usize>)]) -> Score {
        score(&document(), found).remove(&Entity::Bsn).unwrap_or_default()
    }

    #[test]
    fn labels_found_and_missed_are_counted() {
        let all = bsn(&[(Entity::Bsn, 4..13), (Entity::Bsn, 41..50)]);
        assert_eq!((all.true_positives, all.false_positives, all.false_negatives), (2, 0, 0));
        assert_eq!((all.precision(), all.recall()), (1.0, 1.0));
        let none = bsn(&[]);
        assert_eq!((none.true_positives, none.false_positives, none.false_negatives), (0, 0, 2));
        assert_eq!((none.precision(), none.recall()), (1.0, 0.0));
    }

    #[test]
    fn half_of_each_is_enough_and_less_is_not() {
        // With the word before it, nine of thirteen bytes are right; with the comma and more after it, nine of nineteen.
        assert_eq!(bsn(&[(Entity::Bsn, 0..13)]).true_positives, 1);
        let wide = bsn(&[(Entity::Bsn, 0..19)]);
        assert_eq!((wide.true_positives, wide.false_positives, wide.false_negatives), (0, 1, 2));
        assert_eq!(bsn(&[(Entity::Bsn, 4..9)]).true_positives, 1);
        assert_eq!(bsn(&[(Entity::Bsn, 4..8)]).true_positives, 0);
        assert_eq!(bsn(&[(Entity::Bsn, 0..51)]).false_positives, 1, "everything is not an answer");
    }

    #[test]
    fn another_entity_and_any_other_place_are_false() {
        let scores = score(&document(), &[(Entity::Phone, 4..13)]);
        assert_eq!(scores[&Entity::Phone].false_positives, 1);
        assert_eq!(scores[&Entity::Bsn].false_negatives, 2);
        let decoy = bsn(&[(Entity::Bsn, 26..35)]);
        assert_eq!((decoy.false_positives, decoy.fooled), (1, 1));
        let elsewhere = bsn(&[(Entity::Bsn, 15..25)]);
        assert_eq!((elsewhere.false_positives, elsewhere.fooled), (1, 0));
    }

    #[test]
    fn a_label_counts_once() {
        let twice = bsn(&[(Entity::Bsn, 4..13), (Entity::Bsn, 4..12)]);
        assert_eq!((twice.true_positives, twice.false_positives, twice.false_negatives), (1, 0, 1));
    }

    #[test]
    fn scores_add_up() {
        let mut total = BTreeMap::new();
        add(&mut total, score(&document(), &[(Entity::Bsn, 4..13)]));
        add(&mut total, score(&document(), &[(Entity::Bsn, 26..35)]));
        let bsn = total[&Entity::Bsn];
        assert_eq!((bsn.true_positives, bsn.false_positives, bsn.false_negatives), (1, 1, 3));
        assert_eq!((bsn.precision(), bsn.recall()), (0.5, 0.25));
    }
}
