//! `cargo xtask dist`: a tarball and a `.deb`, the same bytes from the same commit wherever they are built.

mod licences;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::fail::Failure;
use crate::shell;
use crate::ui;

/// Where the packages go, in the repository; git ignores it.
const DIST: &str = "dist";

/// Makes the packages, or proves that they can be made twice.
///
/// # Errors
/// When the build or a packaging tool fails, or two builds differ.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    match arguments {
        [] => make(),
        [only] if only == "--verify" => verify(),
        _ => Err(Failure::usage(format!("dist does not know {arguments:?}"))),
    }
}

/// What every packaging step needs to know.
struct Release {
    version: String,
    /// Seconds since 1970 of the commit: the only time that appears in a package.
    epoch: String,
    /// Where files are put together.
    stage: PathBuf,
    /// Where packages go.
    out: PathBuf,
    binary: PathBuf,
}

fn make() -> Result<(), Failure> {
    let release = Release {
        version: version()?,
        epoch: epoch()?,
        stage: shell::target().join("dist-stage"),
        out: shell::root().join(DIST),
        binary: build()?,
    };
    if release.stage.exists() {
        fs::remove_dir_all(&release.stage).map_err(|error| cannot("empty", &release.stage, &error))?;
    }
    fs::create_dir_all(&release.out).map_err(|error| cannot("make", &release.out, &error))?;
    let notices = licences::collect("zegel")?;
    let packages = [release.tarball(&notices)?, release.deb(&notices)?];
    let mut sums = String::new();
    for package in &packages {
        let name = package.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let sum = shell::output(shell::command("sha256sum").arg(&name).current_dir(&release.out))?;
        sums.push_str(&sum);
        ui::result(&package.display().to_string());
    }
    write(&release.out.join("SHA256SUMS"), &sums)?;
    ui::note(sums.trim_end());
    Ok(())
}

/// Builds `zegel` so that no path of this machine is in it.
fn build() -> Result<PathBuf, Failure> {
    let home = std::env::var_os("CARGO_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cargo"),
        PathBuf::from,
    );
    let sysroot = shell::output(shell::command("rustc").args(["--print", "sysroot"]))?;
    // A folder of its own, so that the flags below do not make the everyday build start over.
    let target = shell::target().join("dist-build");
    // The last one that matches wins, so the widest stands first.
    let places = [
        (home, "/cargo"),
        (PathBuf::from(sysroot.trim()), "/rust"),
        (shell::root(), "/zegel"),
        (target.clone(), "/target"),
    ];
    let flags: Vec<String> =
        places.iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())).collect();
    let c_flags: Vec<String> = places
        .iter()
        .map(|(from, to)| quoted(&format!("-ffile-prefix-map={}={to}", from.display())))
        .collect();
    shell::run(
        shell::cargo()
            .args(["build", "--profile", "dist", "--locked", "--package", "zegel", "--target-dir"])
            .arg(&target)
            // Separated by a byte that no path has, so that folders with blanks work.
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
            .env("CFLAGS", c_flags.join(" "))
            // Else a folder with a blank in its name would be two flags.
            .env("CC_SHELL_ESCAPED_FLAGS", "1")
            .env("SOURCE_DATE_EPOCH", epoch()?),
    )?;
    Ok(target.join("dist/zegel"))
}

/// Quotes a word for a shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

impl Release {
    /// Makes `zegel-VERSION-x86_64-linux.tar.gz`.
    fn tarball(&self, notices: &str) -> Result<PathBuf, Failure> {
        let name = format!("zegel-{}-{}-linux", self.version, std::env::consts::ARCH);
        let top = self.stage.join("tarball").join(&name);
        self.copy(&self.binary, &top.join("bin/zegel"), 0o755)?;
        self.generate(&top.join("share/man/man1"), &top.join("completions"))?;
        for document in ["LICENSE", "README.md", "CHANGELOG.md", "SECURITY.md", "docs/exit-codes.md"] {
            self.copy(&shell::root().join(document), &top.join(document), 0o644)?;
        }
        self.put(&top.join("THIRD-PARTY.txt"), notices)?;
        let archive = self.out.join(format!("{name}.tar.gz"));
        let mut tar = shell::command("tar");
        tar.args(["--create", "--format=gnu", "--sort=name", "--owner=0", "--group=0", "--numeric-owner"])
            .arg(format!("--mtime=@{}", self.epoch))
            .args(["--mode=go=rX,u+rw,a-s", "--use-compress-program=gzip -9 -n", "--file"])
            .arg(&archive)
            .arg("--directory")
            .arg(self.stage.join("tarball"))
            .arg(&name);
        shell::run(&mut tar)?;
        Ok(archive)
    }

