use rand_core::OsRng;
use zegel_core::card::CardError;
use zegel_core::identity::Identity;

use super::*;

const NOW: u64 = 1_000;

fn now() -> Timestamp {
    Timestamp::from_unix(NOW)
}

fn bob() -> Identity {
    Identity::make("Bob@example.org".parse().unwrap(), "Bob", now(), 100, &mut OsRng).unwrap()
}

fn cards() -> (tempfile::TempDir, Cards) {
    let home = tempfile::tempdir().unwrap();
    let cards = Cards::new(&Paths::below(home.path()));
    (home, cards)
}

fn entry(cards: &Cards) -> Option<String> {
    fs::read_to_string(cards.file(&"bob@example.org".parse().unwrap())).ok()
}

#[test]
fn pins_with_every_proof() {
    let bob = bob();
    let print = bob.card().fingerprint().to_readable();
    for (proof, origin) in [
        (Proof::Compared(&print), Origin::Imported),
        (Proof::Confirmed, Origin::Imported),
        (Proof::Directory, Origin::Directory),
        (Proof::FirstUse, Origin::FirstUse),
    ] {
        let (_home, cards) = cards();
        assert_eq!(cards.pin(bob.card(), proof, Change::Refuse, now()).unwrap(), Pinned::New);
        let contact = cards.contact(&"bob@EXAMPLE.org".parse().unwrap()).unwrap().unwrap();
        assert_eq!((contact.origin, contact.pinned), (origin, now()));
        assert_eq!(contact.card.as_deref(), Some(bob.card().text()));
        assert_eq!(cards.list().unwrap().len(), 1);
    }
}

#[test]
fn a_wrong_fingerprint_pins_nothing() {
    let (_home, cards) = cards();
    for typed in ["", "aaaa", "aaaa-aaaa-aaaa-aaaa-aaaa-aaaa"] {
        let error = cards.pin(bob().card(), Proof::Compared(typed), Change::Replace, now()).unwrap_err();
        assert!(matches!(error, CardsError::Fingerprint { .. }), "{error:?}");
        assert_eq!(entry(&cards), None);
    }
}

#[test]
fn a_card_outside_its_period_pins_nothing() {
    let (_home, cards) = cards();
    for (at, early) in [(NOW - 1, true), (NOW + 100, false)] {
        let error =
            cards.pin(bob().card(), Proof::Confirmed, Change::Refuse, Timestamp::from_unix(at)).unwrap_err();
        assert_eq!(matches!(error, CardsError::Card(CardError::NotYet(_))), early);
        assert_eq!(entry(&cards), None);
    }
}

#[test]
fn a_changed_key_is_refused_unless_named_or_signed_for() {
    let (_home, cards) = cards();
    let (first, stranger) = (bob(), bob());
    cards.pin(first.card(), Proof::Confirmed, Change::Refuse, now()).unwrap();
    let before = entry(&cards);
    let print = stranger.card().fingerprint().to_readable();
    for proof in [Proof::Compared(&print), Proof::Confirmed, Proof::Directory, Proof::FirstUse] {
        let error = cards.pin(stranger.card(), proof, Change::Refuse, now()).unwrap_err();
        assert!(
            matches!(&error, CardsError::Changed { pinned, .. } if *pinned == first.card().fingerprint())
        );
        assert_eq!(entry(&cards), before, "a refusal changes nothing");
    }
    // The stranger's own rotation was signed by the stranger, not by the pinned key.
    let theirs = stranger.rotate(now(), 100, &mut OsRng).unwrap();
    assert!(cards.pin(theirs.card(), Proof::Confirmed, Change::Refuse, now()).is_err());

    let second = first.rotate(now(), 100, &mut OsRng).unwrap();
    let pinned = cards.pin(second.card(), Proof::FirstUse, Change::Refuse, now()).unwrap();
    assert_eq!(pinned, Pinned::Rotated(first.card().fingerprint()));
    assert_eq!(cards.find(first.address()).unwrap().unwrap().origin, Origin::Imported, "trust carries over");
    // The way back is not signed for.
    assert!(cards.pin(first.card(), Proof::Confirmed, Change::Refuse, now()).is_err());

    let replaced = cards.pin(stranger.card(), Proof::FirstUse, Change::Replace, now()).unwrap();
    assert_eq!(replaced, Pinned::Replaced(second.card().fingerprint()));
    assert_eq!(cards.find(first.address()).unwrap().unwrap().origin, Origin::FirstUse, "trust does not");
}

