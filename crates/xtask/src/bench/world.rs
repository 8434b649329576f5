//! Keys, inputs and command lines of every tool that is measured.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::measure::{self, Afterwards, Contender};
use crate::fail::Failure;
use crate::shell;

/// A program that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    /// Ours. Hybrid keys, a signature, an envelope for the sender too.
    Zegel,
    /// Rust implementation of age, classic keys.
    Rage,
    /// Go implementation of age, classic keys.
    Age,
    /// GnuPG, classic keys, no compression.
    Gpg,
}

impl Tool {
    /// All of them, ours first.
    pub(crate) const ALL: [Self; 4] = [Self::Zegel, Self::Rage, Self::Age, Self::Gpg];

    /// Returns the name of the program.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Zegel => "zegel",
            Self::Rage => "rage",
            Self::Age => "age",
            Self::Gpg => "gpg",
        }
    }
}

/// What is sealed.
#[derive(Debug)]
pub(crate) enum Input {
    /// A file; Zegel attaches it to a short mail.
    File(PathBuf),
    /// A mail; the others take it as a file.
    Mail(PathBuf),
}

impl Input {
    fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Mail(path) => path,
        }
    }
}

/// A folder with the keys of one sender and many recipients, for every tool; removed in the end.
#[derive(Debug)]
pub(crate) struct World {
    folder: PathBuf,
    zegel: PathBuf,
    rage: PathBuf,
    age_recipients: Vec<String>,
}

impl World {
    /// Makes the keys. Without a folder it takes memory (`/dev/shm`), so that the disk is not what is measured.
    pub(crate) fn make(folder: Option<PathBuf>, rage: PathBuf, recipients: usize) -> Result<Self, Failure> {
        let memory = PathBuf::from("/dev/shm");
        let base = folder.unwrap_or_else(|| if memory.is_dir() { memory } else { std::env::temp_dir() });
        let folder = base.join(format!("zegel-bench-{}", std::process::id()));
        // Short, because gpg-agent's socket lies in it and a socket's path may have 107 bytes.
        fs::create_dir_all(folder.join("gpg")).map_err(|error| cannot("make", &folder, &error))?;
        let zegel = install()?;
        let mut world = Self { folder, zegel, rage, age_recipients: Vec::new() };
        shell::run(shell::command("chmod").arg("700").arg(&world.folder).arg(world.folder.join("gpg")))?;
        for number in 0..=recipients {
            world.make_zegel_person(number)?;
            world.make_age_person(number)?;
            world.make_gpg_person(number)?;
        }
        Ok(world)
    }

    /// Makes mails of about `size` bytes of text, the same one to each number of recipients, and returns the one to a single person.
    pub(crate) fn mail(&self, size: usize, counts: &[usize]) -> Result<Input, Failure> {
        let mut body = String::new();
        let mut state = 1;
        while body.len() < size {
            let _ = write!(
                body,
                "line {:016x} of a letter that says nothing in particular\r\n",
                next(&mut state)
            );
        }
        for count in counts {
            let to: Vec<String> = (1..=*count).map(address).collect();
            let path = self.mail_to(*count);
            let mail = format!(
                "From: {}\r\nTo: {}\r\nSubject: Measured\r\nDate: Sat, 21 Nov 2026 09:00:00 +0000\r\n\
                 Message-ID: <measured@example.org>\r\nMIME-Version: 1.0\r\n\
                 Content-Type: text/plain; charset=utf-8\r\n\r\n{body}",
                address(0),
                to.join(",\r\n "),
            );
            fs::write(&path, mail).map_err(|error| cannot("write", &path, &error))?;
        }
        Ok(Input::Mail(self.mail_to(1)))
    }

    /// Makes a file of random-looking bytes.
    pub(crate) fn file(&self, name: &str, size: usize) -> Result<Input, Failure> {
        let path = self.folder.join(name.replace(' ', "-"));
        let write = || -> std::io::Result<()> {
            let mut out = BufWriter::with_capacity(1 << 20, fs::File::create(&path)?);
            let mut state = 2;
            for _ in 0..size / 8 {
                out.write_all(&next(&mut state).to_le_bytes())?;
            }
            out.flush()
        };
        write().map_err(|error| cannot("write", &path, &error))?;
        Ok(Input::File(path))
    }

