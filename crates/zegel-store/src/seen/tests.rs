use std::fs;

use super::*;

fn log() -> (tempfile::TempDir, SeenLog) {
    let home = tempfile::tempdir().unwrap();
    let log = SeenLog::new(&Paths::below(home.path()));
    (home, log)
}

fn id(n: u8) -> Message {
    // The first bytes are equal, so that all lie in one file.
    let mut bytes = [0; 16];
    bytes[15] = n;
    Message { id: MessageId::from_bytes(bytes), sender: Fingerprint::from_bytes([3; 32]) }
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix(seconds)
}

const FILE: Carrier<'static> = Carrier { mail: None, digest: [7; 32] };
const MAIL: Carrier<'static> = Carrier { mail: Some("<a@example.org>"), digest: [7; 32] };

#[test]
fn tells_first_again_and_replayed() {
    let (_home, log) = log();
    assert_eq!(log.look(&id(1), &MAIL).unwrap(), Seen::First);
    assert_eq!(log.record(&id(1), &MAIL, at(5)).unwrap(), Seen::First);
    assert_eq!(log.look(&id(2), &MAIL).unwrap(), Seen::First);
    let again = Seen::Again { when: at(5) };
    let replayed = Seen::Replayed { first: Some("<a@example.org>".to_owned()), when: at(5) };
    for (carrier, expected) in [
        (MAIL, &again),
        (FILE, &again),
        (Carrier { mail: Some("<b@example.org>"), ..MAIL }, &replayed),
        (Carrier { mail: Some(""), ..MAIL }, &replayed),
        (Carrier { digest: [8; 32], ..MAIL }, &replayed),
        (Carrier { digest: [8; 32], ..FILE }, &replayed),
    ] {
        assert_eq!(log.record(&id(1), &carrier, at(9)).unwrap(), *expected);
        assert_eq!(log.look(&id(1), &carrier).unwrap(), *expected);
    }
    assert_eq!(fs::read_to_string(log.file(&id(1).id)).unwrap().lines().count(), 1, "the first one stays");
}

#[test]
fn a_line_cut_off_at_the_end_does_not_count() {
    for torn in [&b"{\"carrier\":\"<a@ex"[..], b"{", b"\0\0\0\0", b"\0\0\0\n", b"{\"digest\":1}\n"] {
        let (_home, log) = log();
        log.record(&id(1), &MAIL, at(1)).unwrap();
        let path = log.file(&id(1).id);
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend_from_slice(torn);
        fs::write(&path, &bytes).unwrap();
        assert_eq!(log.record(&id(1), &MAIL, at(2)).unwrap(), Seen::Again { when: at(1) });
        assert_eq!(log.record(&id(2), &MAIL, at(3)).unwrap(), Seen::First);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 2, "{text}");
        assert_eq!(log.record(&id(2), &MAIL, at(4)).unwrap(), Seen::Again { when: at(3) });
    }
}

#[test]
fn every_truncation_keeps_the_lines_before() {
    let (_home, log) = log();
    log.record(&id(1), &MAIL, at(1)).unwrap();
    let path = log.file(&id(1).id);
    let one = fs::read(&path).unwrap().len();
    log.record(&id(2), &MAIL, at(2)).unwrap();
    let both = fs::read(&path).unwrap();
    for length in one..both.len() {
        fs::write(&path, &both[..length]).unwrap();
        assert_eq!(log.look(&id(1), &MAIL).unwrap(), Seen::Again { when: at(1) });
        assert_eq!(log.look(&id(2), &MAIL).unwrap(), Seen::First);
    }
}

#[test]
fn damage_in_the_middle_is_an_error() {
    let (_home, log) = log();
    log.record(&id(1), &MAIL, at(1)).unwrap();
    log.record(&id(2), &MAIL, at(1)).unwrap();
    let path = log.file(&id(1).id);
    let damaged = fs::read_to_string(&path).unwrap().replacen("opened", "opend", 1);
    fs::write(&path, &damaged).unwrap();
    let error = log.record(&id(3), &MAIL, at(2)).unwrap_err();
    assert!(matches!(error, FileError::Damaged { .. }) && error.to_string().contains("line 1"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), damaged);
}

#[test]
fn hostile_carriers_stay_on_one_line() {
    let (_home, log) = log();
    let long = "é".repeat(10_000);
    for (n, mail) in ["a\nb", "\u{1b}[31m", "\"},{", &long, ""].into_iter().enumerate() {
        let carrier = Carrier { mail: Some(mail), digest: [1; 32] };
        let id = id(u8::try_from(n).unwrap());
        assert_eq!(log.record(&id, &carrier, at(1)).unwrap(), Seen::First);
        assert_eq!(log.record(&id, &carrier, at(1)).unwrap(), Seen::Again { when: at(1) });
    }
    assert_eq!(fs::read_to_string(log.file(&id(0).id)).unwrap().lines().count(), 5);
}

#[test]
fn many_at_once_see_it_first_only_once() {
    let (_home, log) = log();
    let firsts = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| log.record(&id(1), &MAIL, at(1)).unwrap() == Seen::First))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).filter(|first| *first).count()
    });
    assert_eq!(firsts, 1);
    assert_eq!(fs::read_to_string(log.file(&id(1).id)).unwrap().lines().count(), 1);
}

