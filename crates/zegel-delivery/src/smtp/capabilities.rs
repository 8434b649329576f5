//! What a server says it can do (RFC 5321 section 4.1.1.1).

use crate::text::printable;

/// Mechanisms and keywords that are kept.
const KEPT_MAX: usize = 64;

/// What a server announced in its reply to `EHLO`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Capabilities {
    /// The name it gives itself.
    pub name: String,
    /// The log-in mechanisms, upper case, in its order.
    pub auth: Vec<String>,
    /// It carries 8-bit text (RFC 6152).
    pub eight_bit: bool,
    /// It takes several commands at once (RFC 2920).
    pub pipelining: bool,
    /// The largest mail it takes, if it says so (RFC 1870).
    pub size: Option<u64>,
    /// It carries internationalised addresses (RFC 6531).
    pub smtputf8: bool,
    /// It can start TLS (RFC 3207).
    pub starttls: bool,
}

impl Capabilities {
    /// Reads the lines of the reply, codes removed.
    pub(super) fn parse(lines: &[String]) -> Self {
        let mut found = Self::default();
        let mut lines = lines.iter();
        if let Some(first) = lines.next() {
            found.name = printable(first.split_whitespace().next().unwrap_or_default());
        }
        for line in lines {
            // Some old servers write `AUTH=PLAIN`.
            let mut words = line.split([' ', '=', '\t']).filter(|word| !word.is_empty());
            match words.next().unwrap_or_default().to_ascii_uppercase().as_str() {
                "8BITMIME" => found.eight_bit = true,
                "AUTH" => found.add_mechanisms(words),
                "PIPELINING" => found.pipelining = true,
                // RFC 1870 section 4: no number, or 0, means that no fixed limit is known.
                "SIZE" => {
                    found.size = words.next().and_then(|size| size.parse().ok()).filter(|size| *size > 0)
                }
                "SMTPUTF8" => found.smtputf8 = true,
                "STARTTLS" => found.starttls = true,
                _ => {}
            }
        }
        found
    }

    fn add_mechanisms<'a>(&mut self, words: impl Iterator<Item = &'a str>) {
        for word in words {
            let word = printable(word).to_ascii_uppercase();
            if self.auth.len() < KEPT_MAX && !self.auth.contains(&word) {
                self.auth.push(word);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(lines: &[&str]) -> Capabilities {
        Capabilities::parse(&lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn reads_what_servers_write() {
        let found = parse(&[
            "mail.example.org at your service",
            "size 35882577",
            "AUTH LOGIN plain",
            "AUTH=PLAIN XOAUTH2",
        ]);
        assert_eq!(found.name, "mail.example.org");
        assert_eq!(found.size, Some(35_882_577));
        assert_eq!(found.auth, ["LOGIN", "PLAIN", "XOAUTH2"]);
        assert!(!found.starttls && !found.smtputf8 && !found.pipelining && !found.eight_bit);
        let all = parse(&["x", "STARTTLS", "SMTPUTF8", "PIPELINING", "8BITMIME", "SIZE"]);
        assert!(all.starttls && all.smtputf8 && all.pipelining && all.eight_bit);
        assert_eq!(all.size, None);
    }

    #[test]
    fn takes_no_size_for_no_limit() {
        for line in ["SIZE", "SIZE 0", "SIZE many", "SIZE 99999999999999999999999"] {
            assert_eq!(parse(&["x", line]).size, None, "{line}");
        }
        assert_eq!(parse(&[]), Capabilities::default());
    }
}
