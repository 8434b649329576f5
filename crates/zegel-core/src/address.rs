//! Mail addresses: `local@domain`, parsed once at the edge (RFC 5321 section 4.1.2, RFC 6531 section 3.3).

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Longest local part in bytes (RFC 5321 section 4.5.3.1.1).
const LOCAL_MAX: usize = 64;
/// Longest domain in bytes, as A-labels (RFC 5321 section 4.5.3.1.2).
const DOMAIN_MAX: usize = 255;

/// Tells why a text is not a mail address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AddressError {
    /// There is no `@`, or nothing on one side of it.
    #[error("an address has the form name@domain")]
    Form,
    /// The part before the `@` is too long or holds a character that may not stand there unquoted.
    #[error("the part before the @ is not a plain local part of at most 64 bytes")]
    Local,
    /// The part after the `@` is not a domain name, not even an internationalised one.
    #[error("the part after the @ is not a domain name")]
    Domain,
}

/// A domain name, kept as lower-case A-labels (RFC 5890), so that equal domains are equal bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain(String);

impl Domain {
    /// Returns the domain as lower-case ASCII (A-labels): what DNS and SMTP want.
    pub fn as_ascii(&self) -> &str {
        &self.0
    }

    /// Returns the domain as a person writes it (U-labels), or the A-labels where they do not decode cleanly.
    pub fn to_unicode(&self) -> String {
        let (text, clean) = idna::domain_to_unicode(&self.0);
        if clean.is_ok() { text } else { self.0.clone() }
    }
}

impl FromStr for Domain {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let ascii = idna::domain_to_ascii_strict(text).map_err(|_| AddressError::Domain)?;
        let labels_fit = ascii.split('.').all(|label| !label.is_empty() && label.len() <= 63);
        if ascii.is_empty() || ascii.len() > DOMAIN_MAX || !labels_fit {
            return Err(AddressError::Domain);
        }
        Ok(Self(ascii))
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A mail address.
///
/// Two addresses are equal when their domains are equal and their local parts are equal after lower-casing: that is
/// how mail systems deliver and how the card directory hashes. The local part is kept as it was written.
///
/// ```
/// use zegel_core::Address;
/// let a: Address = "Alice@Example.ORG".parse()?;
/// assert_eq!(a, "alice@example.org".parse()?);
/// assert_eq!(a.to_string(), "Alice@example.org");
/// # Ok::<(), zegel_core::address::AddressError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Address {
    local: String,
    domain: Domain,
}

impl Address {
    /// Returns the part before the `@`, as written.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// Returns the domain.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// Returns the form under which equal addresses are equal text: local part lower-cased, domain as A-labels.
    pub fn canonical(&self) -> String {
        format!("{}@{}", self.local.to_lowercase(), self.domain.0)
    }

    /// Says whether an SMTP server must speak SMTPUTF8 (RFC 6531) to take this address.
    pub fn needs_smtputf8(&self) -> bool {
        !self.local.is_ascii()
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError::Form)?;
        if local.is_empty() || domain.is_empty() {
            return Err(AddressError::Form);
        }
        if local.len() > LOCAL_MAX || !is_dot_atom(local) {
            return Err(AddressError::Local);
        }
        Ok(Self { local: local.to_owned(), domain: domain.parse()? })
    }
}

/// Says whether `text` is a dot-atom of RFC 5322 section 3.2.3, extended by RFC 6531 to UTF-8.
///
/// Controls, spaces and invisible or direction-changing characters are refused: they make look-alikes.
fn is_dot_atom(text: &str) -> bool {
    text.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom_char))
}

fn is_atom_char(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    }
    // A letter that only differs from an ASCII one by its case (U+212A, the sign of kelvin) would be another mailbox
    // that compares equal.
    let folds_to_ascii = c.to_lowercase().all(|lower| lower.is_ascii());
    !c.is_control() && !c.is_whitespace() && !is_invisible(c) && !folds_to_ascii
}

/// Says whether a character shows nothing or turns the direction of text (used to fake names and addresses).
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E0FFF}')
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.canonical() == other.canonical()
    }
}

impl Eq for Address {}

impl Hash for Address {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.canonical().hash(state);
    }
}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Address {
    fn cmp(&self, other: &Self) -> Ordering {
        self.canonical().cmp(&other.canonical())
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// An address with the name a person gave it (RFC 5322 section 3.4 `mailbox`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mailbox {
    /// The address: what counts.
    pub address: Address,
    /// The display name: decoration that a sender chooses freely, never to be trusted.
    pub name: Option<String>,
}

impl From<Address> for Mailbox {
    fn from(address: Address) -> Self {
        Self { address, name: None }
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => self.address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_plain_and_international_addresses() {
        for (text, shown) in [
            ("alice@example.org", "alice@example.org"),
            ("Alice+tag@EXAMPLE.org", "Alice+tag@example.org"),
            ("björn@example.org", "björn@example.org"),
            ("bob@bücher.example", "bob@xn--bcher-kva.example"),
            ("root@localhost", "root@localhost"),
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn refuses_what_is_not_an_address() {
        for text in [
            "",
            "alice",
            "@example.org",
            "alice@",
            "a b@example.org",
            "a@b@example.org",
            "a..b@example.org",
            ".a@example.org",
            "\"a b\"@example.org",
            "a\r\nRCPT TO:<x>@example.org",
            "a\u{200b}b@example.org",
            "a\u{202e}b@example.org",
            "\u{212a}arl@example.org",
            "a@exa mple.org",
            "a@-example.org",
            "a@example..org",
            "a@[127.0.0.1]",
            "a@example.org\n",
            "<a@example.org>",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text:?} was accepted");
        }
        let long = format!("{}@example.org", "a".repeat(65));
        assert_eq!(long.parse::<Address>(), Err(AddressError::Local));
    }

    #[test]
    fn compares_without_case() {
        let one: Address = "Alice@Example.org".parse().unwrap();
        assert_eq!(one, "alice@example.ORG".parse().unwrap());
        assert_ne!(one, "alice@example.net".parse().unwrap());
    }
}
