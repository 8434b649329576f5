//! `cargo xtask check`: everything that can be judged without running a test.

use std::path::PathBuf;

use serde_json::Value;

use crate::fail::Failure;
use crate::rules;
use crate::shell;
use crate::steps::{Outcome, Steps};
use crate::tools::{self, Set};
use crate::wasm;
use crate::web;

/// The cargo-deny that is installed when there is none.
const CARGO_DENY: &str = "0.20.2";

/// What the server must never link, so that zero access is a fact of its build (design, section 5).
const NOT_IN_SERVER: [&str; 3] = ["age", "age-core", "zegel-core"];

/// Runs all checks.
///
/// # Errors
/// When one of them fails, or an argument is given.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    if !arguments.is_empty() {
        return Err(Failure::usage(format!("check does not know {arguments:?}")));
    }
    let mut steps = Steps::default();
    all(&mut steps);
    steps.finish()
}

/// Adds every check to a run.
pub(crate) fn all(steps: &mut Steps) {
    let before = changes();
    steps.run("format", || {
        good(shell::run(shell::cargo().args(["fmt", "--all", "--check"])), "run `cargo fmt --all`")
    });
    steps.run("lints", || clippy(&[]));
    steps.run("lints, all features", || clippy(&["--all-features"]));
    steps.run("documentation", documentation);
    steps.run("rules of the house", house_rules);
    steps.run("banned crates", banned_crates);
    steps.run("what the server links", server_links);
    steps.run("cargo-deny: bans, licences, sources", deny);
    steps.run("cargo-deny: advisories", advisories);
    steps.run("wasm build of the core", || {
        tools::install(Set::Wasm)?;
        wasm::build()?;
        Ok(Outcome::Good)
    });
    steps.run("portal: types and committed build", web::check);
    steps.run("clean tree", || clean_tree(before));
}

fn good(result: Result<(), Failure>, hint: &str) -> Result<Outcome, Failure> {
    result.map(|()| Outcome::Good).map_err(|failure| failure.hint(hint))
}

fn clippy(more: &[&str]) -> Result<Outcome, Failure> {
    shell::run(
        shell::cargo()
            .args(["clippy", "--workspace", "--all-targets", "--locked"])
            .args(more)
            .args(["--", "-D", "warnings"]),
    )?;
    Ok(Outcome::Good)
}

