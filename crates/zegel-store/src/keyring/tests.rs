use std::sync::Arc;

use super::fake::{Fake, Fault};
use super::*;

fn secret(length: usize, seed: u8) -> SecretString {
    let letters = (0..length).map(|at| char::from(b'a' + (at as u8).wrapping_mul(seed) % 26));
    SecretString::from(letters.collect::<String>())
}

fn found(keyring: &Keyring) -> Option<String> {
    keyring.find("s", "alice").unwrap().map(|secret| secret.expose_secret().to_owned())
}

#[test]
fn long_secrets_lie_in_chunks_and_short_ones_do_not() {
    let fake = Arc::new(Fake::new(10));
    let keyring = Keyring::Fake(Arc::clone(&fake));
    for (length, entries) in [(1, 1), (10, 1), (11, 3), (20, 3), (21, 4), (300, 31)] {
        let secret = secret(length, 7);
        keyring.store("s", "alice", &secret).unwrap();
        assert_eq!(fake.users().len(), entries, "{length}: {:?}", fake.users());
        assert_eq!(found(&keyring).as_deref(), Some(secret.expose_secret()));
    }
    keyring.store("s", "alice", &secret(5, 3)).unwrap();
    assert_eq!(fake.users(), ["alice"], "the chunks of before are gone");
    keyring.store("s", "alice", &secret(50, 3)).unwrap();
    assert!(keyring.remove("s", "alice").unwrap());
    assert!(!keyring.remove("s", "alice").unwrap());
    assert_eq!(fake.users(), [""; 0]);
}

#[test]
fn a_secret_that_looks_like_a_head_comes_back() {
    let fake = Arc::new(Fake::new(2000));
    let keyring = Keyring::Fake(Arc::clone(&fake));
    let secret = SecretString::from(format!("{HEAD}1 {}", blake3::hash(b"x")));
    keyring.store("s", "alice", &secret).unwrap();
    assert_eq!(found(&keyring).as_deref(), Some(secret.expose_secret()));
}

#[test]
fn a_damaged_or_missing_chunk_is_never_a_secret() {
    let fake = Arc::new(Fake::new(10));
    let keyring = Keyring::Fake(Arc::clone(&fake));
    keyring.store("s", "alice", &secret(35, 7)).unwrap();
    let chunks: Vec<String> = fake.users().into_iter().filter(|user| user != "alice").collect();
    assert_eq!(chunks.len(), 4);
    for chunk in &chunks {
        fake.damage(chunk);
        assert_eq!(keyring.find("s", "alice").unwrap_err(), KeyringError::Damaged);
        fake.damage(chunk);
        assert!(found(&keyring).is_some());
    }
    fake.delete("s", &chunks[2]).unwrap();
    assert_eq!(keyring.find("s", "alice").unwrap_err(), KeyringError::Damaged);
    for head in ["", "0 ", "1025 ", "-1 ", "1"] {
        fake.put("s", "alice", format!("{HEAD}{head}{}", blake3::hash(b"x")).as_bytes()).unwrap();
        assert_eq!(keyring.find("s", "alice").unwrap_err(), KeyringError::Damaged);
    }
}

#[test]
fn a_write_that_fails_half_way_leaves_the_secret_of_before() {
    for fault in [Fault::Fails, Fault::Forgets, Fault::Damages] {
        for writes in 0..3 {
            let fake = Arc::new(Fake::new(20));
            let keyring = Keyring::Fake(Arc::clone(&fake));
            let old = secret(50, 7);
            keyring.store("s", "alice", &old).unwrap();
            let before = fake.users();
            fake.fail_after(writes, fault);
            assert!(keyring.store("s", "alice", &secret(55, 3)).is_err());
            assert!(!fake.is_armed());
            if fault == Fault::Fails {
                assert_eq!(found(&keyring).as_deref(), Some(old.expose_secret()), "{writes}");
                assert_eq!(fake.users(), before, "and no chunk of the new one");
            } else {
                assert!(before.iter().all(|user| fake.users().contains(user)), "nothing of the old one went");
            }
        }
    }
}

#[test]
fn storing_the_same_again_never_harms_what_is_there() {
    for fault in [Fault::Fails, Fault::Forgets, Fault::Damages] {
        for writes in 0..5 {
            let fake = Arc::new(Fake::new(20));
            let keyring = Keyring::Fake(Arc::clone(&fake));
            let secret = secret(50, 7);
            keyring.store("s", "alice", &secret).unwrap();
            fake.fail_after(writes, fault);
            keyring.store("s", "alice", &secret).unwrap();
            assert_eq!(found(&keyring).as_deref(), Some(secret.expose_secret()), "{fault:?} {writes}");
        }
    }
}

/// The chunks of a secret that is there in part are the same as those that are being written.
#[test]
fn a_repair_that_fails_removes_no_chunk_that_is_there() {
    for writes in 0..3 {
        let fake = Arc::new(Fake::new(20));
        let keyring = Keyring::Fake(Arc::clone(&fake));
        let secret = secret(50, 7);
        keyring.store("s", "alice", &secret).unwrap();
        let before = fake.users();
        let chunk = before.iter().find(|user| user.ends_with(" 2")).unwrap();
        fake.damage(chunk);
        fake.fail_after(writes, Fault::Fails);
        assert!(keyring.store("s", "alice", &secret).is_err());
        assert_eq!(fake.users(), before, "{writes}");
        keyring.store("s", "alice", &secret).unwrap();
        assert_eq!(found(&keyring).as_deref(), Some(secret.expose_secret()));
        assert_eq!(fake.users(), before);
    }
}
