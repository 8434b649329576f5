//! The real program, started as people start it, spoken to over HTTP.
#![allow(
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that goes wrong should stop at the line, and figures go to the test output"
)]

mod attempts;
mod erasure;
mod http;
mod killed;
mod load;
mod members;
mod replies;
mod scanners;
mod walk;
mod world;
mod zero_access;

/// Says whether the counts of the acceptance bars are asked for.
fn is_full() -> bool {
    std::env::var_os("ZEGEL_TEST_FULL").is_some_and(|value| value == "1")
}
