//! Feeds arbitrary bytes to `targets::manifest`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zegel_fuzz::targets::manifest(data));
