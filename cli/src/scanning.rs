//! The virus scanner that the configuration names: before sealing and on opening.

use std::borrow::Cow;
use std::io::{self, Cursor, Read, Write};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use zegel_core::policy::ScanResult;
use zegel_inspect::scan::{Clamd, ScanAddress, ScanError, ScanVerdict};
use zegel_store::config::Host;
use zegel_wire::error::Kind;
use zegel_wire::report::{ScanState, ScanView};
use zeroize::Zeroizing;

use crate::context::Context;
use crate::error::Failure;

type Result<T, E = Failure> = std::result::Result<T, E>;

/// Most pieces that wait for the scanner: what is decrypted goes on no faster than it is scanned.
const CHUNKS: usize = 8;

/// What is refused when the scanner cannot be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Somebody looks whether it is there.
    Looking,
    /// A message is being opened.
    Opening,
    /// A draft is being judged.
    Sealing,
}

/// A virus scanner to ask.
#[derive(Debug, Clone)]
pub(crate) struct VirusScanner {
    clamd: Clamd,
    moment: Moment,
}

impl VirusScanner {
    /// Returns the one that the configuration names; nothing is connected yet.
    ///
    /// # Errors
    /// Code 78 when its address is none.
    pub(crate) fn configured(moment: Moment, context: &Context<'_>) -> Result<Option<Self>> {
        let Some(address) = context.config()?.scan().clamd() else { return Ok(None) };
        Ok(Some(Self { clamd: Clamd::new(scan_address(address)?), moment }))
    }

    /// Has one file scanned.
    ///
    /// # Errors
    /// Code 75 when the scanner does not answer: nothing passes unscanned in silence. Code 74 when the file cannot be read.
    pub(crate) fn scan(&self, content: impl Read) -> Result<ScanResult> {
        self.result(self.clamd.scan(content))
    }

    /// Begins to scan what is written bit by bit, so that it need not be put aside for it.
    ///
    /// # Errors
    /// When the system has no more threads.
    pub(crate) fn begin(&self) -> io::Result<Scanning> {
        let clamd = self.clamd.clone();
        let (chunks, waiting) = sync_channel(CHUNKS);
        let thread = std::thread::Builder::new()
            .spawn(move || clamd.scan(Chunks { waiting, now: Cursor::default() }))?;
        Ok(Scanning(Some(Running { chunks, thread })))
    }

    /// Says that everything was written, and waits for the answer.
    ///
    /// # Errors
    /// As [`Self::scan`].
    pub(crate) fn finish(&self, scanning: &mut Scanning) -> Result<ScanResult> {
        let ended = || Failure::new(Kind::Bug, "the scan of an attachment has ended before");
        let Running { chunks, thread } = scanning.0.take().ok_or_else(ended)?;
        drop(chunks);
        self.result(thread.join().map_err(|_| ended())?)
    }

    fn result(&self, verdict: Result<ScanVerdict, ScanError>) -> Result<ScanResult> {
        Ok(match verdict.map_err(|error| self.failed(&error))? {
            ScanVerdict::Clean => ScanResult::Clean,
            ScanVerdict::Infected { name } => ScanResult::Infected(name),
            ScanVerdict::NotExamined { reason } => ScanResult::NotScanned(reason),
            _ => ScanResult::NotScanned("the scanner gave an answer that is not known here".to_owned()),
        })
    }

    /// Has every text of a mail scanned, and says the worst of it.
    ///
    /// # Errors
    /// As [`Self::scan`].
    pub(crate) fn scan_texts(&self, texts: &[Cow<'_, [u8]>]) -> Result<ScanResult> {
        let mut worst = ScanResult::Clean;
        for text in texts {
            match (self.scan(text.as_ref())?, &worst) {
                (found @ ScanResult::Infected(_), _) => return Ok(found),
                (missed @ ScanResult::NotScanned(_), ScanResult::Clean) => worst = missed,
                _ => {}
            }
        }
        Ok(worst)
    }

    /// Asks which scanner answers, and how old its knowledge is.
    ///
    /// # Errors
    /// Code 75 when none does.
    pub(crate) fn version(&self) -> Result<String> {
        self.clamd.version().map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &ScanError) -> Failure {
        let kind = if matches!(error, ScanError::Read(_)) { Kind::Io } else { Kind::Temporary };
        let failure = Failure::from_error(kind, error);
        let (failure, nothing) = match self.moment {
            Moment::Looking => (failure, "nothing is sent or opened without it"),
            Moment::Opening => (
                failure.while_trying("the message was not scanned for viruses"),
                "nothing was shown or saved",
            ),
            Moment::Sealing => {
                (failure.while_trying("the mail was not scanned for viruses"), "nothing was sent")
            }
        };
        failure.hint(format!("{nothing}; start the scanner, or look at [scan] in the configuration"))
    }
}

/// A scan that goes on while its file is written.
#[derive(Debug)]
pub(crate) struct Scanning(Option<Running>);

#[derive(Debug)]
struct Running {
    chunks: SyncSender<Zeroizing<Vec<u8>>>,
    thread: JoinHandle<Result<ScanVerdict, ScanError>>,
}

impl Write for Scanning {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A scanner that has heard enough listens no more; what it said is told at the end.
        if let Some(running) = &self.0 {
            let _ = running.chunks.send(Zeroizing::new(bytes.to_vec()));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The other end: a file that is read as it comes. Chunks are plaintext, so they are wiped when they are freed.
struct Chunks {
    waiting: Receiver<Zeroizing<Vec<u8>>>,
    now: Cursor<Zeroizing<Vec<u8>>>,
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let rest = self.now.get_ref().get(usize::try_from(self.now.position()).unwrap_or(usize::MAX)..);
            let count = rest.unwrap_or_default().read(buffer)?;
            if count > 0 || buffer.is_empty() {
                self.now.set_position(self.now.position() + count as u64);
                return Ok(count);
            }
            match self.waiting.recv() {
                Ok(chunk) => self.now = Cursor::new(chunk),
                Err(_) => return Ok(0),
            }
        }
    }
}

/// Describes a result for reports.
pub(crate) fn view(result: &ScanResult) -> ScanView {
    let (state, detail) = match result {
        ScanResult::Clean => (ScanState::Clean, None),
        ScanResult::Infected(name) => (ScanState::Infected, Some(name.clone())),
        ScanResult::NotScanned(why) => (ScanState::NotScanned, Some(why.clone())),
    };
    ScanView { state, detail }
}

/// Reads `/run/clamav/clamd.ctl` or `localhost:port`.
///
/// What is scanned is plaintext, and the protocol of clamd knows no encryption: it never goes to another computer.
fn scan_address(text: &str) -> Result<ScanAddress> {
    if text.starts_with('/') {
        return Ok(ScanAddress::Unix(PathBuf::from(text)));
    }
    let wrong = |what: String| Failure::new(Kind::Configuration, what);
    let parts = text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    let Some((host, port)) = parts.filter(|(host, _)| !host.is_empty()) else {
        return Err(wrong("scan.clamd is neither the path of a socket nor host:port".to_owned()));
    };
    let host = host.trim_matches(['[', ']']);
    if !host.parse().is_ok_and(|host: Host| host.is_loopback()) {
        return Err(wrong(format!("scan.clamd is on another computer ({host}), and clamd encrypts nothing"))
            .hint("run clamd on this computer, or lead a port of it there through a tunnel (ssh -L)"));
    }
    Ok(ScanAddress::Tcp(host.to_owned(), port))
}
