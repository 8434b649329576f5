//! Holding a draft against the policy in force: what `check`, `plan`, `seal`, `send` and `sendmail` share.

use zegel_core::detect::place::Position;
use zegel_core::detect::{Place, Places, masked};
use zegel_core::material::{Origin, Piece, Unread};
use zegel_core::mime::Draft;
use zegel_core::policy::{
    Acceptances, Attached, Circumstances, Classic, Evidence, Examined, Examiner, Finding, LocalTime, Policy,
};
use zegel_store::cards::Cards;
use zegel_store::policy::{InForce, PolicyStore};
use zegel_wire::report::{CheckReport, EvidenceView, FindingView, PolicyNameView, UnreadView, WordsView};

use crate::context::{Context, Language};
use crate::error::{Failure, Result};
use crate::inspecting;
use crate::text;
use crate::ui::{Page, Tone};

/// Longest piece of evidence that is shown, in characters.
const WORDS_MAX: usize = 80;
/// What stands for a name that is not shown.
const HIDDEN: &str = "•••";
/// Most lines of evidence shown for one rule on a page.
const LINES_MAX: usize = 5;

/// How much of the words that fired is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    /// All but the last characters hidden.
    Masked,
    /// The words; credentials are hidden all the same.
    Words,
}

/// Loads the policy in force.
///
/// # Errors
/// Code 78 when it cannot be used; nothing is sent then.
pub(crate) fn in_force(context: &Context<'_>) -> Result<InForce> {
    Ok(PolicyStore::new(context.paths()?).load(context.config()?.policy())?)
}

/// Examines a draft: text, attachments, recipients, and the virus scanner where one is configured.
///
/// # Errors
/// Code 78 when a variable would move the clock of the computer's rules, 78 or 75 when a configured scanner cannot be used, 74 when an attachment cannot be read.
pub(crate) fn examine(
    draft: &Draft,
    policy: &Policy,
    accepted: &Acceptances,
    classic: Classic,
    context: &Context<'_>,
) -> Result<Examined> {
    if policy.asks_time() && context.config()?.is_policy_settled() && context.has_own_time_zone() {
        return Err(Failure::new(
            zegel_wire::error::Kind::Configuration,
            "TZ is set, and the rules of this computer go by its own clock",
        )
        .hint("unset TZ"));
    }
    let attached: Attached = inspecting::attached(draft, context)?;
    let history = inspecting::history(context)?;
    let around = Circumstances {
        classic,
        contacts: &Cards::new(context.paths()?),
        now: context.now(),
        history: history.as_ref(),
        local_time: local_time(context),
        accepted,
    };
    Ok(Examiner::new(policy).examine(draft, &attached, &around))
}

fn local_time(context: &Context<'_>) -> LocalTime {
    LocalTime::at(context.now(), context.utc_offset_minutes())
}

/// Describes what was found, for programs.
pub(crate) fn view(policy: &Policy, examined: &Examined, path: Option<String>, show: Show) -> CheckReport {
    let judgement = examined.judgement();
    let pieces = &examined.material().pieces;
    CheckReport {
        path,
        policy: name(policy),
        verdict: judgement.verdict.to_string(),
        findings: judgement.findings.iter().map(|finding| finding_view(finding, pieces, show)).collect(),
        classes: judgement.classes.iter().cloned().collect(),
        level: judgement.demands.level.map(|level| word(&level)),
        second_factor: judgement.demands.second_factor.map(|factor| word(&factor)),
        expires_days: judgement.demands.expires_days,
        archives: judgement.demands.archives.iter().map(|archive| archive.address.to_string()).collect(),
        plain: judgement.plain.iter().map(ToString::to_string).collect(),
        not_examined: judgement.unread.iter().map(|unread| unread_view(unread, show)).collect(),
    }
}

/// Names a policy.
pub(crate) fn name(policy: &Policy) -> PolicyNameView {
    PolicyNameView { name: policy.name().to_owned(), serial: policy.serial() }
}

fn finding_view(finding: &Finding, pieces: &[Piece], show: Show) -> FindingView {
    let fill = |text: &str| {
        text.replace("{count}", &finding.count.to_string())
            .replace("{different}", &finding.different.to_string())
    };
    FindingView {
        rule: finding.rule.clone(),
        action: word(&finding.action),
        class: finding.class.clone(),
        explain: WordsView { nl: fill(&finding.explain.nl), en: fill(&finding.explain.en) },
        accept: word(&finding.accept),
        accepted: finding.accepted.is_some(),
        count: finding.count as u64,
        different: finding.different as u64,
        evidence: evidence_views(&finding.evidence, pieces, show),
    }
}

