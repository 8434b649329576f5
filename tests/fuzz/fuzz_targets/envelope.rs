//! Feeds arbitrary bytes to `targets::envelope`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zegel_fuzz::targets::envelope(data));
