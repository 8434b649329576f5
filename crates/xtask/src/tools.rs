//! What the tests and checks need on the machine, and how it gets there.

use std::path::{Path, PathBuf};

use crate::fail::Failure;
use crate::shell;
use crate::steps::Outcome;
use crate::ui;

/// A program or file that must be there, the Debian package that brings it, and what for.
struct Need {
    probe: &'static str,
    package: &'static str,
    reason: &'static str,
}

impl Need {
    /// Says whether the program is there, and new enough where that is known to matter.
    fn is_met(&self) -> bool {
        is_there(self.probe) && (self.probe != DEBIAN_COMPILER || debian_compiler_is_new_enough())
    }
}

/// For the tests. A probe with a slash is a file, one without is a program on the path.
const FOR_TESTS: &[Need] = &[
    Need { probe: "postfix", package: "postfix", reason: "the mail server the tests send through" },
    Need { probe: "/usr/lib/dovecot/imap", package: "dovecot-imapd", reason: "sent copies over IMAP" },
    Need { probe: "gnome-keyring-daemon", package: "gnome-keyring", reason: "a real Secret Service" },
    Need {
        probe: "secret-tool",
        package: "libsecret-tools",
        reason: "a second reader of the Secret Service",
    },
    Need {
        probe: "dbus-run-session",
        package: "dbus-daemon",
        reason: "a session bus for the Secret Service",
    },
    Need { probe: "clamd", package: "clamav-daemon", reason: "a real virus scanner" },
    Need { probe: "b3sum", package: "b3sum", reason: "hashes of the manifest, checked by a stock tool" },
    Need { probe: "age", package: "age", reason: "classic envelopes, opened by a stock tool" },
    Need { probe: "ssh-keygen", package: "openssh-client", reason: "signatures, checked by a stock tool" },
    Need { probe: "openssl", package: "openssl", reason: "certificates for the test servers" },
    Need { probe: "expect", package: "expect", reason: "passphrases typed on a terminal" },
    Need { probe: "/usr/bin/time", package: "time", reason: "peak memory of programs" },
    Need { probe: "node", package: "nodejs", reason: "the wasm round trip and age-encryption" },
    Need { probe: "npm", package: "npm", reason: "age-encryption" },
    Need { probe: "chromium", package: "chromium", reason: "the portal's page in a real browser" },
];

/// For the portal's page.
const FOR_WEB: &[Need] = &[
    Need { probe: "node", package: "nodejs", reason: "the build of the portal's page" },
    Need { probe: "npm", package: "npm", reason: "the packages of the portal's page" },
];

/// For the wasm build where rustup has no such target.
const FOR_WASM: &[Need] = &[
    Need { probe: "/usr/bin/cargo", package: "cargo-web", reason: "the wasm build of the core" },
    Need { probe: DEBIAN_COMPILER, package: "rustc-web", reason: "the wasm build of the core" },
    Need {
        probe: "/usr/lib/rustlib/src/rust/library/Cargo.lock",
        package: "rust-web-src",
        reason: "std for wasm",
    },
    Need { probe: "wasm-ld-19", package: "lld-19", reason: "the linker of the wasm build" },
];

/// Debian's compiler; a release begins with one that is too old for the core, and gets newer ones later.
const DEBIAN_COMPILER: &str = "/usr/bin/rustc";

/// For the measurements.
const FOR_BENCH: &[Need] = &[
    Need { probe: "age", package: "age", reason: "to compare with" },
    Need { probe: "gpg", package: "gnupg", reason: "to compare with" },
    Need { probe: "/usr/bin/time", package: "time", reason: "peak memory" },
];

/// A set of needs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Set {
    /// What `cargo xtask bench` compares with.
    Bench,
    /// What `cargo xtask test` needs, the wasm build included.
    Test,
    /// What the wasm build alone needs.
    Wasm,
    /// What the portal's page needs.
    Web,
}

/// Installs the packages of a set that are missing.
///
/// # Errors
/// When this user may not install packages, or apt-get fails.
pub(crate) fn install(set: Set) -> Result<Outcome, Failure> {
    let mut needs: Vec<&Need> = Vec::new();
    match set {
        Set::Bench => needs.extend(FOR_BENCH),
        Set::Test => needs.extend(FOR_TESTS),
        Set::Wasm => {}
        Set::Web => needs.extend(FOR_WEB),
    }
    if matches!(set, Set::Test | Set::Wasm) && !rustup_has_wasm() {
        needs.extend(FOR_WASM);
    }
    let missing: Vec<&Need> = needs.into_iter().filter(|need| !need.is_met()).collect();
    if missing.is_empty() {
        return Ok(Outcome::Remark("every package is there".to_owned()));
    }
    let mut packages: Vec<&str> = Vec::new();
    for need in &missing {
        let what = if is_there(need.probe) { "too old" } else { "missing" };
        ui::note(&format!("{what}: {} ({}), for {}", need.probe, need.package, need.reason));
        packages.push(need.package);
    }
    packages.dedup();
    apt(&packages)?;
    if let Some(need) = missing.iter().find(|need| !need.is_met()) {
        return Err(Failure::new(format!(
            "{} is still missing or too old after installing {}",
            need.probe, need.package
        )));
    }
    Ok(Outcome::Remark(format!("installed {}", packages.join(" "))))
}

