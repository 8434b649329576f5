//! `zegel plan`

use clap::Args;
use zegel_core::policy::{Role, Route};
use zegel_wire::report::{PlanView, RouteKind};

use crate::args::{AcceptArgs, ClassicArg, MessageArgs};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::guests::GuestArgs;
use crate::judging;
use crate::sealing::{Planning, add_archive, add_recipients};
use crate::text;
use crate::ui::{Page, Tone};

/// Show how a mail would travel to every recipient, before anything happens
///
/// Ends with code 67 when a recipient cannot be reached.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel plan mail.eml")]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    message: MessageArgs,
    #[command(flatten)]
    accept: AcceptArgs,
    #[command(flatten)]
    classic: ClassicArg,
    #[command(flatten)]
    guests: GuestArgs,
}

/// Shows the routes, and then ends as sending would.
pub(crate) fn run(args: &PlanArgs, context: &Context<'_>) -> Result<()> {
    let planning = Planning::make(&args.message, args.classic.classic(), context)?;
    let offers = args.guests.offers(planning.draft(), context)?;
    let planning = planning.offer_guests(offers.as_ref());
    let mut view = PlanView {
        from: planning.draft().from().address.to_string(),
        subject: planning.draft().subject().to_owned(),
        recipients: planning.recipients(),
        post_quantum: None,
        sendable: false,
        mails: mails(&planning),
        refusal: None,
        archive: None,
        check: None,
    };
    let accepted = args.accept.acceptances()?;
    view.check = planning.check(&accepted, context)?;
    let verdict = planning.clear(&accepted, context);
    match &verdict {
        Ok(judged) => {
            view.sendable = true;
            view.post_quantum = Some(judged.is_post_quantum());
            view.archive = judged.archive();
        }
        Err(failure) => view.refusal = Some(failure.view()),
    }
    context.ui.report(&view, || page(&view, context))?;
    verdict.map(drop).map_err(Failure::already_reported)
}

/// Counts the mails: one for everybody in To and Cc, one for each blind copy, and one with the link for each guest.
fn mails(planning: &Planning) -> u64 {
    let all = planning.plan().recipients();
    let guests = planning.plan().guests().count();
    let by_mail = all.iter().filter(|planned| !matches!(planned.route, Route::Guest(_)));
    let blind = by_mail.clone().filter(|planned| planned.role == Role::Bcc).count();
    let visible = by_mail.count() > blind;
    (blind + guests + usize::from(visible)) as u64
}

fn page(view: &PlanView, context: &Context<'_>) -> Page {
    let mut page = Page::new();
    if view.sendable {
        page.heading("This mail can be sent", Tone::Good);
    } else {
        page.heading("This mail would not be sent to anybody", Tone::Bad);
    }
    page.field("From", &view.from);
    page.field("Subject", &view.subject);
    page.blank();
    add_recipients(&mut page, &view.recipients);
    add_archive(&mut page, view.archive.as_deref());
    if let Some(check) = view.check.as_ref().filter(|check| !check.findings.is_empty()) {
        page.blank();
        judging::add_findings(&mut page, check, context.language());
    }
    if view.sendable {
        page.blank();
        page.field("Mails", text::count(usize::try_from(view.mails).unwrap_or(usize::MAX), "mail"));
        let guests = view.recipients.iter().filter(|recipient| recipient.route == RouteKind::Guest).count();
        if guests == 0 {
            page.field("Recall", "not possible: everything travels in the mail itself");
            page.field("Receipts", "none: there is no server to collect them");
        } else {
            let whom = if guests == view.recipients.len() { "everybody" } else { "the guests only" };
            page.field("Recall", format!("for {whom}: zegel recall"));
            page.field("Receipts", format!("of {whom}: zegel log"));
        }
        if view.post_quantum == Some(false) {
            page.toned(
                "Encryption",
                "classic for everyone, because one recipient has a classic key",
                Tone::Warn,
            );
        }
    }
    page
}
