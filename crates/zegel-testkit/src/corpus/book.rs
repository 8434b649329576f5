//! The frames and formats of one portion in one language: text files beside this module, read once.
//!
//! A file has sections. `=list NAME` begins one item a line, `=frames NAME` begins frames that a line with only `%`
//! separates. What stands between braces in a frame is a slot, which [`super::writer`] fills.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{DocumentKind, Language, Portion};

/// The frames and formats of one portion in one language.
pub(super) struct Book {
    sections: BTreeMap<&'static str, Vec<&'static str>>,
}

impl Book {
    /// Finds the book of a portion in a language.
    pub(super) fn of(portion: Portion, language: Language) -> &'static Self {
        match (portion, language) {
            (Portion::Tuned, Language::Dutch) => &TUNED_DUTCH,
            (Portion::Tuned, Language::English) => &TUNED_ENGLISH,
            (Portion::Reported, Language::Dutch) => &REPORTED_DUTCH,
            (Portion::Reported, Language::English) => &REPORTED_ENGLISH,
        }
    }

    /// Returns a section, which is never empty.
    ///
    /// # Panics
    /// When the files have no such section: a mistake in a frame, which a test finds.
    pub(super) fn section(&self, name: &str) -> &[&'static str] {
        self.sections.get(name).map_or_else(|| panic!("no section {name:?} in the frames"), Vec::as_slice)
    }

    /// Returns what a kind of document has of its `part`: `opening`, `body` or `closing`.
    pub(super) fn frames(&self, kind: DocumentKind, part: &str) -> &[&'static str] {
        self.section(&format!("{} {part}", kind.name()))
    }

    /// Returns every frame, not the items of lists.
    #[cfg(test)]
    pub(super) fn all_frames(&self) -> Vec<&'static str> {
        let is_frames = |name: &str| {
            POOLS.contains(&name) || [" opening", " body", " closing"].iter().any(|part| name.ends_with(part))
        };
        self.sections
            .iter()
            .filter(|(name, _)| is_frames(name))
            .flat_map(|(_, frames)| frames.clone())
            .collect()
    }

    fn read(files: &[&'static str]) -> Self {
        let mut sections = BTreeMap::<&'static str, Vec<&'static str>>::new();
        for file in files {
            for section in file.split("\n=").skip(1) {
                let (head, body) = section.split_once('\n').expect("a section has a first line");
                let (form, name) = head.split_once(' ').expect("the first line says the form and the name");
                let items: Vec<&'static str> = match form {
                    "list" => body.lines().filter(|line| !line.is_empty()).collect(),
                    "frames" => body.split("\n%\n").map(|frame| frame.trim_matches('\n')).collect(),
                    form => panic!("the form of a section is list or frames, not {form:?}"),
                };
                assert!(
                    !items.is_empty() && items.iter().all(|item| !item.is_empty()),
                    "{name} is empty or has an empty item"
                );
                assert!(sections.insert(name, items).is_none(), "{name} comes twice");
            }
        }
        Self { sections }
    }
}

/// The frames that documents of several kinds share.
#[cfg(test)]
const POOLS: [&str; 3] = ["prose", "near-misses", "identifiers"];

static TUNED_DUTCH: LazyLock<Book> = LazyLock::new(|| {
    Book::read(&[
        include_str!("tuned/formats.txt"),
        include_str!("tuned/dutch.txt"),
        include_str!("tuned/dutch-care.txt"),
        include_str!("tuned/dutch-office.txt"),
    ])
});

static TUNED_ENGLISH: LazyLock<Book> = LazyLock::new(|| {
    Book::read(&[
        include_str!("tuned/formats.txt"),
        include_str!("tuned/english.txt"),
        include_str!("tuned/english-care.txt"),
        include_str!("tuned/english-office.txt"),
    ])
});

static REPORTED_DUTCH: LazyLock<Book> = LazyLock::new(|| {
    Book::read(&[
        include_str!("reported/formats.txt"),
        include_str!("reported/dutch.txt"),
        include_str!("reported/dutch-care.txt"),
        include_str!("reported/dutch-office.txt"),
    ])
});

static REPORTED_ENGLISH: LazyLock<Book> = LazyLock::new(|| {
    Book::read(&[
        include_str!("reported/formats.txt"),
        include_str!("reported/english.txt"),
        include_str!("reported/english-care.txt"),
        include_str!("reported/english-office.txt"),
    ])
});
