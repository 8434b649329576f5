//! The moment before sending: who gets a mail which way, what the rules say of it, and whether it may leave at all.
//!
//! Without a policy file the built-in policy is in force, the strictest: seal to everybody or refuse. A policy file
//! (`docs/formats/policy.md`) adds rules over content, attachments, recipients and circumstances. Everything here is a pure
//! function of what it is given, so the same draft gets the same verdict in the add-in, in a script and in a test.
//!
//! 1. [`Plan::make`] finds the route of every recipient.
//! 2. [`Examiner::examine`] reads the draft and judges it by the [`Policy`].
//! 3. [`evaluate_examined`] (or [`evaluate`], without rules) makes the [`Cleared`] that can be sealed, or says why not.

mod clear;
pub mod defaults;
mod describe;
mod examine;
mod example;
mod facts;
mod file;
mod guests;
mod judge;
mod organisation;
mod plan;
mod rules;
mod scanned;
mod signed;
mod terms;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use thiserror::Error;

pub use clear::{Cleared, Refused, evaluate, evaluate_examined};
pub use examine::{Attached, Circumstances, Examined, Examiner};
pub use example::Example;
pub use facts::{Facts, Found, Person, ScanResult, Slip};
pub use guests::{
    AccessCode, GUEST_DAYS, GUEST_DAYS_MAX, GuestFactor, GuestOffers, PhoneNumber, PhoneNumberError,
};
pub use judge::{Acceptances, Demands, Evidence, Finding, Judgement, judge};
pub use plan::{Classic, Plan, Planned, RECIPIENTS_MAX, Refusal, Role, Route};
pub use rules::Rule;
pub use scanned::{INFECTED, NOT_EXAMINED, NOT_SCANNED};
pub use signed::{SignedPolicy, SigningError, sign};
pub use terms::{Accept, Action, Area, Explanation, Level, LocalTime, SecondFactor, Verdict, Weekday};

use crate::Address;
use crate::detect::{Confidence, DetectorId, Own, Pattern as Form, Scanner};
use crate::id::Fingerprint;
use crate::people::{Group, Organisation, Pattern};

/// Most rules of a policy.
const RULES_MAX: usize = 1_000;
/// Most detectors of a policy file.
const DETECTORS_MAX: usize = 200;
/// Most words in all lists of a policy file together.
const WORDS_MAX: usize = 10_000;
/// How near a word must stand that makes an own detector surer, unless the file says so: characters.
const WITHIN: u32 = 60;
/// What stands before the names in a user's own policy, so that they cannot take the place of the organisation's.
const OWN: &str = "own:";

/// Why a policy cannot be used. A policy that is not understood refuses to run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// A class is not right.
    #[error("class {id:?}: {what}")]
    Class {
        /// Its name.
        id: String,
        /// What is wrong.
        what: String,
    },
    /// A detector is not right.
    #[error("detector {id:?}: {what}")]
    Detector {
        /// Its name.
        id: String,
        /// What is wrong.
        what: String,
    },
    /// Another format, or another version of it.
    #[error("the policy has the format {0:?}; this version reads \"zegel/policy/v1\" only")]
    Format(String),
    /// It does not say who belongs to the organisation as it should.
    #[error("organisation: {0}")]
    Organisation(String),
    /// A user's own policy says what only the organisation may say.
    #[error("a policy of one's own cannot have {0}: it could loosen the organisation's")]
    OwnMayNot(&'static str),
    /// A rule is not right.
    #[error("rule {id:?}: {what}")]
    Rule {
        /// Its name.
        id: String,
        /// What is wrong.
        what: String,
    },
    /// The signature is missing, of another key, or does not hold.
    #[error("the policy's signature does not hold")]
    Signature,
    /// Not TOML, or a key that is not known.
    #[error("line {line}, column {column}: {what}")]
    Syntax {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
        /// What is wrong.
        what: String,
    },
    /// Beyond a limit.
    #[error("the policy is too large: {0}")]
    TooLarge(&'static str),
    /// Only a signed policy names an archive: it reads everybody's mail.
    #[error("an unsigned policy cannot have an archive")]
    UnsignedArchive,
}

impl PolicyError {
    /// Says where and what, on one line.
    pub(crate) fn syntax(text: &str, error: &toml::de::Error) -> Self {
        let at = error.span().map_or(0, |span| span.start);
        let before = text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self::Syntax { line, column, what: error.message().trim().to_owned() }
    }
}

/// A class of data.
#[derive(Debug, Clone, PartialEq)]
pub struct Class {
    /// Its name.
    pub id: String,
    /// How much protection it needs.
    pub level: Level,
    /// For people.
    pub label: Explanation,
    /// What a guest has to prove.
    pub second_factor: Option<SecondFactor>,
    /// How long a guest can read it.
    pub expires_days: Option<u32>,
    /// To whom it is sealed as well.
    pub archive: Option<Archive>,
    /// Who may get it unsealed.
    pub(crate) plain: Vec<Who>,
}

/// A card that messages of a class are sealed to as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// Its address.
    pub address: Address,
    /// Its card: no other card of that address will do.
    pub fingerprint: Fingerprint,
}

