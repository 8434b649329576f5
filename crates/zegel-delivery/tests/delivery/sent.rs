//! Sent copies in a real Dovecot, and what happens when there is none to be had.

use zegel_delivery::endpoint::{Credentials, Endpoint, Mechanism, SettingsError, Tls};
use zegel_delivery::sent::{ImapSettings, Kept, SentCopy, SentError, read_headers_blocking};
use zegel_delivery::sinks::Maildir;
use zegel_testkit::{Act, Dovecot, Script, ScriptedSmtp, Step, TempHome, sealed_mail};

use super::{LIMIT, credentials, localhost, mail_to};

fn copy_to(server: &Dovecot, tls: Tls, mechanism: Mechanism, folder: &str) -> SentCopy {
    let port = if tls == Tls::Implicit { server.tls_port() } else { server.port() };
    let endpoint = localhost(port, tls, server.certificates());
    SentCopy::Imap(ImapSettings::new(endpoint, credentials(mechanism), folder).unwrap())
}

#[test]
fn a_copy_lies_in_the_folder_as_seen() {
    let server = Dovecot::shared();
    let mail = mail_to(&["bob@example.net"]);
    for tls in [Tls::Implicit, Tls::StartTls] {
        for folder in ["Sent", "Verzonden & klaar \"é\""] {
            let kept = copy_to(&server, tls, Mechanism::Plain, folder).keep_blocking(&mail).unwrap();
            assert_eq!(kept, Kept::Folder(folder.to_owned()));
        }
    }
    let stored = server.messages("Sent");
    assert_eq!(stored.len(), 2);
    assert!(server.messages("Verzonden &- klaar \"&AOk-\"").len() == 2);
    for (name, content) in stored {
        assert!(name.ends_with(":2,S"), "{name}");
        assert_eq!(
            String::from_utf8(content).unwrap().replace("\r\n", "\n").replace('\n', "\r\n").as_bytes(),
            mail.as_bytes()
        );
    }
}

#[test]
fn a_large_copy_takes_its_time() {
    let server = Dovecot::shared();
    let mail = sealed_mail("alice@example.org", &["bob@example.net"], 4 << 20);
    copy_to(&server, Tls::Implicit, Mechanism::Plain, "Large").keep_blocking(&mail).unwrap();
    assert_eq!(server.messages("Large").len(), 1);
}

#[test]
fn wrong_passwords_and_certificates_keep_nothing() {
    let server = Dovecot::shared();
    let mail = mail_to(&["bob@example.net"]);
    let wrong = Credentials::new(Mechanism::Plain, "alice@example.org".to_owned(), "wrong".into()).unwrap();
    let endpoint = localhost(server.tls_port(), Tls::Implicit, server.certificates());
    let settings = ImapSettings::new(endpoint, wrong, "Refused").unwrap();
    let error = SentCopy::Imap(settings).keep_blocking(&mail).unwrap_err();
    assert!(matches!(&error, SentError::Refused { step: "the log-in", .. }), "{error:?}");
    for tls in [Tls::Implicit, Tls::StartTls] {
        let port = if tls == Tls::Implicit { server.tls_port() } else { server.port() };
        let unknown = Endpoint::new("localhost", port, tls).unwrap().with_timeout(LIMIT);
        let settings = ImapSettings::new(unknown, credentials(Mechanism::Plain), "Refused").unwrap();
        let error = SentCopy::Imap(settings).keep_blocking(&mail).unwrap_err();
        assert!(matches!(error, SentError::Certificate { .. }), "{error:?}");
    }
    assert!(server.messages("Refused").is_empty());
}

