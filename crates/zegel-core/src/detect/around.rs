//! What the words around each token mean, all together: most numbers stand among words that mean nothing to most detectors,
//! and this says so at once.

use super::hints::Hints;
use super::lexer::Token;
use super::page::{BEFORE, STEPS, WIDE};

/// How far words reach that stand behind a number, in bytes: at least as far as any question.
const BEHIND: usize = BEFORE + WIDE * 8;

/// For each token what the words around it mean, the head of its column included.
#[derive(Default)]
pub(super) struct Around {
    all: Vec<Hints>,
}

impl Around {
    /// Looks at these tokens.
    ///
    /// Each word tells the tokens that it may be about; there are fewer words than numbers where time is short.
    pub(super) fn read(&mut self, tokens: &[Token]) -> &[Hints] {
        self.all.clear();
        self.all.extend(tokens.iter().map(|token| token.header));
        let (mut from, mut until) = (0, 0);
        for (at, word) in tokens.iter().enumerate().filter(|(_, token)| token.hints != 0) {
            from = from.max(at.saturating_sub(STEPS + WIDE));
            while tokens.get(from).is_some_and(|before| word.start.saturating_sub(before.end) > BEHIND) {
                from += 1;
            }
            until = until.max(at + 1);
            while tokens
                .get(until)
                .is_some_and(|behind| until <= at + STEPS && behind.start.saturating_sub(word.end) <= BEFORE)
            {
                until += 1;
            }
            for around in self.all.get_mut(from..until).unwrap_or_default() {
                *around |= word.hints;
            }
        }
        &self.all
    }
}
