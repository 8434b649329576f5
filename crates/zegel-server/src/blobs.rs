//! What lies outside the database: shares with envelopes, parts, backups. All of it is ciphertext, or half of a key.
//!
//! A row names a file only when it is whole and on the disk; erasing it is erasing what is in it. What another store needs is
//! this type with the same functions.

mod upload;

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::db::Owner;
use crate::problem::Refusal;
use crate::text::{Hash, Id};

pub(crate) use upload::Upload;

/// How many tasks write at once. The file system commits their syncs together, so more of them cost less each.
const WRITERS: usize = 48;
/// Room that is left for the database and the logs.
const RESERVE: u64 = 64 << 20;
/// Ends the name of a file that is not whole.
const UNFINISHED: &str = "new";

/// Names one blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// The identity of a member as ciphertext.
    Backup(i64),
    /// A guest's share, number and envelope.
    Guest(Id, Id),
    /// A part of a message or reply.
    Part(Owner, u32),
    /// The two envelopes of a reply.
    Reply(Id),
}

impl Key {
    /// Returns the name below the folder of blobs. It is made of ids and numbers only (T9).
    fn name(self) -> String {
        match self {
            Self::Backup(member) => format!("backups/{member}"),
            Self::Guest(message, guest) => format!("{}.g{guest}", stem(Owner::Message(message))),
            Self::Part(owner, number) => format!("{}.p{number}", stem(owner)),
            Self::Reply(reply) => format!("{}.e", stem(Owner::Reply(reply))),
        }
    }
}

fn stem(owner: Owner) -> String {
    let (folder, id) = match owner {
        Owner::Message(id) => ("messages", id.to_string()),
        Owner::Reply(id) => ("replies", id.to_string()),
    };
    let shard: String = id.chars().take(2).collect();
    format!("{folder}/{shard}/{id}")
}

/// The store of blobs: a folder.
#[derive(Debug, Clone)]
pub(crate) struct Blobs {
    root: Arc<Path>,
    writers: Arc<Semaphore>,
}

/// Bytes to store and their name.
#[derive(Debug)]
pub(crate) struct Put {
    pub(crate) key: Key,
    pub(crate) bytes: Vec<u8>,
}

