//! Rules as they are judged: every name resolved, every pattern read.

use std::collections::BTreeSet;

use super::file;
use super::terms::{Accept, Action, Area, Explanation, LocalTime, Weekday};
use super::{PolicyError, Who};
use crate::detect::{Confidence, DetectorId};
use crate::material::{FileKind, Mark, UnreadReason};
use crate::people::{Group, Mistake, Pattern};

/// A rule of a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name; rules of a user's own policy begin with `own:`.
    pub id: String,
    /// The class a message gets when it fires.
    pub class: Option<String>,
    /// What it does.
    pub action: Action,
    /// Why, for people.
    pub explain: Explanation,
    /// How a warning of it is overruled.
    pub accept: Accept,
    pub(super) when: Vec<Condition>,
    pub(super) unless: Vec<Exception>,
}

impl Rule {
    /// Returns the detectors it asks for.
    pub(super) fn detectors(&self) -> impl Iterator<Item = &DetectorId> {
        self.when.iter().flat_map(|condition| match condition {
            Condition::Content(test) => {
                let near = test.near.iter().flat_map(|(others, _)| others);
                test.detectors.iter().chain(near).collect::<Vec<_>>()
            }
            _ => Vec::new(),
        })
    }
}

/// What must hold.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    Attachments(AttachmentTest),
    Content(ContentTest),
    Header { name: String, contains: String },
    Mistake(BTreeSet<Mistake>),
    Recipients(RecipientTest),
    Sender(Vec<Pattern>),
    Time(TimeTest),
}

