use std::sync::Arc;

use rand_core::OsRng;
use secrecy::ExposeSecret;
use zegel_core::Timestamp;

use super::*;
use crate::keyring::fake::{Fake, Fault};
use crate::staging::{Mode, Overwrite, write_atomically};

fn identity(address: &str) -> Identity {
    Identity::make(address.parse().unwrap(), "Alice", Timestamp::from_unix(10), 100, &mut OsRng).unwrap()
}

fn store() -> (tempfile::TempDir, IdentityStore) {
    let home = tempfile::tempdir().unwrap();
    let store = IdentityStore::new(&Paths::below(home.path()));
    (home, store)
}

fn never(_: &Path) -> io::Result<SecretString> {
    panic!("nobody is to be asked")
}

fn names(folder: &Path) -> Vec<String> {
    files_in(folder).unwrap().iter().map(|path| file_name(path)).filter(|name| name != ".lock").collect()
}

#[test]
fn plain_files_are_private_and_load() {
    let (_home, store) = store();
    let alice = identity("Alice@Example.org");
    store.save(&alice, Keep::PlainFile, Existing::Refuse).unwrap();
    let address: Address = "alice@example.org".parse().unwrap();
    for source in [IdentitySource::Anywhere, IdentitySource::File] {
        let loaded = store.load(&address, &source, &mut never).unwrap();
        assert_eq!(loaded.place, IdentityPlace::PlainFile);
        assert_eq!(loaded.identity.card().fingerprint(), alice.card().fingerprint());
    }
    assert_eq!(store.card(&address).unwrap().unwrap().text(), alice.card().text());
    let kept = store.list().unwrap();
    assert_eq!((kept.len(), kept[0].place, kept[0].replaced), (1, IdentityPlace::PlainFile, false));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for name in names(&store.folder) {
            let path = store.folder.join(&name);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600, "{name}");
        }
        fs::set_permissions(store.file(&address, PLAIN), fs::Permissions::from_mode(0o644)).unwrap();
        let error = store.load(&address, &IdentitySource::File, &mut never).unwrap_err();
        assert!(error.hint().unwrap().contains("chmod"), "{error}");
    }
    let text = fs::read_to_string(store.file(&address, PLAIN)).unwrap();
    assert!(text.starts_with('{') && text.ends_with("}\n"));
}

