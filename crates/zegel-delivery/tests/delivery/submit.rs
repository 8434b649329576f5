//! Submission to a real Postfix.

use std::sync::Mutex;

use zegel_delivery::endpoint::{Endpoint, Mechanism, Tls};
use zegel_delivery::smtp::{SmtpSettings, Stage, Submission, SubmitError, account_test_blocking};
use zegel_testkit::{Flaw, Port, Postfix, Rule, sealed_mail};

use super::{LIMIT, as_sent, credentials, localhost, mail_to};

fn settings(server: &Postfix, port: Port) -> SmtpSettings {
    let tls = match port {
        Port::Implicit(_) | Port::Small => Tls::Implicit,
        _ => Tls::StartTls,
    };
    SmtpSettings::new(localhost(server.port(port), tls, server.certificates()))
}

#[test]
fn arrives_as_it_was_sealed_by_both_kinds_of_tls() {
    let server = Postfix::shared();
    for (port, to) in [
        (Port::StartTls(Flaw::None), "starttls@example.net"),
        (Port::Implicit(Flaw::None), "implicit@example.net"),
    ] {
        let mail = mail_to(&[to]);
        let mut submission = Submission::connect_blocking(&settings(&server, port)).unwrap();
        let receipt = submission.submit(&mail).unwrap();
        submission.quit();
        assert!(receipt.server_reply.starts_with("250 2.0.0 Ok: queued as "), "{receipt:?}");
        assert!(server.log().contains(&receipt.queue_id.unwrap()));
        let received = server.received(to, 1, LIMIT);
        assert_eq!(as_sent(&received[0], mail.as_bytes()), mail.as_bytes());
    }
}

#[test]
fn logs_in_with_plain_and_login() {
    let server = Postfix::shared();
    for (mechanism, to) in [(Mechanism::Plain, "plain@example.net"), (Mechanism::Login, "login@example.net")]
    {
        let settings = settings(&server, Port::LogIn).with_credentials(credentials(mechanism));
        let report = account_test_blocking(&settings).unwrap();
        assert_eq!(report.logged_in, Some(mechanism.name()));
        assert!(report.tls.unwrap().starts_with("TLSv1_3 "));
        assert!(report.capabilities.pipelining && report.capabilities.smtputf8);
        assert_eq!(report.capabilities.size, Some(120_000_000));
        assert_eq!(server.received(to, 0, LIMIT).len(), 0, "a trial sends nothing");
        let mut submission = Submission::connect_blocking(&settings).unwrap();
        submission.submit(&mail_to(&[to])).unwrap();
        server.received(to, 1, LIMIT);
    }
}

#[test]
fn a_refused_log_in_is_one() {
    let server = Postfix::shared();
    let wrong =
        zegel_delivery::endpoint::Credentials::new(Mechanism::Plain, "alice".to_owned(), "wrong".into());
    let wrong = settings(&server, Port::LogIn).with_credentials(wrong.unwrap());
    let error = Submission::connect_blocking(&wrong).err().unwrap();
    assert!(matches!(error, SubmitError::Auth { code: 535, .. }), "{error:?}");
    assert!(!error.to_string().contains("wrong"), "the password is not in the error");
    let missing = settings(&server, Port::LogIn).with_credentials(credentials(Mechanism::XOAuth2));
    let error = Submission::connect_blocking(&missing).err().unwrap();
    assert!(matches!(error, SubmitError::AuthMissing { wanted: "XOAUTH2", .. }), "{error:?}");
    // Without a log-in where one is needed, nobody is named to the server but by us.
    let mut none = Submission::connect_blocking(&settings(&server, Port::LogIn)).unwrap();
    let error = none.submit(&mail_to(&["nobody@example.net"])).unwrap_err();
    assert!(matches!(&error, SubmitError::Refused(refusal) if refusal.code == 554), "{error:?}");
    assert_eq!(server.received("nobody@example.net", 0, LIMIT).len(), 0);
}

#[test]
fn a_bad_certificate_ends_it_before_anything_is_said() {
    let server = Postfix::shared();
    for flaw in [Flaw::Expired, Flaw::WrongName] {
        for port in [Port::StartTls(flaw), Port::Implicit(flaw)] {
            let error = Submission::connect_blocking(&settings(&server, port)).err().unwrap();
            let SubmitError::Certificate { source, .. } = &error else { panic!("{port:?}: {error:?}") };
            let wanted = if flaw == Flaw::Expired { "it expired on " } else { ", not for localhost" };
            assert!(source.to_string().contains(wanted), "{source}");
        }
    }
    // An authority we do not know.
    for (port, tls) in
        [(Port::StartTls(Flaw::None), Tls::StartTls), (Port::Implicit(Flaw::None), Tls::Implicit)]
    {
        let endpoint = Endpoint::new("localhost", server.port(port), tls).unwrap();
        let error = Submission::connect_blocking(&SmtpSettings::new(endpoint)).err().unwrap();
        let SubmitError::Certificate { source, .. } = &error else { panic!("{error:?}") };
        assert!(source.to_string().contains("not known here"), "{source}");
    }
    // By address instead of name: the certificate has both.
    let pem = std::fs::read(server.certificates().authority()).unwrap();
    let roots = zegel_delivery::endpoint::read_roots(&pem).unwrap();
    let by_address =
        Endpoint::new("127.0.0.1", server.port(Port::Implicit(Flaw::None)), Tls::Implicit).unwrap();
    assert!(account_test_blocking(&SmtpSettings::new(by_address.with_roots(roots))).is_ok());
}

