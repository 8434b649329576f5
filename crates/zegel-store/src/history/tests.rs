use std::path::Path;

use rand_core::OsRng;
use zegel_core::people::{Counts, History};

use super::*;

fn home() -> (tempfile::TempDir, HistoryFile) {
    let home = tempfile::tempdir().unwrap();
    let file = HistoryFile::new(&Paths::below(home.path()));
    (home, file)
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

fn mail(seconds: u64, to: &[&str]) -> SentMail {
    SentMail {
        at: Timestamp::from_unix(seconds),
        id: Some(format!("<{seconds}@example.org>")),
        to: to
            .iter()
            .map(|text| Mailbox { address: address(text), name: Some("Some Body".to_owned()) })
            .collect(),
    }
}

/// Returns every byte below a folder.
fn everything(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { bytes.extend(everything(&path)) } else { bytes.extend(fs::read(&path).unwrap()) }
    }
    bytes
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn looking_makes_nothing() {
    let (home, file) = home();
    assert_eq!(file.load().unwrap().counts(), Counts::default());
    assert!(!file.forget(&address("bob@example.org")).unwrap());
    assert!(!file.forget_all().unwrap());
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn what_is_recorded_is_read_back_without_a_name_in_it() {
    let (home, file) = home();
    file.record(&mail(1, &["bob@example.org", "carol@example.net"]).as_mail(), &mut OsRng).unwrap();
    file.record(&mail(2, &["Bob@Example.org"]).as_mail(), &mut OsRng).unwrap();
    assert_eq!(
        file.import(&[mail(2, &["bob@example.org"]), mail(3, &["bob@example.org"])], &mut OsRng).unwrap(),
        1
    );
    let ledger = file.load().unwrap();
    assert_eq!(ledger.counts(), Counts { mails: 3, people: 2, domains: 2, pairs: 1 });
    let bob = ledger.person(&address("bob@example.org")).unwrap();
    assert_eq!((bob.mails, bob.last), (3, Timestamp::from_unix(3)));
    let bytes = everything(home.path());
    for word in ["bob", "example", "carol", "Body"] {
        assert!(!contains(&bytes, word), "{word}");
    }
}

#[test]
fn each_history_has_a_key_of_its_own() {
    let (one, other) = (home(), home());
    for (_, file) in [&one, &other] {
        file.record(&mail(1, &["bob@example.org"]).as_mail(), &mut OsRng).unwrap();
    }
    assert_ne!(fs::read(one.1.log()).unwrap(), fs::read(other.1.log()).unwrap());
    fs::remove_file(one.1.key_path()).unwrap();
    let before = fs::read(one.1.log()).unwrap();
    assert!(matches!(one.1.load(), Err(FileError::Damaged { .. })));
    assert!(one.1.record(&mail(2, &["bob@example.org"]).as_mail(), &mut OsRng).is_err());
    assert!(one.1.forget(&address("bob@example.org")).is_err());
    assert!(!one.1.key_path().exists() && fs::read(one.1.log()).unwrap() == before, "nothing was written");
    assert!(one.1.forget_all().unwrap());
    assert_eq!(one.1.load().unwrap().counts(), Counts::default());
}

#[test]
fn forgetting_removes_every_trace_from_the_disk() {
    let (home, file) = home();
    for n in 1..5 {
        file.record(&mail(n, &["bob@example.org", "carol@example.net"]).as_mail(), &mut OsRng).unwrap();
    }
    let id = format!("{:?}", file.load().unwrap().person(&address("bob@example.org")).unwrap().id);
    let trace = id.trim_start_matches("PersonId(").trim_end_matches(')').to_owned();
    assert!(contains(&everything(home.path()), &trace));
    assert!(file.forget(&address("BOB@example.org")).unwrap());
    assert!(!contains(&everything(home.path()), &trace));
    assert!(file.load().unwrap().person(&address("carol@example.net")).is_some());
    // A mail that was counted before does not bring anybody back.
    file.record(&mail(1, &["bob@example.org"]).as_mail(), &mut OsRng).unwrap();
    assert!(file.load().unwrap().person(&address("bob@example.org")).is_none());
    assert!(file.forget_all().unwrap());
    let left: Vec<_> = fs::read_dir(&file.folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, [".lock"]);
}

#[test]
fn a_line_cut_off_at_the_end_does_not_count() {
    for torn in [&b"{\"mail\":{\"at\""[..], b"{", b"\0\0\0\0", b"\0\0\0\n", b"{\"mail\":1}\n"] {
        let (_home, file) = home();
        file.record(&mail(1, &["bob@example.org"]).as_mail(), &mut OsRng).unwrap();
        let whole = fs::read(file.log()).unwrap();
        fs::write(file.log(), [&whole, torn].concat()).unwrap();
        assert_eq!(file.load().unwrap().counts().mails, 1);
        file.record(&mail(2, &["bob@example.org"]).as_mail(), &mut OsRng).unwrap();
        assert_eq!(file.load().unwrap().counts().mails, 2);
        assert!(fs::read(file.log()).unwrap().starts_with(&whole));
    }
    // Nothing but a first line that was cut off.
    let (_home, file) = home();
    file.record(&mail(1, &["bob@example.org"]).as_mail(), &mut OsRng).unwrap();
    let bytes = fs::read(file.log()).unwrap();
    for length in 0..bytes.len() {
        fs::write(file.log(), &bytes[..length]).unwrap();
        file.record(&mail(2, &["bob@example.org"]).as_mail(), &mut OsRng).unwrap();
        assert_eq!(file.load().unwrap().counts().mails, 1, "{length}");
    }
}

#[test]
fn damage_in_the_middle_is_an_error_and_stays() {
    let (_home, file) = home();
    file.record(&mail(1, &["bob@example.org"]).as_mail(), &mut OsRng).unwrap();
    file.record(&mail(2, &["bob@example.org"]).as_mail(), &mut OsRng).unwrap();
    let damaged = fs::read_to_string(file.log()).unwrap().replacen("\"mail\"", "\"male\"", 1);
    fs::write(file.log(), &damaged).unwrap();
    assert!(matches!(file.load(), Err(FileError::Damaged { .. })));
    assert!(file.import(&[mail(3, &["bob@example.org"])], &mut OsRng).is_err());
    assert!(file.forget(&address("bob@example.org")).is_err());
    assert_eq!(fs::read_to_string(file.log()).unwrap(), damaged);
}

#[test]
fn the_file_is_written_anew_before_it_grows_large() {
    let (_home, file) = home();
    let many: Vec<String> = (0..300).map(|n| format!("person.number{n}@example{n}.org")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let mut longest = 0;
    for n in 0..20 {
        file.record(&mail(n, &many).as_mail(), &mut OsRng).unwrap();
        longest = longest.max(fs::metadata(file.log()).unwrap().len());
    }
    assert_eq!(file.load().unwrap().counts().mails, 20);
    assert!(longest < 2 << 20, "{longest}");
}

#[test]
fn many_at_once_lose_nothing() {
    let (_home, file) = home();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let file = &file;
            scope.spawn(move || {
                for n in 0..10 {
                    file.record(&mail(thread * 100 + n, &["bob@example.org"]).as_mail(), &mut OsRng).unwrap();
                }
                file.import(&[mail(thread * 100 + 50, &["bob@example.org"])], &mut OsRng).unwrap();
            });
        }
    });
    assert_eq!(file.load().unwrap().counts().mails, 44);
}

#[cfg(unix)]
#[test]
fn a_history_others_can_reach_says_nothing() {
    use std::os::unix::fs::PermissionsExt;

    let (_home, file) = home();
    file.record(&mail(1, &["bob@example.org"]).as_mail(), &mut OsRng).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!([mode(&file.log()), mode(&file.key_path()), mode(&file.folder)], [0o600, 0o600, 0o700]);
    let before = fs::read(file.log()).unwrap();
    for path in [file.log(), file.key_path(), file.folder.clone()] {
        let was = mode(&path);
        fs::set_permissions(&path, fs::Permissions::from_mode(was | 0o040)).unwrap();
        assert!(matches!(file.load(), Err(FileError::Exposed { .. })), "{}", path.display());
        let recorded = file.record(&mail(2, &["bob@example.org"]).as_mail(), &mut OsRng);
        assert!(matches!(recorded, Err(FileError::Exposed { .. })), "{}", path.display());
        fs::set_permissions(&path, fs::Permissions::from_mode(was)).unwrap();
    }
    assert_eq!(fs::read(file.log()).unwrap(), before);
}
