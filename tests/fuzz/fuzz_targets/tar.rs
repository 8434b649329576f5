//! Feeds arbitrary bytes to `targets::tar`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zegel_fuzz::targets::tar(data));
