//! A sealed message opened with stock tools, by the very lines of `docs/formats/message.md`.

use std::fs;
use std::path::Path;
use std::process::Command;

use secrecy::ExposeSecret;
use serde_json::Value;
use zegel_core::message::FirstUse;
use zegel_testkit::{Person, SeededRng};

const MAIL: &[u8] = b"From: Alice Jansen <alice@example.org>\nTo: bob@example.net\nCc: carol@example.com\n\
    Subject: Uitslag\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nBeste Bob,\n\nHierbij.\n";

#[test]
fn the_documented_lines_open_and_verify_a_message() {
    let folder = tempfile::tempdir().unwrap();
    let (alice, bob) = people();
    let container = alice.seal_mail(MAIL, &mut SeededRng::new("stock")).remove(0);
    let at = |name: &str| folder.path().join(name);
    fs::write(at("message.zegel"), &container).unwrap();
    let secret = bob.identity.current().age().to_secret_text();
    fs::write(at("identity.txt"), format!("# Bob's keys\n{}\n", secret.expose_secret())).unwrap();
    let key = alice.identity.card().signing_key();
    fs::write(at("allowed_signers"), format!("alice@example.org namespaces=\"zegel-manifest\" {key}\n"))
        .unwrap();
    install_age(folder.path());

    // The message has three envelopes in an order that says nothing: Bob's is the one that opens.
    let opened: Vec<usize> = (0..3).filter(|number| follow(folder.path(), *number, "100000")).collect();
    assert_eq!(opened.len(), 1, "exactly one envelope is Bob's: {opened:?}");
    assert!(follow(folder.path(), opened[0], "100000"));
    let manifest: Value = serde_json::from_slice(&fs::read(at("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["opener"]["address"], "bob@example.net");
    let length = manifest["parts"][0]["length"].to_string();
    assert!(follow(folder.path(), opened[0], &length));

    let body = fs::read(at("body.eml")).unwrap();
    assert_eq!(body.len().to_string(), length);
    assert!(body.ends_with(b"\n\nBeste Bob,\n\nHierbij.\n"));
    let printed = fs::read_to_string(at("output")).unwrap();
    let hash = manifest["parts"][0]["blake3"].as_str().unwrap();
    assert!(printed.contains("Good \"zegel-manifest\" signature for alice@example.org"), "{printed}");
    assert!(printed.contains(&format!("{hash}  body.eml")), "b3sum prints what the manifest says: {printed}");

    // Zegel reads the same manifest out of the same file.
    let ours = bob.open_container(&container, FirstUse::Refuse).unwrap();
    assert_eq!(ours.manifest.to_line().unwrap().as_slice(), fs::read(at("manifest.json")).unwrap());

    // And the same lines refuse: a changed byte, another signer, another namespace.
    let line = fs::read_to_string(at("manifest.json")).unwrap();
    let holds = |line: &str, who: &str, namespace: &str| verify(folder.path(), line, who, namespace);
    assert!(holds(&line, "alice@example.org", "zegel-manifest"), "positive control");
    assert!(!holds(&line.replace("Uitslag", "Uitslaf"), "alice@example.org", "zegel-manifest"));
    assert!(!holds(line.trim_end(), "alice@example.org", "zegel-manifest"), "the LF is signed too");
    assert!(!holds(&line, "eve@example.com", "zegel-manifest"));
    assert!(!holds(&line, "alice@example.org", "zegel-card"));
}

#[test]
fn ssh_keygen_verifies_cards_and_takes_the_signing_key() {
    let folder = tempfile::tempdir().unwrap();
    let (alice, _) = people();
    let card = alice.identity.card();
    let key_file = folder.path().join("id_ed25519");
    let secret = alice.identity.current().signing().to_openssh().unwrap();
    fs::write(&key_file, secret.expose_secret()).unwrap();
    super::good(Command::new("chmod").arg("600").arg(&key_file), b"");
    let public = super::good(Command::new("ssh-keygen").arg("-y").arg("-f").arg(&key_file), b"");
    assert_eq!(String::from_utf8(public).unwrap().trim_end(), card.signing_key().to_string());

    let (line, armour) = card.text().split_once('\n').unwrap();
    let key = card.signing_key();
    fs::write(folder.path().join("allowed_signers"), format!("alice@example.org {key}\n")).unwrap();
    fs::write(folder.path().join("manifest.sig"), armour).unwrap();
    assert!(verify(folder.path(), &format!("{line}\n"), "alice@example.org", "zegel-card"));
    assert!(!verify(folder.path(), &format!("{line} \n"), "alice@example.org", "zegel-card"));

    // The fingerprint, by the line of `docs/formats/card.md`.
    let json = format!(
        "{{\"address\":\"alice@example.org\",\"recipient\":\"{}\",\"signing_key\":\"{key}\"}}",
        card.recipient()
    );
    let script = format!("printf 'zegel/card-fingerprint/v1\\n{json}\\n' | sha256sum");
    let printed = super::good(Command::new("sh").arg("-c").arg(script), b"");
    let hex = data_encoding::HEXLOWER.encode(card.fingerprint().as_bytes());
    assert_eq!(String::from_utf8(printed).unwrap(), format!("{hex}  -\n"));
}

#[test]
fn an_age_without_hybrid_keys_refuses_and_reads_our_classic_files() {
    let folder = tempfile::tempdir().unwrap();
    let (alice, bob) = people();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("message.zegel"), alice.seal_mail(MAIL, &mut SeededRng::new("old age")).remove(0)).unwrap();
    fs::write(at("identity.txt"), bob.identity.current().age().to_secret_text().expose_secret()).unwrap();
    super::good(Command::new("tar").arg("xf").arg("message.zegel").current_dir(folder.path()), b"");
    let mut age = Command::new("age");
    age.args(["-d", "-i", "identity.txt", "envelopes/0.age"]).current_dir(folder.path());
    let output = super::run(&mut age, b"");
    assert!(!output.status.success() && output.stdout.is_empty(), "it refuses what it does not know");

    super::good(Command::new("age-keygen").arg("-o").arg(at("classic.txt")), b"");
    let recipient = super::good(Command::new("age-keygen").arg("-y").arg(at("classic.txt")), b"");
    let recipient = String::from_utf8(recipient).unwrap().trim().parse().unwrap();
    let mut writer =
        zegel_core::age_file::seal(&recipient, fs::File::create(at("file.age")).unwrap()).unwrap();
    std::io::Write::write_all(&mut writer, b"classic").unwrap();
    writer.finish().unwrap();
    let mut age = Command::new("age");
    age.args(["-d", "-i", "classic.txt", "file.age"]).current_dir(folder.path());
    assert_eq!(super::good(&mut age, b""), b"classic");
}

/// Alice, who knows Bob and Carol, and Bob, who knows Alice.
fn people() -> (Person, Person) {
    let (alice, bob, carol) = (Person::alice(), Person::bob(), Person::carol());
    (alice.clone().knowing(&[&bob, &carol]), bob.knowing(&[&alice]))
}

/// Runs the lines of the documentation for one envelope, stopping at the first that fails.
fn follow(folder: &Path, envelope: usize, length: &str) -> bool {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/formats/message.md");
    let page = fs::read_to_string(page).unwrap();
    let section = page.split_once("## With stock tools").unwrap().1;
    let lines: Vec<&str> = section.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    assert_eq!(lines.len(), 8, "the recipe has eight lines: {lines:?}");
    let script = lines.join("\n");
    assert!(script.contains("envelopes/0.age") && script.contains("LENGTH"));
    let script =
        script.replace("envelopes/0.age", &format!("envelopes/{envelope}.age")).replace("LENGTH", length);
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.arg("-ec").arg(script).current_dir(folder).env("PATH", path).env("LC_ALL", "C");
    let output = super::run(&mut shell, b"");
    fs::write(folder.join("output"), &output.stdout).unwrap();
    output.status.success()
}

/// Puts an `age` with hybrid keys on the path of the documented lines.
fn install_age(folder: &Path) {
    let script = format!("#!/bin/sh\nexec node '{}' \"$@\"\n", super::age_script().display());
    let file = folder.join("age");
    fs::write(&file, script).unwrap();
    super::good(Command::new("chmod").arg("755").arg(file), b"");
}

fn verify(folder: &Path, line: &str, signer: &str, namespace: &str) -> bool {
    let mut keygen = Command::new("ssh-keygen");
    keygen.args([
        "-Y",
        "verify",
        "-f",
        "allowed_signers",
        "-I",
        signer,
        "-n",
        namespace,
        "-s",
        "manifest.sig",
    ]);
    super::run(keygen.current_dir(folder), line.as_bytes()).status.success()
}
