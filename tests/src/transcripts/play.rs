//! Plays a transcript and writes down what happened.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use zegel_testkit::zegel_binary;
use zegel_wire::exit::Exit;

use super::file::{Section, Transcript, words};
use super::normal::Normal;
use super::server::Server;
use crate::e2e::world::{PEOPLE, Ran, Screen, World, finish};

/// Where the test puts things for its own use; not part of what a run changes.
const OURS: [&str; 2] = ["received", "outputs"];

/// What a transcript allows a refused run to do.
#[derive(Default)]
struct Allowed {
    change: bool,
    mail: bool,
    no_hint: bool,
}

/// A run that is still being read.
struct Run {
    who: String,
    line: String,
    screen: Screen,
    stdin: Vec<u8>,
    environment: Vec<(String, String)>,
}

/// Plays every section in order; returns the transcript as it is now, and broken promises.
pub(super) fn play(before: &Transcript) -> (Transcript, Vec<String>) {
    let mut stage = Stage::new();
    let mut after = Transcript { title: before.title.clone(), sections: Vec::new() };
    let mut run: Option<Run> = None;
    for section in before.sections.iter().filter(|section| !section.is_output()) {
        if let Some(done) = run.take_if(|_| !matches!(section.kind.as_str(), "stdin" | "env")) {
            after.sections.extend(stage.run(&done));
        }
        stage.section(section, &mut run);
        after.sections.push(section.clone());
    }
    if let Some(done) = run {
        after.sections.extend(stage.run(&done));
    }
    (after, std::mem::take(&mut stage.broken))
}

struct Stage {
    world: World,
    server: Option<Server>,
    allowed: Allowed,
    broken: Vec<String>,
    disks: Vec<PathBuf>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        for disk in &self.disks {
            let _ = Command::new("umount").arg(disk).status();
        }
    }
}

impl Stage {
    fn new() -> Self {
        let world = World::new();
        fs::create_dir(world.join("outputs")).unwrap();
        Self { world, server: None, allowed: Allowed::default(), broken: Vec::new(), disks: Vec::new() }
    }

    fn section(&mut self, section: &Section, run: &mut Option<Run>) {
        let body = self.fill(&section.body);
        match (section.kind.as_str(), run) {
            ("allow", _) => match section.argument.as_str() {
                "change" => self.allowed.change = true,
                "mail" => self.allowed.mail = true,
                "no hint" => self.allowed.no_hint = true,
                other => panic!("nothing to allow: {other}"),
            },
            ("file", _) => self.file(&section.argument, &body),
            ("disk", _) => self.disk(&section.argument),
            ("server", _) => {
                // The one before goes first: it may be waiting for its turn.
                self.server = None;
                self.server = Some(Server::start(section, &self.world));
            }
            ("setup", _) => self.setup(&body),
            ("run", run) | ("terminal", run) => {
                let screen = if section.kind == "run" { Screen::Pipes } else { Screen::Terminal };
                *run = Some(Run {
                    who: section.argument.clone(),
                    line: body,
                    screen,
                    stdin: Vec::new(),
                    environment: Vec::new(),
                });
            }
            ("stdin", Some(run)) => run.stdin = body.into_bytes(),
            ("env", Some(run)) => {
                let pairs = body.lines().filter_map(|line| line.split_once('='));
                run.environment.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
            }
            (other, _) => panic!("no section {other}"),
        }
    }

    /// Fills in what a transcript cannot know.
    fn fill(&self, text: &str) -> String {
        let port = self.server.as_ref().map(|server| server.port().to_string()).unwrap_or_default();
        text.replace("$ROOT", self.world.root().to_str().unwrap()).replace("$PORT", &port)
    }

