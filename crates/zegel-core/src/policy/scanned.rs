//! What the virus scanner said, where the organisation's rules are silent about it.
//!
//! Without this a scanner could be configured and find something, and the mail would leave all the same.

use super::facts::{Facts, ScanResult};
use super::judge::{Acceptances, EVIDENCE_MAX, Evidence, Finding, accepted_for};
use super::rules::{AttachmentTest, Condition};
use super::terms::{Accept, Action};
use super::{Explanation, OWN, Policy};

/// The finding that holds back what the scanner knows. No rule can have this name.
pub const INFECTED: &str = "scan:infected";
/// The finding that asks about what the scanner did not look at.
pub const NOT_SCANNED: &str = "scan:not-scanned";

/// Returns what no rule answers.
pub(super) fn findings(policy: &Policy, facts: &Facts<'_>, accepted: &Acceptances) -> Vec<Finding> {
    let finding = |rule: &str, action, accept, nl: &str, en: &str, evidence: Vec<Evidence>| Finding {
        rule: rule.to_owned(),
        action,
        class: None,
        explain: Explanation { nl: nl.to_owned(), en: en.to_owned() },
        accept,
        accepted: accepted_for(rule, accept, accepted),
        count: evidence.len(),
        evidence: evidence.into_iter().take(EVIDENCE_MAX).collect(),
        different: 0,
    };
    let mut findings = Vec::new();
    let infected = files(facts, ScanResult::infected);
    if !infected.is_empty() && !is_asked(policy, |test| test.infected) {
        findings.push(finding(
            INFECTED,
            Action::Block,
            Accept::Never,
            "De virusscanner heeft iets gevonden. Zo gaat dit bericht niet weg.",
            "The virus scanner found something. The mail does not leave like this.",
            infected,
        ));
    }
    let not_scanned = files(facts, ScanResult::not_scanned);
    if !not_scanned.is_empty() && !is_asked(policy, |test| test.not_scanned) {
        findings.push(finding(
            NOT_SCANNED,
            Action::Warn,
            Accept::ByName,
            "De virusscanner heeft hier niet naar gekeken, of niet naar alles.",
            "The virus scanner did not look at this, or not at all of it.",
            not_scanned,
        ));
    }
    findings
}

/// Says whether a rule of the organisation answers it, whatever file and whoever it is about. One's own rules do not count: a
/// mild one would take the place of this answer.
fn is_asked(policy: &Policy, asks: impl Fn(&AttachmentTest) -> bool) -> bool {
    let rules = policy.rules().iter().filter(|rule| !rule.id.starts_with(OWN) && rule.unless.is_empty());
    rules.into_iter().any(|rule| match rule.when.as_slice() {
        [Condition::Attachments(test)] => asks(test) && test.asks_scan_only(),
        _ => false,
    })
}

fn files(facts: &Facts<'_>, fact: impl Fn(&ScanResult) -> Option<String>) -> Vec<Evidence> {
    let file = |(origin, result)| Some(Evidence::File { origin: Clone::clone(origin), fact: fact(result)? });
    facts.scans.iter().filter_map(file).collect()
}
