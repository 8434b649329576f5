//! The journal of tombstones: which messages and answers have ended, beside the database and apart from its backups.
//!
//! An older backup knows messages that were recalled since. At every start the journal is read, and what it names is ended again
//! (T30).

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::problem::Refusal;
use crate::text::Id;

/// Something that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Tombstone {
    Expired(Id),
    Guest(Id, Id),
    Recalled(Id),
    Reply(Id),
}

impl Tombstone {
    fn line(self) -> String {
        match self {
            Self::Expired(id) => format!("expired {id}\n"),
            Self::Guest(id, guest) => format!("guest {id} {guest}\n"),
            Self::Recalled(id) => format!("recalled {id}\n"),
            Self::Reply(id) => format!("reply {id}\n"),
        }
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let (kind, id) = (words.next()?, Id::parse(words.next()?)?);
        let tombstone = match kind {
            "expired" => Self::Expired(id),
            "guest" => Self::Guest(id, Id::parse(words.next()?)?),
            "recalled" => Self::Recalled(id),
            "reply" => Self::Reply(id),
            _ => return None,
        };
        words.next().is_none().then_some(tombstone)
    }
}

/// The journal, open for more.
#[derive(Debug, Clone)]
pub(crate) struct Journal(Arc<Mutex<File>>);

impl Journal {
    /// Opens the journal and returns what is in it.
    ///
    /// A last line without an end was never acknowledged; it is dropped.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub(crate) fn open(path: &Path) -> io::Result<(Self, HashSet<Tombstone>)> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let entries = text.get(..whole).unwrap_or_default().lines().filter_map(Tombstone::parse).collect();
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        file.set_len(whole as u64)?;
        file.sync_all()?;
        if let Some(folder) = path.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok((Self(Arc::new(Mutex::new(file))), entries))
    }

    /// Adds what ends now; when this returns, it is on the disk.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) async fn add(&self, tombstones: Vec<Tombstone>) -> Result<(), Refusal> {
        let file = Arc::clone(&self.0);
        let text: String = tombstones.into_iter().map(Tombstone::line).collect();
        let added = tokio::task::spawn_blocking(move || {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            let length = file.metadata()?.len();
            let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_data());
            if written.is_err() {
                // Half a line would spoil the next one.
                let _ = file.set_len(length);
            }
            written
        });
        match added.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) if error.kind() == io::ErrorKind::StorageFull => Err(Refusal::full()),
            Ok(Err(error)) => {
                tracing::error!(error = %error.kind(), "the journal of tombstones failed");
                Err(Refusal::unavailable())
            }
            Err(_) => Err(Refusal::unavailable()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_ended_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tombstones.log");
        let (journal, entries) = Journal::open(&path).unwrap();
        assert!(entries.is_empty());
        let all = [
            Tombstone::Recalled(Id::make()),
            Tombstone::Expired(Id::make()),
            Tombstone::Guest(Id::make(), Id::make()),
            Tombstone::Reply(Id::make()),
        ];
        journal.add(all.to_vec()).await.unwrap();
        // Torn at the end by a crash.
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"recalled abc").unwrap();
        let (journal, entries) = Journal::open(&path).unwrap();
        assert_eq!(entries, HashSet::from(all));
        journal.add(vec![all[0]]).await.unwrap();
        assert_eq!(Journal::open(&path).unwrap().1.len(), 4);
    }
}
