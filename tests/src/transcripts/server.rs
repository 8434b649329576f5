//! The mail server of a transcript, and what it saw.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zegel_testkit::{Act, Flaw, PASSWORD, Port, Postfix, Script, ScriptedSmtp, Step, USERNAME};

use super::file::Section;
use crate::e2e::world::{World, wait_for};

/// One Postfix for all transcripts, used by one at a time; it ends with [`end`].
static POSTFIX: Mutex<Option<Arc<Postfix>>> = Mutex::new(None);
static TURN: Mutex<()> = Mutex::new(());

/// A server and the account that uses it.
pub(super) enum Server {
    /// Nobody listens.
    Nobody {
        port: u16,
    },
    Postfix {
        postfix: Arc<Postfix>,
        before: BTreeSet<PathBuf>,
        port: u16,
        _turn: MutexGuard<'static, ()>,
    },
    Scripted {
        scripted: ScriptedSmtp,
        before: usize,
    },
}

impl Server {
    /// Starts what the section describes and writes Alice's account.
    pub(super) fn start(section: &Section, world: &World) -> Self {
        let words: Vec<&str> = section.argument.split(' ').collect();
        let server = match words[0] {
            "nobody" => Self::Nobody { port: zegel_testkit::free_port() },
            "postfix" => Self::postfix(words.get(1).copied().unwrap_or("starttls")),
            "scripted" => Self::Scripted { scripted: ScriptedSmtp::start(script(&section.body)), before: 0 },
            other => panic!("no server {other}"),
        };
        world.write_account("alice", &server.account(&words, world));
        server
    }

    fn postfix(door: &str) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut shared = POSTFIX.lock().unwrap_or_else(PoisonError::into_inner);
        let postfix = Arc::clone(shared.get_or_insert_with(|| Arc::new(Postfix::start())));
        let port = postfix.port(match door {
            "starttls" | "unknown-authority" => Port::StartTls(Flaw::None),
            "implicit" => Port::Implicit(Flaw::None),
            "wrong-name" => Port::StartTls(Flaw::WrongName),
            "expired" => Port::Implicit(Flaw::Expired),
            "log-in" | "wrong-password" => Port::LogIn,
            "no-starttls" => Port::Plain,
            other => panic!("no door {other}"),
        });
        let before = settled(&postfix);
        Self::Postfix { postfix, before, port, _turn: turn }
    }

    /// Returns the lines of the account.
    fn account(&self, words: &[&str], world: &World) -> String {
        let (tls, more) = match self {
            Self::Nobody { .. } => ("none", String::new()),
            Self::Scripted { .. } if words.contains(&"starttls") => {
                ("starttls", "timeout_seconds = 1\n".to_owned())
            }
            Self::Scripted { .. } => ("none", "timeout_seconds = 1\n".to_owned()),
            Self::Postfix { postfix, .. } => {
                let door = words.get(1).copied().unwrap_or("starttls");
                let tls = if matches!(door, "implicit" | "expired") { "implicit" } else { "starttls" };
                let mut more = String::new();
                if door != "unknown-authority" {
                    let authority = world.join("authority.pem");
                    fs::copy(postfix.certificates().authority(), &authority).unwrap();
                    more.push_str(&format!("ca_file = \"{}\"\n", authority.display()));
                }
                if matches!(door, "log-in" | "wrong-password") {
                    let password = if door == "log-in" { PASSWORD } else { "not the password" };
                    let file = world.write("password", format!("{password}\n"));
                    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
                    fs::set_permissions(&file, private).unwrap();
                    more.push_str(&format!(
                        "username = \"{USERNAME}\"\npassword = {{ from = \"file\", path = \"{}\" }}\n",
                        file.display()
                    ));
                }
                (tls, more)
            }
        };
        format!("host = \"localhost\"\nport = {}\ntls = \"{tls}\"\n{more}", self.port())
    }

    /// Returns the port.
    pub(super) fn port(&self) -> u16 {
        match self {
            Self::Nobody { port } | Self::Postfix { port, .. } => *port,
            Self::Scripted { scripted, .. } => scripted.port(),
        }
    }

    /// Forgets what came before.
    pub(super) fn mark(&mut self) {
        match self {
            Self::Nobody { .. } => {}
            Self::Postfix { postfix, before, .. } => *before = settled(postfix),
            Self::Scripted { scripted, before } => *before = scripted.seen().len(),
        }
    }

    /// Says whether a mail, or part of one, came since then.
    pub(super) fn got_mail(&self) -> bool {
        match self {
            Self::Nobody { .. } => false,
            Self::Postfix { postfix, before, .. } => settled(postfix).len() > before.len(),
            Self::Scripted { scripted, before } => {
                scripted.seen()[*before..].iter().any(|bytes| bytes.windows(6).any(|six| six == b"DATA\r\n"))
            }
        }
    }

    /// Tells what came since then, and puts mails that were delivered into `received/`.
    pub(super) fn saw(&self, world: &World) -> String {
        match self {
            Self::Nobody { .. } => "nobody listened\n".to_owned(),
            Self::Scripted { scripted, before } => {
                // The farewell may still be on its way.
                std::thread::sleep(std::time::Duration::from_millis(50));
                let connections = scripted.seen();
                let told: Vec<String> =
                    connections[*before..].iter().map(|bytes| conversation(bytes)).collect();
                if told.is_empty() { "nobody connected\n".to_owned() } else { told.concat() }
            }
            Self::Postfix { postfix, before, .. } => {
                let new: Vec<Vec<u8>> =
                    settled(postfix).difference(before).map(|path| fs::read(path).unwrap()).collect();
                let mut told = Vec::new();
                for mail in new {
                    let to = header(&mail, "Delivered-To: ");
                    let (local, _) = to.split_once('@').unwrap();
                    world.write(format!("received/{local}.eml"), &mail);
                    told.push(format!(
                        "to {to}: From: {}, Subject: {}\n",
                        header(&mail, "From: "),
                        header(&mail, "Subject: ")
                    ));
                }
                told.sort();
                if told.is_empty() { "no mail\n".to_owned() } else { told.concat() }
            }
        }
    }
}

