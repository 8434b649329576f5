//! Which messages were opened before: a message that comes again in another mail is shown as a replay.
//!
//! ```
//! # let home = tempfile::tempdir()?;
//! # use zegel_core::{Fingerprint, MessageId, Timestamp};
//! use zegel_store::Paths;
//! use zegel_store::seen::{Carrier, Message, Seen, SeenLog};
//!
//! let log = SeenLog::new(&Paths::below(home.path()));
//! # let (id, sender) = (MessageId::from_bytes([1; 16]), Fingerprint::from_bytes([2; 32]));
//! # let now = Timestamp::from_unix(10);
//! let message = Message { id, sender };
//! let monday = Carrier { mail: Some("<monday@example.org>"), digest: [1; 32] };
//! let again = Carrier { mail: Some("<again@example.org>"), digest: [1; 32] };
//! assert_eq!(log.record(&message, &monday, now)?, Seen::First);
//! assert!(matches!(log.record(&message, &monday, now)?, Seen::Again { .. }));
//! assert!(matches!(log.record(&message, &again, now)?, Seen::Replayed { .. }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Lines are only ever appended, under a lock, and on the disk before the answer is given. The log is split by the first
//! two characters of the message id, so that looking one up stays quick after a million messages.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zegel_core::id::{from_base32, to_base32};
use zegel_core::{Fingerprint, MessageId, Timestamp, json};

use crate::lock::Lock;
use crate::paths::Paths;
use crate::private::{self, FileError, Holds};
use crate::staging::{Mode, Overwrite, Staged, sync_folder, write_atomically};

/// Longest carrier text that is kept; a longer one is cut, which keeps it as different as it was.
const CARRIER_MAX: usize = 998;
/// Longest line.
const LINE_MAX: usize = 16 << 10;
/// Longest file that is read: about a quarter of a million messages in each of a thousand files.
const FILE_MAX: usize = 64 << 20;

/// What makes a message the same one.
///
/// The id alone does not: it is chosen by whoever makes a message, and somebody could take that of a message she has seen, so that
/// the genuine one is refused as a replay of hers. The sender is who signed it, which nobody else can choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// The id in the signed manifest.
    pub id: MessageId,
    /// The fingerprint of the card that signed.
    pub sender: Fingerprint,
}

/// What a message came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carrier<'a> {
    /// The `Message-ID` of the mail, empty for a mail without one; `None` for a bare `message.zegel` file.
    pub mail: Option<&'a str>,
    /// A digest of the container, byte for byte.
    pub digest: [u8; 32],
}

/// Whether a message was opened before.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Seen {
    /// It was opened before, from the same mail or file.
    Again {
        /// When it was opened first.
        when: Timestamp,
    },
    /// It was not opened before.
    First,
    /// It was opened before, from another mail: somebody sent it again.
    Replayed {
        /// The `Message-ID` of the first mail; untrusted text.
        first: Option<String>,
        /// When it was opened first.
        when: Timestamp,
    },
}

/// The memory of opened messages.
#[derive(Debug, Clone)]
pub struct SeenLog {
    folder: PathBuf,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    carrier: Option<String>,
    digest: String,
    id: MessageId,
    opened: Timestamp,
    /// Lines of earlier versions have none; they count for every sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sender: Option<Fingerprint>,
}

impl Line {
    fn is_of(&self, message: &Message) -> bool {
        self.id == message.id && self.sender.is_none_or(|sender| sender == message.sender)
    }
}

impl SeenLog {
    /// Names the log below these paths; nothing is touched yet.
    pub fn new(paths: &Paths) -> Self {
        Self { folder: paths.seen() }
    }

    /// Records that a message was opened and says whether it was before; the first time is the one that stays.
    ///
    /// # Errors
    /// Fails when the log cannot be read or written, or is damaged other than by a line that was cut off at the end.
    pub fn record(
        &self,
        message: &Message,
        carrier: &Carrier<'_>,
        now: Timestamp,
    ) -> Result<Seen, FileError> {
        private::make_folder(&self.folder, Holds::Settings)?;
        private::check_chain(&self.folder, Holds::Settings)?;
        let path = self.file(&message.id);
        let _lock = Lock::take(&self.lock())?;
        let new = !path.exists();
        let mut file = private::open_to_change(&path, Holds::Settings)?;
        let (lines, whole) = read(&path, &mut file)?;
        if let Some(first) = lines.iter().find(|line| line.is_of(message)) {
            return Ok(compare(first, carrier));
        }
        let line = Line {
            carrier: carrier.mail.map(|mail| cut(mail).to_owned()),
            digest: to_base32(&carrier.digest),
            id: message.id,
            opened: now,
            sender: Some(message.sender),
        };
        let bytes = json::to_line(&line).map_err(|error| FileError::damaged(&path, error.to_string()))?;
        append(&mut file, whole, &bytes).map_err(FileError::write(&path))?;
        if new {
            sync_folder(&self.folder).map_err(FileError::write(&self.folder))?;
        }
        Ok(Seen::First)
    }

    /// Says whether a message was opened before, without recording anything.
    ///
    /// # Errors
    /// As [`SeenLog::record`].
    pub fn look(&self, message: &Message, carrier: &Carrier<'_>) -> Result<Seen, FileError> {
        private::check_chain(&self.folder, Holds::Settings)?;
        let path = self.file(&message.id);
        // No lock: a line that is being written counts as little as one that is written later.
        let mut file = match open_to_read(&path) {
            Ok(file) => file,
            Err(error) if error.is_missing() => return Ok(Seen::First),
            Err(error) => return Err(error),
        };
        let (lines, _) = read(&path, &mut file)?;
        Ok(lines.iter().find(|line| line.is_of(message)).map_or(Seen::First, |first| compare(first, carrier)))
    }

