//! SARIF 2.1.0 (OASIS Static Analysis Results Interchange Format), which code review and CI systems show beside the file.

use serde_json::{Value, json};
use zegel_core::policy::Policy;
use zegel_wire::report::{CheckReport, FindingView};

use crate::judging::word;

/// Writes one run with a result for every finding.
pub(super) fn write(policy: &Policy, reports: &[CheckReport]) -> String {
    let rules: Vec<Value> = policy
        .rules()
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "shortDescription": { "text": rule.explain.en },
                "defaultConfiguration": { "level": level(&word(&rule.action)) },
            })
        })
        .collect();
    let results: Vec<Value> = reports
        .iter()
        .flat_map(|report| report.findings.iter().map(move |finding| result(report, finding)))
        .collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "zegel",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{document:#}\n")
}

fn result(report: &CheckReport, finding: &FindingView) -> Value {
    let uri = report.path.as_deref().unwrap_or("stdin").replace('\\', "/");
    let places: Vec<String> = finding
        .evidence
        .iter()
        .map(|evidence| {
            let what = evidence.detector.as_deref().unwrap_or(&evidence.words);
            if evidence.place.is_empty() { what.to_owned() } else { format!("{what}: {}", evidence.place) }
        })
        .collect();
    let suppressions: Vec<Value> =
        finding.accepted.then(|| json!({ "kind": "external", "status": "accepted" })).into_iter().collect();
    json!({
        "ruleId": finding.rule,
        "level": level(&finding.action),
        "message": { "text": format!("{} ({})", finding.explain.en, places.join("; ")) },
        "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri } } }],
        "suppressions": suppressions,
    })
}

fn level(action: &str) -> &'static str {
    match action {
        "block" => "error",
        "warn" => "warning",
        _ => "note",
    }
}
