//! The integration tests of Zegel: one binary, one module for each subject.
#![allow(
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that goes wrong should stop at the line, and tables go to the test output"
)]

mod attack;
mod e2e;
mod inspect;
mod interop;
mod modules;
mod outcomes;
mod policy;
mod transcripts;
mod vectors;
