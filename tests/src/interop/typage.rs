//! npm `age-encryption` (typage), both ways: hybrid and classic, with the sizes at which the payload's chunks end.

use std::io::{Read, Write};
use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rand_core::RngCore;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use zegel_core::age_file;
use zegel_core::keys::{AgeIdentity, AgeRecipient};
use zegel_testkit::SeededRng;

const CHUNK: usize = 65_536;
const SIZES: [usize; 12] = [
    0,
    1,
    100,
    4_096,
    CHUNK - 1,
    CHUNK,
    CHUNK + 1,
    2 * CHUNK - 1,
    2 * CHUNK,
    2 * CHUNK + 1,
    1_000_000,
    16 * CHUNK,
];

#[test]
fn typage_opens_what_we_seal_and_we_open_what_it_seals() {
    let mut rng = SeededRng::new("typage");
    let ours = AgeIdentity::make(&mut rng);
    let made =
        batch(&[json!({"do": "generate", "kind": "hybrid"}), json!({"do": "generate", "kind": "classic"})]);
    let mut count = 0;
    for identity in [ours, identity(&made[0]), identity(&made[1])] {
        let secret = identity.to_secret_text();
        let mut plains = Vec::new();
        let mut tasks = Vec::new();
        for size in SIZES {
            let mut plain = vec![0; size];
            rng.fill_bytes(&mut plain);
            let file = BASE64_STANDARD.encode(seal(&identity.recipient(), &plain));
            tasks.push(json!({"do": "decrypt", "identity": secret.expose_secret(), "file": file}));
            let (recipient, text) = (identity.recipient().to_string(), BASE64_STANDARD.encode(&plain));
            tasks.push(json!({"do": "encrypt", "recipient": recipient, "plain": text}));
            plains.push(plain);
        }
        for (plain, results) in plains.iter().zip(batch(&tasks).chunks(2)) {
            assert!(bytes(&results[0], "plain") == *plain, "typage differs at {} bytes", plain.len());
            let mut opened = Vec::new();
            let file = bytes(&results[1], "file");
            let identities = std::slice::from_ref(&identity);
            let mut payload = age_file::open_any(file.as_slice(), identities, None).unwrap();
            payload.read_to_end(&mut opened).unwrap();
            assert!(opened == *plain, "zegel differs at {} bytes", plain.len());
            count += 2;
        }
    }
    println!("{count} files crossed over, and were the same on the other side");
    assert_eq!(count, 3 * 2 * SIZES.len());
}

#[test]
fn keys_of_one_side_are_keys_on_the_other() {
    let mut rng = SeededRng::new("typage keys");
    let ours = AgeIdentity::make(&mut rng);
    let secret = ours.to_secret_text();
    let results = batch(&[
        json!({"do": "recipient", "identity": secret.expose_secret()}),
        json!({"do": "generate", "kind": "hybrid"}),
        json!({"do": "generate", "kind": "classic"}),
    ]);
    assert_eq!(results[0]["recipient"], ours.recipient().to_string());
    for (made, is_post_quantum) in [(&results[1], true), (&results[2], false)] {
        let recipient: AgeRecipient = made["recipient"].as_str().unwrap().parse().unwrap();
        assert_eq!(recipient, identity(made).recipient());
        assert_eq!(recipient.is_post_quantum(), is_post_quantum);
        assert_eq!(identity(made).to_secret_text().expose_secret(), made["identity"].as_str().unwrap());
    }
}

#[test]
fn neither_side_opens_with_another_key_or_a_changed_file() {
    let mut rng = SeededRng::new("typage refusals");
    let (bob, eve) = (AgeIdentity::make(&mut rng), AgeIdentity::make(&mut rng));
    let file = seal(&bob.recipient(), b"for Bob");
    let mut changed = file.clone();
    *changed.last_mut().unwrap() ^= 1;
    let task = |identity: &AgeIdentity, file: &[u8]| {
        let (secret, file) = (identity.to_secret_text(), BASE64_STANDARD.encode(file));
        json!({"do": "decrypt", "identity": secret.expose_secret(), "file": file})
    };
    let results = batch(&[task(&bob, &file), task(&eve, &file), task(&bob, &changed)]);
    assert_eq!(bytes(&results[0], "plain"), b"for Bob", "positive control");
    assert!(results[1]["error"].is_string() && results[2]["error"].is_string(), "{results:?}");
    assert!(age_file::open_any(file.as_slice(), &[eve], None).is_err());
    let mut released = Vec::new();
    let mut payload = age_file::open_any(changed.as_slice(), &[bob], None).unwrap();
    assert!(payload.read_to_end(&mut released).is_err() && released.is_empty());
}

fn seal(recipient: &AgeRecipient, plain: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut writer = age_file::seal(recipient, &mut file).unwrap();
    writer.write_all(plain).unwrap();
    writer.finish().unwrap();
    file
}

fn identity(made: &Value) -> AgeIdentity {
    AgeIdentity::parse(&SecretString::from(made["identity"].as_str().unwrap())).unwrap()
}

fn bytes(result: &Value, field: &str) -> Vec<u8> {
    let text = result[field].as_str().unwrap_or_else(|| panic!("no {field}, but {:?}", result["error"]));
    BASE64_STANDARD.decode(text).unwrap()
}

fn batch(tasks: &[Value]) -> Vec<Value> {
    let input = serde_json::to_vec(&json!({ "tasks": tasks })).unwrap();
    let output = super::good(Command::new("node").arg(super::age_script()).arg("batch"), &input);
    let mut output: Value = serde_json::from_slice(&output).unwrap();
    let Value::Array(results) = output["results"].take() else { panic!("no results") };
    assert_eq!(results.len(), tasks.len());
    results
}
