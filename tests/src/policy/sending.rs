//! What a policy does to mail on its way out: it leaves, or nothing does and the reason is told.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;
use zegel_testkit::zegel_binary;

use super::office::{HEAD, Office, RULES, mail_with};
use crate::e2e::world::finish;

/// Made up; they pass the check of eleven.
const ONE: &str = "Het burgerservicenummer (BSN) is 123456782.";
const TWO: &str = "De burgerservicenummers (BSN) zijn 123456782 en 111222333.";

fn office() -> Office {
    Office::new(&format!("{HEAD}{RULES}"), "")
}

#[test]
fn a_mail_without_findings_is_sent() {
    let office = office();
    office.draft("See you on Thursday.");
    office.sent(&[]);
    office.world.must("alice", &["plan", "mail.eml"], b"");
    office.world.must("alice", &["seal", "mail.eml", "-o", "out.zegel"], b"");
    office.world.must("bob", &["open", "out.zegel"], b"");
}

#[test]
fn a_block_is_never_sent() {
    let office = office();
    office.draft(TWO);
    let says = ["many-bsn", "Too many citizen service numbers."];
    office.refused(&[], 77, &says);
    // Nobody can accept a block, whatever is accepted besides.
    office.refused(&["--accept", "many-bsn=I may", "--accept", "bsn=I may"], 77, &says);
    office.draft(ONE);
    office.sent(&["--accept", "bsn=agreed with Bob"]);
}

#[test]
fn a_warning_is_sent_only_when_it_is_accepted_by_name() {
    let office = office();
    office.draft("Het gaat over Zonnebloem.");
    office.refused(&[], 77, &["project: This is about the project.", "--accept project"]);
    for other in ["projects", "bsn", "bsn=reason", "own:project", "PROJECT"] {
        office.refused(&["--accept", other], 77, &["project"]);
    }
    office.refused(&["--accept", ""], 64, &["names no rule"]);
    office.refused(&["--accept", "project", "--accept", "project"], 64, &["for the second time"]);
    office.sent(&["--accept", "project"]);
    office.sent(&["--accept", "project=a reason does no harm"]);
}

#[test]
fn a_warning_that_wants_a_reason_is_sent_with_one() {
    let office = office();
    office.draft(ONE);
    office.refused(&[], 77, &["bsn: There is a citizen service number in it.", "--accept bsn=REASON"]);
    for without in ["bsn", "bsn=", "bsn=  "] {
        office.refused(&["--accept", without], 77, &["bsn"]);
    }
    office.sent(&["--accept", "bsn=the referral asks for it"]);
}

#[test]
fn every_finding_has_to_be_accepted() {
    let office = office();
    office.draft(&format!("{ONE} Het gaat over Zonnebloem."));
    office.refused(&[], 77, &["bsn", "project"]);
    office.refused(&["--accept", "project"], 77, &["bsn"]);
    office.refused(&["--accept", "bsn=x"], 77, &["project"]);
    office.sent(&["--accept", "bsn=x", "--accept", "project"]);
}

/// The reason is shown: rule, place and words, in the report of `plan` as on its page.
#[test]
fn plan_names_rule_place_and_words() {
    let office = office();
    office.draft(ONE);
    let ran = office.world.zegel("alice", &["plan", "mail.eml", "--json"], b"");
    assert_eq!(ran.code, 77);
    let plan: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!((&plan["sendable"], &plan["refusal"]["kind"]), (&Value::Bool(false), &"policy".into()));
    let finding = &plan["check"]["findings"][0];
    assert_eq!(finding["rule"], "bsn");
    assert_eq!(finding["evidence"][0]["words"], "123456782");
    assert_eq!(finding["evidence"][0]["line"], 3);
    assert_eq!(plan["check"]["classes"], serde_json::json!(["personal"]));
}

