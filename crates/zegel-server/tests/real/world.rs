//! A server with a folder of its own, and the people who use it.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data_encoding::{BASE32_NOPAD, Encoding, Specification};
use rand_core::{OsRng, RngCore as _};
use serde_json::{Value, json};

use crate::http::{Answer, Client};

pub(crate) const BOB: &str = "bob@example.org";
pub(crate) const EVE: &str = "eve@example.net";
pub(crate) const NUMBER: &str = "+31600000042";

/// The running program.
pub(crate) struct World {
    folder: tempfile::TempDir,
    child: Option<Child>,
    address: SocketAddr,
}

/// An enrolled device.
#[derive(Debug, Clone)]
pub(crate) struct Device {
    pub(crate) token: String,
    pub(crate) device: String,
    pub(crate) recovery_codes: Vec<String>,
    pub(crate) totp: String,
    /// The code that enrolled it.
    pub(crate) code: String,
}

/// A message that a test makes, with everything the sender knows of it.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) id: String,
    pub(crate) guest: String,
    pub(crate) share: String,
    pub(crate) verifier: String,
    pub(crate) fetch_token: String,
    pub(crate) envelope: Vec<u8>,
    pub(crate) body: Vec<u8>,
    pub(crate) request: Value,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    /// Makes a world whose configuration says something more.
    pub(crate) fn with(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sms = folder.path().join("sms.jsonl");
        let config = format!("[sms]\nfile = {sms:?}\n{more}");
        fs::write(folder.path().join("server.toml"), config).unwrap();
        let mut world = Self { folder, child: None, address: "127.0.0.1:0".parse().unwrap() };
        world.start();
        world
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zegel-server"));
        command
            .env_clear()
            .env("ZEGEL_SERVER_CONFIG", self.folder.path().join("server.toml"))
            .env("ZEGEL_SERVER_DATA", self.data());
        command
    }

    /// Starts the server, on the same port when it ran before.
    pub(crate) fn start(&mut self) {
        let log = File::options().append(true).create(true).open(self.log()).unwrap();
        let mut child = self
            .program()
            .args(["run", "--listen", &self.address.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let log = || fs::read_to_string(self.log()).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{}", log()));
        self.address = address.parse().unwrap();
        self.child = Some(child);
    }

    /// Kills the server as a crash does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Asks the server to end, and waits for it; returns its exit code.
    pub(crate) fn stop(&mut self) -> i32 {
        let mut child = self.child.take().unwrap();
        let id = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        child.wait().unwrap().code().unwrap()
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.address)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).unwrap()
    }

    /// Returns how much time the server spent on processors.
    pub(crate) fn processor_time(&self) -> Duration {
        let id = self.child.as_ref().unwrap().id();
        let text = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
        let fields: Vec<&str> = text.rsplit_once(") ").unwrap().1.split(' ').collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Duration::from_millis(ticks * 10)
    }

    /// Runs a command of the program and returns its exit code and output.
    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.program().args(arguments).stdin(Stdio::null()).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    }

    pub(crate) fn invite(&self, address: &str) -> String {
        let (code, out) = self.run(&["invite", address]);
        assert_eq!(code, 0);
        out.trim().to_owned()
    }

    /// Enrols the first device of a new member.
    pub(crate) fn enrol(&self, address: &str) -> Device {
        let mut client = self.client();
        let view = begin(&mut client, address, &self.invite(address));
        assert_eq!(view.status, 201, "{view:?}");
        let view = view.json();
        let totp = view["totp"].as_str().unwrap().to_owned();
        let code = totp_code(&totp, 0);
        let request = json!({ "enrolment": view["enrolment"], "totp": code });
        let grant = client.json("POST", "/api/v1/enrolments/confirm", "", &request);
        assert_eq!(grant.status, 201, "{grant:?}");
        let grant = grant.json();
        let codes = grant["recovery_codes"].as_array().unwrap();
        Device {
            token: grant["token"].as_str().unwrap().to_owned(),
            device: grant["device"].as_str().unwrap().to_owned(),
            recovery_codes: codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect(),
            totp,
            code,
        }
    }

    /// Returns the code of the last SMS, and to whom it went.
    pub(crate) fn last_sms(&self) -> (String, String) {
        let text = fs::read_to_string(self.folder.path().join("sms.jsonl")).unwrap();
        let sms: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        let (number, text) = (sms["number"].as_str().unwrap(), sms["text"].as_str().unwrap());
        (number.to_owned(), text[..6].to_owned())
    }

    pub(crate) fn sms_count(&self) -> usize {
        fs::read_to_string(self.folder.path().join("sms.jsonl")).map_or(0, |text| text.lines().count())
    }

    /// Returns the files below the data folder, and the log, with their bytes.
    pub(crate) fn everything(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = vec![(self.log(), fs::read(self.log()).unwrap())];
        let mut folders = vec![self.data()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(bytes) = fs::read(&path) {
                    found.push((path, bytes));
                }
            }
        }
        found
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.kill();
    }
}

