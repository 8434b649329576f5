//! A file that no module names is never compiled, and its tests never run: this test finds such files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_source_file_is_a_module() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut reached = BTreeSet::from([root.join("lib.rs")]);
    reach(&root.join("main.rs"), &root, &mut reached);
    let mut found = BTreeSet::new();
    list(&root, &mut found);
    let forgotten: Vec<&PathBuf> = found.difference(&reached).collect();
    assert!(forgotten.is_empty(), "not named by any `mod` line: {forgotten:?}");
}

/// Follows the `mod name;` lines of `file`, whose modules lie in `folder`.
fn reach(file: &Path, folder: &Path, reached: &mut BTreeSet<PathBuf>) {
    reached.insert(file.to_owned());
    for line in fs::read_to_string(file).unwrap().lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (["mod", name] | ["pub", "mod", name] | ["pub(crate)", "mod", name]) = words.as_slice() else {
            continue;
        };
        let Some(name) = name.strip_suffix(';') else { continue };
        let inside = folder.join(name);
        let flat = inside.with_extension("rs");
        let file = if flat.is_file() { flat } else { inside.join("mod.rs") };
        reach(&file, &inside, reached);
    }
}

fn list(folder: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.insert(path);
        }
    }
}
