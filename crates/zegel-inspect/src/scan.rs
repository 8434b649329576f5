//! The client of clamd, the daemon of ClamAV (clamd(8)): used by the parent, before sealing and after opening.
//!
//! A scanner that is configured but does not answer is an error, and errors refuse: mail does not leave unscanned because the
//! daemon was down.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How much is sent at once.
const CHUNK: usize = 64 * 1024;

/// What the daemon says of a stream beyond its limit.
const TOO_LONG: &[u8] = b"INSTREAM size limit exceeded. ERROR\0";

/// The longest answer that is read.
const LONGEST_ANSWER: u64 = 4096;

/// Where the daemon listens.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScanAddress {
    /// A name or address of this computer, and a port. The content goes there in the clear, so no other is connected to.
    Tcp(String, u16),
    /// A local socket.
    Unix(PathBuf),
}

impl fmt::Display for ScanAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(host, port) => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

/// What the scanner says about one file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScanVerdict {
    /// It knows nothing bad in it.
    Clean,
    /// It knows it.
    Infected {
        /// The scanner's name for it.
        name: String,
    },
    /// It did not look, or not at everything; never to be taken for clean.
    NotExamined {
        /// Why, in the scanner's words.
        reason: String,
    },
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScanError {
    /// The daemon did not keep to its protocol.
    #[error("the virus scanner at {address} answered {answer:?}")]
    Answer {
        /// Where it listens.
        address: ScanAddress,
        /// What it said.
        answer: String,
    },
    /// The daemon cannot be reached.
    #[error("cannot reach the virus scanner at {address}")]
    Connect {
        /// Where it should listen.
        address: ScanAddress,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The connection broke or took too long.
    #[error("cannot talk to the virus scanner at {address}")]
    Exchange {
        /// Where it listens.
        address: ScanAddress,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The content could not be read.
    #[error("cannot read what should be scanned")]
    Read(#[source] io::Error),
}

/// A client of clamd.
///
/// ```no_run
/// use zegel_inspect::scan::{Clamd, ScanAddress, ScanVerdict};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let clamd = Clamd::new(ScanAddress::Unix("/run/clamav/clamd.ctl".into()));
/// match clamd.scan(std::fs::File::open("letter.docx")?)? {
///     ScanVerdict::Clean => {}
///     other => return Err(format!("not sent: {other:?}").into()),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Clamd {
    address: ScanAddress,
    connect_time: Duration,
    answer_time: Duration,
}

impl Clamd {
    /// Makes a client; nothing is connected yet.
    pub fn new(address: ScanAddress) -> Self {
        Self { address, connect_time: Duration::from_secs(5), answer_time: Duration::from_secs(300) }
    }

    /// Sets how long connecting may take, and how long all the rest of an exchange about one file.
    #[must_use]
    pub fn with_patience(mut self, connect: Duration, answer: Duration) -> Self {
        self.connect_time = connect;
        self.answer_time = answer;
        self
    }

    /// Asks whether the daemon is there.
    ///
    /// # Errors
    /// When it is not, or answers something else.
    pub fn ping(&self) -> Result<(), ScanError> {
        let answer = self.ask("PING")?;
        if answer == "PONG" { Ok(()) } else { Err(self.strange(answer)) }
    }

    /// Asks for the versions of the daemon and of what it knows.
    ///
    /// # Errors
    /// When it is not there, or answers something else.
    pub fn version(&self) -> Result<String, ScanError> {
        let answer = self.ask("VERSION")?;
        if answer.starts_with("ClamAV ") { Ok(answer) } else { Err(self.strange(answer)) }
    }

    /// Has a file scanned.
    ///
    /// # Errors
    /// When the daemon cannot be reached, breaks off, or answers something that is no verdict; and when the file cannot be read.
    pub fn scan(&self, mut reader: impl Read) -> Result<ScanVerdict, ScanError> {
        let mut stream = self.connect()?;
        self.sent(stream.write_all(b"zINSTREAM\0"))?;
        let mut buffer = vec![0; CHUNK];
        loop {
            let count = match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(ScanError::Read(error)),
            };
            let chunk = buffer.get(..count).unwrap_or_default();
            let length = u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes();
            let written = stream.write_all(&length).and_then(|()| stream.write_all(chunk));
            if let Err(error) = written {
                return self.last_words(&mut stream, error);
            }
        }
        if let Err(error) = stream.write_all(&[0; 4]).and_then(|()| stream.flush()) {
            return self.last_words(&mut stream, error);
        }
        let answer = self.answer(&mut stream)?;
        self.verdict(&answer)
    }

    /// Reads what the daemon said before it hung up on us: past its limit it does so while we still write. It has not heard
    /// everything then, so whatever it says, clean it is not.
    fn last_words(&self, stream: &mut Timed, error: io::Error) -> Result<ScanVerdict, ScanError> {
        match self.answer(stream) {
            Ok(answer) if !answer.is_empty() => match self.verdict(&answer)? {
                ScanVerdict::Clean => Err(self.strange(answer)),
                verdict => Ok(verdict),
            },
            _ => Err(self.broken(error)),
        }
    }

    /// Reads a verdict, strictly: what is not a known answer is none.
    fn verdict(&self, answer: &str) -> Result<ScanVerdict, ScanError> {
        if answer == "INSTREAM size limit exceeded. ERROR" {
            return Ok(ScanVerdict::NotExamined {
                reason: "longer than the scanner takes (StreamMaxLength)".into(),
            });
        }
        // One line, one verdict: what has more of them is no answer to what we asked.
        let said = answer.strip_prefix("stream: ").filter(|said| !said.contains(char::is_control));
        let Some(said) = said else { return Err(self.strange(answer.to_owned())) };
        if said == "OK" {
            return Ok(ScanVerdict::Clean);
        }
        if let Some(name) = said.strip_suffix(" FOUND").filter(|name| !name.is_empty()) {
            // With AlertExceedsMax the daemon reports what it did not look through as if it had found it.
            return Ok(if name.starts_with("Heuristics.Limits.Exceeded") {
                ScanVerdict::NotExamined { reason: name.to_owned() }
            } else {
                ScanVerdict::Infected { name: name.to_owned() }
            });
        }
        // An ERROR is no word about the file: the disk of the scanner is full, or it has no memory left.
        Err(self.strange(answer.to_owned()))
    }

    fn ask(&self, command: &str) -> Result<String, ScanError> {
        let mut stream = self.connect()?;
        self.sent(stream.write_all(format!("z{command}\0").as_bytes()))?;
        self.answer(&mut stream)
    }

    fn answer(&self, stream: &mut Timed) -> Result<String, ScanError> {
        let mut answer = Vec::new();
        let read = stream.take(LONGEST_ANSWER).read_to_end(&mut answer);
        // Past its limit the daemon hangs up on what we still send, and the connection ends as broken. What it said is whole all
        // the same, and no good news.
        if answer != TOO_LONG {
            self.sent(read.map(|_| ()))?;
        }
        // An answer that broke off in the middle could end with any word.
        match answer.strip_suffix(b"\0") {
            Some(text) => Ok(String::from_utf8_lossy(text).trim_end().to_owned()),
            None => Err(self.strange(String::from_utf8_lossy(&answer).into_owned())),
        }
    }

    fn connect(&self) -> Result<Timed, ScanError> {
        let stream =
            self.open().map_err(|source| ScanError::Connect { address: self.address.clone(), source })?;
        let end = Instant::now().checked_add(self.answer_time);
        let end = end.ok_or_else(|| self.broken(io::ErrorKind::InvalidInput.into()))?;
        Ok(Timed { stream, end })
    }

    fn open(&self) -> io::Result<Box<dyn Stream>> {
        match &self.address {
            ScanAddress::Tcp(host, port) => {
                let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
                // Whatever a name resolves to: plaintext stays on this computer.
                let here = |address: &SocketAddr| address.ip().to_canonical().is_loopback();
                for address in (host.as_str(), *port).to_socket_addrs()?.filter(here) {
                    match TcpStream::connect_timeout(&address, self.connect_time) {
                        Ok(stream) => return Ok(Box::new(stream)),
                        Err(error) => last = error,
                    }
                }
                Err(last)
            }
            #[cfg(unix)]
            ScanAddress::Unix(path) => {
                // A daemon that hangs with a full queue lets us wait for ever, and this call knows no time.
                let (done, waiting) = mpsc::channel();
                let place = path.clone();
                std::thread::Builder::new().spawn(move || {
                    let _ = done.send(std::os::unix::net::UnixStream::connect(place));
                })?;
                let stream = waiting.recv_timeout(self.connect_time);
                let stream = stream.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
                #[cfg(target_os = "linux")]
                check_peer(&stream, path)?;
                Ok(Box::new(stream))
            }
            #[cfg(not(unix))]
            ScanAddress::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    fn sent(&self, result: io::Result<()>) -> Result<(), ScanError> {
        result.map_err(|source| self.broken(source))
    }

    fn broken(&self, source: io::Error) -> ScanError {
        ScanError::Exchange { address: self.address.clone(), source }
    }

    fn strange(&self, answer: String) -> ScanError {
        ScanError::Answer { address: self.address.clone(), answer }
    }
}

/// Refuses a daemon of somebody else: in a folder like `/tmp` any user can listen in its place while it is down, and would
/// get every mail to read. Root, this user and the owner of the socket's folder are who may.
#[cfg(target_os = "linux")]
fn check_peer(stream: &std::os::unix::net::UnixStream, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;

    let peer = rustix::net::sockopt::socket_peercred(stream)?.uid;
    let folder = std::fs::metadata(path.parent().unwrap_or(Path::new("/")))?.uid();
    if peer.is_root() || peer == rustix::process::geteuid() || peer.as_raw() == folder {
        return Ok(());
    }
    let what = format!("somebody else listens there (uid {})", peer.as_raw());
    Err(io::Error::new(io::ErrorKind::PermissionDenied, what))
}

/// A connection of either sort.
trait Stream: Read + Write + Send {
    /// Sets how long the next step may take.
    fn set_patience(&self, patience: Duration) -> io::Result<()>;
}

impl Stream for TcpStream {
    fn set_patience(&self, patience: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(patience))?;
        self.set_write_timeout(Some(patience))
    }
}

#[cfg(unix)]
impl Stream for std::os::unix::net::UnixStream {
    fn set_patience(&self, patience: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(patience))?;
        self.set_write_timeout(Some(patience))
    }
}

/// A connection that ends at a time, however slowly the other side goes on.
struct Timed {
    stream: Box<dyn Stream>,
    end: Instant,
}

impl Timed {
    fn step(&mut self) -> io::Result<&mut dyn Stream> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.set_patience(left)?;
        Ok(&mut *self.stream)
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.step()?.read(buffer)
    }
}

