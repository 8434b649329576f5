//! What the words around each token mean, all together: most numbers stand among words that mean nothing to most detectors,
//! and this says so at once.

use super::hints::Hints;
use super::lexer::Token;
use super::page::{BEFORE, STEPS, WIDE};

/// How far words reach that stand behind a number, in bytes: at least as far as any question.
const BEHIND: usize = BEFORE + WIDE * 8;

/// For each token what the words around it mean, the head of its column included.
///
/// The words around one token are nearly those around the next, so each token is added once and dropped once: what came in
/// since the last turn is in `newer`, and what remains of the rest from any place on is known since then.
#[derive(Default)]
pub(super) struct Around {
    all: Vec<Hints>,
    rest: Vec<Hints>,
}

impl Around {
    /// Looks at these tokens.
    pub(super) fn read(&mut self, tokens: &[Token]) -> &[Hints] {
        self.all.clear();
        self.rest.clear();
        let (mut from, mut until) = (0, 0);
        let mut newer = 0;
        for (at, token) in tokens.iter().enumerate() {
            let last = at + STEPS + WIDE;
            while let Some(next) = tokens.get(until).filter(|_| until <= last)
                && next.start.saturating_sub(token.end) <= BEHIND
            {
                newer |= next.hints;
                until += 1;
            }
            while tokens
                .get(from)
                .is_some_and(|old| from < at && token.start.saturating_sub(old.end) > BEFORE)
            {
                from += 1;
            }
            from = from.max(at.saturating_sub(STEPS));
            if from >= self.rest.len() {
                self.turn(tokens, from, until);
                newer = 0;
            }
            self.all.push(token.header | newer | self.rest.get(from).copied().unwrap_or(0));
        }
        &self.all
    }

    /// Sums up from every place between two up to the second.
    fn turn(&mut self, tokens: &[Token], from: usize, until: usize) {
        let first = self.rest.len();
        self.rest.resize(until, 0);
        let mut sum = 0;
        let pairs = self.rest.iter_mut().zip(tokens).skip(first.max(from));
        for (rest, token) in pairs.rev() {
            sum |= token.hints;
            *rest = sum;
        }
    }
}
