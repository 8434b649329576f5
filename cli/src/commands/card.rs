//! `zegel card`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use zegel_core::Address;

use crate::args::ForceArg;
use crate::context::Context;
use crate::error::Result;

/// What can be done with cards.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Show(ShowArgs),
    List(ListArgs),
    Export(ExportArgs),
    Import(ImportArgs),
    Verify(VerifyArgs),
    Forget(ForgetArgs),
}

/// Show a card: your own, or the one pinned for an address
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel card show bob@example.org")]
pub(crate) struct ShowArgs {
    /// Show the card of this address
    #[arg(value_name = "ADDRESS")]
    address: Option<Address>,
}

/// List the cards that are pinned
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel card list")]
pub(crate) struct ListArgs {}

/// Write a card as text, to hand it to somebody: your own, or the one pinned for an address
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel card export -o alice.card")]
pub(crate) struct ExportArgs {
    /// Write the card of this address
    #[arg(value_name = "ADDRESS")]
    address: Option<Address>,
    /// Write to this file; `-` or nothing is standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    force: ForceArg,
}

/// Pin somebody's card, after comparing its fingerprint
///
/// A card proves that its owner has its keys, never that the address is theirs. So compare the fingerprint over
/// another channel: on the phone, on paper. On a terminal the fingerprint is shown and confirmed by typing `yes`; a
/// script names it with --fingerprint, or says with --trust-file that the file itself came over a channel that proves it.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel card import bob.card --fingerprint abcd-efgh-ijkl-mnop-qrst-uvwx")]
pub(crate) struct ImportArgs {
    /// Read the card from this file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Accept only a card with this fingerprint (at least its first 24 characters)
    #[arg(long, value_name = "FINGERPRINT")]
    fingerprint: Option<String>,
    /// Accept the card without comparing, because this file comes from a trusted place
    #[arg(long, conflicts_with = "fingerprint")]
    trust_file: bool,
    /// Replace the card that is pinned for the address by another one
    #[arg(long)]
    replace: bool,
}

/// Compare a pinned card with the fingerprint its owner tells you
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel card verify bob@example.org --fingerprint abcd-efgh-ijkl-mnop-qrst-uvwx")]
pub(crate) struct VerifyArgs {
    /// Compare the card of this address
    #[arg(value_name = "ADDRESS")]
    address: Address,
    /// Compare with this fingerprint (at least its first 24 characters)
    #[arg(long, value_name = "FINGERPRINT")]
    fingerprint: Option<String>,
}

/// Unpin the card of an address; nothing can be sealed to it afterwards
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel card forget bob@example.org")]
pub(crate) struct ForgetArgs {
    /// Forget the card of this address
    #[arg(value_name = "ADDRESS")]
    address: Address,
}

/// Does what was asked.
pub(crate) fn run(command: Command, context: &Context<'_>) -> Result<()> {
    let _ = (command, context);
    Err(crate::error::Failure::new(zegel_wire::error::Kind::Bug, "not built yet"))
}
