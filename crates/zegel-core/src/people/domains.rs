//! Parts of domain names: what belongs to one owner, and what stands before it.

/// Second labels below a country that are no owner's name (`example.co.uk`).
const SHARED: [&str; 14] =
    ["ac", "co", "com", "edu", "gob", "gouv", "gov", "gv", "ne", "net", "nhs", "or", "org", "sch"];

/// A domain taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    /// What stands before the owner's name, without the last dot; often empty.
    pub(super) below: &'a str,
    /// The owner's label: `example`.
    pub(super) name: &'a str,
    /// What comes after it: `org`, `co.uk`; empty for a name without a dot.
    pub(super) suffix: &'a str,
}

impl<'a> Parts<'a> {
    /// Takes a domain apart. The list of all public suffixes is 10,000 lines long and changes weekly; these few rules are
    /// wrong for rare suffixes, where a look-alike is then compared with one label more or less.
    pub(super) fn of(domain: &'a str) -> Self {
        let Some((rest, top)) = domain.rsplit_once('.') else {
            return Self { below: "", name: domain, suffix: "" };
        };
        let (before, second) = rest.rsplit_once('.').unwrap_or(("", rest));
        let two_labels = top.len() == 2 && !before.is_empty() && SHARED.contains(&second);
        let (rest, suffix) =
            if two_labels { (before, domain.get(before.len() + 1..).unwrap_or(top)) } else { (rest, top) };
        let (below, name) = rest.rsplit_once('.').unwrap_or(("", rest));
        Self { below, name, suffix }
    }

    /// Returns what one owner registered: `example.org`.
    pub(super) fn registered(&self) -> String {
        if self.suffix.is_empty() { self.name.to_owned() } else { format!("{}.{}", self.name, self.suffix) }
    }
}

/// Returns a domain and every domain above it that has a dot.
pub(super) fn above(domain: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(domain), |name| name.split_once('.').map(|(_, rest)| rest))
        .take_while(|name| name.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_domains_apart() {
        for (domain, below, name, suffix) in [
            ("example.org", "", "example", "org"),
            ("mail.example.org", "mail", "example", "org"),
            ("a.b.example.co.uk", "a.b", "example", "co.uk"),
            ("co.uk", "", "co", "uk"),
            ("localhost", "", "localhost", ""),
            ("example.org.evil.example", "example.org", "evil", "example"),
        ] {
            let parts = Parts::of(domain);
            assert_eq!((parts.below, parts.name, parts.suffix), (below, name, suffix), "{domain}");
        }
        assert_eq!(above("a.b.example").collect::<Vec<_>>(), ["a.b.example", "b.example"]);
    }
}
