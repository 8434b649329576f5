//! `zegel log`

use std::collections::BTreeMap;

use clap::Args;
use zegel_core::identity::Identity;
use zegel_core::receipt::{OpenerId, Receipt};
use zegel_core::{Address, MessageId};
use zegel_store::outgoing::Outgoing;
use zegel_wire::report::{LogGuestView, LogMessageView, LogReport};
use zegel_wire::server::{GuestState, GuestView, MessageState, MessageView};

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::keys;
use crate::server::Own;
use crate::ui::{Page, Tone};

/// Most messages that are fetched; more would be no log but a flood.
const MESSAGES_MAX: usize = 1_000_000;

/// Show what became of the messages on the server
///
/// *Delivered* is what the server says; *opened* is a receipt that only the guest's program could make, verified here with your own keys.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel log")]
pub(crate) struct LogArgs {
    /// Show this message only
    #[arg(value_name = "MESSAGE")]
    message: Option<MessageId>,
    /// Show the messages of this member
    #[arg(long, value_name = "ADDRESS")]
    address: Option<Address>,
}

/// Fetches the log, verifies every receipt, and shows both.
pub(crate) fn run(args: &LogArgs, context: &Context<'_>) -> Result<()> {
    let own = Own::named(args.address.as_ref(), context)?;
    let views = match args.message {
        Some(message) => vec![own.wait(own.member.message(message))?],
        None => fetch(&own)?,
    };
    // Nothing is unlocked for a log without receipts.
    let identity = match views.iter().any(|view| !view.receipts.is_empty()) {
        true => Some(keys::identity(context, &own.address)?),
        false => None,
    };
    let messages: Result<Vec<LogMessageView>> =
        views.iter().map(|view| describe(view, identity.as_ref(), context)).collect();
    let report = LogReport { address: own.address.to_string(), messages: messages? };
    context.ui.report(&report, || {
        let mut page = Page::new();
        for message in &report.messages {
            add_message(&mut page, message);
        }
        if report.messages.is_empty() {
            page.note("There are no messages on the server.", Tone::Note);
        }
        page
    })
}

fn fetch(own: &Own) -> Result<Vec<MessageView>> {
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = own.wait(own.member.messages(after.as_deref()))?;
        let came = page.messages.len();
        all.extend(page.messages);
        match page.next {
            // A server that says "more" and gives nothing, or the same again, would keep us here for ever.
            Some(next) if came > 0 && after.as_ref() != Some(&next) && all.len() < MESSAGES_MAX => {
                after = Some(next);
            }
            _ => return Ok(all),
        }
    }
}

/// Describes a message; receipts count only when they hold.
pub(super) fn describe(
    view: &MessageView,
    identity: Option<&Identity>,
    context: &Context<'_>,
) -> Result<LogMessageView> {
    let id: MessageId = view.message.parse().map_err(|_| {
        Failure::new(zegel_wire::error::Kind::Refused, "the server names a message without an id")
    })?;
    let (opened, false_receipts) = receipts(id, view, identity);
    let known = Outgoing::new(context.paths()?).find(id)?;
    let names: BTreeMap<String, Address> = known
        .into_iter()
        .flat_map(|message| message.guests)
        .map(|guest| (guest.guest.to_string(), guest.address))
        .collect();
    let guest = |guest: &GuestView| LogGuestView {
        guest: guest.guest.clone(),
        address: names.get(&guest.guest).map(ToString::to_string),
        factor: guest.factor,
        state: guest.state,
        tries_left: guest.tries_left,
        delivered_at: guest.delivered_at.clone(),
        opened_at: opened.get(&guest.guest).cloned(),
        wrong_number_at: guest.wrong_number_at.clone(),
    };
    Ok(LogMessageView {
        message_id: view.message.clone(),
        state: view.state,
        created_at: view.created_at.clone(),
        expires_at: view.expires_at.clone(),
        guests: view.guests.iter().map(guest).collect(),
        false_receipts,
    })
}

/// Verifies the receipts of a message: when each guest opened it, first claim first, and how many proved nothing.
fn receipts(
    id: MessageId,
    view: &MessageView,
    identity: Option<&Identity>,
) -> (BTreeMap<String, String>, u64) {
    let (mut opened, mut wrong) = (BTreeMap::new(), 0);
    for text in &view.receipts {
        let receipt = identity.and_then(|own| Receipt::verify(text.as_bytes(), own.key_sets()).ok());
        // The server could put the receipt of one message below another.
        match receipt.filter(|receipt| receipt.id == id) {
            Some(Receipt { opener: OpenerId::Guest(guest), opened_at, .. }) => {
                opened.entry(guest.to_string()).or_insert_with(|| opened_at.to_string());
            }
            Some(_) => {}
            None => wrong += 1,
        }
    }
    (opened, wrong)
}

/// Adds a message to a page.
pub(super) fn add_message(page: &mut Page, message: &LogMessageView) {
    let (word, tone) = match message.state {
        MessageState::Ready => ("Waiting", Tone::Good),
        MessageState::Recalled => ("Recalled", Tone::Warn),
        MessageState::Expired => ("Expired", Tone::Note),
        _ => ("Not whole", Tone::Warn),
    };
    page.toned(word, &message.message_id, tone);
    page.field("Sent", &message.created_at);
    page.field("Until", &message.expires_at);
    for guest in &message.guests {
        let (what, tone) = match (&guest.opened_at, &guest.delivered_at, guest.state) {
            (Some(at), _, _) => (format!("opened {at}"), Tone::Good),
            (None, Some(at), _) => (format!("delivered {at}, no receipt yet"), Tone::Plain),
            (None, None, GuestState::Locked) => ("locked: ten tries are used up".to_owned(), Tone::Bad),
            (None, None, GuestState::Recalled) => ("recalled".to_owned(), Tone::Warn),
            _ => ("not opened yet".to_owned(), Tone::Note),
        };
        let wrong = guest.wrong_number_at.as_deref().map(|at| format!("says it is not their number, {at}"));
        page.row(vec![
            (guest.address.clone().unwrap_or_else(|| guest.guest.clone()), Tone::Plain),
            (what, tone),
            (wrong.unwrap_or_default(), Tone::Bad),
        ]);
    }
    if message.false_receipts > 0 {
        let text = format!("{} that nobody with this message made", message.false_receipts);
        page.toned("False receipts", text, Tone::Bad);
    }
    page.blank();
}
