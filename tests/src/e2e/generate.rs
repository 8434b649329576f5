//! A seeded generator of nasty mail, which also knows what must come out at the other end.
//!
//! What is generated is what mail programs and their bugs produce and `docs/formats/mail.md` accepts. Each letter can be
//! written twice: as the draft, and as the mail that the recipient must get back, byte for byte. The second is derived
//! from the documented rules (no Bcc, no mbox line, large attachments as base64 of 76 columns), not from our code.

mod body;
mod head;

use std::ops::Range;

use super::random::Rng;

use body::{Entity, Form};

/// Content above this size travels apart.
pub(crate) const APART: usize = 4 << 20;

/// A generated letter.
pub(crate) struct Letter {
    /// The seed it was made from.
    pub(crate) seed: u64,
    /// Indices of the people in To and Cc.
    pub(crate) visible: Vec<usize>,
    /// Indices of the people in Bcc.
    pub(crate) blind: Vec<usize>,
    eol: &'static str,
    prefix: &'static [u8],
    /// Header fields; those of Bcc are marked.
    fields: Vec<head::Field>,
    body: Entity,
}

/// What a letter is made for.
pub(crate) struct Wanted<'a> {
    /// The seed.
    pub(crate) seed: u64,
    /// About so many bytes of content.
    pub(crate) size: usize,
    /// The sender's address.
    pub(crate) sender: &'a str,
    /// Addresses of those who may stand in To and Cc.
    pub(crate) visible: &'a [String],
    /// Addresses of those who may stand in Bcc.
    pub(crate) blind: &'a [String],
}

impl Letter {
    /// Makes the letter of a seed.
    pub(crate) fn make(wanted: &Wanted<'_>) -> Self {
        let mut rng = Rng::new(wanted.seed);
        let eol = if rng.once_in(2) { "\r\n" } else { "\n" };
        // Many copies of something large tell nothing more than one.
        let most = if wanted.size > 8 << 20 { 1 } else { 3 };
        let visible = choose(&mut rng, wanted.visible.len(), 1..most + 1);
        let blind = if most > 1 { choose(&mut rng, wanted.blind.len(), 0..3) } else { Vec::new() };
        let body = body::make(&mut rng, wanted.size);
        let fields = head::make(&mut rng, wanted, &visible, &blind, eol, &body);
        let prefix: &[u8] = match rng.below(12) {
            0 => b"From alice@example.org Sat Nov 21 08:00:00 2026\n",
            1 => b"\xEF\xBB\xBF",
            _ => b"",
        };
        Self {
            seed: wanted.seed,
            visible,
            blind,
            eol,
            prefix: if prefix.starts_with(b"From ") && eol == "\r\n" { b"" } else { prefix },
            fields,
            body,
        }
    }

    /// Writes the draft, as a mail program would hand it over.
    pub(crate) fn draft(&self) -> Vec<u8> {
        let mut out = self.prefix.to_vec();
        for field in &self.fields {
            out.extend_from_slice(&field.text);
        }
        self.body.write(&mut out, self.eol, Form::Draft);
        out
    }

    /// Writes the mail that must come out.
    pub(crate) fn restored(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for field in self.fields.iter().filter(|field| !field.is_blind) {
            out.extend_from_slice(&field.text);
        }
        self.body.write(&mut out, self.eol, Form::Restored);
        out
    }

    /// Returns the contents that travel apart, in order.
    pub(crate) fn apart(&self) -> Vec<&[u8]> {
        let mut found = Vec::new();
        self.body.apart(&mut found);
        found
    }

    /// Counts the leaves.
    pub(crate) fn leaves(&self) -> usize {
        self.body.leaves()
    }
}

fn choose(rng: &mut Rng, from: usize, range: Range<usize>) -> Vec<usize> {
    let count = range.start + rng.below(range.len());
    let mut all: Vec<usize> = (0..from).collect();
    for at in (1..all.len()).rev() {
        all.swap(at, rng.below(at + 1));
    }
    all.truncate(count);
    all
}