    /// Makes `zegel_VERSION_amd64.deb`.
    fn deb(&self, notices: &str) -> Result<PathBuf, Failure> {
        let top = self.stage.join("deb");
        let share = top.join("usr/share");
        self.copy(&self.binary, &top.join("usr/bin/zegel"), 0o755)?;
        let generated = self.stage.join("generated");
        let (pages, scripts) = (generated.join("man1"), generated.join("completions"));
        self.generate(&pages, &scripts)?;
        for page in list(&pages)? {
            self.copy(&page, &share.join("man/man1").join(page.file_name().unwrap_or_default()), 0o644)?;
        }
        self.copy(&scripts.join("zegel.bash"), &share.join("bash-completion/completions/zegel"), 0o644)?;
        self.copy(&scripts.join("_zegel"), &share.join("zsh/vendor-completions/_zegel"), 0o644)?;
        self.copy(&scripts.join("zegel.fish"), &share.join("fish/vendor_completions.d/zegel.fish"), 0o644)?;
        let documents = share.join("doc/zegel");
        for name in ["README.md", "SECURITY.md", "docs/exit-codes.md"] {
            let from = shell::root().join(name);
            self.copy(&from, &documents.join(from.file_name().unwrap_or_default()), 0o644)?;
        }
        self.copy(&shell::root().join("CHANGELOG.md"), &documents.join("changelog"), 0o644)?;
        let licence = fs::read_to_string(shell::root().join("LICENSE"))
            .map_err(|error| cannot("read", &shell::root().join("LICENSE"), &error))?;
        self.put(&documents.join("copyright"), &format!("{}\n{licence}\n{notices}", copyright()))?;
        let mut zip = shell::command("gzip");
        zip.args(["-9", "-n", "--recursive"]).arg(share.join("man")).arg(documents.join("changelog"));
        shell::run(&mut zip)?;
        self.put(&top.join("DEBIAN/control"), &self.control(&top)?)?;
        self.put(&top.join("DEBIAN/md5sums"), &md5sums(&top)?)?;
        self.same_time_and_mode(&top)?;
        let package = self.out.join(format!("zegel_{}_{}.deb", self.version, architecture()));
        shell::run(
            shell::command("dpkg-deb")
                // One thread, because the number of threads shows in the compressed bytes.
                .args(["--root-owner-group", "-Zxz", "--threads-max=1", "--build"])
                .arg(&top)
                .arg(&package)
                .env("SOURCE_DATE_EPOCH", &self.epoch),
        )?;
        Ok(package)
    }

    fn control(&self, top: &Path) -> Result<String, Failure> {
        let binary = fs::read(&self.binary).map_err(|error| cannot("read", &self.binary, &error))?;
        let libc = newest_glibc(&binary).unwrap_or_else(|| "2.36".to_owned());
        let bytes: u64 =
            files_under(top)?.iter().map(|path| fs::metadata(path).map_or(0, |facts| facts.len())).sum();
        let lines = [
            "Package: zegel".to_owned(),
            format!("Version: {}", self.version),
            format!("Architecture: {}", architecture()),
            "Maintainer: The Zegel maintainers <maintainers@example.org>".to_owned(),
            format!("Installed-Size: {}", bytes.div_ceil(1024)),
            format!("Depends: libc6 (>= {libc}), libgcc-s1"),
            "Recommends: ca-certificates".to_owned(),
            "Suggests: gnome-keyring".to_owned(),
            "Section: mail".to_owned(),
            "Priority: optional".to_owned(),
            "Description: seal, send and open end-to-end encrypted mail".to_owned(),
            " Every recipient is sealed to or nothing is sent. A sealed message is ordinary age".to_owned(),
            " files in a tar with an OpenSSH signature, so stock tools open and verify it.".to_owned(),
        ];
        Ok(lines.join("\n") + "\n")
    }

    /// Has the program write its own manual pages and completions.
    fn generate(&self, pages: &Path, scripts: &Path) -> Result<(), Failure> {
        for folder in [pages, scripts] {
            fs::create_dir_all(folder).map_err(|error| cannot("make", folder, &error))?;
        }
        let zegel = || {
            let mut command: Command = shell::command(&self.binary);
            command.env("SOURCE_DATE_EPOCH", &self.epoch).env("NO_COLOR", "1");
            command
        };
        shell::run(zegel().args(["--quiet", "man"]).arg(pages))?;
        for (shell_name, file) in [("bash", "zegel.bash"), ("zsh", "_zegel"), ("fish", "zegel.fish")] {
            let script = shell::output(zegel().args(["completions", shell_name]))?;
            self.put(&scripts.join(file), &script)?;
        }
        Ok(())
    }

    fn put(&self, path: &Path, text: &str) -> Result<(), Failure> {
        make_parent(path)?;
        write(path, text)?;
        mode(path, 0o644)
    }

    fn copy(&self, from: &Path, to: &Path, bits: u32) -> Result<(), Failure> {
        make_parent(to)?;
        fs::copy(from, to).map_err(|error| cannot("copy", from, &error))?;
        mode(to, bits)
    }

    /// Gives every file and folder the time of the commit, and folders the usual mode whatever the umask is.
    fn same_time_and_mode(&self, top: &Path) -> Result<(), Failure> {
        let date = format!("@{}", self.epoch);
        shell::run(
            shell::command("find").arg(top).args(["-type", "d", "-exec", "chmod", "0755", "{}", "+"]),
        )?;
        shell::run(shell::command("find").arg(top).args(["-exec", "touch", "--date", &date, "{}", "+"]))
    }
}