#[test]
fn sealed_files_open_with_the_passphrase_only() {
    let (_home, store) = store();
    let alice = identity("alice@example.org");
    let passphrase = SecretString::from("correct horse");
    store.save(&alice, Keep::SealedFile(&passphrase), Existing::Refuse).unwrap();
    let text = fs::read_to_string(store.file(alice.address(), SEALED)).unwrap();
    assert!(text.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n"));
    let mut asked = 0;
    let mut ask = |_: &Path| {
        asked += 1;
        Ok(passphrase.clone())
    };
    let loaded = store.load(alice.address(), &IdentitySource::Anywhere, &mut ask).unwrap();
    assert_eq!((loaded.place, asked), (IdentityPlace::SealedFile, 1));
    assert_eq!(loaded.identity.card().fingerprint(), alice.card().fingerprint());
    let mut wrong = |_: &Path| Ok(SecretString::from("incorrect horse"));
    let error = store.load(alice.address(), &IdentitySource::File, &mut wrong).unwrap_err();
    assert!(matches!(error, IdentityStoreError::Unseal { .. }), "{error:?}");
    assert!(!format!("{error:?} {error}").contains("horse"));
    let mut nobody = |_: &Path| Err(io::Error::other("no terminal"));
    let error = store.load(alice.address(), &IdentitySource::File, &mut nobody).unwrap_err();
    assert!(matches!(error, IdentityStoreError::Passphrase { .. }), "{error:?}");
    // Its card is shown without any of that.
    assert_eq!(store.list().unwrap()[0].place, IdentityPlace::SealedFile);
}

#[test]
fn an_empty_passphrase_seals_nothing() {
    let (_home, store) = store();
    let result =
        store.save(&identity("a@example.org"), Keep::SealedFile(&SecretString::from("")), Existing::Refuse);
    assert!(matches!(result, Err(IdentityStoreError::EmptyPassphrase)));
    assert_eq!(names(&store.folder), [""; 0]);
}

/// T25: the library's own ceiling accepts gigabytes.
#[test]
fn costly_and_bloated_files_are_refused_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bomb.age");
    let bomb =
        |stanza: &str| format!("age-encryption.org/v1\n{stanza}--- {}\n{}", "A".repeat(43), "x".repeat(64));
    let scrypt = |factor: u32| format!("-> scrypt {} {factor}\n{}\n", "A".repeat(22), "A".repeat(43));
    for (text, costly) in [
        (bomb(&scrypt(19)), true),
        (bomb(&scrypt(23)), true),
        (bomb(&scrypt(63)), true),
        (bomb(&scrypt(64)), true),
        (bomb(&format!("{}{}", scrypt(10), scrypt(10))), false),
        (bomb(&"-> x\n\n".repeat(100_000)), false),
        ("-----BEGIN AGE ENCRYPTED FILE-----\n".to_owned(), false),
    ] {
        let _ = fs::remove_file(&path);
        write_atomically(&path, text.as_bytes(), Mode::Private, Overwrite::Forbid).unwrap();
        let mut ask = |_: &Path| Ok(SecretString::from("x"));
        match read_identity_file(&path, &mut ask).map(drop) {
            Err(IdentityStoreError::Unseal { source, .. }) => {
                assert_eq!(
                    matches!(source, zegel_core::age_file::AgeFileError::TooCostly),
                    costly,
                    "{source:?}"
                );
            }
            other => panic!("{other:?}"),
        }
    }
    fs::remove_file(&path).unwrap();
    write_atomically(&path, &vec![b'{'; file::FILE_MAX + 1], Mode::Private, Overwrite::Forbid).unwrap();
    let error = read_identity_file(&path, &mut never).map(drop).unwrap_err();
    assert!(matches!(error, IdentityStoreError::File(FileError::TooLong { .. })), "{error:?}");
}

#[test]
fn a_second_identity_is_refused_and_replacing_keeps_the_first() {
    let (_home, store) = store();
    let (first, second) = (identity("alice@example.org"), identity("alice@example.org"));
    store.save(&first, Keep::PlainFile, Existing::Refuse).unwrap();
    let before = fs::read(store.file(first.address(), PLAIN)).unwrap();
    let error = store.save(&second, Keep::PlainFile, Existing::Refuse).unwrap_err();
    assert!(
        matches!(&error, IdentityStoreError::Exists { fingerprint: Some(print), .. } if *print == first.card().fingerprint())
    );
    assert_eq!(fs::read(store.file(first.address(), PLAIN)).unwrap(), before);
    assert!(!store.old().exists());

    let passphrase = SecretString::from("p");
    store.save(&second, Keep::SealedFile(&passphrase), Existing::Replace).unwrap();
    assert!(!store.file(first.address(), PLAIN).exists(), "one place for each address");
    let mut ask = |_: &Path| Ok(passphrase.clone());
    let loaded = store.load(first.address(), &IdentitySource::Anywhere, &mut ask).unwrap();
    assert_eq!(loaded.identity.card().fingerprint(), second.card().fingerprint());
    let old = store.load_replaced(first.address(), &mut never).unwrap();
    assert_eq!(old.len(), 1);
    assert_eq!(old[0].as_ref().unwrap().card().fingerprint(), first.card().fingerprint());
    let kept = store.list().unwrap();
    assert_eq!(
        kept.iter().map(|k| (k.place, k.replaced)).collect::<Vec<_>>(),
        [(IdentityPlace::SealedFile, false), (IdentityPlace::PlainFile, true)]
    );
}

