//! Patterns for addresses and domains, as a policy writes them.

use std::fmt;
use std::str::FromStr;

use crate::address::{Address, AddressError, Domain};

/// A domain, or all domains below one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DomainPattern {
    /// `.example.org`: every domain below it, not the domain itself.
    Below(Domain),
    /// `example.org`: this domain.
    Exactly(Domain),
}

impl DomainPattern {
    /// Says whether a domain fits.
    pub fn matches(&self, domain: &Domain) -> bool {
        match self {
            Self::Below(above) => {
                // The dot counts: evilexample.org does not lie below example.org.
                domain.as_ascii().strip_suffix(above.as_ascii()).is_some_and(|rest| rest.ends_with('.'))
            }
            Self::Exactly(same) => domain == same,
        }
    }

    /// Returns the domain that is named.
    pub fn domain(&self) -> &Domain {
        match self {
            Self::Below(domain) | Self::Exactly(domain) => domain,
        }
    }
}

impl FromStr for DomainPattern {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        match text.strip_prefix('.') {
            Some(above) => above.parse().map(Self::Below),
            None => text.parse().map(Self::Exactly),
        }
    }
}

impl fmt::Display for DomainPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Below(domain) => write!(f, ".{domain}"),
            Self::Exactly(domain) => domain.fmt(f),
        }
    }
}

/// A set of addresses: one, those of a domain, or those of all domains below one.
///
/// ```
/// use zegel_core::people::Pattern;
/// let pattern: Pattern = ".example.org".parse()?;
/// assert!(pattern.matches(&"bob@mail.example.org".parse()?));
/// assert!(!pattern.matches(&"bob@example.org".parse()?));
/// # Ok::<(), zegel_core::address::AddressError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pattern {
    /// `someone@example.org`.
    Address(Address),
    /// `@example.org` or `.example.org`.
    Domain(DomainPattern),
}

impl Pattern {
    /// Says whether an address fits; the case of letters plays no part.
    pub fn matches(&self, address: &Address) -> bool {
        match self {
            Self::Address(same) => address == same,
            Self::Domain(domain) => domain.matches(address.domain()),
        }
    }
}

impl FromStr for Pattern {
    type Err = AddressError;

    /// A bare `example.org` is refused: whether the domains below it are meant has to be said. So are `*` and `?`, which
    /// may stand in an address: who writes them means any text, and the pattern would quietly fit nobody.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.starts_with('.') {
            return text.parse().map(Self::Domain);
        }
        match text.strip_prefix('@') {
            Some(domain) => Ok(Self::Domain(DomainPattern::Exactly(domain.parse()?))),
            None if text.contains(['*', '?']) => Err(AddressError::Local),
            None => text.parse().map(Self::Address),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Domain(DomainPattern::Exactly(domain)) => write!(f, "@{domain}"),
            Self::Domain(below) => below.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_what_they_say() {
        for (pattern, address, fits) in [
            ("bob@example.org", "Bob@Example.ORG", true),
            ("bob@example.org", "bobby@example.org", false),
            ("@example.org", "bob@EXAMPLE.org", true),
            ("@example.org", "bob@mail.example.org", false),
            ("@example.org", "bob@evilexample.org", false),
            (".example.org", "bob@mail.example.org", true),
            (".example.org", "bob@a.b.example.org", true),
            (".example.org", "bob@example.org", false),
            (".example.org", "bob@evilexample.org", false),
            ("@bücher.example", "bob@xn--bcher-kva.example", true),
        ] {
            let read: Pattern = pattern.parse().unwrap();
            assert_eq!(read.matches(&address.parse().unwrap()), fits, "{pattern} {address}");
            assert_eq!(read.to_string().parse::<Pattern>().unwrap(), read);
        }
    }

    #[test]
    fn refuses_what_is_no_pattern() {
        for text in ["", "@", ".", "example.org", "*@example.org", "@exa mple.org", "bob@", "..example.org"] {
            assert!(text.parse::<Pattern>().is_err(), "{text:?} was accepted");
        }
    }
}
