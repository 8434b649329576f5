//! The `AUTH` command (RFC 4954): what is said for each mechanism.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use crate::endpoint::{Credentials, Mechanism};

/// Returns the lines to send, in order; each but the first answers a `334`.
pub(crate) fn lines(credentials: &Credentials) -> Vec<Zeroizing<String>> {
    let user = credentials.username();
    // EXPOSE: the password is sent to the server it belongs to; the caller has made sure of TLS or loopback.
    let password = credentials.password().expose_secret();
    match credentials.mechanism() {
        Mechanism::Login => vec![
            Zeroizing::new("AUTH LOGIN\r\n".to_owned()),
            Zeroizing::new(format!("{}\r\n", STANDARD.encode(user))),
            line("", password.as_bytes()),
        ],
        Mechanism::Plain | Mechanism::XOAuth2 => {
            let verb = format!("AUTH {} ", credentials.mechanism().name());
            vec![line(&verb, &initial_response(credentials))]
        }
    }
}

/// Returns what is sent for a mechanism of one step: RFC 4616 for `PLAIN`, the vendors' form for `XOAUTH2`.
pub(crate) fn initial_response(credentials: &Credentials) -> Zeroizing<Vec<u8>> {
    let user = credentials.username();
    // EXPOSE: as above.
    let password = credentials.password().expose_secret();
    Zeroizing::new(match credentials.mechanism() {
        Mechanism::XOAuth2 => format!("user={user}\x01auth=Bearer {password}\x01\x01").into_bytes(),
        Mechanism::Login | Mechanism::Plain => format!("\0{user}\0{password}").into_bytes(),
    })
}

fn line(verb: &str, secret: &[u8]) -> Zeroizing<String> {
    let encoded = Zeroizing::new(STANDARD.encode(secret));
    Zeroizing::new(format!("{verb}{}\r\n", encoded.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(mechanism: Mechanism) -> Vec<String> {
        let credentials = Credentials::new(mechanism, "alice".to_owned(), "horse".into()).unwrap();
        lines(&credentials).iter().map(|line| line.to_string()).collect()
    }

    #[test]
    fn says_what_the_mechanisms_want() {
        assert_eq!(lines_of(Mechanism::Plain), ["AUTH PLAIN AGFsaWNlAGhvcnNl\r\n"]);
        assert_eq!(lines_of(Mechanism::Login), ["AUTH LOGIN\r\n", "YWxpY2U=\r\n", "aG9yc2U=\r\n"]);
        assert_eq!(
            lines_of(Mechanism::XOAuth2),
            ["AUTH XOAUTH2 dXNlcj1hbGljZQFhdXRoPUJlYXJlciBob3JzZQEB\r\n"]
        );
    }
}