/// Describes evidence; the line breaks of each piece are looked for once.
fn evidence_views(evidence: &[Evidence], pieces: &[Piece], show: Show) -> Vec<EvidenceView> {
    let mut places: Option<(usize, Places<'_>)> = None;
    let plain = |place: String, words: String| EvidenceView {
        place,
        words,
        detector: None,
        confidence: None,
        line: None,
    };
    let mut views = Vec::new();
    for one in evidence {
        views.push(match one {
            Evidence::Words { detector, confidence, piece, range } => {
                let Some(found) = pieces.get(*piece) else { continue };
                if places.as_ref().is_none_or(|(number, _)| number != piece) {
                    places = Some((*piece, Places::new(found)));
                }
                let place = places.as_ref().map(|(_, places)| places.at(range.start));
                let place = place.map(|place| if show == Show::Masked { unnamed(place) } else { place });
                let words = found.text.get(range.clone()).unwrap_or_default();
                let words = match (show, detector) {
                    (_, Some(detector)) if detector.is_credential() => masked(detector, words),
                    (Show::Masked, Some(detector)) => masked(detector, words),
                    (Show::Masked, None) => "•".repeat(words.chars().count().min(24)),
                    (Show::Words, _) => words.chars().take(WORDS_MAX).collect(),
                };
                EvidenceView {
                    place: place.as_ref().map(ToString::to_string).unwrap_or_default(),
                    words,
                    detector: detector.as_ref().map(ToString::to_string),
                    confidence: Some(word(confidence)),
                    line: place.as_ref().and_then(|place| match place.position {
                        Position::Line(line) | Position::Page { line, .. } => Some(line),
                        _ => None,
                    }),
                }
            }
            Evidence::Recipient { .. } | Evidence::Circumstance(_) if show == Show::Masked => {
                plain(String::new(), HIDDEN.to_owned())
            }
            Evidence::Recipient { address, fact } => plain(address.to_string(), fact.clone()),
            Evidence::File { origin, fact } => plain(origin_name(origin, show), fact.clone()),
            Evidence::Circumstance(fact) => plain(String::new(), fact.clone()),
            _ => continue,
        });
    }
    views
}

fn unread_view(unread: &Unread, show: Show) -> UnreadView {
    UnreadView { place: origin_name(&unread.origin, show), reason: word(&unread.reason) }
}

/// Takes the names out of a place: what a file or a sheet is called is content.
fn unnamed(place: Place) -> Place {
    let origin = match place.origin {
        Origin::Attachment(path) => Origin::Attachment(path.iter().map(|_| HIDDEN.to_owned()).collect()),
        other => other,
    };
    let position = match place.position {
        Position::Cell { sheet, cell } if !sheet.is_empty() => {
            Position::Cell { sheet: HIDDEN.to_owned(), cell }
        }
        other => other,
    };
    Place { origin, position, ..place }
}

fn origin_name(origin: &Origin, show: Show) -> String {
    match origin {
        Origin::Attachment(path) if show == Show::Masked => vec![HIDDEN; path.len()].join(" > "),
        Origin::Attachment(path) => path.join(" > "),
        Origin::Body => "the text".to_owned(),
        Origin::Header(name) => format!("the header {name}"),
        Origin::Subject => "the subject".to_owned(),
    }
}

/// Returns the word that stands for a value in policy files and reports.
pub(crate) fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Makes the refusal of a draft that the policy holds back: every reason, and how it can be overruled.
pub(crate) fn refusal(report: &CheckReport, language: Language) -> Failure {
    let holding: Vec<&FindingView> = report
        .findings
        .iter()
        .filter(|finding| finding.action == "block" || (finding.action == "warn" && !finding.accepted))
        .collect();
    let rules: Vec<&str> = holding.iter().map(|finding| finding.rule.as_str()).collect();
    let mut failure = Failure::new(
        zegel_wire::error::Kind::Policy,
        format!("the policy {:?} does not let this mail leave: {}", report.policy.name, rules.join(", ")),
    );
    for finding in holding {
        let how = match (finding.action.as_str(), finding.accept.as_str()) {
            ("block", _) | (_, "never") => String::new(),
            (_, "justify") => format!(" (to send all the same: --accept {}=REASON)", finding.rule),
            _ => format!(" (to send all the same: --accept {})", finding.rule),
        };
        failure = failure.hint(format!("{}: {}{how}", finding.rule, language.of(&finding.explain)));
    }
    failure
}

/// Adds what was found to a page.
pub(crate) fn add_findings(page: &mut Page, report: &CheckReport, language: Language) {
    for finding in &report.findings {
        let (label, tone) = match (finding.action.as_str(), finding.accepted) {
            (_, true) => ("Accepted", Tone::Warn),
            ("block", _) => ("Blocked", Tone::Bad),
            ("warn", _) => ("Warning", Tone::Warn),
            ("seal", _) => ("Sealed", Tone::Good),
            _ => ("Noted", Tone::Note),
        };
        page.toned(label, format!("{}: {}", finding.rule, language.of(&finding.explain)), tone);
        for evidence in finding.evidence.iter().take(LINES_MAX) {
            let what = match &evidence.detector {
                Some(detector) => format!("{detector} {:?}", evidence.words),
                None => evidence.words.clone(),
            };
            page.field(
                "",
                if evidence.place.is_empty() { what } else { format!("{what}, {}", evidence.place) },
            );
        }
        let more = usize::try_from(finding.count).unwrap_or(usize::MAX).saturating_sub(LINES_MAX);
        if more > 0 {
            page.field("", format!("and {}", text::count(more, "more")));
        }
    }
    for unread in &report.not_examined {
        page.toned("Not examined", format!("{}: {}", unread.place, unread.reason), Tone::Warn);
    }
}
