//! A stage on disk that remembers what went through it, and shows that nothing is left after a refusal.

use std::cell::{Cell, RefCell};
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::rc::Rc;

use zegel_core::Timestamp;
use zegel_core::contacts::Contacts;
use zegel_core::identity::Identity;
use zegel_core::message::{FirstUse, OpenError, Opened, Stage, open};
use zegel_store::staging::Staged;

/// What became of the files of a stage.
#[derive(Default)]
pub(crate) struct Ledger {
    /// Files that were made and not dropped yet.
    pub(crate) alive: Cell<usize>,
    /// Files ever made.
    pub(crate) made: Cell<usize>,
    /// Bytes written to them.
    pub(crate) written: Cell<u64>,
}

pub(crate) struct DiskStage {
    folder: Rc<tempfile::TempDir>,
    ledger: Rc<Ledger>,
}

pub(crate) struct DiskFile {
    file: Staged,
    ledger: Rc<Ledger>,
    /// Keeps the folder until the last file is gone.
    _folder: Rc<tempfile::TempDir>,
}

impl Stage for DiskStage {
    type File = DiskFile;

    fn make_file(&mut self, _length: u64) -> io::Result<DiskFile> {
        let file = Staged::create(self.folder.path()).map_err(io::Error::other)?;
        self.ledger.made.set(self.ledger.made.get() + 1);
        self.ledger.alive.set(self.ledger.alive.get() + 1);
        Ok(DiskFile { file, ledger: self.ledger.clone(), _folder: self.folder.clone() })
    }
}

impl Drop for DiskFile {
    fn drop(&mut self) {
        self.ledger.alive.set(self.ledger.alive.get() - 1);
    }
}

impl Read for DiskFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

impl Write for DiskFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.ledger.written.set(self.ledger.written.get() + count as u64);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for DiskFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file.seek(position)
    }
}

/// Everything that can be seen of an opened message, for comparing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) assurance: zegel_core::message::Assurance,
    pub(crate) inner: Vec<u8>,
    pub(crate) parts: Vec<Vec<u8>>,
}

impl Seen {
    pub(crate) fn of<F: Read>(opened: Opened<F>) -> Self {
        let read = |mut file: F| {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            bytes
        };
        Self {
            line: String::from_utf8(opened.manifest.to_line().unwrap().to_vec()).unwrap(),
            assurance: opened.assurance,
            parts: opened.parts.into_iter().map(|part| read(part.file)).collect(),
            inner: opened.inner.into_bytes(),
        }
    }
}

/// Who opens, and what they know.
pub(crate) struct Reader<'a> {
    pub(crate) who: &'a Identity,
    pub(crate) contacts: &'a dyn Contacts,
    pub(crate) first_use: FirstUse,
    pub(crate) now: Timestamp,
}

thread_local! {
    static FOLDER: RefCell<Option<Rc<tempfile::TempDir>>> = const { RefCell::new(None) };
}

impl Reader<'_> {
    /// Opens; a refusal must leave no staged file, with or without a name.
    ///
    /// Returns the result and how many bytes of plaintext had been staged meanwhile.
    pub(crate) fn open(&self, container: &[u8]) -> (Result<Opened<DiskFile>, OpenError>, u64) {
        let folder = FOLDER.with_borrow_mut(|slot| {
            slot.get_or_insert_with(|| Rc::new(tempfile::tempdir().unwrap())).clone()
        });
        let ledger = Rc::new(Ledger::default());
        let stage = DiskStage { folder: folder.clone(), ledger: ledger.clone() };
        let result = open(
            Cursor::new(container),
            self.who,
            self.contacts,
            self.first_use,
            self.now,
            stage,
            &mut |_| {},
        );
        if result.is_err() {
            assert_eq!(ledger.alive.get(), 0, "a staged file outlived the refusal");
        }
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            0,
            "a file got a name before it was asked for"
        );
        (result, ledger.written.get())
    }
}
