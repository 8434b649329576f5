//! Sending through real servers (Postfix and Dovecot of the system) and through one that misbehaves on purpose.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests are tests too")]

mod capture;
mod faults;
mod sent;
mod sinks;
mod submit;

use std::time::Duration;

use zegel_delivery::SealedMail;
use zegel_delivery::endpoint::{Credentials, Endpoint, Mechanism, Tls, read_roots};
use zegel_testkit::{Certificates, PASSWORD, USERNAME, sealed_mail};

/// How long a real server may take in these tests.
const LIMIT: Duration = Duration::from_secs(30);

/// A small sealed mail from Alice.
fn mail_to(recipients: &[&str]) -> SealedMail {
    sealed_mail("alice@example.org", recipients, 20_000)
}

/// The machine itself by name, with the authority of the tests.
fn localhost(port: u16, tls: Tls, certificates: &Certificates) -> Endpoint {
    let pem = std::fs::read(certificates.authority()).unwrap();
    Endpoint::new("localhost", port, tls).unwrap().with_roots(read_roots(&pem).unwrap()).with_timeout(LIMIT)
}

fn credentials(mechanism: Mechanism) -> Credentials {
    Credentials::new(mechanism, USERNAME.to_owned(), PASSWORD.into()).unwrap()
}

/// Takes off what Postfix put in front, and brings back the line ends of the wire.
fn as_sent(stored: &[u8], sent: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(stored.to_vec()).unwrap().replace('\n', "\r\n").into_bytes();
    text[text.len() - sent.len()..].to_vec()
}
