//! What each detector finds and what it leaves alone, and what holds for all of them.

#![allow(clippy::string_slice, reason = "a find that cuts a character in two should stop the test")]

mod codes;
mod linear;
mod numbers;
mod own;
mod people;
mod properties;
mod secrets;
mod words;

use super::{Confidence, Match, Scanner};

fn scan(text: &str) -> Vec<Match> {
    let mut found = Vec::new();
    Scanner::new(&[]).unwrap().scan(text, &mut |m| found.push(m));
    found
}

/// The values a detector finds with at least medium confidence.
fn values<'a>(detector: &str, text: &'a str) -> Vec<&'a str> {
    scan(text)
        .into_iter()
        .filter(|m| m.detector.as_str() == detector && m.confidence >= Confidence::Medium)
        .map(|m| &text[m.range])
        .collect()
}

/// Asserts that a detector finds exactly what stands between `«` and `»`, in each text.
fn finds(detector: &str, texts: &[&str]) {
    assert!(texts.len() >= 5, "{detector} deserves five examples");
    for marked in texts {
        let wanted: Vec<&str> =
            marked.split('«').skip(1).map(|rest| rest.split('»').next().unwrap()).collect();
        let text = marked.replace(['«', '»'], "");
        assert_eq!(values(detector, &text), wanted, "{detector} in {text:?}: {:?}", scan(&text));
    }
}

/// Asserts that a detector leaves each text alone, and that with the words it needs some of it could be one.
fn leaves(detector: &str, texts: &[&str]) {
    assert!(texts.len() >= 5, "{detector} deserves five near misses");
    for text in texts {
        assert_eq!(values(detector, text), Vec::<&str>::new(), "{detector} in {text:?}");
    }
}
