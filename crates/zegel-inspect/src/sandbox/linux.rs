//! The layers of Linux.

use std::collections::BTreeMap;

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetStatus, Scope};
use rustix::process::{Resource, Rlimit, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

use super::{ConfineError, Confinement, Layer, MEMORY};

/// Seconds of processor time; the parent's clock ends a file long before, this ends a child whose parent is gone.
const PROCESSOR: u64 = 300;

/// Address space: the memory and, generously, the pages of the program.
const ADDRESSES: u64 = MEMORY + 512 * 1024 * 1024;

/// The bit of memory that can be run (`PROT_EXEC`).
const EXECUTABLE: u64 = 0x4;

pub(super) fn confine() -> Result<Confinement, ConfineError> {
    limit(Resource::Core, 0, "core dumps")?;
    limit(Resource::Data, MEMORY, "the memory")?;
    limit(Resource::As, ADDRESSES, "the address space")?;
    limit(Resource::Cpu, PROCESSOR, "the processor time")?;
    limit(Resource::Fsize, 0, "the length of files")?;
    rustix::thread::set_no_new_privs(true).map_err(|_| ConfineError::Limit("the privileges"))?;
    let landlock = landlock();
    // After Landlock, which needs a descriptor for itself.
    limit(Resource::Nofile, 0, "the descriptors")?;
    let seccomp = seccomp();
    let confinement = Confinement { limits: Layer::Full, landlock, seccomp };
    if confinement.is_closed() { Ok(confinement) } else { Err(ConfineError::NotConfined) }
}

fn limit(resource: Resource, most: u64, what: &'static str) -> Result<(), ConfineError> {
    setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })
        .map_err(|_| ConfineError::Limit(what))
}

/// Handles every right that Landlock knows and allows none.
fn landlock() -> Layer {
    let newest = ABI::V6;
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(newest))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(newest)))
        .and_then(|rules| rules.scope(Scope::from_all(newest)))
        .and_then(Ruleset::create)
        .and_then(|rules| rules.restrict_self());
    match status.map(|status| status.ruleset) {
        Ok(RulesetStatus::FullyEnforced) => Layer::Full,
        // An older kernel: files are closed, TCP perhaps not. seccomp closes that.
        Ok(RulesetStatus::PartiallyEnforced) => Layer::Partial,
        _ => Layer::Absent,
    }
}

/// Allows what memory, time and the pipes need; everything else is answered with "not permitted".
fn seccomp() -> Layer {
    let applied = filter().and_then(|program| seccompiler::apply_filter(&program).ok());
    if applied.is_some() { Layer::Full } else { Layer::Absent }
}

fn filter() -> Option<BpfProgram> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    let always = [
        libc::SYS_brk,
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_futex,
        libc::SYS_getpid,
        libc::SYS_getrandom,
        libc::SYS_gettid,
        libc::SYS_madvise,
        libc::SYS_mremap,
        libc::SYS_munmap,
        libc::SYS_restart_syscall,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sched_yield,
        libc::SYS_sigaltstack,
    ];
    for call in always {
        rules.insert(call, Vec::new());
    }
    // Standard input only; the standard outputs only.
    for call in [libc::SYS_read, libc::SYS_readv] {
        rules.insert(call, vec![first_is(0)?]);
    }
    for call in [libc::SYS_write, libc::SYS_writev] {
        rules.insert(call, vec![first_is(1)?, first_is(2)?]);
    }
    // Memory, but none that could be run.
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        let condition =
            SeccompCondition::new(2, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(EXECUTABLE), 0).ok()?;
        rules.insert(call, vec![SeccompRule::new(vec![condition]).ok()?]);
    }
    // Ending oneself, as `abort` does: the signal goes to this very process.
    let own = u64::from(std::process::id());
    rules.insert(libc::SYS_tgkill, vec![first_is(own)?]);
    let architecture = std::env::consts::ARCH.try_into().ok()?;
    let permission = u32::try_from(libc::EPERM).ok()?;
    SeccompFilter::new(rules, SeccompAction::Errno(permission), SeccompAction::Allow, architecture)
        .ok()?
        .try_into()
        .ok()
}

fn first_is(value: u64) -> Option<SeccompRule> {
    let condition = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value).ok()?;
    SeccompRule::new(vec![condition]).ok()
}
