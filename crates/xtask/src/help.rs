//! Help texts.

use crate::fail::Failure;
use crate::ui;

/// Name, one line, and the full text of each command.
const COMMANDS: &[(&str, &str, &str)] = &[
    (
        "bench",
        "Measure time and memory beside rage, age and gpg, or the rules beside Presidio",
        "\
Usage: cargo xtask bench [--json] [--quick] [--dir DIR]
       cargo xtask bench policy [--json] [--alone]

Measures start-up, sealing and opening of a 27 kB mail, a 1 MiB and a 1 GiB file, and sealing to 1, 20 and 200
recipients. All tools take turns in one run; the table shows medians, ratios to zegel's, and the peak memory of the process.
Installs Debian's age, gnupg and time when they are missing, and builds rage when it is not on the path.

  --json      one JSON object in place of the table
  --quick     leave the 1 GiB file out
  --dir DIR   work there; default is /dev/shm, so that the disk is not what is measured (needs 6 GiB)

`policy` measures the detectors over the generated letters, drafts of 20 kB under every policy that comes with the product, typing,
and large attachments through the sandboxed child; then it runs Microsoft Presidio over the same letters and scores both alike.
Presidio goes into a Python environment of its own below the target folder (needs python3 with venv, and a package index).

  --alone     leave Presidio out

Example: cargo xtask bench > docs/benchmarks.md",
    ),
    (
        "check",
        "Check formatting, lints, documentation, dependencies, licences and the rules of the house",
        "\
Usage: cargo xtask check

Runs every check that needs no test run: rustfmt; clippy with default and with all features; the documentation with
private items; the wasm build of the core; cargo-deny (bans, licences, sources; advisories where the database can be
reached); banned crates in the lock files; what the server may link; file lengths, lint settings and `unsafe`; and that the
run left the work tree as it was. All checks run even when one fails; the summary names every one.

cargo-deny is installed with `cargo install` when it is missing.

Example: cargo xtask check",
    ),
    (
        "demo",
        "Show a sealed message on its way, with no server and no set-up",
        "\
Usage: cargo xtask demo [--svg FILE] [MAIL]

Builds `zegel`, makes two people with keys of their own, starts the capture server on this machine, and has one send the other a sealed
letter with an attachment. Shows the conversation with the server, the mail as the wire saw it, what the recipient reads, and three refusals.
Nothing leaves the machine. Everything is kept in `target/demo` until the next run.

  MAIL         send this mail (`.eml`) in place of the letter; its people get keys for the occasion
  --svg FILE   draw the terminal as a picture too

Example: cargo xtask demo letter.eml",
    ),
    (
        "dist",
        "Make a tarball and a .deb that come out the same everywhere",
        "\
Usage: cargo xtask dist [--verify]

Builds `zegel` and puts it, its manual pages, completions, licence and the notices of all libraries into
`dist/zegel-VERSION-ARCH-linux.tar.gz` and `dist/zegel_VERSION_ARCH.deb`, with `dist/SHA256SUMS`. The only time in them is that of the
commit (or SOURCE_DATE_EPOCH), and no path of this machine.

  --verify   build the last commit twice, in two folders, and compare the packages byte by byte

Example: cargo xtask dist --verify",
    ),
    (
        "test",
        "Install what is missing, then check, build and test everything",
        "\
Usage: cargo xtask test [--full]

1. Installs the Debian packages, cargo tools and npm packages that the tests need and that are missing, and says so
   (as root with apt-get, else with `sudo -n`, else it prints the command and stops).
2. `cargo xtask check`.
3. Builds `zegel`, runs `cargo test --workspace`, the round trip of the wasm build under Node, and the fuzz corpus.

  --full   the big counts of the acceptance bars (sets ZEGEL_TEST_FULL=1): 1,000 messages through Postfix, 10,000
           truncations and 10,000 bit flips

CARGO_TARGET_DIR is respected. Nothing is read from standard input.

Example: cargo xtask test --full",
    ),
    (
        "wasm",
        "Build zegel-core for wasm32-unknown-unknown and run its round trip under Node",
        "\
Usage: cargo xtask wasm [--build-only]

Builds `tests/wasm` (a thin C interface around zegel-core) and runs `tests/wasm/run.mjs` under Node with the same vectors as
the Rust tests. Uses the rustup target wasm32-unknown-unknown where it is installed, else Debian's rustc-web, cargo-web,
rust-web-src and lld-19.

  --build-only   stop after the build

Example: cargo xtask wasm",
    ),
];

/// Writes the list of commands to standard output.
#[expect(clippy::unnecessary_wraps, reason = "the commands of the table all have this shape")]
pub(crate) fn overview() -> Result<(), Failure> {
    ui::result("The project's own commands\n\nUsage: cargo xtask COMMAND [OPTIONS]\n");
    for (name, summary, _) in COMMANDS {
        ui::result(&format!("  {name:<8}{summary}"));
    }
    ui::result("\n`cargo xtask help COMMAND` says more about one.");
    Ok(())
}

/// Writes the help of one command to standard output.
///
/// # Errors
/// When there is no such command.
pub(crate) fn of(command: &str) -> Result<(), Failure> {
    match COMMANDS.iter().find(|(name, _, _)| *name == command) {
        Some((_, summary, text)) => {
            ui::result(&format!("{summary}\n\n{text}"));
            Ok(())
        }
        None if ["help", "--help", "-h"].contains(&command) => overview(),
        None => Err(Failure::usage(format!("there is no command {command:?}"))),
    }
}
