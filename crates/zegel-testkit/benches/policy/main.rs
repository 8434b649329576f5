//! What `cargo xtask bench policy` measures inside one process; it prints one JSON object, and judges nothing.
//!
//! - `cargo bench -p zegel-testkit --bench policy -- speed`: detectors, drafts and typing; `scan`, `drafts` or `typing` does one of them, for
//!   a profiler.
//! - `… -- score PORTION SEED COUNT FINDS`: Zegel's detectors and somebody else's finds on the same documents.
#![forbid(unsafe_code)]
#![allow(
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement prints, and stops where it goes wrong"
)]

mod detectors;
mod drafts;
mod scores;

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

fn main() {
    // Cargo adds a word of its own.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["scan"] => detectors::measure(),
        ["drafts"] => drafts::measure(),
        ["typing"] => drafts::measure_typing(),
        [] | ["speed"] => json!({
            "scan": detectors::measure(),
            "drafts": drafts::measure(),
            "typing": drafts::measure_typing(),
        }),
        ["score", portion, seed, count, finds] => {
            scores::measure(portion, seed.parse().unwrap(), count.parse().unwrap(), finds)
        }
        _ => panic!("speed, or score PORTION SEED COUNT FINDS, not {words:?}"),
    };
    println!("{result}");
}

/// Times one run by what this thread had of a core: what else the machine did meanwhile is not counted.
fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = clock();
    let result = work();
    (clock().saturating_sub(start), result)
}

fn clock() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap()
}

/// Returns the middle, the ninety-ninth of a hundred and the longest, in microseconds.
fn summary(mut times: Vec<Duration>) -> Value {
    times.sort();
    let at = |share: usize| {
        let index = (times.len() * share / 100).min(times.len().saturating_sub(1));
        times.get(index).map_or(0.0, |time| time.as_secs_f64() * 1e6)
    };
    json!({ "count": times.len(), "p50_us": at(50), "p99_us": at(99), "most_us": at(100) })
}
