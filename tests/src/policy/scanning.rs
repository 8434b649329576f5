//! The virus scanner, a real ClamAV: before sealing, and on opening.

use std::fs;

use serde_json::Value;
use zegel_testkit::Clamd;

use super::office::{HEAD, Office, mail, mail_with};
use crate::e2e::world::{Ran, World};

/// What the rules of an organisation say of the scanner.
const RULES: &str = r#"
[[rule]]
id = "infected"
action = "block"
explain = { nl = "Besmet.", en = "Infected." }
when = [{ attachments = { infected = true } }]

[[rule]]
id = "not-scanned"
action = "warn"
accept = "by-name"
explain = { nl = "Niet gescand.", en = "Not scanned." }
when = [{ attachments = { not_scanned = true } }]
"#;

/// Longer than the scanner takes.
const TOO_LONG: usize = Clamd::LONGEST + 100_000;

fn configured(clamd: &Clamd) -> String {
    format!("[scan]\nclamd = {:?}\n", clamd.socket())
}

/// Mails with the sample in every place that somebody may open, and the name of that place.
fn infected() -> Vec<(&'static str, String)> {
    let bad = Clamd::BAD.as_bytes();
    let html = format!("<p>Hello</p><!-- {} -->", Clamd::BAD);
    let inline = format!(
        "From: alice@example.org\nTo: bob@example.org\nSubject: x\nMIME-Version: 1.0\n\
         Content-Type: multipart/related; boundary=\"bound\"\n\n--bound\nContent-Type: text/html\n\n\
         <img src=\"cid:a\">\n--bound\nContent-Type: image/png\nContent-ID: <a>\nContent-Disposition: inline\n\
         Content-Transfer-Encoding: base64\n\n{}\n--bound--\n",
        data_encoding::BASE64.encode(bad)
    );
    let alternative = format!(
        "From: alice@example.org\nTo: bob@example.org\nSubject: x\nMIME-Version: 1.0\n\
         Content-Type: multipart/alternative; boundary=\"bound\"\n\n--bound\nContent-Type: text/plain\n\n\
         Hello\n--bound\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\n{}\n--bound--\n",
        data_encoding::BASE64.encode(html.as_bytes())
    );
    let two = mail_with("Hello", &[("same.txt", "text/plain", bad), ("same.txt", "text/plain", b"clean")]);
    vec![
        ("note.txt", mail_with("Hello", &[("note.txt", "text/plain", bad)])),
        ("same.txt", two),
        ("image.png", inline),
        ("the text", alternative),
        ("the text", mail(Clamd::BAD)),
    ]
}

#[test]
fn what_the_scanner_knows_is_never_sent() {
    let clamd = Clamd::start();
    let tcp = format!("[scan]\nclamd = \"127.0.0.1:{}\"\n", clamd.port());
    // With a rule for it, with a policy that is silent about it, and with no policy at all.
    let offices = [
        (Office::new(&format!("{HEAD}{RULES}"), &configured(&clamd)), "infected: Infected."),
        (Office::new(HEAD, &configured(&clamd)), "scan:infected"),
        (Office::without_policy(&tcp), "scan:infected"),
    ];
    for (office, says) in &offices {
        for (place, draft) in infected() {
            office.world.write("work/mail.eml", draft);
            office.refused(&[], 77, &[says]);
            office.refused(&["--accept", "infected", "--accept", "scan:infected"], 77, &[says]);
            let ran = office.world.zegel("alice", &["check", "mail.eml", "--json"], b"");
            let report: Value = serde_json::from_slice(&ran.stdout).unwrap();
            let evidence = &report["findings"][0]["evidence"];
            assert_eq!((ran.code, evidence.as_array().unwrap().len()), (77, 1), "{report}");
            assert_eq!(evidence[0]["place"], place);
            assert_eq!(evidence[0]["words"], format!("infected: {}", Clamd::BAD_NAME));
        }
        // The same places without the sample.
        for (_, draft) in infected() {
            let clean = data_encoding::BASE64.encode(Clamd::BAD.replace("test", "best").as_bytes());
            let draft = draft
                .replace(&data_encoding::BASE64.encode(Clamd::BAD.as_bytes()), &clean)
                .replace(Clamd::BAD, "nothing");
            let html = format!("<p>Hello</p><!-- {} -->", Clamd::BAD);
            let draft = draft.replace(&data_encoding::BASE64.encode(html.as_bytes()), "PHA+SGk8L3A+");
            office.world.write("work/mail.eml", draft);
            office.sent(&[]);
        }
    }
}

