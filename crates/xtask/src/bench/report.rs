//! The results, as a table for people or one JSON object for programs.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::measure::{Case, Measured};
use super::world::{Tool, World};
use crate::fail::Failure;
use crate::shell;
use crate::ui;

/// How the results are written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    /// One JSON object.
    Json,
    /// Markdown.
    Table,
}

/// Writes the results to standard output.
pub(crate) fn print(form: Form, cases: &[Case], world: &World) -> Result<(), Failure> {
    let machine = machine(world);
    let text = match form {
        Form::Json => {
            let cases: Vec<Value> = cases.iter().map(case_value).collect();
            json!({ "machine": machine, "cases": cases }).to_string()
        }
        Form::Table => table(&machine, cases),
    };
    ui::result(&text);
    Ok(())
}

fn case_value(case: &Case) -> Value {
    let rows: Vec<Value> = case
        .rows
        .iter()
        .map(|row| {
            json!({
                "tool": row.tool.name(),
                "median_us": u64::try_from(row.median.as_micros()).unwrap_or(u64::MAX),
                "least_us": u64::try_from(row.least.as_micros()).unwrap_or(u64::MAX),
                "peak_kib": row.peak,
                "ratio": ratio(case, row),
            })
        })
        .collect();
    json!({ "case": case.name, "runs": case.runs, "tools": rows })
}

fn table(machine: &Value, cases: &[Case]) -> String {
    let mut lines = vec!["| | runs | tool | median | least | median / zegel's | peak memory |".to_owned()];
    lines.push("|---|---:|---|---:|---:|---:|---:|".to_owned());
    for case in cases {
        for (index, row) in case.rows.iter().enumerate() {
            let (name, runs) =
                if index == 0 { (case.name.as_str(), case.runs.to_string()) } else { ("", String::new()) };
            lines.push(format!(
                "| {name} | {runs} | {} | {} | {} | {:.2} | {:.1} MiB |",
                row.tool.name(),
                show(row.median),
                show(row.least),
                ratio(case, row),
                as_f64(row.peak) / 1024.0,
            ));
        }
    }
    let head = machine.as_object().map(list).unwrap_or_default();
    format!("{head}\n\n{}", lines.join("\n"))
}

/// Returns how many times Zegel's median a median is.
fn ratio(case: &Case, row: &Measured) -> f64 {
    let zegel =
        case.rows.iter().find(|row| row.tool == Tool::Zegel).map_or(1.0, |row| row.median.as_secs_f64());
    if zegel > 0.0 { (row.median.as_secs_f64() / zegel * 1000.0).round() / 1000.0 } else { 0.0 }
}

fn show(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1000.0;
    if milliseconds < 1000.0 {
        format!("{milliseconds:.1} ms")
    } else {
        format!("{:.2} s", milliseconds / 1000.0)
    }
}

#[expect(clippy::cast_precision_loss, reason = "memory sizes are far below 2^52 KiB")]
fn as_f64(number: u64) -> f64 {
    number as f64
}

/// Returns what one must know to compare with another run.
fn machine(world: &World) -> Value {
    let mut facts = surroundings();
    facts.insert("files in".to_owned(), json!(world.filesystem()));
    for tool in Tool::ALL {
        let words = world.version(tool).words;
        let (program, rest) =
            words.split_first().map_or(("true", &[][..]), |(first, rest)| (first.as_str(), rest));
        facts.insert(tool.name().to_owned(), json!(first_line(shell::command(program).args(rest))));
    }
    Value::Object(facts)
}

/// Returns the machine, its system, the compiler and the commit.
pub(crate) fn surroundings() -> Map<String, Value> {
    let processor = std::fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        })
        .unwrap_or_else(|| "unknown".to_owned());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut facts = Map::new();
    facts.insert("machine".to_owned(), json!(format!("{processor}, {cores} cores")));
    facts.insert("kernel".to_owned(), json!(first_line(shell::command("uname").arg("-sr"))));
    facts.insert("compiler".to_owned(), json!(first_line(shell::command("rustc").arg("--version"))));
    facts.insert(
        "commit".to_owned(),
        json!(first_line(shell::command("git").args(["rev-parse", "--short=12", "HEAD"]))),
    );
    facts
}

/// Writes facts as a list.
pub(crate) fn list(facts: &Map<String, Value>) -> String {
    let lines: Vec<String> = facts
        .iter()
        .map(|(name, value)| format!("- {name}: {}", value.as_str().unwrap_or_default()))
        .collect();
    lines.join("\n")
}

fn first_line(command: &mut std::process::Command) -> String {
    let text = shell::output(command).unwrap_or_default();
    text.lines().next().unwrap_or("unknown").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_relative_to_zegel() {
        let row = |tool, millis| Measured {
            tool,
            median: Duration::from_millis(millis),
            least: Duration::from_millis(millis),
            peak: 2048,
        };
        let case =
            Case { name: "x".to_owned(), runs: 1, rows: vec![row(Tool::Zegel, 10), row(Tool::Rage, 25)] };
        let text = table(&json!({}), &[case]);
        assert!(text.contains("| rage | 25.0 ms | 25.0 ms | 2.50 | 2.0 MiB |"), "{text}");
    }
}
