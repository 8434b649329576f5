//! `zegel extend`

use clap::Args;
use zegel_core::{Address, MessageId};

use super::log::{add_message, describe};
use crate::context::Context;
use crate::error::Result;
use crate::guests::Days;
use crate::server::Own;
use crate::ui::Page;

/// Let guests read a message for longer, or for less long
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel extend aeaqcaibaeaqcaibaeaqcaibae --expires 30d")]
pub(crate) struct ExtendArgs {
    /// Give this message another end
    #[arg(value_name = "MESSAGE")]
    message: MessageId,
    /// End it so many days from now
    #[arg(long, value_name = "DAYS")]
    expires: Days,
    /// The message is of this member
    #[arg(long, value_name = "ADDRESS")]
    address: Option<Address>,
}

/// Gives the message another end.
pub(crate) fn run(args: &ExtendArgs, context: &Context<'_>) -> Result<()> {
    let own = Own::named(args.address.as_ref(), context)?;
    let end = context.now().plus_seconds(u64::from(args.expires.0) * 86_400);
    let mut view = own.wait(own.member.extend(args.message, end))?;
    // Whether receipts hold is asked of `log`, which has the keys.
    view.receipts.clear();
    let report = describe(&view, None, context)?;
    context.ui.outcome(&report, || {
        let mut page = Page::new();
        add_message(&mut page, &report);
        page
    });
    Ok(())
}
