//! What becomes of the program when it is asked to end: Ctrl-C, `kill`, a terminal that goes away.

use std::io;
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use zegel_store::staging::abandon_unfinished;

/// Ends the program with 128 and the number of the signal, as a shell counts, and leaves no unfinished file.
///
/// Without this a signal ends the process at once, and where a file cannot be written without a name, what was written
/// of it (plaintext of a message not yet verified, when opening) would stay. A signal that was ignored when the program
/// began, by `nohup` or for a job in the background, stays ignored.
pub(crate) fn clean_up() {
    let ignored = ignored_from_start();
    let wanted = [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| !ignored(*signal));
    // Where signals cannot be had, they end the process as they always did.
    let Ok(mut signals) = Signals::new(wanted) else { return };
    let _ = thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            abandon_unfinished();
            std::process::exit(128 + signal);
        }
    });
}

/// Reads which signals are ignored (Linux; elsewhere none is known to be).
fn ignored_from_start() -> impl Fn(i32) -> bool {
    let mask = status().ok().and_then(|status| {
        let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
        u64::from_str_radix(line.trim(), 16).ok()
    });
    move |signal| mask.unwrap_or(0) >> (signal - 1) & 1 == 1
}

fn status() -> io::Result<String> {
    std::fs::read_to_string("/proc/self/status")
}
