//! Attacks on the mail around a sealed message: replay, wrong outer headers, several containers.

use std::io::Write;

use zegel_core::message::{Assurance, FirstUse};
use zegel_core::mime::{FindError, InnerMessage, OuterMismatch, compare_outer, find_container};

use super::super::forge::Spec;
use super::super::people::{World, now};
use super::super::stage::Reader;

fn text() -> String {
    String::from_utf8(World::get().mail.clone()).unwrap()
}

/// Opens the mail as Bob and compares its outer header with what was sealed.
fn read(mail: &str) -> (Assurance, Vec<OuterMismatch>) {
    let world = World::get();
    let found = find_container(mail.as_bytes()).unwrap();
    let book = world.book();
    let reader = Reader { who: &world.bob, contacts: &book, first_use: FirstUse::Refuse, now: now() };
    let opened = reader.open(&found.container).0.unwrap();
    (opened.assurance, compare_outer(&opened.inner, &found.outer))
}

/// Replaces a whole outer field.
fn replace(mail: &str, field: &str, value: &str) -> String {
    let start = mail.find(&format!("\r\n{field}:")).map(|at| at + 2).unwrap();
    let mut end = start + mail[start..].find("\r\n").unwrap() + 2;
    while mail[end..].starts_with([' ', '\t']) {
        end += mail[end..].find("\r\n").unwrap() + 2;
    }
    format!("{}{value}{}", &mail[..start], &mail[end..])
}

#[test]
fn a_mail_as_it_was_sent_shows_no_difference() {
    assert_eq!(read(&text()), (Assurance::Verified, vec![]));
}

#[test]
fn every_changed_outer_field_is_shown() {
    use OuterMismatch::{Cc, Date, From, MessageId, To};
    let mail = format!("X-First: 1\r\n{}", text());
    assert_eq!(read(&mail), (Assurance::Verified, vec![]), "positive control");
    let cases: [(&str, &str, OuterMismatch); 15] = [
        ("Message-ID", "Message-ID: <replay@example.com>\r\n", MessageId),
        ("Message-ID", "", MessageId),
        ("Date", "Date: Sun, 22 Nov 2026 07:00:00 +0000\r\n", Date),
        ("Date", "Date: yesterday\r\n", Date),
        ("Date", "", Date),
        ("From", "From: boss@example.org\r\n", From),
        ("From", "From: alice@example.org, boss@example.org\r\n", From),
        ("From", "From: \u{430}lice@example.org\r\n", From),
        ("From", "From: alice@example.org\r\nFrom: boss@example.org\r\n", From),
        ("From", "", From),
        ("To", "To: dave@example.net\r\n", To),
        ("To", "To: bob@example.net\r\n", To),
        ("To", "To: everybody\r\n", To),
        ("Cc", "", Cc),
        ("Cc", "Cc: carol@example.com, dave@example.net\r\n", Cc),
    ];
    for (field, value, wanted) in cases {
        let (assurance, found) = read(&replace(&mail, field, value));
        println!("  ok  outer {field:<11} {value:?} is shown as {found:?}");
        assert_eq!((assurance, found), (Assurance::Verified, vec![wanted]), "{field} {value:?}");
    }
}

/// A container sealed again to Bob in a mail of Eve's own making shows at once that it is not the mail Alice sent.
#[test]
fn a_replay_in_a_new_mail_is_shown() {
    let world = World::get();
    let replay = format!(
        "From: eve@example.com\r\nTo: bob@example.net\r\nDate: Mon, 23 Nov 2026 08:00:00 +0000\r\n\
         Message-ID: <new@example.com>\r\n{}",
        &text()[text().find("MIME-Version").unwrap()..]
    );
    let (_, found) = read(&replay);
    use OuterMismatch::{Cc, Date, From, MessageId, To};
    assert_eq!(found, [From, To, Cc, Date, MessageId]);
    let inner = Spec::of(&world.container, &world.bob).parts[0].plain.clone();
    assert_eq!(InnerMessage::parse(inner).unwrap().sealed_outer().from[0].address, *world.alice.address());
}

fn attachment(container: &[u8], head: &str) -> String {
    let lines = data_encoding::BASE64_MIME.encode(container);
    format!("--b\r\n{head}\r\n\r\n{lines}\r\n")
}

fn mail_with(attachments: &[String]) -> Vec<u8> {
    let mut out = b"From: alice@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".to_vec();
    for attachment in attachments {
        out.write_all(attachment.as_bytes()).unwrap();
    }
    out.extend(b"--b--\r\n");
    out
}

const PLAIN: &str = "Content-Type: application/vnd.zegel+tar\r\nContent-Transfer-Encoding: base64";

#[test]
fn two_containers_that_differ_are_refused() {
    let world = World::get();
    let (one, two) = (attachment(&world.container, PLAIN), attachment(&world.other, PLAIN));
    let found = find_container(&mail_with(std::slice::from_ref(&one))).unwrap();
    assert_eq!(found.container, world.container, "positive control");
    let twice = find_container(&mail_with(&[one.clone(), one.clone()])).unwrap();
    assert_eq!(twice.container, world.container, "the same one twice is one");
    let forwarded = format!("--b\r\nContent-Type: message/rfc822\r\n\r\n{}\r\n", text());
    let found = find_container(&mail_with(std::slice::from_ref(&forwarded))).unwrap();
    assert_eq!(found.container, world.container, "positive control of a forwarded mail");
    for mail in [
        mail_with(&[one.clone(), two.clone()]),
        mail_with(&[two.clone(), one.clone()]),
        mail_with(&[forwarded.clone(), two.clone()]),
        mail_with(&[two, forwarded]),
        mail_with(&[one, attachment(&Spec::of(&world.container, &world.bob).build(), PLAIN)]),
    ] {
        assert_eq!(find_container(&mail), Err(FindError::Ambiguous));
    }
}

#[test]
fn a_renamed_and_retyped_attachment_is_found() {
    let world = World::get();
    for head in [
        "Content-Type: application/octet-stream; name=\"winmail.dat\"\r\nContent-Transfer-Encoding: base64",
        "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64",
        "Content-Type: application/zip; name=\"message.zegel.zip\"\r\nContent-Transfer-Encoding: BASE64",
        "Content-Disposition: attachment; filename=\"quarantine.txt\"\r\nContent-Transfer-Encoding: base64",
        "Content-Type: text/plain; charset=us-ascii",
    ] {
        let mail = mail_with(&[attachment(&world.container, head)]);
        assert_eq!(find_container(&mail).unwrap().container, world.container, "{head}");
    }
}

#[test]
fn what_only_looks_sealed_is_not() {
    let world = World::get();
    let mut late = vec![b'x'; 512];
    late.extend(&world.container);
    for container in [late.as_slice(), b"parts/0.age", &[0; 4096]] {
        let mail = mail_with(&[attachment(container, PLAIN)]);
        assert_eq!(find_container(&mail), Err(FindError::NotSealed));
    }
}
