//! Detectors of a policy file: words, regular expressions, templates.
//!
//! Words are found in the same pass as everything else. Expressions run on lines, with a bound on how far one match may
//! reach and on how many are reported, so that a text made to hurt a given expression costs time in proportion to its length.

use std::collections::BTreeSet;

use regex::{Regex, RegexBuilder};
use thiserror::Error;

use super::chars::{ceil, floor, fold};
use super::found::{hash_code, hash_words};
use super::lexer::OwnHit;
use super::words::Words;
use super::{Confidence, DetectorId, Match, checks};

/// Most memory of one compiled expression, in bytes: stops `(a{1000}){1000}`.
const PATTERN_MEMORY: usize = 256 << 10;

/// Longest expression, in bytes.
const PATTERN_LONGEST: usize = 2000;

/// How many bytes of a line one search sees: a match is never longer.
const WINDOW: usize = 2048;

/// How far the search moves on in a line that is longer than [`WINDOW`]: matches up to the difference are found whole.
const STEP: usize = 1024;

/// Most matches of one detector in one text: each costs one more search of at most [`WINDOW`] bytes.
const MOST: usize = 10_000;

/// Most words of all own detectors together.
const MOST_WORDS: usize = 60_000;

/// A detector of a policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// Its name.
    pub id: DetectorId,
    /// What it looks for.
    pub pattern: Pattern,
    /// How sure a match is with no word near.
    pub confidence: Confidence,
    /// Words and phrases that make a match one step surer.
    pub raise: Vec<String>,
    /// Words and phrases that make a match one step less sure; they win over `raise` when they stand nearer.
    pub lower: Vec<String>,
    /// How near those words must stand, in characters.
    pub within: usize,
}

/// What a detector of a policy file looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pattern {
    /// A regular expression in the syntax of the crate `regex`. It sees one line at a time.
    Expression(String),
    /// Forms such as `PAT-######`: `#` is a digit, `@` a letter, `*` either; everything else is itself.
    Templates {
        /// The forms.
        forms: Vec<String>,
        /// What the digits must satisfy.
        check: Option<Check>,
    },
    /// Whole words and phrases; case, accents and the spaces between words make no difference.
    Words(Vec<String>),
}

/// A check of the digits of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Check {
    /// The eleven test: weights from the number of digits down to 2, the last counts -1.
    Eleven,
    /// ISO/IEC 7812-1 annex B.
    Luhn,
    /// ISO/IEC 7064 MOD 97-10: the whole divided by 97 leaves 1.
    Mod97,
}

/// Why a scanner cannot be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OwnError {
    /// The name is that of another detector.
    #[error("the detector {0} is defined twice")]
    Double(DetectorId),
    /// There is nothing to look for.
    #[error("the detector {0} has nothing to look for")]
    Empty(DetectorId),
    /// The expression finds the empty text, which is everywhere.
    #[error("the expression of detector {0} matches the empty text")]
    MatchesNothing(DetectorId),
    /// The expression cannot be read.
    #[error("the expression of detector {id} cannot be read")]
    Syntax {
        /// The detector.
        id: DetectorId,
        /// Where it goes wrong.
        #[source]
        source: Box<regex::Error>,
    },
    /// The form has no place for a digit or letter, or is too long.
    #[error("the template {form:?} of detector {id} needs one to sixty characters, # or @ or * among them")]
    Template {
        /// The detector.
        id: DetectorId,
        /// The form.
        form: String,
    },
    /// The expression is too long or needs too much memory.
    #[error("the expression of detector {0} is too big: at most 2,000 bytes, and 256 KiB when compiled")]
    TooBig(DetectorId),
    /// All own detectors together have too many words.
    #[error("more than 60,000 words in the detectors of the policy")]
    TooManyWords,
}

/// All detectors of a policy, ready to run.
#[derive(Debug, Clone, Default)]
pub(super) struct OwnDetectors {
    list: Vec<Compiled>,
    words: Option<std::sync::Arc<OwnWords>>,
}

/// The words of all own detectors in one table.
struct OwnWords {
    table: Words,
    /// What each word is, by its number.
    roles: Vec<(u16, Role)>,
}

impl std::fmt::Debug for OwnWords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OwnWords({})", self.roles.len())
    }
}

/// What a word is to its detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Keyword,
    Lower,
    Raise,
}

#[derive(Debug, Clone)]
struct Compiled {
    id: DetectorId,
    confidence: Confidence,
    within: usize,
    expressions: Vec<Regex>,
    check: Option<Check>,
    /// Whether its place among the words is in use; the number stays the same when others are left out.
    number: u16,
}

