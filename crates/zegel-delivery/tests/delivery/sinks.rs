//! Maildir and writers.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use zegel_delivery::sinks::{LineEnding, Maildir, SinkError, write_mail};
use zegel_testkit::TempHome;

use super::mail_to;

#[test]
fn a_full_disk_leaves_nothing() {
    struct Full(usize);
    impl std::io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            if self.0 == 0 {
                return Err(std::io::ErrorKind::StorageFull.into());
            }
            let count = bytes.len().min(self.0);
            self.0 -= count;
            Ok(count)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mail = mail_to(&["bob@example.net"]);
    for ending in [LineEnding::Crlf, LineEnding::Lf] {
        let error = write_mail(&mut Full(1000), &mail, ending).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    }
}

#[test]
fn a_maildir_keeps_to_the_rules() {
    let home = TempHome::new();
    let root = home.join("Mail/Sent");
    assert!(matches!(Maildir::open(&root), Err(SinkError::NotMaildir(_))));
    assert!(!root.exists(), "opening makes nothing");
    let maildir = Maildir::open_or_create(&root).unwrap();
    assert_eq!(Maildir::open(&root).unwrap(), maildir);
    assert_eq!(fs::metadata(root.join("new")).unwrap().permissions().mode() & 0o777, 0o700);
    let mail = mail_to(&["bob@example.net"]);
    let new = maildir.deliver(&mail).unwrap();
    assert_eq!(new.parent().unwrap(), root.join("new"));
    assert!(!new.file_name().unwrap().to_str().unwrap().contains(':'));
    let seen = maildir.keep_seen(&mail).unwrap();
    assert_eq!(seen.parent().unwrap(), root.join("cur"));
    assert!(seen.to_str().unwrap().ends_with(":2,S"));
    let text = fs::read_to_string(&seen).unwrap();
    assert_eq!(text.replace('\n', "\r\n").as_bytes(), mail.as_bytes());
    assert_eq!(fs::metadata(&seen).unwrap().permissions().mode() & 0o777, 0o600);
    let names: BTreeSet<_> = (0..200).map(|_| maildir.deliver(&mail).unwrap()).collect();
    assert_eq!(names.len(), 200);
    assert_eq!(fs::read_dir(root.join("tmp")).unwrap().count(), 0);

    fs::remove_dir(root.join("tmp")).unwrap();
    assert!(matches!(maildir.deliver(&mail), Err(SinkError::Io { .. })));
    fs::write(root.join("tmp"), "").unwrap();
    assert!(matches!(Maildir::open(&root), Err(SinkError::NotMaildir(_))));
    assert_eq!(fs::read_dir(root.join("new")).unwrap().count(), 201);
}
