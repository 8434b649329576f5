//! `zegel-server`: keeps sealed messages and half-keys for people who have no key of their own yet.
//!
//! One process, one folder. It links no encryption of messages: what it stores opens nothing, and `cargo xtask check` holds
//! it to that. [`http`] is the API, [`db`] the rows, [`blobs`] the files; [`state`] joins them.
#![forbid(unsafe_code)]

mod address;
mod blobs;
mod cli;
mod clock;
mod config;
mod db;
mod erase;
mod fail;
mod fsck;
mod http;
mod journal;
mod keys;
mod limits;
mod problem;
mod sessions;
mod sms;
mod state;
mod text;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
