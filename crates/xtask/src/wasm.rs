//! `cargo xtask wasm`: the core as WebAssembly, built and used under Node.

use std::path::PathBuf;
use std::process::Command;

use crate::fail::Failure;
use crate::shell;
use crate::tools::{self, Set};
use crate::ui;

const TARGET: &str = "wasm32-unknown-unknown";

/// Builds the core for wasm and runs its round trip.
///
/// # Errors
/// When a tool cannot be installed, the build fails, or the round trip does.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    match arguments {
        [] => {
            tools::install(Set::Wasm)?;
            round_trip()
        }
        [only] if only == "--build-only" => {
            tools::install(Set::Wasm)?;
            build().map(|_| ())
        }
        _ => Err(Failure::usage(format!("wasm does not know {arguments:?}"))),
    }
}

/// Builds the module and runs its round trip under Node.
pub(crate) fn round_trip() -> Result<(), Failure> {
    let module = build()?;
    shell::run(shell::command("node").arg(shell::root().join("tests/wasm/run.mjs")).arg(module))
}

/// Builds `tests/wasm`, which is zegel-core behind a few C functions, and returns the module.
pub(crate) fn build() -> Result<PathBuf, Failure> {
    let manifest = shell::root().join("tests/wasm/Cargo.toml");
    // A target folder of its own: another compiler fills it, and nobody waits for the lock of the other.
    let folder = shell::target().join("wasm");
    let mut cargo = compiler();
    cargo
        .args(["build", "--release", "--locked", "--target", TARGET, "--manifest-path"])
        .arg(&manifest)
        .env("CARGO_TARGET_DIR", &folder);
    shell::run(&mut cargo).map_err(|failure| {
        failure.hint(
            "if its lock file is behind ours: cargo update --workspace --manifest-path tests/wasm/Cargo.toml",
        )
    })?;
    let module = folder.join(TARGET).join("release/zegel_wasm.wasm");
    let size = std::fs::metadata(&module)
        .map_err(|error| Failure::new(format!("{} was not built: {error}", module.display())))?
        .len();
    ui::note(&format!("{}: {size} bytes", module.display()));
    Ok(module)
}

/// Returns the cargo that can build for wasm: rustup's where it has the target, else Debian's, which builds std itself.
fn compiler() -> Command {
    if tools::rustup_has_wasm() {
        return shell::cargo();
    }
    let mut cargo = shell::command("/usr/bin/cargo");
    cargo
        .args(["-Zbuild-std=std,panic_abort"])
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-19")
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("CARGO");
    cargo
}
