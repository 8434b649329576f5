//! `zegel identity`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use zegel_core::Address;

use crate::args::ForceArg;
use crate::context::Context;
use crate::error::Result;

/// What can be done with your own keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    New(NewArgs),
    Show(ShowArgs),
    Export(ExportArgs),
    Import(ImportArgs),
    Rotate(RotateArgs),
}

/// Make keys for an address
///
/// The keys are kept in the system's keyring unless --store says otherwise. `file` seals them with a passphrase, `plain` leaves them
/// readable to this user alone (mode 0600), for servers and scripts.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel identity new --address alice@example.org --name \"Alice Jansen\"")]
pub(crate) struct NewArgs {
    /// Make them for this address
    #[arg(long, value_name = "ADDRESS")]
    address: Address,
    /// Put this name on the card; people see it beside the address
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Keep the private keys here
    #[arg(long, value_enum, default_value_t = Keep::Keyring)]
    store: Keep,
    /// Let the card expire after so many days
    #[arg(long, value_name = "DAYS", default_value_t = 730, value_parser = clap::value_parser!(u64).range(1..=3650))]
    valid_days: u64,
}

/// Where private keys are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Keep {
    /// In the system's keyring
    Keyring,
    /// In a file sealed with a passphrase
    File,
    /// In a file that only this user can read, without a passphrase
    Plain,
}

/// Show the public half of your keys and where the private half is
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel identity show")]
pub(crate) struct ShowArgs {
    /// Show the keys for this address
    #[arg(value_name = "ADDRESS")]
    address: Option<Address>,
}

/// Write your private keys to a file, to keep or to move them
///
/// Whoever has this file can read your mail and sign as you. Formats `age` and `ssh` hold the one key that those tools need.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel identity export -o alice.zegel-identity")]
pub(crate) struct ExportArgs {
    /// Export the keys for this address
    #[arg(value_name = "ADDRESS")]
    address: Option<Address>,
    /// Write it in this form
    #[arg(long, value_enum, default_value_t = Format::Zegel)]
    format: Format,
    /// Write to this new file (mode 0600); `-` is standard output, when that is no terminal
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

/// The form of exported private keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Everything, for `zegel identity import`
    Zegel,
    /// The decryption key, for age and its kin
    Age,
    /// The signing key, for OpenSSH
    Ssh,
}

/// Take in private keys that were exported elsewhere
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel identity import alice.zegel-identity")]
pub(crate) struct ImportArgs {
    /// Read this file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Keep the private keys here
    #[arg(long, value_enum, default_value_t = Keep::Keyring)]
    store: Keep,
    #[command(flatten)]
    force: ForceArg,
}

/// Make new keys for an address and keep the old ones for old mail
///
/// The new card is signed by the old key too, so that people who pinned the old card can follow.
#[derive(Debug, Args)]
#[command(after_help = "Example: zegel identity rotate")]
pub(crate) struct RotateArgs {
    /// Renew the keys for this address
    #[arg(value_name = "ADDRESS")]
    address: Option<Address>,
    /// Let the new card expire after so many days
    #[arg(long, value_name = "DAYS", default_value_t = 730, value_parser = clap::value_parser!(u64).range(1..=3650))]
    valid_days: u64,
}

/// Does what was asked.
pub(crate) fn run(command: Command, context: &Context<'_>) -> Result<()> {
    let _ = (command, context);
    Err(crate::error::Failure::new(zegel_wire::error::Kind::Bug, "not built yet"))
}
