//! `zegel recall`

use clap::Args;
use zegel_core::{Address, MessageId};
use zegel_wire::report::RecallReport;

use super::guest::find_guest;
use crate::context::Context;
use crate::error::Result;
use crate::server::Own;
use crate::ui::{Page, Tone};

/// Take a message back from the guests who have not fetched it yet
///
/// When this has answered, the server hands out nothing of it any more. What somebody has read already they have read.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel recall aeaqcaibaeaqcaibaeaqcaibae --guest carol@example.com")]
pub(crate) struct RecallArgs {
    /// Take back this message; its id stands in the report of `send` and in `log`
    #[arg(value_name = "MESSAGE")]
    message: MessageId,
    /// Take it back from this guest only, named by address or id
    #[arg(long, value_name = "GUEST")]
    guest: Option<String>,
    /// Take back a message of this member
    #[arg(long, value_name = "ADDRESS")]
    address: Option<Address>,
}

/// Recalls.
pub(crate) fn run(args: &RecallArgs, context: &Context<'_>) -> Result<()> {
    let own = Own::named(args.address.as_ref(), context)?;
    let guest = args.guest.as_deref().map(|named| find_guest(args.message, named, context)).transpose()?;
    match guest {
        Some(guest) => own.wait(own.member.recall_guest(args.message, guest))?,
        None => own.wait(own.member.recall(args.message))?,
    }
    let report =
        RecallReport { message_id: args.message.to_string(), guest: guest.map(|guest| guest.to_string()) };
    context.ui.outcome(&report, || {
        let mut page = Page::new();
        page.heading("Taken back: the server hands out nothing of it any more", Tone::Good);
        page.field("Message", &report.message_id);
        page.maybe("Guest", report.guest.as_deref());
        page
    });
    Ok(())
}
