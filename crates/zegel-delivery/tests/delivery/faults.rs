//! A server that misbehaves at each step: the class of the error, and that nothing of the mail went out too early.

use std::time::Duration;

use zegel_delivery::SealedMail;
use zegel_delivery::endpoint::{Credentials, Endpoint, Mechanism, SettingsError, Tls};
use zegel_delivery::smtp::{SmtpSettings, Stage, Submission, SubmitError};
use zegel_testkit::{Act, Script, ScriptedSmtp, Step, sealed_mail};

use super::mail_to;

const SHORT: Duration = Duration::from_millis(300);

fn settings(server: &ScriptedSmtp, tls: Tls) -> SmtpSettings {
    let endpoint = Endpoint::new("127.0.0.1", server.port(), tls).unwrap().with_timeout(SHORT);
    let log_in = Credentials::new(Mechanism::Plain, "alice".to_owned(), "correct horse".into()).unwrap();
    SmtpSettings::new(endpoint).with_credentials(log_in).with_final_timeout(SHORT)
}

fn attempt(server: &ScriptedSmtp, tls: Tls, mail: &SealedMail) -> Result<(), SubmitError> {
    let mut submission = Submission::connect_blocking(&settings(server, tls))?;
    submission.submit(mail).map(|_| ())
}

/// Runs one mail against a script and returns the error and what the server saw.
fn fault(script: Script, tls: Tls) -> (SubmitError, String) {
    let server = ScriptedSmtp::start(script);
    let error = attempt(&server, tls, &mail_to(&["bob@example.net"])).unwrap_err();
    let seen = server.seen_text();
    assert_eq!(server.seen().len(), 1, "no second try behind the caller's back");
    (error, seen)
}

fn stage_of(step: Step) -> Stage {
    match step {
        Step::Greeting => Stage::Greeting,
        Step::Ehlo => Stage::Hello,
        Step::StartTls => Stage::StartTls,
        Step::Auth => Stage::Auth,
        Step::Mail => Stage::Mail,
        Step::Rcpt => Stage::Recipient,
        Step::Data => Stage::Data,
        _ => Stage::Message,
    }
}

const STEPS: [Step; 8] =
    [Step::Greeting, Step::Ehlo, Step::StartTls, Step::Auth, Step::Mail, Step::Rcpt, Step::Data, Step::Dot];

fn tls_for(step: Step) -> Tls {
    if step == Step::StartTls { Tls::StartTls } else { Tls::None }
}

/// Asserts that the server saw nothing beyond what the step needs.
fn assert_nothing_early(step: Step, seen: &str) {
    let said = |word: &str| seen.to_ascii_uppercase().contains(word);
    if step <= Step::StartTls {
        assert!(!said("AUTH") && !said("MAIL FROM"), "{step:?}: {seen}");
    }
    if step <= Step::Auth {
        assert!(!said("MAIL FROM"), "{step:?}: {seen}");
    }
    if step < Step::Dot {
        assert!(!said("SUBJECT:") && !said("MESSAGE.ZEGEL"), "{step:?}: {seen}");
    }
}

#[test]
fn a_no_for_good_is_refused_everywhere() {
    for step in STEPS {
        let (error, seen) =
            fault(Script::new().on(step, Act::Reply("554 5.7.1 no".to_owned())), tls_for(step));
        match &error {
            SubmitError::Auth { code: 554, text, .. } if step == Step::Auth => assert_eq!(text, "5.7.1 no"),
            SubmitError::Refused(refusal) => {
                assert_eq!((refusal.stage, refusal.code), (stage_of(step), 554), "{step:?}");
                assert_eq!(refusal.text, "5.7.1 no");
            }
            other => panic!("{step:?}: {other:?}"),
        }
        assert!(!error.is_temporary());
        assert_nothing_early(step, &seen);
    }
}

#[test]
fn a_no_for_now_is_deferred_everywhere() {
    for step in STEPS {
        for reply in ["451 4.3.0 later", "421 4.3.2 closing"] {
            let (error, seen) = fault(Script::new().on(step, Act::Reply(reply.to_owned())), tls_for(step));
            let SubmitError::Deferred(refusal) = &error else { panic!("{step:?}: {error:?}") };
            assert_eq!(refusal.stage, stage_of(step));
            assert!(error.is_temporary());
            assert_nothing_early(step, &seen);
        }
    }
}

