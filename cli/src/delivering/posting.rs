//! A message with guests: onto the server first, then out by mail, and off the server again where no mail went out.

use zegel_core::message::{Sealed, SealedCopy, SealedGuest, SealedMail};
use zegel_core::{GuestId, MessageId};
use zegel_delivery::smtp::Submission;
use zegel_store::outgoing::{Outgoing, OutgoingGuest, OutgoingMessage};
use zegel_wire::report::{MailOutcome, SendReport};

use super::{Server, submit_all};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::server::Own;
use crate::spool::Spool;

/// Puts the message on the server, then submits mails and links; returns what became of it when only some were sent.
///
/// # Errors
/// When nothing was mailed; then nothing stays on the server either, or the hint says so.
pub(super) fn send(
    server: &Server,
    own: &Own,
    sealed: &mut Sealed<Spool>,
    mails: &[&SealedCopy],
    report: &mut SendReport,
    context: &Context<'_>,
) -> Result<Option<Failure>> {
    // A mail server that is away is found out about before anything lies anywhere.
    Submission::connect_blocking(&server.settings)?.quit();
    let total: u64 = sealed.part_lengths().sum();
    let id = sealed.id();
    let mut progress = context.ui.progress("Uploading", Some(total));
    let created = own.wait(own.member.create(sealed, &mut |done| progress.reach(done)));
    drop(progress);
    if let Err(error) = created {
        // Whether it got there is not always known: what is not there cannot be recalled, and that is fine.
        let failure = Failure::from(error).while_trying("nothing was mailed");
        return Err(take_back(own, id, failure));
    }
    let guests: Vec<SealedGuest> = sealed.guests().to_vec();
    let origin = own.member.server().origin().clone();
    let notices: Vec<SealedMail> = guests.iter().map(|guest| sealed.notice(guest, &origin)).collect();
    let failed = match submit_all(server, sealed, mails, &notices, report) {
        Ok(failed) => failed,
        Err(failure) => return Err(take_back(own, id, failure.while_trying("nothing was mailed"))),
    };
    remember(sealed, &guests, context);
    // The guests whose link did not go out have no use for what lies there.
    let outcomes = report.mails.iter().skip(mails.len()).map(|mail| mail.outcome);
    for (guest, outcome) in guests.iter().zip(outcomes) {
        if matches!(outcome, MailOutcome::Failed | MailOutcome::Skipped) {
            take_back_guest(own, id, guest.guest(), context);
        }
    }
    Ok(failed)
}

/// Recalls a message of which nobody got a link.
fn take_back(own: &Own, id: MessageId, failure: Failure) -> Failure {
    match own.wait(own.member.recall(id)) {
        Ok(()) => failure,
        Err(error) if error.problem() == Some(zegel_wire::server::ProblemKind::NotFound) => failure,
        // It is ciphertext that nobody has a link to, and it goes away at its end.
        Err(_) => failure
            .hint(format!("it may still lie on the server, where nobody can open it: zegel recall {id}")),
    }
}

fn take_back_guest(own: &Own, id: MessageId, guest: GuestId, context: &Context<'_>) {
    if let Err(error) = own.wait(own.member.recall_guest(id, guest)) {
        context.ui.warning(&format!(
            "a guest's link was not sent, and their copy still lies on the server: {}",
            Failure::from(error).sentence()
        ));
    }
}

/// Puts the guests' addresses to their ids, for the log. The mail is out: that this fails is told and no more.
fn remember(sealed: &Sealed<Spool>, guests: &[SealedGuest], context: &Context<'_>) {
    let guests =
        guests.iter().map(|guest| OutgoingGuest { address: guest.address().clone(), guest: guest.guest() });
    let from = sealed.outer().from().address.clone();
    let message = OutgoingMessage::new(sealed.id(), from, context.now(), guests.collect());
    let kept = context.paths().and_then(|paths| Ok(Outgoing::new(paths).remember(&message)?));
    if let Err(failure) = kept {
        context.ui.warning(&format!(
            "the mail was sent, but who its guests are was not remembered: {}",
            failure.sentence()
        ));
    }
}