impl Blobs {
    /// Opens the store in a folder, which is made when it is missing.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub(crate) fn open(root: PathBuf) -> io::Result<Self> {
        make_folder(&root)?;
        Ok(Self { root: root.into(), writers: Arc::new(Semaphore::new(WRITERS)) })
    }

    /// Refuses what there is no room for.
    ///
    /// # Errors
    /// 507.
    pub(crate) fn must_have_room(&self, size: u64) -> Result<(), Refusal> {
        let room = rustix::fs::statvfs(&*self.root)
            .map(|stat| stat.f_bavail.saturating_mul(stat.f_frsize))
            .map_err(|error| refusal(&error.into()))?;
        if room < size.saturating_add(RESERVE) { Err(Refusal::full()) } else { Ok(()) }
    }

    /// Stores blobs that are new; when this returns, all of them are on the disk.
    ///
    /// They are written under their names at once: until a row names them they are nobody's, so half of one is never seen. The
    /// syncs of the files carry their names with them, and the folder's finds nothing left to do.
    ///
    /// # Errors
    /// When they cannot be written; some of them may be there then.
    pub(crate) async fn add(&self, puts: Vec<Put>) -> Result<(), Refusal> {
        let root = Arc::clone(&self.root);
        let _permit = self.writers.acquire().await.map_err(|_| Refusal::unavailable())?;
        run(move || {
            let mut folders = BTreeSet::new();
            let mut files = Vec::with_capacity(puts.len());
            for put in &puts {
                let path = root.join(put.key.name());
                let mut file = create(&path)?;
                file.write_all(&put.bytes)?;
                files.push(file);
                folders.extend(path.parent().map(Path::to_owned));
            }
            for file in files {
                file.sync_all()?;
            }
            for folder in folders {
                File::open(folder)?.sync_all()?;
            }
            Ok(())
        })
        .await
    }

    /// Stores a blob in the place of an older one; at every moment one of them is there, whole.
    ///
    /// # Errors
    /// When it cannot be written; the older one is there then.
    pub(crate) async fn replace(&self, put: Put) -> Result<(), Refusal> {
        let root = Arc::clone(&self.root);
        let _permit = self.writers.acquire().await.map_err(|_| Refusal::unavailable())?;
        run(move || write(&root.join(put.key.name()), &put.bytes)).await
    }

    /// Reads a small blob, or nothing when it is not there.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) async fn read(&self, key: Key) -> Result<Option<Vec<u8>>, Refusal> {
        let path = self.root.join(key.name());
        run(move || match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    /// Opens a blob to be read in pieces, or nothing when it is not there.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(crate) async fn reader(&self, key: Key) -> Result<Option<File>, Refusal> {
        let path = self.root.join(key.name());
        run(move || match File::open(&path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    /// Opens the unfinished file of an upload, cut to the length that is there for sure.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(crate) async fn upload(&self, key: Key, received: u64) -> Result<Upload, Refusal> {
        let path = self.root.join(key.name());
        run(move || Upload::open(path, received)).await
    }

    /// Erases everything of a message or reply, unfinished files too.
    ///
    /// # Errors
    /// When something cannot be erased.
    pub(crate) async fn erase(&self, owner: Owner) -> Result<(), Refusal> {
        let stem = self.root.join(stem(owner));
        run(move || erase_stem(&stem)).await
    }

    /// Erases one blob.
    ///
    /// # Errors
    /// When it is there and cannot be erased.
    pub(crate) async fn erase_one(&self, key: Key) -> Result<(), Refusal> {
        let path = self.root.join(key.name());
        run(move || match fs::remove_file(&path) {
            Ok(()) => sync_folder(&path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        })
        .await
    }

    /// Says whether the store can be written to.
    ///
    /// # Errors
    /// When it cannot.
    pub(crate) async fn check(&self) -> Result<(), Refusal> {
        let path = self.root.join("check");
        run(move || {
            write(&path, b"")?;
            fs::remove_file(&path)
        })
        .await
    }

    /// Lists every file with its length, by its name below the folder.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub(crate) fn list(&self) -> io::Result<Vec<(String, u64)>> {
        let mut found = Vec::new();
        let mut folders = vec![self.root.to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                } else if let Ok(name) = entry.path().strip_prefix(&self.root) {
                    found.push((name.to_string_lossy().into_owned(), entry.metadata()?.len()));
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// Lists what lies here of messages and replies and was not written to for so long.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub(crate) async fn older(&self, age: Duration) -> Result<BTreeSet<Owner>, Refusal> {
        let blobs = self.clone();
        run(move || {
            let mut owners = BTreeSet::new();
            for (name, _) in blobs.list()? {
                let path = blobs.root.join(&name);
                // Gone since it was listed: then it is nobody's any more.
                let Ok(written) = path.metadata().and_then(|metadata| metadata.modified()) else { continue };
                if written.elapsed().is_ok_and(|elapsed| elapsed >= age) {
                    owners.extend(owner_of(&name));
                }
            }
            Ok(owners)
        })
        .await
    }

    /// Returns the name of a blob in the list.
    pub(crate) fn name_of(key: Key) -> String {
        key.name()
    }

    /// Computes the hash of a blob.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn hash(&self, key: Key) -> io::Result<Hash> {
        hash_of(&mut File::open(self.root.join(key.name()))?)
    }
}

/// Returns what a file in the list belongs to; nothing for a member's backup.
pub(crate) fn owner_of(name: &str) -> Option<Owner> {
    let (folder, file) = (name.split('/').next()?, name.rsplit('/').next()?);
    let id = Id::parse(file.split('.').next()?)?;
    match folder {
        "messages" => Some(Owner::Message(id)),
        "replies" => Some(Owner::Reply(id)),
        _ => None,
    }
}

/// Computes the hash of what is left of a file.
fn hash_of(file: &mut File) -> io::Result<Hash> {
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(Hash::from_bytes(*hasher.finalize().as_bytes()));
        }
        hasher.update(buffer.get(..read).unwrap_or_default());
    }
}

/// Runs file work off the threads that serve, and turns its errors into refusals.
async fn run<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, Refusal> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(|error| refusal(&error)),
        Err(_) => Err(Refusal::unavailable()),
    }
}

fn refusal(error: &io::Error) -> Refusal {
    if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        return Refusal::full();
    }
    // Without the path: it has ids in it, and a log needs none.
    tracing::error!(error = %error.kind(), "the store failed");
    Refusal::unavailable()
}

/// Writes a file aside, syncs it, gives it its name, and syncs the folder.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = path.with_added_extension(UNFINISHED);
    let mut file = create(&aside)?;
    let written =
        file.write_all(bytes).and_then(|()| file.sync_data()).and_then(|()| fs::rename(&aside, path));
    if written.is_err() {
        let _ = fs::remove_file(&aside);
    }
    written?;
    sync_folder(path)
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Some(folder) = path.parent() {
                make_folder(folder)?;
                sync_folder(folder)?;
            }
            options.open(path)
        }
        result => result,
    }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Erases the files whose names begin with a stem and a dot.
fn erase_stem(stem: &Path) -> io::Result<()> {
    let (Some(folder), Some(name)) = (stem.parent(), stem.file_name().and_then(|name| name.to_str())) else {
        return Ok(());
    };
    let start = format!("{name}.");
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(&start)) {
            match fs::remove_file(entry.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    sync_folder(stem)
}

#[cfg(test)]
mod tests;