/// Ends the Postfix that the transcripts shared.
pub(super) fn end() {
    drop(POSTFIX.lock().unwrap_or_else(PoisonError::into_inner).take());
}

/// Waits until the queue is empty and returns the files of every mail.
fn settled(postfix: &Postfix) -> BTreeSet<PathBuf> {
    wait_for("the queue of Postfix", || {
        let log = postfix.log();
        let taken =
            log.lines().filter(|line| line.contains("/cleanup[") && line.contains("message-id=")).count();
        let done = log.lines().filter(|line| line.contains("/qmgr[") && line.ends_with(": removed")).count();
        taken == done
    });
    let entries = fs::read_dir(postfix.mailbox().join("new")).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn header(mail: &[u8], name: &str) -> String {
    let text = String::from_utf8_lossy(mail);
    text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned()
}

/// Tells the client's side of a conversation; a mail is one line.
fn conversation(bytes: &[u8]) -> String {
    let mut told = String::from("a connection\n");
    let mut in_mail = false;
    for line in String::from_utf8_lossy(bytes).split("\r\n").filter(|line| !line.is_empty()) {
        match line {
            "." if in_mail => {
                in_mail = false;
                told.push_str("  (a mail)\n  .\n");
            }
            _ if in_mail => {}
            line => {
                in_mail = line == "DATA";
                // The size is that of padded ciphertext in base64 and may differ by a few bytes of header.
                let line = match line.split_once(" SIZE=") {
                    Some((start, rest)) => {
                        let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
                        format!("{start} SIZE=N{rest}")
                    }
                    None => line.to_owned(),
                };
                told.push_str(&format!("  {line}\n"));
            }
        }
    }
    if in_mail {
        // Whether anything of a mail follows depends on what was in a buffer.
        told.push_str("  (the connection ended)\n");
    }
    told
}

/// Reads lines like `mail: reply 550 5.7.1 no` (`\n` makes several lines of it), `rcpt: hang` or `dot: drop`.
fn script(text: &str) -> Script {
    let mut script = Script::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let (step, act) = line.split_once(": ").unwrap_or_else(|| panic!("no script: {line}"));
        let step = match step {
            "greeting" => Step::Greeting,
            "ehlo" => Step::Ehlo,
            "starttls" => Step::StartTls,
            "auth" => Step::Auth,
            "mail" => Step::Mail,
            "rcpt" => Step::Rcpt,
            "data" => Step::Data,
            "dot" => Step::Dot,
            "quit" => Step::Quit,
            other => panic!("no step {other}"),
        };
        let act = match act.split_once(' ').unwrap_or((act, "")) {
            ("reply", text) => Act::Reply(text.replace("\\n", "\n")),
            ("bye", text) => Act::ReplyThenDrop(text.replace("\\n", "\n")),
            ("hang", _) => Act::Hang,
            ("drop", _) => Act::Drop,
            (other, _) => panic!("no act {other}"),
        };
        script = script.on(step, act);
    }
    script
}
