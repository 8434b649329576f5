//! From a file to a verified message: finding the container, the key that opens it and a place for what is inside.

pub(crate) mod link;

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use zegel_core::Address;
use zegel_core::identity::Identity;
use zegel_core::message::{FirstUse, OpenError, Opened, Stage, open};
use zegel_core::mime::{OuterView, find_container, is_container};
use zegel_store::cards::Cards;
use zegel_store::staging::{Staged, WriteBehind};

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::input::{self, MAIL_MAX};
use crate::keys;
use crate::scanning::{Scanning, VirusScanner};
use crate::spool::Spool;

/// Bytes that tell a container from a mail.
const START: usize = 512;

/// A sealed message as it was found.
pub(crate) struct Carried {
    container: Container,
    /// The header of the mail it came in; none for a bare container.
    pub(crate) outer: Option<OuterView>,
    /// The whole mail; empty for a bare container.
    pub(crate) mail: Vec<u8>,
    /// The length of the container in bytes.
    pub(crate) length: u64,
}

/// A container on disk or in memory.
pub(crate) enum Container {
    /// On disk: never read as a whole.
    File(File),
    /// Taken out of a mail, or read from a pipe.
    Memory(Cursor<Vec<u8>>),
    /// Fetched from a server.
    Spool(Spool),
}

impl Carried {
    /// Finds the container in a mail, or takes the file as one.
    ///
    /// # Errors
    /// Code 66 when it cannot be read, 65 when there is no sealed message in it.
    pub(crate) fn find(path: &Path) -> Result<Self> {
        if !input::is_stdio(path) {
            let (mut file, meta) = input::open(path)?;
            let mut start = Vec::with_capacity(START);
            let read = (&mut file).take(START as u64).read_to_end(&mut start);
            read.and_then(|_| if meta.is_file() { file.rewind() } else { Ok(()) })
                .map_err(|error| Failure::io(format!("cannot read {}", path.display()), &error))?;
            if meta.is_file() && is_container(&start) {
                return Ok(Self {
                    container: Container::File(file),
                    outer: None,
                    mail: Vec::new(),
                    length: meta.len(),
                });
            }
            if !meta.is_file() {
                // A pipe cannot go back to its start.
                file.take(MAIL_MAX)
                    .read_to_end(&mut start)
                    .map_err(|error| Failure::io(format!("cannot read {}", path.display()), &error))?;
                return Self::find_in(start);
            }
        }
        Self::find_in(input::read(path, MAIL_MAX)?)
    }

    fn find_in(bytes: Vec<u8>) -> Result<Self> {
        if is_container(&bytes) {
            let length = bytes.len() as u64;
            return Ok(Self {
                container: Container::Memory(Cursor::new(bytes)),
                outer: None,
                mail: Vec::new(),
                length,
            });
        }
        let found = find_container(&bytes)?;
        Ok(Self {
            length: found.container.len() as u64,
            container: Container::Memory(Cursor::new(found.container)),
            outer: Some(found.outer),
            mail: bytes,
        })
    }

    /// Returns the container, from its start.
    ///
    /// # Errors
    /// Code 74 when the file cannot go back to its start.
    pub(crate) fn container(&mut self) -> Result<&mut Container> {
        self.container.rewind().map_err(|error| Failure::io("cannot read the message again", &error))?;
        Ok(&mut self.container)
    }

    /// Returns the BLAKE3 digest of the container.
    ///
    /// # Errors
    /// Code 74 when it cannot be read.
    pub(crate) fn digest(&mut self) -> Result<[u8; 32]> {
        let mut hasher = blake3::Hasher::new();
        hasher
            .update_reader(self.container()?)
            .map_err(|error| Failure::io("cannot read the message again", &error))?;
        Ok(*hasher.finalize().as_bytes())
    }

    /// Opens the message with the first identity that opens it, and verifies everything.
    ///
    /// Every identity is tried: an envelope that somebody made badly for one of them does not hide the message from the others.
    ///
    /// # Errors
    /// The most telling one when none opens it: code 67 when it is for none of them or the sender is not known, 65 when
    /// anything is not as it was signed, 78 when keys that it may be for cannot be unlocked.
    pub(crate) fn open(
        &mut self,
        stage: &Staging,
        first_use: FirstUse,
        context: &Context<'_>,
    ) -> Result<Verified> {
        let cards = Cards::new(context.paths()?);
        let addresses = keys::openers(context)?;
        let mut tried = Tried::default();
        for address in &addresses {
            let identity = match keys::identity(context, address) {
                Ok(identity) => identity,
                Err(failure) => {
                    tried.locked.get_or_insert(failure);
                    continue;
                }
            };
            match self.try_open(&identity, &cards, stage, first_use, context) {
                Ok(opened) => return Ok(opened),
                Err(error) => tried.refused(error)?,
            }
        }
        for address in &addresses {
            let replaced = match replaced(address, context) {
                Ok(replaced) => replaced,
                Err(failure) => {
                    tried.locked.get_or_insert(failure);
                    continue;
                }
            };
            for identity in replaced {
                match self.try_open(&identity, &cards, stage, first_use, context) {
                    Ok(opened) => return Ok(opened),
                    Err(error) => tried.refused(error)?,
                }
            }
        }
        let names = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Err(tried.most_telling(&names))
    }

