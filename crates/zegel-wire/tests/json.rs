//! The JSON of every report, word for word: scripts read it, so a field keeps its name, its place and its meaning.
//!
//! Each text is read and written again. A field that was renamed would be missing, or come back under another name.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use zegel_wire::error::{ErrorView, Kind};
use zegel_wire::event::Event;
use zegel_wire::exit::Exit;
use zegel_wire::report::*;

/// Reads each line and expects it back as it was.
fn pinned<T: Serialize + DeserializeOwned + Debug>(lines: &str) {
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let read: T = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(serde_json::to_string(&read).unwrap(), line, "{read:?}");
    }
}

/// Expects exactly these words for all values of a kind.
fn words<T: Serialize + DeserializeOwned + Debug>(words: &[&str]) {
    for word in words {
        pinned::<T>(&format!("\"{word}\""));
    }
}

#[test]
fn errors() {
    pinned::<ErrorView>(
        r#"{"error":"cannot read x: no such file","kind":"no-input","code":66,"hints":["check the name"]}
        {"error":"x","kind":"bug","code":70,"hints":[]}"#,
    );
    for kind in Kind::ALL {
        assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.name()));
    }
    let codes = Exit::ALL.map(|exit| serde_json::to_string(&exit).unwrap());
    assert_eq!(
        codes.join(" ").replace('"', ""),
        "done some-failed usage bad-data no-input no-route unavailable bug io try-later policy config"
    );
}

#[test]
fn events() {
    pinned::<Event>(
        r#"{"event":"progress","task":"Sealing","done":1,"total":2}
        {"event":"progress","task":"Sealing","done":1}
        {"event":"error","text":"x"}
        {"event":"status","text":"x"}
        {"event":"warning","text":"x"}"#,
    );
}

