use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use tempfile::TempDir;
use zegel_core::{Fingerprint, Timestamp};

use super::*;
use crate::config::IdentitySource;
use crate::keyring::Keyring;
use crate::keyring::fake::Fake;
use crate::paths::Paths;

thread_local! {
    /// How many changes go well before the work ends.
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
}

pub(super) fn ends_here() -> bool {
    LEFT.with(|left| match left.get() {
        Some(0) => true,
        later => {
            left.set(later.map(|left| left - 1));
            false
        }
    })
}

/// One installation; several may share a keyring.
struct Home {
    dir: TempDir,
    store: IdentityStore,
    fake: Arc<Fake>,
}

impl Home {
    fn new() -> Self {
        Self::beside(&Arc::new(Fake::new(1 << 20)))
    }

    fn beside(fake: &Arc<Fake>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = IdentityStore::new(&Paths::below(dir.path()));
        let store = IdentityStore { keyring: Keyring::Fake(Arc::clone(fake)), ..store };
        Self { dir, store, fake: Arc::clone(fake) }
    }

    fn replace(&self, identity: &Identity, keep: Keep<'_>) -> Result<(), IdentityStoreError> {
        self.store.save(identity, keep, Existing::Replace)
    }

    /// Everything that opens old mail.
    fn opens(&self) -> BTreeSet<Fingerprint> {
        let mut ask = |_: &Path| Ok(SecretString::from("p"));
        let mut found = Vec::new();
        for source in [IdentitySource::File, IdentitySource::Keyring] {
            match self.store.load(&alice(), &source, &mut ask) {
                Ok(loaded) => found.push(loaded.identity),
                Err(IdentityStoreError::NotFound { .. }) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        found.extend(self.store.load_replaced(&alice(), &mut ask).unwrap().into_iter().map(Result::unwrap));
        found.iter().flat_map(|identity| prints(&[identity])).collect()
    }

    /// Asserts that nothing is lost.
    fn assert_opens(&self, identities: &[&Identity], when: &str) {
        let (opens, needed) = (self.opens(), prints(identities));
        assert!(opens.is_superset(&needed), "{when}: {opens:?} lacks one of {needed:?}");
        self.store.list().unwrap();
    }

    /// Returns the plain files in `old`.
    fn plain_copies(&self) -> usize {
        let files = super::super::files_in(&self.store.old()).unwrap();
        files.iter().filter(|path| path.extension().is_some_and(|end| end == PLAIN)).count()
    }

    /// Lets the work end before each of its changes in turn, each time from the same start, and calls `then` with what
    /// is left. Returns how many ends there were.
    fn cut_short(
        start: impl Fn() -> Self,
        save: impl Fn(&Self) -> Result<(), IdentityStoreError>,
        then: impl Fn(&Self, &str),
    ) -> usize {
        for changes in 0.. {
            let home = start();
            LEFT.set(Some(changes));
            let saved = save(&home);
            let ended = LEFT.take() == Some(0) && saved.is_err();
            then(&home, &format!("after {changes} changes"));
            if !ended {
                saved.unwrap();
                return changes;
            }
        }
        unreachable!()
    }
}

fn alice() -> Address {
    "alice@example.org".parse().unwrap()
}

fn identity() -> Identity {
    Identity::make(alice(), "Alice", Timestamp::from_unix(10), 100, &mut OsRng).unwrap()
}

fn rotated(identity: &Identity) -> Identity {
    identity.rotate(Timestamp::from_unix(50), 100, &mut OsRng).unwrap()
}

fn prints(identities: &[&Identity]) -> BTreeSet<Fingerprint> {
    identities.iter().flat_map(|identity| identity.key_sets()).map(|set| set.fingerprint()).collect()
}

/// What the card said decided under which name the old one was kept, and the card was that of the one before.
#[test]
fn a_replacement_cut_short_anywhere_and_tried_again_loses_no_key() {
    let (k, m, n) = (identity(), identity(), identity());
    for (first, second) in [
        (Keep::PlainFile, Keep::PlainFile),
        (Keep::Keyring, Keep::Keyring),
        (Keep::PlainFile, Keep::Keyring),
        (Keep::Keyring, Keep::PlainFile),
    ] {
        let start = || {
            let home = Home::new();
            home.replace(&k, first).unwrap();
            home
        };
        let then = |home: &Home, when: &str| {
            let when = format!("{first:?} to {second:?} {when}");
            home.assert_opens(&[&k], &when);
            for next in [&m, &rotated(&m), &n, &k] {
                let before = home.opens();
                home.replace(next, second).unwrap();
                home.assert_opens(&[&k, next], &when);
                assert!(home.opens().is_superset(&before), "{when}");
                let loaded = home.store.card(&alice()).unwrap().unwrap();
                assert_eq!(loaded.fingerprint(), next.card().fingerprint());
            }
            home.assert_opens(&[&k, &m, &n], &when);
        };
        let ends = Home::cut_short(start, |home| home.replace(&m, second), then);
        assert!(ends >= 4, "{ends}");
    }
}

#[test]
fn two_replacements_cut_short_one_after_the_other_lose_no_key() {
    let (k, m, n) = (identity(), identity(), identity());
    for keep in [Keep::PlainFile, Keep::Keyring] {
        for first in 0..6 {
            let start = || {
                let home = Home::new();
                home.replace(&k, keep).unwrap();
                LEFT.set(Some(first));
                let _ = home.replace(&m, keep);
                LEFT.set(None);
                home
            };
            let then = |home: &Home, when: &str| {
                home.assert_opens(&[&k], when);
                home.replace(&m, keep).unwrap();
                home.assert_opens(&[&k, &m], when);
            };
            Home::cut_short(start, |home| home.replace(&n, keep), then);
        }
    }
}

#[test]
fn a_rotation_cut_short_anywhere_loses_no_key() {
    let k = identity();
    let next = rotated(&k);
    for keep in [Keep::PlainFile, Keep::Keyring] {
        let start = || {
            let home = Home::new();
            home.replace(&k, keep).unwrap();
            home
        };
        let then = |home: &Home, when: &str| {
            home.assert_opens(&[&k], when);
            home.replace(&rotated(&next), keep).unwrap();
            home.assert_opens(&[&next], when);
        };
        Home::cut_short(start, |home| home.replace(&next, keep), then);
    }
}

/// The card of a restored data folder is older than the secret in the keyring.
#[test]
fn a_card_that_is_not_that_of_the_secret_decides_nothing() {
    let (k, m, n) = (identity(), identity(), identity());
    for keep in [Keep::PlainFile, Keep::Keyring] {
        let home = Home::new();
        home.replace(&k, keep).unwrap();
        home.replace(&m, keep).unwrap();
        fs::write(home.store.file(&alice(), CARD), k.card().text()).unwrap();
        home.replace(&n, keep).unwrap();
        home.assert_opens(&[&k, &m, &n], "another");
        // An identity that has what the card says, but not what lies there.
        fs::write(home.store.file(&alice(), CARD), k.card().text()).unwrap();
        home.replace(&rotated(&k), keep).unwrap();
        home.assert_opens(&[&k, &m, &n], "what the card says");
    }
}

/// An older copy of the same identity, or one with the newest keys only, does not bring everything along.
#[test]
fn the_newest_keys_alone_do_not_stand_for_all() {
    let k = identity();
    let both = rotated(&k);
    let text = secret_text(&both).unwrap().expose_secret().to_owned();
    let (first, _) = text.split_once("},{").unwrap();
    let (_, end) = text.rsplit_once("}]").unwrap();
    let newest = Identity::parse(&SecretString::from(format!("{first}}}]{end}"))).unwrap();
    assert_eq!(newest.key_sets().count(), 1);
    for keep in [Keep::PlainFile, Keep::Keyring] {
        let home = Home::new();
        home.replace(&both, keep).unwrap();
        home.replace(&newest, keep).unwrap();
        home.assert_opens(&[&both], "the newest only");
        home.replace(&rotated(&newest), keep).unwrap();
        home.assert_opens(&[&both], "and again");
    }
}

#[test]
fn two_homes_that_share_a_keyring_lose_no_key() {
    let (k, m, n) = (identity(), identity(), identity());
    let one = Home::new();
    let other = Home::beside(&one.fake);
    one.replace(&k, Keep::Keyring).unwrap();
    other.replace(&m, Keep::Keyring).unwrap();
    // The card here still says K, while the keyring holds M.
    one.replace(&n, Keep::Keyring).unwrap();
    other.replace(&rotated(&n), Keep::Keyring).unwrap();
    let all: BTreeSet<_> = one.opens().union(&other.opens()).copied().collect();
    assert!(all.is_superset(&prints(&[&k, &m, &n])), "{all:?}");

    // A copy that was there before a rotation stays: it is the other home's.
    let (one, k) = (Home::new(), identity());
    let other = Home::beside(&one.fake);
    one.replace(&k, Keep::Keyring).unwrap();
    other.replace(&m, Keep::Keyring).unwrap();
    other.assert_opens(&[&k], "kept aside there");
    one.replace(&k, Keep::Keyring).unwrap();
    one.replace(&rotated(&k), Keep::Keyring).unwrap();
    other.assert_opens(&[&k], "still kept aside there");
    assert!(other.fake.users().contains(&replaced_user(&alice(), &k.card().fingerprint().to_string())));
}

/// The keyring has a key of an earlier installation, and the plain file's own identity moves there.
#[test]
fn moving_a_file_into_the_keyring_keeps_the_other_key_and_leaves_no_plain_copy() {
    let (k, p) = (identity(), identity());
    for brought in [p.clone(), rotated(&p)] {
        let start = || {
            let fake = Arc::new(Fake::new(1 << 20));
            Home::beside(&fake).replace(&k, Keep::Keyring).unwrap();
            let home = Home::beside(&fake);
            home.store.save(&p, Keep::PlainFile, Existing::Refuse).unwrap();
            home
        };
        let then = |home: &Home, when: &str| {
            home.assert_opens(&[&k, &p], when);
            assert_eq!(home.plain_copies(), 0, "{when}: the private key lies there in the clear");
            home.replace(&brought, Keep::Keyring).unwrap();
            home.assert_opens(&[&k, &brought], when);
            assert_eq!(home.plain_copies(), 0, "{when}");
            assert!(!home.store.file(&alice(), PLAIN).exists(), "{when}");
            assert!(
                home.fake.users().contains(&replaced_user(&alice(), &k.card().fingerprint().to_string()))
            );
        };
        Home::cut_short(start, |home| home.replace(&brought, Keep::Keyring), then);
    }
}

#[test]
fn a_sealed_file_is_judged_by_what_is_in_it() {
    let (k, m) = (identity(), identity());
    let (passphrase, other) = (SecretString::from("p"), SecretString::from("q"));
    let home = Home::new();
    home.replace(&m, Keep::SealedFile(&passphrase)).unwrap();
    // The passphrase that opened it seals the next one: it is known to bring M along, whatever the card says.
    fs::write(home.store.file(&alice(), CARD), k.card().text()).unwrap();
    let next = rotated(&m);
    home.replace(&next, Keep::SealedFile(&passphrase)).unwrap();
    assert!(!home.store.old().exists(), "no copy without need");
    // The card says K, and K is what comes; what lies there is not opened and has to stay.
    fs::write(home.store.file(&alice(), CARD), k.card().text()).unwrap();
    home.replace(&k, Keep::PlainFile).unwrap();
    home.assert_opens(&[&k, &next], "judged by its card");
    // The same again, with another passphrase: the name is taken.
    fs::remove_file(home.store.file(&alice(), PLAIN)).unwrap();
    write_identity_file(&home.store.file(&alice(), SEALED), &next, Some(&other), Overwrite::Forbid).unwrap();
    let kept = fs::read(home.store.file(&alice(), SEALED)).unwrap();
    home.replace(&m, Keep::PlainFile).unwrap();
    let copies = super::super::files_in(&home.store.old()).unwrap();
    let sealed: Vec<_> =
        copies.iter().filter(|path| path.extension().is_some_and(|end| end == SEALED)).collect();
    assert_eq!(sealed.len(), 2);
    assert!(sealed.iter().any(|path| fs::read(path).unwrap() == kept));
    assert!(home.dir.path().is_dir());
}

#[test]
fn a_damaged_file_or_copy_is_kept_as_it_is() {
    let (k, m) = (identity(), identity());
    let home = Home::new();
    home.replace(&k, Keep::PlainFile).unwrap();
    let path = home.store.file(&alice(), PLAIN);
    let damaged = fs::read_to_string(&path).unwrap().replace("\"name\"", "\"nome\"");
    fs::write(&path, &damaged).unwrap();
    home.replace(&m, Keep::PlainFile).unwrap();
    let copies = || super::super::files_in(&home.store.old()).unwrap();
    assert!(copies().iter().any(|copy| fs::read_to_string(copy).unwrap() == damaged));
    home.replace(&k, Keep::PlainFile).unwrap();
    home.replace(&m, Keep::PlainFile).unwrap();
    assert!(copies().iter().any(|copy| fs::read_to_string(copy).unwrap() == damaged), "not written over");
}
