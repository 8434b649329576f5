//! Built-in lists of facts: services where anybody can have an address, and names that are nobody's.

mod disposable;
mod freemail;
mod roles;

use self::disposable::DISPOSABLE;
use self::freemail::FREEMAIL;
use self::roles::ROLES;

/// What most people with a free address have, and so what is mistyped most.
pub(super) const USUAL_FREEMAIL: [&str; 14] = [
    "gmail.com",
    "hetnet.nl",
    "hotmail.com",
    "hotmail.nl",
    "icloud.com",
    "kpnmail.nl",
    "live.nl",
    "outlook.com",
    "planet.nl",
    "protonmail.com",
    "telenet.be",
    "xs4all.nl",
    "yahoo.com",
    "ziggo.nl",
];

/// Says whether anybody can have an address at a domain (lower case).
pub(super) fn is_freemail(domain: &str) -> bool {
    FREEMAIL.binary_search(&domain).is_ok()
}

/// Says whether a domain (lower case) gives throw-away addresses.
pub(super) fn is_disposable(domain: &str) -> bool {
    DISPOSABLE.binary_search(&domain).is_ok()
}

/// Says whether a local part (lower case) stands for a task.
pub(super) fn is_role(local: &str) -> bool {
    ROLES.binary_search(&local).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Domain;

    #[test]
    fn the_lists_can_be_searched() {
        for list in [FREEMAIL, DISPOSABLE, ROLES] {
            assert!(list.is_sorted_by(|a, b| a < b));
        }
        for domain in FREEMAIL.iter().chain(DISPOSABLE) {
            assert_eq!(domain.parse::<Domain>().unwrap().as_ascii(), *domain);
        }
        assert!(FREEMAIL.iter().all(|domain| !is_disposable(domain)));
        assert!(USUAL_FREEMAIL.iter().all(|domain| is_freemail(domain)));
        assert!(FREEMAIL.len() > 200 && DISPOSABLE.len() > 400 && ROLES.len() > 150);
    }
}
