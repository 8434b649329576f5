//! `zegel device`

use clap::{Args, Subcommand};
use zegel_core::Address;
use zegel_wire::report::{DeviceListView, DeviceRevokedView};
use zegel_wire::server::InvitationView;

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::server::{Own, devices};
use crate::text;
use crate::ui::{Page, Tone};

/// What can be done with devices.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    List(ListArgs),
    Invite(InviteArgs),
    Revoke(RevokeArgs),
}

/// List the computers and phones that your server knows as yours
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel device list")]
pub(crate) struct ListArgs {
    /// List those of this member
    #[arg(long, value_name = "ADDRESS")]
    address: Option<Address>,
}

/// Make an invitation for your next device
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel device invite")]
pub(crate) struct InviteArgs {
    /// Invite a device of this member
    #[arg(long, value_name = "ADDRESS")]
    address: Option<Address>,
}

/// End a device: its token counts no more
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel device revoke aeaqcaibaeaqcaibaeaqcaibae")]
pub(crate) struct RevokeArgs {
    /// End this device, named by its id in the list
    #[arg(value_name = "DEVICE")]
    device: String,
    /// End a device of this member
    #[arg(long, value_name = "ADDRESS")]
    address: Option<Address>,
}

/// Does what was asked of devices.
pub(crate) fn run(command: Command, context: &Context<'_>) -> Result<()> {
    match command {
        Command::List(args) => list(&args, context),
        Command::Invite(args) => invite(&args, context),
        Command::Revoke(args) => revoke(&args, context),
    }
}

fn list(args: &ListArgs, context: &Context<'_>) -> Result<()> {
    let own = Own::named(args.address.as_ref(), context)?;
    let me = own.wait(own.member.me())?;
    let view = DeviceListView {
        address: me.address,
        server: own.member.server().origin().to_string(),
        used: me.used,
        quota: me.quota,
        devices: me.devices,
    };
    context.ui.report(&view, || {
        let mut page = Page::new();
        page.field("Member", &view.address);
        page.field("Server", &view.server);
        page.field("In use", format!("{} of {}", text::size(view.used), text::size(view.quota)));
        page.blank();
        for device in &view.devices {
            let seen = device.seen_on.as_deref().map(|day| format!("seen {day}")).unwrap_or_default();
            let this = if device.this { "this one" } else { "" };
            page.row(vec![
                (device.device.clone(), Tone::Plain),
                (device.name.clone(), Tone::Plain),
                (seen, Tone::Note),
                (this.to_owned(), Tone::Good),
            ]);
        }
        page
    })
}

fn invite(args: &InviteArgs, context: &Context<'_>) -> Result<()> {
    let own = Own::named(args.address.as_ref(), context)?;
    let view: InvitationView = own.wait(own.member.invite_device())?;
    context.ui.report(&view, || {
        let mut page = Page::new();
        // EXPOSE: it is made to be carried to the other device by the person who asked.
        page.field("Invitation", view.invitation.expose());
        page.field("Ends", &view.expires_at);
        page
    })
}

fn revoke(args: &RevokeArgs, context: &Context<'_>) -> Result<()> {
    let own = Own::named(args.address.as_ref(), context)?;
    let store = devices(context)?;
    let this = store.load(&own.address)?.is_some_and(|device| device.device == args.device);
    if args.device.parse::<zegel_core::GuestId>().is_err() {
        return Err(Failure::usage(format!("{:?} is no id of a device", args.device))
            .hint("see the ids: zegel device list"));
    }
    own.wait(own.member.revoke_device(&args.device))?;
    if this {
        store.forget(&own.address)?;
    }
    let view = DeviceRevokedView { device: args.device.clone(), this };
    context.ui.outcome(&view, || {
        let mut page = Page::new();
        page.heading("The device counts no more", Tone::Good);
        page.field("Device", &view.device);
        page
    });
    Ok(())
}
