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

/// The bit of a mapping of no file (`MAP_ANONYMOUS`).
const ANONYMOUS: u64 = libc::MAP_ANONYMOUS as u64;

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
    // Memory, but none that could be run, and none that shows a file: a descriptor that was left open cannot be mapped.
    let not_run =
        || SeccompCondition::new(2, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(EXECUTABLE), 0).ok();
    let anonymous =
        SeccompCondition::new(3, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(ANONYMOUS), ANONYMOUS)
            .ok()?;
    rules.insert(libc::SYS_mmap, vec![SeccompRule::new(vec![not_run()?, anonymous]).ok()?]);
    rules.insert(libc::SYS_mprotect, vec![SeccompRule::new(vec![not_run()?]).ok()?]);
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

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOW: u32 = 0x7fff_0000;

    /// Runs the filter as the kernel would: the few instructions of classic BPF that it is made of.
    fn answer(call: i64, arguments: [u64; 6]) -> u32 {
        let mut data = Vec::new();
        data.extend((call as u32).to_ne_bytes());
        let architecture: u32 = if cfg!(target_arch = "x86_64") { 0xc000_003e } else { 0xc000_00b7 };
        data.extend(architecture.to_ne_bytes());
        data.extend([0; 8]);
        arguments.iter().for_each(|argument| data.extend(argument.to_ne_bytes()));
        let program = filter().unwrap();
        let (mut at, mut accumulator) = (0_usize, 0_u32);
        loop {
            let step = &program[at];
            at += 1;
            let jump = |yes: bool| usize::from(if yes { step.jt } else { step.jf });
            match step.code {
                0x20 => {
                    let from = step.k as usize;
                    accumulator = u32::from_ne_bytes(data[from..from + 4].try_into().unwrap());
                }
                0x54 => accumulator &= step.k,
                0x05 => at += step.k as usize,
                0x15 => at += jump(accumulator == step.k),
                0x25 => at += jump(accumulator > step.k),
                0x35 => at += jump(accumulator >= step.k),
                0x06 => return step.k,
                other => panic!("no instruction of this filter: {other:#x}"),
            }
        }
    }

    #[test]
    fn memory_is_only_memory() {
        let (read, write, run) = (1, 2, 4);
        let (private, anonymous) = (libc::MAP_PRIVATE as u64, libc::MAP_ANONYMOUS as u64);
        let none = u64::from(u32::MAX);
        assert_eq!(answer(libc::SYS_mmap, [0, 4096, read | write, private | anonymous, none, 0]), ALLOW);
        assert_eq!(answer(libc::SYS_mprotect, [0, 4096, read | write, 0, 0, 0]), ALLOW);
        // A descriptor that somebody left open: no byte of it is read this way.
        for flags in [private, libc::MAP_SHARED as u64, private | libc::MAP_FIXED as u64] {
            assert_ne!(answer(libc::SYS_mmap, [0, 4096, read, flags, 7, 0]), ALLOW);
            assert_ne!(answer(libc::SYS_mmap, [0, 4096, read, flags, 0, 0]), ALLOW);
        }
        assert_ne!(answer(libc::SYS_mmap, [0, 4096, read | run, private | anonymous, none, 0]), ALLOW);
        assert_ne!(answer(libc::SYS_mprotect, [0, 4096, read | run, 0, 0, 0]), ALLOW);
        assert_eq!(answer(libc::SYS_read, [0; 6]), ALLOW);
        assert_ne!(answer(libc::SYS_read, [7, 0, 0, 0, 0, 0]), ALLOW);
        assert_ne!(answer(libc::SYS_openat, [0; 6]), ALLOW);
    }
}
