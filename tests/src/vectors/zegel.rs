//! Vectors of Zegel's own formats, in `tests/vectors/zegel`; how to run them elsewhere is said in the README there.
//!
//! A case has a name, its input, and under `expect` what must come of it. The judges below compute that afresh.

mod cards;
mod forge;
mod guest_messages;
mod guests;
mod identities;
mod manifests;
mod messages;
mod people;
mod proofs;
mod texts;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

/// A set of vectors: its file, what computes the outcome of a case, and what makes the cases.
struct Set {
    name: &'static str,
    judge: fn(&Value) -> Value,
    make: fn(&mut Cases),
}

const SETS: &[Set] = &[
    Set { name: "cards", judge: cards::judge, make: cards::make },
    Set { name: "guests", judge: guests::judge, make: guests::make },
    Set { name: "guest-messages", judge: guest_messages::judge, make: guest_messages::make },
    Set { name: "codes", judge: guests::judge_code, make: guests::make_codes },
    Set { name: "identities", judge: identities::judge, make: identities::make },
    Set { name: "introductions", judge: proofs::judge_introduction, make: proofs::make_introductions },
    Set { name: "manifests", judge: manifests::judge, make: manifests::make },
    Set { name: "messages", judge: messages::judge, make: messages::make },
    Set { name: "people", judge: people::judge, make: people::make },
    Set { name: "receipts", judge: proofs::judge_receipt, make: proofs::make_receipts },
    Set { name: "texts", judge: texts::judge, make: texts::make },
];

/// Collects cases for a file. A case that the file has already is never touched: vectors are pinned.
struct Cases {
    judge: fn(&Value) -> Value,
    cases: Vec<Value>,
    /// Cases that came out otherwise than intended; they are not kept.
    surprises: Vec<String>,
}

impl Cases {
    fn has(&self, name: &str) -> bool {
        self.cases.iter().any(|case| case["name"] == name)
    }

    /// Adds a case whose outcome must be `outcome`, or the generator fails.
    fn add(&mut self, name: &str, input: Value, outcome: &str) {
        if self.has(name) {
            return;
        }
        let Value::Object(mut case) = input else { panic!("{name}: an input is an object") };
        case.insert("name".to_owned(), json!(name));
        let mut case = Value::Object(case);
        let expect = (self.judge)(&case);
        if expect["outcome"] == outcome {
            case["expect"] = expect;
            self.cases.push(case);
        } else {
            self.surprises.push(format!("{name}: {outcome} was intended, not {expect}"));
        }
    }
}

#[test]
fn every_vector_has_its_outcome() {
    let (mut total, mut good, mut wrong) = (0, 0, Vec::new());
    println!("{:<15}{:>7}{:>7}{:>9}", "vectors", "cases", "good", "refused");
    for set in SETS {
        let cases = read(set.name);
        let names: BTreeSet<&str> = cases.iter().map(|case| text(case, "name")).collect();
        assert_eq!(names.len(), cases.len(), "{}: a name stands twice", set.name);
        let succeeded = cases.iter().filter(|case| case["expect"]["outcome"] == "good").count();
        println!("{:<15}{:>7}{succeeded:>7}{:>9}", set.name, cases.len(), cases.len() - succeeded);
        for case in &cases {
            let got = (set.judge)(case);
            if got != case["expect"] {
                wrong.push(format!(
                    "{}/{}: expected {}, got {got}",
                    set.name,
                    text(case, "name"),
                    case["expect"]
                ));
            }
        }
        (total, good) = (total + cases.len(), good + succeeded);
    }
    println!("{:<15}{total:>7}{good:>7}{:>9}", "in all", total - good);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(total >= COUNT, "{total} cases: vectors are never taken away");
    assert!(total - good >= good, "as many failures as successes");
}

/// Cases that are pinned; only ever raised.
const COUNT: usize = 488;

#[test]
fn every_message_file_is_used() {
    let named: BTreeSet<String> =
        read("messages").iter().map(|case| text(case, "container").to_owned()).collect();
    let found = fs::read_dir(folder().join("messages")).unwrap();
    let found = found.map(|entry| format!("messages/{}", entry.unwrap().file_name().to_str().unwrap()));
    assert_eq!(found.collect::<BTreeSet<_>>(), named);
}

/// Adds new cases to the files: `cargo test -p zegel-tests --test integration generate_zegel -- --ignored`.
#[test]
#[ignore = "writes vectors; for somebody who adds a case"]
fn generate_zegel_vectors() {
    let mut surprises = Vec::new();
    for set in SETS {
        let cases = if file(set.name).exists() { read(set.name) } else { Vec::new() };
        let mut cases = Cases { judge: set.judge, cases, surprises: Vec::new() };
        (set.make)(&mut cases);
        surprises.extend(cases.surprises.iter().map(|surprise| format!("{}/{surprise}", set.name)));
        let label = format!("zegel/vectors/{}/v1", set.name);
        let mut whole = Map::from_iter([("format".to_owned(), json!(label))]);
        whole.insert("cases".to_owned(), Value::Array(cases.cases));
        let mut bytes = serde_json::to_vec_pretty(&Value::Object(whole)).unwrap();
        bytes.push(b'\n');
        fs::write(file(set.name), bytes).unwrap();
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/zegel")
}

fn file(name: &str) -> PathBuf {
    folder().join(name).with_extension("json")
}

fn read(name: &str) -> Vec<Value> {
    let mut whole: Value = serde_json::from_slice(&fs::read(file(name)).unwrap()).unwrap();
    let Value::Array(cases) = whole["cases"].take() else { panic!("{name}: no cases") };
    cases
}

/// Returns a field that must be text.
fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap_or_else(|| panic!("{}: no {field}", case["name"]))
}

/// Returns bytes given as text in `field`, or in base64 in `field_base64` where they are no text.
fn bytes(case: &Value, field: &str) -> Vec<u8> {
    use base64::Engine;
    match case.get(field) {
        Some(text) => text.as_str().unwrap().as_bytes().to_vec(),
        None => base64::prelude::BASE64_STANDARD.decode(text(case, &format!("{field}_base64"))).unwrap(),
    }
}

fn outcome(class: &str) -> Value {
    json!({ "outcome": class })
}
