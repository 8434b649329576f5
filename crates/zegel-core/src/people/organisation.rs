//! What an organisation says about itself and others.

use std::collections::BTreeSet;

use super::domains::above;
use super::lists;
use super::pattern::{DomainPattern, Pattern};
use crate::address::{Address, Domain};

/// How many people may stand in To and Cc together, unless a policy says otherwise.
pub const VISIBLE_MAX: usize = 20;

/// The domains of an organisation, whom it trusts and whom it does not write to. Its lists are added to the built-in ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its own domains: who has an address there is internal.
    pub domains: Vec<DomainPattern>,
    /// The domains of its partners.
    pub partners: Vec<DomainPattern>,
    /// More domains where anybody can have an address.
    pub freemail: BTreeSet<Domain>,
    /// More domains of throw-away addresses.
    pub disposable: BTreeSet<Domain>,
    /// More local parts that are no person's; in any case of letters.
    pub roles: BTreeSet<String>,
    /// Who gets no mail.
    pub denied: Vec<Pattern>,
    /// How many people may stand in To and Cc together.
    pub visible_max: usize,
}

impl Default for Organisation {
    fn default() -> Self {
        Self {
            domains: Vec::new(),
            partners: Vec::new(),
            freemail: BTreeSet::new(),
            disposable: BTreeSet::new(),
            roles: BTreeSet::new(),
            denied: Vec::new(),
            visible_max: VISIBLE_MAX,
        }
    }
}

impl Organisation {
    /// Says whether a domain is its own.
    pub fn is_own(&self, domain: &Domain) -> bool {
        self.domains.iter().any(|pattern| pattern.matches(domain))
    }

    /// Says whether a domain is a partner's.
    pub fn is_partner(&self, domain: &Domain) -> bool {
        self.partners.iter().any(|pattern| pattern.matches(domain))
    }

    /// Says whether anybody can have an address at a domain.
    pub fn is_freemail(&self, domain: &Domain) -> bool {
        self.freemail.contains(domain) || lists::is_freemail(domain.as_ascii())
    }

    /// Says whether a domain, or one above it, gives throw-away addresses: such services let every domain below theirs
    /// receive mail.
    pub fn is_disposable(&self, domain: &Domain) -> bool {
        above(domain.as_ascii()).any(|name| {
            lists::is_disposable(name) || self.disposable.iter().any(|own| own.as_ascii() == name)
        })
    }

    /// Says whether a local part stands for a task and not for a person.
    pub fn is_role(&self, local: &str) -> bool {
        let local = local.to_lowercase();
        // info+news@ is info@ (RFC 5233).
        let base = local.split('+').next().unwrap_or_default();
        lists::is_role(base) || self.roles.iter().any(|role| role.to_lowercase() == base)
    }

    /// Returns the pattern that denies an address.
    pub fn denies(&self, address: &Address) -> Option<&Pattern> {
        self.denied.iter().find(|pattern| pattern.matches(address))
    }
}
