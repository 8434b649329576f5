//! The moment before sending: which way each recipient gets the mail, and whether it may go at all.
//!
//! This version has one policy, the strictest: seal to everybody or refuse. There is no route that is not sealed, so
//! nothing here can fall back to plaintext; later routes are added, never implied.

use std::collections::BTreeSet;
use std::fmt;

use thiserror::Error;

use crate::address::{Address, Mailbox};
use crate::card::Card;
use crate::contacts::{Contact, Contacts, Origin};
use crate::mime::Draft;
use crate::time::Timestamp;

/// Most recipients of one mail, To, Cc and Bcc together.
pub const RECIPIENTS_MAX: usize = 1000;

/// In which header field a recipient stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Blind copy: nobody else may learn of it.
    Bcc,
    /// Copy.
    Cc,
    /// Recipient.
    To,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bcc => "bcc",
            Self::Cc => "cc",
            Self::To => "to",
        })
    }
}

/// How one recipient gets the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Route {
    /// Sealed to the recipient's pinned keys.
    Key(Box<Contact>),
    /// Not at all.
    Refuse(Refusal),
}

/// Why a recipient cannot be reached safely.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Their key is classic and classic keys were not asked for.
    #[error("their key is not post-quantum (age1…)")]
    Classic,
    /// Their card has ended.
    #[error("their card expired on {0}")]
    Expired(Timestamp),
    /// There is no card for this address.
    #[error("there is no card for this address")]
    NoCard,
    /// The entry exists and cannot be read.
    #[error("their card cannot be read: {0}")]
    Unreadable(String),
}

/// Whether a recipient with a classic key may make the whole message classic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Classic {
    /// Asked for by name.
    Allow,
    /// The default.
    Refuse,
}

/// One recipient and their route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The recipient.
    pub mailbox: Mailbox,
    /// Where they stand.
    pub role: Role,
    /// How they get it.
    pub route: Route,
}

/// The routes of all recipients of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    recipients: Vec<Planned>,
    /// The sender's own envelope counts too: with a classic key of theirs the message is classic.
    sender_is_post_quantum: bool,
    classic: Classic,
}

impl Plan {
    /// Finds the route of every recipient. An address that stands twice keeps its most visible place.
    pub fn make(
        draft: &Draft,
        sender: &Card,
        contacts: &dyn Contacts,
        now: Timestamp,
        classic: Classic,
    ) -> Self {
        let own = Contact::from_card(sender, Origin::Imported, now);
        let mut seen = BTreeSet::new();
        let fields = [(Role::To, draft.to()), (Role::Cc, draft.cc()), (Role::Bcc, draft.bcc())];
        let mut recipients = Vec::new();
        for (role, mailboxes) in fields {
            for mailbox in mailboxes {
                if !seen.insert(mailbox.address.clone()) {
                    continue;
                }
                let route = if mailbox.address == own.address {
                    Route::Key(Box::new(own.clone()))
                } else {
                    find_route(&mailbox.address, contacts, now, classic)
                };
                recipients.push(Planned { mailbox: mailbox.clone(), role, route });
            }
        }
        Self { recipients, sender_is_post_quantum: sender.recipient().is_post_quantum(), classic }
    }

    /// Returns every recipient once, in the order To, Cc, Bcc.
    pub fn recipients(&self) -> &[Planned] {
        &self.recipients
    }

    /// Says whether every recipient's key and the sender's own are post-quantum; then the message is.
    pub fn is_post_quantum(&self) -> bool {
        self.sender_is_post_quantum && self.contacts().all(|(_, contact)| contact.recipient.is_post_quantum())
    }

    /// Returns the recipients that are sealed to.
    pub fn contacts(&self) -> impl Iterator<Item = (Role, &Contact)> {
        self.recipients.iter().filter_map(|planned| match &planned.route {
            Route::Key(contact) => Some((planned.role, contact.as_ref())),
            Route::Refuse(_) => None,
        })
    }
}

fn find_route(address: &Address, contacts: &dyn Contacts, now: Timestamp, classic: Classic) -> Route {
    let contact = match contacts.contact(address) {
        Ok(Some(contact)) => contact,
        Ok(None) => return Route::Refuse(Refusal::NoCard),
        Err(error) => return Route::Refuse(Refusal::Unreadable(error.reason)),
    };
    if !contact.is_consistent() || contact.address != *address {
        return Route::Refuse(Refusal::Unreadable("its fingerprint does not fit its keys".to_owned()));
    }
    if let Some(expires) = contact.expires.filter(|_| contact.is_expired(now)) {
        return Route::Refuse(Refusal::Expired(expires));
    }
    if !contact.recipient.is_post_quantum() && classic == Classic::Refuse {
        return Route::Refuse(Refusal::Classic);
    }
    Route::Key(Box::new(contact))
}

/// The rules in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy(());

impl Policy {
    /// Returns the built-in policy: seal to everybody or refuse.
    pub fn built_in() -> Self {
        Self(())
    }
}

/// A draft that may be sealed, and to whom. Only [`evaluate`] makes one.
#[derive(Debug)]
pub struct Cleared {
    draft: Draft,
    plan: Plan,
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
}

/// A draft that may not be sent, and why.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Refused {
    /// The sender's own key is classic, and classic keys were not asked for.
    #[error("your own key is not post-quantum (age1…), so neither would the message be")]
    ClassicSender,
    /// The draft names nobody.
    #[error("the message has no recipients")]
    NoRecipients,
    /// Some recipients have no route; nothing is sent to the others either.
    #[error("no safe route to {}", list(.0))]
    NoRoute(Vec<Planned>),
    /// The plan was made for another draft.
    #[error("the plan does not fit the message")]
    OtherPlan,
    /// More than [`RECIPIENTS_MAX`] recipients.
    #[error("more than {RECIPIENTS_MAX} recipients in one message")]
    TooMany,
}

fn list(refused: &[Planned]) -> String {
    let one = |planned: &Planned| match &planned.route {
        Route::Refuse(reason) => format!("{}: {reason}", planned.mailbox.address),
        Route::Key(_) => planned.mailbox.address.to_string(),
    };
    refused.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Judges a draft by the policy: all recipients are sealed to, or nothing leaves.
///
/// # Errors
/// See [`Refused`].
pub fn evaluate(draft: Draft, plan: Plan, _policy: &Policy) -> Result<Cleared, Refused> {
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
    if !plan.sender_is_post_quantum && plan.classic == Classic::Refuse {
        return Err(Refused::ClassicSender);
    }
    let refused: Vec<Planned> =
        plan.recipients.iter().filter(|planned| matches!(planned.route, Route::Refuse(_))).cloned().collect();
    if refused.is_empty() { Ok(Cleared { draft, plan }) } else { Err(Refused::NoRoute(refused)) }
}