    /// Finds out whether a message could be recorded now, and leaves nothing behind.
    ///
    /// What is shown and can then never be recorded could be sent again for ever without being noticed.
    ///
    /// # Errors
    /// Fails when the file of the log, its lock or the folder they are to be made in cannot be written, or the disk is full.
    pub fn check_writable(&self, message: &Message) -> Result<(), FileError> {
        for path in [self.lock(), self.file(&message.id)] {
            match OpenOptions::new().append(true).open(&path) {
                Ok(file) => private::check_open(&path, &file, Holds::Settings)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(FileError::write(&path)(error)),
            }
        }
        // The folder itself, or the one that it is to be made in; a disk that is full says so here too.
        let there = self.folder.ancestors().find(|folder| folder.exists()).unwrap_or(&self.folder);
        let mut probe = Staged::create(there)?;
        probe.write_all(&[0; LINE_MAX]).map_err(FileError::write(there))
    }

    /// Reads the whole log and returns how many messages it remembers.
    ///
    /// # Errors
    /// Fails at the first file that cannot be read or is damaged.
    pub fn check(&self) -> Result<usize, FileError> {
        let mut count = 0;
        for path in self.files()? {
            let mut file = open_to_read(&path)?;
            count += read(&path, &mut file)?.0.len();
        }
        Ok(count)
    }

    /// Takes the lines that cannot be read out of damaged files, and keeps each file as it was beside the new one
    /// (`xx.log.damaged`). Returns how many files it mended.
    ///
    /// # Errors
    /// Fails when a file cannot be read or written; a file that is too long is left as it is.
    pub fn repair(&self) -> Result<usize, FileError> {
        let mut mended = 0;
        for path in self.files()? {
            let _lock = Lock::take(&self.lock())?;
            let mut file = open_to_read(&path)?;
            if !matches!(read(&path, &mut file), Err(FileError::Damaged { .. })) {
                continue;
            }
            let bytes = std::fs::read(&path).map_err(FileError::read(&path))?;
            let whole: Vec<u8> = bytes
                .split_inclusive(|byte| *byte == b'\n')
                .filter(|piece| {
                    piece
                        .strip_suffix(b"\n")
                        .is_some_and(|line| json::from_slice::<Line>(line, LINE_MAX).is_ok())
                })
                .flatten()
                .copied()
                .collect();
            write_atomically(&path.with_extension("log.damaged"), &bytes, Mode::Private, Overwrite::Allow)?;
            write_atomically(&path, &whole, Mode::Private, Overwrite::Allow)?;
            mended += 1;
        }
        Ok(mended)
    }

    /// Returns the files of the log, in order.
    fn files(&self) -> Result<Vec<PathBuf>, FileError> {
        private::check_chain(&self.folder, Holds::Settings)?;
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(FileError::read(&self.folder)(error)),
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(FileError::read(&self.folder))?.path();
            if path.extension().is_some_and(|extension| extension == "log") {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    fn lock(&self) -> PathBuf {
        self.folder.join(".lock")
    }

    fn file(&self, id: &MessageId) -> PathBuf {
        let part: String = id.to_string().chars().take(2).collect();
        self.folder.join(format!("{part}.log"))
    }
}

fn open_to_read(path: &Path) -> Result<File, FileError> {
    let file = File::open(path).map_err(FileError::read(path))?;
    private::check_open(path, &file, Holds::Settings)?;
    Ok(file)
}

/// Reads all whole lines, and returns the length they take.
///
/// A line without its end, or a last line that is none, was cut off by a crash before its writing was acknowledged: it
/// does not count. Any other line that cannot be read is damage, and is not passed over.
fn read(path: &Path, file: &mut File) -> Result<(Vec<Line>, u64), FileError> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(FILE_MAX).unwrap_or(u64::MAX).saturating_add(1);
    Read::by_ref(file).take(limit).read_to_end(&mut bytes).map_err(FileError::read(path))?;
    if bytes.len() > FILE_MAX {
        return Err(FileError::TooLong { path: path.to_owned(), cap: FILE_MAX });
    }
    let mut lines = Vec::new();
    let mut whole = 0_u64;
    let mut pieces = bytes.split_inclusive(|byte| *byte == b'\n').enumerate().peekable();
    while let Some((number, piece)) = pieces.next() {
        let last = pieces.peek().is_none();
        let line = piece.strip_suffix(b"\n").and_then(|line| json::from_slice::<Line>(line, LINE_MAX).ok());
        match line {
            Some(line) => {
                lines.push(line);
                whole = whole.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            }
            None if last => break,
            None => return Err(FileError::damaged(path, format!("line {} cannot be read", number + 1))),
        }
    }
    Ok((lines, whole))
}

/// Writes a line after the whole ones, over what a crash may have left, and waits until it is on the disk.
fn append(file: &mut File, whole: u64, line: &[u8]) -> std::io::Result<()> {
    file.set_len(whole)?;
    file.seek(SeekFrom::Start(whole))?;
    let written = file.write_all(line).and_then(|()| file.sync_all());
    if written.is_err() {
        // What is half there must not stay: the caller is told that nothing was recorded.
        let _ = file.set_len(whole);
    }
    written
}

fn compare(first: &Line, carrier: &Carrier<'_>) -> Seen {
    let same_bytes = from_base32(&first.digest).is_ok_and(|digest| digest == carrier.digest);
    let same_mail = match (&first.carrier, carrier.mail) {
        (Some(first), Some(now)) => first == cut(now),
        // The container taken out of its mail, or the other way round: the reader's own doing.
        _ => true,
    };
    if same_bytes && same_mail {
        return Seen::Again { when: first.opened };
    }
    Seen::Replayed { first: first.carrier.clone(), when: first.opened }
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(CARRIER_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests;