/// What no reading of ours shows, another mail program may: the mail is also scanned as it is.
#[test]
fn what_stands_between_the_parts_is_scanned_as_well() {
    let clamd = Clamd::start();
    let draft = mail_with("Hello", &[("a.txt", "text/plain", b"a")]);
    let hidden = draft.replace("\n\n--bound\n", &format!("\n\n{}\n--bound\n", Clamd::BAD));
    assert_ne!(hidden, draft);
    let office = Office::without_policy(&configured(&clamd));
    office.world.write("work/mail.eml", &hidden);
    office.refused(&[], 77, &["scan:infected"]);
    office.world.write("work/mail.eml", draft);
    office.sent(&[]);

    let reader = Reader::new(&[("sealed.eml", hidden)], &configured(&clamd));
    for way in ["restored.eml", "-"] {
        let before = reader.world.listing(&[]);
        let ran = reader.world.zegel("bob", &["open", "sealed.eml", "--eml", way], b"");
        assert_eq!((ran.code, ran.stdout.is_empty()), (77, true), "{}", ran.stderr);
        assert_eq!(reader.world.listing(&[]), before);
    }
    // Made too long for the scanner as a whole, while every piece is short enough: asked about, and told.
    let filling = vec![b'x'; Clamd::LONGEST / 2];
    let fillings = [("a.txt", "text/plain", &filling[..]), ("b.txt", "text/plain", &filling[..])];
    let padded = mail_with("Hello", &fillings);
    office.world.write("work/mail.eml", &padded);
    office.refused(&[], 77, &["scan:not-scanned"]);
    let long = Reader::new(&[("sealed.eml", padded)], &configured(&clamd));
    let (ran, _) = long.opened("sealed.eml", &["--eml", "restored.eml"]);
    assert!(ran.stderr.contains("was not scanned for viruses"), "{}", ran.stderr);
    // The text and the file are clean: they are all that is shown here.
    let (_, report) = reader.opened("sealed.eml", &["--extract", "saved"]);
    assert_eq!(report["attachments"][0]["scan"]["state"], "clean");
}

#[test]
fn a_large_part_is_scanned_as_well() {
    let clamd = Clamd::start();
    let office = Office::without_policy(&format!("{}[seal]\npart_threshold = 102400\n", configured(&clamd)));
    let mut content = vec![b'x'; 500_000];
    content.extend_from_slice(Clamd::BAD.as_bytes());
    office.world.write("work/mail.eml", mail_with("Hello", &[("large.txt", "text/plain", &content)]));
    office.refused(&[], 77, &["scan:infected"]);
    office
        .world
        .write("work/mail.eml", mail_with("Hello", &[("large.txt", "text/plain", &content[..500_000])]));
    office.sent(&[]);
}

#[test]
fn a_scanner_that_is_down_lets_nothing_out() {
    let clamd = Clamd::start();
    for office in [
        Office::new(&format!("{HEAD}{RULES}"), &configured(&clamd)),
        Office::without_policy(&configured(&clamd)),
        Office::without_policy(&format!("[scan]\nclamd = \"localhost:{}\"\n", clamd.port())),
    ] {
        office.draft("Until Thursday.");
        office.sent(&[]);
    }
    let (socket, port) = (clamd.socket(), clamd.port());
    drop(clamd);
    for (address, code, says) in [
        (socket.display().to_string(), 75, "cannot reach the virus scanner"),
        (format!("127.0.0.1:{port}"), 75, "cannot reach the virus scanner"),
        ("localhost".to_owned(), 78, "neither the path of a socket nor host:port"),
        (":3310".to_owned(), 78, "neither the path of a socket nor host:port"),
        // Plaintext never goes over a network (TEST-NET-1, RFC 5737: nobody is there).
        ("192.0.2.1:3310".to_owned(), 78, "on another computer"),
        ("[2001:db8::1]:3310".to_owned(), 78, "on another computer"),
        ("clamd.example.org:3310".to_owned(), 78, "on another computer"),
    ] {
        let line = format!("[scan]\nclamd = {address:?}\n");
        for office in [Office::new(&format!("{HEAD}{RULES}"), &line), Office::without_policy(&line)] {
            office.draft("Until Thursday.");
            office.refused(&[], code, &[says]);
            let accept = ["--accept", "not-scanned", "--accept", "scan:not-scanned"];
            office.refused(&accept, code, &[says]);
        }
    }
}

