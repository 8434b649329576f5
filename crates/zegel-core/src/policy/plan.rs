//! The plan: which way each recipient gets the mail.
//!
//! There is no route that is not sealed, so nothing here can fall back to plaintext; routes are asked for, never implied: a
//! recipient without a card is a guest only where the sender offered that.

use std::collections::BTreeSet;
use std::fmt;

use thiserror::Error;

use super::guests::{GuestFactor, GuestOffers};
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
    /// Sealed to a key that is half in a link and half on the server, which asks for a proof before it hands out its half.
    Guest(GuestFactor),
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
    /// They could be a guest, and nothing was said that they could prove.
    #[error(
        "there is no card for this address, and no phone number or access code to make them a guest with"
    )]
    NoFactor,
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
    pub(super) guest_days: Option<u32>,
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
        Self {
            recipients,
            sender_is_post_quantum: sender.recipient().is_post_quantum(),
            classic,
            guest_days: None,
        }
    }

    /// Makes guests of recipients who have no card, where the sender has a server.
    ///
    /// Only who has no card at all becomes a guest: a card that has ended, is classic or cannot be read is somebody's, and a
    /// weaker way around it must not be found by itself.
    #[must_use]
    pub fn offer_guests(mut self, offers: &GuestOffers) -> Self {
        for planned in &mut self.recipients {
            if planned.route == Route::Refuse(Refusal::NoCard) {
                planned.route = match offers.factor(&planned.mailbox.address) {
                    Some(factor) => Route::Guest(factor.clone()),
                    None => Route::Refuse(Refusal::NoFactor),
                };
            }
        }
        self.guest_days = offers.days;
        self
    }

    /// Returns every recipient once, in the order To, Cc, Bcc.
    pub fn recipients(&self) -> &[Planned] {
        &self.recipients
    }

    /// Says whether every recipient's key and the sender's own are post-quantum; then the message is.
    pub fn is_post_quantum(&self) -> bool {
        self.sender_is_post_quantum && self.contacts().all(|(_, contact)| contact.recipient.is_post_quantum())
    }

    /// Returns the recipients who become guests.
    pub fn guests(&self) -> impl Iterator<Item = (&Planned, &GuestFactor)> {
        self.recipients.iter().filter_map(|planned| match &planned.route {
            Route::Guest(factor) => Some((planned, factor)),
            Route::Key(_) | Route::Refuse(_) => None,
        })
    }

    /// Returns the recipients that are sealed to with a key of theirs.
    pub fn contacts(&self) -> impl Iterator<Item = (Role, &Contact)> {
        self.recipients.iter().filter_map(|planned| match &planned.route {
            Route::Key(contact) => Some((planned.role, contact.as_ref())),
            Route::Guest(_) | Route::Refuse(_) => None,
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