/// Whom a condition means: a group or a pattern.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Who {
    Group(Group),
    Pattern(Pattern),
}

impl Who {
    fn parse(text: &str) -> Result<Self, String> {
        if let Ok(group) = text.parse::<Group>() {
            return Ok(Self::Group(group));
        }
        text.parse()
            .map(Self::Pattern)
            .map_err(|_| format!("{text:?} is neither a group nor an address pattern"))
    }

    fn fits(&self, person: &Person) -> bool {
        match self {
            Self::Group(group) => person.groups.contains(*group),
            Self::Pattern(pattern) => pattern.matches(&person.address),
        }
    }

    /// Says whether it can be told from the recipient alone.
    fn is_stable(&self) -> bool {
        !matches!(self, Self::Group(Group::Unusual | Group::Namesake))
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(group) => group.fmt(f),
            Self::Pattern(pattern) => pattern.fmt(f),
        }
    }
}

/// Where a policy comes from, which decides what it may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// A signature was checked over these bytes.
    Signed,
    /// Nobody signed it.
    Unsigned,
}

/// The rules in force.
#[derive(Debug, Clone)]
pub struct Policy {
    name: String,
    serial: u64,
    organisation: Organisation,
    has_domains: bool,
    classes: BTreeMap<String, Class>,
    rules: Vec<Rule>,
    own: Vec<Own>,
    scanner: Scanner,
    /// Of everything that was read: two policies of one name are two policies.
    digest: [u8; 32],
}

impl Policy {
    /// Returns the built-in policy: seal to everybody or refuse.
    pub fn built_in() -> Self {
        let scanner = Scanner::new(&[]).expect("there is no detector that could be wrong");
        Self {
            name: "built-in".to_owned(),
            serial: 0,
            organisation: Organisation::default(),
            has_domains: false,
            classes: BTreeMap::new(),
            rules: Vec::new(),
            own: Vec::new(),
            scanner: scanner.only([]),
            digest: [0; 32],
        }
    }

    /// Reads a policy file.
    ///
    /// # Errors
    /// See [`PolicyError`]; whatever is not understood refuses.
    pub fn parse(text: &str, authority: Authority) -> Result<Self, PolicyError> {
        let file = read(text)?;
        if authority == Authority::Unsigned && file.class.iter().any(|class| class.archive.is_some()) {
            return Err(PolicyError::UnsignedArchive);
        }
        let organisation = organisation::read(&file.organisation)?;
        let own = own_detectors(&file.detector)?;
        let known: BTreeSet<DetectorId> =
            DetectorId::all_builtin().chain(own.iter().map(|own| own.id.clone())).collect();
        let mut classes = BTreeMap::new();
        for class in &file.class {
            let read = read_class(class)?;
            if classes.insert(class.id.clone(), read).is_some() {
                return Err(PolicyError::Class { id: class.id.clone(), what: "it stands twice".to_owned() });
            }
        }
        let names: BTreeSet<&str> = classes.keys().map(String::as_str).collect();
        let rules: Vec<Rule> =
            file.rule.iter().map(|rule| rules::resolve(rule, &known, &names)).collect::<Result<_, _>>()?;
        refuse_doubles(&rules)?;
        let scanner = scanner(&own, &rules)?;
        let has_domains = !file.organisation.domains.is_empty();
        Ok(Self {
            name: file.name,
            serial: file.serial,
            organisation,
            has_domains,
            classes,
            rules,
            own,
            scanner,
            digest: *blake3::hash(text.as_bytes()).as_bytes(),
        })
    }

