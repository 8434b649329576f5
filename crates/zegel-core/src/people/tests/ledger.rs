use super::*;
use crate::id::to_base32;

fn sample() -> Ledger {
    history(&[
        &["Bob de Vries <bob.devries@example.org>", "carol@example.net"],
        &["Bob de Vries <bob.devries@example.org>", "dave@example.org", "carol@example.net"],
        &["erin@example.com"],
    ])
}

#[test]
fn counts_mails_and_who_was_together() {
    let ledger = sample();
    assert_eq!(ledger.counts(), Counts { mails: 3, people: 4, domains: 3, pairs: 3 });
    let id = |text: &str| ledger.person(&address(text)).unwrap().id;
    assert_eq!(ledger.person(&address("BOB.devries@Example.org")).unwrap().mails, 2);
    assert_eq!(ledger.together(id("bob.devries@example.org"), id("carol@example.net")), 2);
    assert_eq!(ledger.together(id("carol@example.net"), id("dave@example.org")), 1);
    assert_eq!(ledger.together(id("erin@example.com"), id("dave@example.org")), 0);
    assert_eq!(ledger.person(&address("frank@example.org")), None);
}

#[test]
fn the_same_mail_counts_once() {
    let mut ledger = Ledger::new([1; 32]);
    let to = mailboxes(&["bob@example.org", "Bob@EXAMPLE.org"]);
    let mail = Mail { at: Timestamp::from_unix(5), id: Some("<1@example.org>"), to: &to };
    assert!(ledger.record(&mail) && !ledger.record(&mail));
    assert_eq!(ledger.person(&address("bob@example.org")).unwrap().mails, 1);
    assert!(ledger.record(&Mail { id: Some("<2@example.org>"), ..mail }));
    let (mut read, _) = Ledger::read([1; 32], &ledger.to_bytes()).unwrap();
    assert!(!read.record(&mail));
    assert_eq!(read.counts().mails, 2);
}

#[test]
fn lines_read_back_whole_or_appended() {
    let mut whole = sample();
    let bytes = whole.to_bytes();
    let (mut read, length) = Ledger::read([7; 32], &bytes).unwrap();
    assert_eq!((read.to_bytes(), length), (bytes.clone(), bytes.len()));
    let mut appended = Ledger::start();
    let mut recorded = Ledger::new([7; 32]);
    for number in 0..3_u64 {
        let to = mailboxes(&["Bob <bob@example.org>", "carol@example.net"]);
        let mail = Mail { at: Timestamp::from_unix(number), id: Some(&format!("<{number}>")), to: &to };
        appended.extend(Ledger::line(&[7; 32], &mail));
        recorded.record(&mail);
    }
    let (mut read, length) = Ledger::read([7; 32], &appended).unwrap();
    assert_eq!((read.to_bytes(), length), (recorded.to_bytes(), appended.len()));
    // Another key finds nobody.
    let (read, _) = Ledger::read([8; 32], &bytes).unwrap();
    assert_eq!(read.person(&address("carol@example.net")), None);
}

#[test]
fn every_truncation_keeps_the_lines_before() {
    let bytes = sample().to_bytes();
    let first = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for length in first..bytes.len() {
        let (_, whole) = Ledger::read([7; 32], &bytes[..length]).unwrap();
        assert!(whole <= length && bytes[..whole].ends_with(b"\n"));
    }
    for torn in [&b"{\"mail\":"[..], b"\0\0\0\0", b"\0\0\n", b"{\"start\":{}}\n"] {
        let (_, whole) = Ledger::read([7; 32], &[&bytes, torn].concat()).unwrap();
        assert_eq!(whole, bytes.len());
    }
}

#[test]
fn damage_and_other_formats_are_refused() {
    let bytes = sample().to_bytes();
    let text = String::from_utf8(bytes.clone()).unwrap();
    for (damaged, expected) in [
        (text.replacen("\"domain\":{", "\"doman\":{", 1), LedgerError::Line(2)),
        (text.replacen("history/v1", "history/v2", 1), LedgerError::Format),
        (format!("\n{text}"), LedgerError::Format),
        (format!("{text}{text}"), LedgerError::Line(text.lines().count() + 1)),
    ] {
        assert_eq!(Ledger::read([7; 32], damaged.as_bytes()).unwrap_err(), expected);
    }
    assert_eq!(Ledger::read([7; 32], b"").unwrap().0.counts(), Counts::default());
}

#[test]
fn forgetting_leaves_no_trace() {
    let mut ledger = sample();
    let bob = address("Bob.DeVries@example.org");
    let id = ledger.person(&bob).unwrap().id;
    let trace = to_base32(&id.0);
    let name = names::stored(&mailbox("Bob de Vries <bob.devries@example.org>"));
    assert!(String::from_utf8(ledger.to_bytes()).unwrap().contains(&trace));
    assert!(ledger.forget(&bob) && !ledger.forget(&bob));
    assert!(ledger.person(&bob).is_none());
    assert!(name.iter().all(|clue| ledger.people_under(clue).is_empty()));
    assert!(!String::from_utf8(ledger.to_bytes()).unwrap().contains(&trace));
    // The domain of somebody else stays; with the last one there it goes.
    assert_eq!(ledger.counts(), Counts { mails: 3, people: 3, domains: 3, pairs: 1 });
    assert!(ledger.mails_under(&super::super::lookalike::itself(&domain("example.org"))) > 0);
    assert!(ledger.forget(&address("dave@example.org")));
    assert_eq!(ledger.counts().domains, 2);
    assert_eq!(ledger.mails_under(&super::super::lookalike::itself(&domain("example.org"))), 0);
    // As if it had never been there, but for the number of mails.
    let mut never = Ledger::new([7; 32]);
    for (at, to) in [(1_000, "carol@example.net"), (1_001, "carol@example.net"), (1_002, "erin@example.com")]
    {
        never.record(&Mail { at: Timestamp::from_unix(at), id: None, to: &mailboxes(&[to]) });
    }
    assert_eq!(ledger.to_bytes(), never.to_bytes());
}

#[test]
fn no_name_is_in_it() {
    let text = String::from_utf8(sample().to_bytes()).unwrap();
    for word in ["bob", "devries", "example", "carol", "org\""] {
        assert!(!text.contains(word), "{word}");
    }
    assert!(!format!("{:?}", sample()).contains("bob"));
}

#[test]
fn large_mails_and_long_histories_stay_bounded() {
    let mut ledger = Ledger::new([7; 32]);
    let many: Vec<Mailbox> = (0..31).map(|n| mailbox(&format!("p{n}@example.org"))).collect();
    ledger.record(&Mail { at: Timestamp::from_unix(1), id: None, to: &many });
    assert_eq!(ledger.counts().pairs, 0, "a mail to everybody says nothing about pairs");
    ledger.record(&Mail { at: Timestamp::from_unix(2), id: None, to: &many[..30] });
    assert_eq!(ledger.counts().pairs, 435);
    for n in 0..11_000_u64 {
        let to = [mailbox(&format!("q{n}@d{}.example", n % 50))];
        ledger.record(&Mail { at: Timestamp::from_unix(10 + n), id: None, to: &to });
    }
    let bytes = ledger.to_bytes();
    assert!(bytes.len() < 10 << 20, "{}", bytes.len());
    assert_eq!(ledger.counts().people, 10_000);
    assert_eq!(ledger.counts().pairs, 0, "those of long ago went first");
    assert!(ledger.person(&address("q10999@d49.example")).is_some());
    let (mut read, _) = Ledger::read([7; 32], &bytes).unwrap();
    assert_eq!(read.to_bytes(), bytes);
}
