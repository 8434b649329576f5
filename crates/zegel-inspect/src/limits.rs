//! How much one file may cost.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One mebibyte.
const MIB: u64 = 1024 * 1024;

/// What reading one attachment, with everything inside it, may cost. More than that is
/// [`Limit`](zegel_core::material::UnreadReason::Limit): what was read so far is kept, the rest is not examined.
///
/// The defaults let a bomb cost at most two seconds and 256 MiB. A larger `file_bytes`, `held_bytes` or `text_bytes`
/// does not raise the memory the child may use, which is a constant of the sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Limits {
    /// How many files may be nested in each other, the attachment itself included.
    pub depth: u32,
    /// Bytes of one file, packed or unpacked.
    pub file_bytes: u64,
    /// How many files, those inside others included.
    pub files: u32,
    /// Bytes of files in memory at the same time: a file, the archive around it, the archive around that.
    pub held_bytes: u64,
    /// How many pieces, unread parts and file facts together.
    pub items: u32,
    /// How many times larger than packed a file may be; counts once it is larger than 16 MiB.
    pub ratio: u64,
    /// Bytes of text in all.
    pub text_bytes: u64,
    /// Time from the first byte to the answer; the child is killed a moment after that.
    pub time: Duration,
    /// Bytes unpacked in all.
    pub unpacked_bytes: u64,
}

impl Limits {
    /// The size from which on [`Limits::ratio`] counts: small XML compresses a thousandfold and harms nobody.
    pub(crate) const RATIO_FLOOR: u64 = 16 * MIB;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 8,
            file_bytes: 48 * MIB,
            files: 2_000,
            held_bytes: 96 * MIB,
            items: 50_000,
            ratio: 400,
            text_bytes: 16 * MIB,
            time: Duration::from_millis(1_500),
            unpacked_bytes: 192 * MIB,
        }
    }
}
