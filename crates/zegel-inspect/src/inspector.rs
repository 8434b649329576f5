//! The parent: starts the child, feeds it, and turns whatever happens to it into material.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

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

/// The most bytes of a finding without its text.
const LONGEST_FINDING: usize = 16 * 1024;

/// The most bytes of all findings of one file, without their texts.
const FINDINGS: usize = 16 * 1024 * 1024;

/// What all attachments of one draft may cost together; each of them keeps to [`Limits`] besides.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Budget {
    /// How many pieces, unread parts and file facts together.
    pub items: u32,
    /// Bytes of text and names in all.
    pub text_bytes: u64,
    /// Time in all.
    pub time: Duration,
}

impl Default for Budget {
    fn default() -> Self {
        Self { items: 100_000, text_bytes: 64 * 1024 * 1024, time: Duration::from_secs(30) }
    }
}

impl Budget {
    fn is_spent(&self) -> bool {
        self.items == 0 || self.text_bytes == 0 || self.time.is_zero()
    }

    /// Returns the limits of the next file.
    fn within(&self, limits: &Limits) -> Limits {
        let mut limits = limits.clone();
        limits.items = limits.items.min(self.items);
        limits.text_bytes = limits.text_bytes.min(self.text_bytes);
        limits.time = limits.time.min(self.time);
        limits
    }

    fn spend(&mut self, material: &Material, time: Duration) {
        let names = |origin: &Origin| match origin {
            Origin::Attachment(names) => names.iter().map(String::len).sum(),
            _ => 0_usize,
        };
        let texts: usize = material.pieces.iter().map(|piece| piece.text.len() + names(&piece.origin)).sum();
        let files: usize = material.files.iter().map(|facts| names(&facts.origin)).sum();
        let unread: usize = material.unread.iter().map(|unread| names(&unread.origin)).sum();
        let items = material.pieces.len() + material.files.len() + material.unread.len();
        self.items = self.items.saturating_sub(u32::try_from(items).unwrap_or(u32::MAX));
        self.text_bytes = self.text_bytes.saturating_sub((texts + files + unread) as u64);
        self.time = self.time.saturating_sub(time);
    }
}

/// Reads files in a child that is confined, each in one of its own: what took one over never sees the next file.
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
    /// Whether it has been given a file.
    used: bool,
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
        self.inspect_with(name, media_type, &mut reader, self.limits.clone())
    }

    /// As [`Inspector::inspect`], within what is left for all files of a draft. What comes after that is
    /// [`Limit`](UnreadReason::Limit), and not even sent to the child.
    pub fn inspect_within(
        &mut self,
        budget: &mut Budget,
        name: &str,
        media_type: &str,
        mut reader: impl Read,
    ) -> Material {
        if budget.is_spent() {
            let length = io::copy(&mut reader, &mut io::sink()).unwrap_or(0);
            return unexamined(Material::default(), name, length, UnreadReason::Limit);
        }
        let start = Instant::now();
        let material = self.inspect_with(name, media_type, &mut reader, budget.within(&self.limits));
        budget.spend(&material, start.elapsed());
        material
    }

    fn inspect_with(
        &mut self,
        name: &str,
        media_type: &str,
        reader: &mut dyn Read,
        limits: Limits,
    ) -> Material {
        let mut taken = Taken { name: names::tidy(name), limits, ..Taken::default() };
        let outcome = self.exchange(media_type, reader, &mut taken);
        match outcome {
            Ok(()) => taken.material,
            Err(reason) => {
                // A child that did not come to its end is not asked again.
                self.worker = None;
                unexamined(taken.material, name, taken.length, reason)
            }
        }
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
        media_type: &str,
        reader: &mut dyn Read,
        taken: &mut Taken,
    ) -> Result<(), UnreadReason> {
        let limits = taken.limits.clone();
        let most = limits.file_bytes.saturating_add(1);
        let limit = limits.time + GRACE;
        let request = Request { name: taken.name.clone(), media_type: names::tidy(media_type), limits };
        let request = protocol::to_json(&request).map_err(|_| UnreadReason::NoInspector)?;
        if self.worker.as_ref().is_some_and(|worker| worker.used) {
            self.worker = None;
        }
        let worker = self.worker().map_err(|_| UnreadReason::NoInspector)?;
        worker.used = true;
        let (child, input, output) = (&worker.child, &mut worker.input, &mut worker.output);
        watched(child, FEEDING, || feed(&request, reader, most, input, &mut taken.length))?;
        watched(child, limit, || taken.take(output))
    }
}

