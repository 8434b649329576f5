//! Replays the inputs of the fuzzers, and makes the first ones from real messages.

use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use zegel_core::introduction::Introduction;

use super::forge::{Spec, untar};
use super::hostile;
use super::people::World;
use super::targets::TARGETS;

/// Longest input that is kept.
const KEPT_MAX: usize = 16 * 1024;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

#[test]
fn every_stored_fuzz_input_is_judged() {
    for (name, target) in TARGETS {
        let mut count = 0;
        for entry in std::fs::read_dir(folder().join("corpus").join(name)).unwrap() {
            target(&std::fs::read(entry.unwrap().path()).unwrap());
            count += 1;
        }
        println!("{name:<10} {count} inputs");
        assert!(count > 0, "{name}");
    }
}

/// The generator of `tests/fuzz/corpus` and of the identity that the targets use.
#[test]
#[ignore = "writes the first inputs of the fuzzers"]
fn write_corpus() {
    let world = World::get();
    let identity = world.bob.to_secret_text().unwrap();
    std::fs::write(folder().join("src/bob.identity"), identity.expose_secret()).unwrap();
    let entries = untar(&world.container);
    let spec = Spec::of(&world.container, &world.bob);
    let text = spec.envelope_text();
    let used = text.trim_ascii_end().len() + 1;
    let line = spec.line();
    let line = line.trim_ascii_end();
    let inner = &spec.parts[0].plain;
    let card = world.alice.card().text();
    let (_, dave) = super::people::pin(&world.dave);
    let colleague = Introduction::make(&dave, &world.alice, super::people::now());
    let mut own = Spec::of(&world.container, &world.alice);
    own.manifest["bcc"] = serde_json::json!(["dave@example.net"]);

    save("header", "envelope", &entries.envelopes[0]);
    save("header", "part", &entries.parts[0]);
    save("envelope", "blocks", &text[..used]);
    save("envelope", "sender", &own.envelope_text()[..used]);
    save("manifest", "recipient", line);
    save("manifest", "sender", own.line().trim_ascii_end());
    save("mime", "sealed", &world.mail[..12_000]);
    save("mime", "inner", inner);
    save("card", "alice", card.as_bytes());
    save("card", "introduction", colleague.unwrap().as_bytes());
    save("card", "identity", identity.expose_secret().as_bytes());
    save("card", "recipient", world.alice.card().recipient().to_string().as_bytes());
    save("card", "signing-key", world.alice.card().signing_key().to_string().as_bytes());
    let small = super::forge::tar(&[super::forge::encrypt(b"x", &spec.to)], &[entries.envelopes[0].clone()]);
    save("tar", "small", &small);
    let mut own_small = spec.clone();
    own_small.parts.truncate(1);
    own_small.manifest["parts"].as_array_mut().unwrap().truncate(1);
    save("tar", "message", &own_small.build());
    let mails = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for file in mail_files(&mails).into_iter().take(60) {
        let bytes = std::fs::read(&file).unwrap();
        if bytes.len() <= KEPT_MAX {
            save("mime", file.file_stem().unwrap().to_str().unwrap(), &bytes);
        }
    }
    for (number, case) in hostile::cases().iter().enumerate() {
        let input = (case.make)();
        let target = hostile::target_of(case);
        let kept = if target == "tar" { input.len() } else { input.len().min(2_000) };
        if kept <= KEPT_MAX {
            save(target, &format!("hostile-{number}"), &input[..kept]);
        }
    }
}

fn mail_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files.extend(mail_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "eml") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn save(target: &str, name: &str, bytes: &[u8]) {
    let folder = folder().join("corpus").join(target);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), bytes).unwrap();
}
