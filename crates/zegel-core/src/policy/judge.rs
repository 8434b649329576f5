//! From what is known about a draft to a verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::facts::{Facts, Found, Person, ScanResult};
use super::rules::{AttachmentTest, Condition, ContentTest, Exception, RecipientTest, Rule};
use super::terms::{Accept, Action, Area, Level, SecondFactor, Verdict};
use super::{Archive, Explanation, Policy, scanned};
use crate::Address;
use crate::detect::{Confidence, DetectorId};
use crate::material::{FileFacts, Origin, Piece, Unread};
use crate::people::Group;

/// Most pieces of evidence kept for a rule; how many there were is counted all the same.
pub(super) const EVIDENCE_MAX: usize = 50;

/// Findings that the sender accepts: the rule's name, and the reason where one is asked for.
pub type Acceptances = BTreeMap<String, Option<String>>;

/// A rule that fired, and why.
#[derive(Clone, PartialEq)]
pub struct Finding {
    /// The rule.
    pub rule: String,
    /// What it does.
    pub action: Action,
    /// The class it puts the message in.
    pub class: Option<String>,
    /// Why it is a rule, for people.
    pub explain: Explanation,
    /// How it can be overruled.
    pub accept: Accept,
    /// The sender's acceptance, when it counts: the reason may be empty where none is asked for.
    pub accepted: Option<String>,
    /// What it rests on; at most 50 of them.
    pub evidence: Vec<Evidence>,
    /// How much it rests on, all counted.
    pub count: usize,
    /// How many different values that is.
    pub different: usize,
}

/// One thing that a rule rests on.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Evidence {
    /// A file is what it is.
    File {
        /// Which.
        origin: Origin,
        /// What about it, in a word that never changes.
        fact: String,
    },
    /// Somebody among the recipients.
    Recipient {
        /// Who.
        address: Address,
        /// What about them.
        fact: String,
    },
    /// Words of the draft.
    Words {
        /// The detector, or none for a header's text or a slip.
        detector: Option<DetectorId>,
        /// How sure it is.
        confidence: Confidence,
        /// The piece, counted in the material.
        piece: usize,
        /// Where in the piece, in bytes.
        range: std::ops::Range<usize>,
    },
    /// The sender, or the hour.
    Circumstance(String),
}

/// Without the words of a mail, its people and the sender's reason.
impl fmt::Debug for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finding")
            .field("rule", &self.rule)
            .field("action", &self.action)
            .field("class", &self.class)
            .field("accepted", &self.accepted.is_some())
            .field("count", &self.count)
            .field("different", &self.different)
            .field("evidence", &self.evidence)
            .finish_non_exhaustive()
    }
}

/// Without words, names and addresses.
impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { origin, .. } => write!(f, "File({origin:?})"),
            Self::Recipient { .. } => f.write_str("Recipient"),
            Self::Words { detector, confidence, piece, range } => {
                write!(f, "Words({detector:?}, {confidence:?}, piece {piece}, {range:?})")
            }
            Self::Circumstance(_) => f.write_str("Circumstance"),
        }
    }
}

/// What the classes of a message demand; the strictest of each.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Demands {
    /// The highest level.
    pub level: Option<Level>,
    /// What a guest has to prove.
    pub second_factor: Option<SecondFactor>,
    /// How many days a guest can read it.
    pub expires_days: Option<u32>,
    /// To whom it is sealed as well.
    pub archives: Vec<Archive>,
}

/// What the policy says of a draft.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The strictest action that was not accepted.
    pub verdict: Verdict,
    /// Every rule that fired, strictest first.
    pub findings: Vec<Finding>,
    /// The classes of the message.
    pub classes: BTreeSet<String>,
    /// What those demand.
    pub demands: Demands,
    /// Who may get it unsealed; nobody, unless every class names them.
    pub plain: BTreeSet<Address>,
    /// What nobody looked into.
    pub unread: Vec<Unread>,
}

