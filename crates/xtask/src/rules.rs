//! The rules of the house that no tool knows: pure functions over file contents, each with its counter-example.

/// Crates that no lock file of ours may name: `rsa` (timing attack without a fix), and what brings OpenSSL in.
pub(crate) const BANNED: [&str; 3] = ["native-tls", "openssl-sys", "rsa"];

/// The most lines a source file may have.
pub(crate) const MOST_LINES: usize = 800;

/// Returns the banned crates that a lock file names.
pub(crate) fn banned_in_lock(lock: &str) -> Vec<&'static str> {
    BANNED
        .into_iter()
        .filter(|name| {
            let line = format!("name = \"{name}\"");
            lock.lines().any(|found| found.trim() == line)
        })
        .collect()
}

/// Returns whether a manifest takes the lints of the workspace.
pub(crate) fn takes_workspace_lints(manifest: &str) -> bool {
    let mut section = "";
    manifest.lines().map(str::trim).any(|line| {
        if line.starts_with('[') {
            section = line;
        }
        section == "[lints]" && line.split_whitespace().eq(["workspace", "=", "true"])
    })
}

/// Returns whether a crate root forbids `unsafe` for the whole crate (an inner attribute, not an outer one).
pub(crate) fn forbids_unsafe(source: &str) -> bool {
    source.lines().any(|line| line.trim() == "#![forbid(unsafe_code)]")
}

/// Returns whether a path is source text whose length we limit; vectors, samples and lock files are not.
pub(crate) fn is_source(path: &str) -> bool {
    let kept_data = ["tests/vectors/", "tests/corpus/", "tests/fuzz/corpus/"];
    let endings = [".rs", ".ts", ".mjs", ".js", ".sh", ".py", ".css", ".html"];
    !kept_data.iter().any(|folder| path.starts_with(folder)) && endings.iter().any(|end| path.ends_with(end))
}

/// Returns the package names in the output of `cargo tree --prefix none`, sorted and once each.
pub(crate) fn names_in_tree(tree: &str) -> Vec<String> {
    let mut names: Vec<String> =
        tree.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_banned_crate_in_a_lock_file_is_found_and_its_namesakes_are_not() {
        let lock = "[[package]]\nname = \"rsa\"\nversion = \"0.9.8\"\n\n[[package]]\nname = \"rsa-like\"\n";
        assert_eq!(banned_in_lock(lock), ["rsa"]);
        assert!(banned_in_lock("[[package]]\nname = \"openssl-probe\"\n").is_empty());
    }

    #[test]
    fn lints_count_only_in_their_own_section() {
        assert!(takes_workspace_lints("[package]\nname = \"x\"\n\n[lints]\nworkspace = true\n"));
        assert!(!takes_workspace_lints("[package]\nname = \"x\"\n\n[other]\nworkspace = true\n"));
        assert!(!takes_workspace_lints("[lints]\nworkspace = false\n"));
        assert!(!takes_workspace_lints("[lints.rust]\nunsafe_code = \"allow\"\n"));
    }

    #[test]
    fn an_outer_attribute_does_not_forbid_unsafe_in_the_crate() {
        assert!(forbids_unsafe("//! Docs.\n#![forbid(unsafe_code)]\n"));
        assert!(!forbids_unsafe("#[forbid(unsafe_code)]\nmod one;\n"));
        assert!(!forbids_unsafe("// #![forbid(unsafe_code)] some day\n"));
    }

    #[test]
    fn samples_are_not_source() {
        assert!(is_source("crates/zegel-core/src/lib.rs"));
        assert!(is_source("tests/wasm/run.mjs"));
        assert!(!is_source("tests/vectors/page.html"));
        assert!(!is_source("Cargo.lock"));
    }

    #[test]
    fn the_tree_is_read_as_names() {
        let tree =
            "zegel-core v0.1.0 (/x)\nage v0.12.1\nage v0.12.1 (*)\n\n[build-dependencies]\ncc v1.0.0\n";
        let names = names_in_tree(tree);
        assert!(names.contains(&"age".to_owned()));
        assert_eq!(names.iter().filter(|name| *name == "age").count(), 1);
    }
}
