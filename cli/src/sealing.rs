//! From the arguments to a sealed message: the steps that `plan`, `seal`, `send` and `sendmail` share.

use std::path::Path;

use zegel_core::Address;
use zegel_core::card::{Card, CardError};
use zegel_core::contacts::Contact;
use zegel_core::identity::Identity;
use zegel_core::message::{SealOptions, Sealed, seal};
use zegel_core::mime::Draft;
use zegel_core::policy::{
    Acceptances, Classic, Cleared, GuestOffers, Plan, Planned, Refused, Route, evaluate, evaluate_examined,
};
use zegel_store::cards::Cards;
use zegel_wire::error::Kind;
use zegel_wire::report::{CheckReport, RecipientView, RouteKind};

use crate::args::MessageArgs;
use crate::commands::card::origin_name;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::judging::{self, Show};
use crate::spool::Spool;
use crate::ui::{Page, Tone};
use crate::{draft, keys};

/// A draft with its plan: nothing is decided yet.
pub(crate) struct Planning {
    draft: Draft,
    plan: Plan,
    card: Card,
    classic: Classic,
}

/// A draft that may be sealed.
pub(crate) struct Judged {
    cleared: Cleared,
    /// Who gets it and how.
    pub(crate) recipients: Vec<RecipientView>,
    /// The sender.
    pub(crate) from: Address,
}

/// A draft that may be sealed, and the keys to do it with.
pub(crate) struct Ready {
    judged: Judged,
    identity: Identity,
}

impl Planning {
    /// Reads the draft and finds the route of every recipient; unlocks nothing that can stay locked.
    ///
    /// # Errors
    /// Code 64 to 66 for the draft, 78 when the sender has no identity.
    pub(crate) fn make(args: &MessageArgs, classic: Classic, context: &Context<'_>) -> Result<Self> {
        let sender = || keys::sender(context, args.from.as_ref());
        let draft = draft::read(args, sender, context.config()?.seal().part_threshold())?;
        if let Some(named) = args.from.as_ref().filter(|named| **named != draft.from().address) {
            return Err(Failure::usage(format!(
                "the mail is from {}, not from {named}",
                draft.from().address
            )));
        }
        Self::of(draft, classic, context)
    }

    /// Finds the route of every recipient of a draft.
    ///
    /// # Errors
    /// Code 78 when the sender has no identity.
    pub(crate) fn of(draft: Draft, classic: Classic, context: &Context<'_>) -> Result<Self> {
        let from = &draft.from().address;
        let card = keys::card(context, from).map_err(|failure| match failure.kind() {
            Kind::NoIdentity => {
                failure.hint(format!("make one for this address: zegel identity new --address {from}"))
            }
            _ => failure,
        })?;
        let plan = Plan::make(&draft, &card, &Cards::new(context.paths()?), context.now(), classic);
        Ok(Self { draft, plan, card, classic })
    }

    /// Makes guests of recipients without a card, where the sender has a server.
    #[must_use]
    pub(crate) fn offer_guests(mut self, offers: Option<&GuestOffers>) -> Self {
        if let Some(offers) = offers {
            self.plan = self.plan.offer_guests(offers);
        }
        self
    }

    /// Returns the draft.
    pub(crate) fn draft(&self) -> &Draft {
        &self.draft
    }

    /// Returns the plan.
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Describes every recipient.
    pub(crate) fn recipients(&self) -> Vec<RecipientView> {
        self.plan.recipients().iter().map(view).collect()
    }

    /// Holds the draft against the policy in force, without deciding; nothing when that has no rules.
    ///
    /// # Errors
    /// Code 78 when the policy or a configured scanner cannot be used.
    pub(crate) fn check(&self, accepted: &Acceptances, context: &Context<'_>) -> Result<Option<CheckReport>> {
        let policy = judging::in_force(context)?.policy;
        if !policy.has_rules() && context.config()?.scan().clamd().is_none() {
            return Ok(None);
        }
        let examined = judging::examine(&self.draft, &policy, accepted, self.classic, context)?;
        Ok(Some(judging::view(&policy, &examined, None, Show::Words)))
    }

    /// Lets the policy judge, without unlocking anything.
    ///
    /// # Errors
    /// Code 67 when a recipient cannot be reached or one's own card has expired, 77 when the policy refuses, 78 when it
    /// cannot be used.
    pub(crate) fn clear(self, accepted: &Acceptances, context: &Context<'_>) -> Result<Judged> {
        let recipients = self.recipients();
        let from = self.draft.from().address.clone();
        // The recipients would refuse what was signed with a card that has ended.
        self.card.check_period(context.now()).map_err(|error: CardError| {
            Failure::from_error(Kind::CardExpired, &error)
                .while_trying("your own card cannot be used")
                .hint("make new keys: zegel identity rotate")
        })?;
        let policy = judging::in_force(context)?.policy;
        if !policy.has_rules() && context.config()?.scan().clamd().is_none() {
            let cleared = evaluate(self.draft, self.plan, &policy)?;
            return Ok(Judged { cleared, recipients, from });
        }
        let examined = judging::examine(&self.draft, &policy, accepted, self.classic, context)?;
        let report = judging::view(&policy, &examined, None, Show::Words);
        let cleared =
            evaluate_examined(self.draft, self.plan, &policy, &examined).map_err(
                |refused| match refused {
                    Refused::Held(_) => judging::refusal(&report, context.language()),
                    other => other.into(),
                },
            )?;
        Ok(Judged { cleared, recipients, from })
    }
}

