//! Attacks: every one must be refused, or must not look like what it pretends to be (`docs/threat-model.md`).

mod corpus;
mod damage;
mod forge;
mod forgery;
mod hostile;
mod people;
mod stage;
#[path = "../../fuzz/src/targets.rs"]
mod targets;
