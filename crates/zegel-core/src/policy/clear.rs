//! The one way from a draft to something that may be sealed.

use std::collections::BTreeSet;

use thiserror::Error;

use super::examine::Examined;
use super::guests::{GUEST_DAYS, GUEST_DAYS_MAX};
use super::plan::{Classic, Plan, Planned, RECIPIENTS_MAX, Refusal, Route};
use super::{Archive, Demands, Judgement, Policy, SecondFactor};
use crate::address::Address;
use crate::contacts::Contact;
use crate::mime::Draft;

/// A draft that may be sealed, and to whom. Only [`evaluate`] makes one.
#[derive(Debug)]
pub struct Cleared {
    draft: Draft,
    plan: Plan,
    archive: Option<Box<Contact>>,
    labels: Vec<String>,
    guest_days: u32,
}

impl Cleared {
    /// Returns the draft.
    pub fn draft(&self) -> &Draft {
        &self.draft
    }

    /// Returns the plan; every route in it seals.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Returns the archive that the message is sealed to as well.
    pub fn archive(&self) -> Option<&Contact> {
        self.archive.as_deref()
    }

    /// Returns the classes of the message, for the manifest.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Returns for how many days guests can read the message.
    pub fn guest_days(&self) -> u32 {
        self.guest_days
    }

    /// Says whether every key that the message is sealed to is post-quantum.
    pub fn is_post_quantum(&self) -> bool {
        self.plan.is_post_quantum()
            && self.archive.as_ref().is_none_or(|archive| archive.recipient.is_post_quantum())
    }
}

/// A draft that may not be sent, and why.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Refused {
    /// The archive that the policy names cannot be sealed to.
    #[error("the policy wants it sealed to the archive {address} as well, and {why}")]
    Archive {
        /// The archive.
        address: Address,
        /// Why not.
        why: String,
    },
    /// The sender's own key is classic, and classic keys were not asked for.
    #[error("your own key is not post-quantum (age1…), so neither would the message be")]
    ClassicSender,
    /// Guests would read it longer than the policy allows.
    #[error("guests could read it for {asked} days, and at most {most} are allowed")]
    GuestDays {
        /// What was asked for.
        asked: u32,
        /// What the policy, or the server, allows.
        most: u32,
    },
    /// The policy holds it back.
    #[error("the policy does not let it leave: {}", rules(.0))]
    Held(Box<Judgement>),
    /// The draft names nobody.
    #[error("the message has no recipients")]
    NoRecipients,
    /// Some recipients have no route; nothing is sent to the others either.
    #[error("no safe route to {}", list(.0))]
    NoRoute(Vec<Planned>),
    /// There are rules, and nobody has held the draft against them.
    #[error("the message was not examined by the policy in force")]
    NotExamined,
    /// The plan was made for another draft.
    #[error("the plan does not fit the message")]
    OtherPlan,
    /// More than [`RECIPIENTS_MAX`] recipients.
    #[error("more than {RECIPIENTS_MAX} recipients in one message")]
    TooMany,
    /// A code to the same mailbox proves nothing more than the link does, and the policy does not call the message low.
    #[error("the policy does not let {0} in with a code by mail; a phone number or an access code is needed")]
    WeakFactor(Address),
}

