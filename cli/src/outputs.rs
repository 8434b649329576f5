//! Several files that belong together: all of them get their names, or none.

use std::fs;
use std::path::PathBuf;

use zegel_store::staging::{Overwrite, Staged};
use zegel_wire::error::Kind;

use crate::error::{Failure, Result};

/// Files that are written but have no names yet.
pub(crate) struct Outputs {
    overwrite: Overwrite,
    files: Vec<(Staged, PathBuf)>,
}

impl Outputs {
    /// Starts without files.
    pub(crate) fn new(overwrite: Overwrite) -> Self {
        Self { overwrite, files: Vec::new() }
    }

    /// Adds a finished file and the name it is to get.
    ///
    /// # Errors
    /// Code 64 when the name is taken and may not be, on disk or by another of these files.
    pub(crate) fn add(&mut self, file: Staged, path: PathBuf) -> Result<()> {
        let taken = self.overwrite == Overwrite::Forbid && path.symlink_metadata().is_ok();
        if taken || self.files.iter().any(|(_, other)| *other == path) {
            return Err(Failure::new(Kind::Exists, format!("{} exists already", path.display()))
                .hint("choose another folder, or add --force to replace files"));
        }
        self.files.push((file, path));
        Ok(())
    }

    /// Gives all files their names; takes back those it gave when one fails.
    ///
    /// # Errors
    /// Code 74 when a file cannot be finished, 64 when its name was taken meanwhile.
    pub(crate) fn persist(self) -> Result<()> {
        let mut named: Vec<PathBuf> = Vec::new();
        for (file, path) in self.files {
            let existed = path.symlink_metadata().is_ok();
            if let Err(error) = file.persist(&path, self.overwrite) {
                // What replaced an older file stays: taking it away would lose both.
                named.iter().for_each(|path| drop(fs::remove_file(path)));
                return Err(error.into());
            }
            if !existed {
                named.push(path);
            }
        }
        Ok(())
    }
}
