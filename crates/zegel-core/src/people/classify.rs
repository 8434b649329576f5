//! From recipients to groups.

use std::collections::{BTreeMap, BTreeSet};

use super::group::{Group, Groups, Reason};
use super::history::{History, Known, PersonId};
use super::lookalike::{self, Likeness, Resembled};
use super::organisation::Organisation;
use super::{lists, names};
use crate::address::{Address, Domain, Mailbox};

/// From so many mails on a domain, or a person, is one that the user knows.
const USUAL: u32 = 3;
/// So many times more mails than to the other make a namesake the usual one.
const TIMES: u32 = 3;
/// On so many mails together, two people belong together.
const TOGETHER: u32 = 2;
/// Most people of one name that are looked at.
const NAMESAKES_MAX: usize = 8;

/// Tells the groups of every recipient, in their order. Whoever sends is never a stranger to themselves.
pub fn classify(
    sender: &Address,
    recipients: &[Mailbox],
    organisation: &Organisation,
    history: &dyn History,
) -> Vec<Groups> {
    let known: Vec<Option<Known>> =
        recipients.iter().map(|recipient| history.person(&recipient.address)).collect();
    let mut circle =
        Circle { here: known.iter().flatten().map(|person| person.id).collect(), with: BTreeMap::new() };
    recipients
        .iter()
        .zip(&known)
        .map(|(recipient, person)| {
            let mut groups = by_address(&recipient.address, organisation, person.is_some());
            if recipient.address == *sender {
                return groups;
            }
            if person.is_none() {
                groups.add(Group::FirstTime);
            }
            if let Some(resembled) = look_alike(sender, recipient.address.domain(), organisation, history) {
                groups.add_because(Group::LookAlike, Reason::LookAlike(resembled));
            }
            by_name(&mut groups, recipient, *person, &mut circle, history);
            groups
        })
        .collect()
}

/// Adds what the address alone says.
fn by_address(address: &Address, organisation: &Organisation, is_known: bool) -> Groups {
    let domain = address.domain();
    let mut groups = Groups::default();
    if let Some(pattern) = organisation.denies(address) {
        groups.add_because(Group::Denied, Reason::Denied(pattern.clone()));
    }
    if organisation.is_role(address.local()) {
        groups.add(Group::Role);
    }
    if organisation.is_own(domain) {
        groups.add(Group::Internal);
        return groups;
    }
    groups.add(Group::External);
    let partner = organisation.is_partner(domain);
    let freemail = organisation.is_freemail(domain);
    if partner {
        groups.add(Group::Partner);
    }
    if freemail {
        groups.add(Group::Freemail);
    }
    if organisation.is_disposable(domain) {
        groups.add(Group::Disposable);
    }
    if !partner && !freemail && !is_known {
        groups.add(Group::Unknown);
    }
    groups
}

/// Finds the domain that this one resembles. Two neighbours that are both known are two real names.
fn look_alike(
    sender: &Address,
    domain: &Domain,
    organisation: &Organisation,
    history: &dyn History,
) -> Option<Resembled> {
    let trusted = organisation.is_own(domain)
        || organisation.is_partner(domain)
        || organisation.is_freemail(domain)
        || domain == sender.domain()
        || history.mails_under(&lookalike::itself(domain)) >= USUAL;
    if trusted {
        return None;
    }
    let patterns = organisation.domains.iter().chain(&organisation.partners);
    let own = Some(sender.domain()).filter(|own| !organisation.is_freemail(own));
    for known in patterns.map(super::DomainPattern::domain).chain(own) {
        if let Some(how) = lookalike::compare(domain, known) {
            return Some(Resembled { domain: Some(known.clone()), how });
        }
    }
    // Slips of the finger in what everybody types: gmial.com. Another top-level domain of such a name is often real.
    for known in lists::USUAL_FREEMAIL.iter().filter_map(|name| name.parse::<Domain>().ok()) {
        let how = lookalike::compare(domain, &known).filter(|how| *how != Likeness::Suffix);
        if let Some(how) = how {
            return Some(Resembled { domain: Some(known), how });
        }
    }
    if let Some(how) = lookalike::among(domain, history) {
        return Some(Resembled { domain: None, how });
    }
    lookalike::mixes_scripts(domain).then_some(Resembled { domain: None, how: Likeness::Scripts })
}

/// The known people of this mail, and which of them belong together with whom; each is asked once.
struct Circle {
    here: Vec<PersonId>,
    with: BTreeMap<PersonId, Vec<PersonId>>,
}

impl Circle {
    /// Returns who of this mail is usually on a mail with somebody.
    fn of(&mut self, id: PersonId, history: &dyn History) -> &[PersonId] {
        let Self { here, with } = self;
        with.entry(id).or_insert_with(|| {
            let together = |other: &&PersonId| **other != id && history.together(id, **other) >= TOGETHER;
            here.iter().filter(together).copied().collect()
        })
    }
}

/// Adds what people of the same name say.
fn by_name(
    groups: &mut Groups,
    recipient: &Mailbox,
    person: Option<Known>,
    circle: &mut Circle,
    history: &dyn History,
) {
    // info@ is everywhere, and nobody's name.
    if groups.contains(Group::Role) {
        return;
    }
    let id = person.map(|person| person.id);
    let mut seen = BTreeSet::new();
    let mut namesakes: Vec<Known> = names::lookups(recipient)
        .iter()
        .flat_map(|clue| history.people_under(clue))
        .filter(|other| Some(other.id) != id && seen.insert(other.id))
        .collect();
    namesakes.sort_by_key(|other| (std::cmp::Reverse(other.mails), other.id));
    namesakes.truncate(NAMESAKES_MAX);
    let mails = person.map_or(0, |person| person.mails);
    let usual: Vec<Known> = namesakes
        .iter()
        .filter(|other| other.mails >= USUAL && other.mails / TIMES > mails)
        .copied()
        .collect();
    let unusual = namesakes.iter().find(|namesake| {
        circle
            .of(namesake.id, history)
            .iter()
            .any(|other| id.is_none_or(|id| id != *other && history.together(id, *other) == 0))
    });
    if let Some(namesake) = unusual {
        groups.add_because(Group::Unusual, Reason::Unusual(*namesake));
    }
    if !usual.is_empty() {
        groups.add_because(Group::Namesake, Reason::Namesake(usual));
    }
}