    /// Adds a user's own policy: it can tighten and never loosen.
    ///
    /// # Errors
    /// [`PolicyError::OwnMayNot`] for what only the organisation may say, else as [`Policy::parse`].
    pub fn tighten(mut self, text: &str) -> Result<Self, PolicyError> {
        let file = read(text)?;
        if !file.class.is_empty() {
            return Err(PolicyError::OwnMayNot("classes"));
        }
        self.organisation = organisation::tighten(self.organisation, &file.organisation)?;
        let own = own_detectors(&file.detector)?;
        let known: BTreeSet<DetectorId> =
            DetectorId::all_builtin().chain(self.own.iter().chain(&own).map(|own| own.id.clone())).collect();
        let names: BTreeSet<&str> = self.classes.keys().map(String::as_str).collect();
        let mut more = Vec::new();
        for rule in &file.rule {
            if rule.class.is_some() {
                return Err(PolicyError::OwnMayNot("rules that name a class"));
            }
            let mut read = rules::resolve(rule, &known, &names)?;
            read.id = format!("{OWN}{}", read.id);
            more.push(read);
        }
        self.rules.extend(more);
        self.own.extend(own);
        refuse_doubles(&self.rules)?;
        self.scanner = scanner(&self.own, &self.rules)?;
        self.digest = *blake3::Hasher::new_keyed(&self.digest).update(text.as_bytes()).finalize().as_bytes();
        Ok(self)
    }

    /// Returns the policy's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns which issue of the policy this is.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// Returns who belongs to whom.
    pub fn organisation(&self) -> &Organisation {
        &self.organisation
    }

    /// Returns the rules.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Returns the classes, by name.
    pub fn classes(&self) -> impl Iterator<Item = &Class> {
        self.classes.values()
    }

    /// Returns the class of a name.
    pub fn class(&self, id: &str) -> Option<&Class> {
        self.classes.get(id)
    }

    /// Says whether any rule can fire; the built-in policy has none.
    pub fn has_rules(&self) -> bool {
        !self.rules.is_empty()
    }

    /// Says whether what it decides depends on the clock on the wall.
    pub fn asks_time(&self) -> bool {
        let asks = |rule: &Rule| {
            rule.when.iter().any(|when| matches!(when, rules::Condition::Time(_)))
                || rule.unless.iter().any(|unless| matches!(unless, rules::Exception::Time(_)))
        };
        self.rules.iter().any(asks)
    }

    /// Returns a digest of the files it was read from.
    pub(crate) fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// Says whether the policy names the organisation's own domains.
    pub(crate) fn has_domains(&self) -> bool {
        self.has_domains
    }

    /// Returns the detectors that rules ask for.
    pub(crate) fn scanner(&self) -> &Scanner {
        &self.scanner
    }
}

fn read(text: &str) -> Result<file::File, PolicyError> {
    if text.len() > file::FILE_MAX {
        return Err(PolicyError::TooLarge("more than 512 KiB"));
    }
    let file: file::File = toml::from_str(text).map_err(|error| PolicyError::syntax(text, &error))?;
    if file.format != file::FORMAT {
        return Err(PolicyError::Format(file.format));
    }
    if file.rule.len() > RULES_MAX {
        return Err(PolicyError::TooLarge("more than 1,000 rules"));
    }
    if file.detector.len() > DETECTORS_MAX {
        return Err(PolicyError::TooLarge("more than 200 detectors"));
    }
    let words: usize =
        file.detector.iter().filter_map(|detector| detector.words.as_ref().map(Vec::len)).sum();
    if words > WORDS_MAX {
        return Err(PolicyError::TooLarge("more than 10,000 words"));
    }
    Ok(file)
}

