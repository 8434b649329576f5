//! The only place that writes to the terminal: results to standard output, everything else to standard error.

use std::io::{IsTerminal, Write};

/// Writes a result line to standard output.
pub(crate) fn result(line: &str) {
    // A reader that went away (`| head`) is no fault of this run.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Writes a line about the progress of this run to standard error.
pub(crate) fn note(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Writes the heading of a step to standard error, bold on a terminal.
pub(crate) fn heading(line: &str) {
    let terminal = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    if terminal {
        note(&format!("\n\x1b[1m=== {line}\x1b[0m"));
    } else {
        note(&format!("\n=== {line}"));
    }
}
