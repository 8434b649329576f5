//! Zegel's detectors and somebody else's, scored in the same way on the same documents.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::ops::Range;

use serde_json::{Value, json};
use zegel_core::detect::Scanner;
use zegel_testkit::corpus::score::{self, Score};
use zegel_testkit::corpus::{Corpus, Document, Entity, Portion};

use super::time;

/// How often Zegel reads all documents; the middle time counts.
const RUNS: usize = 15;

/// One find of the other: how sure it was, what it is, where.
type Find = (f64, Entity, Range<usize>);

/// `finds` is a file of JSON lines: `{"entities": […]}`, then `{"id": …, "finds": [[entity, char_start, char_end, score], …]}`. For each entity the other gets the threshold
/// of its own scores at which it does best (the harmonic mean of precision and recall), chosen with the labels at hand.
pub(super) fn measure(portion: &str, seed: u64, count: usize, finds: &str) -> Value {
    let portion =
        [Portion::Reported, Portion::Tuned].into_iter().find(|known| known.name() == portion).unwrap();
    let documents: Vec<Document> = Corpus::new(seed, portion).documents().take(count).collect();
    let (shared, theirs) = read(finds, &documents);
    let scanner = Scanner::new(&[]).unwrap();
    let mut ours = BTreeMap::new();
    for document in &documents {
        score::add(&mut ours, score::score(document, &score::find(&scanner, document)));
    }
    let rows = shared.into_iter().map(|entity| {
        let (threshold, other) = best(&documents, &theirs, entity);
        json!({
            "entity": entity.name(),
            "labels": documents.iter().flat_map(|document| &document.labels).filter(|label| label.entity == entity).count(),
            "zegel": figures(ours.get(&entity).copied().unwrap_or_default()),
            "other": figures(other),
            "threshold": threshold,
        })
    });
    let mut times: Vec<_> = (0..RUNS)
        .map(|_| {
            time(|| documents.iter().map(|document| score::find(&scanner, document).len()).sum::<usize>()).0
        })
        .collect();
    times.sort();
    json!({
        "documents": documents.len(),
        "bytes": documents.iter().map(|document| document.text.len()).sum::<usize>(),
        "seconds": times.get(RUNS / 2).map(std::time::Duration::as_secs_f64),
        "entities": rows.collect::<Vec<_>>(),
    })
}

fn figures(score: Score) -> Value {
    json!({
        "precision": score.precision(),
        "recall": score.recall(),
        "f1": f1(score),
        "wrong": score.false_positives,
        "missed": score.false_negatives,
    })
}

fn f1(score: Score) -> f64 {
    let (precision, recall) = (score.precision(), score.recall());
    if score.true_positives == 0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) }
}

fn best(documents: &[Document], theirs: &[Vec<Find>], entity: Entity) -> (f64, Score) {
    let mut thresholds: Vec<f64> =
        theirs.iter().flatten().filter(|find| find.1 == entity).map(|find| find.0).collect();
    // Who found nothing at all still missed what is there.
    thresholds.push(f64::INFINITY);
    thresholds.sort_by(f64::total_cmp);
    thresholds.dedup();
    let at = |threshold: f64| {
        let one = |(document, finds): (&Document, &Vec<Find>)| {
            let kept: Vec<(Entity, Range<usize>)> = finds
                .iter()
                .filter(|find| find.1 == entity && find.0 >= threshold)
                .map(|find| (find.1, find.2.clone()))
                .collect();
            score::score(document, &kept).get(&entity).copied().unwrap_or_default()
        };
        (threshold, documents.iter().zip(theirs).map(one).sum::<Score>())
    };
    thresholds.into_iter().map(at).max_by(|one, other| f1(one.1).total_cmp(&f1(other.1))).unwrap_or_default()
}

/// Reads what the other looks for, and the finds of each document, characters turned into bytes.
fn read(path: &str, documents: &[Document]) -> (Vec<Entity>, Vec<Vec<Find>>) {
    let text = fs::read_to_string(path).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (head, lines) = lines.split_first().unwrap();
    let names = head["entities"].as_array().unwrap().iter();
    let shared: Vec<Entity> = names.map(|name| name.as_str().unwrap().parse().unwrap()).collect();
    let by_id: HashMap<&str, &Value> =
        lines.iter().map(|line| (line["id"].as_str().unwrap(), line)).collect();
    let one = |document: &Document| {
        // A document that the other did not answer for would count as one without finds.
        let line = by_id.get(document.id.as_str()).unwrap_or_else(|| panic!("no {}", document.id));
        let mut places: Vec<usize> = document.text.char_indices().map(|(at, _)| at).collect();
        places.push(document.text.len());
        let byte = |value: &Value| *places.get(usize::try_from(value.as_u64().unwrap()).unwrap()).unwrap();
        let finds = line["finds"].as_array().unwrap().iter();
        finds
            .map(|find| {
                let entity = find[0].as_str().unwrap().parse().unwrap();
                (find[3].as_f64().unwrap(), entity, byte(&find[1])..byte(&find[2]))
            })
            .collect()
    };
    (shared, documents.iter().map(one).collect())
}
