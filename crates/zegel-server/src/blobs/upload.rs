//! A part that arrives in pieces, perhaps over days.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use bytes::Bytes;

use super::{create, hash_of, refusal, sync_folder};
use crate::problem::Refusal;
use crate::text::Hash;

/// The unfinished file of an upload.
#[derive(Debug)]
pub(crate) struct Upload {
    file: File,
    aside: PathBuf,
    path: PathBuf,
}

impl Upload {
    pub(super) fn open(path: PathBuf, received: u64) -> io::Result<Self> {
        let aside = path.with_added_extension("upload");
        if received == 0 {
            create(&aside)?;
            sync_folder(&aside)?;
        }
        // Killed after the whole file got its name, before its row said so: it is an upload still.
        if received > 0 && !aside.exists() && path.exists() {
            fs::rename(&path, &aside)?;
        }
        let mut file = OpenOptions::new().read(true).write(true).mode(0o600).open(&aside)?;
        // What came after the last sync may be torn; it was not acknowledged, and comes again.
        if file.metadata()?.len() < received {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        file.set_len(received)?;
        file.seek(SeekFrom::Start(received))?;
        Ok(Self { file, aside, path })
    }

    /// Writes bytes at the end, and syncs when asked to.
    ///
    /// # Errors
    /// When the disk does not take them.
    pub(crate) async fn write(self, pieces: Vec<Bytes>) -> Result<Self, Refusal> {
        self.on_disk(move |upload| {
            for piece in &pieces {
                upload.file.write_all(piece)?;
            }
            Ok(())
        })
        .await
        .map(|(upload, ())| upload)
    }

    /// Puts on the disk what was written.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub(crate) async fn sync(self) -> Result<Self, Refusal> {
        self.on_disk(|upload| upload.file.sync_data()).await.map(|(upload, ())| upload)
    }

    /// Gives the file its name when its hash fits, else removes it; says which.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) async fn finish(self, hash: Hash) -> Result<bool, Refusal> {
        let (_, fits) = self
            .on_disk(move |upload| {
                upload.file.seek(SeekFrom::Start(0))?;
                let fits = hash_of(&mut upload.file)? == hash;
                if fits {
                    upload.file.sync_data()?;
                    fs::rename(&upload.aside, &upload.path)?;
                } else {
                    fs::remove_file(&upload.aside)?;
                }
                sync_folder(&upload.path)?;
                Ok(fits)
            })
            .await?;
        Ok(fits)
    }

    async fn on_disk<T: Send + 'static>(
        mut self,
        work: impl FnOnce(&mut Self) -> io::Result<T> + Send + 'static,
    ) -> Result<(Self, T), Refusal> {
        let done = tokio::task::spawn_blocking(move || {
            let result = work(&mut self);
            (self, result)
        });
        match done.await {
            Ok((upload, Ok(value))) => Ok((upload, value)),
            Ok((_, Err(error))) => Err(refusal(&error)),
            Err(_) => Err(Refusal::unavailable()),
        }
    }
}