#[test]
fn a_server_without_starttls_hears_no_password() {
    // Any line will do as a greeting of IMAP; what follows is a "no".
    for (greeting, answer) in [("* OK ready", "A0001 BAD unknown"), ("* PREAUTH welcome", "A0001 OK fine")] {
        let script = Script::new()
            .on(Step::Greeting, Act::Reply(greeting.to_owned()))
            .on(Step::Auth, Act::Reply(answer.to_owned()));
        let server = ScriptedSmtp::start(script);
        let endpoint = Endpoint::new("127.0.0.1", server.port(), Tls::StartTls).unwrap().with_timeout(LIMIT);
        let settings = ImapSettings::new(endpoint, credentials(Mechanism::Plain), "Sent").unwrap();
        let error = SentCopy::Imap(settings).keep_blocking(&mail_to(&["bob@example.net"])).unwrap_err();
        assert!(matches!(error, SentError::Tls { .. } | SentError::Refused { .. }), "{error:?}");
        assert!(!server.seen_text().contains("AUTHENTICATE") && !server.seen_text().contains("LOGIN"));
    }
}

#[test]
fn a_maildir_takes_a_copy_too() {
    let home = TempHome::new();
    let copy = SentCopy::Maildir(Maildir::open_or_create(&home.join("Sent")).unwrap());
    let Kept::File(path) = copy.keep_blocking(&mail_to(&["bob@example.net"])).unwrap() else { panic!() };
    assert!(path.starts_with(home.join("Sent/cur")));
}

#[test]
fn folders_and_passwords_that_imap_cannot_carry_are_refused() {
    let endpoint = Endpoint::new("localhost", 993, Tls::Implicit).unwrap();
    let plain = credentials(Mechanism::Plain);
    for folder in ["", "a\r\nb", &"x".repeat(501)] {
        let refused = ImapSettings::new(endpoint.clone(), plain.clone(), folder).unwrap_err();
        assert!(matches!(refused, SettingsError::Folder(_)), "{folder:?}");
    }
    let refused = ImapSettings::new(endpoint, credentials(Mechanism::Login), "Sent").unwrap_err();
    assert!(matches!(refused, SettingsError::Credentials(_)), "a password with é does not go through LOGIN");
}

#[test]
fn the_fields_of_a_folder_are_read_and_nothing_changes() {
    let server = Dovecot::shared();
    copy_to(&server, Tls::Implicit, Mechanism::Plain, "Read & kept")
        .keep_blocking(&mail_to(&["first@example.net"]))
        .unwrap();
    let mails: Vec<String> = (1..450)
        .map(|n| {
            format!("To: p{n}@example.net\r\nBcc: b@example.net\r\nSubject: x\r\nMessage-ID: <{n}@x.org>\r\n\r\nTo: y\r\n")
        })
        .collect();
    server.put("Read &- kept", &mails);
    let count = 450;
    let before = server.messages("Read &- kept");
    let endpoint = localhost(server.tls_port(), Tls::Implicit, server.certificates());
    let settings = ImapSettings::new(endpoint.clone(), credentials(Mechanism::Plain), "Read & kept").unwrap();
    let mut seen = Vec::new();
    let total = read_headers_blocking(&settings, &mut |header, at| {
        assert!(at.done <= at.total && at.total == count);
        seen.push(String::from_utf8(header.to_vec()).unwrap());
    });
    assert_eq!(total.unwrap(), count);
    assert_eq!(seen.len(), before.len());
    assert!(seen.iter().any(|header| header.contains("first@example.net")));
    for n in 1..450 {
        assert_eq!(
            seen.iter().filter(|header| header.contains(&format!("p{n}@example.net"))).count(),
            1,
            "{n}"
        );
    }
    for header in &seen {
        assert!(
            header.contains("Message-ID: <") && !header.contains("Subject:") && !header.contains("To: y")
        );
    }
    assert_eq!(seen.iter().filter(|header| header.contains("Bcc: b@example.net")).count(), 449);
    assert_eq!(server.messages("Read &- kept"), before);
    // A folder that is not there is an error, and is not made.
    let missing = ImapSettings::new(endpoint, credentials(Mechanism::Plain), "Nowhere").unwrap();
    let error = read_headers_blocking(&missing, &mut |_, _| panic!("a header")).unwrap_err();
    assert!(matches!(error, SentError::Refused { step: "the folder", .. }), "{error:?}");
    let again = read_headers_blocking(&missing, &mut |_, _| panic!("a header"));
    assert!(again.is_err());
}