impl Judgement {
    /// Returns the findings that hold the draft back: blocks, and warnings that were not accepted.
    pub fn holding(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| match finding.action {
            Action::Block => true,
            Action::Warn => finding.accepted.is_none(),
            Action::Allow | Action::Seal => false,
        })
    }

    /// Says whether the draft may leave.
    pub fn may_leave(&self) -> bool {
        self.verdict.strictness() < Verdict::Warn.strictness()
    }
}

/// Judges a draft. Every rule is looked at, and their order plays no part.
pub fn judge(policy: &Policy, facts: &Facts<'_>, accepted: &Acceptances) -> Judgement {
    let files = by_origin(facts);
    let found = by_detector(facts);
    let known = Known { policy, facts, files: &files, found: &found };
    let mut findings: Vec<Finding> =
        policy.rules().iter().filter_map(|rule| fire(rule, known, accepted)).collect();
    findings.extend(scanned::findings(policy, facts, accepted));
    findings.sort_by(|a, b| {
        let strict = |finding: &Finding| Verdict::from(finding.action).strictness();
        strict(b).cmp(&strict(a)).then_with(|| a.rule.cmp(&b.rule))
    });
    let verdict = findings
        .iter()
        .filter(|finding| finding.accepted.is_none())
        .fold(Verdict::Allow, |verdict, finding| verdict.join(finding.action.into()));
    // An accepted warning is no licence to send in the clear.
    let verdict = if findings.iter().any(|finding| finding.accepted.is_some()) {
        verdict.join(Verdict::Seal)
    } else {
        verdict
    };
    let classes: BTreeSet<String> = findings.iter().filter_map(|finding| finding.class.clone()).collect();
    Judgement {
        verdict,
        demands: demands(policy, &classes),
        plain: plain(policy, &classes, facts, verdict),
        unread: facts.material.unread.clone(),
        classes,
        findings,
    }
}

/// Says who may get the message unsealed: only where every class names them, and nothing was left unexamined.
fn plain(
    policy: &Policy,
    classes: &BTreeSet<String>,
    facts: &Facts<'_>,
    verdict: Verdict,
) -> BTreeSet<Address> {
    if classes.is_empty() || verdict != Verdict::Allow || !facts.material.is_examined() {
        return BTreeSet::new();
    }
    let named = |person: &Person| {
        classes.iter().all(|class| {
            policy.class(class).is_some_and(|class| class.plain.iter().any(|who| who.fits(person)))
        })
    };
    facts.recipients.iter().filter(|person| named(person)).map(|person| person.address.clone()).collect()
}

fn demands(policy: &Policy, classes: &BTreeSet<String>) -> Demands {
    let mut demands = Demands::default();
    for class in classes.iter().filter_map(|class| policy.class(class)) {
        demands.level = demands.level.max(Some(class.level));
        // A class that says nothing wants the strong one: another that says less does not loosen it.
        let factor = class.second_factor.unwrap_or(SecondFactor::Strong);
        demands.second_factor = demands.second_factor.max(Some(factor));
        demands.expires_days = match (demands.expires_days, class.expires_days) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        if let Some(archive) = class.archive.as_ref().filter(|archive| !demands.archives.contains(archive)) {
            demands.archives.push(archive.clone());
        }
    }
    demands
}

/// Everything a rule is held against.
#[derive(Clone, Copy)]
struct Known<'a> {
    policy: &'a Policy,
    facts: &'a Facts<'a>,
    files: &'a BTreeMap<&'a Origin, File<'a>>,
    found: &'a BTreeMap<&'a DetectorId, Vec<(usize, &'a Found)>>,
}

impl<'a> Known<'a> {
    /// Returns what some detectors found and `counts`, in the order of the text.
    fn found_by(&self, detectors: &BTreeSet<DetectorId>, counts: impl Fn(&Found) -> bool) -> Vec<&'a Found> {
        let lists = detectors.iter().filter_map(|detector| self.found.get(detector));
        let mut hits: Vec<(usize, &Found)> =
            lists.flatten().copied().filter(|(_, found)| counts(found)).collect();
        hits.sort_unstable_by_key(|(place, _)| *place);
        hits.into_iter().map(|(_, found)| found).collect()
    }
}

