//! `zegel check --format sarif`, held against the schema that OASIS published for SARIF 2.1.0.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::office::{HEAD, Office, RULES, mail, mail_with};

const NUMBER: &str = "123456782";

/// Says of each value what makes it no SARIF log, if anything.
fn faults(values: &[Value]) -> Vec<Option<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(
        root.join("node_modules/ajv-draft-04").is_dir(),
        "the npm package ajv-draft-04 is missing: run `cargo xtask test`, or `npm ci` in tests/"
    );
    let mut child = Command::new("node")
        .arg(root.join("interop/sarif.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&serde_json::to_vec(values).unwrap()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the validator ran");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn what_check_prints_is_sarif_and_has_no_words_of_the_mail() {
    let office = Office::new(&format!("{HEAD}{RULES}"), "");
    let words = format!("BSN {NUMBER} van project Zonnebloem");
    let list = format!("Naam;BSN\nClient;{NUMBER}\n");
    office.world.write("work/a folder/body & é.eml", mail(&words));
    office.world.write("work/a folder/subject.eml", mail("Tot dan.").replace("Thursday", &words));
    office.world.write(
        "work/a folder/file.eml",
        mail_with("Zie de lijst.", &[("Zonnebloem.csv", "text/csv", list.as_bytes())]),
    );
    office.world.write("work/a folder/nothing.eml", mail("Tot dan."));
    let check = |more: &[&str]| {
        let ran = office.world.zegel("alice", &[&["check", "a folder"], more].concat(), b"");
        assert_eq!(ran.code, 77, "{}", ran.stderr);
        String::from_utf8(ran.stdout).unwrap()
    };
    let text = check(&["--format", "sarif"]);
    let log: Value = serde_json::from_str(&text).unwrap();
    let accepted: Value =
        serde_json::from_str(&check(&["--format", "sarif", "--accept", "project"])).unwrap();
    // What this says nothing against is right only if it can say something.
    let mut broken = log.clone();
    broken["runs"][0]["results"][0]["level"] = json!("disaster");
    let mut nowhere = log.clone();
    nowhere["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] =
        json!("a folder");
    let [good, also_good, bad, no_uri] =
        faults(&[log.clone(), accepted.clone(), broken, nowhere]).try_into().unwrap();
    assert_eq!((good, also_good), (None, None));
    assert!(bad.is_some() && no_uri.is_some());

    let results = log["runs"][0]["results"].as_array().unwrap();
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let mut found: Vec<&str> = Vec::new();
    for result in results {
        assert!(rules.iter().any(|rule| rule["id"] == result["ruleId"]), "{result}");
        if result["ruleId"] == "bsn" {
            found.push(
                result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap(),
            );
        }
    }
    found.sort_unstable();
    assert_eq!(
        found,
        ["a%20folder/body%20%26%20%C3%A9.eml", "a%20folder/file.eml", "a%20folder/subject.eml"]
    );
    let suppressed = |log: &Value| {
        let results = log["runs"][0]["results"].as_array().unwrap();
        results
            .iter()
            .filter(|result| result["suppressions"].as_array().is_some_and(|list| !list.is_empty()))
            .count()
    };
    assert_eq!(suppressed(&log), 0);
    assert!(suppressed(&accepted) > 0);

    // It is made to be uploaded: no words; the page for the sender has them.
    assert!(!text.contains(NUMBER) && !text.contains("Zonnebloem"), "{text}");
    let page = check(&[]);
    assert!(page.contains(NUMBER) && page.contains("Zonnebloem"), "{page}");
}
