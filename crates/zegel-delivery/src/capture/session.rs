//! One conversation with the capture server (RFC 5321).

use std::io;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, BufWriter};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;
use zegel_core::Address;

use super::{Captured, MAIL_MAX, Store, USERNAME};

/// Longest command line (RFC 4954 section 4 allows AUTH this much).
const COMMAND_MAX: usize = 12_288;
/// Recipients of one mail.
const RECIPIENTS_MAX: usize = 1000;
/// Lines of the conversation that are kept: the log-in and one mail, which has a thousand recipients at most.
const TRANSCRIPT_MAX: usize = 4096;
/// Wrong commands before we hang up.
const ERRORS_MAX: usize = 20;
/// How long a client may be silent.
const PATIENCE: Duration = Duration::from_secs(60);

/// Serves one client until it leaves.
pub(super) async fn serve(stream: TcpStream, store: &Store) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (read, write) = stream.into_split();
    let mut session = Session {
        read: BufReader::new(read),
        write: BufWriter::new(write),
        store,
        transcript: Vec::new(),
        prologue: None,
        greeted: false,
        logged_in: false,
        from: None,
        recipients: Vec::new(),
        errors: 0,
    };
    session.reply("220 capture.localhost ESMTP").await?;
    while session.next_command().await? == Next::Command {}
    session.write.flush().await
}

#[derive(PartialEq, Eq)]
enum Next {
    Command,
    End,
}

struct Session<'a> {
    read: BufReader<OwnedReadHalf>,
    write: BufWriter<OwnedWriteHalf>,
    store: &'a Store,
    transcript: Vec<String>,
    /// Lines of the transcript up to the first mail.
    prologue: Option<usize>,
    greeted: bool,
    logged_in: bool,
    from: Option<String>,
    recipients: Vec<String>,
    errors: usize,
}