fn list(refused: &[Planned]) -> String {
    let one = |planned: &Planned| match &planned.route {
        Route::Refuse(reason) => format!("{}: {reason}", planned.mailbox.address),
        Route::Guest(_) | Route::Key(_) => planned.mailbox.address.to_string(),
    };
    refused.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn rules(judgement: &Judgement) -> String {
    judgement.holding().map(|finding| finding.rule.as_str()).collect::<Vec<_>>().join(", ")
}

/// Judges a draft by a policy without rules, such as the built-in one: all recipients are sealed to, or nothing leaves.
///
/// # Errors
/// [`Refused::NotExamined`] when the policy has rules, else see [`Refused`].
pub fn evaluate(draft: Draft, plan: Plan, policy: &Policy) -> Result<Cleared, Refused> {
    clear(draft, plan, policy, None)
}

/// Judges a draft that was held against the rules: nothing in them holds it back and all recipients are sealed to, or nothing
/// leaves.
///
/// `examined` is what [`super::Examiner`] found in this very draft under this very policy.
///
/// # Errors
/// See [`Refused`].
pub fn evaluate_examined(
    draft: Draft,
    plan: Plan,
    policy: &Policy,
    examined: &Examined,
) -> Result<Cleared, Refused> {
    clear(draft, plan, policy, Some(examined))
}

fn clear(draft: Draft, plan: Plan, policy: &Policy, examined: Option<&Examined>) -> Result<Cleared, Refused> {
    let named: BTreeSet<&Address> =
        [draft.to(), draft.cc(), draft.bcc()].into_iter().flatten().map(|mailbox| &mailbox.address).collect();
    let planned: BTreeSet<&Address> =
        plan.recipients.iter().map(|planned| &planned.mailbox.address).collect();
    if named != planned {
        return Err(Refused::OtherPlan);
    }
    if planned.is_empty() {
        return Err(Refused::NoRecipients);
    }
    if planned.len() > RECIPIENTS_MAX {
        return Err(Refused::TooMany);
    }
    let judgement = match examined {
        // A judgement of another draft, or by other rules, is none.
        Some(examined) if examined.is_of(&draft, policy) => Some(examined.judgement()),
        Some(_) => return Err(Refused::NotExamined),
        None if policy.has_rules() => return Err(Refused::NotExamined),
        None => None,
    };
    if let Some(judgement) = judgement.filter(|judgement| !judgement.may_leave()) {
        return Err(Refused::Held(Box::new(judgement.clone())));
    }
    if !plan.sender_is_post_quantum && plan.classic == Classic::Refuse {
        return Err(Refused::ClassicSender);
    }
    let refused: Vec<Planned> =
        plan.recipients.iter().filter(|planned| matches!(planned.route, Route::Refuse(_))).cloned().collect();
    if !refused.is_empty() {
        return Err(Refused::NoRoute(refused));
    }
    let demands = judgement.map(|judgement| judgement.demands.clone()).unwrap_or_default();
    let guest_days = check_guests(&plan, &demands)?;
    let archive = match (judgement.map(|judgement| judgement.demands.archives.as_slice()), examined) {
        (Some([archive]), Some(examined)) => Some(Box::new(find_archive(archive, examined)?)),
        (Some([first, _, ..]), _) => {
            let why = "its classes name more than one archive".to_owned();
            return Err(Refused::Archive { address: first.address.clone(), why });
        }
        _ => None,
    };
    let labels = judgement.map(|judgement| judgement.classes.iter().cloned().collect()).unwrap_or_default();
    Ok(Cleared { draft, plan, archive, labels, guest_days })
}

/// Holds the guests against what the classes of the message demand; without a class everything strict is in force.
fn check_guests(plan: &Plan, demands: &Demands) -> Result<u32, Refused> {
    let days = plan.guest_days.or(demands.expires_days).unwrap_or(GUEST_DAYS);
    if plan.guests().next().is_none() {
        return Ok(days);
    }
    let weak_is_fine = demands.second_factor == Some(SecondFactor::Mailed);
    if let Some((weak, _)) = plan.guests().find(|(_, factor)| !factor.is_strong() && !weak_is_fine) {
        return Err(Refused::WeakFactor(weak.mailbox.address.clone()));
    }
    let most = demands.expires_days.unwrap_or(GUEST_DAYS_MAX).min(GUEST_DAYS_MAX);
    if days == 0 || (plan.guest_days.is_some() && days > most) {
        return Err(Refused::GuestDays { asked: days, most });
    }
    Ok(days.min(most))
}

/// Finds the very card that the policy names: a pinned card of the same address with other keys will not do.
fn find_archive(archive: &Archive, examined: &Examined) -> Result<Contact, Refused> {
    let refuse = |why: String| Refused::Archive { address: archive.address.clone(), why };
    match examined.archive_route() {
        Some(Route::Key(contact)) if contact.fingerprint == archive.fingerprint => Ok((**contact).clone()),
        Some(Route::Key(_)) => Err(refuse("the card of that address is another one".to_owned())),
        Some(Route::Guest(_) | Route::Refuse(Refusal::NoCard)) | None => {
            Err(refuse("there is no card of it here".to_owned()))
        }
        Some(Route::Refuse(reason)) => Err(refuse(reason.to_string())),
    }
}
