//! Feeds arbitrary bytes to `targets::inspect`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zegel_fuzz::targets::inspect(data));
