//! The whole product through its real parts: generated mail, a real Postfix, the real program, and what is left behind.

mod canary;
mod completions;
mod generate;
mod guests;
mod killed;
mod random;
mod search;
mod signals;
mod through_imap;
mod through_postfix;
mod through_program;
pub(crate) mod world;

/// Says whether the counts of the acceptance bars are asked for.
pub(crate) fn is_full() -> bool {
    std::env::var_os("ZEGEL_TEST_FULL").is_some_and(|value| value == "1")
}
