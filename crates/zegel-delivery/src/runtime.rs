//! The runtime behind the blocking wrappers.

use std::io;

use tokio::runtime::{Builder, Runtime};

/// Makes a runtime that does all its work on the calling thread.
pub(crate) fn small_runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}
