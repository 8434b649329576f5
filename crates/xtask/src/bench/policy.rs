//! `cargo xtask bench policy`: the rules, the detectors and the reading of attachments, and Microsoft Presidio beside them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use super::report;
use crate::fail::Failure;
use crate::shell;
use crate::ui;

/// The documents that both read: portion, seed, how many.
const DOCUMENTS: [&str; 3] = ["reported", "2026", "200"];

/// Measures and prints.
///
/// # Errors
/// When a build, an installation or a measurement fails.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let (mut as_json, mut alone) = (false, false);
    for word in arguments {
        match word.as_str() {
            "--json" => as_json = true,
            "--alone" => alone = true,
            other => return Err(Failure::usage(format!("bench policy does not know {other:?}"))),
        }
    }
    shell::run(shell::cargo().args(["build", "--profile", "dist", "--locked", "--package", "zegel"]))?;
    ui::heading("Detectors, drafts and typing");
    let speed = bench("zegel-testkit", "policy", &["speed"])?;
    ui::heading("Attachments in the sandboxed child");
    let program = shell::target().join("dist/zegel").display().to_string();
    let attachments = bench("zegel-inspect", "speed", &["--worker", &program])?;
    let other = if alone { None } else { Some(presidio()?) };
    let mut machine = report::surroundings();
    if let Some(versions) = other.as_ref().and_then(|(run, _)| run["versions"].as_object()) {
        machine.extend(versions.clone());
    }
    if as_json {
        let (run, scores) = other.unwrap_or_default();
        let all = json!({ "machine": machine, "speed": speed, "attachments": attachments, "presidio": run, "scores": scores });
        ui::result(&all.to_string());
        return Ok(());
    }
    let mut parts = vec![report::list(&machine), detectors(&speed)];
    parts.push(drafts(&speed));
    parts.push(documents(&attachments));
    if let Some((run, scores)) = &other {
        parts.push(side_by_side(run, scores));
    }
    ui::result(&parts.join("\n\n"));
    Ok(())
}

/// Runs one of the benchmarks and reads the JSON object it prints.
fn bench(package: &str, name: &str, words: &[&str]) -> Result<Value, Failure> {
    let mut command = shell::cargo();
    command.args([
        "bench",
        "--quiet",
        "--profile",
        "dist",
        "--locked",
        "--package",
        package,
        "--bench",
        name,
        "--",
    ]);
    parse(&shell::output(command.args(words))?)
}

fn parse(said: &str) -> Result<Value, Failure> {
    let line = said.lines().last().unwrap_or_default();
    serde_json::from_str(line).map_err(|error| Failure::new(format!("no JSON but {line:?}: {error}")))
}

/// Has Presidio read the documents, and scores what both found. Returns what its run said, and the scores.
fn presidio() -> Result<(Value, Value), Failure> {
    ui::heading("Microsoft Presidio on the same documents");
    let python = environment()?;
    let folder = shell::target().join("presidio");
    let (documents, finds) = (folder.join("documents.jsonl"), folder.join("finds.jsonl"));
    let mut corpus = shell::cargo();
    corpus.args([
        "run",
        "--quiet",
        "--profile",
        "dist",
        "--locked",
        "--package",
        "zegel-testkit",
        "--example",
        "corpus",
        "--",
    ]);
    let lines = shell::output(corpus.args(DOCUMENTS))?;
    fs::write(&documents, lines)
        .map_err(|error| Failure::new(format!("{}: {error}", documents.display())))?;
    let said = shell::output(
        Command::new(python)
            .current_dir(shell::root())
            .arg("tests/bench/presidio.py")
            .args([&documents, &finds]),
    )?;
    let finds = finds.display().to_string();
    let words: Vec<&str> = ["score"].into_iter().chain(DOCUMENTS).chain([finds.as_str()]).collect();
    Ok((parse(&said)?, bench("zegel-testkit", "policy", &words)?))
}

