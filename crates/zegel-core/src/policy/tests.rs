//! Tests of the engine: what is refused, what fires, and that verdicts only ever go up.

use std::collections::BTreeMap;

use super::*;
use crate::detect::Scanner;
use crate::material::{
    FileFacts, FileKind, Mark, Material, Origin, Piece, Spot, Unread, UnreadReason, Visibility,
};
use crate::people::{Everybody, classify};
use crate::{Address, Mailbox};

const HEAD: &str = "format = \"zegel/policy/v1\"\nname = \"test\"\nserial = 1\n";
const CLASSES: &str = r#"
[organisation]
domains = ["example.org"]
[[class]]
id = "health"
level = "high"
label = { nl = "Gezondheid", en = "Health" }
second_factor = "strong"
expires_days = 30
[[class]]
id = "daily"
level = "low"
label = { nl = "Alledaags", en = "Everyday" }
second_factor = "mailed"
expires_days = 90
plain = ["internal"]
"#;

fn rule(id: &str, action: &str, more: &str, when: &str) -> String {
    format!(
        "[[rule]]\nid = \"{id}\"\naction = \"{action}\"\nexplain = {{ nl = \"Omdat.\", en = \"Because.\" }}\n{more}\n[[rule.when]]\n{when}\n"
    )
}

fn policy(rules: &str) -> Policy {
    Policy::parse(&format!("{HEAD}{CLASSES}{rules}"), Authority::Unsigned).unwrap()
}

fn refusal(text: &str) -> String {
    match Policy::parse(text, Authority::Unsigned) {
        Ok(_) => panic!("taken: {text}"),
        Err(error) => {
            let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            format!("{error} {source}")
        }
    }
}

/// A draft as facts: its texts and its recipients.
struct World {
    texts: Vec<(Origin, String)>,
    to: Vec<&'static str>,
    material: Material,
    scans: BTreeMap<Origin, ScanResult>,
    local_time: LocalTime,
}