/// What must not hold. Nothing that is added to a draft makes one of these come true.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Exception {
    AllRecipients(Vec<Who>),
    Sender(Vec<Pattern>),
    Time(TimeTest),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct ContentTest {
    pub(super) detectors: BTreeSet<DetectorId>,
    pub(super) confidence: Confidence,
    pub(super) count: usize,
    pub(super) different: usize,
    pub(super) areas: BTreeSet<Area>,
    pub(super) near: Option<(BTreeSet<DetectorId>, usize)>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct RecipientTest {
    pub(super) any: Vec<Who>,
    pub(super) visible_more_than: Option<usize>,
    pub(super) mixed: bool,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct AttachmentTest {
    pub(super) kinds: Vec<FileKind>,
    pub(super) marks: Vec<Mark>,
    pub(super) names: Vec<String>,
    pub(super) larger_than: Option<u64>,
    /// `None`: not asked for; empty: for any reason.
    pub(super) unread: Option<Vec<UnreadReason>>,
    pub(super) infected: bool,
    pub(super) not_scanned: bool,
}

impl AttachmentTest {
    /// Says whether it asks what a file is, besides whether it was read and scanned.
    pub(super) fn asks_facts(&self) -> bool {
        !self.kinds.is_empty() || !self.marks.is_empty() || self.larger_than.is_some()
    }

    /// Says whether it asks only what the scanner said, so that nothing else keeps it from firing.
    pub(super) fn asks_scan_only(&self) -> bool {
        !self.asks_facts()
            && self.names.is_empty()
            && self.unread.is_none()
            && (self.infected != self.not_scanned)
    }

    /// Says whether it asks only whether something was read.
    pub(super) fn asks_unread_only(&self) -> bool {
        !self.asks_facts()
            && self.names.is_empty()
            && self.unread.is_some()
            && !self.infected
            && !self.not_scanned
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TimeTest {
    pub(super) days: Vec<Weekday>,
    pub(super) from: u16,
    pub(super) before: u16,
}

impl TimeTest {
    /// Says whether a local time lies in it; over midnight when it begins later than it ends.
    pub(super) fn holds(&self, at: LocalTime) -> bool {
        let hours = if self.from <= self.before {
            (self.from..self.before).contains(&at.minute)
        } else {
            at.minute >= self.from || at.minute < self.before
        };
        hours && (self.days.is_empty() || self.days.contains(&at.weekday))
    }
}

/// Farthest that a neighbour can be asked for, in bytes; farther is the whole text.
const WITHIN_MAX: u32 = 1 << 20;

/// Resolves a rule of a file; `known` are the detectors and `classes` the classes there are.
pub(super) fn resolve(
    rule: &file::Rule,
    known: &BTreeSet<DetectorId>,
    classes: &BTreeSet<&str>,
) -> Result<Rule, PolicyError> {
    let wrong = |what: String| PolicyError::Rule { id: rule.id.clone(), what };
    super::check_id(&rule.id).map_err(&wrong)?;
    if let Some(class) = rule.class.as_deref().filter(|class| !classes.contains(class)) {
        return Err(wrong(format!("there is no class {class:?}")));
    }
    if rule.explain.nl.trim().is_empty() || rule.explain.en.trim().is_empty() {
        return Err(wrong("it explains itself in no words; `explain` needs nl and en".to_owned()));
    }
    let accept = match (rule.action, rule.accept) {
        (Action::Warn, accept) => accept.unwrap_or(Accept::ByName),
        (Action::Block, None | Some(Accept::Never)) | (Action::Allow | Action::Seal, None) => Accept::Never,
        _ => return Err(wrong("only a warning can be accepted".to_owned())),
    };
    if rule.when.is_empty() {
        return Err(wrong("it has no condition; a rule that always fires is a class of its own".to_owned()));
    }
    let when = rule.when.iter().map(|when| condition(when, known).map_err(&wrong));
    let unless = rule.unless.iter().map(|unless| exception(unless).map_err(&wrong));
    let rule = Rule {
        id: rule.id.clone(),
        class: rule.class.clone(),
        action: rule.action,
        explain: Explanation { nl: rule.explain.nl.clone(), en: rule.explain.en.clone() },
        accept,
        when: when.collect::<Result<_, _>>()?,
        unless: unless.collect::<Result<_, _>>()?,
    };
    // A slip that something *added* to a draft takes away must not be what holds a message back.
    let cured = rule.when.iter().find_map(|when| match when {
        Condition::Mistake(slips) => slips.iter().find(|slip| slip.is_cured_by_adding()),
        _ => None,
    });
    if let Some(slip) = cured.filter(|_| matches!(rule.action, Action::Block | Action::Seal)) {
        return Err(wrong(format!("{slip} can only warn")));
    }
    Ok(rule)
}

fn condition(when: &file::When, known: &BTreeSet<DetectorId>) -> Result<Condition, String> {
    Ok(match when {
        file::When::Attachments(test) => Condition::Attachments(attachments(test)?),
        file::When::Content(test) => Condition::Content(content(test, known)?),
        file::When::Header(test) => {
            let name = test.name.to_ascii_lowercase();
            let fine = !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b':');
            if !fine || test.contains.is_empty() {
                return Err("a header condition needs a field name and a text".to_owned());
            }
            // It would never hold, and only look like a condition.
            let unread = ["bcc", "cc", "dkim-signature", "from", "received", "to"];
            if unread.contains(&name.as_str()) || name.starts_with("resent-") {
                return Err(format!("{} is no header a rule can read; use recipients or sender", test.name));
            }
            Condition::Header { name, contains: test.contains.to_lowercase() }
        }
        file::When::Mistake(names) => {
            let slips = names
                .iter()
                .map(|name| name.parse::<Mistake>().map_err(|_| format!("there is no mistake {name:?}")));
            Condition::Mistake(some(slips.collect::<Result<_, _>>()?, BTreeSet::is_empty, "mistake")?)
        }
        file::When::Recipients(test) => {
            let any = test.any.iter().map(|who| Who::parse(who)).collect::<Result<Vec<_>, _>>()?;
            let test = RecipientTest {
                any,
                visible_more_than: test.visible_more_than.map(|most| most as usize),
                mixed: test.mixed.is_some(),
            };
            if test.any.is_empty() && test.visible_more_than.is_none() && !test.mixed {
                return Err("a recipients condition asks for nothing".to_owned());
            }
            Condition::Recipients(test)
        }
        file::When::Sender(list) => Condition::Sender(patterns(list)?),
        file::When::Time(test) => Condition::Time(time(test)?),
    })
}

fn exception(unless: &file::Unless) -> Result<Exception, String> {
    Ok(match unless {
        file::Unless::Recipients(test) => {
            let all = test.all.iter().map(|who| Who::parse(who)).collect::<Result<Vec<_>, _>>()?;
            exempting(&all)?;
            Exception::AllRecipients(some(all, Vec::is_empty, "recipients")?)
        }
        file::Unless::Sender(list) => Exception::Sender(patterns(list)?),
        file::Unless::Time(test) => Exception::Time(time(test)?),
    })
}

/// Refuses groups that cannot carry an exception: those that depend on the other recipients, and those that a user's own
/// policy can add people to.
pub(super) fn exempting(all: &[Who]) -> Result<(), String> {
    if all.iter().any(|who| !who.is_stable()) {
        return Err("an exception cannot rest on what depends on the other recipients".to_owned());
    }
    let warned_of = [Group::Denied, Group::Disposable, Group::LookAlike, Group::Unknown, Group::FirstTime];
    match all.iter().find(|who| matches!(who, Who::Group(group) if warned_of.contains(group))) {
        Some(who) => Err(format!("{who} is a reason for care and cannot carry an exception")),
        None => Ok(()),
    }
}

fn content(test: &file::Content, known: &BTreeSet<DetectorId>) -> Result<ContentTest, String> {
    let confidence = match test.confidence.as_deref() {
        None | Some("medium") => Confidence::Medium,
        Some("low") => Confidence::Low,
        Some("high") => Confidence::High,
        Some(other) => return Err(format!("{other:?} is no confidence: low, medium or high")),
    };
    let areas = test
        .places
        .clone()
        .unwrap_or_else(|| vec![Area::Attachments, Area::Body, Area::Headers, Area::Subject]);
    let near = match &test.near {
        Some(near) if near.within > WITHIN_MAX => {
            return Err(format!("near.within is at most {WITHIN_MAX} bytes"));
        }
        Some(near) => Some((detectors(&near.detectors, known)?, near.within as usize)),
        None => None,
    };
    if test.count == Some(0) || test.different == Some(0) {
        return Err("a count of 0 always holds".to_owned());
    }
    Ok(ContentTest {
        detectors: detectors(&test.detectors, known)?,
        confidence,
        count: test.count.unwrap_or(1) as usize,
        different: test.different.unwrap_or(1) as usize,
        areas: some(areas.into_iter().collect(), BTreeSet::is_empty, "in")?,
        near,
    })
}

fn detectors(names: &[String], known: &BTreeSet<DetectorId>) -> Result<BTreeSet<DetectorId>, String> {
    let found = names.iter().map(|name| {
        known
            .iter()
            .find(|id| id.as_str() == name)
            .cloned()
            .ok_or_else(|| format!("there is no detector {name:?}"))
    });
    some(found.collect::<Result<_, _>>()?, BTreeSet::is_empty, "detectors")
}

fn attachments(test: &file::Attachments) -> Result<AttachmentTest, String> {
    let unread = match test.unread.as_slice() {
        [] => None,
        [any] if any == "any" => Some(Vec::new()),
        reasons => Some(reasons.iter().map(|reason| unread_reason(reason)).collect::<Result<_, _>>()?),
    };
    let test = AttachmentTest {
        kinds: test.kind.clone(),
        marks: test.mark.clone(),
        names: test.name.iter().map(|name| name.to_lowercase()).collect(),
        larger_than: test.larger_than_mb.map(|most| u64::from(most) << 20),
        unread,
        infected: test.infected.is_some(),
        not_scanned: test.not_scanned.is_some(),
    };
    let asks = test.asks_facts()
        || !test.names.is_empty()
        || test.unread.is_some()
        || test.infected
        || test.not_scanned;
    if asks { Ok(test) } else { Err("an attachments condition asks for nothing".to_owned()) }
}

fn unread_reason(name: &str) -> Result<UnreadReason, String> {
    serde_json::from_value(serde_json::Value::String(name.to_owned()))
        .map_err(|_| format!("{name:?} is no reason not to have read a file"))
}

fn patterns(list: &[String]) -> Result<Vec<Pattern>, String> {
    let read = list.iter().map(|text| text.parse().map_err(|_| format!("{text:?} is no address pattern")));
    some(read.collect::<Result<_, _>>()?, Vec::is_empty, "sender")
}

fn time(test: &file::Time) -> Result<TimeTest, String> {
    let minute = |text: &Option<String>, default: u16| match text {
        None => Ok(default),
        Some(text) => clock(text).ok_or_else(|| format!("{text:?} is no time of day such as 18:30")),
    };
    if test.days.is_empty() && test.from.is_none() && test.before.is_none() {
        return Err("a time condition asks for nothing".to_owned());
    }
    let (from, before) = (minute(&test.from, 0)?, minute(&test.before, 1_440)?);
    if from == before {
        return Err("from and before are the same, which is never".to_owned());
    }
    Ok(TimeTest { days: test.days.clone(), from, before })
}

fn clock(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let total = hours.checked_mul(60)?.checked_add(minutes)?;
    (minutes < 60 && total <= 1_440).then_some(total)
}

/// Refuses an empty list: it would hold never, or always, and only look like a condition.
fn some<T>(list: T, is_empty: impl Fn(&T) -> bool, key: &str) -> Result<T, String> {
    if is_empty(&list) { Err(format!("{key} is empty")) } else { Ok(list) }
}