/// Sorts what was found by detector, each with its place in the whole: a long attachment holds thousands, and no rule is about
/// all of them.
fn by_detector<'a>(facts: &Facts<'a>) -> BTreeMap<&'a DetectorId, Vec<(usize, &'a Found)>> {
    let mut lists = BTreeMap::<&DetectorId, Vec<(usize, &Found)>>::new();
    for (place, found) in facts.found.iter().enumerate() {
        lists.entry(&found.detector).or_default().push((place, found));
    }
    lists
}

/// What is known about the files of one origin: an archive can hold two of one name.
#[derive(Default)]
struct File<'a> {
    facts: Vec<&'a FileFacts>,
    unread: Vec<&'a Unread>,
    scan: Option<&'a ScanResult>,
}

fn by_origin<'a>(facts: &Facts<'a>) -> BTreeMap<&'a Origin, File<'a>> {
    let mut files = BTreeMap::<&Origin, File<'_>>::new();
    for file in &facts.material.files {
        files.entry(&file.origin).or_default().facts.push(file);
    }
    for unread in &facts.material.unread {
        files.entry(&unread.origin).or_default().unread.push(unread);
    }
    for (origin, scan) in facts.scans {
        files.entry(origin).or_default().scan = Some(scan);
    }
    files
}

/// What has been gathered for one rule.
#[derive(Default)]
struct Gathered {
    evidence: Vec<Evidence>,
    count: usize,
    values: Vec<(DetectorId, u64)>,
}

impl Gathered {
    fn add(&mut self, evidence: Evidence) {
        self.count += 1;
        if self.evidence.len() < EVIDENCE_MAX && !self.evidence.contains(&evidence) {
            self.evidence.push(evidence);
        }
    }
}

fn fire(rule: &Rule, known: Known<'_>, accepted: &Acceptances) -> Option<Finding> {
    if rule.unless.iter().any(|exception| excepted(exception, known.facts)) {
        return None;
    }
    let mut gathered = Gathered::default();
    for condition in &rule.when {
        if !holds(condition, known, &mut gathered) {
            return None;
        }
    }
    // Two conditions may have found the same.
    gathered.values.sort_unstable();
    gathered.values.dedup();
    Some(Finding {
        rule: rule.id.clone(),
        action: rule.action,
        class: rule.class.clone(),
        explain: rule.explain.clone(),
        accept: rule.accept,
        accepted: accepted_for(&rule.id, rule.accept, accepted),
        evidence: gathered.evidence,
        count: gathered.count,
        different: gathered.values.len(),
    })
}

/// Returns the sender's acceptance of a rule, when it counts.
pub(super) fn accepted_for(rule: &str, accept: Accept, accepted: &Acceptances) -> Option<String> {
    match (accept, accepted.get(rule)) {
        (Accept::ByName, Some(reason)) => Some(reason.clone().unwrap_or_default()),
        (Accept::Justify, Some(Some(reason))) if !reason.trim().is_empty() => Some(reason.clone()),
        _ => None,
    }
}

fn excepted(exception: &Exception, facts: &Facts<'_>) -> bool {
    match exception {
        // With nobody to send to there is nobody it could be an exception for.
        Exception::AllRecipients(list) => {
            !facts.recipients.is_empty()
                && facts.recipients.iter().all(|person| list.iter().any(|who| who.fits(person)))
        }
        Exception::Sender(list) => list.iter().any(|pattern| pattern.matches(facts.sender)),
        Exception::Time(test) => test.holds(facts.local_time),
    }
}

