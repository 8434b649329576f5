//! The 143 C2SP vectors of the age format, through Zegel's own strict reading.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use secrecy::SecretString;
use sha2::{Digest, Sha256};
use zegel_core::age_file::{AgeFileError, open_any};
use zegel_core::keys::AgeIdentity;

/// Vectors in `tests/vectors/age`; a lost file must not pass unnoticed.
const COUNT: usize = 143;

struct Vector {
    name: String,
    expect: String,
    payload: Option<String>,
    armored: bool,
    identities: Vec<AgeIdentity>,
    passphrases: Vec<SecretString>,
    file: Vec<u8>,
}

/// What reading a file came to, in the words of our error type.
struct Got {
    outcome: &'static str,
    /// SHA-256 of what was released, before the error if there was one.
    released: Option<String>,
}

#[test]
fn every_vector_has_its_outcome() {
    let vectors = read_vectors();
    println!("{:<44}{:<17}{:<13}released", "vector", "expected", "got");
    let mut wrong = Vec::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for vector in &vectors {
        // Every passphrase on its own, as somebody would type them; one of several is never right here.
        let keys: Vec<_> = match vector.passphrases.as_slice() {
            [] => vec![None],
            some => some.iter().map(Some).collect(),
        };
        let runs: Vec<Got> = keys.into_iter().map(|passphrase| run(vector, passphrase)).collect();
        let right = runs.iter().all(|got| is_right(vector, got));
        let got = &runs[0];
        let released = match (&got.released, &vector.payload) {
            (Some(hash), Some(payload)) if hash == payload => "as specified",
            (Some(_), Some(_)) => "DIFFERS",
            (Some(_), None) => "some",
            (None, _) => "nothing",
        };
        let mark = if right { "" } else { "  <-- WRONG" };
        println!("{:<44}{:<17}{:<13}{released}{mark}", vector.name, vector.expect, got.outcome);
        *counts.entry(vector.expect.as_str()).or_default() += 1;
        if !right {
            wrong.push(vector.name.as_str());
        }
    }
    println!("{counts:?}, {} in all, {} wrong", vectors.len(), wrong.len());
    assert_eq!(vectors.len(), COUNT);
    assert!(wrong.is_empty(), "wrong outcome: {wrong:?}");
}

fn is_right(vector: &Vector, got: &Got) -> bool {
    let nothing = got.released.is_none();
    let as_specified = got.released == vector.payload;
    match vector.expect.as_str() {
        "success" => got.outcome == "opened" && as_specified,
        "no match" => got.outcome == "no key" && nothing,
        "HMAC failure" => got.outcome == "damaged" && nothing,
        // A header that asks for too much work is refused like one of the wrong form.
        "header failure" => matches!(got.outcome, "malformed" | "too costly") && nothing,
        // Armour is text around the file: damage shows where it is met, in the header or in the stream.
        "armor failure" => vector.armored && matches!(got.outcome, "damaged" | "malformed"),
        "payload failure" => got.outcome == "damaged" && (nothing || as_specified),
        other => panic!("{}: an outcome this test does not know: {other}", vector.name),
    }
}

fn run(vector: &Vector, passphrase: Option<&SecretString>) -> Got {
    let mut payload = match open_any(vector.file.as_slice(), &vector.identities, passphrase) {
        Ok(payload) => payload,
        Err(error) => return Got { outcome: outcome(&error), released: None },
    };
    let mut released = Vec::new();
    let outcome = match payload.read_to_end(&mut released) {
        Ok(_) => "opened",
        Err(error) => match error.kind() {
            std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof => "damaged",
            _ => "cannot read",
        },
    };
    Got { outcome, released: Some(hex(&Sha256::digest(&released))) }
}

fn outcome(error: &AgeFileError) -> &'static str {
    match error {
        AgeFileError::Damaged => "damaged",
        AgeFileError::HeaderTooLong(_) => "too long",
        AgeFileError::Io(_) => "cannot read",
        AgeFileError::Malformed => "malformed",
        AgeFileError::NoKey => "no key",
        AgeFileError::TooCostly => "too costly",
        _ => "unknown",
    }
}

fn read_vectors() -> Vec<Vector> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/age");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_none());
    paths.sort();
    paths.iter().map(|path| read_vector(path)).collect()
}

fn read_vector(path: &Path) -> Vector {
    let bytes = fs::read(path).unwrap();
    let end = bytes.windows(2).position(|pair| pair == b"\n\n").expect("a header and an empty line");
    let mut vector = Vector {
        name: path.file_name().unwrap().to_str().unwrap().to_owned(),
        expect: String::new(),
        payload: None,
        armored: false,
        identities: Vec::new(),
        passphrases: Vec::new(),
        file: bytes[end + 2..].to_vec(),
    };
    for line in std::str::from_utf8(&bytes[..end]).unwrap().lines() {
        let (key, value) = line.split_once(": ").unwrap();
        match key {
            "expect" => value.clone_into(&mut vector.expect),
            "payload" => vector.payload = Some(value.to_owned()),
            "armored" => vector.armored = value == "yes",
            "identity" => vector.identities.push(AgeIdentity::parse(&SecretString::from(value)).unwrap()),
            "passphrase" => vector.passphrases.push(SecretString::from(value)),
            "compressed" => {
                assert_eq!(value, "zlib");
                let mut file = Vec::new();
                flate2::read::ZlibDecoder::new(&bytes[end + 2..]).read_to_end(&mut file).unwrap();
                vector.file = file;
            }
            "comment" | "file key" => {}
            other => panic!("{}: a field this test does not know: {other}", vector.name),
        }
    }
    vector
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
