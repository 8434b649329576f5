//! Detectors: what a text holds that deserves protection, found by its form *and* by a check or by the words around it.
//!
//! A number that merely looks like one is not reported as one: nine digits are a BSN when they pass its test **and** somebody
//! calls them so. What passes by chance is a match of [`Confidence::Low`]; policies ask for [`Confidence::Medium`].
//!
//! A [`Scanner`] reads a text once. The pass keeps only numbers, codes and words that mean something; each detector looks at
//! those and at a bounded stretch of text around them, so the time is linear in the length of the text whatever is in it.
//! Nothing here does I/O or knows the time, and the same text gives the same matches everywhere.
//!
//! ```
//! use zegel_core::detect::{Confidence, Scanner};
//!
//! let scanner = Scanner::new(&[]).expect("no own detectors, so nothing to refuse");
//! let mut found = Vec::new();
//! let text = "Burgerservicenummer: 1112.22.333, factuur 123456782";
//! scanner.scan(text, &mut |m| found.push(m));
//! let sure: Vec<_> = found.iter().filter(|m| m.confidence >= Confidence::Medium).collect();
//! assert_eq!(sure.len(), 1);
//! assert_eq!(sure[0].detector.as_str(), "bsn");
//! assert_eq!(sure[0].masked(text), "••••••••333");
//! ```
//!
//! Which detectors there are, what each checks and where that is written down: `docs/formats/detectors.md`.

mod around;
mod cards;
mod chars;
mod checks;
mod clinical;
mod codes;
mod dates;
mod dutch;
mod files;
mod found;
mod hints;
mod iban;
mod id;
mod lexer;
mod national;
mod own;
mod page;
mod pairs;
mod papers;
mod pass;
mod phone_plans;
mod phones;
pub mod place;
mod postal;
mod postcodes;
mod secrets;
mod span;
mod street_words;
mod streets;
mod strength;
mod table;
mod vat;
mod words;

#[cfg(test)]
mod tests;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use self::id::Builtin;
pub use self::id::{DetectorId, DetectorNameError};
pub use self::own::{Check, Own, OwnError, Pattern};
pub use self::place::{Place, Places};

/// How sure it is that something is what its detector looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// The form fits; that happens by chance.
    Low,
    /// The form is rarely anything else, or the words around it speak for it.
    Medium,
    /// The check is passed and the words say so, or there is nothing else it could be.
    High,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// What found it.
    pub detector: DetectorId,
    /// The bytes of the text.
    pub range: Range<usize>,
    /// How sure that is.
    pub confidence: Confidence,
    /// Hash of the value without separators and case: equal for equal values, to count different ones within a run. It
    /// can be guessed back, so it is never stored and never shown.
    pub value: u64,
}

/// Finds what its detectors know in texts. Made once, used for many.
#[derive(Debug, Clone)]
pub struct Scanner {
    enabled: u64,
    own: own::OwnDetectors,
}

impl Scanner {
    /// Makes a scanner with all built-in detectors and those of a policy file.
    ///
    /// # Errors
    /// When a pattern cannot be read or would need too much memory, when a detector has nothing to look for, and when two
    /// have the same name.
    pub fn new(own: &[Own]) -> Result<Self, OwnError> {
        Ok(Self { enabled: u64::MAX, own: own::OwnDetectors::new(own)? })
    }

    /// Keeps these detectors only. What they find does not change: the others still say what a number is not.
    #[must_use]
    pub fn only<'a>(mut self, ids: impl IntoIterator<Item = &'a DetectorId>) -> Self {
        let ids: Vec<&DetectorId> = ids.into_iter().collect();
        self.enabled =
            ids.iter().filter_map(|id| id.as_builtin()).fold(0, |bits, builtin| bits | 1 << (builtin as u64));
        self.own.keep(&ids);
        self
    }

    /// Finds everything in a text: first what the built-in detectors find, by place, then the policy's own.
    ///
    /// Returns whether all of it was looked at: a detector of a policy stops after 10,000 matches in one text.
    pub fn scan(&self, text: &str, found: &mut dyn FnMut(Match)) -> bool {
        let mut hits = Vec::new();
        if self.enabled != 0 || self.own.has_words() {
            pass::run(text, self.enabled, self.own.words(), &mut hits, found);
        }
        self.own.scan(text, &hits, found)
    }

    const fn is_enabled(enabled: u64, builtin: Builtin) -> bool {
        enabled >> (builtin as u64) & 1 == 1
    }
}

impl Match {
    /// Returns the words with all but the last two or three characters hidden; credentials are hidden whole.
    pub fn masked(&self, text: &str) -> String {
        masked(&self.detector, text.get(self.range.clone()).unwrap_or(""))
    }
}

/// Hides a value that `detector` found: what remains helps somebody who knows it and tells others nothing.
///
/// Two characters remain of six to eight, three of more, none of fewer; of a credential nothing remains, not even its length.
pub fn masked(detector: &DetectorId, words: &str) -> String {
    const HIDDEN: char = '•';
    if detector.is_credential() {
        return std::iter::repeat_n(HIDDEN, 8).collect();
    }
    let count = words.chars().count();
    let shown = match count {
        0..6 => 0,
        6..9 => 2,
        _ => 3,
    };
    let hidden = count - shown;
    std::iter::repeat_n(HIDDEN, hidden.min(24)).chain(words.chars().skip(hidden)).collect()
}