#[test]
fn a_rotation_brings_its_old_keys_along() {
    let (_home, store) = store();
    let first = identity("alice@example.org");
    store.save(&first, Keep::PlainFile, Existing::Refuse).unwrap();
    let second = first.rotate(Timestamp::from_unix(50), 100, &mut OsRng).unwrap();
    store.save(&second, Keep::PlainFile, Existing::Replace).unwrap();
    assert!(!store.old().exists(), "no second copy of the secret lies about");
    let loaded = store.load(first.address(), &IdentitySource::File, &mut never).unwrap();
    assert_eq!(loaded.identity.key_sets().count(), 2);
    assert_eq!(store.card(first.address()).unwrap().unwrap().fingerprint(), second.card().fingerprint());
}

/// A store whose keyring takes 2048 bytes at once, as that of Windows does.
fn store_with_small_keyring() -> (tempfile::TempDir, IdentityStore, Arc<Fake>) {
    let (home, store) = store();
    let fake = Arc::new(Fake::new(2048));
    (home, IdentityStore { keyring: Keyring::Fake(Arc::clone(&fake)), ..store }, fake)
}

#[test]
fn a_small_keyring_keeps_an_identity_and_its_rotations() {
    let (_home, store, fake) = store_with_small_keyring();
    let mut alice = identity("alice@example.org");
    store.save(&alice, Keep::Keyring, Existing::Refuse).unwrap();
    assert!(fake.users().len() > 2, "it lies in chunks: {:?}", fake.users());
    for round in 1..4 {
        alice = alice.rotate(Timestamp::from_unix(50), 100, &mut OsRng).unwrap();
        store.save(&alice, Keep::Keyring, Existing::Replace).unwrap();
        let loaded = store.load(alice.address(), &IdentitySource::Keyring, &mut never).unwrap();
        assert_eq!(loaded.identity.key_sets().count(), round + 1);
        assert!(fake.users().iter().all(|user| !user.contains("replaced")), "no second copy lies about");
        assert!(store.load_replaced(alice.address(), &mut never).unwrap().is_empty());
        assert!(!store.old().exists());
    }
    assert!(store.remove(alice.address()).unwrap());
    assert_eq!(fake.users(), [""; 0]);
}

#[test]
fn a_rotation_that_fails_at_any_step_leaves_the_old_identity() {
    for fault in [Fault::Fails, Fault::Forgets, Fault::Damages] {
        for rotated in [true, false] {
            let mut writes = 0;
            loop {
                let (_home, store, fake) = store_with_small_keyring();
                let first = identity("alice@example.org");
                store.save(&first, Keep::Keyring, Existing::Refuse).unwrap();
                let before = fake.users();
                let second = match rotated {
                    true => first.rotate(Timestamp::from_unix(50), 100, &mut OsRng).unwrap(),
                    false => identity("alice@example.org"),
                };
                fake.fail_after(writes, fault);
                let saved = store.save(&second, Keep::Keyring, Existing::Replace);
                if fake.is_armed() {
                    saved.unwrap();
                    break;
                }
                assert!(saved.is_err(), "{fault:?} after {writes} writes");
                let loaded = store.load(first.address(), &IdentitySource::Keyring, &mut never);
                let loaded = loaded.unwrap_or_else(|error| panic!("{fault:?} after {writes}: {error:?}"));
                assert_eq!(loaded.identity.card().fingerprint(), first.card().fingerprint());
                let card = store.card(first.address()).unwrap().unwrap();
                assert_eq!(card.fingerprint(), first.card().fingerprint());
                assert!(before.iter().all(|user| fake.users().contains(user)));
                writes += 1;
            }
            assert!(writes >= 4, "the old one is kept aside before the new one is written");
        }
    }
}

#[test]
fn a_first_identity_that_is_not_kept_leaves_nothing() {
    for fault in [Fault::Fails, Fault::Forgets, Fault::Damages] {
        let (home, store, fake) = store_with_small_keyring();
        fake.fail_after(1, fault);
        assert!(store.save(&identity("alice@example.org"), Keep::Keyring, Existing::Refuse).is_err());
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "no folder, no lock");
        assert!(fake.users().iter().all(|user| user.contains("chunk")), "{:?}", fake.users());
        // What was there before stays.
        fs::create_dir(home.path().join("data")).unwrap();
        fake.fail_after(0, fault);
        assert!(store.save(&identity("alice@example.org"), Keep::Keyring, Existing::Refuse).is_err());
        assert!(home.path().join("data").is_dir() && !store.folder.exists());
    }
}

