//! Sets of pairs of letters: one look tells most words from those of a list.

/// A set of pairs of ASCII letters; case makes no difference.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pairs([u64; 16]);

impl Pairs {
    /// Returns the set that holds nothing.
    pub(super) const fn new() -> Self {
        Self([0; 16])
    }

    /// Adds a pair.
    #[must_use]
    pub(super) const fn with(mut self, first: u8, second: u8) -> Self {
        let bit = Self::bit(first, second);
        // A `const fn` knows no iterators; the number of a bit is below 1024.
        #[allow(clippy::indexing_slicing, reason = "evaluated by the compiler, which refuses a wrong index")]
        {
            self.0[bit / 64] |= 1 << (bit % 64);
        }
        self
    }

    /// Says whether a pair may be in the set: certain when it is not.
    #[inline]
    pub(super) fn may_have(&self, first: u8, second: u8) -> bool {
        let bit = Self::bit(first, second);
        self.0.get(bit / 64).is_some_and(|bits| bits >> (bit % 64) & 1 == 1)
    }

    const fn bit(first: u8, second: u8) -> usize {
        (first % 32) as usize * 32 + (second % 32) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_found_in_either_case_and_in_its_order() {
        let pairs = Pairs::new().with(b'N', b'L').with(b'z', b'z');
        assert!(pairs.may_have(b'n', b'l') && pairs.may_have(b'N', b'L') && pairs.may_have(b'Z', b'z'));
        assert!(!pairs.may_have(b'L', b'N') && !pairs.may_have(b'N', b'M'));
    }
}
