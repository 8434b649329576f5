//! zegel-core behind one C function over linear memory, so that any host can drive it without generated glue.
//!
//! The host writes a JSON request into a buffer from [`zegel_alloc`] and hands it to [`zegel_call`], which returns the address
//! (upper half) and length (lower half) of a JSON answer: `{"ok": …}` or `{"error": "…"}`. Bytes travel as base64.

mod calls;

use getrandom::register_custom_getrandom;
use serde_json::{Value, json};

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

/// Returns a fresh buffer of `length` bytes; the host gives it back to `zegel_call` or `zegel_free`.
#[unsafe(no_mangle)]
pub extern "C" fn zegel_alloc(length: usize) -> *mut u8 {
    Box::leak(vec![0_u8; length].into_boxed_slice()).as_mut_ptr()
}

/// Frees a buffer that `zegel_alloc` or `zegel_call` returned.
///
/// # Safety
/// `address` and `length` are those of such a buffer, and nothing uses it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zegel_free(address: *mut u8, length: usize) {
    // SAFETY: the caller promises that this buffer came from `Box::leak` with this length.
    drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(address, length)) });
}

/// Takes a request and returns an answer; the request's buffer is freed.
///
/// # Safety
/// `address` and `length` are those of a buffer from `zegel_alloc`, and the host does not use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zegel_call(address: *mut u8, length: usize) -> u64 {
    // SAFETY: the caller promises that this buffer came from `Box::leak` with this length.
    let request = unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(address, length)) };
    let answer = match serde_json::from_slice::<Value>(&request) {
        Ok(request) => calls::answer(&request),
        Err(error) => Err(error.to_string()),
    };
    let text = match answer {
        Ok(value) => json!({ "ok": value }),
        Err(error) => json!({ "error": error }),
    };
    let bytes = Box::leak(text.to_string().into_bytes().into_boxed_slice());
    ((bytes.as_mut_ptr() as u64) << 32) | bytes.len() as u64
}
