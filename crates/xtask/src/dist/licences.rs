//! The licence notices of everything that is linked into a program.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::fail::Failure;
use crate::shell;

/// Beginnings of the names of files that hold a licence or a notice.
const NAMES: [&str; 6] = ["copying", "copyright", "licence", "license", "notice", "unlicense"];

/// Returns the notices of the crates that a package of ours is built from, ours left out.
///
/// # Errors
/// When cargo metadata cannot be read, or a crate names no licence at all.
pub(crate) fn collect(package: &str) -> Result<String, Failure> {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let text = shell::output(shell::cargo().args([
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--filter-platform",
        &target,
    ]))?;
    let metadata: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("cargo metadata cannot be read: {error}")))?;
    let linked = linked(&metadata, package);
    let mut crates = Vec::new();
    // Equal texts are printed once, below the names of all the crates they came with.
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for found in array(&metadata, "packages") {
        let id = string(found, "id");
        if !linked.contains(id) || found.get("source").is_none_or(Value::is_null) {
            continue;
        }
        let name = format!("{} {}", string(found, "name"), string(found, "version"));
        let licence = match (string(found, "license"), string(found, "license_file")) {
            ("", "") => return Err(Failure::new(format!("{name} names no licence"))),
            ("", _) => "see its file below",
            (licence, _) => licence,
        };
        crates.push(format!("{name} ({licence}) {}", string(found, "repository")).trim_end().to_owned());
        for text in texts_in(Path::new(string(found, "manifest_path")).parent().unwrap_or(Path::new("."))) {
            texts.entry(text).or_default().insert(name.clone());
        }
    }
    crates.sort();
    let mut notices = format!(
        "This program contains {} libraries of others, and the Rust standard library (Apache-2.0 OR MIT, \
         https://www.rust-lang.org).\n\n  {}\n",
        crates.len(),
        crates.join("\n  ")
    );
    for (text, names) in texts {
        let names: Vec<String> = names.into_iter().collect();
        let line = "-".repeat(78);
        notices.push_str(&format!("\n{line}\n{}\n{line}\n\n{text}\n", names.join(", ")));
    }
    Ok(notices)
}

/// Returns the ids of everything a package of ours reaches by ordinary dependencies.
fn linked<'a>(metadata: &'a Value, package: &str) -> BTreeSet<&'a str> {
    let mut edges: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for node in metadata.get("resolve").map(|resolve| array(resolve, "nodes")).unwrap_or_default() {
        let next = array(node, "deps")
            .iter()
            .filter(|dep| {
                array(dep, "dep_kinds").iter().any(|kind| kind.get("kind").is_none_or(Value::is_null))
            })
            .map(|dep| string(dep, "pkg"))
            .collect();
        edges.insert(string(node, "id"), next);
    }
    let start = array(metadata, "packages").iter().find(|found| string(found, "name") == package);
    let mut todo: Vec<&str> = start.map(|found| string(found, "id")).into_iter().collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = todo.pop() {
        if seen.insert(id) {
            todo.extend(edges.get(id).into_iter().flatten());
        }
    }
    seen
}

/// Returns the licence texts that lie in the folder of a crate.
fn texts_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut texts = Vec::new();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if !NAMES.iter().any(|start| name.starts_with(start)) {
            continue;
        }
        if path.is_dir() {
            texts.extend(all_in(&path));
        } else if let Ok(text) = fs::read_to_string(&path) {
            texts.push(tidy(&text));
        }
    }
    texts
}

fn all_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter_map(|path| fs::read_to_string(path).ok()).map(|text| tidy(&text)).collect()
}

/// Drops what makes equal texts look different: line endings and blanks at the ends of lines.
fn tidy(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

fn array<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn string<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notices_name_the_libraries_with_their_texts_and_not_ourselves() {
        let notices = collect("zegel-core").unwrap();
        assert!(notices.contains("\n  age 0.12.1 (MIT OR Apache-2.0)"), "age is missing");
        assert!(notices.contains("Permission is hereby granted, free of charge"));
        assert!(!notices.contains("zegel-core"));
    }

    #[test]
    fn what_only_builds_and_tests_need_is_left_out() {
        let metadata = serde_json::json!({
            "packages": [{ "name": "top", "id": "top" }],
            "resolve": { "nodes": [
                { "id": "top", "deps": [
                    { "pkg": "linked", "dep_kinds": [{ "kind": null }] },
                    { "pkg": "built", "dep_kinds": [{ "kind": "build" }] },
                    { "pkg": "tested", "dep_kinds": [{ "kind": "dev" }] },
                ]},
            ]},
        });
        assert_eq!(linked(&metadata, "top").into_iter().collect::<Vec<_>>(), ["linked", "top"]);
    }
}
