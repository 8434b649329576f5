//! Vectors: files with an expected outcome, pinned for ever.

mod age;
mod zegel;
