//! The people of the demonstration, each with a folder of their own, and the terminal it is shown on.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::fail::Failure;
use crate::shell;
use crate::ui;

/// Where everything is shown, and what was shown so far.
#[derive(Debug)]
pub(crate) struct Stage {
    folder: PathBuf,
    lines: Vec<String>,
    scene: usize,
    /// The sender and the settings that lead to the capture server.
    account: Option<(String, Vec<(&'static str, String)>)>,
}

impl Stage {
    /// Empties a folder for this run.
    pub(crate) fn make(folder: PathBuf) -> Result<Self, Failure> {
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| cannot("empty", &folder, &error))?;
        }
        fs::create_dir_all(&folder).map_err(|error| cannot("make", &folder, &error))?;
        Ok(Self { folder, lines: Vec::new(), scene: 0, account: None })
    }

    /// Returns everything that was shown.
    pub(crate) fn lines(&self) -> &[String] {
        &self.lines
    }

    /// Returns a place in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Returns the folder that has the keys and cards of a person.
    pub(crate) fn home(&self, person: &str) -> PathBuf {
        self.folder.join("home").join(person)
    }

    /// Writes a file and returns its name.
    pub(crate) fn file(&self, name: &str, text: &str) -> Result<String, Failure> {
        let path = self.path(name);
        fs::write(&path, text).map_err(|error| cannot("write", &path, &error))?;
        Ok(name.to_owned())
    }

    /// Writes the configuration of a person.
    pub(crate) fn configure(&self, person: &str, settings: &str) -> Result<(), Failure> {
        let folder = self.home(person).join("config");
        fs::create_dir_all(&folder).map_err(|error| cannot("make", &folder, &error))?;
        let path = folder.join("config.toml");
        fs::write(&path, format!("version = 1\n\n{settings}")).map_err(|error| cannot("write", &path, &error))
    }

    /// Shows the heading of a scene.
    pub(crate) fn title(&mut self, text: &str) {
        self.scene += 1;
        self.line("");
        self.line(&format!("== {}. {text}", self.scene));
    }

    /// Shows a line.
    pub(crate) fn say(&mut self, text: &str) {
        self.line(format!("  {text}").trim_end());
    }

    /// Has `zegel send` of a person go to the capture server.
    pub(crate) fn connect(&mut self, person: &str, capture: &Capture) {
        let settings = vec![
            ("ZEGEL_ADDRESS", person.to_owned()),
            ("ZEGEL_SMTP_HOST", capture.host.clone()),
            ("ZEGEL_SMTP_PORT", capture.port.clone()),
            ("ZEGEL_SMTP_TLS", "none".to_owned()),
            ("ZEGEL_SMTP_USERNAME", capture.user.clone()),
            ("ZEGEL_SMTP_PASSWORD", capture.password.clone()),
        ];
        self.account = Some((person.to_owned(), settings));
    }

    /// Pins the card of one person with another, without showing it.
    pub(crate) fn introduce(&mut self, to: &str, whose: &str) -> Result<(), Failure> {
        let card = self.path(&format!("{whose}.card")).display().to_string();
        self.quietly(whose, &["card", "export", "-o", &card, "--force"])?;
        self.show(to, &["card", "import", &format!("{whose}.card"), "--trust-file"])
    }

    /// Runs `zegel` as a person and shows the command and what it said; it must succeed.
    pub(crate) fn show(&mut self, person: &str, arguments: &[&str]) -> Result<(), Failure> {
        let output = self.shown(person, arguments)?;
        if output.status.success() {
            return Ok(());
        }
        Err(Failure::new(format!("`zegel {}` failed ({})", arguments.join(" "), output.status)))
    }

    /// Runs `zegel` as a person and shows it; it must end with this exit code.
    pub(crate) fn show_refusal(
        &mut self,
        person: &str,
        arguments: &[&str],
        code: i32,
    ) -> Result<(), Failure> {
        let output = self.shown(person, arguments)?;
        self.say(&format!("[exit code {}]", output.status.code().unwrap_or(-1)));
        if output.status.code() == Some(code) {
            return Ok(());
        }
        Err(Failure::new(format!("`zegel {}` should have ended with {code}", arguments.join(" "))))
    }

    /// Runs `zegel` as a person without showing anything; it must succeed.
    pub(crate) fn quietly(&mut self, person: &str, arguments: &[&str]) -> Result<(), Failure> {
        shell::output(self.zegel(person).args(arguments)).map(|_| ())
    }

    fn shown(&mut self, person: &str, arguments: &[&str]) -> Result<Output, Failure> {
        let who = person.split('@').next().unwrap_or(person).to_owned();
        self.line("");
        self.say(&format!("{who}$ zegel {}", typed(arguments)));
        let output = self
            .zegel(person)
            .args(arguments)
            .output()
            .map_err(|error| Failure::new(format!("zegel could not be started: {error}")))?;
        let said = [String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout)];
        for line in said.iter().flat_map(|text| text.lines()) {
            self.say(line);
        }
        Ok(output)
    }

    fn zegel(&self, person: &str) -> Command {
        let mut command = shell::command(shell::target().join("release/zegel"));
        command.current_dir(&self.folder).env("ZEGEL_HOME", self.home(person));
        if let Some((sender, settings)) = &self.account
            && sender == person
        {
            command.envs(settings.iter().map(|(name, value)| (name, value)));
        }
        command
    }

    fn line(&mut self, text: &str) {
        ui::result(text);
        self.lines.push(text.to_owned());
    }
}

/// The capture server of zegel-delivery, in a process of its own.
#[derive(Debug)]
pub(crate) struct Capture {
    child: Child,
    folder: PathBuf,
    name: &'static str,
    host: String,
    port: String,
    user: String,
    password: String,
}

impl Capture {
    /// Starts it; what it gets will lie in this folder of the stage.
    pub(crate) fn start(stage: &Stage, name: &'static str) -> Result<Self, Failure> {
        let folder = stage.path(name);
        let mut command = shell::command(shell::target().join("release/examples/capture"));
        let mut child = command
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| Failure::new(format!("the capture server could not be started: {error}")))?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out)
                .read_line(&mut line)
                .map_err(|error| Failure::new(format!("the capture server said nothing: {error}")))?;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let [address, user, password] = words.as_slice() else {
            return Err(Failure::new(format!("the capture server said {line:?}")));
        };
        let (host, port) = address.rsplit_once(':').unwrap_or((address, "25"));
        Ok(Self {
            child,
            folder,
            name,
            host: host.to_owned(),
            port: port.to_owned(),
            user: (*user).to_owned(),
            password: (*password).to_owned(),
        })
    }

    /// Stops it and returns the names of the mails that came, in order and as seen from the stage.
    pub(crate) fn stop(mut self) -> Result<Vec<String>, Failure> {
        drop(self.child.stdin.take());
        let status =
            self.child.wait().map_err(|error| Failure::new(format!("the capture server: {error}")))?;
        if !status.success() {
            return Err(Failure::new(format!("the capture server failed ({status})")));
        }
        let names = (1..).map(|number| format!("{number}.eml"));
        let came = names.take_while(|name| self.folder.join(name).is_file());
        Ok(came.map(|name| format!("{}/{name}", self.name)).collect())
    }
}

/// Returns arguments as one would type them.
fn typed(arguments: &[&str]) -> String {
    let quoted = arguments
        .iter()
        .map(|word| if word.contains([' ', '"', '<']) { format!("'{word}'") } else { (*word).to_owned() });
    quoted.collect::<Vec<String>>().join(" ")
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot {what} {}: {error}", path.display()))
}