#[test]
fn what_is_too_long_for_the_scanner_is_for_the_policy_to_decide() {
    let clamd = Clamd::start();
    let long = mail_with("Hello", &[("long.txt", "text/plain", &vec![b'x'; TOO_LONG])]);
    for (office, rule) in [
        (Office::new(&format!("{HEAD}{RULES}"), &configured(&clamd)), "not-scanned"),
        (Office::without_policy(&configured(&clamd)), "scan:not-scanned"),
    ] {
        office.world.write("work/mail.eml", &long);
        office.refused(&[], 77, &[rule, &format!("--accept {rule}")]);
        office.sent(&["--accept", rule]);
    }
    // A policy may say that it does not matter.
    let lenient = RULES.replace("action = \"warn\"\naccept = \"by-name\"", "action = \"allow\"");
    assert_ne!(lenient, RULES);
    let office = Office::new(&format!("{HEAD}{lenient}"), &configured(&clamd));
    office.world.write("work/mail.eml", &long);
    office.sent(&[]);
}

/// Bob has a scanner, Alice has none: a gateway between them sees ciphertext only.
struct Reader {
    world: World,
}

impl Reader {
    fn new(drafts: &[(&str, String)], configuration: &str) -> Self {
        let world = World::new();
        for (name, draft) in drafts {
            world.write("work/mail.eml", draft);
            world.must("alice", &["seal", "mail.eml", "--mail", "-o", name], b"");
        }
        // No account is needed to read.
        world.write_account(
            "bob",
            &format!("host = \"localhost\"\nport = 9\ntls = \"none\"\n{configuration}"),
        );
        Self { world }
    }

    /// Opens in every way, and expects that nothing was shown, saved, pinned or remembered.
    fn refused(&self, file: &str, more: &[&str], code: i32, says: &[&str]) {
        let ways: [&[&str]; 5] =
            [&[], &["--json"], &["--extract", "saved"], &["--eml", "restored.eml"], &["--eml", "-"]];
        for way in ways {
            if more.contains(&"--without-infected") && way.contains(&"--eml") {
                continue;
            }
            let before = self.world.listing(&[]);
            let ran = self.world.zegel("bob", &[&["open", file], way, more].concat(), b"");
            let told = format!("open {file} {way:?}: {}", ran.stderr);
            assert_eq!(ran.code, code, "{told}");
            let shown = String::from_utf8(ran.stdout).unwrap();
            if way == ["--json"] {
                let report: Value = serde_json::from_str(&shown).unwrap();
                let kind = if code == 77 { "infected" } else { "temporary" };
                assert_eq!((&report["code"], &report["kind"]), (&code.into(), &kind.into()), "{told}");
                assert!(report.get("text").is_none() && report.get("attachments").is_none(), "{shown}");
            } else {
                assert!(shown.is_empty(), "{told}{shown}");
            }
            for words in says {
                assert!(ran.stderr.contains(words) || shown.contains(words), "{words:?} {told}{shown}");
            }
            assert_eq!(self.world.listing(&[]), before, "{told}");
        }
    }

    fn opened(&self, file: &str, more: &[&str]) -> (Ran, Value) {
        let ran = self.world.must("bob", &[&["open", file, "--json"], more].concat(), b"");
        let report = serde_json::from_slice(&ran.stdout).unwrap();
        (ran, report)
    }
}