impl Session<'_> {
    async fn next_command(&mut self) -> io::Result<Next> {
        let Some(line) = self.read_line().await? else { return Ok(Next::End) };
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let verb = verb.to_ascii_uppercase();
        if verb == "MAIL" {
            let prologue = *self.prologue.get_or_insert(self.transcript.len());
            self.transcript.truncate(prologue);
        }
        self.note("C", if verb == "AUTH" { "AUTH …" } else { &line });
        match verb.as_str() {
            "EHLO" => {
                self.greeted = true;
                self.clear();
                let size = format!("250-SIZE {MAIL_MAX}");
                let lines =
                    ["250-capture.localhost", &size, "250-8BITMIME", "250-SMTPUTF8", "250-PIPELINING"];
                for line in lines {
                    self.say(line).await?;
                }
                self.reply("250 AUTH PLAIN").await?;
            }
            "HELO" => {
                self.greeted = true;
                self.clear();
                self.reply("250 capture.localhost").await?;
            }
            "AUTH" => self.auth(rest).await?,
            "MAIL" => self.mail(rest).await?,
            "RCPT" => self.rcpt(rest).await?,
            "DATA" => return self.data().await,
            "RSET" => {
                self.clear();
                self.reply("250 cleared").await?;
            }
            "NOOP" => self.reply("250 nothing done").await?,
            "QUIT" => {
                self.reply("221 goodbye").await?;
                return Ok(Next::End);
            }
            _ => self.error("500 unknown command").await?,
        }
        if self.errors >= ERRORS_MAX {
            self.reply("421 too many errors").await?;
            return Ok(Next::End);
        }
        Ok(Next::Command)
    }

    async fn auth(&mut self, rest: &str) -> io::Result<()> {
        let mut words = rest.split(' ');
        if !words.next().unwrap_or_default().eq_ignore_ascii_case("PLAIN") || self.logged_in {
            return self.error("504 PLAIN, once").await;
        }
        let answer = match words.next() {
            Some(word) => word.to_owned(),
            None => {
                self.reply("334 ").await?;
                self.read_line().await?.unwrap_or_default()
            }
        };
        let wanted = format!("\0{USERNAME}\0{}", self.store.password);
        let given = STANDARD.decode(answer).unwrap_or_default();
        if given == wanted.as_bytes() {
            self.logged_in = true;
            self.reply("235 welcome").await
        } else {
            self.error("535 wrong password").await
        }
    }

    async fn mail(&mut self, rest: &str) -> io::Result<()> {
        if !self.greeted || self.from.is_some() {
            return self.error("503 not now").await;
        }
        if !self.logged_in {
            return self.error("530 log in first").await;
        }
        let Some((from, parameters)) = path(rest, "FROM:") else {
            return self.error("501 MAIL FROM:<address>").await;
        };
        let size = parameters.split(' ').find_map(|word| word.strip_prefix("SIZE="));
        let size = size.and_then(|size| size.parse().ok()).unwrap_or(0);
        if size > MAIL_MAX {
            return self.error("552 too large").await;
        }
        if !self.store.has_room(size) {
            return self.error("452 full").await;
        }
        if !from.is_empty() && from.parse::<Address>().is_err() {
            return self.error("553 not an address").await;
        }
        self.from = Some(from.to_owned());
        self.reply("250 sender ok").await
    }

    async fn rcpt(&mut self, rest: &str) -> io::Result<()> {
        if self.from.is_none() {
            return self.error("503 MAIL first").await;
        }
        if self.recipients.len() >= RECIPIENTS_MAX {
            return self.error("452 too many recipients").await;
        }
        match path(rest, "TO:") {
            Some((to, _)) if to.parse::<Address>().is_ok() => {
                self.recipients.push(to.to_owned());
                self.reply("250 recipient ok").await
            }
            _ => self.error("501 RCPT TO:<address>").await,
        }
    }

    async fn data(&mut self) -> io::Result<Next> {
        if self.recipients.is_empty() {
            self.error("503 RCPT first").await?;
            return Ok(Next::Command);
        }
        self.reply("354 end with a dot").await?;
        let Some(data) = self.read_mail().await? else {
            // We cannot tell where the rest of it ends, so the conversation is over.
            self.reply("552 too large").await?;
            return Ok(Next::End);
        };
        self.note("C", &format!("({} bytes)", data.len()));
        if !self.store.has_room(data.len()) {
            self.clear();
            self.error("452 full").await?;
            return Ok(Next::Command);
        }
        let from = self.from.take().unwrap_or_default();
        let recipients = std::mem::take(&mut self.recipients);
        let text = "250 kept";
        self.note("S", text);
        self.store.keep(Captured { from, recipients, data, transcript: self.transcript.clone() });
        self.say_unnoted(text).await?;
        self.write.flush().await?;
        Ok(Next::Command)
    }

    /// Reads up to the lone dot and removes the dots that were put in front of others (RFC 5321 section 4.5.2).
    async fn read_mail(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut data = Vec::new();
        loop {
            let start = data.len();
            if !read_through_lf(&mut self.read, &mut data, MAIL_MAX).await? {
                return Ok(None);
            }
            // Only CRLF "." CRLF ends a mail: a bare LF beside the dot is how a second mail is smuggled in.
            let after_crlf = start == 0 || data.get(..start).is_some_and(|before| before.ends_with(b"\r\n"));
            if after_crlf && data.get(start..) == Some(b".\r\n") {
                data.truncate(start);
                return Ok(Some(data));
            }
            if after_crlf && data.get(start) == Some(&b'.') {
                data.remove(start);
            }
        }
    }

    /// Reads a command without its end; `None` at the end of the connection.
    async fn read_line(&mut self) -> io::Result<Option<String>> {
        // With commands waiting already, their answers go out together (RFC 2920).
        if self.read.buffer().is_empty() {
            self.write.flush().await?;
        }
        let mut line = Vec::new();
        if !read_through_lf(&mut self.read, &mut line, COMMAND_MAX).await? {
            self.reply("500 line too long").await?;
            return Ok(None);
        }
        if line.is_empty() {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&line);
        Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
    }

    async fn error(&mut self, line: &str) -> io::Result<()> {
        self.errors += 1;
        self.reply(line).await
    }

    async fn reply(&mut self, line: &str) -> io::Result<()> {
        self.say(line).await?;
        if self.read.buffer().is_empty() { self.write.flush().await } else { Ok(()) }
    }

    async fn say(&mut self, line: &str) -> io::Result<()> {
        self.note("S", line);
        self.say_unnoted(line).await
    }

    async fn say_unnoted(&mut self, line: &str) -> io::Result<()> {
        self.write.write_all(line.as_bytes()).await?;
        self.write.write_all(b"\r\n").await
    }

    fn note(&mut self, who: &str, line: &str) {
        if self.transcript.len() < TRANSCRIPT_MAX {
            let line: String = line.chars().filter(|c| !c.is_control()).take(500).collect();
            self.transcript.push(format!("{who}: {line}"));
        }
    }

    fn clear(&mut self) {
        self.from = None;
        self.recipients.clear();
    }
}

/// Appends to `out` up to and with the next LF, or up to the end; `false` when `out` would grow beyond `max`.
async fn read_through_lf(
    read: &mut BufReader<OwnedReadHalf>,
    out: &mut Vec<u8>,
    max: usize,
) -> io::Result<bool> {
    loop {
        let buffer = timeout(PATIENCE, read.fill_buf())
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        if buffer.is_empty() {
            return if out.is_empty() { Ok(true) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        let end = buffer.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
        if out.len() + part.len() > max {
            return Ok(false);
        }
        out.extend_from_slice(part);
        let count = part.len();
        read.consume(count);
        if end.is_some() {
            return Ok(true);
        }
    }
}

/// Takes `FROM:<address> parameters` apart, without regard to case.
fn path<'a>(rest: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let head = rest.get(..keyword.len())?;
    let tail = rest.get(keyword.len()..)?.trim_start();
    if !head.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let (address, parameters) = tail.strip_prefix('<')?.split_once('>')?;
    Some((address, parameters.trim_start()))
}
