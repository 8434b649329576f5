//! What a reader that an attacker took over would try; in builds for development only, for the test of the sandbox.

use std::fs::File;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// What.
    pub what: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was refused.
    Failed,
    /// It worked.
    Worked,
}

/// Tries everything that the sandbox forbids. Harmless where it works.
pub fn attempts() -> Vec<Attempt> {
    let mut found = Vec::new();
    let mut note = |what: &str, worked: bool| {
        let outcome = if worked { Outcome::Worked } else { Outcome::Failed };
        found.push(Attempt { what: what.to_owned(), outcome });
    };
    note("open a file", File::open("/etc/passwd").is_ok());
    note("open the own program", File::open("/proc/self/exe").is_ok());
    note("list a folder", std::fs::read_dir("/").is_ok());
    let path = std::env::temp_dir().join(format!("zegel-probe-{}", std::process::id()));
    note("make a file", File::create(&path).is_ok());
    let _ = std::fs::remove_file(&path);
    note("listen on TCP", TcpListener::bind("127.0.0.1:0").is_ok());
    // A port where nobody listens refuses, which needs a socket all the same.
    let refused = |error: std::io::Error| error.kind() == std::io::ErrorKind::ConnectionRefused;
    note("connect over TCP", TcpStream::connect("127.0.0.1:1").map_or_else(refused, |_| true));
    note("make a UDP socket", UdpSocket::bind("127.0.0.1:0").is_ok());
    note("make a local socket", UnixStream::pair().is_ok());
    note("make a local datagram socket", UnixDatagram::unbound().is_ok());
    let run =
        Command::new("/bin/true").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    note("run a program", run.is_ok());
    note("start a thread", std::thread::Builder::new().spawn(|| {}).is_ok());
    found
}
