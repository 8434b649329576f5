//! How the child confines itself.
//!
//! On Linux, from the inside out:
//!
//! - **Limits**: memory, processor time, no new descriptors, no file may grow, no core dump.
//! - **No new privileges**: a set-user-id program gives nothing.
//! - **Landlock**: no file system access at all, no TCP, no signals and no abstract sockets to processes outside, as far
//!   as the kernel knows these.
//! - **seccomp**: of the system calls only those that memory, time and the two pipes need; everything else, such as
//!   opening files, sockets, starting programs or threads, tracing, fails. Reading works from standard input
//!   only, and writing to the standard outputs only, so that a descriptor that somebody left open is of no use.
//!
//! On other systems there are only the limits that the system has: the child is a process of its own, killed when it takes
//! too long, but a reader that an attacker took over could do what the user can. [`Confinement`] says so.

use serde::{Deserialize, Serialize};

/// What the child could do about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confinement {
    /// Memory, time and descriptors are limited.
    pub limits: Layer,
    /// Landlock: no files, no TCP.
    pub landlock: Layer,
    /// seccomp: few system calls.
    pub seccomp: Layer,
}

/// Whether a layer of the sandbox is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Layer {
    /// This system does not have it.
    #[default]
    Absent,
    /// In force.
    Full,
    /// In force as far as the kernel knows it.
    Partial,
}

impl Confinement {
    /// Says whether the child can neither open files nor sockets, nor read what was left open. Landlock alone leaves UDP, local
    /// sockets and open descriptors, so it is not enough.
    pub fn is_closed(&self) -> bool {
        self.seccomp == Layer::Full
    }
}

/// Why the child could not be confined.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfineError {
    /// A limit could not be set.
    #[error("cannot limit {0} of the reading process")]
    Limit(&'static str),
    /// There is no seccomp, on a system that should have it.
    #[error("seccomp does not confine the reading process")]
    NotConfined,
}

/// Memory of the child: private, writable memory of every kind.
///
/// With the program's own pages the sum stays below 256 MiB.
pub const MEMORY: u64 = 224 * 1024 * 1024;

/// Confines this process, for good.
///
/// # Errors
/// When a limit cannot be set, or this is Linux and seccomp is not to be had.
pub fn confine() -> Result<Confinement, ConfineError> {
    system::confine()
}

#[cfg(target_os = "linux")]
#[path = "sandbox/linux.rs"]
mod system;

#[cfg(not(target_os = "linux"))]
mod system {
    use super::{ConfineError, Confinement};

    pub(super) fn confine() -> Result<Confinement, ConfineError> {
        Ok(Confinement::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn landlock_alone_closes_too_little() {
        let only = |landlock, seccomp| Confinement { limits: Layer::Full, landlock, seccomp };
        assert!(only(Layer::Absent, Layer::Full).is_closed());
        assert!(!only(Layer::Full, Layer::Absent).is_closed());
        assert!(!Confinement::default().is_closed());
    }
}
