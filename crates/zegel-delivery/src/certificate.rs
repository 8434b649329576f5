//! What is wrong with a certificate, in words for the person who has to do something about it.

use std::fmt;

use rustls::CertificateError;
use rustls::pki_types::UnixTime;
use thiserror::Error;
use zegel_core::Timestamp;

/// Tells why a certificate is not trusted.
#[derive(Debug, Clone, Error)]
pub struct CertificateFault(pub(crate) CertificateError);

impl fmt::Display for CertificateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            CertificateError::Expired => f.write_str("it has expired"),
            CertificateError::ExpiredContext { not_after, .. } => {
                write!(f, "it expired on {}", time(*not_after))
            }
            CertificateError::NotValidYet => f.write_str("it is not valid yet"),
            CertificateError::NotValidYetContext { not_before, .. } => {
                write!(f, "it is not valid before {}", time(*not_before))
            }
            CertificateError::NotValidForName => f.write_str("it is for another host"),
            CertificateError::NotValidForNameContext { expected, presented } => {
                let names: Vec<&str> = presented.iter().map(|name| bare(name)).collect();
                let others = if names.is_empty() { "no host at all".to_owned() } else { names.join(", ") };
                write!(f, "it is for {others}, not for {}", expected.to_str())
            }
            CertificateError::Revoked => f.write_str("it was revoked"),
            CertificateError::UnknownIssuer => {
                f.write_str("it is signed by an authority that is not known here")
            }
            CertificateError::BadEncoding => f.write_str("there is none that can be read"),
            other => write!(f, "it is not sound ({other})"),
        }
    }
}

fn time(time: UnixTime) -> Timestamp {
    Timestamp::from_unix(time.as_secs())
}

/// Takes a name out of the form that the library has for it: `DnsName("mail.example.org")`.
fn bare(name: &str) -> &str {
    let inside = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inside.unwrap_or(name).trim_matches('"')
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn says_it_in_plain_words() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let host = rustls::pki_types::ServerName::try_from("mail.example.org").unwrap();
        for (error, words) in [
            (
                CertificateError::ExpiredContext { time: at(1_700_000_000), not_after: at(1_609_459_200) },
                "it expired on 2021-01-01T00:00:00Z",
            ),
            (
                CertificateError::NotValidYetContext { time: at(0), not_before: at(1_609_459_200) },
                "it is not valid before 2021-01-01T00:00:00Z",
            ),
            (
                CertificateError::NotValidForNameContext {
                    expected: host.clone(),
                    presented: vec!["DnsName(\"a.example.org\")".into(), "IpAddress(192.0.2.1)".into()],
                },
                "it is for a.example.org, 192.0.2.1, not for mail.example.org",
            ),
            (
                CertificateError::NotValidForNameContext { expected: host, presented: Vec::new() },
                "it is for no host at all, not for mail.example.org",
            ),
            (CertificateError::UnknownIssuer, "it is signed by an authority that is not known here"),
        ] {
            assert_eq!(CertificateFault(error).to_string(), words);
        }
    }
}