/// Checks a name: it stands in commands, reports and file names.
pub(crate) fn check_id(id: &str) -> Result<(), String> {
    let fine = (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if fine { Ok(()) } else { Err("a name is 1 to 64 of a-z, 0-9 and hyphens".to_owned()) }
}

fn refuse_doubles(rules: &[Rule]) -> Result<(), PolicyError> {
    let mut seen = BTreeSet::new();
    match rules.iter().find(|rule| !seen.insert(rule.id.as_str())) {
        Some(rule) => Err(PolicyError::Rule { id: rule.id.clone(), what: "it stands twice".to_owned() }),
        None => Ok(()),
    }
}

fn read_class(class: &file::Class) -> Result<Class, PolicyError> {
    let wrong = |what: String| PolicyError::Class { id: class.id.clone(), what };
    check_id(&class.id).map_err(&wrong)?;
    if class.label.nl.trim().is_empty() || class.label.en.trim().is_empty() {
        return Err(wrong("its label needs nl and en".to_owned()));
    }
    if class.second_factor == Some(SecondFactor::Mailed) && class.level != Level::Low {
        return Err(wrong("a mailed code proves the same mailbox: it is for level low only".to_owned()));
    }
    if !class.plain.is_empty() && class.level == Level::High {
        return Err(wrong("level high never travels unsealed".to_owned()));
    }
    if class.expires_days == Some(0) {
        return Err(wrong("it would expire before it is read".to_owned()));
    }
    let plain: Vec<Who> =
        class.plain.iter().map(|who| Who::parse(who)).collect::<Result<_, _>>().map_err(&wrong)?;
    rules::exempting(&plain).map_err(&wrong)?;
    let archive = match &class.archive {
        None => None,
        Some(archive) => Some(Archive {
            address: archive.address.parse().map_err(|error| wrong(format!("archive: {error}")))?,
            fingerprint: archive.fingerprint.parse().map_err(|error| wrong(format!("archive: {error}")))?,
        }),
    };
    Ok(Class {
        id: class.id.clone(),
        level: class.level,
        label: Explanation { nl: class.label.nl.clone(), en: class.label.en.clone() },
        second_factor: class.second_factor,
        expires_days: class.expires_days,
        archive,
        plain,
    })
}

fn own_detectors(detectors: &[file::Detector]) -> Result<Vec<Own>, PolicyError> {
    let one = |detector: &file::Detector| {
        let wrong = |what: String| PolicyError::Detector { id: detector.id.clone(), what };
        let id = DetectorId::own(&detector.id).map_err(|error| wrong(error.to_string()))?;
        let pattern = match (&detector.template, &detector.words, &detector.regex) {
            (Some(form), None, None) => {
                Form::Templates { forms: form.to_list(), check: detector.check.map(file::Check::into) }
            }
            (None, Some(words), None) if detector.check.is_none() => Form::Words(words.clone()),
            (None, None, Some(regex)) if detector.check.is_none() => Form::Expression(regex.clone()),
            _ => {
                let what = "it needs exactly one of template, words and regex; a check goes with a template";
                return Err(wrong(what.to_owned()));
            }
        };
        Ok(Own {
            id,
            pattern,
            confidence: detector.confidence.unwrap_or(Confidence::Medium),
            raise: detector.context.raise.clone(),
            lower: detector.context.lower.clone(),
            within: detector.context.within.unwrap_or(WITHIN) as usize,
        })
    };
    detectors.iter().map(one).collect()
}

/// Makes the scanner with the detectors that some rule asks for; the others cost nothing.
fn scanner(own: &[Own], rules: &[Rule]) -> Result<Scanner, PolicyError> {
    let scanner = Scanner::new(own).map_err(|error| {
        let source =
            std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
        PolicyError::Detector { id: String::new(), what: format!("{error}{source}") }
    })?;
    let wanted: BTreeSet<&DetectorId> = rules.iter().flat_map(Rule::detectors).collect();
    Ok(scanner.only(wanted))
}
