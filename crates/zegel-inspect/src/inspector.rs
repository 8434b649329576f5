//! The parent: starts the child, feeds it, and turns whatever happens to it into material.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use zegel_core::material::{FileFacts, FileKind, Material, Origin, Piece, Unread, UnreadReason};

use crate::limits::Limits;
use crate::names;
use crate::protocol::{self, Request};
use crate::sandbox::Confinement;
use crate::worker;

/// What the child gets on top of [`Limits::time`], which it keeps to by itself where it can, before it is killed.
const GRACE: Duration = Duration::from_millis(350);

/// How long sending the content may take: the child only takes it in, so what takes longer is no honest child.
const FEEDING: Duration = Duration::from_secs(60);

/// How long a child may take to confine itself.
const STARTING: Duration = Duration::from_secs(10);

/// Reads files in a child that is confined, one after the other; starts another when one has died.
#[derive(Debug)]
pub struct Inspector {
    program: PathBuf,
    arguments: Vec<OsString>,
    limits: Limits,
    worker: Option<Worker>,
}

/// A child that runs.
#[derive(Debug)]
struct Worker {
    child: Mutex<Child>,
    input: ChildStdin,
    output: ChildStdout,
    confinement: Confinement,
}

impl Inspector {
    /// Uses this very program as the child; its `main` must call [`worker::run`] when its first argument is
    /// [`worker::COMMAND`].
    pub fn of_this_program(limits: Limits) -> Self {
        // On Linux the link names the program that runs, even when the file was replaced meanwhile.
        let own = if cfg!(target_os = "linux") {
            PathBuf::from("/proc/self/exe")
        } else {
            std::env::current_exe().unwrap_or_default()
        };
        Self::of_program(own, [worker::COMMAND.into()], limits)
    }

    /// Uses another program as the child.
    pub fn of_program(
        program: PathBuf,
        arguments: impl IntoIterator<Item = OsString>,
        limits: Limits,
    ) -> Self {
        Self { program, arguments: arguments.into_iter().collect(), limits, worker: None }
    }

    /// Reads one file and everything inside it. `name` and `media_type` are what the mail says.
    ///
    /// Never fails: what could not be read is [`Unread`] in the material, and what was read before that is kept.
    pub fn inspect(&mut self, name: &str, media_type: &str, mut reader: impl Read) -> Material {
        let mut taken = Taken { limits: self.limits.clone(), ..Taken::default() };
        let outcome = self.exchange(name, media_type, &mut reader, &mut taken);
        let mut material = taken.material;
        if let Err(reason) = outcome {
            // A child that did not come to its end is not asked again.
            self.worker = None;
            let origin = Origin::Attachment(vec![names::tidy(name)]);
            material.unread.push(Unread { origin: origin.clone(), reason });
            if !material.files.iter().any(|facts| facts.origin == origin) {
                let length = taken.length;
                material.files.push(FileFacts { origin, kind: FileKind::Unknown, length, marks: Vec::new() });
            }
        }
        material
    }

    /// Starts the child, where none runs, and says how it is confined.
    ///
    /// # Errors
    /// When the child cannot be started, or does not confine itself.
    pub fn confinement(&mut self) -> io::Result<Confinement> {
        Ok(self.worker()?.confinement)
    }

    /// Starts the child, where none runs, and returns its process id, for who wants to watch what it costs.
    ///
    /// # Errors
    /// As [`Inspector::confinement`].
    pub fn process_id(&mut self) -> io::Result<u32> {
        let worker = self.worker()?;
        Ok(worker.child.lock().unwrap_or_else(PoisonError::into_inner).id())
    }

    /// Asks the child to try what it must not be able to do.
    ///
    /// # Errors
    /// When the child dies of it, or cannot be started.
    #[cfg(debug_assertions)]
    pub fn probe(&mut self) -> io::Result<Vec<crate::probe::Attempt>> {
        let worker = self.worker()?;
        protocol::write(&mut worker.input, protocol::PROBE, &[])?;
        let (_, json) = protocol::read(&mut worker.output)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        protocol::of_json(&json)
    }

    fn worker(&mut self) -> io::Result<&mut Worker> {
        let worker = match self.worker.take() {
            Some(worker) => worker,
            None => Worker::start(&self.program, &self.arguments)?,
        };
        Ok(self.worker.insert(worker))
    }

    fn exchange(
        &mut self,
        name: &str,
        media_type: &str,
        reader: &mut dyn Read,
        taken: &mut Taken,
    ) -> Result<(), UnreadReason> {
        let limits = self.limits.clone();
        let request = Request { name: names::tidy(name), media_type: names::tidy(media_type), limits };
        let request = protocol::to_json(&request).map_err(|_| UnreadReason::NoInspector)?;
        let most = self.limits.file_bytes.saturating_add(1);
        let limit = self.limits.time + GRACE;
        let worker = self.worker().map_err(|_| UnreadReason::NoInspector)?;
        let (child, input, output) = (&worker.child, &mut worker.input, &mut worker.output);
        watched(child, FEEDING, || feed(&request, reader, most, input, &mut taken.length))?;
        watched(child, limit, || taken.take(output))
    }
}

