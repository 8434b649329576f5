//! Mail addresses in the form in which equal ones are equal text (`docs/formats/README.md`).

/// Returns the canonical address, or nothing for what is none.
pub(crate) fn canonical(text: &str) -> Option<String> {
    let (local, domain) = text.trim().rsplit_once('@')?;
    let plain = |c: char| {
        if c.is_ascii() {
            c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)
        } else {
            !c.is_control() && !c.is_whitespace() && !c.to_lowercase().all(|lower| lower.is_ascii())
        }
    };
    let atoms = local.split('.').all(|atom| !atom.is_empty());
    if local.is_empty() || local.len() > 64 || !atoms || !local.chars().all(plain) {
        return None;
    }
    let domain = idna::domain_to_ascii_strict(domain).ok()?;
    let labels = domain.split('.').all(|label| !label.is_empty() && label.len() <= 63);
    (!domain.is_empty() && domain.len() <= 255 && labels)
        .then(|| format!("{}@{domain}", local.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_addresses_are_equal_text() {
        assert_eq!(canonical(" Bob@Example.ORG ").as_deref(), Some("bob@example.org"));
        assert_eq!(canonical("günther@Bücher.example").as_deref(), Some("günther@xn--bcher-kva.example"));
        for bad in [
            "",
            "bob",
            "@example.org",
            "bob@",
            "bo b@example.org",
            "bob@ex ample.org",
            "a..b@example.org",
            "bob\r\n@example.org",
        ] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }
}