fn holds(condition: &Condition, known: Known<'_>, gathered: &mut Gathered) -> bool {
    let facts = known.facts;
    match condition {
        Condition::Attachments(test) => attachments(test, known.files, gathered),
        Condition::Content(test) => content(test, known, gathered),
        Condition::Header { name, contains } => header(name, contains, facts, gathered),
        Condition::Mistake(slips) => {
            let mut any = false;
            for slip in facts.slips.iter().filter(|slip| slips.contains(&slip.mistake)) {
                any = true;
                gathered.add(slip.to_evidence());
            }
            any
        }
        Condition::Recipients(test) => recipients(test, known.policy, facts, gathered),
        Condition::Sender(list) => {
            let hit = list.iter().any(|pattern| pattern.matches(facts.sender));
            if hit {
                gathered.add(Evidence::Circumstance(format!("sender {}", facts.sender)));
            }
            hit
        }
        Condition::Time(test) => {
            let at = facts.local_time;
            let hit = test.holds(at);
            if hit {
                gathered.add(Evidence::Circumstance(format!(
                    "{:?} {:02}:{:02}",
                    at.weekday,
                    at.minute / 60,
                    at.minute % 60
                )));
            }
            hit
        }
    }
}

fn area(piece: &Piece) -> Area {
    match piece.origin {
        Origin::Attachment(_) => Area::Attachments,
        Origin::Body => Area::Body,
        Origin::Header(_) => Area::Headers,
        Origin::Subject => Area::Subject,
    }
}

fn content(test: &ContentTest, known: Known<'_>, gathered: &mut Gathered) -> bool {
    let in_area = |found: &Found| {
        known.facts.material.pieces.get(found.piece).is_some_and(|piece| test.areas.contains(&area(piece)))
    };
    let mut hits =
        known.found_by(&test.detectors, |found| found.confidence >= test.confidence && in_area(found));
    // Neighbours only take away: too few are too few, and nobody looks for them.
    if let Some((others, within)) = test.near.as_ref().filter(|_| hits.len() >= test.count) {
        let others = known.found_by(others, |found| found.confidence >= Confidence::Medium);
        hits.retain(|hit| has_neighbour(hit, &others, *within));
    }
    // The same words found by two detectors are two findings; the same number written twice is one value.
    let mut values: Vec<(&DetectorId, u64)> = hits.iter().map(|hit| (&hit.detector, hit.value)).collect();
    values.sort_unstable();
    values.dedup();
    if hits.len() < test.count || values.len() < test.different {
        return false;
    }
    for hit in &hits {
        gathered.add(Evidence::Words {
            detector: Some(hit.detector.clone()),
            confidence: hit.confidence,
            piece: hit.piece,
            range: hit.range.clone(),
        });
    }
    gathered.values.extend(values.into_iter().map(|(detector, value)| (detector.clone(), value)));
    true
}

/// Says whether another finding stands close by; `others` are in the order of the text, so the search ends early.
fn has_neighbour(hit: &Found, others: &[&Found], within: usize) -> bool {
    let from = others.partition_point(|other| {
        (other.piece, other.range.start)
            < (hit.piece, hit.range.start.saturating_sub(within.saturating_add(NEAR_LONGEST)))
    });
    others
        .iter()
        .skip(from)
        .take_while(|other| {
            other.piece == hit.piece && other.range.start <= hit.range.end.saturating_add(within)
        })
        .any(|other| {
            let same = other.range == hit.range && other.detector == hit.detector;
            !same && other.range.end.saturating_add(within) >= hit.range.start
        })
}

/// Findings longer than this are looked for by their first bytes only.
const NEAR_LONGEST: usize = 512;

fn header(name: &str, contains: &str, facts: &Facts<'_>, gathered: &mut Gathered) -> bool {
    let mut any = false;
    for (number, piece) in facts.material.pieces.iter().enumerate() {
        let named = match &piece.origin {
            Origin::Header(header) => header == name,
            Origin::Subject => name == "subject",
            _ => false,
        };
        if named && piece.text.to_lowercase().contains(contains) {
            any = true;
            gathered.add(Evidence::Words {
                detector: None,
                confidence: Confidence::High,
                piece: number,
                range: 0..piece.text.len(),
            });
        }
    }
    any
}

