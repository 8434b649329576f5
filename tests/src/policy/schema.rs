//! The JSON Schema of the policy file, which editors use, and the parser, which decides: they refuse the same files.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use zegel_core::policy::{Authority, Policy, defaults};

const HEAD: &str = "format = \"zegel/policy/v1\"\nname = \"test\"\nserial = 1\n";
const WHEN: &str = "[[rule.when]]\ncontent = { detectors = [\"bsn\"] }\n";

/// What the schema cannot know: whether a name stands elsewhere in the file, and what is inside an expression.
const BEYOND: [&str; 5] = ["there is no class", "there is no detector", "twice", "is empty", "fingerprint"];

fn documented() -> String {
    let page = include_str!("../../../docs/formats/policy.md");
    let (_, rest) = page.split_once("```toml\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

/// Asks the schema about policies, all in one run of a validator.
fn schema_takes(policies: &[toml::Table]) -> Vec<bool> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(
        root.join("node_modules/ajv").is_dir(),
        "the npm package ajv is missing: run `cargo xtask test`, or `npm ci` in tests/"
    );
    let mut child = Command::new("node")
        .arg(root.join("interop/validate.mjs"))
        .arg(root.join("../docs/formats/policy.schema.json"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let values: Vec<Value> = policies.iter().map(|table| serde_json::to_value(table).unwrap()).collect();
    serde_json::to_writer(child.stdin.take().unwrap(), &values).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the validator ran");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What the parser says against a policy, if anything.
fn fault(policy: &str) -> Option<String> {
    Policy::parse(policy, Authority::Signed).err().map(|error| error.to_string())
}

fn rule(more: &str, when: &str) -> String {
    format!(
        "{HEAD}[[rule]]\nid = \"a\"\nexplain = {{ nl = \"Omdat.\", en = \"Because.\" }}\n{more}\n[[rule.when]]\n{when}\n"
    )
}

#[test]
fn the_policies_of_the_product_and_the_example_of_the_page_fit() {
    let good = [
        defaults::EDUCATION.to_owned(),
        defaults::GOVERNMENT.to_owned(),
        defaults::HEALTH.to_owned(),
        defaults::MINIMAL.to_owned(),
        documented(),
    ];
    let tables: Vec<toml::Table> = good.iter().map(|text| text.parse().unwrap()).collect();
    for (text, fits) in good.iter().zip(schema_takes(&tables)) {
        assert!(fits, "the schema refuses {text}");
        assert_eq!(fault(text), None);
    }
}

#[test]
fn what_the_parser_refuses_the_schema_refuses() {
    let class = "[[class]]\nid = \"x\"\nlevel = \"high\"\nlabel = { nl = \"a\", en = \"b\" }\n";
    let broken = [
        HEAD.replace("v1", "v2"),
        HEAD.replace("serial = 1", "serial = -1"),
        format!("{HEAD}surprise = 1\n"),
        format!("{HEAD}[organisation]\nfriends = []\n"),
        format!("{HEAD}[organisation]\ndenied = [\"nobody\"]\n"),
        format!("{HEAD}{class}colour = \"red\"\n"),
        format!("{HEAD}{class}plain = [\"internal\"]\n"),
        format!("{HEAD}{class}second_factor = \"mailed\"\n"),
        format!("{HEAD}{class}expires_days = 0\n"),
        rule("action = \"explode\"", "content = { detectors = [\"bsn\"] }"),
        rule("action = \"block\"\naccept = \"by-name\"", "content = { detectors = [\"bsn\"] }"),
        rule("action = \"allow\"\naccept = \"never\"", "content = { detectors = [\"bsn\"] }"),
        rule("action = \"warn\"", "content = { detectors = [] }"),
        rule("action = \"warn\"", "content = { detectors = [\"bsn\"], colour = 1 }"),
        rule("action = \"warn\"", "content = { detectors = [\"bsn\"], count = 0 }"),
        rule("action = \"warn\"", "content = { detectors = [\"bsn\"], in = [\"footer\"] }"),
        rule("action = \"warn\"", "content = { detectors = [\"bsn\"], near = { detectors = [\"phone\"] } }"),
        rule("action = \"warn\"", "weather = { sun = true }"),
        rule("action = \"warn\"", "recipients = {}"),
        rule("action = \"warn\"", "recipients = { mixed = false }"),
        rule("action = \"warn\"", "recipients = { any = [\"friends\"] }"),
        rule("action = \"warn\"", "recipients = { all = [\"internal\"] }"),
        rule("action = \"warn\"", "time = {}"),
        rule("action = \"warn\"", "time = { from = \"25:00\" }"),
        rule("action = \"warn\"", "time = { days = [\"monday\"] }"),
        rule("action = \"warn\"", "header = { name = \"Bcc\", contains = \"x\" }"),
        rule("action = \"warn\"", "header = { name = \"Subject\", contains = \"\" }"),
        rule("action = \"warn\"", "mistake = [\"typo\"]"),
        rule("action = \"block\"", "mistake = [\"greeting\"]"),
        rule("action = \"warn\"", "attachments = {}"),
        rule("action = \"warn\"", "attachments = { kind = [\"floppy\"] }"),
        rule("action = \"warn\"", "attachments = { unread = [\"any\", \"damaged\"] }"),
        rule(
            "action = \"warn\"",
            &format!(
                "{}\n[[rule.unless]]\n{}",
                "sender = [\"@a.example\"]", "content = { detectors = [\"bsn\"] }"
            ),
        ),
        rule(
            "action = \"warn\"",
            &format!(
                "{}\n[[rule.unless]]\n{}",
                "sender = [\"@a.example\"]", "recipients = { all = [\"unusual\"] }"
            ),
        ),
        format!("{HEAD}[[detector]]\nid = \"bsn\"\nwords = [\"x\"]\n"),
        format!("{HEAD}[[detector]]\nid = \"x\"\n"),
        format!("{HEAD}[[detector]]\nid = \"x\"\nwords = [\"x\"]\nregex = \"x\"\n"),
        format!("{HEAD}[[detector]]\nid = \"x\"\nwords = [\"x\"]\ncheck = \"luhn\"\n"),
        format!("{HEAD}[[detector]]\nid = \"x\"\ntemplate = \"###\"\ncheck = \"adler\"\n"),
        format!("{HEAD}[[detector]]\nid = \"x\"\nwords = [\"x\"]\ncontext = {{ near = 1 }}\n"),
        format!(
            "{HEAD}[[rule]]\nid = \"A b\"\naction = \"warn\"\nexplain = {{ nl = \"a\", en = \"b\" }}\n{WHEN}"
        ),
        format!("{HEAD}[[rule]]\nid = \"a\"\naction = \"warn\"\nexplain = {{ nl = \"a\" }}\n{WHEN}"),
        format!(
            "{HEAD}[[rule]]\nid = \"a\"\naction = \"warn\"\nexplain = {{ nl = \"a\", en = \" \" }}\n{WHEN}"
        ),
    ];
    let tables: Vec<toml::Table> = broken.iter().map(|text| text.parse().unwrap()).collect();
    for (text, fits) in broken.iter().zip(schema_takes(&tables)) {
        assert!(fault(text).is_some(), "the parser takes {text}");
        assert!(!fits, "the schema takes {text}");
    }
}

#[test]
fn both_judge_every_small_change_alike() {
    let mut changed: Vec<toml::Table> = Vec::new();
    for policy in [documented(), defaults::EDUCATION.to_owned()] {
        let table: toml::Table = policy.parse().unwrap();
        let count = places(&toml::Value::Table(table.clone()));
        for place in 0..count {
            for change in [Change::Add, Change::Remove, Change::Retype] {
                let mut value = toml::Value::Table(table.clone());
                let mut left = place;
                if apply(&mut value, &mut left, change) == Some(true)
                    && let toml::Value::Table(table) = value
                {
                    changed.push(table);
                }
            }
        }
    }
    assert!(changed.len() > 500, "{}", changed.len());
    let mut refused = 0;
    for (table, fits) in changed.iter().zip(schema_takes(&changed)) {
        let text = toml::to_string(table).unwrap();
        match fault(&text) {
            None => assert!(fits, "the schema alone refuses {text}"),
            Some(fault) => {
                refused += 1;
                let beyond = BEYOND.iter().any(|known| fault.contains(known));
                assert!(!fits || beyond, "the parser alone refuses, {fault}: {text}");
            }
        }
    }
    assert!(refused > 100 && refused < changed.len(), "{refused} of {}", changed.len());
}

/// What is done to one value of a policy.
#[derive(Clone, Copy)]
enum Change {
    /// A key that nobody knows.
    Add,
    /// The last key or element goes.
    Remove,
    /// A number in place of what stands there, or a text in place of a number.
    Retype,
}

fn places(value: &toml::Value) -> usize {
    1 + match value {
        toml::Value::Table(table) => table.values().map(places).sum(),
        toml::Value::Array(list) => list.iter().map(places).sum(),
        _ => 0,
    }
}

/// Changes the value that `left` counts down to; says whether there was something to change, or nothing when it is not here.
fn apply(value: &mut toml::Value, left: &mut usize, change: Change) -> Option<bool> {
    if *left == 0 {
        return Some(match (change, &mut *value) {
            (Change::Add, toml::Value::Table(table)) => {
                table.insert("surprise".to_owned(), toml::Value::Integer(1)).is_none()
            }
            (Change::Remove, toml::Value::Table(table)) => {
                let last = table.keys().next_back().cloned();
                last.is_some_and(|key| table.remove(&key).is_some())
            }
            (Change::Remove, toml::Value::Array(list)) => list.pop().is_some(),
            (Change::Retype, toml::Value::Integer(_)) => {
                *value = toml::Value::String("x".to_owned());
                true
            }
            (Change::Retype, _) => {
                *value = toml::Value::Integer(3);
                true
            }
            _ => false,
        });
    }
    *left -= 1;
    match value {
        toml::Value::Table(table) => table.iter_mut().find_map(|(_, value)| apply(value, left, change)),
        toml::Value::Array(list) => list.iter_mut().find_map(|value| apply(value, left, change)),
        _ => None,
    }
}