#[test]
fn without_starttls_nothing_is_said() {
    let server = Postfix::shared();
    let error = Submission::connect_blocking(&settings(&server, Port::Plain)).err().unwrap();
    assert!(matches!(error, SubmitError::TlsMissing { .. }), "{error:?}");
    // TLS from the first byte at a door that speaks plain text first.
    let wrong = localhost(server.port(Port::Plain), Tls::Implicit, server.certificates());
    let error = Submission::connect_blocking(&SmtpSettings::new(wrong)).err().unwrap();
    assert!(matches!(error, SubmitError::Handshake { .. }), "{error:?}");
}

#[test]
fn one_refused_recipient_stops_the_mail_and_not_the_connection() {
    let server = Postfix::shared();
    let mut submission =
        Submission::connect_blocking(&settings(&server, Port::StartTls(Flaw::None))).unwrap();
    let never = format!("{}@example.net", Rule::Never.local_part());
    let error = submission.submit(&mail_to(&["innocent@example.net", &never])).unwrap_err();
    let SubmitError::Refused(refusal) = &error else { panic!("{error:?}") };
    assert_eq!((refusal.stage, refusal.code), (Stage::Recipient, 550));
    assert_eq!(refusal.recipient.as_ref().unwrap().to_string(), never);
    let later = format!("{}@example.net", Rule::Later.local_part());
    let error = submission.submit(&mail_to(&[&later, "innocent@example.net"])).unwrap_err();
    assert!(error.is_temporary());
    assert!(matches!(&error, SubmitError::Deferred(refusal) if refusal.code == 450), "{error:?}");
    assert!(submission.is_open());
    submission.submit(&mail_to(&["afterwards@example.net"])).unwrap();
    server.received("afterwards@example.net", 1, LIMIT);
    assert_eq!(server.received("innocent@example.net", 0, LIMIT).len(), 0);
}

#[test]
fn many_mails_and_recipients_share_one_connection() {
    let server = Postfix::shared();
    let settings = settings(&server, Port::Implicit(Flaw::None));
    let mut submission = Submission::connect_blocking(&settings).unwrap();
    let crowd: Vec<String> = (0..120).map(|number| format!("crowd{number}@example.com")).collect();
    let names: Vec<&str> = crowd.iter().map(String::as_str).collect();
    submission.submit(&mail_to(&names)).unwrap();
    let ids: Vec<String> = (0..5)
        .map(|_| submission.submit(&mail_to(&["serial@example.com"])).unwrap().queue_id.unwrap())
        .collect();
    submission.quit();
    for address in [&crowd[0], &crowd[119]] {
        server.received(address, 1, LIMIT);
    }
    server.received("serial@example.com", 5, LIMIT);
    // All of them went through one smtpd process between one "connect from" and one "disconnect from".
    let log = server.log();
    let of = |id: &str| {
        let mark = format!(" {id}: client=");
        let line = log.lines().find(|line| line.contains(&mark)).unwrap();
        line.split("smtpd[").nth(1).unwrap().split(']').next().unwrap().to_owned()
    };
    assert!(ids.iter().all(|id| of(id) == of(&ids[0])), "{ids:?}");
}

#[test]
fn what_is_too_large_is_not_offered() {
    let server = Postfix::shared();
    let mail = mail_to(&["large@example.net"]);
    let mut submission = Submission::connect_blocking(&settings(&server, Port::Small)).unwrap();
    let error = submission.submit(&mail).unwrap_err();
    let SubmitError::TooLarge { size, limit } = error else { panic!("{error:?}") };
    assert_eq!((size, limit), (mail.as_bytes().len() as u64, Port::SMALL_LIMIT));
    assert!(submission.is_open());
    assert_eq!(server.received("large@example.net", 0, LIMIT).len(), 0);
}

#[test]
fn large_mail_tells_how_far_it_is() {
    let server = Postfix::shared();
    let mail = sealed_mail("alice@example.org", &["progress@example.net"], 4 << 20);
    let told = Mutex::new(Vec::new());
    let mut submission =
        Submission::connect_blocking(&settings(&server, Port::Implicit(Flaw::None))).unwrap();
    submission.submit_with(&mail, &|sent, total| told.lock().unwrap().push((sent, total))).unwrap();
    let told = told.into_inner().unwrap();
    assert!(told.is_sorted() && told.len() > 50);
    assert_eq!(told[0].0, 0);
    assert!(matches!(told.last(), Some((sent, total)) if sent == total));
    let received = server.received("progress@example.net", 1, LIMIT);
    assert_eq!(as_sent(&received[0], mail.as_bytes()), mail.as_bytes());
}

#[test]
fn international_addresses_travel_by_smtputf8() {
    let server = Postfix::shared();
    let mail = sealed_mail("björn@example.org", &["jürgen@example.net"], 100);
    assert!(mail.needs_smtputf8());
    let mut submission =
        Submission::connect_blocking(&settings(&server, Port::StartTls(Flaw::None))).unwrap();
    submission.submit(&mail).unwrap();
    server.received("jürgen@example.net", 1, LIMIT);
}
