//! What the process does to itself before it touches a secret.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Forbids core dumps, and on Linux also that other processes of the same user look into this one's memory.
///
/// Both can only fail where the system forbids the calls, and there the program is still useful, so that is ignored.
pub(crate) fn process() {
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}
