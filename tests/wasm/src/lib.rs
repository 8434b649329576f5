//! zegel-core behind a few C functions over linear memory, so that any host can drive it without generated glue.
//!
//! A value handed to the host is one `u64`: the address in the upper half, the length in the lower.

use getrandom::register_custom_getrandom;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    /// Fills `length` bytes at `address` with the host's randomness; 0 is success.
    fn zegel_random(address: *mut u8, length: usize) -> i32;
}

fn host_random(buffer: &mut [u8]) -> Result<(), getrandom::Error> {
    // SAFETY: the address and length are those of a live, exclusively borrowed buffer.
    match unsafe { zegel_random(buffer.as_mut_ptr(), buffer.len()) } {
        0 => Ok(()),
        _ => Err(getrandom::Error::UNSUPPORTED),
    }
}
register_custom_getrandom!(host_random);

/// Returns a fresh buffer of `length` bytes for the host to write into; the call that takes it frees it.
#[unsafe(no_mangle)]
pub extern "C" fn zegel_alloc(length: usize) -> *mut u8 {
    Box::leak(vec![0_u8; length].into_boxed_slice()).as_mut_ptr()
}

/// Returns the Padmé length, as a first sign of life.
#[unsafe(no_mangle)]
pub extern "C" fn zegel_padme(length: u64) -> u64 {
    let mut one = [0_u8; 1];
    if getrandom::getrandom(&mut one).is_err() {
        return 0;
    }
    zegel_core::padding::padme(length)
}