    /// Removes an input and everything made from it.
    pub(crate) fn forget(&self, input: &Input) {
        // What is left goes with the folder in the end.
        let _ = fs::remove_file(input.path());
        for tool in Tool::ALL {
            let _ = fs::remove_file(self.sealed(tool));
            let _ = fs::remove_file(self.opened(tool));
            let _ = fs::remove_dir_all(self.opened(tool));
        }
    }

    /// Returns the command that only starts and ends.
    pub(crate) fn version(&self, tool: Tool) -> Contender {
        self.contender(tool, &["--version"], None)
    }

    /// Returns the command that seals an input to so many recipients.
    pub(crate) fn seal(&self, tool: Tool, input: &Input, recipients: usize) -> Contender {
        let output = self.sealed(tool);
        let out = text(&output);
        let path = text(input.path());
        let mut words: Vec<String> = Vec::new();
        match (tool, input) {
            (Tool::Zegel, Input::Mail(_)) => {
                words.extend(["--quiet", "seal"].map(str::to_owned));
                words.extend([text(&self.mail_to(recipients)), "-o".to_owned(), out]);
            }
            (Tool::Zegel, Input::File(_)) => {
                words.extend(["--quiet", "seal", "--subject", "Measured", "--body", "x"].map(str::to_owned));
                for number in 1..=recipients {
                    words.extend(["--to".to_owned(), address(number)]);
                }
                words.extend(["--attach".to_owned(), path, "-o".to_owned(), out]);
            }
            (Tool::Rage | Tool::Age, _) => {
                for recipient in self.age_recipients.iter().skip(1).take(recipients) {
                    words.extend(["-r".to_owned(), recipient.clone()]);
                }
                words.extend(["-o".to_owned(), out, path]);
            }
            (Tool::Gpg, _) => {
                words.extend(
                    ["--compress-algo", "none", "--trust-model", "always", "--encrypt"].map(str::to_owned),
                );
                for number in 1..=recipients {
                    words.extend(["-r".to_owned(), address(number)]);
                }
                words.extend(["-o".to_owned(), out, path]);
            }
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.contender(tool, &words, Some(output))
    }

    /// Returns the command that opens what `seal` made of an input, as the first recipient.
    pub(crate) fn open(&self, tool: Tool, input: &Input) -> Contender {
        let sealed = text(&self.sealed(tool));
        let output = self.opened(tool);
        let out = text(&output);
        let key = text(&self.age_key(1));
        let words: Vec<&str> = match (tool, input) {
            (Tool::Zegel, Input::Mail(_)) => vec!["--quiet", "open", &sealed, "--eml", &out],
            (Tool::Zegel, Input::File(_)) => vec!["--quiet", "open", &sealed, "--extract", &out],
            (Tool::Rage | Tool::Age, _) => vec!["-d", "-i", &key, "-o", &out, &sealed],
            (Tool::Gpg, _) => vec!["-o", &out, "--decrypt", &sealed],
        };
        let mut contender = self.contender(tool, &words, Some(output));
        contender.afterwards = Afterwards::Remove;
        if tool == Tool::Zegel {
            contender.environment = vec![("ZEGEL_HOME", text(&self.home(1)))];
        }
        contender
    }

    /// Opens once more and fails if that does not give what was sealed; a mail of ours is rebuilt, so only its size is
    /// looked at.
    pub(crate) fn check(&self, tool: Tool, input: &Input) -> Result<(), Failure> {
        let contender = self.open(tool, input);
        measure::once(&contender)?;
        let mut opened = self.opened(tool);
        if let (Tool::Zegel, Input::File(path)) = (tool, input) {
            opened = opened.join(path.file_name().unwrap_or_default());
        }
        let same = match (tool, input) {
            (Tool::Zegel, Input::Mail(path)) => length(&opened)? >= length(path)? / 2,
            _ => shell::succeeds(shell::command("cmp").arg("--quiet").arg(input.path()).arg(&opened)),
        };
        measure::remove(&contender);
        if same {
            return Ok(());
        }
        Err(Failure::new(format!(
            "{} did not give back what it was given: {}",
            tool.name(),
            opened.display()
        )))
    }

    /// Returns the kind of file system that was used.
    pub(crate) fn filesystem(&self) -> String {
        let text =
            shell::output(shell::command("stat").args(["--file-system", "--format=%T"]).arg(&self.folder));
        text.map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
    }

    fn contender(&self, tool: Tool, arguments: &[&str], output: Option<PathBuf>) -> Contender {
        let (program, environment) = match tool {
            Tool::Zegel => (text(&self.zegel), vec![("ZEGEL_HOME", text(&self.home(0)))]),
            Tool::Rage => (text(&self.rage), Vec::new()),
            Tool::Age => ("age".to_owned(), Vec::new()),
            Tool::Gpg => ("gpg".to_owned(), vec![("GNUPGHOME", text(&self.gpg_home()))]),
        };
        let mut words = vec![program];
        if tool == Tool::Gpg {
            words.extend(["--batch", "--quiet", "--yes"].map(str::to_owned));
        }
        words.extend(arguments.iter().map(|word| (*word).to_owned()));
        Contender { words, environment, output, afterwards: Afterwards::Keep }
    }

    fn home(&self, person: usize) -> PathBuf {
        self.folder.join(format!("home-{person}"))
    }

    fn gpg_home(&self) -> PathBuf {
        self.folder.join("gpg")
    }

    fn age_key(&self, person: usize) -> PathBuf {
        self.folder.join(format!("age-{person}.key"))
    }

    fn mail_to(&self, recipients: usize) -> PathBuf {
        self.folder.join(format!("mail-{recipients}.eml"))
    }

    fn sealed(&self, tool: Tool) -> PathBuf {
        self.folder.join(format!("sealed.{}", tool.name()))
    }

    fn opened(&self, tool: Tool) -> PathBuf {
        self.folder.join(format!("opened.{}", tool.name()))
    }

    /// The sender (0) and the first recipient (1) pin each other; the others are pinned by the sender.
    fn make_zegel_person(&self, person: usize) -> Result<(), Failure> {
        let zegel = |home: usize, arguments: &[&str]| {
            let mut command = shell::command(&self.zegel);
            command.arg("--quiet").args(arguments).env("ZEGEL_HOME", self.home(home));
            shell::output(&mut command).map(|_| ())
        };
        let card = text(&self.folder.join(format!("card-{person}")));
        zegel(person, &["identity", "new", "--address", &address(person), "--store", "plain"])?;
        zegel(person, &["card", "export", "-o", &card])?;
        if person > 0 {
            zegel(0, &["card", "import", &card, "--trust-file"])?;
        }
        if person == 1 {
            zegel(1, &["card", "import", &text(&self.folder.join("card-0")), "--trust-file"])?;
        }
        Ok(())
    }

    fn make_age_person(&mut self, person: usize) -> Result<(), Failure> {
        let key = self.age_key(person);
        shell::output(shell::command("age-keygen").arg("-o").arg(&key))?;
        let recipient = shell::output(shell::command("age-keygen").arg("-y").arg(&key))?;
        self.age_recipients.push(recipient.trim().to_owned());
        Ok(())
    }

    fn make_gpg_person(&self, person: usize) -> Result<(), Failure> {
        let arguments = ["--batch", "--quiet", "--passphrase", "", "--quick-generate-key"];
        let mut command = shell::command("gpg");
        command.args(arguments).args([&address(person), "future-default", "default", "never"]);
        shell::output(command.env("GNUPGHOME", self.gpg_home())).map(|_| ())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // The agent that gpg started would otherwise outlive its folder.
        let mut gpgconf = shell::command("gpgconf");
        shell::succeeds(gpgconf.args(["--kill", "all"]).env("GNUPGHOME", self.gpg_home()));
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            crate::ui::note(&format!("{} could not be removed: {error}", self.folder.display()));
        }
    }
}

/// Copies the program, as a package manager does and as the others are installed: a linker leaves its output in memory in
/// small pieces, which makes every start of that very file slower.
fn install() -> Result<PathBuf, Failure> {
    let folder = shell::target().join("bench");
    let installed = folder.join("zegel");
    fs::create_dir_all(&folder).map_err(|error| cannot("make", &folder, &error))?;
    // Anew, for a file that is overwritten keeps its pieces.
    let _ = fs::remove_file(&installed);
    fs::copy(shell::target().join("dist/zegel"), &installed)
        .map_err(|error| cannot("write", &installed, &error))?;
    Ok(installed)
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn length(path: &Path) -> Result<u64, Failure> {
    fs::metadata(path).map(|facts| facts.len()).map_err(|error| cannot("look at", path, &error))
}

/// Returns the next of a fixed sequence of numbers that compress badly (splitmix64).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn address(number: usize) -> String {
    format!("person{number}@example.org")
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot {what} {}: {error}", path.display()))
}