#[test]
fn what_the_scanner_knows_is_not_shown_on_opening() {
    let clamd = Clamd::start();
    let drafts = infected();
    for (place, draft) in &drafts {
        let reader = Reader::new(&[("sealed.eml", draft.clone())], &configured(&clamd));
        let place = place.replace("the text", "in the text");
        reader.refused("sealed.eml", &[], 77, &["the virus scanner found", Clamd::BAD_NAME, &place]);
        // Without a scanner it opens: it was the scanner that refused.
        fs::remove_file(reader.world.home("bob").join("config/config.toml")).unwrap();
        reader.world.must("bob", &["open", "sealed.eml"], b"");
    }
}

#[test]
fn the_text_can_be_read_and_infected_files_are_kept_back() {
    let clamd = Clamd::start();
    let bad = Clamd::BAD.as_bytes();
    let two = mail_with(
        "The words of the text.",
        &[("bad.txt", "text/plain", bad), ("good.txt", "text/plain", b"good")],
    );
    let drafts = [("sealed.eml", two), ("text.eml", mail(Clamd::BAD))];
    let reader = Reader::new(&drafts, &configured(&clamd));
    reader.refused("sealed.eml", &[], 77, &["bad.txt", "--without-infected"]);
    // A text that is infected is not shown at all, and a restored mail would hold everything.
    reader.refused("text.eml", &["--without-infected"], 77, &["in the text"]);
    let before = reader.world.listing(&[]);
    let eml = ["open", "sealed.eml", "--without-infected", "--eml", "restored.eml"];
    assert_eq!(reader.world.zegel("bob", &eml, b"").code, 64);
    assert_eq!(reader.world.listing(&[]), before);

    let (_, report) = reader.opened("sealed.eml", &["--without-infected", "--extract", "saved"]);
    assert_eq!(report["text"].as_str().unwrap().trim(), "The words of the text.");
    assert_eq!(report["text_scan"]["state"], "clean");
    let [kept_back, saved] = report["attachments"].as_array().unwrap().as_slice() else { panic!("{report}") };
    assert_eq!((&kept_back["name"], &kept_back["scan"]["state"]), (&"bad.txt".into(), &"infected".into()));
    assert_eq!(kept_back["scan"]["detail"], Clamd::BAD_NAME);
    assert!(kept_back.get("path").is_none());
    assert_eq!((&saved["path"], &saved["scan"]["state"]), (&"saved/good.txt".into(), &"clean".into()));
    let names: Vec<_> =
        fs::read_dir(reader.world.join("work/saved")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["good.txt"]);
    let page = reader.world.must("bob", &["open", "sealed.eml", "--without-infected"], b"");
    let page = String::from_utf8(page.stdout).unwrap();
    assert!(page.contains("kept back, infected: Zegel.Test.Sample"), "{page}");
}