fn recipients(test: &RecipientTest, policy: &Policy, facts: &Facts<'_>, gathered: &mut Gathered) -> bool {
    let mut own = Vec::new();
    if !test.any.is_empty() {
        for person in facts.recipients {
            if let Some(who) = test.any.iter().find(|who| who.fits(person)) {
                own.push(Evidence::Recipient { address: person.address.clone(), fact: who.to_string() });
            }
        }
        if own.is_empty() {
            return false;
        }
    }
    if let Some(most) = test.visible_more_than {
        let visible = facts.recipients.iter().filter(|person| person.role != super::Role::Bcc).count();
        if visible <= most {
            return false;
        }
        own.push(Evidence::Circumstance(format!("{visible} people in To and Cc")));
    }
    if test.mixed {
        let internal = |person: &&Person| person.groups.contains(Group::Internal);
        let inside = facts.recipients.iter().filter(internal).count();
        if inside == 0 || inside == facts.recipients.len() || !policy.has_domains() {
            return false;
        }
        for person in facts.recipients.iter().filter(|person| !internal(person)) {
            own.push(Evidence::Recipient { address: person.address.clone(), fact: "external".to_owned() });
        }
    }
    own.into_iter().for_each(|evidence| gathered.add(evidence));
    true
}

fn attachments(test: &AttachmentTest, files: &BTreeMap<&Origin, File<'_>>, gathered: &mut Gathered) -> bool {
    let mut any = false;
    for (origin, file) in files {
        let facts: Vec<Option<&FileFacts>> = if test.asks_facts() {
            file.facts.iter().map(|facts| Some(*facts)).collect()
        } else {
            vec![None]
        };
        for fact in facts.into_iter().filter_map(|facts| fits_file(test, origin, file, facts)) {
            any = true;
            gathered.add(Evidence::File { origin: (*origin).clone(), fact });
        }
    }
    any
}

/// Says what about a file fits, if everything that is asked does.
fn fits_file(
    test: &AttachmentTest,
    origin: &Origin,
    file: &File<'_>,
    facts: Option<&FileFacts>,
) -> Option<String> {
    let mut said = Vec::new();
    if let Some(facts) = facts {
        if !test.kinds.is_empty() {
            test.kinds.contains(&facts.kind).then(|| said.push(word(&facts.kind)))?;
        }
        if !test.marks.is_empty() {
            let mark = facts.marks.iter().find(|mark| test.marks.contains(mark))?;
            said.push(word(mark));
        }
        if let Some(most) = test.larger_than {
            (facts.length > most).then(|| said.push(format!("{} MB", facts.length >> 20)))?;
        }
    }
    if !test.names.is_empty() {
        let Origin::Attachment(path) = origin else { return None };
        let name = path.last()?.to_lowercase();
        let pattern = test.names.iter().find(|pattern| glob(pattern, &name))?;
        said.push(pattern.clone());
    }
    if let Some(reasons) = &test.unread {
        let fits = |unread: &&&Unread| reasons.is_empty() || reasons.contains(&unread.reason);
        let unread = file.unread.iter().find(fits)?;
        said.push(format!("not examined: {}", word(&unread.reason)));
    }
    if test.infected {
        said.push(file.scan?.infected()?);
    }
    if test.not_scanned {
        said.push(file.scan?.not_scanned()?);
    }
    Some(said.join(", "))
}

/// Returns the word that stands for a value in files and reports.
pub(super) fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Matches `*` and `?`; one pass with one place to come back to, so that no pattern takes longer than length times length.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                back = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || Some(c) == text.get(t) => {
                p += 1;
                t += 1;
            }
            _ => match back {
                Some((star, from)) => {
                    back = Some((star, from + 1));
                    p = star + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}