#[test]
fn a_policy_that_cannot_be_used_lets_nothing_out() {
    let office = office();
    office.draft("See you on Thursday.");
    let good = format!("{HEAD}{RULES}");
    for (text, says) in [
        ("not TOML".to_owned(), "line 1"),
        (String::new(), "format"),
        (good.replace("policy/v1", "policy/v2"), "zegel/policy/v2"),
        (format!("surprise = true\n{good}"), "surprise"),
        (good.replace("[\"project-name\"]", "[\"project-names\"]"), "no detector \"project-names\""),
        (good.replace("\"block\"", "\"forbid\""), "forbid"),
        (good.replace("class = \"personal\"", "class = \"secret\""), "no class"),
        (good.replace("different = 2", "different = 2, colour = \"red\""), "colour"),
        (good.replace("when = [{ attachments", "when = [{ weather"), "weather"),
        (
            good.replace(
                "id = \"personal\"",
                "id = \"personal\"\narchive = { address = \"archive@example.org\", fingerprint = \"x\" }",
            ),
            "archive",
        ),
    ] {
        assert_ne!(text, good, "{says}: the change was made");
        office.write_policy(&text);
        office.refused(&[], 78, &["policy.toml", says]);
        // Nor does it fall back to weaker rules when it is looked at; a named file is bad data.
        office.unchanged(&["check", "mail.eml"], b"", 78, &[says]);
        office.unchanged(&["policy", "show"], b"", 78, &[says]);
        office.unchanged(&["policy", "lint", "policy.toml"], b"", 65, &[says]);
        office.unchanged(&["check", "mail.eml", "--policy", "policy.toml"], b"", 65, &[says]);
    }
    office.write_policy(&good);
    office.sent(&[]);
    // A file that is called a signature is none.
    office.world.write("work/policy.toml.sig", "");
    office.unchanged(&["policy", "lint", "policy.toml"], b"", 65, &["signature"]);
    office.unchanged(&["policy", "test", "policy.toml"], b"", 65, &["signature"]);
    office.unchanged(&["check", "mail.eml", "--policy", "policy.toml"], b"", 65, &["signature"]);
    fs::remove_file(office.world.join("work/policy.toml.sig")).unwrap();

    let path = office.world.join("work/policy.toml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    office.refused(&[], 78, &["policy.toml"]);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    office.sent(&[]);
    fs::remove_file(path).unwrap();
    office.refused(&[], 78, &["policy.toml"]);
    office.unchanged(&["policy", "lint", "policy.toml"], b"", 66, &["policy.toml"]);
    // Without the line in the configuration the built-in policy is in force again.
    office.configure("");
    office.sent(&[]);
}

#[test]
fn a_signed_policy_counts_only_with_its_signature_and_never_an_older_issue() {
    let office = office();
    office.draft("See you on Thursday.");
    let good = |serial: u32| format!("{HEAD}{RULES}").replace("serial = 1", &format!("serial = {serial}"));
    let sign = |who: &str| {
        let (address, sign) = (format!("{who}@example.org"), ["policy", "sign", "policy.toml", "--as"]);
        let ran = office.world.must(who, &[&sign[..], &[&address, "--force", "--json"]].concat(), b"");
        let report: Value = serde_json::from_slice(&ran.stdout).unwrap();
        report["signer"].as_str().unwrap().to_owned()
    };
    let signature = office.world.join("work/policy.toml.sig");
    let file = office.world.join("work/policy.toml");
    let signer = sign("alice");
    fs::remove_file(&signature).unwrap();
    office.configure(&format!("[policy]\nfile = {file:?}\nsigner = \"{signer}\"\n"));
    office.refused(&[], 78, &["is not signed", "policy.toml.sig"]);

    office.write_policy(&good(5));
    sign("bob");
    office.refused(&[], 78, &["signature does not hold"]);
    sign("alice");
    office.sent(&[]);
    // One letter of a rule, and the signature is of another text.
    office.write_policy(&good(5).replace("different = 2", "different = 9"));
    office.refused(&[], 78, &["signature does not hold"]);
    fs::write(&signature, "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n").unwrap();
    office.refused(&[], 78, &["signature does not hold"]);

    office.write_policy(&good(4));
    sign("alice");
    office.refused(&[], 78, &["is issue 4, but issue 5 was in force before"]);
    office.write_policy(&good(6));
    sign("alice");
    office.sent(&[]);
    office.write_policy(&good(5));
    sign("alice");
    office.refused(&[], 78, &["is issue 5, but issue 6 was in force before"]);

    // Taking the file out of the configuration is no way around the signer.
    office.configure(&format!("[policy]\nsigner = \"{signer}\"\n"));
    office.refused(&[], 78, &["policy.signer and policy.name stand beside policy.file"]);
}

#[test]
fn ones_own_policy_tightens_and_cannot_loosen() {
    let office = office();
    let file = office.world.join("work/policy.toml");
    let own = office.world.join("work/own.toml");
    office.configure(&format!("[policy]\nfile = {file:?}\nown = {own:?}\n"));
    let head = HEAD.replace("Example", "Mine");
    let rule = |id: &str, action: &str, when: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\naction = \"{action}\"\nexplain = {{ nl = \"Van mij.\", en = \"Mine.\" }}\nwhen = [{when}]\n"
        )
    };
    let words = "[[detector]]\nid = \"lunch\"\nwords = [\"lunch\"]\n";
    let tighter =
        format!("{head}{}{words}", rule("bsn", "block", "{ content = { detectors = [\"lunch\"] } }"));
    office.write_private("work/own.toml", &tighter);
    office.draft("Het is lunch.");
    office.refused(&[], 77, &["own:bsn: Mine."]);
    office.draft("Het is Zonnebloem.");
    office.refused(&[], 77, &["project"]);
    office.draft("Tot donderdag.");
    office.sent(&[]);

    // The mildest rule that could be written takes nothing away.
    let bsn = "{ content = { detectors = [\"bsn\"] } }";
    let mild = format!("{head}{}{}", rule("bsn", "allow", bsn), rule("many-bsn", "allow", bsn));
    office.write_private("work/own.toml", &mild);
    office.draft(TWO);
    office.refused(&[], 77, &["many-bsn"]);
    office.draft(ONE);
    office.refused(&["--accept", "own:bsn=x"], 77, &["bsn"]);
    office.sent(&["--accept", "bsn=x"]);

    // What could loosen is not understood.
    let class = "[[class]]\nid = \"personal\"\nlevel = \"low\"\nlabel = { nl = \"x\", en = \"x\" }\nplain = [\"internal\"]\n";
    let project = "[[detector]]\nid = \"project-name\"\nwords = [\"nothing\"]\n";
    office.draft("Tot donderdag.");
    for (text, says) in [
        (format!("{head}{class}"), "cannot have classes"),
        (format!("{head}[organisation]\ndomains = [\"example.com\"]\n"), "cannot have"),
        (format!("{head}[organisation]\npartners = [\"example.com\"]\n"), "cannot have"),
        (format!("{head}[organisation]\nfreemail = [\"example.com\"]\n"), "cannot have"),
        (
            format!("{head}{}", rule("x", "allow", bsn).replace("action", "class = \"personal\"\naction")),
            "cannot have rules that name a class",
        ),
        (format!("{head}{project}"), "project-name"),
        (format!("{head}surprise = 1\n"), "surprise"),
    ] {
        office.write_private("work/own.toml", &text);
        office.refused(&[], 78, &["own.toml", says]);
    }
    fs::remove_file(&own).unwrap();
    office.refused(&[], 78, &["own.toml"]);
    office.write_private("work/own.toml", &tighter);
    office.sent(&[]);
    office.configure(&format!("[policy]\nown = {own:?}\n"));
    // Without the organisation's it tightens the built-in one.
    office.sent(&[]);
    office.draft("Het is lunch.");
    office.refused(&[], 77, &["own:bsn: Mine."]);
}

