//! What becomes of the program when it is asked to end: Ctrl-C, `kill`, a terminal that goes away.

use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Once};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU, SIGXFSZ};
use signal_hook::flag;
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// The signals that are heeded; every other one ends the process as it always did.
const HEEDED: [i32; 5] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU];

/// Lets a signal end the program as it would have, but leaves no unfinished file.
///
/// Without this a signal ends the process at once, and where a file cannot be written without a name, what was written
/// of it (plaintext of a message not yet verified, when opening) would stay. Until there is such a file nothing listens:
/// most runs write none, and a thread costs a small mail a twentieth of its time.
pub(crate) fn clean_up() {
    // A file beyond the limit of the process: the write fails, and that ends the program like a full disk.
    let _ = flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
    zegel_store::staging::before_naming(listen);
    zegel_delivery::sinks::before_laying_aside(listen);
}

/// Begins to listen, once.
///
/// The process still dies *of* the signal: a shell that runs a loop of sends stops its loop only when it sees that (an
/// exit code of 130 does not stop it). A signal that was ignored when the program began, by `nohup` or for a job in the
/// background, stays ignored.
fn listen() {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| {
        let ignored = ignored_from_start();
        let wanted = HEEDED.into_iter().filter(|signal| !ignored(*signal));
        // Where signals cannot be had, they end the process as they always did.
        let Ok(mut signals) = Signals::new(wanted) else { return };
        let _ = thread::Builder::new().name("signals".to_owned()).spawn(move || {
            if let Some(signal) = signals.forever().next() {
                end(signal);
            }
        });
    });
}

/// Removes what is not finished, in the store and in Maildirs.
pub(crate) fn abandon_unfinished() {
    zegel_store::staging::abandon_unfinished();
    zegel_delivery::sinks::abandon_unfinished();
}

fn end(signal: i32) -> ! {
    abandon_unfinished();
    let _ = emulate_default_handler(signal);
    // Only for a signal that the library does not know.
    std::process::exit(128 + signal)
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
