//! `zegel guest`

use clap::{Args, Subcommand};
use zegel_core::policy::PhoneNumber;
use zegel_core::{Address, GuestId, MessageId};
use zegel_store::outgoing::Outgoing;
use zegel_wire::error::Kind;
use zegel_wire::report::LogGuestView;
use zegel_wire::server::{ChangeFactorRequest, FactorKind, FactorRequest, GuestView, SecretText};

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::server::Own;
use crate::ui::{Page, Tone};

/// What can be changed for one guest of a message.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    SetPhone(SetPhoneArgs),
    Unlock(UnlockArgs),
}

/// Which guest of which message.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// The message, by its id in the report of `send` and in `log`
    #[arg(value_name = "MESSAGE")]
    message: MessageId,
    /// The guest, by address or id
    #[arg(value_name = "GUEST")]
    guest: String,
    /// The message is of this member
    #[arg(long, value_name = "ADDRESS")]
    address: Option<Address>,
}

/// Correct the phone number that a guest's code goes to, before they open the message
#[derive(Debug, Args)]
#[command(
    after_help = "Example: zegel guest set-phone aeaqcaibaeaqcaibaeaqcaibae carol@example.com --number \"+31 6 0000 0001\""
)]
pub(crate) struct SetPhoneArgs {
    #[command(flatten)]
    which: Which,
    /// Send codes to this number
    #[arg(long, value_name = "NUMBER")]
    number: PhoneNumber,
}

/// Give a guest who used up their tries ten new ones
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel guest unlock aeaqcaibaeaqcaibaeaqcaibae carol@example.com")]
pub(crate) struct UnlockArgs {
    #[command(flatten)]
    which: Which,
}

/// Does what was asked for a guest.
pub(crate) fn run(command: Command, context: &Context<'_>) -> Result<()> {
    match command {
        Command::SetPhone(args) => set_phone(&args, context),
        Command::Unlock(args) => unlock(&args, context),
    }
}

fn set_phone(args: &SetPhoneArgs, context: &Context<'_>) -> Result<()> {
    let own = Own::named(args.which.address.as_ref(), context)?;
    let message = args.which.message;
    let guest = find_guest(message, &args.which.guest, context)?;
    let before = own.wait(own.member.message(message))?;
    let factor = before.guests.iter().find(|view| view.guest == guest.to_string()).map(|view| view.factor);
    // An access code is part of the key: taking it away needs an envelope without it.
    if factor == Some(FactorKind::Code) {
        return Err(Failure::new(Kind::Refused, "this guest has an access code, which is part of the key")
            .hint("recall the message for this guest and send it to them again with --sms"));
    }
    // EXPOSE: the server has to send to the number.
    let number = SecretText::new(args.number.expose());
    let request = ChangeFactorRequest { factor: FactorRequest::Sms { number }, envelope: None, share: None };
    let view = own.wait(own.member.change_factor(message, guest, &request))?;
    tell("The code goes to the new number", &args.which, &view, context);
    Ok(())
}

fn unlock(args: &UnlockArgs, context: &Context<'_>) -> Result<()> {
    let own = Own::named(args.which.address.as_ref(), context)?;
    let guest = find_guest(args.which.message, &args.which.guest, context)?;
    let view = own.wait(own.member.unlock(args.which.message, guest))?;
    tell("The guest can try again", &args.which, &view, context);
    Ok(())
}

/// Finds the id of a guest that is named by address or id.
///
/// # Errors
/// Code 66 when this computer does not know who the message went to, or the address was none of its guests.
pub(super) fn find_guest(message: MessageId, named: &str, context: &Context<'_>) -> Result<GuestId> {
    if let Ok(guest) = named.parse() {
        return Ok(guest);
    }
    let address: Address = named
        .parse()
        .map_err(|_| Failure::usage(format!("{named:?} is neither an address nor the id of a guest")))?;
    let known = Outgoing::new(context.paths()?).find(message)?.ok_or_else(|| {
        Failure::new(Kind::NoInput, "this message was not sent to guests from this computer")
            .hint("name the guest by the id that `zegel log` shows")
    })?;
    let guest = known.guests.into_iter().find(|guest| guest.address == address);
    guest.map(|guest| guest.guest).ok_or_else(|| {
        Failure::new(Kind::NoInput, format!("{address} is no guest of this message")).hint("see: zegel log")
    })
}

fn tell(heading: &str, which: &Which, view: &GuestView, context: &Context<'_>) {
    let report = LogGuestView {
        guest: view.guest.clone(),
        address: which.guest.parse::<Address>().ok().map(|address| address.to_string()),
        factor: view.factor,
        state: view.state,
        tries_left: view.tries_left,
        delivered_at: view.delivered_at.clone(),
        opened_at: None,
        wrong_number_at: view.wrong_number_at.clone(),
    };
    context.ui.outcome(&report, || {
        let mut page = Page::new();
        page.heading(heading, Tone::Good);
        page.field("Guest", report.address.as_deref().unwrap_or(&report.guest));
        page.field("Tries left", report.tries_left.to_string());
        page
    });
}
