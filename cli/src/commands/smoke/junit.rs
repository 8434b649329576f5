//! The JUnit form of a smoke test, as CI systems read it.

use zegel_wire::report::SmokeReport;

/// Writes the report as XML.
pub(super) fn render(report: &SmokeReport) -> String {
    let failures = report.steps.iter().filter(|step| !step.passed && !step.skipped).count();
    let skipped = report.steps.iter().filter(|step| step.skipped).count();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str(&format!(
        "<testsuite name=\"zegel smoke: {}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" \
         time=\"{}\" timestamp=\"{}\">\n",
        escaped(&report.target),
        report.steps.len(),
        seconds(report.micros),
        escaped(&report.started),
    ));
    for step in &report.steps {
        let name = escaped(&step.name);
        out.push_str(&format!(
            "  <testcase classname=\"zegel.smoke\" name=\"{name}\" time=\"{}\"",
            seconds(step.micros)
        ));
        match &step.error {
            Some(error) => {
                let (kind, text) = (error.kind.name(), escaped(&error.error));
                let hints = escaped(&error.hints.join("\n"));
                out.push_str(&format!(
                    ">\n    <failure type=\"{kind}\" message=\"{text}\">{hints}</failure>\n  </testcase>\n"
                ));
            }
            None if step.skipped => out.push_str(">\n    <skipped/>\n  </testcase>\n"),
            None => out.push_str("/>\n"),
        }
    }
    out.push_str("</testsuite>\n");
    out
}

fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// Escapes text for XML; characters that XML 1.0 does not have become visible.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use zegel_wire::error::{ErrorView, Kind};
    use zegel_wire::report::SmokeStep;

    use super::*;

    #[test]
    fn what_a_server_says_cannot_break_the_report() {
        let step = SmokeStep {
            name: "submit".into(),
            passed: false,
            skipped: false,
            micros: 1_500,
            detail: None,
            error: Some(ErrorView {
                error: "550 \"no\" <b>&\u{1b}[2J".into(),
                kind: Kind::Refused,
                code: 69,
                hints: Vec::new(),
            }),
        };
        let report = SmokeReport {
            passed: false,
            version: "0".into(),
            target: "embedded".into(),
            started: "2026-11-21T07:00:00Z".into(),
            steps: vec![step],
            micros: 2_000_000,
        };
        let xml = render(&report);
        assert!(xml.contains("message=\"550 &quot;no&quot; &lt;b&gt;&amp;\u{fffd}[2J\""), "{xml}");
        assert!(xml.contains("failures=\"1\"") && xml.contains("time=\"2.000000\""), "{xml}");
    }
}
