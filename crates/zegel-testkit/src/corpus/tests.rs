use std::collections::{BTreeMap, BTreeSet};

use super::book::Book;
use super::checks::holds;
use super::draw::Draw;
use super::writer::Writer;
use super::*;

const PORTIONS: [Portion; 2] = [Portion::Reported, Portion::Tuned];
const LANGUAGES: [Language; 2] = [Language::Dutch, Language::English];

/// Documents looked at; the bar for detectors speaks of at least as many.
const DOCUMENTS: usize = 5_000;

/// Labels that each entity has at least in so many documents.
const LABELS: usize = 150;

#[test]
fn a_seed_gives_the_same_documents_and_another_seed_gives_others() {
    for portion in PORTIONS {
        let documents = |seed| Corpus::new(seed, portion).documents().take(20).collect::<Vec<_>>();
        assert_eq!(documents(7), documents(7));
        assert_ne!(documents(7), documents(8));
        assert_eq!(documents(7)[13], Corpus::new(7, portion).document(13));
    }
}

#[test]
fn documents_are_what_the_module_says() {
    for portion in PORTIONS {
        let mut table = BTreeMap::<&str, [usize; 3]>::new();
        let (mut dutch, mut kinds, mut bytes) = (0, BTreeSet::new(), 0);
        for document in Corpus::new(2026, portion).documents().take(DOCUMENTS) {
            dutch += usize::from(document.language == Language::Dutch);
            kinds.insert(document.kind.name());
            bytes += document.text.len();
            assert!(
                LENGTHS.contains(&document.text.len()),
                "{} has {} bytes",
                document.id,
                document.text.len()
            );
            assert!(
                document.kind.is_sensitive() || document.labels.is_empty(),
                "{} has a label",
                document.id
            );
            for label in &document.labels {
                let value = &document.text[label.range.clone()];
                let good = !value.is_empty() && value.trim() == value && holds(label.entity, value);
                assert!(good, "{}: {} {value:?}", document.id, label.entity);
                table.entry(label.entity.name()).or_default()[0] += 1;
            }
            for decoy in &document.decoys {
                let value = &document.text[decoy.range.clone()];
                assert!(!value.is_empty() && !decoy.why.is_empty(), "{}: an empty near miss", document.id);
                let row = table.entry(decoy.entity.name()).or_default();
                row[1] += 1;
                row[2] += usize::from(holds(decoy.entity, value));
                let same = |label: &&Label| {
                    label.entity == decoy.entity
                        && label.range.start < decoy.range.end
                        && decoy.range.start < label.range.end
                };
                let overlapped = document.labels.iter().find(same);
                assert!(overlapped.is_none(), "{}: {value:?} is labelled and a near miss", document.id);
            }
        }
        println!("{}: {DOCUMENTS} documents, {bytes} bytes, {dutch} in Dutch", portion.name());
        println!("{:18} {:>8} {:>12} {:>14}", "entity", "labels", "near misses", "of good shape");
        for (name, [labels, decoys, good]) in &table {
            println!("{name:18} {labels:>8} {decoys:>12} {good:>14}");
        }
        assert_eq!(kinds.len(), DocumentKind::ALL.len());
        assert!((DOCUMENTS * 45 / 100..DOCUMENTS * 55 / 100).contains(&dutch), "{dutch}");
        for entity in Entity::ALL {
            let [labels, decoys, _] = table.get(entity.name()).copied().unwrap_or_default();
            assert!(labels >= LABELS, "{}: {entity} has {labels} labels", portion.name());
            assert!(decoys >= LABELS, "{}: {entity} has {decoys} near misses", portion.name());
        }
    }
}

#[test]
fn every_frame_can_be_written() {
    for portion in PORTIONS {
        for language in LANGUAGES {
            let book = Book::of(portion, language);
            let mut writer = Writer::new(book, language, Draw::new("frames"));
            for frame in book.all_frames() {
                let before = writer.text.len();
                writer.frame(frame);
                let written = &writer.text[before..];
                assert!(!written.contains(['{', '}']), "{frame:?} became {written:?}");
            }
        }
    }
}

#[test]
fn the_portions_share_no_sentence() {
    for language in LANGUAGES {
        let [reported, tuned] = PORTIONS.map(|portion| {
            Book::of(portion, language).all_frames().into_iter().flat_map(sentences).collect()
        });
        let (reported, tuned): (BTreeSet<String>, BTreeSet<String>) = (reported, tuned);
        let shared: Vec<&String> = reported.intersection(&tuned).collect();
        assert!(shared.is_empty(), "{language:?}: {shared:#?}");
    }
}

#[test]
fn the_portions_share_no_word_and_no_format_but_the_plainest() {
    let lists = [
        "date",
        "diagnosis",
        "env-secret",
        "medication",
        "org",
        "password",
        "patient-number",
        "phone",
        "postal-address",
        "private-key",
        "street",
        "token",
        "town",
    ];
    for language in LANGUAGES {
        let [reported, tuned] = PORTIONS.map(|portion| Book::of(portion, language));
        for list in lists {
            let both: Vec<_> =
                reported.section(list).iter().filter(|item| tuned.section(list).contains(item)).collect();
            assert!(both.is_empty(), "{language:?}, {list}: {both:?}");
        }
        for entity in Entity::ALL.into_iter().filter(|entity| entity.is_checksummed()) {
            let shape = format!("shape {entity}");
            let both = reported.section(&shape).iter().filter(|item| tuned.section(&shape).contains(item));
            let separated: Vec<_> = both.filter(|shape| shape.contains([' ', '-', '.'])).collect();
            assert!(separated.is_empty(), "{language:?}, {shape}: {separated:?}");
        }
    }
}

#[test]
fn names_of_entities_are_stable_and_sorted() {
    let names: Vec<&str> = Entity::ALL.iter().map(|entity| entity.name()).collect();
    assert!(names.is_sorted());
    for entity in Entity::ALL {
        assert_eq!(entity.name().parse(), Ok(entity));
    }
    assert!("bsn ".parse::<Entity>().is_err());
}

/// The sentences and lines of a frame with words in them, slots emptied, in lower case.
fn sentences(frame: &str) -> Vec<String> {
    let mut emptied = String::new();
    let mut inside = false;
    for letter in frame.chars() {
        match letter {
            '{' => inside = true,
            '}' => {
                inside = false;
                emptied.push_str("{}");
            }
            _ if !inside => emptied.extend(letter.to_lowercase()),
            _ => {}
        }
    }
    emptied
        .split(['\n', '!', '?'])
        .flat_map(|line| line.split(". "))
        .map(|sentence| sentence.trim().trim_end_matches('.').to_owned())
        .filter(|sentence| sentence.chars().any(char::is_alphabetic))
        .collect()
}
