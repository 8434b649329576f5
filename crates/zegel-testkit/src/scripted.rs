//! An SMTP server that does what it is told, to see what a client makes of it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The steps of a conversation at which the server can misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The client has connected.
    Greeting,
    /// `EHLO`
    Ehlo,
    /// `STARTTLS`
    StartTls,
    /// `AUTH`, first line
    Auth,
    /// `MAIL`
    Mail,
    /// `RCPT`
    Rcpt,
    /// `DATA`
    Data,
    /// The dot after the mail.
    Dot,
    /// `RSET`
    Rset,
    /// `QUIT`
    Quit,
}

/// What the server does at a step.
#[derive(Debug, Clone)]
pub enum Act {
    /// Closes the connection without a word.
    Drop,
    /// Says nothing and keeps the connection.
    Hang,
    /// Sends these lines, CRLF added to each, and goes on.
    Reply(String),
    /// Sends these bytes as they are, and goes on.
    Raw(Vec<u8>),
    /// Sends these lines and closes the connection.
    ReplyThenDrop(String),
}

/// What the server does; well behaved where nothing else is said.
#[derive(Debug, Clone, Default)]
pub struct Script {
    acts: BTreeMap<Step, Act>,
    drop_after: Option<usize>,
}

impl Script {
    /// A server that behaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// Does something else at a step.
    #[must_use]
    pub fn on(mut self, step: Step, act: Act) -> Self {
        self.acts.insert(step, act);
        self
    }

    /// Closes the connection after so many bytes of a mail.
    #[must_use]
    pub fn dropping_after(mut self, bytes: usize) -> Self {
        self.drop_after = Some(bytes);
        self
    }

    fn act(&self, step: Step) -> Act {
        if let Some(act) = self.acts.get(&step) {
            return act.clone();
        }
        Act::Reply(
            match step {
                Step::Greeting => "220 scripted ESMTP",
                Step::Ehlo => {
                    "250-scripted\n250-SIZE 10000000\n250-STARTTLS\n250-SMTPUTF8\n250-8BITMIME\n250 AUTH PLAIN LOGIN XOAUTH2"
                }
                Step::StartTls => "454 4.7.0 no TLS here",
                Step::Auth => "235 2.7.0 welcome",
                Step::Mail | Step::Rcpt | Step::Rset => "250 2.0.0 fine",
                Step::Data => "354 go ahead",
                Step::Dot => "250 2.0.0 Ok: queued as TEST0001",
                Step::Quit => "221 2.0.0 bye",
            }
            .to_owned(),
        )
    }
}

/// A running scripted server.
#[derive(Debug)]
pub struct ScriptedSmtp {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
    stopping: Arc<AtomicBool>,
}

impl ScriptedSmtp {
    /// Starts it on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// There is no port.
    pub fn start(script: Script) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let stopping = Arc::new(AtomicBool::new(false));
        let (shared, stop) = (Arc::clone(&seen), Arc::clone(&stopping));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let number = {
                    let mut seen = shared.lock().unwrap();
                    seen.push(Vec::new());
                    seen.len() - 1
                };
                let talk = Conversation { script: script.clone(), seen: Arc::clone(&shared), number };
                std::thread::spawn(move || talk.hold(stream));
            }
        });
        Self { address, seen, stopping }
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns every byte received so far, one entry for each connection.
    pub fn seen(&self) -> Vec<Vec<u8>> {
        self.seen.lock().unwrap().clone()
    }

    /// Returns the same as text, connections one after the other.
    pub fn seen_text(&self) -> String {
        String::from_utf8_lossy(&self.seen().concat()).into_owned()
    }
}

impl Drop for ScriptedSmtp {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        // Wakes the listener, so that it sees.
        let _ = TcpStream::connect(self.address);
    }
}

struct Conversation {
    script: Script,
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
    number: usize,
}

impl Conversation {
    fn hold(&self, stream: TcpStream) {
        let Ok(mut write) = stream.try_clone() else { return };
        let mut read = BufReader::new(stream);
        if !self.play(Step::Greeting, &mut write) {
            return;
        }
        loop {
            let mut line = Vec::new();
            if !self.line(&mut read, &mut line) {
                return;
            }
            let text = String::from_utf8_lossy(&line).to_ascii_uppercase();
            let step = match text.split_whitespace().next().unwrap_or_default() {
                "EHLO" | "HELO" => Step::Ehlo,
                "STARTTLS" => Step::StartTls,
                "MAIL" => Step::Mail,
                "RCPT" => Step::Rcpt,
                "DATA" => Step::Data,
                "RSET" => Step::Rset,
                "QUIT" => Step::Quit,
                // Whatever else comes is part of a log-in.
                _ => Step::Auth,
            };
            if !self.play(step, &mut write) || step == Step::Quit {
                return;
            }
            let taking = step == Step::Data && self.says_yes_to_data();
            if taking && !(self.mail(&mut read) && self.play(Step::Dot, &mut write)) {
                return;
            }
        }
    }

    fn says_yes_to_data(&self) -> bool {
        matches!(self.script.act(Step::Data), Act::Reply(text) if text.starts_with('3'))
    }

    fn mail(&self, read: &mut BufReader<TcpStream>) -> bool {
        let mut total = 0;
        loop {
            let mut line = Vec::new();
            if !self.line(read, &mut line) {
                return false;
            }
            total += line.len();
            if self.script.drop_after.is_some_and(|limit| total >= limit) {
                return false;
            }
            if line == b".\r\n" {
                return true;
            }
        }
    }

    fn line(&self, read: &mut BufReader<TcpStream>, line: &mut Vec<u8>) -> bool {
        match read.read_until(b'\n', line) {
            Ok(0) | Err(_) => false,
            Ok(_) => {
                self.seen.lock().unwrap()[self.number].extend_from_slice(line);
                true
            }
        }
    }

    /// Does what the script says; `false` when the connection is to be closed.
    fn play(&self, step: Step, write: &mut TcpStream) -> bool {
        let send = |write: &mut TcpStream, text: &str| {
            write.write_all(format!("{}\r\n", text.replace('\n', "\r\n")).as_bytes()).is_ok()
        };
        match self.script.act(step) {
            Act::Drop => false,
            Act::Hang => {
                std::thread::sleep(Duration::from_secs(120));
                false
            }
            Act::Reply(text) => send(write, &text),
            Act::Raw(bytes) => write.write_all(&bytes).is_ok(),
            Act::ReplyThenDrop(text) => {
                send(write, &text);
                false
            }
        }
    }
}
