//! The archive of a class: sealed to as well, only by a signed policy, and seen by everybody.

use serde_json::Value;

use super::office::{HEAD, Office};

/// Not on anybody's list of recipients; Carol plays the archive.
const ARCHIVE: &str = "carol@example.net";
const RECORD: &str = "Dossier Zonnebloem.";

struct Records {
    office: Office,
    signer: String,
}

impl Records {
    fn new() -> Self {
        let office = Office::new(&policy(&fingerprint_placeholder()), "");
        let mut records = Self { office, signer: String::new() };
        let fingerprint =
            records.json("carol", &["identity", "show"])["fingerprint"].as_str().unwrap().to_owned();
        records.put(&policy(&fingerprint));
        records
    }

    fn json(&self, who: &str, arguments: &[&str]) -> Value {
        let ran = self.office.world.must(who, &[arguments, &["--json"]].concat(), b"");
        serde_json::from_slice(&ran.stdout).unwrap()
    }

    /// Signs a policy and puts it in force.
    fn put(&mut self, text: &str) {
        self.office.write_policy(text);
        let signed =
            self.json("bob", &["policy", "sign", "policy.toml", "--as", "bob@example.org", "--force"]);
        self.signer = signed["signer"].as_str().unwrap().to_owned();
        let file = self.office.world.join("work/policy.toml");
        let signer = &self.signer;
        self.office.configure(&format!("[policy]\nfile = {file:?}\nsigner = \"{signer}\"\n"));
        // The first look remembers the issue.
        self.office.world.must("alice", &["policy", "show"], b"");
    }
}

fn fingerprint_placeholder() -> String {
    ["aaaa"; 13].concat()
}

fn policy(fingerprint: &str) -> String {
    format!(
        r#"{HEAD}
[[class]]
id = "record"
level = "middle"
label = {{ nl = "Archiefstuk", en = "Record" }}
archive = {{ address = "{ARCHIVE}", fingerprint = "{fingerprint}" }}

[[rule]]
id = "record"
class = "record"
action = "seal"
explain = {{ nl = "Dit is een archiefstuk.", en = "This is a record." }}
when = [{{ content = {{ detectors = ["record"] }} }}]

[[detector]]
id = "record"
words = ["Zonnebloem"]
"#
    )
}

#[test]
fn the_archive_gets_an_envelope_and_everybody_sees_it() {
    let records = Records::new();
    let world = &records.office.world;
    records.office.draft(RECORD);
    let plan = records.json("alice", &["plan", "mail.eml"]);
    assert_eq!((&plan["archive"], &plan["post_quantum"]), (&ARCHIVE.into(), &Value::Bool(true)));
    assert_eq!(plan["recipients"].as_array().unwrap().len(), 1, "the archive is no recipient");
    let shown =
        |who: &str, arguments: &[&str]| String::from_utf8(world.must(who, arguments, b"").stdout).unwrap();
    let says = format!("{ARCHIVE} can open this message too");
    assert!(shown("alice", &["plan", "mail.eml"]).contains(&says));
    assert!(shown("alice", &["check", "mail.eml"]).contains(ARCHIVE));
    assert_eq!(records.json("alice", &["check", "mail.eml"])["archives"], serde_json::json!([ARCHIVE]));

    let sealed = records.json("alice", &["seal", "mail.eml", "--mail", "-o", "sealed.eml"]);
    assert_eq!(sealed["archive"], ARCHIVE);
    let seen = records.json("alice", &["inspect", "sealed.eml"]);
    assert_eq!(seen["envelopes"].as_array().unwrap().len(), 3, "Bob, Alice and the archive");
    for (who, role) in [("bob", "to"), ("alice", "sender"), ("carol", "archive")] {
        let report = records.json(who, &["open", "sealed.eml"]);
        assert_eq!((&report["role"], &report["archive"]), (&role.into(), &ARCHIVE.into()), "{who}");
        assert_eq!(report["text"].as_str().unwrap().trim(), format!("Dear Bob,\n\n{RECORD}"));
        assert!(shown(who, &["open", "sealed.eml"]).contains(&says), "{who}");
    }
    let sent = records.office.sent(&["--json"]);
    let sent: Value = serde_json::from_slice(&sent.stdout).unwrap();
    assert_eq!(sent["archive"], ARCHIVE);
    assert_eq!(sent["mails"].as_array().unwrap().len(), 1);
    assert_eq!(sent["mails"][0]["recipients"], serde_json::json!(["bob@example.org"]), "it gets no mail");

    // A mail of no class has no archive.
    records.office.draft("Until Thursday.");
    let plan = records.json("alice", &["plan", "mail.eml"]);
    assert!(plan.get("archive").is_none());
    world.must("alice", &["seal", "mail.eml", "--mail", "-o", "other.eml"], b"");
    let seen = records.json("alice", &["inspect", "other.eml"]);
    assert_eq!(seen["envelopes"].as_array().unwrap().len(), 2);
    assert_eq!(world.zegel("carol", &["open", "other.eml"], b"").code, 67);
    assert!(!shown("bob", &["open", "other.eml"]).contains("Archive"));
}

#[test]
fn without_the_card_that_is_named_nothing_is_sealed() {
    let mut records = Records::new();
    let other = records.json("alice", &["identity", "show"])["fingerprint"].as_str().unwrap().to_owned();
    let carol = records.json("carol", &["identity", "show"])["fingerprint"].as_str().unwrap().to_owned();
    records.office.draft(RECORD);
    records.office.sent(&[]);
    // Another card is pinned for that address than the policy names.
    records.put(&policy(&other));
    records.office.refused(&[], 67, &[ARCHIVE, "another one"]);
    records.put(&policy(&carol));
    records.office.sent(&[]);
    records.office.world.must("alice", &["card", "forget", ARCHIVE], b"");
    records.office.refused(&[], 67, &[ARCHIVE, "no card"]);
    // What needs no archive goes.
    records.office.draft("Until Thursday.");
    records.office.sent(&[]);
}

#[test]
fn an_unsigned_policy_cannot_name_an_archive() {
    let records = Records::new();
    records.office.draft(RECORD);
    records.office.sent(&[]);
    let file = records.office.world.join("work/policy.toml");
    records.office.configure(&format!("[policy]\nfile = {file:?}\n"));
    records.office.refused(&[], 78, &["an unsigned policy cannot have an archive"]);
    // Nor can one's own, beside a signed one.
    let own = records.office.world.join("work/own.toml");
    let signer = &records.signer;
    records.office.configure(&format!("[policy]\nfile = {file:?}\nsigner = \"{signer}\"\nown = {own:?}\n"));
    let text = std::fs::read_to_string(&file).unwrap();
    records.office.write_private("work/own.toml", &text);
    records.office.refused(&[], 78, &["own.toml", "cannot have classes"]);
    records.office.write_private("work/own.toml", &HEAD.replace("Example", "Mine"));
    records.office.sent(&[]);
}