impl World {
    fn new(body: &str, to: &[&'static str]) -> Self {
        Self {
            texts: vec![(Origin::Body, body.to_owned())],
            to: to.to_vec(),
            material: Material::default(),
            scans: BTreeMap::new(),
            local_time: LocalTime { weekday: Weekday::Wed, minute: 600 },
        }
    }

    fn judge(&self, policy: &Policy, accepted: &Acceptances) -> Judgement {
        let sender: Address = "alice@example.org".parse().unwrap();
        let mailboxes: Vec<Mailbox> =
            self.to.iter().map(|text| text.parse::<Address>().unwrap().into()).collect();
        let groups = classify(&sender, &mailboxes, policy.organisation(), &Everybody);
        let recipients: Vec<Person> = mailboxes
            .iter()
            .zip(groups)
            .map(|(mailbox, groups)| Person { address: mailbox.address.clone(), role: Role::To, groups })
            .collect();
        let mut material = self.material.clone();
        for (origin, text) in &self.texts {
            let (origin, text) = (origin.clone(), text.clone());
            material.pieces.push(Piece { origin, spot: Spot::Text, visibility: Visibility::Shown, text });
        }
        let mut found = Vec::new();
        let scanner: &Scanner = policy.scanner();
        for (piece, text) in material.pieces.iter().map(|piece| &piece.text).enumerate() {
            scanner.scan(text, &mut |m| {
                found.push(Found {
                    piece,
                    detector: m.detector,
                    range: m.range,
                    confidence: m.confidence,
                    value: m.value,
                });
            });
        }
        let facts = Facts {
            sender: &sender,
            recipients: &recipients,
            material: &material,
            found: &found,
            slips: &[],
            scans: &self.scans,
            local_time: self.local_time,
        };
        judge(policy, &facts, accepted)
    }

    fn verdict(&self, policy: &Policy) -> Verdict {
        self.judge(policy, &Acceptances::new()).verdict
    }
}

fn accept(list: &[(&str, Option<&str>)]) -> Acceptances {
    list.iter().map(|(rule, why)| ((*rule).to_owned(), why.map(str::to_owned))).collect()
}

const BSN: &str = "content = { detectors = [\"bsn\"] }";
const BODY: &str = "Het burgerservicenummer (BSN) is 123456782.";

#[test]
fn what_is_not_understood_refuses() {
    let good = rule("a", "warn", "", BSN);
    assert!(Policy::parse(&format!("{HEAD}{good}"), Authority::Unsigned).is_ok());
    for (text, says) in [
        ("format = \"zegel/policy/v2\"\nname = \"x\"\nserial = 1\n".to_owned(), "zegel/policy/v2"),
        (format!("{HEAD}surprise = 1\n"), "surprise"),
        (
            format!("{HEAD}{}", rule("a", "warn", "", "content = { detectors = [\"bsm\"] }")),
            "no detector \"bsm\"",
        ),
        (
            format!("{HEAD}{}", rule("a", "warn", "", "content = { detectors = [\"bsn\"], colour = 1 }")),
            "colour",
        ),
        (format!("{HEAD}{}", rule("a", "warn", "", "weather = { sun = true }")), "weather"),
        (format!("{HEAD}{}", rule("a", "warn", "class = \"health\"", BSN)), "no class"),
        (format!("{HEAD}{}", rule("a", "explode", "", BSN)), "explode"),
        (format!("{HEAD}{}", rule("A b", "warn", "", BSN)), "a name is"),
        (format!("{HEAD}{good}{good}"), "twice"),
        (format!("{HEAD}{}", rule("a", "block", "accept = \"by-name\"", BSN)), "only a warning"),
        (
            format!("{HEAD}{}", rule("a", "warn", "", "recipients = { any = [\"friends\"] }")),
            "neither a group",
        ),
        (format!("{HEAD}{}", rule("a", "warn", "", "recipients = {}")), "asks for nothing"),
        (format!("{HEAD}{}", rule("a", "warn", "", "recipients = { mixed = false }")), "leave the key out"),
        (format!("{HEAD}{}", rule("a", "warn", "", "recipients = { all = [\"internal\"] }")), "all"),
        (format!("{HEAD}{}", rule("a", "warn", "", "time = { from = \"25:00\" }")), "25:00"),
        (format!("{HEAD}{}", rule("a", "warn", "", "header = { name = \"Bcc\", contains = \"x\" }")), "Bcc"),
        (
            format!("{HEAD}{}", rule("a", "block", "", "header = { name = \"To\", contains = \"x\" }")),
            "no header",
        ),
        (
            format!(
                "{HEAD}{}",
                rule("a", "block", "", "header = { name = \"Resent-From\", contains = \"x\" }")
            ),
            "no header",
        ),
        (
            format!("{HEAD}{}", rule("a", "warn", "", "time = { from = \"08:00\", before = \"08:00\" }")),
            "never",
        ),
        (
            format!("{HEAD}{}\n[[rule.unless]]\nrecipients = {{ all = [\"denied\"] }}", good),
            "cannot carry an exception",
        ),
        (
            format!(
                "{HEAD}{}",
                rule(
                    "a",
                    "warn",
                    "",
                    "content = { detectors = [\"bsn\"], near = { detectors = [\"iban\"], within = 4294967295 } }"
                )
            ),
            "at most",
        ),
        (format!("{HEAD}{}\n[[rule.unless]]\ncontent = {{ detectors = [\"bsn\"] }}", good), "content"),
        (
            format!("{HEAD}{}\n[[rule.unless]]\nrecipients = {{ all = [\"unusual\"] }}", good),
            "cannot rest on",
        ),
        (format!("{HEAD}[[detector]]\nid = \"x\"\nregex = \"(\"\n"), "cannot be read"),
        (format!("{HEAD}[[detector]]\nid = \"x\"\nregex = \"(a{{1000}}){{1000}}\"\n"), "too big"),
        (format!("{HEAD}[[detector]]\nid = \"bsn\"\nwords = [\"x\"]\n"), "built in"),
        (format!("{HEAD}[[detector]]\nid = \"x\"\nwords = [\"x\"]\nregex = \"x\"\n"), "exactly one"),
        (CLASSES.replace("[\"internal\"]", "[\"internals\"]").replacen('\n', HEAD, 1), "neither a group"),
        (
            format!(
                "{HEAD}[[class]]\nid = \"x\"\nlevel = \"high\"\nlabel = {{ nl = \"a\", en = \"b\" }}\nplain = [\"internal\"]"
            ),
            "never travels unsealed",
        ),
        (
            format!(
                "{HEAD}[[class]]\nid = \"x\"\nlevel = \"middle\"\nlabel = {{ nl = \"a\", en = \"b\" }}\nsecond_factor = \"mailed\""
            ),
            "same mailbox",
        ),
    ] {
        let said = refusal(&text);
        assert!(said.contains(says), "{said:?} does not say {says:?}");
    }
    let huge = format!("{HEAD}# {}", "x".repeat(file::FILE_MAX));
    assert!(matches!(Policy::parse(&huge, Authority::Unsigned), Err(PolicyError::TooLarge(_))));
}

#[test]
fn the_strictest_rule_decides_and_every_rule_is_told() {
    let all = policy(&format!(
        "{}{}{}",
        rule("w", "warn", "", BSN),
        rule("b", "block", "", "content = { detectors = [\"bsn\"], different = 2 }"),
        rule("s", "seal", "class = \"health\"", "recipients = { any = [\"external\"] }")
    ));
    let one = World::new(BODY, &["bob@example.com"]);
    let judged = one.judge(&all, &Acceptances::new());
    assert_eq!(judged.verdict, Verdict::Warn);
    assert_eq!(judged.findings.iter().map(|f| f.rule.as_str()).collect::<Vec<_>>(), ["w", "s"]);
    assert_eq!(judged.demands.level, Some(Level::High));
    let Some(Evidence::Words { range, .. }) = judged.findings[0].evidence.first() else { panic!() };
    assert_eq!(BODY.get(range.clone()), Some("123456782"));

    let two = World::new(&format!("{BODY} En het BSN van de ander is 111222333."), &["bob@example.com"]);
    assert_eq!(two.verdict(&all), Verdict::Block);
    assert_eq!(World::new("Hallo.", &["bob@example.org"]).verdict(&all), Verdict::Allow);
}

#[test]
fn a_warning_is_accepted_by_name_and_a_block_never() {
    let rules = policy(&format!(
        "{}{}{}",
        rule("plain-warn", "warn", "", BSN),
        rule("why-warn", "warn", "accept = \"justify\"", BSN),
        rule("never-warn", "warn", "accept = \"never\"", "recipients = { any = [\"@example.com\"] }")
    ));
    let world = World::new(BODY, &["bob@example.net"]);
    assert_eq!(world.judge(&rules, &accept(&[("plain-warn", None)])).verdict, Verdict::Warn);
    assert_eq!(
        world.judge(&rules, &accept(&[("plain-warn", None), ("why-warn", None)])).verdict,
        Verdict::Warn
    );
    let blank = [("plain-warn", None), ("why-warn", Some("  "))];
    assert_eq!(world.judge(&rules, &accept(&blank)).verdict, Verdict::Warn);
    let both = accept(&[("plain-warn", None), ("why-warn", Some("asked for by the patient"))]);
    let judged = world.judge(&rules, &both);
    // What was accepted still does not travel in the clear.
    assert_eq!(judged.verdict, Verdict::Seal);
    assert!(judged.may_leave() && judged.plain.is_empty());
    assert_eq!(judged.findings.len(), 2);

    let stubborn = World::new(BODY, &["bob@example.com"]);
    let mut all = both;
    all.insert("never-warn".to_owned(), Some("please".to_owned()));
    assert_eq!(stubborn.judge(&rules, &all).verdict, Verdict::Warn);
    let block = policy(&rule("b", "block", "", BSN));
    assert_eq!(world.judge(&block, &accept(&[("b", Some("please"))])).verdict, Verdict::Block);
}

#[test]
fn plain_needs_every_class_and_everything_examined() {
    let rules = policy(&format!(
        "{}{}",
        rule("d", "allow", "class = \"daily\"", "sender = [\"@example.org\"]"),
        rule("h", "allow", "class = \"health\"", BSN)
    ));
    let inside = World::new("Koffie?", &["bob@example.org", "carol@example.com"]);
    let judged = inside.judge(&rules, &Acceptances::new());
    assert_eq!(judged.plain.iter().map(ToString::to_string).collect::<Vec<_>>(), ["bob@example.org"]);
    assert_eq!(judged.demands.second_factor, Some(SecondFactor::Mailed));

    let health = World::new(BODY, &["bob@example.org"]).judge(&rules, &Acceptances::new());
    assert!(health.plain.is_empty());
    assert_eq!(health.demands.second_factor, Some(SecondFactor::Strong));
    assert_eq!(health.demands.expires_days, Some(30));

    let mut unread = World::new("Koffie?", &["bob@example.org"]);
    let origin = Origin::Attachment(vec!["a.zip".to_owned()]);
    unread.material.unread.push(Unread { origin, reason: UnreadReason::Encrypted });
    assert!(unread.judge(&rules, &Acceptances::new()).plain.is_empty());
}

#[test]
fn files_are_judged_by_what_they_are() {
    let mut world = World::new("Zie bijlage.", &["bob@example.com"]);
    let origin = Origin::Attachment(vec!["Uitslag.PDF.exe".to_owned()]);
    world.material.files.push(FileFacts {
        origin: origin.clone(),
        kind: FileKind::Executable,
        length: 3 << 20,
        marks: vec![Mark::Disguised],
    });
    world.scans.insert(origin, ScanResult::Infected("Test.Signature".to_owned()));
    for (when, fires) in [
        ("attachments = { kind = [\"executable\"] }", true),
        ("attachments = { kind = [\"pdf\"] }", false),
        ("attachments = { mark = [\"disguised\"], name = [\"*.exe\"] }", true),
        ("attachments = { mark = [\"disguised\"], name = [\"*.doc\"] }", false),
        ("attachments = { name = [\"uitslag.???.exe\"] }", true),
        ("attachments = { larger_than_mb = 2 }", true),
        ("attachments = { larger_than_mb = 3 }", false),
        ("attachments = { infected = true }", true),
        ("attachments = { not_scanned = true }", false),
        ("attachments = { unread = [\"any\"] }", false),
    ] {
        let judged = world.judge(&policy(&rule("f", "block", "", when)), &Acceptances::new());
        assert_eq!(judged.findings.iter().any(|finding| finding.rule == "f"), fires, "{when}");
    }
}

#[test]
fn the_second_file_of_a_name_is_judged_as_well() {
    let mut world = World::new("Zie bijlage.", &["bob@example.com"]);
    let origin = Origin::Attachment(vec!["a.tar".to_owned(), "a.txt".to_owned()]);
    let file = |kind, length| FileFacts { origin: origin.clone(), kind, length, marks: Vec::new() };
    let programs = policy(&rule("f", "block", "", "attachments = { kind = [\"executable\"] }"));
    let large = "attachments = { kind = [\"text\"], larger_than_mb = 2 }";
    let large = policy(&rule("f", "block", "", large));
    world.material.files = vec![file(FileKind::Text, 10)];
    assert_eq!(world.verdict(&programs), Verdict::Allow);
    world.material.files.push(file(FileKind::Executable, 5 << 20));
    assert_eq!(world.verdict(&programs), Verdict::Block);
    // What is asked of one file is not put together from two.
    assert_eq!(world.verdict(&large), Verdict::Allow);
}

#[test]
fn debug_output_has_no_content() {
    let mut world = World::new(BODY, &["somebody@example.com"]);
    world
        .scans
        .insert(Origin::Attachment(vec!["jansen.pdf".to_owned()]), ScanResult::Infected("x".to_owned()));
    let rules = policy(
        &(rule("words", "warn", "accept = \"justify\"", BSN)
            + &rule("who", "allow", "", "recipients = { any = [\"external\"] }")
            + &rule("sender", "allow", "", "sender = [\"@example.org\"]")),
    );
    let judged = world.judge(&rules, &accept(&[("words", Some("the reason"))]));
    assert!(judged.findings.len() >= 4, "{judged:?}");
    let shown = format!("{judged:?}");
    for secret in ["123456782", "somebody", "alice", "jansen", "the reason"] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
    assert!(shown.contains("accepted: true") && shown.contains("bsn"), "{shown}");
}

#[test]
fn time_and_nearness() {
    let night = policy(&rule("n", "warn", "", "time = { from = \"20:00\", before = \"07:00\" }"));
    let mut world = World::new("Hallo", &["bob@example.com"]);
    for (minute, fires) in [(600, false), (1_199, false), (1_200, true), (0, true), (419, true), (420, false)]
    {
        world.local_time.minute = minute;
        assert_eq!(world.verdict(&night) == Verdict::Warn, fires, "{minute}");
    }
    let near = policy(&rule(
        "m",
        "warn",
        "",
        "content = { detectors = [\"iban\"], near = { detectors = [\"bsn\"], within = 100 } }",
    ));
    let far = "x ".repeat(200);
    assert_eq!(World::new(&format!("{BODY} IBAN NL91ABNA0417164300"), &[]).verdict(&near), Verdict::Warn);
    assert_eq!(World::new(&format!("IBAN NL91ABNA0417164300 {BODY}"), &[]).verdict(&near), Verdict::Warn);
    assert_eq!(
        World::new(&format!("{BODY} {far} IBAN NL91ABNA0417164300"), &[]).verdict(&near),
        Verdict::Allow
    );
}

#[test]
fn a_users_own_policy_tightens_and_cannot_loosen() {
    let organisation = || policy(&rule("w", "warn", "", BSN));
    for forbidden in [
        CLASSES.to_owned(),
        "[organisation]\ndomains = [\"example.com\"]".to_owned(),
        "[organisation]\npartners = [\"example.com\"]".to_owned(),
        "[organisation]\nfreemail = [\"example.com\"]".to_owned(),
        "[organisation]\nroles = [\"bob\"]".to_owned(),
        rule("mine", "allow", "class = \"daily\"", BSN),
    ] {
        let said = organisation().tighten(&format!("{HEAD}{forbidden}")).unwrap_err();
        assert!(matches!(said, PolicyError::OwnMayNot(_)), "{said}");
    }
    // The same name does not replace the organisation's rule.
    let tightened = organisation().tighten(&format!("{HEAD}{}", rule("w", "block", "", BSN))).unwrap();
    assert_eq!(World::new(BODY, &["bob@example.com"]).verdict(&tightened), Verdict::Block);
    let allowing = organisation().tighten(&format!("{HEAD}{}", rule("w", "allow", "", BSN))).unwrap();
    assert_eq!(World::new(BODY, &["bob@example.com"]).verdict(&allowing), Verdict::Warn);
}

#[test]
fn an_archive_needs_a_signature() {
    let class = "[[class]]\nid = \"x\"\nlevel = \"middle\"\nlabel = { nl = \"a\", en = \"b\" }\narchive = { address = \"archive@example.org\", fingerprint = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\" }\n";
    let text = format!("{HEAD}{class}");
    assert!(matches!(Policy::parse(&text, Authority::Unsigned), Err(PolicyError::UnsignedArchive)));
    let mut rng = rand_core::OsRng;
    let (key, other) = (crate::keys::SigningKey::make(&mut rng), crate::keys::SigningKey::make(&mut rng));
    let signature = sign(&text, &key).unwrap();
    let signed = SignedPolicy { text: &text, signature: &signature };
    assert_eq!(signed.verify(&key.verifying_key()).unwrap().classes().count(), 1);
    assert!(matches!(signed.verify(&other.verifying_key()), Err(PolicyError::Signature)));
    let changed = text.replace("middle", "low");
    let changed = SignedPolicy { text: &changed, signature: &signature };
    assert!(matches!(changed.verify(&key.verifying_key()), Err(PolicyError::Signature)));
    let none = SignedPolicy { text: &text, signature: "" };
    assert!(matches!(none.verify(&key.verifying_key()), Err(PolicyError::Signature)));
    assert!(sign("format = \"x\"", &key).is_err(), "what cannot be used was signed");
}

/// A small generator of numbers, so that failures repeat.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

const TEXTS: [&str; 8] = [
    "Tot morgen.",
    BODY,
    "Het BSN van de ander is 111222333.",
    "IBAN NL91ABNA0417164300",
    "wachtwoord: Zomer!2026xQ",
    "Order 4711, kamer 12.",
    "Geboortedatum: 12 maart 1961",
    "Bel 06-12345678.",
];
const PEOPLE: [&str; 6] = [
    "bob@example.org",
    "carol@example.com",
    "info@example.net",
    "dave@example.org",
    "erin@gmail.com",
    "frank@partner.example",
];
const WHEN: [&str; 9] = [
    BSN,
    "content = { detectors = [\"bsn\", \"iban\"], different = 2 }",
    "content = { detectors = [\"password\"], confidence = \"low\" }",
    "content = { detectors = [\"birth-date\"], near = { detectors = [\"bsn\"], within = 300 } }",
    "recipients = { any = [\"external\"] }",
    "recipients = { any = [\"freemail\", \"role\"] }",
    "recipients = { visible_more_than = 2 }",
    "recipients = { mixed = true }",
    "sender = [\"@example.org\"]",
];
const UNLESS: [&str; 3] = [
    "",
    "\n[[rule.unless]]\nrecipients = { all = [\"internal\"] }\n",
    "\n[[rule.unless]]\nrecipients = { all = [\"@partner.example\", \"internal\"] }\n",
];
const ACTIONS: [&str; 4] = ["allow", "seal", "warn", "block"];

fn random_rules(dice: &mut Dice) -> Vec<String> {
    (0..=dice.roll(6))
        .map(|number| {
            let class = ["", "class = \"daily\"", "class = \"health\""][dice.roll(3)];
            let text = rule(&format!("r{number}"), ACTIONS[dice.roll(4)], class, WHEN[dice.roll(WHEN.len())]);
            let second = if dice.roll(3) == 0 {
                format!("[[rule.when]]\n{}\n", WHEN[dice.roll(WHEN.len())])
            } else {
                String::new()
            };
            format!("{text}{second}{}", UNLESS[dice.roll(3)])
        })
        .collect()
}

fn random_world(dice: &mut Dice) -> World {
    let to: Vec<&'static str> = (0..=dice.roll(3)).map(|_| PEOPLE[dice.roll(PEOPLE.len())]).collect();
    let mut world = World::new(TEXTS[dice.roll(TEXTS.len())], &to);
    if dice.roll(2) == 0 {
        world
            .texts
            .push((Origin::Attachment(vec!["a.txt".to_owned()]), TEXTS[dice.roll(TEXTS.len())].to_owned()));
    }
    world
}

/// Says whether `after` is at least as strict as `before`, in everything that protects.
fn no_weaker(before: &Judgement, after: &Judgement) -> bool {
    let days = |judgement: &Judgement| judgement.demands.expires_days.unwrap_or(u32::MAX);
    after.verdict.strictness() >= before.verdict.strictness()
        && before.classes.is_subset(&after.classes)
        && after.demands.level >= before.demands.level
        && after.demands.second_factor >= before.demands.second_factor
        && days(after) <= days(before)
}

#[test]
fn adding_never_weakens_and_order_does_not_matter() {
    let mut dice = Dice(2_026);
    let rounds = 3_000;
    let none = Acceptances::new();
    let mut fired = 0;
    for round in 0..rounds {
        let mut rules = random_rules(&mut dice);
        let mut world = random_world(&mut dice);
        let before_policy = policy(&rules.concat());
        let before = world.judge(&before_policy, &none);
        fired += before.findings.len();

        rules.reverse();
        assert_eq!(world.judge(&policy(&rules.concat()), &none), before, "order, round {round}");

        let more = rule("mine", ACTIONS[dice.roll(4)], "", WHEN[dice.roll(WHEN.len())]);
        let tightened = policy(&rules.concat()).tighten(&format!("{HEAD}{more}")).unwrap();
        assert!(no_weaker(&before, &world.judge(&tightened, &none)), "tightening, round {round}");
        let plain = world.judge(&tightened, &none).plain;
        assert!(plain.is_subset(&before.plain), "plain after tightening, round {round}");

        match dice.roll(3) {
            0 => world.to.push(PEOPLE[dice.roll(PEOPLE.len())]),
            1 => world.texts.push((Origin::Body, TEXTS[dice.roll(TEXTS.len())].to_owned())),
            _ => {
                let name = Origin::Attachment(vec!["more.txt".to_owned()]);
                world.texts.push((name, TEXTS[dice.roll(TEXTS.len())].to_owned()));
            }
        }
        let after = world.judge(&before_policy, &none);
        assert!(no_weaker(&before, &after), "adding, round {round}: {before:?} became {after:?}");
    }
    assert!(fired > rounds, "hardly any rule fired; the test would show nothing");
}

#[test]
fn patterns_of_names_take_no_time() {
    assert!(judge::glob("*a*a*a*a*b", &"a".repeat(250)).eq(&false));
    for (pattern, text, fits) in [
        ("*.exe", "a.exe", true),
        ("*.exe", "a.exe.txt", false),
        ("?.pdf", "é.pdf", true),
        ("*", "", true),
        ("", "x", false),
        ("a*b*c", "a-b-b-c", true),
    ] {
        assert_eq!(judge::glob(pattern, text), fits, "{pattern} {text}");
    }
}

/// A scanner that is configured counts without a rule for it; a rule of the organisation takes the place of that, one's own
/// does not.
#[test]
fn what_the_scanner_says_counts_without_a_rule() {
    let file = |name: &str| Origin::Attachment(vec![name.to_owned()]);
    let fired = |policy: &Policy, scans: &[(&str, ScanResult)], accepted: &Acceptances| {
        let mut world = World::new("Hallo.", &["bob@example.org"]);
        world.scans = scans.iter().map(|(name, result)| (file(name), result.clone())).collect();
        let judged = world.judge(policy, accepted);
        let rules: Vec<String> = judged.findings.iter().map(|finding| finding.rule.clone()).collect();
        (judged.verdict, rules.join(" "))
    };
    let clean = ("a.txt", ScanResult::Clean);
    let infected = ("b.txt", ScanResult::Infected("X".to_owned()));
    let unscanned = ("c.txt", ScanResult::NotScanned("too long".to_owned()));
    let none = Acceptances::new();
    let by_name: Acceptances =
        [(NOT_SCANNED.to_owned(), None), (INFECTED.to_owned(), Some("please".to_owned()))].into();
    let says = |verdict, rules: &str| (verdict, rules.to_owned());

    let silent = [Policy::built_in(), policy(&rule("a", "warn", "", BSN))];
    for silent in &silent {
        assert_eq!(fired(silent, std::slice::from_ref(&clean), &none), says(Verdict::Allow, ""));
        let both = [clean.clone(), infected.clone(), unscanned.clone()];
        assert_eq!(fired(silent, &both, &none), says(Verdict::Block, "scan:infected scan:not-scanned"));
        assert_eq!(fired(silent, &both, &by_name).0, Verdict::Block, "nobody can accept that");
        let long = [clean.clone(), unscanned.clone()];
        assert_eq!(fired(silent, &long, &none), says(Verdict::Warn, NOT_SCANNED));
        assert_eq!(fired(silent, &long, &by_name), says(Verdict::Seal, NOT_SCANNED));
    }

    let mild = policy(&format!(
        "{}{}",
        rule("found", "warn", "accept = \"by-name\"", "attachments = { infected = true }"),
        rule("long", "allow", "", "attachments = { not_scanned = true }")
    ));
    assert_eq!(fired(&mild, &[infected.clone(), unscanned], &none), says(Verdict::Warn, "found long"));
    // A rule about some of the files does not answer for the others.
    let narrow = policy(&rule("doc", "warn", "", "attachments = { infected = true, name = [\"*.doc\"] }"));
    assert_eq!(fired(&narrow, std::slice::from_ref(&infected), &none), says(Verdict::Block, "scan:infected"));
    let own = rule("mild", "warn", "accept = \"by-name\"", "attachments = { infected = true }");
    let tightened = policy(&rule("a", "warn", "", BSN)).tighten(&format!("{HEAD}{own}")).unwrap();
    assert_eq!(fired(&tightened, &[infected], &none), says(Verdict::Block, "scan:infected own:mild"));
}

#[test]
fn what_could_not_be_read_is_asked_about_where_the_rules_are_silent() {
    let judged = |policy: &Policy, reason, accepted: &Acceptances| {
        let mut world = World::new("Hallo.", &["bob@example.org"]);
        let origin = Origin::Attachment(vec!["a.zip".to_owned()]);
        world.material.unread.push(Unread { origin, reason });
        let judged = world.judge(policy, accepted);
        let rules: Vec<String> = judged.findings.iter().map(|finding| finding.rule.clone()).collect();
        (judged.verdict, rules.join(" "))
    };
    let says = |verdict, rules: &str| (verdict, rules.to_owned());
    let none = Acceptances::new();
    let accepted: Acceptances = [(NOT_EXAMINED.to_owned(), None)].into();
    let content = policy(&rule("a", "block", "", BSN));
    let own = rule("mild", "warn", "", "attachments = { unread = [\"limit\"] }");
    let tightened = policy(&rule("a", "block", "", BSN)).tighten(&format!("{HEAD}{own}")).unwrap();
    for reason in [
        UnreadReason::Damaged,
        UnreadReason::Encrypted,
        UnreadReason::Limit,
        UnreadReason::NoInspector,
        UnreadReason::UnknownKind,
    ] {
        assert_eq!(judged(&content, reason, &none), says(Verdict::Warn, NOT_EXAMINED), "{reason:?}");
        assert_eq!(judged(&content, reason, &accepted), says(Verdict::Seal, NOT_EXAMINED));
        // One's own rule does not answer for the organisation's.
        assert!(judged(&tightened, reason, &none).1.contains(NOT_EXAMINED), "{reason:?}");
    }
    // A logo is under many a mail.
    assert_eq!(judged(&content, UnreadReason::ImageOnly, &none), says(Verdict::Allow, ""));
    // Without a rule about what is inside there is nothing it could get past.
    let people = policy(&rule("r", "warn", "", "recipients = { any = [\"freemail\"] }"));
    for silent in [Policy::built_in(), people] {
        assert_eq!(judged(&silent, UnreadReason::Limit, &none), says(Verdict::Allow, ""));
    }
    // A rule of the organisation about it has chosen its reasons.
    let chosen = policy(&format!(
        "{}{}",
        rule("a", "block", "", BSN),
        rule("closed", "warn", "", "attachments = { unread = [\"encrypted\"] }")
    ));
    assert_eq!(judged(&chosen, UnreadReason::Encrypted, &none), says(Verdict::Warn, "closed"));
    assert_eq!(judged(&chosen, UnreadReason::Limit, &none), says(Verdict::Allow, ""));
}
