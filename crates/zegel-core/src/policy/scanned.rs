//! What the virus scanner said and what could not be read, where the organisation's rules are silent about it.
//!
//! Without this a scanner could be configured and find something, and the mail would leave all the same; and rules about
//! content would be passed by a file that nobody could look into.

use super::facts::{Facts, ScanResult};
use super::judge::{Acceptances, EVIDENCE_MAX, Evidence, Finding, accepted_for, word};
use super::rules::{AttachmentTest, Condition};
use super::terms::{Accept, Action};
use super::{Explanation, OWN, Policy};
use crate::material::{Unread, UnreadReason};

/// The finding that holds back what the scanner knows. No rule can have this name.
pub const INFECTED: &str = "scan:infected";
/// The finding that asks about what the scanner did not look at.
pub const NOT_SCANNED: &str = "scan:not-scanned";

/// The finding that asks about what could not be read, under rules about content.
pub const NOT_EXAMINED: &str = "inspect:not-examined";

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
    let unread = unread(facts);
    if !unread.is_empty() && looks_inside(policy) && !asks_unread(policy) {
        findings.push(finding(
            NOT_EXAMINED,
            Action::Warn,
            Accept::ByName,
            "Dit kon niet worden gelezen, dus de regels over de inhoud zeggen er niets van.",
            "This could not be read, so the rules about content say nothing of it.",
            unread,
        ));
    }
    findings
}

/// Returns what nobody read. A picture is left out: there is a logo under many a mail.
fn unread(facts: &Facts<'_>) -> Vec<Evidence> {
    let unread = facts.material.unread.iter().filter(|unread| unread.reason != UnreadReason::ImageOnly);
    let file = |unread: &Unread| Evidence::File {
        origin: unread.origin.clone(),
        fact: format!("not examined: {}", word(&unread.reason)),
    };
    unread.map(file).collect()
}

/// Says whether a rule of the organisation depends on what is in the mail.
fn looks_inside(policy: &Policy) -> bool {
    let rules = policy.rules().iter().filter(|rule| !rule.id.starts_with(OWN));
    rules.flat_map(|rule| &rule.when).any(|condition| match condition {
        Condition::Content(_) => true,
        Condition::Attachments(test) => test.asks_facts() || !test.names.is_empty(),
        _ => false,
    })
}

/// Says whether a rule of the organisation is about what was not read, for some reason at least; which reasons, it has chosen.
fn asks_unread(policy: &Policy) -> bool {
    let rules = policy.rules().iter().filter(|rule| !rule.id.starts_with(OWN) && rule.unless.is_empty());
    rules.into_iter().any(|rule| match rule.when.as_slice() {
        [Condition::Attachments(test)] => test.asks_unread_only(),
        _ => false,
    })
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
