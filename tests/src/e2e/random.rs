//! A small generator of numbers, so that a seed names a message for ever (xorshift64*, Vigna 2016).

/// Numbers from a seed.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    /// Starts from a seed; nearby seeds give unrelated numbers.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0x1234_5678_9ABC_DEF1) | 1)
    }

    /// Returns 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// Returns a number below `end`; 0 when `end` is 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { usize::try_from(self.next() >> 11).unwrap() % end }
    }

    /// Says yes once in `n` times.
    pub(crate) fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// Picks one.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Returns a size between 0 and `max`, log-uniform.
    pub(crate) fn size(&mut self, max: usize) -> usize {
        let unit = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        let size = ((max as f64 + 1.0).ln() * unit).exp() - 1.0;
        (size as usize).min(max)
    }

    /// Returns so many bytes of any value; fast, because there are gigabytes of them.
    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let block: Vec<u8> =
            (0..length.min(8192).div_ceil(8)).flat_map(|_| self.next().to_le_bytes()).collect();
        let mut out = Vec::with_capacity(length + block.len());
        while out.len() < length {
            let at = out.len();
            out.extend_from_slice(&block);
            // Every block differs, so that a swapped or repeated one is noticed.
            out[at..at + 8].copy_from_slice(&self.next().to_le_bytes());
        }
        out.truncate(length);
        out
    }
}
