//! The plan: which way each recipient gets the mail.
//!
//! There is no route that is not sealed, so nothing here can fall back to plaintext; later routes are added, never implied.

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
    pub(super) recipients: Vec<Planned>,
    /// The sender's own envelope counts too: with a classic key of theirs the message is classic.
    pub(super) sender_is_post_quantum: bool,
    pub(super) classic: Classic,
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

pub(super) fn find_route(
    address: &Address,
    contacts: &dyn Contacts,
    now: Timestamp,
    classic: Classic,
) -> Route {
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
