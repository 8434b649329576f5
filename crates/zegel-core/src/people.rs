//! What can be said of a recipient, and the slips that people make with recipients.
//!
//! ```
//! use zegel_core::Mailbox;
//! use zegel_core::people::{Group, Ledger, Organisation, classify};
//!
//! let organisation = Organisation { domains: vec!["hospital.example".parse()?], ..Organisation::default() };
//! let history = Ledger::new([0; 32]);
//! let sender = "alice@hospital.example".parse()?;
//! let to = [Mailbox::from("bob@hospita1.example".parse::<zegel_core::Address>()?)];
//! let groups = classify(&sender, &to, &organisation, &history);
//! assert!(groups[0].contains(Group::LookAlike) && groups[0].contains(Group::External));
//! # Ok::<(), zegel_core::address::AddressError>(())
//! ```
//!
//! [`classify()`] tells the [`Groups`] of every recipient, [`mistakes::find`] the slips of a draft. Both are pure: what the
//! user did before is asked of a [`History`], and the one there is, the [`Ledger`], keeps keyed hashes only.
//!
//! Adding a recipient never takes a group away from another one. So [`Group::Unusual`] and [`Group::Namesake`] stay when
//! the person that was meant is added as well.

mod classify;
mod domains;
mod group;
mod history;
mod ledger;
mod lists;
mod lookalike;
pub mod mistakes;
mod names;
mod near;
mod organisation;
mod pattern;

pub use classify::classify;
pub use group::{Group, Groups, Reason, UnknownName};
pub use history::{Clue, Everybody, History, Known, PersonId};
pub use ledger::{Counts, Ledger, LedgerError, Mail};
pub use lookalike::{Likeness, Resembled};
pub use mistakes::{Mistake, Place, Slip};
pub use organisation::{Organisation, VISIBLE_MAX};
pub use pattern::{DomainPattern, Pattern};

/// The look of a domain, and what known domains look like it; for measurements and tests.
pub use lookalike::compare as compare_domains;

#[cfg(test)]
mod tests;