impl OwnDetectors {
    pub(super) fn new(own: &[Own]) -> Result<Self, OwnError> {
        let mut names = BTreeSet::new();
        let mut list = Vec::new();
        let mut words: Vec<(u16, Role, &str)> = Vec::new();
        for (number, detector) in own.iter().enumerate() {
            let number = u16::try_from(number).map_err(|_| OwnError::TooManyWords)?;
            if !names.insert(&detector.id) {
                return Err(OwnError::Double(detector.id.clone()));
            }
            let mut compiled = Compiled {
                id: detector.id.clone(),
                confidence: detector.confidence,
                within: detector.within,
                expressions: Vec::new(),
                check: None,
                number,
            };
            match &detector.pattern {
                Pattern::Expression(text) => compiled.expressions.push(compile(&detector.id, text)?),
                Pattern::Templates { forms, check } => {
                    compiled.check = *check;
                    for form in forms {
                        let text = expression_of(&detector.id, form)?;
                        compiled.expressions.push(compile(&detector.id, &text)?);
                    }
                }
                Pattern::Words(list) => {
                    let folded = list.iter().filter(|word| !fold(word).is_empty());
                    words.extend(folded.map(|word| (number, Role::Keyword, word.as_str())));
                }
            }
            let has_words = words.iter().any(|(owner, role, _)| *owner == number && *role == Role::Keyword);
            if compiled.expressions.is_empty() && !has_words {
                return Err(OwnError::Empty(detector.id.clone()));
            }
            words.extend(detector.raise.iter().map(|word| (number, Role::Raise, word.as_str())));
            words.extend(detector.lower.iter().map(|word| (number, Role::Lower, word.as_str())));
            list.push(compiled);
        }
        if words.len() > MOST_WORDS {
            return Err(OwnError::TooManyWords);
        }
        let roles: Vec<(u16, Role)> = words.iter().map(|(number, role, _)| (*number, *role)).collect();
        let table = (!words.is_empty()).then(|| {
            let numbered = words.iter().enumerate();
            let numbered = numbered.filter_map(|(at, (_, _, word))| Some((u16::try_from(at).ok()?, *word)));
            std::sync::Arc::new(OwnWords { table: Words::own(numbered), roles })
        });
        Ok(Self { list, words: table })
    }

    /// Leaves out what is not named.
    pub(super) fn keep(&mut self, ids: &[&DetectorId]) {
        self.list.retain(|detector| ids.contains(&&detector.id));
    }

    pub(super) fn has_words(&self) -> bool {
        self.words().is_some()
    }

    /// Returns the table for the pass.
    pub(super) fn words(&self) -> Option<&Words> {
        self.words.as_ref().filter(|_| !self.list.is_empty()).map(|words| &words.table)
    }

    /// Finds everything; `hits` are the words that the pass came across. Returns whether all of the text was looked at.
    pub(super) fn scan(&self, text: &str, hits: &[OwnHit], found: &mut dyn FnMut(Match)) -> bool {
        let mut whole = true;
        for detector in &self.list {
            let mine = |wanted: Role| {
                let roles = self.words.as_ref().map(|words| &words.roles);
                hits.iter().filter(move |hit| {
                    roles.and_then(|roles| roles.get(usize::from(hit.word)))
                        == Some(&(detector.number, wanted))
                })
            };
            let raise: Vec<&OwnHit> = mine(Role::Raise).collect();
            let lower: Vec<&OwnHit> = mine(Role::Lower).collect();
            let mut report = |start: usize, end: usize, value: u64| {
                let distance = |list: &[&OwnHit]| nearest(text, list, start, end, detector.within);
                let confidence = match (distance(&raise), distance(&lower)) {
                    (raise, Some(lower)) if raise.is_none_or(|raise| lower <= raise) => {
                        down(detector.confidence)
                    }
                    (Some(_), _) => up(detector.confidence),
                    _ => detector.confidence,
                };
                found(Match { detector: detector.id.clone(), range: start..end, confidence, value });
            };
            let mut end = 0;
            whole &= mine(Role::Keyword).nth(MOST).is_none();
            for hit in mine(Role::Keyword).take(MOST) {
                // "zorg" and "zorg op maat" at the same place are one find.
                if hit.start >= end {
                    end = hit.end;
                    report(hit.start, hit.end, hash_words(text.get(hit.start..hit.end).unwrap_or("")));
                }
            }
            for expression in &detector.expressions {
                whole &= search(expression, text, &mut |start, end| {
                    let words = text.get(start..end).unwrap_or("");
                    let counts = detector.check.is_none_or(|check| check.accepts(words));
                    if counts {
                        report(start, end, hash_code(words));
                    }
                    counts
                });
            }
        }
        whole
    }
}

impl Check {
    /// Checks the digits of a text.
    fn accepts(self, text: &str) -> bool {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0').collect();
        match self {
            Self::Eleven => {
                let count = i32::try_from(digits.len()).unwrap_or(0);
                let sum: i32 = (0..count)
                    .rev()
                    .zip(&digits)
                    .map(|(place, digit)| if place == 0 { -1 } else { place + 1 } * i32::from(*digit))
                    .sum();
                count > 1 && sum % 11 == 0 && !checks::all_equal(&digits)
            }
            Self::Luhn => digits.len() > 1 && checks::luhn(&digits),
            Self::Mod97 => digits.len() > 2 && checks::mod97(digits.iter().map(|digit| digit + b'0')) == 1,
        }
    }
}

