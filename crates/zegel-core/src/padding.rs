//! Padmé: hides the exact length of a part at a cost of at most 12 % (Nikitin et al., "Reducing Metadata Leakage from
//! Encrypted Files and Communication with PURBs", PoPETs 2019, section 4).

/// Returns the padded length in bytes for a true length in bytes.
///
/// The result is at least `length`, at most 12 % more, and leaks only O(log log length) bits of it.
pub fn padme(length: u64) -> u64 {
    if length < 2 {
        return length;
    }
    let exponent = length.ilog2();
    let size_of_exponent = exponent.ilog2() + 1;
    let last_bits = exponent - size_of_exponent.min(exponent);
    let mask = (1_u64 << last_bits) - 1;
    length.checked_add(mask).map_or(u64::MAX, |raised| raised & !mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        for (length, padded) in [
            (0, 0),
            (1, 1),
            (2, 2),
            (9, 10),
            (100, 104),
            (1000, 1024),
            (27_000, 27_648),
            (1 << 30, 1 << 30),
            ((1 << 30) + 1, (1 << 30) + (1 << 25)),
        ] {
            assert_eq!(padme(length), padded, "{length}");
        }
    }

    #[test]
    fn never_shorter_never_more_than_twelve_percent() {
        for length in (0..2_000_000).step_by(7) {
            let padded = padme(length);
            assert!(padded >= length && (padded - length) * 100 <= length * 12, "{length} -> {padded}");
            assert_eq!(padme(padded), padded, "padding is idempotent");
        }
    }
}
