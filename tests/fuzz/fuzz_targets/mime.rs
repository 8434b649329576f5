//! Feeds arbitrary bytes to `targets::mime`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zegel_fuzz::targets::mime(data));