impl Write for Timed {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.step()?.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.step()?.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(answer: &str) -> Result<ScanVerdict, ScanError> {
        Clamd::new(ScanAddress::Unix("/nowhere".into())).verdict(answer)
    }

    #[test]
    fn only_the_one_good_answer_is_clean() {
        assert_eq!(verdict("stream: OK").unwrap(), ScanVerdict::Clean);
        for answer in [
            "",
            "OK",
            "stream: ok",
            "stream: OK\nstream: X FOUND",
            "stream: OKAY",
            "stream:OK",
            "stream:  FOUND",
            "stream: Can't allocate memory ERROR",
        ] {
            assert!(matches!(verdict(answer), Err(ScanError::Answer { .. })), "{answer:?}");
        }
    }

    #[test]
    fn what_was_not_scanned_is_not_clean() {
        for answer in
            ["INSTREAM size limit exceeded. ERROR", "stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND"]
        {
            assert!(matches!(verdict(answer), Ok(ScanVerdict::NotExamined { .. })), "{answer:?}");
        }
        let infected = ScanVerdict::Infected { name: "Eicar-Test".to_owned() };
        assert_eq!(verdict("stream: Eicar-Test FOUND").unwrap(), infected);
    }

    #[test]
    fn nothing_goes_to_another_computer() {
        // TEST-NET-1 (RFC 5737): nobody is there, and nobody is asked.
        let clamd = Clamd::new(ScanAddress::Tcp("192.0.2.1".to_owned(), 3310));
        let error = clamd.ping().unwrap_err();
        let ScanError::Connect { source, .. } = error else { panic!("{error:?}") };
        assert_eq!(source.kind(), io::ErrorKind::AddrNotAvailable);
    }

    #[test]
    fn a_scanner_that_is_not_there_is_an_error() {
        let clamd = Clamd::new(ScanAddress::Unix("/nowhere/clamd.ctl".into()));
        assert!(matches!(clamd.scan(&b"x"[..]), Err(ScanError::Connect { .. })));
        assert!(clamd.ping().is_err());
    }
}
