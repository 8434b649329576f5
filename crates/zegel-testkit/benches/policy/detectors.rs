//! The pass over texts: all detectors together, and each on the lines that are its business.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use zegel_core::detect::{Confidence, DetectorId, Scanner};
use zegel_testkit::corpus::{Corpus, Document, Entity, Portion};

use super::time;

/// The seed of the figures that are published.
const SEED: u64 = 2026;
/// How many documents are read.
const DOCUMENTS: usize = 2_000;
/// How often; the middle time counts.
const RUNS: usize = 15;
/// Texts of one detector are repeated up to so many bytes, so that there is something to time.
const DENSE: usize = 256 * 1024;

pub(super) fn measure() -> Value {
    let documents: Vec<Document> = Corpus::new(SEED, Portion::Reported).documents().take(DOCUMENTS).collect();
    let scanner = Scanner::new(&[]).unwrap();
    let texts: Vec<&str> = documents.iter().map(|document| document.text.as_str()).collect();
    let of = |wanted: bool| -> Vec<&str> {
        let kept = documents.iter().filter(|document| document.kind.is_sensitive() == wanted);
        kept.map(|document| document.text.as_str()).collect()
    };
    let prose = prose(&documents);
    let written = written();
    let kinds = [
        ("all documents", texts.clone()),
        ("letters full of findings", of(true)),
        ("newsletters and minutes full of near misses", of(false)),
        ("their lines without a digit", vec![prose.as_str()]),
        ("the documentation of Zegel", written.iter().map(String::as_str).collect()),
    ]
    .map(|(what, texts)| {
        let mut row = speed(&scanner, &texts, RUNS);
        row["what"] = json!(what);
        row
    });
    let all: Vec<Value> = DetectorId::all_builtin()
        .map(|id| {
            let entity: Entity = id.as_str().parse().unwrap();
            let dense = lines_of(&documents, entity);
            let mut row = speed(&scanner, &[&dense], 7);
            row["detector"] = json!(id.as_str());
            row["finds"] = json!(count(&scanner, &id, &texts));
            row
        })
        .collect();
    json!({ "documents": documents.len(), "texts": kinds, "detectors": all })
}

/// What most mail is made of, and the corpus least.
fn prose(documents: &[Document]) -> String {
    let lines = documents.iter().flat_map(|document| document.text.lines());
    let plain = lines.filter(|line| !line.contains(|c: char| c.is_ascii_digit()));
    plain.flat_map(|line| [line, "\n"]).collect()
}

/// Text that people wrote to be read, with as many numbers as such text has: `docs`, and the pages beside it.
fn written() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut texts = Vec::new();
    for folder in ["", "docs", "docs/adr", "docs/formats"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "md") {
                texts.push(fs::read_to_string(path).unwrap());
            }
        }
    }
    assert!(texts.len() > 10, "the documentation has moved");
    texts
}

fn speed(scanner: &Scanner, texts: &[&str], runs: usize) -> Value {
    let bytes: usize = texts.iter().map(|text| text.len()).sum();
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let work = || {
                let mut finds = 0_usize;
                for text in texts {
                    scanner.scan(text, &mut |_| finds += 1);
                }
                finds
            };
            let (time, finds) = time(work);
            std::hint::black_box(finds);
            time
        })
        .collect();
    times.sort();
    let speed = |time: Option<&Duration>| {
        time.map_or(0.0, |time| f64::from(u32::try_from(bytes).unwrap()) / 1e6 / time.as_secs_f64())
    };
    json!({ "bytes": bytes, "median_mb_s": speed(times.get(runs / 2)), "best_mb_s": speed(times.first()) })
}

fn count(scanner: &Scanner, id: &DetectorId, texts: &[&str]) -> usize {
    let mut finds = 0;
    for text in texts {
        scanner.scan(text, &mut |found| {
            finds += usize::from(found.detector == *id && found.confidence >= Confidence::Medium);
        });
    }
    finds
}

/// Returns the lines with a value of this kind, each with the line before it, where the word often stands; nothing else, so
/// that the time is spent on what this detector has to look at.
fn lines_of(documents: &[Document], entity: Entity) -> String {
    let mut lines = String::new();
    for document in documents {
        for label in document.labels.iter().filter(|label| label.entity == entity) {
            let before = document.text.get(..label.range.start).unwrap();
            let start = before.rmatch_indices('\n').nth(1).map_or(0, |(at, _)| at + 1);
            let rest = document.text.get(label.range.end..).unwrap();
            let end = label.range.end + rest.find('\n').unwrap_or(rest.len());
            lines.push_str(document.text.get(start..end).unwrap());
            lines.push_str("\n\n");
        }
    }
    assert!(!lines.is_empty(), "the corpus has no {}", entity.name());
    lines.repeat(DENSE.div_ceil(lines.len()))
}