/// Makes a Python environment with exactly what the requirements say, unless it is there already; returns its interpreter.
fn environment() -> Result<PathBuf, Failure> {
    let folder = shell::target().join("presidio/venv");
    let python = folder.join("bin/python");
    let requirements = shell::root().join("tests/bench/presidio-requirements.txt");
    let wanted = fs::read(&requirements)
        .map_err(|error| Failure::new(format!("{}: {error}", requirements.display())))?;
    // Our own stamp: a copy of the file the environment was filled from.
    let stamp = folder.join("zegel-requirements.txt");
    if fs::read(&stamp).is_ok_and(|old| old == wanted) {
        return Ok(python);
    }
    ui::note("missing: Presidio; installing it with pip, this takes some minutes");
    shell::run(shell::command("python3").args(["-m", "venv"]).arg(&folder)).map_err(|failure| {
        failure.hint("on Debian: apt-get install python3-venv; or leave it out with --alone")
    })?;
    shell::run(
        shell::command(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(&requirements),
    )?;
    fs::write(&stamp, wanted).map_err(|error| Failure::new(format!("{}: {error}", stamp.display())))?;
    Ok(python)
}

fn detectors(speed: &Value) -> String {
    let scan = &speed["scan"];
    let mut lines =
        vec!["| text | MB | MB/s per core, middle | best |".to_owned(), "|---|---:|---:|---:|".to_owned()];
    for text in list(&scan["texts"]) {
        lines.push(format!(
            "| {} | {:.1} | {} | {} |",
            text["what"].as_str().unwrap_or_default(),
            number(&text["bytes"]) / 1e6,
            rate(&text["median_mb_s"]),
            rate(&text["best_mb_s"])
        ));
    }
    lines.push(String::new());
    lines.push("| detector | finds | MB/s on its own lines |".to_owned());
    lines.push("|---|---:|---:|".to_owned());
    for row in list(&scan["detectors"]) {
        let name = row["detector"].as_str().unwrap_or_default();
        lines.push(format!("| {name} | {} | {} |", row["finds"], rate(&row["median_mb_s"])));
    }
    lines.join("\n")
}

fn drafts(speed: &Value) -> String {
    let mut lines = vec![
        "| policy | what | runs | p50 | p99 | most |".to_owned(),
        "|---|---|---:|---:|---:|---:|".to_owned(),
    ];
    for (what, rows) in [("draft of 20 kB", &speed["drafts"]), ("one more letter", &speed["typing"])] {
        for row in list(rows) {
            let time = |key: &str| format!("{:.2} ms", number(&row[key]) / 1e3);
            let name = row["policy"].as_str().unwrap_or_default();
            lines.push(format!(
                "| {name} | {what} | {} | {} | {} | {} |",
                row["count"],
                time("p50_us"),
                time("p99_us"),
                time("most_us")
            ));
        }
    }
    lines.join("\n")
}

fn documents(attachments: &Value) -> String {
    let mut lines =
        vec!["| attachment | runs | median | most |".to_owned(), "|---|---:|---:|---:|".to_owned()];
    for row in list(&attachments["documents"]) {
        let time = |key: &str| format!("{:.0} ms", number(&row[key]));
        let what = row["what"].as_str().unwrap_or_default();
        lines.push(format!("| {what} | {} | {} | {} |", row["runs"], time("median_ms"), time("most_ms")));
    }
    lines.join("\n")
}

fn side_by_side(run: &Value, scores: &Value) -> String {
    let mut lines = vec![
        "| entity | labels | Zegel: precision | recall | F1 | Presidio: precision | recall | F1 | at score |"
            .to_owned(),
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|".to_owned(),
    ];
    for row in list(&scores["entities"]) {
        let name = row["entity"].as_str().unwrap_or_default();
        let threshold = number(&row["threshold"]);
        lines.push(format!(
            "| {name} | {} | {} | {} | {threshold:.2} |",
            row["labels"],
            figures(&row["zegel"]),
            figures(&row["other"])
        ));
    }
    let count = number(&scores["documents"]);
    let (ours, theirs) = (number(&scores["seconds"]), number(&run["seconds"]));
    lines.push(String::new());
    lines.push(format!(
        "{count} documents, {:.1} kB: Zegel {:.0} documents a second, Presidio {:.1}: {:.0} times.",
        number(&scores["bytes"]) / 1e3,
        count / ours,
        count / theirs,
        theirs / ours
    ));
    lines.join("\n")
}

fn figures(score: &Value) -> String {
    let figures = ["precision", "recall", "f1"].map(|key| score.get(key).map_or(0.0, number));
    figures.map(|figure| format!("{figure:.3}")).join(" | ")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_default()
}

fn rate(value: &Value) -> String {
    format!("{:.0}", number(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_stand_beside_each_other_with_their_speed() {
        let figures = json!({ "precision": 1.0, "recall": 0.5, "f1": 0.667 });
        let row =
            json!({ "entity": "iban", "labels": 7, "zegel": figures, "other": figures, "threshold": 0.4 });
        let scores = json!({ "documents": 200, "bytes": 1000, "seconds": 0.1, "entities": [row] });
        let text = side_by_side(&json!({ "seconds": 20.0 }), &scores);
        assert!(
            text.contains("| iban | 7 | 1.000 | 0.500 | 0.667 | 1.000 | 0.500 | 0.667 | 0.40 |"),
            "{text}"
        );
        assert!(text.contains("Zegel 2000 documents a second, Presidio 10.0: 200 times."), "{text}");
    }

    #[test]
    fn what_is_no_measurement_is_told() {
        assert!(parse("warning\n{\"a\":1}").is_ok());
        assert!(parse("nothing").unwrap_err().message().contains("nothing"));
    }
}
