//! Feeds arbitrary bytes to `targets::header`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zegel_fuzz::targets::header(data));