#[test]
fn proof_grows_and_never_shrinks() {
    let (_home, cards) = cards();
    let bob = bob();
    let pin = |proof| cards.pin(bob.card(), proof, Change::Refuse, now()).unwrap();
    let origin = || cards.find(bob.address()).unwrap().unwrap().origin;
    assert_eq!((pin(Proof::FirstUse), origin()), (Pinned::New, Origin::FirstUse));
    assert_eq!((pin(Proof::Directory), origin()), (Pinned::Renewed, Origin::Directory));
    assert_eq!((pin(Proof::FirstUse), origin()), (Pinned::Unchanged, Origin::Directory));
    assert!(matches!(cards.verify(bob.address(), "aaaa"), Err(CardsError::Fingerprint { .. })));
    assert_eq!(origin(), Origin::Directory);
    let print = bob.card().fingerprint().to_readable();
    assert_eq!(cards.verify(bob.address(), &print.to_uppercase()).unwrap().origin, Origin::Imported);
    assert_eq!((pin(Proof::Directory), origin()), (Pinned::Unchanged, Origin::Imported));
}

#[test]
fn a_first_use_without_a_card_is_pinned_and_completed() {
    let (_home, cards) = cards();
    let bob = bob();
    let card = bob.card();
    let first =
        Contact::from_first_use(card.address().clone(), card.recipient().clone(), *card.signing_key(), now());
    let proud = Contact { origin: Origin::Imported, ..first.clone() };
    assert_eq!(cards.pin_first_use(proud).unwrap(), Pinned::New);
    assert_eq!(cards.find(bob.address()).unwrap().unwrap().origin, Origin::FirstUse);
    assert_eq!(cards.pin_first_use(first.clone()).unwrap(), Pinned::Unchanged);
    let other = Contact { signing_key: *self::bob().card().signing_key(), ..first };
    assert!(matches!(cards.pin_first_use(other.clone()), Err(CardsError::Inconsistent { .. })));
    let other = Contact::from_first_use(other.address, other.recipient, other.signing_key, now());
    assert!(matches!(cards.pin_first_use(other), Err(CardsError::Changed { .. })));
    assert_eq!(cards.pin(card, Proof::FirstUse, Change::Refuse, now()).unwrap(), Pinned::Renewed);
    assert!(cards.find(bob.address()).unwrap().unwrap().card.is_some());
}

/// Two messages with different keys for one address are opened at once, and the other one pins first.
#[test]
fn a_key_is_not_the_one_that_another_was_pinned_to_meanwhile() {
    let (_home, cards) = cards();
    let (bob, other) = (bob(), bob());
    let seen = |identity: &Identity| Contact::from_card(identity.card(), Origin::FirstUse, now());
    assert!(!cards.is_pinned(&seen(&bob)).unwrap());
    cards.pin_first_use(seen(&other)).unwrap();
    assert!(matches!(cards.is_pinned(&seen(&bob)), Err(CardsError::Changed { .. })));
    assert!(cards.is_pinned(&seen(&other)).unwrap());
    assert_eq!(cards.find(bob.address()).unwrap().unwrap().fingerprint, other.card().fingerprint());
}

#[test]
fn expired_pins_are_returned_with_their_end() {
    let (_home, cards) = cards();
    let bob = bob();
    cards.pin(bob.card(), Proof::Confirmed, Change::Refuse, now()).unwrap();
    let contact = cards.find(bob.address()).unwrap().unwrap();
    assert_eq!(contact.expires, Some(Timestamp::from_unix(NOW + 100)));
    assert!(contact.is_expired(Timestamp::from_unix(NOW + 100)));
}

