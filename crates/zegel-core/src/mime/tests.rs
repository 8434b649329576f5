//! Tests over whole messages.

mod corpus;
mod hostile;
mod leaks;
mod random;
mod reading;
mod sealing;
mod soup;
mod units;

use std::io::{self, Read};

use super::*;
use crate::address::Mailbox;
use crate::time::Timestamp;

/// A draft with everything optional set to fixed values.
fn options(part_threshold: u64) -> DraftOptions {
    let from = Mailbox { address: "alice@example.org".parse().unwrap(), name: Some("Alice".into()) };
    DraftOptions { part_threshold, from: Some(from), recipients: RecipientSource::Headers }
}

fn outer_options() -> OuterOptions {
    OuterOptions {
        subject: "Verzegeld bericht / Sealed message".into(),
        message_id: "<given@example.org>".into(),
        date: Timestamp::from_unix(1_795_244_400),
    }
}

/// Takes a mail all the way to the inner message and the parts.
fn through(
    eml: &[u8],
    part_threshold: u64,
) -> Result<(InnerMessage, Vec<DraftPart>, OuterHeaders), DraftError> {
    let draft = Draft::parse(eml, &options(part_threshold))?;
    let outer = OuterHeaders::make(&draft, &outer_options())?;
    let body = protect(&draft, &outer)?;
    Ok((InnerMessage::parse(body).unwrap(), draft.into_parts(), outer))
}

fn restored(inner: &InnerMessage, parts: &[DraftPart]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut open = |index: u32| -> io::Result<Box<dyn Read + '_>> { parts[index as usize - 1].source.open() };
    inner.restore(&mut open, &mut out).unwrap();
    out
}

/// Turns every line ending into `eol`.
fn with_endings(eml: &[u8], eol: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, line) in eml.split(|b| *b == b'\n').enumerate() {
        if index > 0 {
            out.extend_from_slice(eol);
        }
        out.extend_from_slice(line);
    }
    out
}

/// A small generator (xorshift64*): the same messages on every machine.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 33) as usize % n
    }

    fn pick<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.below(list.len())]
    }

    fn bytes(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.next() as u8).collect()
    }
}