/// Builds the last commit twice, in two folders of different length, and compares the packages.
fn verify() -> Result<(), Failure> {
    let base = shell::target().join("dist-verify");
    if base.exists() {
        fs::remove_dir_all(&base).map_err(|error| cannot("empty", &base, &error))?;
    }
    let program = std::env::current_exe().map_err(|error| Failure::new(format!("who am I? {error}")))?;
    let mut packages = Vec::new();
    for name in ["a", "another folder"] {
        let folder = base.join(name);
        ui::heading(&format!("building in {}", folder.display()));
        let mut clone = shell::command("git");
        clone.args(["clone", "--quiet", "--no-hardlinks"]).arg(shell::root()).arg(&folder);
        shell::run(&mut clone)?;
        shell::run(
            shell::command(&program)
                .arg("dist")
                .current_dir(&folder)
                .env("CARGO_MANIFEST_DIR", folder.join("crates/xtask"))
                .env("CARGO_TARGET_DIR", folder.join("target")),
        )?;
        packages.push(list(&folder.join(DIST))?);
    }
    let [first, second] = packages.as_slice() else { return Err(Failure::new("two builds were expected")) };
    if first.len() != second.len() || first.is_empty() {
        return Err(Failure::new("the two builds did not make the same packages"));
    }
    for (one, other) in first.iter().zip(second) {
        shell::run(shell::command("cmp").arg(one).arg(other)).map_err(|failure| {
            failure.hint("diffoscope shows where two packages differ; both folders were kept")
        })?;
        ui::result(&format!("identical: {}", one.file_name().unwrap_or_default().to_string_lossy()));
    }
    fs::remove_dir_all(&base).map_err(|error| cannot("remove", &base, &error))
}

fn version() -> Result<String, Failure> {
    let text =
        shell::output(shell::cargo().args(["metadata", "--format-version", "1", "--no-deps", "--locked"]))?;
    let metadata: Value = serde_json::from_str(&text).unwrap_or_default();
    let packages = metadata.get("packages").and_then(Value::as_array).cloned().unwrap_or_default();
    let zegel = packages.iter().find(|package| package.get("name").and_then(Value::as_str) == Some("zegel"));
    let version = zegel.and_then(|package| package.get("version")).and_then(Value::as_str);
    version.map(str::to_owned).ok_or_else(|| Failure::new("cargo metadata does not know zegel"))
}

fn epoch() -> Result<String, Failure> {
    if let Ok(given) = std::env::var("SOURCE_DATE_EPOCH") {
        return Ok(given);
    }
    let time = shell::output(shell::command("git").args(["log", "-1", "--format=%ct"]))?;
    Ok(time.trim().to_owned())
}

/// Returns the newest version of the C library that a program asks for.
fn newest_glibc(binary: &[u8]) -> Option<String> {
    const MARK: &[u8] = b"GLIBC_2.";
    let minor = |rest: &[u8]| -> Option<u32> {
        let digits: String =
            rest.iter().take_while(|byte| byte.is_ascii_digit()).map(|byte| char::from(*byte)).collect();
        digits.parse().ok()
    };
    let found =
        binary.windows(MARK.len() + 3).filter_map(|window| window.strip_prefix(MARK)).filter_map(minor).max();
    found.map(|minor| format!("2.{minor}"))
}

fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "aarch64" => "arm64",
        "x86_64" => "amd64",
        other => other,
    }
}

fn copyright() -> &'static str {
    "Zegel is free software under the Apache License 2.0. Below are its text, and the notices of the libraries in the program.\n"
}

fn md5sums(top: &Path) -> Result<String, Failure> {
    let mut sums = shell::command("md5sum");
    sums.current_dir(top);
    let mut names = Vec::new();
    for path in files_under(top)? {
        let name = path.strip_prefix(top).unwrap_or(&path).to_path_buf();
        if !name.starts_with("DEBIAN") {
            names.push(name);
        }
    }
    shell::output(sums.args(names))
}

/// Returns all files below a folder, in order.
fn files_under(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in list(folder)? {
        if path.is_dir() {
            found.extend(files_under(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(folder).map_err(|error| cannot("read", folder, &error))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    Ok(paths)
}

fn make_parent(path: &Path) -> Result<(), Failure> {
    match path.parent() {
        Some(parent) => fs::create_dir_all(parent).map_err(|error| cannot("make", parent, &error)),
        None => Ok(()),
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| cannot("write", path, &error))
}

fn mode(path: &Path, bits: u32) -> Result<(), Failure> {
    fs::set_permissions(path, fs::Permissions::from_mode(bits))
        .map_err(|error| cannot("change", path, &error))
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot {what} {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_glibc_is_the_largest_number_not_the_last() {
        assert_eq!(newest_glibc(b"..GLIBC_2.34\0GLIBC_2.9\0GLIBC_2.2.5\0....").unwrap(), "2.34");
        assert_eq!(newest_glibc(b"nothing"), None);
    }
}
