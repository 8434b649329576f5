//! The capture server, by our own client and by hand.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use secrecy::ExposeSecret;
use zegel_delivery::capture::{Capture, CaptureError};
use zegel_delivery::endpoint::{Credentials, Endpoint, Mechanism, Tls};
use zegel_delivery::smtp::{SmtpSettings, Submission, SubmitError};

use super::{LIMIT, mail_to};

#[test]
fn keeps_what_it_is_sent() {
    let server = Capture::start().unwrap();
    assert!(server.address().ip().is_loopback());
    let mut submission = Submission::connect_blocking(&server.settings().unwrap()).unwrap();
    let first = mail_to(&["bob@example.net", "carol@example.net"]);
    submission.submit(&first).unwrap();
    let second = mail_to(&["jürgen@example.net"]);
    submission.submit(&second).unwrap();
    submission.quit();
    let captured = server.wait_for_blocking(2, LIMIT).unwrap();
    assert_eq!(captured[0].from, "alice@example.org");
    assert_eq!(captured[0].recipients, ["bob@example.net", "carol@example.net"]);
    assert_eq!(captured[0].data, first.as_bytes());
    assert_eq!(captured[1].recipients, ["jürgen@example.net"]);
    assert_eq!(captured[1].data, second.as_bytes());
    let transcript = captured[0].transcript.join("\n");
    assert!(transcript.contains("C: RCPT TO:<bob@example.net>\n"), "{transcript}");
    assert!(transcript.contains("C: AUTH …\n") && transcript.ends_with("S: 250 kept"), "{transcript}");
    let (_, password) = server.credentials();
    assert!(!transcript.contains(password.expose_secret()));
    assert!(matches!(
        server.wait_for_blocking(3, Duration::from_millis(50)),
        Err(CaptureError::Late { came: 2, wanted: 3, .. })
    ));
}

#[test]
fn works_from_asynchronous_code() {
    let server = Capture::start().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut submission = Submission::connect(&server.settings().unwrap()).await.unwrap();
        submission.submit(&mail_to(&["bob@example.net"])).await.unwrap();
        submission.quit().await;
        assert_eq!(server.wait_for(1, LIMIT).await.unwrap().len(), 1);
    });
}

#[test]
fn takes_nothing_without_its_password() {
    let server = Capture::start().unwrap();
    let endpoint = Endpoint::new("127.0.0.1", server.address().port(), Tls::None).unwrap();
    let mut without = Submission::connect_blocking(&SmtpSettings::new(endpoint.clone())).unwrap();
    let error = without.submit(&mail_to(&["bob@example.net"])).unwrap_err();
    assert!(matches!(&error, SubmitError::Refused(refusal) if refusal.code == 530), "{error:?}");
    let wrong = Credentials::new(Mechanism::Plain, "capture".to_owned(), "wrong".into()).unwrap();
    let error =
        Submission::connect_blocking(&SmtpSettings::new(endpoint).with_credentials(wrong)).err().unwrap();
    assert!(matches!(error, SubmitError::Auth { code: 535, .. }), "{error:?}");
    assert!(server.captured().is_empty());
    assert_ne!(
        server.credentials().1.expose_secret(),
        Capture::start().unwrap().credentials().1.expose_secret(),
        "each run has its own password"
    );
}

/// Says each line and returns the first code of each answer.
fn by_hand(server: &Capture, lines: &[&[u8]]) -> Vec<String> {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let mut read = BufReader::new(stream.try_clone().unwrap());
    let mut write = stream;
    let mut answer = || {
        let mut line = String::new();
        while read.read_line(&mut line).unwrap() > 0
            && line.lines().last().unwrap().as_bytes().get(3) == Some(&b'-')
        {}
        line.lines().last().unwrap_or_default().chars().take(3).collect::<String>()
    };
    let mut answers = vec![answer()];
    for line in lines {
        write.write_all(line).unwrap();
        answers.push(answer());
    }
    answers
}

#[test]
fn says_no_as_it_should() {
    let server = Capture::start().unwrap();
    let answers = by_hand(
        &server,
        &[
            b"MAIL FROM:<a@example.org>\r\n",
            b"HELO x\r\n",
            b"DATA\r\n",
            b"RCPT TO:<a@example.org>\r\n",
            b"EHLO x\r\n",
            b"MAIL FROM:<a@example.org>\r\n",
            b"AUTH LOGIN\r\n",
            b"AUTH PLAIN !!!\r\n",
            b"VRFY alice\r\n",
            b"\xff\xfe\r\n",
            b"NOOP\r\n",
            b"RSET\r\n",
            b"QUIT\r\n",
        ],
    );
    assert_eq!(
        answers,
        ["220", "503", "250", "503", "503", "250", "530", "504", "535", "500", "500", "250", "250", "221"]
    );
    let flood = vec![b'x'; 100_000];
    assert_eq!(by_hand(&server, &[&flood])[1], "500");
}

#[test]
fn a_dot_after_a_bare_lf_ends_nothing() {
    let server = Capture::start().unwrap();
    let (user, password) = server.credentials();
    let secret = format!("\0{user}\0{}", password.expose_secret());
    let secret = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, secret);
    let log_in = format!("AUTH PLAIN {secret}\r\n");
    let answers = by_hand(
        &server,
        &[
            b"EHLO x\r\n",
            log_in.as_bytes(),
            b"mail from:<a@example.org> BODY=8BITMIME\r\n",
            b"rcpt to:<b@example.org>\r\n",
            b"DATA\r\n",
            b"one\n.\nMAIL FROM:<x@example.org>\r\n..two\r\n.\r\n",
        ],
    );
    assert_eq!(answers, ["220", "250", "235", "250", "250", "354", "250"]);
    assert_eq!(server.captured()[0].data, b"one\n.\nMAIL FROM:<x@example.org>\r\n.two\r\n");
}
