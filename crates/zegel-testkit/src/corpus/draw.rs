//! Chance that can be repeated.

use rand_core::RngCore;

use crate::SeededRng;

/// Draws everything a document leaves to chance from one seed.
pub(super) struct Draw(SeededRng);

impl Draw {
    /// Starts the sequence of a seed.
    pub(super) fn new(seed: &str) -> Self {
        Self(SeededRng::new(seed))
    }

    /// Draws a number from 0 up to, not including, `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("a count fits");
        let drawn = (u64::from(self.0.next_u32()) * end) >> 32;
        usize::try_from(drawn).expect("it is below a usize")
    }

    /// Draws a number between two, both included.
    pub(super) fn between(&mut self, first: u32, last: u32) -> u32 {
        first
            + u32::try_from(self.below(usize::try_from(last - first + 1).expect("it fits"))).expect("it fits")
    }

    /// Answers yes in so many of a hundred cases.
    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// Picks one of a list that is not empty.
    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// Fills in a mask: `#` a digit, `*` one but 0, `@` a capital, `&` a capital or digit, `^` a lower-case hexadecimal
    /// digit, `~` any ASCII letter or digit. A number in brackets after one of them repeats it. Anything else stays.
    pub(super) fn mask(&mut self, mask: &str) -> String {
        let mut filled = String::new();
        let mut rest = mask.chars();
        while let Some(class) = rest.next() {
            let Some(alphabet) = alphabet(class) else {
                filled.push(class);
                continue;
            };
            let mut times = 1;
            if let Some((number, after)) =
                rest.as_str().strip_prefix('(').and_then(|more| more.split_once(')'))
            {
                times = number.parse().expect("the number in brackets after a mask is a number");
                rest = after.chars();
            }
            filled.extend((0..times).map(|_| char::from(*self.pick(alphabet))));
        }
        filled
    }
}

const fn alphabet(class: char) -> Option<&'static [u8]> {
    match class {
        '#' => Some(b"0123456789"),
        '*' => Some(b"123456789"),
        // The letters of Dutch postcodes and of numbers on documents: none that looks like a digit.
        '@' => Some(b"ABCDEGHJKLMNPRSTVWXZ"),
        '&' => Some(b"ABCDEGHJKLMNPRSTVWXZ0123456789"),
        '^' => Some(b"0123456789abcdef"),
        '~' => Some(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
        _ => None,
    }
}