#[test]
fn a_damaged_entry_is_an_error_and_not_unknown() {
    let (_home, cards) = cards();
    let (bob, other) = (bob(), bob());
    let carol = Identity::make("carol@example.org".parse().unwrap(), "", now(), 100, &mut OsRng).unwrap();
    cards.pin(bob.card(), Proof::Confirmed, Change::Refuse, now()).unwrap();
    let good = entry(&cards).unwrap();
    cards.pin(carol.card(), Proof::Confirmed, Change::Refuse, now()).unwrap();
    let path = cards.file(bob.address());
    let key = |identity: &Identity| identity.card().signing_key().to_string();
    for bad in [
        String::new(),
        good.trim_end().to_owned(),
        good.replace("imported", "trusted"),
        good.replacen('{', "{ ", 1),
        good.replacen(&key(&bob), &key(&other), 2),
        good.replace(
            &format!(",\"signing_key\":\"{}\"}}\n", key(&bob)),
            &format!(",\"signing_key\":\"{}\"}}\n", key(&other)),
        ),
        good.replace(&bob.card().fingerprint().to_string(), &other.card().fingerprint().to_string()),
        fs::read_to_string(cards.file(carol.address())).unwrap(),
        "\0".repeat(100),
        "x".repeat(ENTRY_MAX + 1),
    ] {
        assert_ne!(bad, good);
        fs::write(&path, &bad).unwrap();
        assert!(cards.find(bob.address()).is_err(), "{bad}");
        assert!(cards.contact(bob.address()).is_err());
        for change in [Change::Refuse, Change::Replace] {
            assert!(cards.pin(bob.card(), Proof::FirstUse, change, now()).is_err());
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), bad, "nothing was repaired by guessing");
        assert!(cards.find(carol.address()).unwrap().is_some(), "other addresses are fine");
        let list = cards.list().unwrap();
        assert_eq!((list.len(), list[0].is_ok(), list[1].is_err()), (2, true, true));
    }
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(cards.find(bob.address()).is_err(), "a folder in its place is not 'unknown' either");
    fs::remove_dir(&path).unwrap();
    assert!(cards.find(bob.address()).unwrap().is_none());
}

#[test]
fn forgetting_forgets_even_damage() {
    let (_home, cards) = cards();
    let bob = bob();
    assert!(!cards.forget(bob.address()).unwrap());
    cards.pin(bob.card(), Proof::Confirmed, Change::Refuse, now()).unwrap();
    fs::write(cards.file(bob.address()), "junk").unwrap();
    assert!(cards.forget(bob.address()).unwrap());
    assert!(cards.find(bob.address()).unwrap().is_none());
}

#[cfg(unix)]
#[test]
fn an_entry_others_may_change_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    let (_home, cards) = cards();
    let bob = bob();
    cards.pin(bob.card(), Proof::Confirmed, Change::Refuse, now()).unwrap();
    fs::set_permissions(cards.file(bob.address()), fs::Permissions::from_mode(0o662)).unwrap();
    assert!(matches!(cards.find(bob.address()), Err(CardsError::File(FileError::Exposed { .. }))));
}

#[test]
fn many_at_once_pin_exactly_one() {
    let (_home, cards) = cards();
    let bobs: Vec<Identity> = (0..12).map(|_| bob()).collect();
    let pin = |bob: &Identity| cards.pin(bob.card(), Proof::FirstUse, Change::Refuse, now());
    let pinned = std::thread::scope(|scope| {
        let threads: Vec<_> = bobs.iter().map(|bob| scope.spawn(|| pin(bob).is_ok())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).filter(|pinned| *pinned).count()
    });
    assert_eq!(pinned, 1);
    assert!(cards.find(bobs[0].address()).unwrap().is_some());
}

#[cfg(unix)]
#[test]
fn a_folder_others_can_change_pins_and_finds_nothing() {
    use std::os::unix::fs::PermissionsExt;

    let (home, cards) = cards();
    let bob = bob();
    cards.pin(bob.card(), Proof::Confirmed, Change::Refuse, now()).unwrap();
    let before = entry(&cards);
    let open = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    // The folder itself, and the one around it: there the whole folder could be swapped.
    for path in [cards.folder.clone(), home.path().join("data")] {
        for mode in [0o770, 0o777, 0o707] {
            open(&path, mode);
            let refused = |error: CardsError| match &error {
                CardsError::File(FileError::Exposed { path: exposed, .. }) if *exposed == path => {
                    assert!(error.hint().unwrap().contains("chmod"), "{error:?}");
                }
                _ => panic!("{error:?}"),
            };
            // What one has found in order it does not look at again.
            let cards = Cards::new(&Paths::below(home.path()));
            refused(cards.find(bob.address()).unwrap_err());
            refused(cards.list().unwrap_err());
            refused(cards.pin(bob.card(), Proof::Confirmed, Change::Replace, now()).unwrap_err());
            refused(cards.forget(bob.address()).unwrap_err());
            assert!(cards.contact(bob.address()).is_err(), "never counted as unknown");
        }
        open(&path, 0o755);
        assert!(cards.find(bob.address()).unwrap().is_some());
        open(&path, 0o700);
    }
    assert_eq!(entry(&cards), before);
    crate::private::give_away(&cards.folder);
    let error = Cards::new(&Paths::below(home.path())).find(bob.address()).unwrap_err();
    assert!(matches!(error, CardsError::File(FileError::Foreign { owner: 12_345, .. })), "{error:?}");
}
