//! A real Secret Service: gnome-keyring on a bus of its own.

use std::path::Path;
use std::process::{Command, Output};

use secrecy::{ExposeSecret, SecretString};
use zegel_core::Timestamp;
use zegel_store::config::{AccountName, IdentitySource, Password, PasswordError, Purpose};
use zegel_store::identity::{Existing, IdentityPlace, IdentityStore, IdentityStoreError, Keep};
use zegel_store::keyring::{self, KeyringError};
use zegel_store::{Environment, Paths};

use super::{folder, identity};

/// What stands between the bus and the part: a keyring unlocked with its password, one that is locked, or none.
const UNLOCKED: &str =
    "printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; exec \"$@\"";
const LOCKED: &str =
    "printf other | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; exec \"$@\"";

/// Runs one part on a bus of its own whose home is `home`.
fn on_bus(script: &str, name: &str, home: &Path) -> Output {
    let run = home.join("run");
    std::fs::create_dir_all(&run).unwrap();
    std::os::unix::fs::chown(&run, None, None).unwrap();
    std::fs::set_permissions(&run, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let exe = std::env::current_exe().unwrap();
    let mut command = Command::new("dbus-run-session");
    command.args(["--", "sh", "-c", script, "sh"]).arg(exe);
    command.args(["--ignored", "--exact", name, "--nocapture", "--test-threads=1"]);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", home);
    command.env("XDG_RUNTIME_DIR", run).env(super::FOLDER, home.join("zegel"));
    command.output().expect("dbus-run-session is needed for this test (Debian: dbus-daemon)")
}

fn passes(output: &Output) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "{out}\n{err}");
    assert!(!out.contains("AGE-SECRET") && !err.contains("AGE-SECRET") && !out.contains("hunter2"));
}

fn need(program: &str) {
    let found =
        std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|dir| dir.join(program).exists());
    assert!(found, "{program} is needed for this test (Debian: gnome-keyring, dbus-daemon)");
}

#[test]
fn a_real_keyring_keeps_identities_and_passwords() {
    need("gnome-keyring-daemon");
    need("dbus-run-session");
    let home = tempfile::tempdir().unwrap();
    passes(&on_bus(UNLOCKED, "keyring::puts_in", home.path()));
    // Another process, another daemon, the same keyring on disk.
    passes(&on_bus(UNLOCKED, "keyring::takes_out", home.path()));
    passes(&on_bus(UNLOCKED, "keyring::replaces", home.path()));
    passes(&on_bus(UNLOCKED, "keyring::finds_the_old_one_and_removes", home.path()));
    passes(&on_bus(LOCKED, "keyring::is_locked", home.path()));
}

#[test]
fn without_a_keyring_the_reason_and_a_way_out_are_told() {
    let home = tempfile::tempdir().unwrap();
    let output = super::part("keyring::is_absent", &home.path().join("zegel"))
        .env_remove("DISPLAY")
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
        .env("XDG_RUNTIME_DIR", home.path())
        .output()
        .unwrap();
    passes(&output);
}

fn store() -> IdentityStore {
    IdentityStore::new(&Paths::below(&folder()))
}

fn never(_: &Path) -> std::io::Result<SecretString> {
    panic!("the keyring needs no passphrase")
}

fn work() -> AccountName {
    "work".parse().unwrap()
}

#[test]
#[ignore = "run by a_real_keyring_keeps_identities_and_passwords"]
fn puts_in() {
    keyring::probe().unwrap();
    let alice = identity("Alice@example.org");
    store().save(&alice, Keep::Keyring, Existing::Refuse).unwrap();
    let second = store().save(&identity("alice@example.org"), Keep::Keyring, Existing::Refuse);
    assert!(matches!(second, Err(IdentityStoreError::Exists { .. })), "{second:?}");
    let files = super::names(&folder().join("data/identities"));
    assert!(files.len() == 1 && files[0].ends_with(".card"), "only the public card is a file: {files:?}");
    Password::store(&work(), Purpose::Smtp, &SecretString::from("hunter2")).unwrap();
    Password::store(&work(), Purpose::Imap, &SecretString::from("x".repeat(3000))).unwrap();
    std::fs::write(folder().join("fingerprint"), alice.card().fingerprint().to_string()).unwrap();
}

#[test]
#[ignore = "run by a_real_keyring_keeps_identities_and_passwords"]
fn takes_out() {
    let address = "alice@example.org".parse().unwrap();
    let first = std::fs::read_to_string(folder().join("fingerprint")).unwrap();
    for source in [IdentitySource::Keyring, IdentitySource::Anywhere] {
        let loaded = store().load(&address, &source, &mut never).unwrap();
        assert_eq!(
            (loaded.place, loaded.identity.card().fingerprint().to_string()),
            (IdentityPlace::Keyring, first.clone())
        );
    }
    assert_eq!(store().list().unwrap().first().map(|kept| kept.place), Some(IdentityPlace::Keyring));
    let none = Environment::default();
    assert_eq!(Password::Keyring.fetch(&work(), Purpose::Smtp, &none).unwrap().expose_secret(), "hunter2");
    assert_eq!(Password::Keyring.fetch(&work(), Purpose::Imap, &none).unwrap().expose_secret().len(), 3000);
    let missing = Password::Keyring.fetch(&"other".parse().unwrap(), Purpose::Smtp, &none);
    assert!(matches!(missing, Err(PasswordError::NotInKeyring { .. })));
    let nobody = store().load(&"bob@example.org".parse().unwrap(), &IdentitySource::Anywhere, &mut never);
    assert!(matches!(nobody, Err(IdentityStoreError::NotFound { .. })));
}