/// Returns whether rustup has the wasm target, so that the Debian packages are not needed.
pub(crate) fn rustup_has_wasm() -> bool {
    shell::output(shell::command("rustc").args(["--print", "sysroot"])).is_ok_and(|sysroot| {
        Path::new(sysroot.trim()).join("lib/rustlib/wasm32-unknown-unknown/lib").is_dir()
    })
}

/// Installs a cargo tool into cargo's own folder when it is missing.
///
/// The tool is built without optimisation and debug information: it is used for seconds, and building it optimised takes
/// minutes.
pub(crate) fn cargo_tool(name: &str, version: &str) -> Result<(), Failure> {
    if shell::succeeds(shell::cargo().args([name.trim_start_matches("cargo-"), "--version"])) {
        return Ok(());
    }
    ui::note(&format!(
        "missing: {name}; installing {name} {version} with cargo install, this takes some minutes"
    ));
    shell::run(
        shell::cargo()
            .args(["install", "--locked", "--debug", "--version", version, name])
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_TARGET_DIR", shell::target().join("tools")),
    )
    .map_err(|failure| failure.hint(format!("install it by hand: cargo install --locked {name}")))
}

/// Returns `rage`, the one on the path or one built into the target folder.
pub(crate) fn rage() -> Result<PathBuf, Failure> {
    if let Some(found) = shell::find("rage") {
        return Ok(found);
    }
    let folder = shell::target().join("bench-tools");
    let program = folder.join("bin/rage");
    if !program.is_file() {
        ui::note("missing: rage; building it with cargo install, this takes some minutes");
        shell::run(shell::cargo().args(["install", "--locked", "rage", "--root"]).arg(&folder))?;
    }
    Ok(program)
}

/// Installs the npm packages of a folder exactly as its lock file says, unless they are there already.
pub(crate) fn npm(folder: &str) -> Result<Outcome, Failure> {
    let folder = shell::root().join(folder);
    let lock = std::fs::read(folder.join("package-lock.json"))
        .map_err(|error| Failure::new(format!("no package-lock.json in {}: {error}", folder.display())))?;
    // Our own stamp: a copy of the lock file the folder was filled from.
    let stamp = folder.join("node_modules/.zegel-lock");
    if std::fs::read(&stamp).is_ok_and(|old| old == lock) {
        return Ok(Outcome::Remark("every npm package is there".to_owned()));
    }
    shell::run(shell::command("npm").args(["ci", "--ignore-scripts"]).current_dir(&folder))?;
    std::fs::write(&stamp, lock)
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", stamp.display())))?;
    Ok(Outcome::Good)
}

/// Says whether Debian's compiler is at least the one this workspace asks for.
fn debian_compiler_is_new_enough() -> bool {
    let Ok(shown) = shell::output(shell::command(DEBIAN_COMPILER).arg("--version")) else { return false };
    // `rustc 1.96.0 (…)`
    let version = shown.split_whitespace().nth(1).unwrap_or_default();
    numbers(version) >= numbers(env!("CARGO_PKG_RUST_VERSION"))
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map_while(|number| number.parse().ok()).collect()
}

fn is_there(probe: &str) -> bool {
    if probe.contains('/') { Path::new(probe).exists() } else { shell::find(probe).is_some() }
}

fn apt(packages: &[&str]) -> Result<(), Failure> {
    let line = format!("apt-get install -y --no-install-recommends {}", packages.join(" "));
    if shell::find("apt-get").is_none() {
        return Err(Failure::new("these programs are missing and there is no apt-get here")
            .hint(format!("on Debian it would be: {line}")));
    }
    let root = shell::output(shell::command("id").arg("-u"))?.trim() == "0";
    let sudo = !root;
    if sudo && !shell::succeeds(shell::command("sudo").args(["-n", "true"])) {
        return Err(Failure::new(
            "packages are missing, and this user is not root and has no sudo without a password",
        )
        .hint(format!("run: sudo {line}")));
    }
    let apt_get = |arguments: &[&str]| {
        let mut words = vec!["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
        if sudo {
            words.splice(0..0, ["sudo", "-n"]);
        }
        words.extend(arguments);
        let (program, rest) = words.split_first().expect("the list starts with `env` or `sudo`");
        ui::note(&format!("$ {}", words.join(" ")));
        shell::run(shell::command(program).args(rest))
    };
    let mut install = vec!["install", "-q", "-y", "--no-install-recommends"];
    install.extend(packages);
    // The lists a machine comes with may be old: they name packages that are gone, or that are too old for us.
    apt_get(&["update", "-q"])?;
    apt_get(&install)
}
