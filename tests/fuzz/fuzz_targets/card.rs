//! Feeds arbitrary bytes to `targets::card`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zegel_fuzz::targets::card(data));