/// Runs an expression over the lines of a text.
///
/// The crate promises one search in time linear in what it sees, but not all of them together: an expression can look to the
/// end of the text for each match of one byte. So each search sees one window of a line, and matches are counted: those that
/// `found` says count. A template has one length, so that what fails its check costs no more than its bytes.
///
/// Returns whether all of the text was searched.
fn search(expression: &Regex, text: &str, found: &mut dyn FnMut(usize, usize) -> bool) -> bool {
    let mut left = MOST;
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim_end_matches(['\n', '\r']);
        let mut from = 0;
        // Where the next match may begin, so that windows that overlap report it once.
        let mut free = 0;
        while from < body.len() || from == 0 {
            let end = floor(body, from.saturating_add(WINDOW));
            let window = body.get(..end).unwrap_or("");
            let is_last = end == body.len();
            let mut at = free.max(from);
            while left > 0
                && let Some(hit) = (at <= window.len()).then(|| expression.find_at(window, at)).flatten()
            {
                // It may go on behind the window: the next one sees it whole.
                if !is_last && hit.start() >= from + STEP {
                    break;
                }
                if hit.is_empty() {
                    left -= 1;
                    at = ceil(window, hit.end() + 1);
                    continue;
                }
                left -= usize::from(found(line_start + hit.start(), line_start + hit.end()));
                at = hit.end();
                free = hit.end();
            }
            if is_last || left == 0 {
                break;
            }
            from = ceil(body, from + STEP);
        }
        if left == 0 {
            return false;
        }
        line_start += line.len();
    }
    true
}

/// Returns how many characters lie between a match and the nearest of some words, if at most `within`.
fn nearest(text: &str, list: &[&OwnHit], start: usize, end: usize, within: usize) -> Option<usize> {
    let next = list.partition_point(|hit| hit.start < start);
    let between = |from: usize, to: usize| {
        // No character is longer than four bytes: what lies farther is too far without counting.
        let far = to.saturating_sub(from) > within.saturating_mul(4);
        let count = if far { usize::MAX } else { text.get(from..to).map_or(0, |gap| gap.chars().count()) };
        Some(count).filter(|count| *count <= within)
    };
    let before =
        next.checked_sub(1).and_then(|at| list.get(at)).and_then(|hit| between(hit.end.min(start), start));
    let after = list.get(next).and_then(|hit| between(end, hit.start.max(end)));
    match (before, after) {
        (Some(before), Some(after)) => Some(before.min(after)),
        (before, after) => before.or(after),
    }
}

const fn up(confidence: Confidence) -> Confidence {
    match confidence {
        Confidence::Low => Confidence::Medium,
        Confidence::Medium | Confidence::High => Confidence::High,
    }
}

const fn down(confidence: Confidence) -> Confidence {
    match confidence {
        Confidence::Low | Confidence::Medium => Confidence::Low,
        Confidence::High => Confidence::Medium,
    }
}

fn compile(id: &DetectorId, text: &str) -> Result<Regex, OwnError> {
    if text.is_empty() {
        return Err(OwnError::Empty(id.clone()));
    }
    if text.len() > PATTERN_LONGEST {
        return Err(OwnError::TooBig(id.clone()));
    }
    let expression = RegexBuilder::new(text)
        .size_limit(PATTERN_MEMORY)
        .dfa_size_limit(PATTERN_MEMORY)
        .nest_limit(50)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => OwnError::TooBig(id.clone()),
            error => OwnError::Syntax { id: id.clone(), source: Box::new(error) },
        })?;
    if expression.is_match("") {
        return Err(OwnError::MatchesNothing(id.clone()));
    }
    Ok(expression)
}

/// Writes a template as an expression. Hyphens and spaces stand for all of their kind.
fn expression_of(id: &DetectorId, form: &str) -> Result<String, OwnError> {
    if !(1..=60).contains(&form.chars().count()) || !form.contains(['#', '@', '*']) {
        return Err(OwnError::Template { id: id.clone(), form: form.to_owned() });
    }
    let mut text = String::from("(?i)");
    let edge = |c: Option<char>| {
        let is_word = c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '#' | '@' | '*'));
        if is_word { r"\b" } else { "" }
    };
    text.push_str(edge(form.chars().next()));
    for c in form.chars() {
        match c {
            '#' => text.push_str("[0-9]"),
            '@' => text.push_str("[a-z]"),
            '*' => text.push_str("[a-z0-9]"),
            '-' => text.push_str(r"[-\x{2010}-\x{2015}]"),
            ' ' => text.push_str(r"[ \x{a0}\x{2009}\x{202f}]"),
            other => text.push_str(&regex::escape(&other.to_string())),
        }
    }
    text.push_str(edge(form.chars().next_back()));
    Ok(text)
}
