//! Zegel.
