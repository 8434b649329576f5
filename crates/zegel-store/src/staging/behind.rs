//! Writing on a thread of its own, so that encrypting goes on while the disk works.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use zeroize::Zeroizing;

use super::Staged;

/// Bytes handed to the thread at a time.
const PIECE: usize = 512 * 1024;
/// Pieces on their way, at most: 12 MiB, about what is encrypted while the disk takes what is synced.
const PIECES: usize = 24;
/// After this many bytes the thread has them written to the disk, so that not everything waits for the end.
const SYNC_EVERY: usize = 16 << 20;

/// A [`Staged`] file that is written by a thread; memory is bounded, and the order of bytes is kept.
///
/// An error of the thread comes out of the next `write`, `flush`, `read` or `seek`, and at the latest of
/// [`WriteBehind::finish`]; after an error every further call fails. So nothing can be given a name before everything was
/// written. What is dropped unfinished is gone, as with [`Staged`].
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use std::io::Write;
/// use zegel_store::staging::{Overwrite, Staged, WriteBehind};
///
/// let mut file = WriteBehind::new(Staged::create(folder.path())?);
/// file.write_all(b"ciphertext")?;
/// file.finish()?.persist(&folder.path().join("message.zegel"), Overwrite::Forbid)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct WriteBehind {
    file: Staged,
    writer: Option<Writer>,
    /// Bytes were lost: what is in the file has a hole.
    failed: bool,
}

/// The thread and what goes to and fro. Pieces may be plaintext, so they are wiped when they are freed.
#[derive(Debug)]
struct Writer {
    piece: Zeroizing<Vec<u8>>,
    full: SyncSender<Zeroizing<Vec<u8>>>,
    empty: Receiver<Zeroizing<Vec<u8>>>,
    thread: JoinHandle<io::Result<()>>,
}

impl WriteBehind {
    /// Writes to this file from where it stands.
    pub fn new(file: Staged) -> Self {
        Self { file, writer: None, failed: false }
    }

    /// Waits until everything is written and hands the file back.
    ///
    /// # Errors
    /// Fails when anything could not be written.
    pub fn finish(mut self) -> io::Result<Staged> {
        self.settle()?;
        Ok(self.file)
    }

    /// Waits until the thread has written everything, and ends it.
    fn settle(&mut self) -> io::Result<()> {
        if self.failed {
            return Err(io::Error::other("an earlier write failed"));
        }
        self.writer.take().map_or(Ok(()), Writer::finish).inspect_err(|_| self.failed = true)
    }
}

impl Writer {
    fn start(file: File) -> io::Result<Self> {
        let (full, to_write) = sync_channel::<Zeroizing<Vec<u8>>>(PIECES);
        let (give_back, empty) = sync_channel::<Zeroizing<Vec<u8>>>(PIECES + 1);
        let thread = std::thread::Builder::new().name("write-behind".to_owned()).spawn(move || {
            let mut unsynced = 0;
            for mut piece in to_write {
                (&file).write_all(&piece)?;
                unsynced += piece.len();
                if unsynced >= SYNC_EVERY {
                    file.sync_data()?;
                    unsynced = 0;
                }
                piece.clear();
                // Nobody takes it back when the file is being finished.
                let _ = give_back.try_send(piece);
            }
            Ok(())
        })?;
        Ok(Self { piece: Zeroizing::new(Vec::with_capacity(PIECE)), full, empty, thread })
    }

    /// Takes as much as fits the piece; hands over a full one. `false` when the thread has ended, for a reason of its own.
    fn take(&mut self, bytes: &[u8]) -> Option<usize> {
        let count = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(bytes.get(..count).unwrap_or_default());
        if self.piece.len() == PIECE {
            let next = self.empty.try_recv().unwrap_or_else(|_| Zeroizing::new(Vec::with_capacity(PIECE)));
            self.full.send(std::mem::replace(&mut self.piece, next)).ok()?;
        }
        Some(count)
    }

    fn finish(self) -> io::Result<()> {
        let sent = self.piece.is_empty() || self.full.send(self.piece).is_ok();
        drop(self.full);
        self.thread.join().map_err(|_| io::Error::other("the writing thread ended unexpectedly"))??;
        if sent { Ok(()) } else { Err(io::Error::other("the writing thread ended early")) }
    }
}

impl Write for WriteBehind {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let writer = match &mut self.writer {
            _ if self.failed => return Err(io::Error::other("an earlier write failed")),
            Some(writer) => writer,
            // The clone shares the position in the file, so what comes after continues where the thread stopped.
            none => none.insert(Writer::start(self.file.file().try_clone()?)?),
        };
        match writer.take(bytes) {
            Some(count) => Ok(count),
            None => {
                // Says why the thread ended.
                self.settle()?;
                self.failed = true;
                Err(io::Error::other("the writing thread ended early"))
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.settle()
    }
}

impl Read for WriteBehind {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.settle()?;
        self.file.read(buffer)
    }
}

impl Seek for WriteBehind {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.settle()?;
        self.file.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Overwrite;
    use super::*;

    fn pattern(length: usize) -> Vec<u8> {
        (0..length).map(|n| (n * 7 % 251) as u8).collect()
    }

    #[test]
    fn bytes_arrive_in_order_whatever_comes_between() {
        let folder = tempfile::tempdir().unwrap();
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 5 * PIECE + 17] {
            let bytes = pattern(length);
            let mut file = WriteBehind::new(Staged::create(folder.path()).unwrap());
            file.write_all(b"....").unwrap();
            let (first, second) = bytes.split_at(length / 3);
            file.write_all(first).unwrap();
            // As the tar writer does: back to the header, then on at the end.
            file.seek(SeekFrom::Start(0)).unwrap();
            file.write_all(b"head").unwrap();
            file.seek(SeekFrom::End(0)).unwrap();
            file.write_all(second).unwrap();
            let path = folder.path().join(length.to_string());
            file.finish().unwrap().persist(&path, Overwrite::Forbid).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), [b"head".as_slice(), &bytes].concat());
        }
    }

    #[test]
    fn what_was_written_can_be_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = pattern(3 * PIECE + 5);
        let mut file = WriteBehind::new(Staged::create(folder.path()).unwrap());
        file.write_all(&bytes).unwrap();
        file.rewind().unwrap();
        let mut back = Vec::new();
        file.read_to_end(&mut back).unwrap();
        assert_eq!(back, bytes);
    }

    #[test]
    fn after_an_error_nothing_works_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = WriteBehind::new(Staged::create(folder.path()).unwrap());
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        file.writer = Some(Writer::start(full).unwrap());
        file.write_all(b"lost").unwrap();
        assert_eq!(file.flush().unwrap_err().raw_os_error(), Some(28));
        assert!(file.write_all(b"more").is_err());
        assert!(file.rewind().is_err());
        assert!(file.read(&mut [0]).is_err());
        assert!(file.finish().is_err());
    }

    #[test]
    fn a_full_disk_is_told_and_nothing_is_named() {
        // The only device that is always full; a Staged file cannot lie on it, so the writer is given it directly.
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut writer = Writer::start(full).unwrap();
        let bytes = pattern(PIECE);
        let told = (0..100).any(|_| writer.take(&bytes).is_none());
        assert!(told, "the writer kept taking bytes for a full disk");
        assert_eq!(writer.finish().unwrap_err().raw_os_error(), Some(28));

        // What fits one piece is found out at the end.
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut writer = Writer::start(full).unwrap();
        assert_eq!(writer.take(b"short"), Some(5));
        assert_eq!(writer.finish().unwrap_err().raw_os_error(), Some(28));
    }
}
