//! Several mails for one Maildir: all of them arrive, or none.

use std::fs;
use std::path::{Path, PathBuf};

use thiserror::Error;
use zegel_core::message::SealedMail;

use super::{Aside, Maildir, SinkError, sync_folder, unique_name};

/// Tells why a batch did not arrive as a whole.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BatchError {
    /// Nothing arrived, and nothing is left behind (exit 74).
    #[error(transparent)]
    Nothing(#[from] SinkError),
    /// Some mails had arrived when another could not, and could not be taken back: a mail program had them already (exit 1).
    #[error("only some of the mails arrived")]
    Partly {
        /// For each mail, in the order they were staged, the file that stays; none where it did not arrive.
        arrived: Vec<Option<PathBuf>>,
        /// Why another could not.
        #[source]
        source: SinkError,
    },
}

/// Mails that lie in `tmp` of a Maildir, whole and on the disk, until all of them are delivered together.
///
/// Dropping it removes them, and the folders that were made for them.
#[derive(Debug)]
pub struct MaildirBatch {
    maildir: Maildir,
    made: Vec<PathBuf>,
    /// Each mail and where it is to go.
    staged: Vec<(Aside, PathBuf)>,
}

impl MaildirBatch {
    /// Opens a Maildir and makes what is missing of it, as [`Maildir::open_or_create`] does.
    ///
    /// # Errors
    /// A folder cannot be made; then none of them stays.
    pub fn open_or_create(root: &Path) -> Result<Self, SinkError> {
        let inside = ["tmp", "new", "cur"].map(|name| root.join(name));
        let above = root.ancestors().filter(|path| !path.as_os_str().is_empty()).map(Path::to_owned);
        let mut missing: Vec<PathBuf> =
            inside.into_iter().chain(above).filter(|path| path.symlink_metadata().is_err()).collect();
        // The deepest go first when they have to go.
        missing.sort_by_key(|path| std::cmp::Reverse(path.components().count()));
        let batch = Self { maildir: Maildir { root: root.to_owned() }, made: missing, staged: Vec::new() };
        // On an error the drop of `batch` removes what was made of it.
        Maildir::open_or_create(root)?;
        Ok(batch)
    }

    /// Writes one more mail to `tmp`, where mail programs do not look, and waits until it is on the disk.
    ///
    /// # Errors
    /// Writing fails; the batch is then to be dropped.
    pub fn stage(&mut self, mail: &SealedMail) -> Result<(), SinkError> {
        let name = unique_name();
        let aside = self.maildir.root.join("tmp").join(&name);
        let path = self.maildir.root.join("new").join(&name);
        match Aside::write(aside, mail) {
            Ok(aside) => {
                self.staged.push((aside, path));
                Ok(())
            }
            Err(source) => Err(SinkError::Io { path, source }),
        }
    }

    /// Moves all mails to `new`, and returns their files in the order they were staged.
    ///
    /// # Errors
    /// One cannot be moved; those moved before are taken back. [`BatchError::Partly`] says which could not be.
    pub fn deliver(mut self) -> Result<Vec<PathBuf>, BatchError> {
        let folder = self.maildir.root.join("new");
        let mut moved = Vec::new();
        let outcome = self.staged.iter().try_for_each(|(aside, path)| {
            aside.deliver(path).map_err(|source| SinkError::Io { path: path.clone(), source })?;
            moved.push(path.clone());
            Ok(())
        });
        let outcome = outcome
            .and_then(|()| sync_folder(&folder).map_err(|source| SinkError::Io { path: folder, source }));
        let Err(source) = outcome else {
            self.staged.clear();
            self.made.clear();
            return Ok(moved);
        };
        let stuck = take_back(moved);
        if stuck.is_empty() {
            return Err(source.into());
        }
        let arrived =
            self.staged.iter().map(|(_, path)| stuck.contains(path).then(|| path.clone())).collect();
        Err(BatchError::Partly { arrived, source })
    }
}

impl Drop for MaildirBatch {
    fn drop(&mut self) {
        // First what lies in them.
        self.staged.clear();
        for folder in &self.made {
            // Only an empty folder can be removed this way.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Removes delivered mails; returns those that could not be, also because a mail program has taken them out of `new`.
fn take_back(moved: Vec<PathBuf>) -> Vec<PathBuf> {
    moved.into_iter().filter(|path| fs::remove_file(path).is_err()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path.clone());
                }
                found.push(path);
            }
        }
        found
    }

    #[test]
    fn a_mail_that_cannot_be_moved_takes_the_others_back() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("deep/box");
        let mut batch = MaildirBatch::open_or_create(&root).unwrap();
        for _ in 0..3 {
            batch.stage(&zegel_testkit::sealed_mail("alice@example.org", &["bob@example.net"], 100)).unwrap();
        }
        assert_eq!(fs::read_dir(root.join("tmp")).unwrap().count(), 3);
        assert_eq!(fs::read_dir(root.join("new")).unwrap().count(), 0, "nobody sees any of them yet");
        let third = fs::read_dir(root.join("tmp")).unwrap().map(|entry| entry.unwrap().path()).max().unwrap();
        fs::remove_file(third).unwrap();
        assert!(matches!(batch.deliver(), Err(BatchError::Nothing(SinkError::Io { .. }))));
        assert_eq!(files(home.path()), [] as [PathBuf; 0], "neither mails nor folders are left");
    }

    #[test]
    fn a_dropped_batch_leaves_what_was_there_before() {
        let home = tempfile::tempdir().unwrap();
        let maildir = Maildir::open_or_create(home.path()).unwrap();
        let mail = zegel_testkit::sealed_mail("alice@example.org", &["bob@example.net"], 100);
        let before = maildir.deliver(&mail).unwrap();
        let mut batch = MaildirBatch::open_or_create(home.path()).unwrap();
        batch.stage(&mail).unwrap();
        drop(batch);
        assert!(before.is_file());
        assert_eq!(files(home.path()).len(), 4, "three folders and the mail that was there");
    }

    #[test]
    fn a_mail_that_somebody_took_cannot_be_taken_back() {
        let home = tempfile::tempdir().unwrap();
        let here = home.path().join("here");
        fs::write(&here, "").unwrap();
        let taken = home.path().join("taken");
        assert_eq!(take_back(vec![here.clone(), taken.clone()]), [taken]);
        assert!(!here.exists());
    }
}