fn documentation() -> Result<Outcome, Failure> {
    shell::run(
        shell::cargo()
            .args(["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    Ok(Outcome::Good)
}

/// File lengths, lint settings and `unsafe`, for every file and every member of the workspace.
fn house_rules() -> Result<Outcome, Failure> {
    let mut faults = Vec::new();
    for path in files()? {
        if !rules::is_source(&path) {
            continue;
        }
        let lines = read(&path)?.lines().count();
        if lines > rules::MOST_LINES {
            faults.push(format!("{path} has {lines} lines, more than {}", rules::MOST_LINES));
        }
    }
    let members = members()?;
    for member in &members {
        if !rules::takes_workspace_lints(&read(&member.manifest)?) {
            faults.push(format!("{} does not take the lints of the workspace", member.manifest));
        }
        for root in &member.roots {
            if !rules::forbids_unsafe(&read(root)?) {
                faults.push(format!("{root} does not start with #![forbid(unsafe_code)]"));
            }
        }
    }
    if faults.is_empty() {
        Ok(Outcome::Remark(format!("{} crates", members.len())))
    } else {
        Err(Failure::new(faults.join("; ")))
    }
}

fn banned_crates() -> Result<Outcome, Failure> {
    let locks: Vec<String> = files()?.into_iter().filter(|path| path.ends_with("Cargo.lock")).collect();
    if locks.is_empty() {
        return Err(Failure::new("no lock file was found"));
    }
    for lock in &locks {
        let found = rules::banned_in_lock(&read(lock)?);
        if !found.is_empty() {
            return Err(Failure::new(format!("{lock} names {}", found.join(", ")))
                .hint("`cargo tree --workspace --target all --invert CRATE` says who brought it"));
        }
    }
    Ok(Outcome::Remark(format!("{} lock files, none names {}", locks.len(), rules::BANNED.join(", "))))
}

/// Fails if the server links the encryption; the core, which does, proves first that this check can see it.
fn server_links() -> Result<Outcome, Failure> {
    let control = linked("zegel-core")?;
    if !control.iter().any(|name| name == "age") {
        return Err(Failure::new("the check is blind: it does not find age in zegel-core"));
    }
    if !members()?.iter().any(|member| member.name == "zegel-server") {
        return Ok(Outcome::Remark(
            "there is no zegel-server yet; age was found in zegel-core as it should".to_owned(),
        ));
    }
    let names = linked("zegel-server")?;
    let found: Vec<&str> =
        NOT_IN_SERVER.into_iter().filter(|bad| names.iter().any(|name| name == bad)).collect();
    if found.is_empty() {
        Ok(Outcome::Remark(format!("zegel-server links none of {}", NOT_IN_SERVER.join(", "))))
    } else {
        Err(Failure::new(format!("zegel-server links {}", found.join(", "))))
    }
}

fn linked(package: &str) -> Result<Vec<String>, Failure> {
    let tree = shell::output(shell::cargo().args([
        "tree",
        "--locked",
        "--all-features",
        "--target",
        "all",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--package",
        package,
    ]))?;
    Ok(rules::names_in_tree(&tree))
}

fn deny() -> Result<Outcome, Failure> {
    tools::cargo_tool("cargo-deny", CARGO_DENY)?;
    shell::run(shell::cargo().args([
        "deny",
        "--locked",
        "--all-features",
        "check",
        "bans",
        "licenses",
        "sources",
    ]))?;
    Ok(Outcome::Good)
}

fn advisories() -> Result<Outcome, Failure> {
    let result =
        shell::output(shell::cargo().args(["deny", "--locked", "--all-features", "check", "advisories"]));
    match result {
        Ok(_) => Ok(Outcome::Good),
        Err(failure) if failure.message().contains("advisory database") => Ok(Outcome::Remark(
            "NOT CHECKED: the advisory database could not be reached from here".to_owned(),
        )),
        Err(failure) => Err(failure),
    }
}

/// Fails if the checks changed a tree that was clean before them.
fn clean_tree(before: Option<String>) -> Result<Outcome, Failure> {
    match (before, changes()) {
        (None, _) | (_, None) => Ok(Outcome::Remark("not a git work tree".to_owned())),
        (Some(before), Some(after)) if before == after && before.is_empty() => Ok(Outcome::Good),
        (Some(before), Some(after)) if before == after => {
            Ok(Outcome::Remark("the tree had changes before, and has the same now".to_owned()))
        }
        (Some(_), Some(after)) => {
            Err(Failure::new(format!("the run changed the work tree: {}", after.trim())))
        }
    }
}

fn changes() -> Option<String> {
    shell::output(shell::command("git").args(["status", "--porcelain"])).ok()
}

/// Returns the files of the repository, those not yet committed included.
fn files() -> Result<Vec<String>, Failure> {
    let list = shell::output(shell::command("git").args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]))?;
    let root = shell::root();
    Ok(list
        .split('\0')
        .filter(|path| !path.is_empty() && root.join(path).is_file())
        .map(str::to_owned)
        .collect())
}

fn read(path: &str) -> Result<String, Failure> {
    std::fs::read_to_string(shell::root().join(path))
        .map_err(|error| Failure::new(format!("{path} cannot be read: {error}")))
}

/// A crate of the workspace: its manifest and the roots of what it builds, relative to the repository.
#[derive(Debug)]
struct Member {
    name: String,
    manifest: String,
    roots: Vec<String>,
}

fn members() -> Result<Vec<Member>, Failure> {
    let text =
        shell::output(shell::cargo().args(["metadata", "--format-version", "1", "--no-deps", "--locked"]))?;
    let metadata: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("cargo metadata cannot be read: {error}")))?;
    let packages = metadata.get("packages").and_then(Value::as_array).cloned().unwrap_or_default();
    let members: Vec<Member> = packages.iter().filter_map(member).collect();
    if members.is_empty() { Err(Failure::new("cargo metadata names no crate")) } else { Ok(members) }
}

fn member(package: &Value) -> Option<Member> {
    let targets = package.get("targets").and_then(Value::as_array)?;
    let mut roots = Vec::new();
    for target in targets {
        // Tests and examples are left out: the lints of the workspace forbid it there, and nobody links them.
        let kinds = target.get("kind").and_then(Value::as_array)?;
        if kinds.iter().any(|kind| kind == "lib" || kind == "bin") {
            roots.extend(relative(target.get("src_path")?.as_str()?));
        }
    }
    roots.dedup();
    Some(Member {
        name: package.get("name")?.as_str()?.to_owned(),
        manifest: relative(package.get("manifest_path")?.as_str()?)?,
        roots,
    })
}

fn relative(path: &str) -> Option<String> {
    let path = PathBuf::from(path);
    let root = shell::root();
    let root = root.canonicalize().unwrap_or(root);
    path.strip_prefix(root).ok()?.to_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_is_found_with_its_root() {
        let members = members().unwrap();
        let core = members.iter().find(|member| member.name == "zegel-core").unwrap();
        assert_eq!(core.manifest, "crates/zegel-core/Cargo.toml");
        assert!(core.roots.contains(&"crates/zegel-core/src/lib.rs".to_owned()));
    }

    #[test]
    fn every_member_takes_the_lints_of_the_workspace() {
        for member in members().unwrap() {
            assert!(rules::takes_workspace_lints(&read(&member.manifest).unwrap()), "{}", member.manifest);
        }
    }

    #[test]
    fn the_server_check_sees_age_where_it_is() {
        assert!(linked("zegel-core").unwrap().contains(&"age".to_owned()));
        assert!(!linked("zegel-wire").unwrap().contains(&"age".to_owned()));
    }
}
