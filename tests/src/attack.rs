//! Attacks: every one must be refused, or must not look like what it pretends to be (`docs/threat-model.md`).

mod corpus;
mod damage;
pub(crate) mod forge;
mod forgery;
mod hostile;
mod people;
mod processes;
mod stage;

/// What the fuzzers run; the same source, so that their stored inputs are replayed without a fuzzer.
#[allow(unreachable_pub, reason = "the package of the fuzzers exports them")]
mod targets {
    include!("../fuzz/src/targets.rs");
}