/// Parts that travel apart are read again from where they were put aside; for a mere look they are streamed to the scanner.
#[test]
fn a_large_part_is_scanned_on_opening() {
    let clamd = Clamd::start();
    let mut content = vec![b'x'; 500_000];
    content.extend_from_slice(Clamd::BAD.as_bytes());
    let reader = Reader::new(&[], &configured(&clamd));
    reader.world.write_account(
        "alice",
        "host = \"localhost\"\nport = 9\ntls = \"none\"\n[seal]\npart_threshold = 102400\n",
    );
    let long = vec![b'x'; 3 << 20];
    for (name, content) in
        [("bad.eml", &content[..]), ("good.eml", &content[..500_000]), ("long.eml", &long[..])]
    {
        reader.world.write("work/mail.eml", mail_with("Hello", &[("large.txt", "text/plain", content)]));
        reader.world.must("alice", &["seal", "mail.eml", "--mail", "-o", name], b"");
        let seen = reader.world.must("alice", &["inspect", name, "--json"], b"");
        let seen: Value = serde_json::from_slice(&seen.stdout).unwrap();
        assert_eq!(seen["parts"].as_array().unwrap().len(), 2, "the attachment travels apart");
    }
    reader.refused("bad.eml", &[], 77, &["large.txt"]);
    let (_, report) = reader.opened("bad.eml", &["--without-infected", "--extract", "kept"]);
    assert!(report["attachments"][0].get("path").is_none());
    assert_eq!(fs::read_dir(reader.world.join("work/kept")).unwrap().count(), 0);
    let before = reader.world.listing(&["homes"]);
    // Without a place for temporary files: nothing is put aside.
    fs::remove_dir(reader.world.join("tmp")).unwrap();
    for (file, state) in [("good.eml", "clean"), ("long.eml", "not-scanned")] {
        let (_, report) = reader.opened(file, &[]);
        assert_eq!(report["attachments"][0]["scan"]["state"], state);
    }
    let (_, report) = reader.opened("bad.eml", &["--without-infected"]);
    assert_eq!(report["attachments"][0]["scan"]["detail"], Clamd::BAD_NAME);
    fs::create_dir(reader.world.join("tmp")).unwrap();
    assert_eq!(reader.world.listing(&["homes"]), before, "a look leaves no plaintext behind");
    reader.opened("good.eml", &["--extract", "saved", "--eml", "restored.eml"]);
    assert_eq!(fs::read(reader.world.join("work/saved/large.txt")).unwrap(), &content[..500_000]);
    let restored = fs::read_to_string(reader.world.join("work/restored.eml")).unwrap();
    assert!(restored.contains("large.txt"));
    fs::remove_file(reader.world.join("work/restored.eml")).unwrap();
    fs::remove_dir_all(reader.world.join("work/saved")).unwrap();
    drop(clamd);
    reader.refused("good.eml", &[], 75, &["the message was not scanned for viruses"]);
}

#[test]
fn without_the_scanner_nothing_is_opened() {
    let clamd = Clamd::start();
    let clean = [("sealed.eml", mail_with("Hello", &[("a.txt", "text/plain", b"a")]))];
    let reader = Reader::new(&clean, &configured(&clamd));
    let (ran, report) = reader.opened("sealed.eml", &[]);
    assert_eq!((&report["text_scan"]["state"], ran.stderr.as_str()), (&"clean".into(), ""));
    drop(clamd);
    reader.refused("sealed.eml", &[], 75, &["the message was not scanned for viruses"]);
    reader.refused("sealed.eml", &["--without-infected"], 75, &["nothing was shown or saved"]);
}

#[test]
fn what_the_scanner_did_not_look_at_is_opened_with_a_warning() {
    let clamd = Clamd::start();
    let long = mail_with("Hello", &[("long.txt", "text/plain", &vec![b'x'; TOO_LONG])]);
    let reader = Reader::new(&[("sealed.eml", long)], &configured(&clamd));
    let (ran, report) = reader.opened("sealed.eml", &["--extract", "saved"]);
    assert!(
        ran.stderr.contains("long.txt") && ran.stderr.contains("was not scanned for viruses"),
        "{}",
        ran.stderr
    );
    assert_eq!(report["attachments"][0]["scan"]["state"], "not-scanned");
    assert!(report["attachments"][0]["scan"]["detail"].as_str().unwrap().contains("StreamMaxLength"));
    assert_eq!(report["text_scan"]["state"], "clean");
    assert_eq!(fs::metadata(reader.world.join("work/saved/long.txt")).unwrap().len(), TOO_LONG as u64);
}

#[test]
fn the_doctor_asks_the_scanner() {
    let row = |office: &Office| {
        let ran = office.world.zegel("alice", &["doctor", "--json"], b"");
        let report: Value = serde_json::from_slice(&ran.stdout).unwrap();
        let checks = report["checks"].as_array().unwrap().clone();
        (ran.code, checks.into_iter().find(|check| check["name"] == "virus scanner").unwrap())
    };
    let clamd = Clamd::start();
    let office = Office::without_policy(&configured(&clamd));
    let (code, check) = row(&office);
    assert_eq!((code, &check["state"]), (0, &"ok".into()), "{check}");
    assert!(check["detail"].as_str().unwrap().starts_with("ClamAV "), "{check}");
    drop(clamd);
    let (code, check) = row(&office);
    assert_eq!((code, &check["state"]), (78, &"fail".into()), "{check}");
    assert!(check["detail"].as_str().unwrap().starts_with("cannot reach the virus scanner"), "{check}");
}