    fn try_open(
        &mut self,
        identity: &Identity,
        cards: &Cards,
        stage: &Staging,
        first_use: FirstUse,
        context: &Context<'_>,
    ) -> std::result::Result<Verified, OpenError> {
        self.container.rewind().map_err(OpenError::Io)?;
        let mut progress = context.ui.progress("Opening", Some(self.length));
        let told = &mut |done| progress.reach(done);
        open(&mut self.container, identity, cards, first_use, context.now(), stage.clone(), told)
    }
}

/// Why no identity has opened the message so far.
#[derive(Default)]
struct Tried {
    /// An envelope was for one of them, and what it led to was refused.
    refused: Option<OpenError>,
    /// An identity could not be unlocked: the message may be for it.
    locked: Option<Failure>,
    /// It is not for one of them: how many envelopes there are.
    no_key: Option<usize>,
}

impl Tried {
    /// Notes why an identity did not open it.
    ///
    /// # Errors
    /// Returns at once what is no matter of identities: reading or staging failed.
    fn refused(&mut self, error: OpenError) -> Result<()> {
        match error {
            OpenError::Io(_) => return Err(error.into()),
            OpenError::NoKey(count) => self.no_key = self.no_key.max(Some(count)),
            other => {
                self.refused.get_or_insert(other);
            }
        }
        Ok(())
    }

    fn most_telling(self, names: &str) -> Failure {
        match (self.refused, self.locked) {
            (Some(refused), _) => refused.into(),
            (None, Some(locked)) => locked,
            (None, None) => Failure::from(OpenError::NoKey(self.no_key.unwrap_or_default()))
                .hint(format!("tried: {names}")),
        }
    }
}

/// A message of which everything was verified.
pub(crate) type Verified = Opened<Hidden>;

/// Loads the identities of an address that were replaced; only those that can be read count here.
fn replaced(address: &Address, context: &Context<'_>) -> Result<Vec<Identity>> {
    if context.environment().path("ZEGEL_IDENTITY_FILE").is_some() {
        return Ok(Vec::new());
    }
    let store = keys::store(context)?;
    let loaded = keys::with_passphrase(context, |ask| store.load_replaced(address, ask))?;
    Ok(loaded
        .into_iter()
        .filter_map(|identity| match identity {
            Ok(identity) => Some(identity),
            Err(error) => {
                context.ui.warning(&format!(
                    "an earlier identity cannot be read: {}",
                    Failure::from(error).sentence()
                ));
                None
            }
        })
        .collect())
}

impl Read for Container {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Memory(memory) => memory.read(buffer),
            Self::Spool(spool) => spool.read(buffer),
        }
    }
}

impl Seek for Container {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::File(file) => file.seek(to),
            Self::Memory(memory) => memory.seek(to),
            Self::Spool(spool) => spool.seek(to),
        }
    }
}

/// Where large attachments go until everything is verified.
#[derive(Debug, Clone)]
pub(crate) enum Staging {
    /// Nowhere: they are checked and forgotten, so that no plaintext reaches the disk for a mere look.
    Check,
    /// To files without a name in this folder.
    Folder(PathBuf),
    /// Nowhere either, but past the virus scanner.
    Scan(VirusScanner),
}

/// A large attachment that nobody can see yet.
#[derive(Debug)]
pub(crate) enum Hidden {
    /// Only its length was kept.
    Checked(u64),
    /// In a file without a name; written while decrypting goes on.
    File(WriteBehind),
    /// Only what the virus scanner will say was kept.
    Scanned(Scanning),
}

impl Stage for Staging {
    type File = Hidden;

    fn make_file(&mut self, _length: u64) -> io::Result<Hidden> {
        match self {
            Self::Check => Ok(Hidden::Checked(0)),
            Self::Scan(scanner) => Ok(Hidden::Scanned(scanner.begin()?)),
            Self::Folder(folder) => {
                let file = Staged::create(folder).map_err(io::Error::other)?;
                Ok(Hidden::File(WriteBehind::new(file)))
            }
        }
    }
}

impl Read for Hidden {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Checked(_) | Self::Scanned(_) => {
                Err(io::Error::other("this attachment was checked, not kept"))
            }
            Self::File(file) => file.read(buffer),
        }
    }
}

impl Write for Hidden {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Checked(length) => {
                *length += bytes.len() as u64;
                Ok(bytes.len())
            }
            Self::File(file) => file.write(bytes),
            Self::Scanned(scanning) => scanning.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Checked(_) => Ok(()),
            Self::File(file) => file.flush(),
            Self::Scanned(scanning) => scanning.flush(),
        }
    }
}

impl Seek for Hidden {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Checked(_) | Self::Scanned(_) => Ok(0),
            Self::File(file) => file.seek(to),
        }
    }
}

/// A hidden file that is read in one place and kept in another.
#[derive(Debug, Clone)]
pub(crate) struct Shared(Rc<RefCell<Hidden>>);

impl Shared {
    /// Shares a file.
    pub(crate) fn new(file: Hidden) -> Self {
        Self(Rc::new(RefCell::new(file)))
    }

    /// Goes back to the start.
    pub(crate) fn rewind(&self) -> io::Result<()> {
        self.0.borrow_mut().rewind()
    }

    /// Takes the file back, written whole; none while somebody still reads it, or when it was only checked.
    ///
    /// # Errors
    /// Fails when it could not be written.
    pub(crate) fn into_staged(self) -> io::Result<Option<Staged>> {
        match Rc::try_unwrap(self.0).map(RefCell::into_inner) {
            Ok(Hidden::File(file)) => file.finish().map(Some),
            Ok(Hidden::Checked(_) | Hidden::Scanned(_)) | Err(_) => Ok(None),
        }
    }
}

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.borrow_mut().read(buffer)
    }
}