#[test]
fn a_broken_connection_is_temporary_before_the_dot_and_lost_after_it() {
    for step in STEPS {
        let (error, seen) = fault(Script::new().on(step, Act::Drop), tls_for(step));
        match &error {
            SubmitError::Lost { .. } => assert_eq!(step, Step::Dot),
            SubmitError::Dropped { stage, .. } => {
                assert_ne!(step, Step::Dot);
                assert_eq!(*stage, stage_of(step), "{step:?}");
            }
            other => panic!("{step:?}: {other:?}"),
        }
        assert_eq!(error.is_temporary(), step != Step::Dot);
        assert_nothing_early(step, &seen);
    }
}

#[test]
fn silence_is_temporary_before_the_dot_and_lost_after_it() {
    for step in STEPS {
        let (error, seen) = fault(Script::new().on(step, Act::Hang), tls_for(step));
        match &error {
            SubmitError::Lost { .. } => assert_eq!(step, Step::Dot),
            SubmitError::TimedOut { stage, limit, .. } => {
                assert_ne!(step, Step::Dot);
                assert_eq!((*stage, *limit), (stage_of(step), SHORT), "{step:?}");
            }
            other => panic!("{step:?}: {other:?}"),
        }
        assert_nothing_early(step, &seen);
    }
}

#[test]
fn what_is_no_smtp_is_a_fault_of_the_server() {
    for step in STEPS {
        for junk in ["HTTP/1.1 400 Bad Request", "250", "999 what", "\u{1b}[2J"] {
            // A bare 250 is a good answer to some steps.
            if junk == "250"
                && matches!(step, Step::Greeting | Step::Ehlo | Step::Mail | Step::Rcpt | Step::Dot)
            {
                continue;
            }
            let (error, seen) = fault(Script::new().on(step, Act::Reply(junk.to_owned())), tls_for(step));
            match &error {
                SubmitError::Lost { .. } => assert_eq!(step, Step::Dot),
                SubmitError::Protocol { stage, .. } => assert_eq!(*stage, stage_of(step)),
                other => panic!("{step:?} {junk:?}: {other:?}"),
            }
            assert!(!error.to_string().contains('\u{1b}'));
            assert_nothing_early(step, &seen);
        }
    }
}

#[test]
fn bare_codes_and_odd_line_ends_are_answers_too() {
    let script = Script::new()
        .on(Step::Greeting, Act::Raw(b"220\r\n".to_vec()))
        .on(Step::Mail, Act::Raw(b"250\n".to_vec()))
        .on(Step::Rcpt, Act::Raw(b"250 gr\xfc\xdfe\r\n".to_vec()));
    let server = ScriptedSmtp::start(script);
    attempt(&server, Tls::None, &mail_to(&["bob@example.net"])).unwrap();
}

#[test]
fn an_endless_line_is_cut_off() {
    let mut flood = vec![b'2'; 1 << 20];
    flood.splice(..4, *b"220 ");
    let (error, _) = fault(Script::new().on(Step::Greeting, Act::Raw(flood)), Tls::None);
    assert!(matches!(error, SubmitError::Protocol { stage: Stage::Greeting, .. }), "{error:?}");
    let endless = "250-again\n".repeat(200_000) + "250 end";
    let (error, _) = fault(Script::new().on(Step::Ehlo, Act::Reply(endless)), Tls::None);
    assert!(matches!(error, SubmitError::Protocol { stage: Stage::Hello, .. }), "{error:?}");
}

#[test]
fn answers_slipped_in_before_tls_are_noticed() {
    let script =
        Script::new().on(Step::StartTls, Act::Raw(b"220 go\r\n250-fake\r\n250 AUTH PLAIN\r\n".to_vec()));
    let (error, seen) = fault(script, Tls::StartTls);
    assert!(matches!(error, SubmitError::Protocol { stage: Stage::StartTls, .. }), "{error:?}");
    assert!(seen.ends_with("STARTTLS\r\n"), "no handshake, no log-in: {seen}");
}