impl Worker {
    fn start(program: &std::path::Path, arguments: &[OsString]) -> io::Result<Self> {
        let mut child = Command::new(program)
            .args(arguments)
            // No secret of the environment comes along, and no words of a file come out another way.
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(input), Some(mut output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let child = Mutex::new(child);
        let hello = watched(&child, STARTING, || protocol::read(&mut output));
        let confinement = match hello {
            Ok(Some((protocol::HELLO, json))) => protocol::of_json(&json)?,
            _ => {
                end(&child);
                return Err(io::Error::other("the child did not confine itself"));
            }
        };
        Ok(Self { child, input, output, confinement })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        end(&self.child);
    }
}

/// Kills and reaps: no child outlives its parent's interest in it, and none stays behind as a zombie.
fn end(child: &Mutex<Child>) {
    let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = child.kill();
    let _ = child.wait();
}

/// Does something that waits for the child, and kills the child when it takes too long; whatever waits then goes on with
/// an error. A child that ended by itself is [`UnreadReason::NoInspector`], one that was killed [`UnreadReason::Limit`].
fn watched<T>(
    child: &Mutex<Child>,
    limit: Duration,
    work: impl FnOnce() -> io::Result<T>,
) -> Result<T, UnreadReason> {
    let (done, waiting) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let watch = scope.spawn(move || match waiting.recv_timeout(limit) {
            Err(RecvTimeoutError::Timeout) => {
                let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
                let _ = child.kill();
                true
            }
            _ => false,
        });
        let result = work();
        drop(done);
        let killed = watch.join().unwrap_or(true);
        match result {
            Ok(value) if !killed => Ok(value),
            _ if killed => Err(UnreadReason::Limit),
            Err(error) if error.kind() == io::ErrorKind::QuotaExceeded => Err(UnreadReason::Limit),
            _ => Err(UnreadReason::NoInspector),
        }
    })
}

/// Sends the request and the content, of which not more than can be of use.
fn feed(
    request: &[u8],
    reader: &mut dyn Read,
    most: u64,
    input: &mut ChildStdin,
    length: &mut u64,
) -> io::Result<()> {
    protocol::write(input, protocol::REQUEST, request)?;
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        // The rest is only counted: its end has to be known, so that a file is not called complete that is not.
        if *length < most {
            protocol::write(input, protocol::DATA, buffer.get(..count).unwrap_or_default())?;
        }
        *length += count as u64;
    }
    protocol::write(input, protocol::END, &[])?;
    input.flush()
}

/// What the child has said about one file so far.
#[derive(Debug, Default)]
struct Taken {
    limits: Limits,
    material: Material,
    length: u64,
    /// Bytes of text that is not checked to be UTF-8 yet, of the last piece.
    text: Vec<u8>,
    text_bytes: u64,
    items: u32,
}

impl Taken {
    /// Takes answers up to the end. The child is not believed: every cap that it keeps to is kept here too.
    fn take(&mut self, output: &mut ChildStdout) -> io::Result<()> {
        let outcome = self.frames(output);
        let finished = self.finish_text();
        outcome.and(finished)
    }

    fn frames(&mut self, output: &mut ChildStdout) -> io::Result<()> {
        loop {
            let (letter, content) = protocol::read(output)?.ok_or(io::ErrorKind::UnexpectedEof)?;
            if letter != protocol::TEXT {
                self.finish_text()?;
                self.items += 1;
                if self.items > self.limits.items.saturating_add(64) {
                    return Err(io::ErrorKind::QuotaExceeded.into());
                }
            }
            match letter {
                protocol::END => return Ok(()),
                protocol::FILE => {
                    let mut facts: FileFacts = protocol::of_json(&content)?;
                    // Only we know how long a file is of which not all was sent.
                    if matches!(&facts.origin, Origin::Attachment(names) if names.len() == 1) {
                        facts.length = self.length;
                    }
                    self.material.files.push(facts);
                }
                protocol::PIECE => self.material.pieces.push(protocol::of_json::<Piece>(&content)?),
                protocol::TEXT => {
                    self.text_bytes += content.len() as u64;
                    if self.text_bytes > self.limits.text_bytes.saturating_add(4096) {
                        return Err(io::ErrorKind::QuotaExceeded.into());
                    }
                    self.text.extend_from_slice(&content);
                }
                protocol::UNREAD => self.material.unread.push(protocol::of_json(&content)?),
                _ => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }

    /// Puts the text that has come into the piece it belongs to.
    fn finish_text(&mut self) -> io::Result<()> {
        if self.text.is_empty() {
            return Ok(());
        }
        let text =
            String::from_utf8(std::mem::take(&mut self.text)).map_err(|_| io::ErrorKind::InvalidData)?;
        let piece = self.material.pieces.last_mut().ok_or(io::ErrorKind::InvalidData)?;
        piece.text = text;
        Ok(())
    }
}