    /// Mounts a small disk: `work/disk 16k`.
    fn disk(&mut self, argument: &str) {
        let (name, size) = argument.split_once(' ').unwrap();
        let place = self.world.join(name);
        fs::create_dir_all(&place).unwrap();
        let options = format!("size={size}");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "none"]).arg(&place).status().unwrap();
        assert!(mounted.success(), "a small disk can be mounted by root only");
        self.disks.push(place);
    }

    fn file(&self, argument: &str, body: &str) {
        let (mode, name) = argument.split_once(' ').unwrap_or(("0644", argument));
        let path = self.world.write(name, body);
        fs::set_permissions(path, fs::Permissions::from_mode(u32::from_str_radix(mode, 8).unwrap())).unwrap();
    }

    /// Runs shell commands; everybody's name runs the program for them.
    fn setup(&self, body: &str) {
        let mut script = String::from("set -eu\n");
        for (who, ..) in PEOPLE {
            let home = self.world.home(who);
            script.push_str(&format!("{who}() {{ ZEGEL_HOME='{}' \"$ZEGEL\" \"$@\"; }}\n", home.display()));
        }
        script.push_str(body);
        let output = Command::new("/bin/sh")
            .arg("-c")
            .arg(script)
            .env_clear()
            .envs(self.world.environment("alice"))
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("ZEGEL", zegel_binary())
            .current_dir(self.world.join("work"))
            .output()
            .unwrap();
        let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "setup failed: {}{}", told(&output.stdout), told(&output.stderr));
    }

    fn run(&mut self, run: &Run) -> Vec<Section> {
        if let Some(server) = &mut self.server {
            server.mark();
        }
        let before = self.world.listing(&OURS);
        let normal = self.normal();
        let ran = self.start(run);
        let after = self.world.listing(&OURS);
        let changes = changes(&before, &after);
        let mail = self.server.as_ref().is_some_and(Server::got_mail);
        let saw = self.server.as_ref().map(|server| server.saw(&self.world));
        self.judge(run, &ran, &changes, mail);
        let mut sections = vec![Section::new("code", ran.code.to_string(), "")];
        let stdout = match String::from_utf8(ran.stdout.clone()) {
            Ok(text) => collapse(&text),
            Err(_) => binary(&ran.stdout),
        };
        for (kind, text) in [("stdout", stdout), ("stderr", ran.stderr)] {
            if !text.is_empty() {
                sections.push(Section::new(kind, "", normal.text(&text)));
            }
        }
        sections.push(Section::new("files", "", normal.text(&changes)));
        if let Some(saw) = saw {
            sections.push(Section::new("sent", "", normal.text(&saw)));
        }
        sections
    }

    fn normal(&self) -> Normal {
        let port =
            self.server.as_ref().map(|server| (format!("localhost:{}", server.port()), "localhost:PORT"));
        let bare = self.server.as_ref().map(|server| (format!("\"port\":{}", server.port()), "\"port\":0"));
        Normal::new(&self.world, &port.into_iter().chain(bare).collect::<Vec<_>>())
    }

    fn start(&self, run: &Run) -> Ran {
        let mut arguments = words(&run.line);
        let program = arguments.remove(0);
        let mut command = match (program.as_str(), run.screen) {
            ("zegel", Screen::Pipes) => self.world.command(&run.who, &arguments),
            (_, Screen::Pipes) => self.under_another_name(&program, &run.who, &arguments),
            (_, Screen::Terminal) => self.on_a_terminal(&run.who, &arguments),
        };
        for (name, value) in &run.environment {
            match value.as_str() {
                "(unset)" => command.env_remove(name),
                _ => command.env(name, value),
            };
        }
        finish(command, &run.stdin)
    }

    /// Runs the program under the name of another, such as `sendmail`.
    fn under_another_name(&self, name: &str, who: &str, arguments: &[String]) -> Command {
        let link = self.world.join("outputs").join(name);
        if !link.exists() {
            std::os::unix::fs::symlink(zegel_binary(), &link).unwrap();
        }
        let mut command = Command::new(link);
        command
            .args(arguments)
            .env_clear()
            .envs(self.world.environment(who))
            .current_dir(self.world.join("work"));
        command
    }

    /// Runs the program with a terminal as input and outputs.
    fn on_a_terminal(&self, who: &str, arguments: &[String]) -> Command {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
        let program = zegel_binary();
        let line: Vec<String> = std::iter::once(program.to_str().unwrap())
            .chain(arguments.iter().map(String::as_str))
            .map(quoted)
            .collect();
        let mut command = Command::new(zegel_testkit::need("script", "bsdutils"));
        command
            .args(["--quiet", "--return", "--echo", "never", "--command", &line.join(" "), "/dev/null"])
            .env_clear()
            .envs(self.world.environment(who))
            .env("SHELL", "/bin/sh")
            .env("TERM", "dumb")
            .current_dir(self.world.join("work"));
        command
    }

    /// Holds a refusal to what every refusal promises.
    fn judge(&mut self, run: &Run, ran: &Ran, changes: &str, mail: bool) {
        let mut broken = |what: &str| self.broken.push(format!("  {}: {what}", run.line.trim()));
        if !Exit::ALL.iter().any(|exit| i32::from(exit.code()) == ran.code) {
            broken(&format!("exit code {} is not documented: {}", ran.code, ran.stderr));
        }
        if ran.code == i32::from(Exit::Bug.code()) {
            broken("a bug");
        }
        for word in ["panicked", "RUST_BACKTRACE", "unwrap", "Some(", "Err("] {
            if ran.stderr.contains(word) {
                broken(&format!("{word:?} in the error text"));
            }
        }
        if ran.code <= 1 {
            return;
        }
        let told = format!("{}{}", String::from_utf8_lossy(&ran.stdout), ran.stderr);
        let has_hint =
            told.contains("hint: ") || told.contains("\"hints\":[\"") || told.contains("try '--help'");
        if !(told.contains("error: ")
            || told.contains("\"error\":\"")
            // `check` and `policy test`: the report is the reason.
            || told.contains("\"findings\":[{")
            || told.contains("\"passed\":false")
            || run.line.trim() == "zegel"
            || run.line.contains("plan")
            || run.line.contains("doctor"))
        {
            broken("refuses without a reason");
        }
        if !has_hint && !self.allowed.no_hint {
            broken("refuses without a hint");
        }
        if changes != "(nothing)\n" && !self.allowed.change {
            broken(&format!("refuses and changes files:\n{changes}"));
        }
        if mail && !self.allowed.mail {
            broken("refuses and sends");
        }
    }
}