impl Judged {
    /// Returns the archive that the policy wants it sealed to as well.
    pub(crate) fn archive(&self) -> Option<String> {
        self.cleared.archive().map(|archive| archive.address.to_string())
    }

    /// Says whether somebody gets it as a guest.
    pub(crate) fn has_guests(&self) -> bool {
        self.cleared.plan().guests().next().is_some()
    }

    /// Says whether every key that it will be sealed to is post-quantum.
    pub(crate) fn is_post_quantum(&self) -> bool {
        self.cleared.is_post_quantum()
    }

    /// Unlocks the sender's keys.
    ///
    /// # Errors
    /// Code 78 when the keys cannot be unlocked.
    pub(crate) fn unlock(self, context: &Context<'_>) -> Result<Ready> {
        let identity = keys::identity(context, &self.from)?;
        Ok(Ready { judged: self, identity })
    }
}

impl Ready {
    /// Returns who gets it and how.
    pub(crate) fn recipients(&self) -> &[RecipientView] {
        &self.judged.recipients
    }

    /// Returns the archive that the policy wants it sealed to as well.
    pub(crate) fn archive(&self) -> Option<String> {
        self.judged.archive()
    }

    /// Returns the sender.
    pub(crate) fn from(&self) -> &Address {
        &self.judged.from
    }

    /// Returns the size of the draft's large attachments in bytes: what makes a message large.
    pub(crate) fn size(&self) -> u64 {
        self.judged.cleared.draft().parts().iter().map(|part| part.source.length()).sum()
    }

    /// Seals; what is large lies in `folder` until it is finished.
    ///
    /// # Errors
    /// Code 65 when the draft cannot be carried, 66 when an attachment cannot be read, 74 when writing fails.
    pub(crate) fn seal(self, folder: &Path, context: &Context<'_>) -> Result<Sealed<Spool>> {
        let size = self.size();
        let spool = Spool::make(size, folder)?;
        let mut options = SealOptions::default();
        if let Some(subject) = context.config()?.seal().subject() {
            subject.clone_into(&mut options.outer_subject);
        }
        let mut progress = context.ui.progress("Sealing", Some(size).filter(|size| *size > 0));
        let sealed = seal(
            self.judged.cleared,
            &self.identity,
            &options,
            context.now(),
            &mut context.rng(),
            spool,
            &mut |done| progress.reach(done),
        )?;
        Ok(sealed)
    }
}

/// Describes a recipient and the route to it.
fn view(planned: &Planned) -> RecipientView {
    let contact: Option<&Contact> = match &planned.route {
        Route::Key(contact) => Some(contact),
        _ => None,
    };
    let factor = match &planned.route {
        Route::Guest(factor) => Some(factor.name().to_owned()),
        _ => None,
    };
    let reason = match &planned.route {
        Route::Refuse(reason) => Some(reason.to_string()),
        _ => None,
    };
    RecipientView {
        address: planned.mailbox.address.to_string(),
        name: planned.mailbox.name.clone(),
        role: planned.role.to_string(),
        route: match &planned.route {
            Route::Guest(_) => RouteKind::Guest,
            Route::Key(_) => RouteKind::Key,
            _ => RouteKind::Refuse,
        },
        reason,
        fingerprint: contact.map(|contact| contact.fingerprint.to_string()),
        origin: contact.map(|contact| origin_name(contact.origin).to_owned()),
        post_quantum: match &planned.route {
            Route::Guest(_) => Some(true),
            _ => contact.map(|contact| contact.recipient.is_post_quantum()),
        },
        // What travels in a mail is in the recipient's hands; what lies on the server is in the sender's.
        recall: after_sending(&planned.route),
        receipt: after_sending(&planned.route),
        factor,
    }
}

/// Says whether a message can be recalled, and a receipt be had.
fn after_sending(route: &Route) -> Option<String> {
    match route {
        Route::Guest(_) => Some("server".to_owned()),
        Route::Key(_) => Some("none".to_owned()),
        _ => None,
    }
}

/// Adds the archive to a page: whoever sends is told, as everybody who reads is.
pub(crate) fn add_archive(page: &mut Page, archive: Option<&str>) {
    if let Some(archive) = archive {
        page.toned("Archive", format!("{archive} can open this message too"), Tone::Warn);
    }
}

/// Adds a table of recipients to a page.
pub(crate) fn add_recipients(page: &mut Page, recipients: &[RecipientView]) {
    for recipient in recipients {
        let role = match recipient.role.as_str() {
            "bcc" => "Bcc",
            "cc" => "Cc",
            _ => "To",
        };
        let (how, tone) = match (&recipient.reason, recipient.origin.as_deref()) {
            (Some(reason), _) => (format!("refused: {reason}"), Tone::Bad),
            (None, Some("first-use")) => {
                ("sealed to a key from a first message, proved by nobody".to_owned(), Tone::Warn)
            }
            (None, _) => match recipient.factor.as_deref() {
                Some("code") => ("guest: a link, and the access code".to_owned(), Tone::Good),
                Some("sms") => ("guest: a link, and a code by SMS".to_owned(), Tone::Good),
                Some(_) => ("guest: a link, and a code to the same mailbox".to_owned(), Tone::Warn),
                None => ("sealed to their key".to_owned(), Tone::Good),
            },
        };
        let strength = match recipient.post_quantum {
            Some(false) => ("classic", Tone::Warn),
            Some(true) => ("post-quantum", Tone::Note),
            None => ("", Tone::Note),
        };
        page.row(vec![
            (role.to_owned(), Tone::Note),
            (recipient.address.clone(), Tone::Plain),
            (how, tone),
            (strength.0.to_owned(), strength.1),
        ]);
    }
}
