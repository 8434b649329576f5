//! Feeds arbitrary bytes to `targets::policy`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zegel_fuzz::targets::policy(data));
