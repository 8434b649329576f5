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
    let uri = reference(report.path.as_deref().unwrap_or("stdin"));
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

/// Turns a path into a relative reference (RFC 3986 section 4.2).
fn reference(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'\\' => uri.push('/'),
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

fn level(action: &str) -> &'static str {
    match action {
        "block" => "error",
        "warn" => "warning",
        _ => "note",
    }
}