/// What an administrator settles for the computer counts whatever a user's configuration says, or leaves out.
#[test]
fn the_policy_of_the_computer_cannot_be_left_out() {
    let office = Office::without_policy("");
    office.write_policy(&format!("{HEAD}{RULES}"));
    office.draft(ONE);
    office.sent(&[]);
    let file = office.world.join("work/policy.toml");
    office.write_private(
        "machine.toml",
        &format!("version = 1\n[policy]\nfile = {file:?}\nname = \"Example\"\n"),
    );
    office.refused(&[], 77, &["bsn"]);
    // Another policy in one's own configuration is no way out, and neither is a broken or an open file.
    office.write_private("work/mild.toml", HEAD);
    office.configure(&format!("[policy]\nfile = {:?}\n", office.world.join("work/mild.toml")));
    office.refused(&[], 78, &["policy is settled here"]);
    office.configure("");
    office.write_private(
        "machine.toml",
        &format!("version = 1\n[policy]\nfile = {file:?}\nname = \"Other\"\n"),
    );
    office.refused(&[], 78, &["is the policy \"Example\", and \"Other\" is wanted"]);
    office.write_private("machine.toml", "version = 1\n[policy]\nfiles = 1\n");
    office.refused(&[], 78, &["machine.toml"]);
}

