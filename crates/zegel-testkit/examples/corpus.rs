//! Prints documents of the corpus as JSON Lines: `cargo run -p zegel-testkit --example corpus -- PORTION SEED COUNT`.
#![forbid(unsafe_code)]

use std::io;
use std::process::ExitCode;

use zegel_testkit::corpus::{Corpus, Portion, write_json_lines};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((corpus, count)) = read(&arguments) else {
        eprint_usage();
        return ExitCode::from(64);
    };
    match write_json_lines(corpus.documents().take(count), io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(74),
    }
}

fn read(arguments: &[String]) -> Option<(Corpus, usize)> {
    let [portion, seed, count] = arguments else { return None };
    let portion = [Portion::Reported, Portion::Tuned].into_iter().find(|known| known.name() == portion)?;
    Some((Corpus::new(seed.parse().ok()?, portion), count.parse().ok()?))
}

#[expect(clippy::print_stderr, reason = "a program says what it takes")]
fn eprint_usage() {
    eprintln!("usage: corpus tuned|reported SEED COUNT");
}
