//! Running programs.

use std::ffi::OsStr;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::home::TempHome;

/// What a program did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: String,
    /// Its exit code; -1 when a signal ended it.
    pub code: i32,
}

impl Output {
    /// Returns standard output as text.
    ///
    /// # Panics
    /// It is not UTF-8.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }
}

/// Runs a program in an otherwise empty environment: `PATH`, `HOME` and what `environment` adds.
///
/// # Panics
/// The program cannot be started.
pub fn run<A: AsRef<OsStr>>(
    program: &Path,
    arguments: &[A],
    home: &TempHome,
    environment: &[(&str, &str)],
    input: &[u8],
) -> Output {
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("HOME", home.path())
        .env("LC_ALL", "C.UTF-8")
        .env("TZ", "UTC")
        .envs(environment.iter().copied())
        .current_dir(home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {}: {error}", program.display()));
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            // A program may end without reading its input.
            let _ = stdin.write_all(input);
        });
        child.wait_with_output().unwrap()
    });
    Output {
        stdout: output.stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code().unwrap_or(-1),
    }
}

/// Returns the path of the `zegel` program built beside this test.
///
/// # Panics
/// It has not been built.
pub fn zegel_binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    // target/debug/deps/test-0123 → target/debug/zegel
    let folder = test.ancestors().find(|path| !path.ends_with("deps") && path.is_dir()).unwrap();
    let binary = folder.join(format!("zegel{}", std::env::consts::EXE_SUFFIX));
    assert!(binary.is_file(), "{} is missing; build it: cargo build -p zegel", binary.display());
    binary
}

/// Returns the path of a program of the system.
///
/// # Panics
/// It is not installed; the message names the Debian package.
pub fn need(program: &str, package: &str) -> PathBuf {
    for folder in ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/bin"] {
        let path = Path::new(folder).join(program);
        if path.is_file() {
            return path;
        }
    }
    panic!("{program} is missing, and this test needs it: apt-get install {package}");
}

/// Returns a port of 127.0.0.1 that nobody uses at the moment.
pub fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// Waits until `done` says so.
///
/// # Panics
/// It does not within `limit`.
pub fn wait_until(what: &str, limit: Duration, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < limit, "waited {limit:?} in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Ends a server that we started: asks it first, and kills it when it is still there after `grace`.
pub(crate) fn end(child: &mut Child, grace: Duration) {
    let pid = child.id().to_string();
    // The standard library can only kill; a server that is asked ends its own children too.
    let _ = Command::new("kill").args(["-TERM", &pid]).stderr(Stdio::null()).status();
    let start = Instant::now();
    while start.elapsed() < grace {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Runs a command of the set-up.
pub(crate) fn must(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    assert!(output.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
}