/// A rule for the night would not fire for somebody who says that they are elsewhere.
#[test]
fn a_variable_does_not_move_the_clock_of_the_computers_rules() {
    let day = "{ time = { from = \"00:00\", before = \"23:59\" } }";
    let rule = format!(
        "[[rule]]\nid = \"always\"\naction = \"block\"\nexplain = {{ nl = \"Nu.\", en = \"Now.\" }}\nwhen = [{day}]\n"
    );
    let office = Office::without_policy("");
    office.write_policy(&format!("{HEAD}{rule}"));
    let file = office.world.join("work/policy.toml");
    office.draft("Until Thursday.");
    let machine = format!("version = 1\n[policy]\nfile = {file:?}\n");
    office.write_private("machine.toml", &machine);
    office.refused(&[], 78, &["TZ is set"]);
    let before = (office.world.listing(&[]), office.mails());
    let words = ["send", "mail.eml"].map(str::to_owned);
    let mut command = office.world.command("alice", &words);
    command.env_remove("TZ");
    let ran = finish(command, b"");
    assert_eq!(ran.code, 77, "the rule is asked: {}", ran.stderr);
    assert_eq!((office.world.listing(&[]), office.mails()), before);
    // In one's own configuration the clock is one's own, and so for rules that ask no time.
    fs::remove_file(office.world.join("machine.toml")).unwrap();
    office.configure(&format!("[policy]\nfile = {file:?}\n"));
    office.refused(&[], 77, &["always: Now."]);
    office.configure("");
    office.write_policy(&format!("{HEAD}{RULES}"));
    office.write_private("machine.toml", &machine);
    office.sent(&[]);
}

/// What stands in a file counts like what stands in the text: the inspector reads it.
#[test]
fn what_an_attachment_holds_is_judged() {
    let office = office();
    let letter = mail_with("See the letter.", &[("letter.txt", "text/plain", TWO.as_bytes())]);
    office.world.write("work/mail.eml", letter);
    office.refused(&[], 77, &["many-bsn"]);
    office.world.write(
        "work/mail.eml",
        mail_with("See the letter.", &[("letter.txt", "text/plain", b"Until Thursday.")]),
    );
    office.sent(&[]);
}

#[test]
fn what_nobody_can_read_is_for_the_policy_to_decide() {
    let office = office();
    // An age file: nothing here can look into it.
    let sealed = office.world.join("work/inside.zegel");
    office.draft("Until Thursday.");
    office.world.must("alice", &["seal", "mail.eml", "-o", sealed.to_str().unwrap()], b"");
    let unknown: Vec<u8> = (0..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    office.world.write(
        "work/mail.eml",
        mail_with("See the file.", &[("data.bin", "application/octet-stream", &unknown)]),
    );
    office.refused(&[], 77, &["unexamined: Nobody looked into this."]);
    office.sent(&["--accept", "unexamined"]);
}

/// The process that reads attachments cannot be started here, because `/proc` is empty: that is no clean bill of health.
#[test]
fn an_inspector_that_fails_leaves_everything_unexamined() {
    let office = office();
    let letter = mail_with("See the letter.", &[("letter.txt", "text/plain", b"Until Thursday.")]);
    office.world.write("work/mail.eml", letter);
    let without_proc = |arguments: &[&str]| {
        let script = "mount -t tmpfs none /proc && exec \"$@\"";
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", script, "sh"]);
        command.arg(zegel_binary()).args(arguments).env_clear().envs(office.world.environment("alice"));
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").current_dir(office.world.join("work"));
        finish(command, b"")
    };
    let before = office.world.listing(&[]);
    for arguments in [&["send", "mail.eml"][..], &["seal", "mail.eml", "-o", "out.zegel"]] {
        let ran = without_proc(arguments);
        assert_eq!(ran.code, 77, "{}", ran.stderr);
        assert!(ran.stderr.contains("unexamined: Nobody looked into this."), "{}", ran.stderr);
        assert_eq!((office.world.listing(&[]), office.server.seen().len()), (before.clone(), 0));
    }
    let ran = without_proc(&["plan", "mail.eml", "--json", "--accept", "unexamined"]);
    let plan: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!((ran.code, &plan["sendable"]), (0, &Value::Bool(true)), "{}", ran.stderr);
    assert_eq!(plan["check"]["not_examined"][0]["reason"], "no-inspector");
    // With the inspector the same mail needs no acceptance.
    office.sent(&[]);
}