pub(crate) fn begin(client: &mut Client, address: &str, invitation: &str) -> Answer {
    let request = json!({ "address": address, "invitation": invitation, "device": "laptop" });
    client.json("POST", "/api/v1/enrolments", "", &request)
}

/// Computes the code of an authenticator, some steps from now.
pub(crate) fn totp_code(url: &str, steps: u64) -> String {
    let secret = url.split("secret=").nth(1).unwrap().split('&').next().unwrap();
    let secret = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let totp = totp_rs::Builder::new()
        .with_secret(secret)
        .with_account_name("a")
        .with_issuer(Some("b"))
        .build()
        .unwrap();
    totp.generate(now() + 30 * steps).to_string()
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Writes a time some seconds from now.
pub(crate) fn after(seconds: u64) -> String {
    let time = chrono::DateTime::from_timestamp(i64::try_from(now() + seconds).unwrap(), 0).unwrap();
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

pub(crate) fn base32(bytes: &[u8]) -> String {
    let mut rules = Specification::new();
    rules.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    let encoding: Encoding = rules.encoding().unwrap();
    encoding.encode(bytes)
}

pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    OsRng.fill_bytes(&mut bytes);
    bytes
}

pub(crate) fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(crate) fn address_hash(message: &str, address: &str) -> String {
    hash(format!("zegel/guest-address/v1\n{message}\n{address}").as_bytes())
}

/// Makes a message with one guest, who proves an access code.
pub(crate) fn draft() -> Draft {
    let (verifier, fetch_token) = (random::<32>(), random::<32>());
    let mut draft = Draft {
        id: base32(&random::<16>()),
        guest: base32(&random::<16>()),
        share: base32(&random::<32>()),
        verifier: base32(&verifier),
        fetch_token: base32(&fetch_token),
        envelope: random::<4096>().to_vec(),
        body: random::<9000>().to_vec(),
        request: Value::Null,
    };
    draft.request = json!({
        "expires_at": after(86_400),
        "parts": [{ "size": draft.body.len(), "hash": hash(&draft.body), "inline": base64(&draft.body) }],
        "guests": [{
            "guest": draft.guest,
            "address": address_hash(&draft.id, EVE),
            "factor": { "code": { "verifier": hash(&verifier) } },
            "share": draft.share,
            "envelope": base64(&draft.envelope),
        }],
        "fetch_token": hash(&fetch_token),
        "openers": 1,
    });
    draft
}

/// Makes a message whose guest gets codes by SMS.
pub(crate) fn sms_draft() -> Draft {
    let mut draft = draft();
    draft.request["guests"][0]["factor"] = json!({ "sms": { "number": NUMBER } });
    draft
}

impl Draft {
    pub(crate) fn path(&self) -> String {
        format!("/api/v1/messages/{}", self.id)
    }

    pub(crate) fn create(&self, client: &mut Client, token: &str) -> Answer {
        client.json("PUT", &self.path(), token, &self.request)
    }

    /// Begins a session and returns its token.
    pub(crate) fn session(&self, client: &mut Client, address: &str) -> String {
        let answer = self.try_session(client, address);
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["session"].as_str().unwrap().to_owned()
    }

    pub(crate) fn try_session(&self, client: &mut Client, address: &str) -> Answer {
        let request = json!({ "message": self.id, "address": address });
        client.json("POST", "/api/v1/guest/sessions", "", &request)
    }

    pub(crate) fn open(&self, client: &mut Client, session: &str) -> Answer {
        client.json("POST", "/api/v1/guest/open", session, &json!({ "verifier": self.verifier }))
    }
}

/// Waits until something is so, at most for a time.
pub(crate) fn wait(limit: Duration, mut so: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < limit, "it did not come within {limit:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    began.elapsed()
}

/// Sends the head of a request and leaves the connection open.
pub(crate) fn begin_stream(world: &World, path: &str, token: &str) -> BufReader<TcpStream> {
    let mut stream = world.connect();
    let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    BufReader::new(stream)
}
