//! `zegel`: seal, send and open end-to-end encrypted mail.
//!
//! The program is thin: it reads arguments, files and the clock, calls the libraries, and prints. [`ui`] is the only
//! module that prints, [`context`] the only one that reads the clock and the environment, [`error`] the only one that
//! knows exit codes. Each command is one file under `commands/`.
#![forbid(unsafe_code)]

mod args;
mod commands;
mod context;
mod delivering;
mod draft;
mod error;
mod guests;
mod harden;
mod input;
mod inspecting;
mod json;
mod judging;
mod keys;
mod mailer;
mod opening;
mod outputs;
mod scanning;
mod sealing;
mod secrets;
mod server;
mod signals;
mod spool;
mod text;
mod ui;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use zegel_inspect::worker;
use zegel_wire::error::Kind;

use crate::args::Cli;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::ui::Ui;

fn main() -> ExitCode {
    // Before any secret is in memory.
    harden::process();
    if std::env::args_os().nth(1).is_some_and(|word| word == worker::COMMAND) {
        return read_attachments();
    }
    Ui::catch_panics();
    signals::clean_up();
    let words = commands::sendmail::as_words(std::env::args_os().collect());
    match Cli::try_parse_from(&words) {
        Ok(cli) => {
            let ui = Ui::new(&cli.globals);
            end(&ui, run(cli, &ui))
        }
        Err(error) => end_of_parsing(&error, &words),
    }
}

/// Is the child that takes attachments apart: no command for people, and so neither in the help nor in the manual.
///
/// It speaks to its parent over pipes only; whatever goes wrong here is "not examined" there.
fn read_attachments() -> ExitCode {
    match worker::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(Kind::Io.exit().code()),
    }
}

fn run(cli: Cli, ui: &Ui) -> Result<()> {
    let context = Context::new(ui, cli.globals)?;
    commands::run(cli.command, &context)
}

fn end(ui: &Ui, outcome: Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            ui.failure(&failure);
            ExitCode::from(failure.exit().code())
        }
    }
}

/// Ends after help, version or a wrong command line.
fn end_of_parsing(error: &clap::Error, words: &[OsString]) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // A closed pipe (`zegel --help | head -1`) is not worth a word.
        return error.print().map_or(ExitCode::from(Kind::Io.exit().code()), |()| ExitCode::SUCCESS);
    }
    let ui = Ui::for_words(words);
    let failure = Failure::usage_of(error);
    if ui.is_json() {
        ui.failure(&failure);
    } else {
        // Clap's own text shows the usage line too; when standard error is closed, the code still tells.
        let _ = error.print();
    }
    ExitCode::from(failure.exit().code())
}
