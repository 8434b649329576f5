//! The project's own commands. `cargo xtask help` lists them; each lives in a module of its own.
#![forbid(unsafe_code)]

mod bench;
mod check;
mod demo;
mod dist;
#[cfg(test)]
mod documents;
mod fail;
mod help;
mod rules;
mod shell;
mod steps;
mod test;
mod tools;
mod ui;
mod wasm;
mod web;

use std::process::ExitCode;

use fail::Failure;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print();
            ExitCode::from(failure.code())
        }
    }
}

/// Runs the command named by the first argument.
fn run(arguments: &[String]) -> Result<(), Failure> {
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", arguments),
    };
    if rest.iter().any(|argument| argument == "--help" || argument == "-h") {
        return help::of(command);
    }
    match command {
        "bench" => bench::run(rest),
        "demo" => demo::run(rest),
        "dist" => dist::run(rest),
        "check" => check::run(rest),
        "test" => test::run(rest),
        "wasm" => wasm::run(rest),
        "help" | "--help" | "-h" => match rest.first() {
            Some(about) => help::of(about),
            None => help::overview(),
        },
        other => Err(Failure::usage(format!("there is no command {other:?}"))),
    }
}