/// Adds that a file was not examined, or not to its end.
fn unexamined(mut material: Material, name: &str, length: u64, reason: UnreadReason) -> Material {
    let origin = Origin::Attachment(vec![names::tidy(name)]);
    material.unread.push(Unread { origin: origin.clone(), reason });
    if !material.files.iter().any(|facts| facts.origin == origin) {
        material.files.push(FileFacts { origin, kind: FileKind::Unknown, length, marks: Vec::new() });
    }
    material
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
        Ok(Self { child, input, output, confinement, used: false })
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
    /// What the attachment is called, the first name in every origin.
    name: String,
    limits: Limits,
    material: Material,
    length: u64,
    /// Bytes of text that is not checked to be UTF-8 yet, of the last piece.
    text: Vec<u8>,
    text_bytes: u64,
    items: u32,
    /// Bytes of findings without their texts.
    findings: usize,
}

impl Taken {
    /// Takes answers up to the end. The child is not believed: every cap that it keeps to is kept here too.
    fn take(&mut self, output: &mut dyn Read) -> io::Result<()> {
        let outcome = self.frames(output);
        let finished = self.finish_text();
        outcome.and(finished)
    }

    fn frames(&mut self, output: &mut dyn Read) -> io::Result<()> {
        loop {
            let (letter, content) = protocol::read(output)?.ok_or(io::ErrorKind::UnexpectedEof)?;
            if letter != protocol::TEXT {
                self.finish_text()?;
                self.items += 1;
                self.findings += content.len();
                if self.items > self.limits.items.saturating_add(64) || self.findings > FINDINGS {
                    return Err(io::ErrorKind::QuotaExceeded.into());
                }
                if content.len() > LONGEST_FINDING {
                    return Err(io::ErrorKind::InvalidData.into());
                }
            }
            match letter {
                protocol::END => return Ok(()),
                protocol::FILE => {
                    let mut facts: FileFacts = protocol::of_json(&content)?;
                    self.check(&facts.origin)?;
                    // Only we know how long a file is of which not all was sent.
                    if matches!(&facts.origin, Origin::Attachment(names) if names.len() == 1) {
                        facts.length = self.length;
                    }
                    self.material.files.push(facts);
                }
                protocol::PIECE => {
                    let piece: Piece = protocol::of_json(&content)?;
                    self.check(&piece.origin)?;
                    // Its text comes in frames of its own, where it is counted.
                    if !piece.text.is_empty() {
                        return Err(io::ErrorKind::InvalidData.into());
                    }
                    self.material.pieces.push(piece);
                }
                protocol::TEXT => {
                    self.text_bytes += content.len() as u64;
                    if self.text_bytes > self.limits.text_bytes.saturating_add(4096) {
                        return Err(io::ErrorKind::QuotaExceeded.into());
                    }
                    self.text.extend_from_slice(&content);
                }
                protocol::UNREAD => {
                    let unread: Unread = protocol::of_json(&content)?;
                    self.check(&unread.origin)?;
                    self.material.unread.push(unread);
                }
                _ => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }

    /// Refuses findings about anything but this attachment and what lies in it: a child that was taken over must not speak
    /// for the others, nor for the text of the mail.
    fn check(&self, origin: &Origin) -> io::Result<()> {
        let deepest = (self.limits.depth as usize).saturating_mul(2).saturating_add(2);
        match origin {
            Origin::Attachment(names) if names.first() == Some(&self.name) && names.len() <= deepest => {
                Ok(())
            }
            _ => Err(io::ErrorKind::InvalidData.into()),
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

#[cfg(test)]
mod tests {
    use zegel_core::material::{Spot, Visibility};

    use super::*;

    /// Takes frames as if a child had sent them.
    fn take(frames: &[(u8, Vec<u8>)]) -> io::Result<Material> {
        let mut taken = Taken { name: "a.zip".to_owned(), ..Taken::default() };
        let mut bytes = Vec::new();
        for (letter, content) in frames {
            protocol::write(&mut bytes, *letter, content)?;
        }
        protocol::write(&mut bytes, protocol::END, &[])?;
        taken.take(&mut bytes.as_slice()).map(|()| taken.material)
    }

    fn piece(names: &[&str], text: &str) -> (u8, Vec<u8>) {
        let origin = Origin::Attachment(names.iter().map(|name| (*name).to_owned()).collect());
        let piece = Piece { origin, spot: Spot::Text, visibility: Visibility::Shown, text: text.to_owned() };
        (protocol::PIECE, protocol::to_json(&piece).unwrap())
    }

    fn unread(origin: Origin) -> (u8, Vec<u8>) {
        let unread = Unread { origin, reason: UnreadReason::Damaged };
        (protocol::UNREAD, protocol::to_json(&unread).unwrap())
    }

    #[test]
    fn a_child_speaks_only_for_its_own_file() {
        assert_eq!(take(&[piece(&["a.zip", "b"], "")]).unwrap().pieces.len(), 1);
        assert!(take(&[piece(&["b.zip"], "")]).is_err());
        assert!(take(&[piece(&[], "")]).is_err());
        assert!(take(&[unread(Origin::Body)]).is_err());
        assert!(take(&[unread(Origin::Subject)]).is_err());
        let file = |name: &str| {
            let origin = Origin::Attachment(vec![name.to_owned()]);
            let facts = FileFacts { origin, kind: FileKind::Text, length: 1, marks: Vec::new() };
            (protocol::FILE, protocol::to_json(&facts).unwrap())
        };
        assert!(take(&[file("a.zip")]).is_ok());
        assert!(take(&[file("b.zip")]).is_err());
    }

    #[test]
    fn a_child_cannot_fill_the_memory_of_its_parent() {
        // Text beside the frames that are counted.
        assert!(take(&[piece(&["a.zip"], "text")]).is_err());
        // One long name, deep names, and many that are neither.
        assert!(take(&[piece(&["a.zip", &"x".repeat(20_000)], "")]).is_err());
        assert!(take(&[piece(&["a.zip"; 40], "")]).is_err());
        let long = piece(&["a.zip", &"x".repeat(8_000)], "");
        assert!(take(&vec![long.clone(); 1_000]).is_ok());
        let error = take(&vec![long; 3_000]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::QuotaExceeded);
    }

    #[test]
    fn what_a_draft_may_cost_is_spent_once() {
        let mut budget = Budget { items: 3, text_bytes: 100, time: Duration::from_secs(1) };
        let mut material = take(&[piece(&["a.zip"], "")]).unwrap();
        material.pieces[0].text = "x".repeat(50);
        budget.spend(&material, Duration::from_millis(1));
        assert_eq!((budget.items, budget.text_bytes), (2, 45));
        assert_eq!(budget.within(&Limits::default()).text_bytes, 45);
        budget.spend(&material, Duration::from_millis(1));
        assert!(budget.is_spent());
        let mut nobody = Inspector::of_program("/nowhere".into(), [], Limits::default());
        let material = nobody.inspect_within(&mut budget, "a.txt", "", &b"hello"[..]);
        assert_eq!(material.unread[0].reason, UnreadReason::Limit);
        assert_eq!(material.files[0].length, 5);
    }
}