#[test]
fn a_file_of_another_address_is_refused() {
    let (home, store) = store();
    let path = home.path().join("bob.key");
    write_identity_file(&path, &identity("bob@example.org"), None, Overwrite::Forbid).unwrap();
    let source = IdentitySource::Path(path.clone());
    assert!(store.load(&"bob@example.org".parse().unwrap(), &source, &mut never).is_ok());
    let error = store.load(&"alice@example.org".parse().unwrap(), &source, &mut never).unwrap_err();
    assert_eq!(error.to_string(), "this is the identity of bob@example.org, not of alice@example.org");
    let again = write_identity_file(&path, &identity("bob@example.org"), None, Overwrite::Forbid);
    assert!(matches!(again, Err(IdentityStoreError::File(FileError::Exists { .. }))));
}

#[test]
fn damage_is_never_absence_and_never_shown() {
    let (_home, store) = store();
    let alice = identity("alice@example.org");
    store.save(&alice, Keep::PlainFile, Existing::Refuse).unwrap();
    let path = store.file(alice.address(), PLAIN);
    let good = fs::read_to_string(&path).unwrap();
    for bad in [
        String::new(),
        good.replace("\"name\"", "\"nome\""),
        good.replace("AGE-SECRET-KEY-PQ-1", "AGE-SECRET-KEY-PQ-2"),
    ] {
        fs::write(&path, bad).unwrap();
        let error = store.load(alice.address(), &IdentitySource::Anywhere, &mut never).unwrap_err();
        assert!(matches!(error, IdentityStoreError::Identity { .. }), "{error:?}");
        assert!(!format!("{error:?} {error}").contains("SECRET"));
    }
    fs::write(store.file(alice.address(), CARD), "x").unwrap();
    assert!(store.card(alice.address()).is_err());
    assert!(store.list().is_err());
    fs::remove_file(&path).unwrap();
    let gone = store.load(alice.address(), &IdentitySource::File, &mut never).unwrap_err();
    assert!(matches!(gone, IdentityStoreError::NotFound { .. }));
}

#[test]
fn removing_removes_file_and_card() {
    let (_home, store) = store();
    let alice = identity("alice@example.org");
    assert!(!store.remove(alice.address()).unwrap());
    store.save(&alice, Keep::PlainFile, Existing::Refuse).unwrap();
    assert!(store.remove(alice.address()).unwrap());
    assert_eq!(names(&store.folder), [""; 0]);
}

#[test]
fn nothing_secret_is_in_debug() {
    let alice = identity("alice@example.org");
    let secret = alice.to_secret_text().unwrap();
    let key =
        secret.expose_secret().split("\"age\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let loaded = Loaded { identity: alice, place: IdentityPlace::PlainFile };
    let shown = format!("{loaded:?} {:?}", Keep::SealedFile(&SecretString::from("horse")));
    assert!(!shown.contains(&key) && !shown.contains("horse") && !shown.contains("SECRET"));
}

#[test]
fn many_at_once_leave_one_whole_identity() {
    let (_home, store) = store();
    let identities: Vec<Identity> = (0..12).map(|_| identity("alice@example.org")).collect();
    let refused = std::thread::scope(|scope| {
        let threads: Vec<_> = identities
            .iter()
            .map(|identity| scope.spawn(|| store.save(identity, Keep::PlainFile, Existing::Refuse).is_err()))
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).filter(|refused| *refused).count()
    });
    assert_eq!(refused, 11, "exactly one came first");
    let loaded = store.load(identities[0].address(), &IdentitySource::File, &mut never).unwrap();
    let card = store.card(identities[0].address()).unwrap().unwrap();
    assert_eq!(loaded.identity.card().fingerprint(), card.fingerprint());
}