#[test]
#[ignore = "run by a_real_keyring_keeps_identities_and_passwords"]
fn replaces() {
    let address = "alice@example.org".parse().unwrap();
    // A rotation takes the old keys along, so the keyring holds one entry as before.
    let loaded = store().load(&address, &IdentitySource::Keyring, &mut never).unwrap().identity;
    let rotated = loaded.rotate(Timestamp::from_unix(50), 100, &mut rand_core::OsRng).unwrap();
    store().save(&rotated, Keep::Keyring, Existing::Replace).unwrap();
    assert!(store().load_replaced(&address, &mut never).unwrap().is_empty());
    let old = folder().join("data/identities/old");
    assert!(!old.exists(), "what was kept aside meanwhile is gone");
    // Where no copy can be kept aside, nothing is replaced.
    std::fs::write(&old, "a file in the way").unwrap();
    let again = rotated.rotate(Timestamp::from_unix(60), 100, &mut rand_core::OsRng).unwrap();
    assert!(store().save(&again, Keep::Keyring, Existing::Replace).is_err());
    let loaded = store().load(&address, &IdentitySource::Keyring, &mut never).unwrap().identity;
    assert_eq!(loaded.card().fingerprint(), rotated.card().fingerprint());
    std::fs::remove_file(&old).unwrap();
    // An unrelated one does not: the old one is kept aside, in the keyring.
    let other = identity("alice@example.org");
    store().save(&other, Keep::Keyring, Existing::Replace).unwrap();
    let loaded = store().load(&address, &IdentitySource::Keyring, &mut never).unwrap();
    assert_eq!(loaded.identity.card().fingerprint(), other.card().fingerprint());
}

#[test]
#[ignore = "run by a_real_keyring_keeps_identities_and_passwords"]
fn finds_the_old_one_and_removes() {
    let address = "alice@example.org".parse().unwrap();
    let old = store().load_replaced(&address, &mut never).unwrap();
    let first = std::fs::read_to_string(folder().join("fingerprint")).unwrap();
    assert_eq!(old.len(), 1);
    let prints: Vec<String> =
        old[0].as_ref().unwrap().key_sets().map(|set| set.fingerprint().to_string()).collect();
    assert!(prints.contains(&first), "the first keys are still there");
    // From the keyring to a file: the entry in the keyring goes, and stays among the replaced ones.
    let alice = identity("alice@example.org");
    store().save(&alice, Keep::PlainFile, Existing::Replace).unwrap();
    let gone = store().load(&address, &IdentitySource::Keyring, &mut never);
    assert!(matches!(gone, Err(IdentityStoreError::NotFound { .. })), "{gone:?}");
    assert_eq!(store().load_replaced(&address, &mut never).unwrap().len(), 2);
    // And back, and away.
    store().save(&alice, Keep::Keyring, Existing::Replace).unwrap();
    assert_eq!(
        super::names(&folder().join("data/identities")).iter().filter(|n| n.ends_with(".key")).count(),
        0
    );
    assert!(store().remove(&address).unwrap());
    assert!(store().load(&address, &IdentitySource::Anywhere, &mut never).is_err());
    assert!(Password::forget(&work(), Purpose::Smtp).unwrap());
    assert!(!Password::forget(&work(), Purpose::Smtp).unwrap());
}

#[test]
#[ignore = "run by a_real_keyring_keeps_identities_and_passwords"]
fn is_locked() {
    let alice = identity("locked@example.org");
    let error = store().save(&alice, Keep::Keyring, Existing::Refuse).unwrap_err();
    assert!(matches!(&error, IdentityStoreError::Keyring(KeyringError::Locked(_))), "{error:?}");
    assert!(error.hint().unwrap().contains("identity file"));
    assert!(store().card(alice.address()).unwrap().is_none(), "nothing was written");
}

#[test]
#[ignore = "run by without_a_keyring_the_reason_and_a_way_out_are_told"]
fn is_absent() {
    let alice = identity("alice@example.org");
    let error = store().save(&alice, Keep::Keyring, Existing::Refuse).unwrap_err();
    assert!(matches!(&error, IdentityStoreError::Keyring(KeyringError::Unavailable(_))), "{error:?}");
    assert!(error.hint().unwrap().contains("identity file"));
    assert!(!folder().exists(), "nothing was written, not even a folder");
    // A file works without a keyring, and is found without one.
    store().save(&alice, Keep::PlainFile, Existing::Refuse).unwrap();
    store().load(alice.address(), &IdentitySource::Anywhere, &mut never).unwrap();
    let error =
        store().load(&"bob@example.org".parse().unwrap(), &IdentitySource::Anywhere, &mut never).unwrap_err();
    // Nothing says that Bob's keys ever were in a keyring, so that there is none is not what is wrong.
    assert!(matches!(error, IdentityStoreError::NotFound { .. }), "{error:?}");
}