/// Tells which files came, went or changed.
fn changes(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> String {
    let mut told = String::new();
    for name in before.keys().chain(after.keys().filter(|name| !before.contains_key(*name))) {
        match (before.get(name), after.get(name)) {
            (Some(_), None) => told.push_str(&format!("gone     {name}\n")),
            (None, Some(state)) => told.push_str(&format!("new {} {name}\n", &state[..4])),
            (Some(old), Some(new)) if old != new => told.push_str(&format!("changed  {name}\n")),
            _ => {}
        }
    }
    if told.is_empty() { "(nothing)\n".to_owned() } else { told }
}

/// Shows lines of base64 as one.
fn collapse(text: &str) -> String {
    let has =
        |line: &str, other: &[u8]| line.bytes().all(|b| b.is_ascii_alphanumeric() || other.contains(&b));
    let mut out = String::new();
    let mut inside = false;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\r', '\n']);
        let is_full = content.len() >= 60 && has(content, b"+/=");
        // The last line of a block is a short one.
        let is_last = inside && !content.is_empty() && has(content, b"+/=");
        match (is_full, is_last) {
            (true, _) if !inside => out.push_str("(base64)\n"),
            (true, _) | (_, true) => {}
            _ => out.push_str(line),
        }
        inside = is_full;
    }
    out
}

fn binary(bytes: &[u8]) -> String {
    let start: String =
        bytes.iter().take(11).map(|b| if b.is_ascii_graphic() { char::from(*b) } else { '.' }).collect();
    format!("(binary, begins with {start:?})\n")
}
