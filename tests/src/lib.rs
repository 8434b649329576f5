//! Empty: this package is its integration tests.
#![forbid(unsafe_code)]