#[test]
fn a_server_that_takes_starttls_back_gets_nothing() {
    let ehlo = "250-scripted\n250 AUTH PLAIN".to_owned();
    let (error, seen) = fault(Script::new().on(Step::Ehlo, Act::Reply(ehlo)), Tls::StartTls);
    assert!(matches!(error, SubmitError::TlsMissing { .. }), "{error:?}");
    assert!(!seen.contains("AUTH") && !seen.contains("MAIL"), "{seen}");
    // It says yes and then does not speak TLS.
    let script = Script::new().on(Step::StartTls, Act::Reply("220 go ahead".to_owned()));
    let server = ScriptedSmtp::start(script);
    let error = attempt(&server, Tls::StartTls, &mail_to(&["bob@example.net"])).unwrap_err();
    assert!(matches!(
        error,
        SubmitError::TimedOut { .. } | SubmitError::Handshake { .. } | SubmitError::Dropped { .. }
    ));
    assert!(!server.seen_text().contains("AUTH PLAIN"));
}

#[test]
fn a_mail_cut_off_half_way_was_not_taken() {
    let mail = sealed_mail("alice@example.org", &["bob@example.net"], 8 << 20);
    let without_limit = Script::new().on(Step::Ehlo, Act::Reply("250-scripted\n250 AUTH PLAIN".to_owned()));
    let server = ScriptedSmtp::start(without_limit.dropping_after(100_000));
    let error = attempt(&server, Tls::None, &mail).unwrap_err();
    assert!(matches!(error, SubmitError::Dropped { stage: Stage::Message, .. }), "{error:?}");
}

#[test]
fn a_limit_of_size_is_kept_before_anything_is_said() {
    let ehlo = "250-scripted\n250-SIZE 1000\n250 AUTH PLAIN".to_owned();
    let (error, seen) = fault(Script::new().on(Step::Ehlo, Act::Reply(ehlo)), Tls::None);
    assert!(matches!(error, SubmitError::TooLarge { limit: 1000, .. }), "{error:?}");
    assert!(!seen.contains("MAIL"), "{seen}");
}

#[test]
fn international_addresses_need_the_extension() {
    let ehlo = "250-scripted\n250-8BITMIME\n250 AUTH PLAIN".to_owned();
    let server = ScriptedSmtp::start(Script::new().on(Step::Ehlo, Act::Reply(ehlo)));
    let error = attempt(&server, Tls::None, &mail_to(&["jürgen@example.net"])).unwrap_err();
    assert!(matches!(error, SubmitError::NoSmtpUtf8 { .. }), "{error:?}");
    assert!(!server.seen_text().contains("MAIL"));
    // The domain alone does not: it travels as A-labels.
    attempt(&server, Tls::None, &mail_to(&["bob@bücher.example"])).unwrap();
    assert!(server.seen_text().contains("RCPT TO:<bob@xn--bcher-kva.example>"));
}

#[test]
fn the_other_way_to_log_in_says_what_it_should() {
    let server = ScriptedSmtp::start(Script::new());
    let endpoint = Endpoint::new("127.0.0.1", server.port(), Tls::None).unwrap();
    let token =
        Credentials::new(Mechanism::XOAuth2, "alice@example.org".to_owned(), "ya29.token".into()).unwrap();
    let settings = SmtpSettings::new(endpoint.clone()).with_credentials(token.clone());
    Submission::connect_blocking(&settings).unwrap();
    assert!(
        server
            .seen_text()
            .contains("AUTH XOAUTH2 dXNlcj1hbGljZUBleGFtcGxlLm9yZwFhdXRoPUJlYXJlciB5YTI5LnRva2VuAQE=\r\n")
    );
    // The "no" comes as a challenge; after an empty answer the server says why.
    let server = ScriptedSmtp::start(
        Script::new().on(Step::Auth, Act::Reply("334 eyJzdGF0dXMiOiI0MDEifQ==".to_owned())),
    );
    let endpoint = Endpoint::new("127.0.0.1", server.port(), Tls::None).unwrap();
    let error =
        Submission::connect_blocking(&SmtpSettings::new(endpoint).with_credentials(token)).err().unwrap();
    assert!(matches!(error, SubmitError::Protocol { stage: Stage::Auth, .. }), "{error:?}");
    assert!(server.seen_text().ends_with("\r\n\r\n"), "the challenge was answered with an empty line");
}

