//! The policies that come with the program, and the mails beside them, judged by the program itself and its inspector.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use zegel_core::policy::Example;

use crate::e2e::world::World;

/// The policies, and how many mails stand beside them all together.
const POLICIES: [&str; 4] = ["education", "government", "health", "minimal"];
/// Fewest mails that fire a rule, and that come near without firing it.
const FEWEST: usize = 3;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn policy_file(policy: &str) -> PathBuf {
    repository().join(format!("crates/zegel-core/src/policy/defaults/{policy}.toml"))
}

fn examples(policy: &str) -> PathBuf {
    repository().join("tests/policies").join(policy)
}

fn json(world: &World, arguments: &[&str]) -> (i32, Value, String) {
    let ran = world.zegel("alice", &[arguments, &["--json"]].concat(), b"");
    let value = serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("no report: {}", ran.stderr));
    (ran.code, value, ran.stderr)
}

/// Returns the rules of a policy, as the program names them.
fn rules(world: &World, policy: &str) -> BTreeSet<String> {
    let (code, report, told) = json(world, &["policy", "lint", policy_file(policy).to_str().unwrap()]);
    assert_eq!(code, 0, "{told}");
    report["rules"].as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_mail_beside_the_policies_is_judged_as_expected() {
    let world = World::new();
    for policy in POLICIES {
        let (file, folder) = (policy_file(policy), examples(policy));
        let arguments = ["policy", "test", file.to_str().unwrap(), "--examples", folder.to_str().unwrap()];
        let before = world.listing(&[]);
        let (code, report, told) = json(&world, &arguments);
        let wrong: Vec<&Value> =
            report["examples"].as_array().unwrap().iter().filter(|one| one["passed"] != true).collect();
        assert!(code == 0 && wrong.is_empty(), "{policy} ends with {code}: {wrong:#?}{told}");
        let mails = read_examples(policy).len();
        assert_eq!(report["passed"], mails, "{policy}: every mail was judged");
        assert_eq!(report["failed"], 0);
        assert_eq!(world.listing(&[]), before, "testing writes nothing");
        println!("{policy}: {mails} mails");
    }
}

/// Returns what is expected of every mail of a policy, by `rule/name`.
fn read_examples(policy: &str) -> BTreeMap<String, Example> {
    let mut found = BTreeMap::new();
    for folder in fs::read_dir(examples(policy)).unwrap() {
        let folder = folder.unwrap().path();
        for file in fs::read_dir(&folder).unwrap() {
            let file = file.unwrap().path();
            if file.extension().is_some_and(|end| end == "eml") {
                let text = fs::read_to_string(file.with_extension("toml")).unwrap();
                let name = file.with_extension("").strip_prefix(examples(policy)).unwrap().to_owned();
                let expected = Example::parse(&text).unwrap_or_else(|error| panic!("{name:?}: {error}"));
                found.insert(name.to_str().unwrap().to_owned(), expected);
            }
        }
    }
    found
}

#[test]
fn every_rule_has_mails_that_fire_it_and_mails_that_nearly_do() {
    let world = World::new();
    for policy in POLICIES {
        let (rules, examples) = (rules(&world, policy), read_examples(policy));
        assert!(!rules.is_empty());
        let count = |rule: &str, sort: &str, fires: bool| {
            let start = format!("{rule}/{sort}-");
            let of_rule = examples.iter().filter(|(name, _)| name.starts_with(&start));
            of_rule
                .inspect(|(name, example)| {
                    let named = example.rules.iter().any(|fired| fired == rule);
                    assert_eq!(named, fires, "{policy}/{name} says the contrary of its name");
                })
                .count()
        };
        for rule in &rules {
            let (fires, misses) = (count(rule, "fires", true), count(rule, "misses", false));
            assert!(fires >= FEWEST && misses >= FEWEST, "{policy}: {rule} has {fires} and {misses}");
        }
        let folders: BTreeSet<String> =
            examples.keys().map(|name| name.split_once('/').unwrap().0.to_owned()).collect();
        assert_eq!(folders, rules, "{policy}: a folder for every rule and for nothing else");
    }
}

/// The test above can fail: one expectation that is wrong is found among those that are right, and named.
#[test]
fn a_mail_that_is_judged_otherwise_is_named() {
    let world = World::new();
    let from = examples("minimal").join("bsn");
    for entry in fs::read_dir(&from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        world.write(format!("work/policy.tests/bsn/{name}"), fs::read(&path).unwrap());
    }
    world.write("work/policy.toml", fs::read(policy_file("minimal")).unwrap());
    let test = ["policy", "test", "policy.toml"];
    world.must("alice", &test, b"");

    let right = fs::read_to_string(from.join("fires-2.toml")).unwrap();
    for (wrong, says) in [
        ("verdict = \"allow\"\nrules = []\n", "fired as well: bsn"),
        ("verdict = \"block\"\nrules = [\"bsn\", \"denied\"]\n", "did not fire: denied"),
    ] {
        world.write("work/policy.tests/bsn/fires-2.toml", wrong);
        let before = world.listing(&[]);
        let ran = world.zegel("alice", &test, b"");
        let page = String::from_utf8(ran.stdout).unwrap();
        assert_eq!(ran.code, 65, "{}", ran.stderr);
        assert!(ran.stderr.contains("1 of 6 examples are judged otherwise"), "{}", ran.stderr);
        assert!(page.contains("bsn/fires-2: ") && page.contains(says), "{page}");
        assert!(!page.contains("fires-1") && !page.contains("misses"), "only that one: {page}");
        assert_eq!(world.listing(&[]), before);
        let (code, report, _) = json(&world, &test);
        let failed: Vec<&Value> =
            report["examples"].as_array().unwrap().iter().filter(|one| one["passed"] != true).collect();
        assert_eq!((code, failed.len()), (65, 1));
        assert_eq!(failed[0]["name"], "bsn/fires-2");
        assert!(failed[0]["difference"].as_str().unwrap().contains(says));
    }

    // A mail of which nothing is expected, an expectation that cannot be read, and no mails at all.
    let ends = |code: i32, says: &str| {
        let ran = world.zegel("alice", &test, b"");
        assert_eq!(ran.code, code, "{}", ran.stderr);
        assert!(ran.stderr.contains(says), "{} does not say {says:?}", ran.stderr);
        assert!(ran.stdout.is_empty());
    };
    world.write("work/policy.tests/bsn/fires-2.toml", format!("{right}colour = 1\n"));
    ends(65, "fires-2.toml does not say what is expected");
    fs::remove_file(world.join("work/policy.tests/bsn/fires-2.toml")).unwrap();
    ends(66, "fires-2.toml");
    world.write("work/policy.tests/bsn/fires-2.toml", &right);
    world.must("alice", &test, b"");
    fs::remove_dir_all(world.join("work/policy.tests")).unwrap();
    ends(66, "there are no examples in policy.tests");
}