#[test]
fn cards() {
    words::<CardState>(&["expired", "unpinned", "valid"]);
    pinned::<CardView>(
        r#"{"address":"a@example.org","name":"A","fingerprint":"f","readable_fingerprint":"f-f","recipient":"age1pq1x","signing_key":"ssh-ed25519 x","post_quantum":true,"state":"valid","origin":"imported","pinned":"2026-11-21T08:00:00Z","created":"2026-11-21T08:00:00Z","expires":"2028-11-21T08:00:00Z","card":"text","path":"a.card"}
        {"address":"a@example.org","fingerprint":"f","readable_fingerprint":"f-f","recipient":"age1x","signing_key":"ssh-ed25519 x","post_quantum":false,"state":"unpinned"}"#,
    );
    pinned::<CardListView>(r#"{"cards":[]}"#);
    pinned::<CardRemovedView>(r#"{"address":"a@example.org","fingerprint":"f-f"}"#);
}

#[test]
fn history() {
    pinned::<HistoryView>(r#"{"mails":4,"people":3,"domains":2,"pairs":1}"#);
    pinned::<HistoryImportView>(
        r#"{"source":"mbox:sent","read":4,"counted":1,"again":1,"not_own":1,"unreadable":1}"#,
    );
    pinned::<HistoryForgottenView>(
        r#"{"address":"a@example.org","forgotten":true}
        {"forgotten":false}"#,
    );
}

#[test]
fn identities() {
    pinned::<IdentityView>(
        r#"{"address":"a@example.org","name":"A","fingerprint":"f","readable_fingerprint":"f-f","recipient":"age1pq1x","signing_key":"ssh-ed25519 x","created":"2026-11-21T08:00:00Z","expires":"2028-11-21T08:00:00Z","serial":2,"store":"file","path":"a.age","earlier":["e-e"]}
        {"address":"a@example.org","fingerprint":"f","readable_fingerprint":"f-f","recipient":"age1pq1x","signing_key":"ssh-ed25519 x","created":"2026-11-21T08:00:00Z","expires":"2028-11-21T08:00:00Z","serial":1}"#,
    );
    pinned::<IdentityExportView>(r#"{"address":"a@example.org","format":"zegel","path":"a.identity"}"#);
}

#[test]
fn sealing_and_sending() {
    words::<RouteKind>(&["direct", "guest", "key", "plain", "refuse"]);
    words::<MailOutcome>(&["dry-run", "failed", "sent", "skipped", "unknown", "written"]);
    pinned::<RecipientView>(
        r#"{"address":"b@example.org","name":"B","role":"to","route":"key","reason":"r","fingerprint":"f","origin":"imported","post_quantum":true,"recall":"none","receipt":"none"}
        {"address":"b@example.org","role":"bcc","route":"refuse"}"#,
    );
    pinned::<PlanView>(
        r#"{"from":"a@example.org","subject":"s","recipients":[],"post_quantum":true,"sendable":true,"mails":1}
        {"from":"a@example.org","subject":"s","recipients":[],"sendable":false,"mails":0,"refusal":{"error":"e","kind":"no-card","code":67,"hints":[]}}"#,
    );
    pinned::<SealReport>(
        r#"{"message_id":"i","recipients":[],"post_quantum":true,"files":[{"path":"x.zegel","recipients":["b@example.org"],"bytes":1},{"recipients":[],"bytes":2}]}"#,
    );
    pinned::<SendReport>(
        r#"{"message_id":"i","from":"a@example.org","recipients":[],"post_quantum":true,"mails":[{"recipients":["b@example.org"],"internet_message_id":"<i@example.org>","bytes":1,"outcome":"sent","reply":"250 ok","path":"x.eml","error":{"error":"e","kind":"refused","code":69,"hints":[]}},{"recipients":[],"internet_message_id":"<j@example.org>","bytes":1,"outcome":"unknown"}],"sent_copy":{"place":"Maildir","error":"e"}}
        {"message_id":"i","from":"a@example.org","recipients":[],"post_quantum":false,"mails":[],"sent_copy":{"place":"Maildir"}}
        {"message_id":"i","from":"a@example.org","recipients":[],"post_quantum":false,"mails":[]}"#,
    );
}

#[test]
fn opening() {
    words::<Trust>(&["expired-since", "first-use", "own", "same-key", "verified"]);
    pinned::<OpenReport>(
        r#"{"message_id":"i","sender":{"address":"a@example.org","name":"A"},"trust":"verified","fingerprint":"f","readable_fingerprint":"f-f","sent":"2026-11-21T08:00:00Z","to":[{"address":"b@example.org"}],"cc":[],"bcc":[{"address":"c@example.org"}],"subject":"s","internet_message_id":"<i@example.org>","opened_as":"b@example.org","role":"to","post_quantum":true,"archive":"r@example.org","seen_before":"2026-11-21T08:00:00Z","replayed":true,"mismatches":["Date: none"],"text":"t","attachments":[{"name":"n","media_type":"text/plain","bytes":1,"path":"n"},{"name":"o","media_type":"text/plain","bytes":1}],"eml":"x.eml"}
        {"message_id":"i","sender":{"address":"a@example.org"},"trust":"first-use","fingerprint":"f","readable_fingerprint":"f-f","sent":"2026-11-21T08:00:00Z","to":[],"cc":[],"subject":"","opened_as":"b@example.org","role":"bcc","post_quantum":false,"text":"","attachments":[]}"#,
    );
}

#[test]
fn inspecting() {
    words::<MessageKind>(&["container", "mail"]);
    pinned::<InspectView>(
        r#"{"kind":"mail","bytes":1,"headers":[{"name":"From","value":"a@example.org"}],"envelopes":[{"name":"envelopes/0.age","bytes":1,"stanzas":["mlkem768x25519"],"post_quantum":true}],"parts":[],"post_quantum":true}
        {"kind":"container","bytes":1,"envelopes":[],"parts":[],"post_quantum":false}"#,
    );
}

#[test]
fn judging() {
    pinned::<CheckReport>(
        r#"{"path":"a.eml","policy":{"name":"p","serial":1},"verdict":"warn","findings":[{"rule":"r","action":"warn","class":"c","explain":{"nl":"n","en":"e"},"accept":"by-name","accepted":false,"count":2,"different":1,"evidence":[{"place":"line 1 of the text","words":"w","detector":"bsn","confidence":"high","line":1},{"place":"","words":"Sat 10:00"}]}],"classes":["c"],"level":"high","second_factor":"strong","expires_days":30,"archives":["r@example.org"],"plain":["b@example.org"],"not_examined":[{"place":"a.zip","reason":"encrypted"}]}
        {"policy":{"name":"built-in","serial":0},"verdict":"allow","findings":[],"classes":[],"archives":[],"plain":[],"not_examined":[]}"#,
    );
    pinned::<PolicyView>(
        r#"{"policy":{"name":"p","serial":1},"path":"p.toml","signer":"ssh-ed25519 x","own":"o.toml","classes":[{"id":"c","level":"high","label":{"nl":"n","en":"e"},"archive":"r@example.org"},{"id":"d","level":"low","label":{"nl":"n","en":"e"}}],"rules":[{"id":"r","action":"warn","class":"c","accept":"by-name","explain":{"nl":"n","en":"e"},"conditions":["bsn was found"]},{"id":"s","action":"block","accept":"never","explain":{"nl":"n","en":"e"},"conditions":[]}]}
        {"policy":{"name":"built-in","serial":0},"classes":[],"rules":[]}"#,
    );
    pinned::<PolicyTestReport>(
        r#"{"policy":{"name":"p","serial":1},"examples":[{"name":"a","passed":true},{"name":"b","passed":false,"difference":"d"}],"passed":1,"failed":1}"#,
    );
    pinned::<PolicySignedView>(
        r#"{"policy":{"name":"p","serial":1},"path":"p.toml.sig","signer":"ssh-ed25519 x"}"#,
    );
    pinned::<PolicyInitView>(r#"{"path":"p.toml","template":"health"}"#);
}

#[test]
fn setting_up() {
    words::<CheckState>(&["fail", "fixed", "ok", "skipped", "warn"]);
    pinned::<AccountListView>(
        r#"{"accounts":[{"name":"work","address":"a@example.org","default":true,"server":"mail.example.org","port":465,"security":"tls","user":"a","password":"keyring","sent_copy":"Maildir"},{"name":"other","address":"a@example.org","default":false,"server":"mail.example.org","port":25,"security":"none","password":"none"}]}"#,
    );
    pinned::<AccountTestView>(
        r#"{"name":"work","server":"mail.example.org:465","security":"TLSv1_3","authenticated":true,"millis":1}"#,
    );
    pinned::<DoctorView>(
        r#"{"healthy":false,"checks":[{"name":"n","state":"fail","detail":"d","hint":"h"},{"name":"n","state":"ok","detail":"d"}]}"#,
    );
    pinned::<SmokeReport>(
        r#"{"passed":false,"version":"0.1.0","target":"embedded","started":"2026-11-21T08:00:00Z","steps":[{"name":"n","passed":false,"skipped":false,"micros":1,"detail":"d","error":{"error":"e","kind":"bug","code":70,"hints":[]}},{"name":"n","passed":false,"skipped":true,"micros":0}],"micros":1}"#,
    );
}

#[test]
fn unknown_fields_are_passed_over() {
    // What the documentation promises to readers: new fields may come.
    let read: CardRemovedView =
        serde_json::from_str(r#"{"address":"a@example.org","fingerprint":"f","new":1}"#).unwrap();
    assert_eq!(read.address, "a@example.org");
}