#[test]
fn two_mails_take_one_connection_and_a_refusal_does_not_end_it() {
    let server = ScriptedSmtp::start(Script::new());
    let mut submission = Submission::connect_blocking(&settings(&server, Tls::None)).unwrap();
    submission.submit(&mail_to(&["bob@example.net"])).unwrap();
    let receipt = submission.submit(&mail_to(&["carol@example.net"])).unwrap();
    assert_eq!(receipt.queue_id.as_deref(), Some("TEST0001"));
    assert!(submission.is_open());
    submission.quit();
    assert_eq!(server.seen().len(), 1);
    assert_eq!(server.seen_text().matches("MAIL FROM").count(), 2);
    assert_eq!(server.seen_text().matches("AUTH").count(), 1);

    let server = ScriptedSmtp::start(Script::new().on(Step::Rcpt, Act::Reply("550 5.1.1 nobody".to_owned())));
    let mut submission = Submission::connect_blocking(&settings(&server, Tls::None)).unwrap();
    for _ in 0..2 {
        let error = submission.submit(&mail_to(&["bob@example.net", "carol@example.net"])).unwrap_err();
        assert!(error.to_string().ends_with("recipient bob@example.net: 550 5.1.1 nobody"), "{error}");
    }
    assert_eq!(server.seen().len(), 1);
    assert_eq!(server.seen_text().matches("RSET").count(), 2);
    assert!(!server.seen_text().contains("DATA"));
}

#[test]
fn after_a_fault_the_connection_is_not_used_again() {
    let server = ScriptedSmtp::start(Script::new().on(Step::Dot, Act::Drop));
    let mut submission = Submission::connect_blocking(&settings(&server, Tls::None)).unwrap();
    assert!(matches!(submission.submit(&mail_to(&["bob@example.net"])), Err(SubmitError::Lost { .. })));
    assert!(!submission.is_open());
    assert!(matches!(submission.submit(&mail_to(&["bob@example.net"])), Err(SubmitError::Dropped { .. })));
    assert_eq!(server.seen_text().matches("MAIL FROM").count(), 1);
}

#[test]
fn the_mail_arrives_byte_for_byte() {
    let server = ScriptedSmtp::start(Script::new());
    let mail = mail_to(&["bob@example.net"]);
    attempt(&server, Tls::None, &mail).unwrap();
    let seen = server.seen_text();
    let (_, after) = seen.split_once("DATA\r\n").unwrap();
    let (data, _) = after.split_once("\r\n.\r\n").unwrap();
    let data = format!("{data}\r\n").replace("\r\n..", "\r\n.");
    assert_eq!(data.as_bytes(), mail.as_bytes(), "no line more, no line less");
}

#[test]
fn a_hostile_reply_does_not_reach_the_terminal() {
    let hostile = "550 \u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}txt ".to_owned() + &"x".repeat(3000);
    let (error, _) = fault(Script::new().on(Step::Mail, Act::Reply(hostile)), Tls::None);
    let text = error.to_string();
    assert!(!text.chars().any(|c| c.is_control() || c == '\u{202e}'), "{text:?}");
    assert!(text.chars().count() < 500);
}

#[test]
fn nobody_there_is_temporary() {
    let endpoint = Endpoint::new("127.0.0.1", zegel_testkit::free_port(), Tls::Implicit).unwrap();
    let error = Submission::connect_blocking(&SmtpSettings::new(endpoint)).err().unwrap();
    assert!(matches!(error, SubmitError::Connect { .. }) && error.is_temporary(), "{error:?}");
    assert_eq!(
        Endpoint::new("mail.example.org", 25, Tls::None).unwrap_err(),
        SettingsError::TlsRequired("mail.example.org".to_owned())
    );
}
