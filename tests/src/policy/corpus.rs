//! The detectors over the generated letters: how many they find, and how often they are wrong.
//!
//! Prints a table for each portion. `ZEGEL_TEST_FULL=1` takes 5,000 documents instead of 1,000.

use std::collections::BTreeMap;

use zegel_core::detect::Scanner;
use zegel_testkit::corpus::score::{self, Score};
use zegel_testkit::corpus::{Corpus, Entity, Portion};

/// The seed of the figures that are published.
const SEED: u64 = 2026;

/// Least recall and precision for values with a check digit, and for those that are known by the words around them.
const CHECKED: (f64, f64) = (0.99, 0.98);
const BY_WORDS: (f64, f64) = (0.95, 0.90);

#[test]
fn the_tuned_portion_is_found() {
    measure(Portion::Tuned);
}

#[test]
fn the_reported_portion_is_found() {
    measure(Portion::Reported);
}

#[test]
fn every_detector_has_an_entity_and_the_other_way_round() {
    let ids: Vec<String> =
        zegel_core::detect::DetectorId::all_builtin().map(|id| id.as_str().to_owned()).collect();
    let entities: Vec<&str> = Entity::ALL.iter().map(|entity| entity.name()).collect();
    assert_eq!(ids, entities);
}

#[test]
fn documents_without_anything_sensitive_stay_without() {
    let scanner = Scanner::new(&[]).unwrap();
    let quiet =
        Corpus::new(SEED, Portion::Reported).documents().filter(|document| !document.kind.is_sensitive());
    let mut bytes = 0;
    let mut wrong = BTreeMap::<_, usize>::new();
    for document in quiet.take(200) {
        bytes += document.text.len();
        for (entity, _) in score::find(&scanner, &document) {
            *wrong.entry(entity).or_default() += 1;
        }
    }
    assert!(
        wrong.values().sum::<usize>() * 10_000 < bytes,
        "false alarms in {bytes} bytes of newsletters and minutes: {wrong:?}"
    );
}

fn measure(portion: Portion) {
    let count = if std::env::var_os("ZEGEL_TEST_FULL").is_some() { 5_000 } else { 1_000 };
    let scanner = Scanner::new(&[]).unwrap();
    let mut total = BTreeMap::new();
    for document in Corpus::new(SEED, portion).documents().take(count) {
        let found = score::find(&scanner, &document);
        score::add(&mut total, score::score(&document, &found));
    }
    let short: Vec<Entity> =
        Entity::ALL.into_iter().filter(|entity| !is_good(*entity, total.get(entity).copied())).collect();
    print(portion, count, &total);
    assert!(short.is_empty(), "below the bar in {}: {short:?}", portion.name());
}

/// An entity that never came up was not measured, which is not good either.
fn is_good(entity: Entity, score: Option<Score>) -> bool {
    let (recall, precision) = if entity.is_checksummed() { CHECKED } else { BY_WORDS };
    score.is_some_and(|score| {
        score.true_positives > 20 && score.recall() >= recall && score.precision() >= precision
    })
}

fn print(portion: Portion, count: usize, total: &BTreeMap<Entity, Score>) {
    println!("{count} documents, {} portion, seed {SEED}", portion.name());
    println!(
        "{:16} {:>6} {:>6} {:>6} {:>10} {:>8}",
        "entity", "right", "wrong", "missed", "precision", "recall"
    );
    for (entity, score) in total {
        println!(
            "{:16} {:>6} {:>6} {:>6} {:>10.4} {:>8.4}",
            entity.name(),
            score.true_positives,
            score.false_positives,
            score.false_negatives,
            score.precision(),
            score.recall(),
        );
    }
}