#[test]
fn looking_changes_nothing_and_takes_damage_for_no_answer() {
    let (home, log) = log();
    assert_eq!(log.look(&id(1), &MAIL).unwrap(), Seen::First);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "looking makes nothing");
    log.record(&id(1), &MAIL, at(1)).unwrap();
    let path = log.file(&id(1).id);
    let line = fs::read(&path).unwrap();
    for bytes in [[b"garbage\n".as_slice(), &line].concat(), vec![b'\n'; FILE_MAX + 1]] {
        fs::write(&path, &bytes).unwrap();
        assert!(log.look(&id(1), &MAIL).is_err() && log.check().is_err());
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(log.look(&id(1), &MAIL).is_err(), "a folder in its place");
}

#[test]
fn repairing_keeps_every_line_that_can_be_read_and_the_file_as_it_was() {
    let (_home, log) = log();
    assert_eq!((log.check().unwrap(), log.repair().unwrap()), (0, 0));
    for n in 1..4 {
        log.record(&id(n), &MAIL, at(u64::from(n))).unwrap();
    }
    assert_eq!((log.check().unwrap(), log.repair().unwrap()), (3, 0), "nothing to mend");
    let path = log.file(&id(1).id);
    let damaged = fs::read_to_string(&path).unwrap().replacen("opened", "opend", 1);
    fs::write(&path, &damaged).unwrap();
    assert!(log.check().is_err());
    assert_eq!((log.repair().unwrap(), log.check().unwrap()), (1, 2));
    assert_eq!(fs::read_to_string(path.with_extension("log.damaged")).unwrap(), damaged);
    assert_eq!(log.look(&id(2), &MAIL).unwrap(), Seen::Again { when: at(2) });
}

#[cfg(unix)]
#[test]
fn a_log_others_can_change_says_nothing() {
    use std::os::unix::fs::PermissionsExt;

    let home = tempfile::tempdir().unwrap();
    let log = SeenLog::new(&Paths::below(home.path()));
    let (id, carrier) = (id(1), Carrier { mail: None, digest: [0; 32] });
    let now = Timestamp::from_unix(10);
    log.record(&id, &carrier, now).unwrap();
    let before = std::fs::read(log.file(&id.id)).unwrap();
    for path in [log.file(&id.id), log.folder.clone(), home.path().join("state")] {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode | 0o020)).unwrap();
        assert!(matches!(log.check(), Err(FileError::Exposed { .. })), "{}", path.display());
        assert!(matches!(log.repair(), Err(FileError::Exposed { .. })), "{}", path.display());
        for outcome in [log.look(&id, &carrier), log.record(&id, &carrier, now)] {
            assert!(matches!(outcome, Err(FileError::Exposed { .. })), "{}: {outcome:?}", path.display());
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    assert_eq!(std::fs::read(log.file(&id.id)).unwrap(), before);
    assert!(matches!(log.look(&id, &carrier), Ok(Seen::Again { .. })));
}

/// Whoever has received a message knows its id, and can use it for one of her own that arrives first.
#[test]
fn the_id_of_anothers_message_does_not_hide_it() {
    let (_home, log) = log();
    let genuine = id(1);
    let copied = Message { sender: Fingerprint::from_bytes([9; 32]), ..genuine };
    let hers = Carrier { mail: Some("<hers@example.org>"), digest: [9; 32] };
    assert_eq!(log.record(&copied, &hers, at(1)).unwrap(), Seen::First);
    assert_eq!(log.look(&genuine, &MAIL).unwrap(), Seen::First);
    assert_eq!(log.record(&genuine, &MAIL, at(2)).unwrap(), Seen::First);
    assert_eq!(log.look(&genuine, &MAIL).unwrap(), Seen::Again { when: at(2) });
    assert!(matches!(log.look(&genuine, &hers), Ok(Seen::Replayed { .. })), "a replay stays one");
    assert_eq!(log.look(&copied, &hers).unwrap(), Seen::Again { when: at(1) });
}

#[test]
fn lines_without_a_sender_count_for_everybody() {
    let (_home, log) = log();
    log.record(&id(1), &MAIL, at(1)).unwrap();
    let path = log.file(&id(1).id);
    let sender = format!(",\"sender\":\"{}\"", id(1).sender);
    let old = fs::read_to_string(&path).unwrap().replace(&sender, "");
    assert!(!old.contains("sender"));
    fs::write(&path, &old).unwrap();
    let another = Message { sender: Fingerprint::from_bytes([9; 32]), ..id(1) };
    for message in [id(1), another] {
        assert_eq!(log.record(&message, &MAIL, at(2)).unwrap(), Seen::Again { when: at(1) });
    }
    assert_eq!((log.check().unwrap(), fs::read_to_string(&path).unwrap()), (1, old));
}

#[test]
fn what_cannot_be_written_is_found_out_before_and_leaves_nothing() {
    let (home, log) = log();
    log.check_writable(&id(1)).unwrap();
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "nothing was made");
    log.record(&id(1), &MAIL, at(1)).unwrap();
    let path = log.file(&id(1).id);
    let before = fs::read(&path).unwrap();
    log.check_writable(&id(2)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), before);
    // A folder in its place cannot be written, even by root.
    for path in [log.lock(), path] {
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(matches!(log.check_writable(&id(2)), Err(FileError::Write { .. })), "{}", path.display());
        fs::remove_dir(&path).unwrap();
        fs::write(&path, "").unwrap();
        log.check_writable(&id(2)).unwrap_or_else(|error| panic!("{error}: {}", path.display()));
    }
    assert_eq!(fs::read_dir(&log.folder).unwrap().count(), 2);
}
