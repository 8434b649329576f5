//! The commands, one file each: its arguments, whose comments are the help text, and one function that does it.

pub(crate) mod account;
pub(crate) mod card;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod device;
pub(crate) mod doctor;
pub(crate) mod extend;
pub(crate) mod guest;
pub(crate) mod history;
pub(crate) mod identity;
pub(crate) mod inspect;
pub(crate) mod log;
pub(crate) mod login;
pub(crate) mod man;
pub(crate) mod open;
pub(crate) mod plan;
pub(crate) mod policy;
pub(crate) mod recall;
pub(crate) mod seal;
pub(crate) mod send;
pub(crate) mod sendmail;
pub(crate) mod smoke;

use clap::Subcommand;

use crate::context::Context;
use crate::error::Result;

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make, show, export, import or renew your own keys
    #[command(subcommand)]
    Identity(identity::Command),
    /// Show, export, import, check or forget the public keys of people
    #[command(subcommand)]
    Card(card::Command),
    /// Add, list or test the accounts that mail is sent from
    #[command(subcommand)]
    Account(account::Command),
    /// Import, show or forget whom you wrote to; it stays on this computer, as keyed hashes
    #[command(subcommand)]
    History(history::Command),
    Login(login::LoginArgs),
    /// List, invite or end the devices that your server knows as yours
    #[command(subcommand)]
    Device(device::Command),
    Send(send::SendArgs),
    Log(log::LogArgs),
    Recall(recall::RecallArgs),
    Extend(extend::ExtendArgs),
    /// Correct what a guest of a message must prove, or give them new tries
    #[command(subcommand)]
    Guest(guest::Command),
    Open(open::OpenArgs),
    Plan(plan::PlanArgs),
    Check(check::CheckArgs),
    /// Show, check, test, explain, sign or begin a policy
    #[command(subcommand)]
    Policy(policy::Command),
    Seal(seal::SealArgs),
    Inspect(inspect::InspectArgs),
    Doctor(doctor::DoctorArgs),
    Smoke(smoke::SmokeArgs),
    Sendmail(sendmail::SendmailArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// Does what was asked.
pub(crate) fn run(command: Command, context: &Context<'_>) -> Result<()> {
    match command {
        Command::Identity(command) => identity::run(command, context),
        Command::Card(command) => card::run(command, context),
        Command::Account(command) => account::run(command, context),
        Command::History(command) => history::run(command, context),
        Command::Login(args) => login::run(&args, context),
        Command::Device(command) => device::run(command, context),
        Command::Log(args) => log::run(&args, context),
        Command::Recall(args) => recall::run(&args, context),
        Command::Extend(args) => extend::run(&args, context),
        Command::Guest(command) => guest::run(command, context),
        Command::Send(args) => send::run(&args, context),
        Command::Open(args) => open::run(&args, context),
        Command::Check(args) => check::run(&args, context),
        Command::Policy(command) => policy::run(command, context),
        Command::Plan(args) => plan::run(&args, context),
        Command::Seal(args) => seal::run(&args, context),
        Command::Inspect(args) => inspect::run(&args, context),
        Command::Doctor(args) => doctor::run(&args, context),
        Command::Smoke(args) => smoke::run(&args, context),
        Command::Sendmail(args) => sendmail::run(&args, context),
        Command::Completions(args) => completions::run(&args, context),
        Command::Man(args) => man::run(&args, context),
    }
}
