//! What the exit code says after something was done that cannot be undone, and what is left when something breaks late.

mod identities;
mod memory;
mod names;
mod opening;
mod sending;

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::process::{Command, Stdio};

use crate::e2e::world::{Ran, World};

/// A standard output that breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    /// Closed before the program starts; the standard library makes `/dev/null` of it.
    Closed,
    /// Every write fails: the disk is full.
    Full,
    /// Nobody reads the pipe any more.
    Pipe,
}

/// Runs the program for somebody with a broken standard output.
fn run_with(broken: Broken, world: &World, who: &str, arguments: &[&str], input: &[u8]) -> Ran {
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let mut command = world.command(who, &arguments);
    match broken {
        Broken::Closed => {
            let program = command;
            command = Command::new("/bin/sh");
            command
                .args(["-c", "exec \"$0\" \"$@\" >&-"])
                .arg(program.get_program())
                .args(program.get_args())
                .env_clear()
                .envs(world.environment(who))
                .current_dir(world.join("work"));
        }
        Broken::Full => {
            command.stdout(OpenOptions::new().write(true).open("/dev/full").unwrap());
        }
        Broken::Pipe => {
            let (reader, writer) = io::pipe().unwrap();
            drop(reader);
            command.stdout(writer);
        }
    }
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program may end without reading its input.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: output.stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
