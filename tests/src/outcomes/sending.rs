//! Once the mail is handed over, the code says so: a script that sees a failure sends again.

use std::fs;

use zegel_testkit::{Act, Script, ScriptedSmtp, Step};

use super::{Broken, run_with};
use crate::e2e::world::World;

const MAIL: &[u8] =
    b"From: alice@example.org\nTo: bob@example.org\nSubject: The results of March\n\nDear Bob\n";

fn with_server(script: Script) -> (World, ScriptedSmtp) {
    let (world, server) = (World::new(), ScriptedSmtp::start(script));
    world.write_account(
        "alice",
        &format!("host = \"localhost\"\nport = {}\ntls = \"none\"\ntimeout_seconds = 5\n", server.port()),
    );
    world.write("work/mail.eml", MAIL);
    (world, server)
}

fn mails(server: &ScriptedSmtp) -> usize {
    server.seen_text().matches("DATA\r\n").count()
}

#[test]
fn a_report_that_cannot_be_written_does_not_ask_to_send_again() {
    for broken in [Broken::Closed, Broken::Full, Broken::Pipe] {
        let (world, server) = with_server(Script::new());
        let runs: [&[&str]; 3] =
            [&["send", "mail.eml", "--json"], &["--json", "sendmail", "-t", "-oi"], &["send", "mail.eml"]];
        for (number, arguments) in runs.into_iter().enumerate() {
            let ran = run_with(broken, &world, "alice", arguments, MAIL);
            assert_eq!(ran.code, 0, "{broken:?} {arguments:?}: {}", ran.stderr);
            assert_eq!(mails(&server), number + 1, "{broken:?} {arguments:?}");
            let told = ran.stderr.contains("\"event\":\"warning\"") && ran.stderr.contains("bob@example.org");
            let json = arguments.contains(&"--json");
            assert_eq!(told, json && broken != Broken::Closed, "{broken:?} {arguments:?}: {}", ran.stderr);
        }
    }
}

#[test]
fn a_mail_that_was_perhaps_sent_stays_one_without_a_report() {
    for broken in [Broken::Closed, Broken::Full, Broken::Pipe] {
        let (world, server) = with_server(Script::new().on(Step::Dot, Act::Drop));
        for arguments in [&["send", "mail.eml", "--json"][..], &["--json", "sendmail", "-t", "-oi"]] {
            let ran = run_with(broken, &world, "alice", arguments, MAIL);
            assert_eq!(ran.code, 1, "{broken:?} {arguments:?}: {}", ran.stderr);
            if broken != Broken::Closed {
                assert!(ran.stderr.contains("Perhaps sent") && ran.stderr.contains("\"event\":\"error\""));
            }
        }
        assert_eq!(mails(&server), 2);
    }
}

/// The report is all a dry run makes, and data on standard output is what was asked for: without them it has failed.
#[test]
fn output_that_was_asked_for_is_no_report() {
    for broken in [Broken::Full, Broken::Pipe] {
        let (world, server) = with_server(Script::new());
        let before = world.listing(&[]);
        for arguments in [
            &["send", "mail.eml", "--dry-run", "--json"][..],
            &["send", "mail.eml", "--output", "-"],
            &["seal", "mail.eml", "-o", "-"],
            &["plan", "mail.eml"],
        ] {
            let ran = run_with(broken, &world, "alice", arguments, b"");
            assert_eq!(ran.code, 74, "{broken:?} {arguments:?}: {}", ran.stderr);
        }
        assert_eq!((mails(&server), world.listing(&[])), (0, before));
    }
}

#[test]
fn files_that_were_written_count_without_a_report() {
    for broken in [Broken::Full, Broken::Pipe] {
        let world = World::new();
        world.write("work/mail.eml", MAIL);
        for (arguments, file) in [
            (&["send", "mail.eml", "--output", "out.eml", "--json"][..], "out.eml"),
            (&["seal", "mail.eml", "-o", "out.zegel", "--json"], "out.zegel"),
            (&["card", "export", "-o", "out.card", "--json"], "out.card"),
        ] {
            let ran = run_with(broken, &world, "alice", arguments, b"");
            assert_eq!(ran.code, 0, "{broken:?} {arguments:?}: {}", ran.stderr);
            assert!(fs::metadata(world.join("work").join(file)).unwrap().len() > 0);
            assert!(ran.stderr.contains("the report is lost"), "{}", ran.stderr);
        }
    }
}
