//! The command line: what every command shares. The arguments of a command live with the command.

mod message;

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser};
use zegel_core::policy::{Acceptances, Classic};
use zegel_store::staging::Overwrite;

use crate::commands::Command;
use crate::error::{Failure, Result};

pub(crate) use message::{MessageArgs, Recipient};

/// Seal, send and open end-to-end encrypted mail
///
/// Every recipient is sealed to, or nothing is sent: zegel has no way to send in the clear by accident.
#[derive(Debug, Parser)]
#[command(
    name = "zegel",
    version,
    disable_help_subcommand = false,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Example: zegel send --to bob@example.org --subject Report --body-file report.txt --attach report.pdf\n\n\
                  First steps: zegel identity new, then zegel account add, then zegel doctor"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Globals {
    /// Print one JSON object on standard output, and events on standard error
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print no status and no warnings; exit codes stay the same
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Use this account [env: ZEGEL_ACCOUNT]
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) account: Option<String>,
    /// Use the identity in this file, in place of the stored one [env: ZEGEL_IDENTITY_FILE]
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) identity: Option<PathBuf>,
    /// Read the passphrase of the identity from the first line of this file [env: ZEGEL_PASSPHRASE_FILE]
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) passphrase_file: Option<PathBuf>,
}

/// Says whether an existing file may be replaced.
#[derive(Debug, Clone, Args)]
pub(crate) struct ForceArg {
    /// Replace files that exist
    #[arg(long, action = ArgAction::SetTrue)]
    pub(crate) force: bool,
}

impl ForceArg {
    /// Returns the same for the store.
    pub(crate) fn overwrite(&self) -> Overwrite {
        if self.force { Overwrite::Allow } else { Overwrite::Forbid }
    }
}

/// Findings of the policy that the sender accepts.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct AcceptArgs {
    /// Send although this rule warns; RULE=REASON where the rule asks for a reason; can be repeated
    #[arg(long, value_name = "RULE")]
    pub(crate) accept: Vec<String>,
}

impl AcceptArgs {
    /// Returns the same for the policy.
    ///
    /// # Errors
    /// Code 64 for an empty name, and for one that stands twice.
    pub(crate) fn acceptances(&self) -> Result<Acceptances> {
        let mut all = Acceptances::new();
        for text in &self.accept {
            let (rule, reason) = match text.split_once('=') {
                Some((rule, reason)) => (rule, Some(reason.trim().to_owned())),
                None => (text.as_str(), None),
            };
            if rule.is_empty() || all.insert(rule.to_owned(), reason).is_some() {
                return Err(Failure::usage(format!(
                    "--accept {text:?} names no rule, or one for the second time"
                )));
            }
        }
        Ok(all)
    }
}

/// Says whether a recipient with a classic key is sealed to.
#[derive(Debug, Clone, Args)]
pub(crate) struct ClassicArg {
    /// Accept recipients whose keys are not post-quantum; the message is then marked as classic for everyone
    #[arg(long, action = ArgAction::SetTrue)]
    pub(crate) allow_classic: bool,
}

impl ClassicArg {
    /// Returns the same for the policy.
    pub(crate) fn classic(&self) -> Classic {
        if self.allow_classic { Classic::Allow } else { Classic::Refuse }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_is_imperative_without_full_stop_and_has_an_example() {
        fn check(command: &clap::Command) {
            if command.get_name() == "help" {
                return;
            }
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(!about.is_empty() && !about.ends_with('.'), "{}: {about:?}", command.get_name());
            if command.get_subcommands().next().is_none() {
                let example = command.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(example.starts_with("Example: "), "{} has no example", command.get_name());
            }
            for argument in command.get_arguments() {
                let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(
                    !help.is_empty() && !help.ends_with('.'),
                    "{} {}",
                    command.get_name(),
                    argument.get_id()
                );
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }
}
