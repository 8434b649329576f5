//! The `[organisation]` table of a policy.

use std::collections::BTreeSet;

use super::{PolicyError, file};
use crate::Domain;
use crate::people::{DomainPattern, Organisation, Pattern, VISIBLE_MAX};

/// Reads what an organisation says about itself and others.
pub(super) fn read(table: &file::Organisation) -> Result<Organisation, PolicyError> {
    Ok(Organisation {
        domains: domain_patterns(&table.domains)?,
        partners: domain_patterns(&table.partners)?,
        freemail: domains(&table.freemail)?,
        disposable: domains(&table.disposable)?,
        roles: table.roles.iter().cloned().collect(),
        denied: denied(&table.denied)?,
        visible_max: table.visible_max.map_or(VISIBLE_MAX, |most| most as usize),
    })
}

/// Adds what makes people less trusted. A domain called freemail is no longer unknown and an address called a role is no longer
/// looked at as a person's, so those lists are not among it.
pub(super) fn tighten(
    mut organisation: Organisation,
    table: &file::Organisation,
) -> Result<Organisation, PolicyError> {
    let loosening = [&table.domains, &table.partners, &table.freemail, &table.roles];
    if loosening.into_iter().any(|list| !list.is_empty()) {
        return Err(PolicyError::OwnMayNot("domains, partners, freemail or roles"));
    }
    organisation.disposable.extend(domains(&table.disposable)?);
    organisation.denied.extend(denied(&table.denied)?);
    if let Some(most) = table.visible_max {
        organisation.visible_max = organisation.visible_max.min(most as usize);
    }
    Ok(organisation)
}

fn domain_patterns(list: &[String]) -> Result<Vec<DomainPattern>, PolicyError> {
    let one = |text: &String| {
        text.parse().map_err(|_| PolicyError::Organisation(format!("{text:?} is no domain or .domain")))
    };
    list.iter().map(one).collect()
}

fn domains(list: &[String]) -> Result<BTreeSet<Domain>, PolicyError> {
    let one =
        |text: &String| text.parse().map_err(|_| PolicyError::Organisation(format!("{text:?} is no domain")));
    list.iter().map(one).collect()
}

fn denied(list: &[String]) -> Result<Vec<Pattern>, PolicyError> {
    let one = |text: &String| {
        text.parse().map_err(|_| PolicyError::Organisation(format!("{text:?} is no address pattern")))
    };
    list.iter().map(one).collect()
}
