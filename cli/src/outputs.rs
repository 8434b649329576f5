//! Several files that belong together: all of them get their names, or none.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use zegel_store::staging::{self, Overwrite, Staged};
use zegel_wire::error::Kind;

use crate::error::{Failure, Result};
use crate::input;
use crate::spool::folder_of;

/// Looks at the name of an output before any work is done.
///
/// # Errors
/// Code 64 when it is one of the inputs, when it is taken and may not be replaced, and when it is no regular file: a
/// file gets its name by renaming, and that would take the place of a device or pipe.
pub(crate) fn check<'a>(
    path: &Path,
    inputs: impl IntoIterator<Item = &'a Path>,
    overwrite: Overwrite,
) -> Result<()> {
    input::refuse_same(path, inputs)?;
    match (fs::metadata(path), overwrite) {
        (Ok(meta), _) if !meta.is_file() => {
            Err(Failure::new(Kind::Exists, format!("{} is not a regular file", path.display()))
                .hint("standard output is named - (a single dash)"))
        }
        (Ok(_), Overwrite::Forbid) => Err(taken(path)),
        _ => Ok(()),
    }
}

fn taken(path: &Path) -> Failure {
    Failure::new(Kind::Exists, format!("{} exists already", path.display()))
        .hint("choose another name, or add --force to replace it")
}

/// A folder that was made for outputs, and goes again when they fail.
#[derive(Debug)]
pub(crate) struct Folder {
    made: Option<PathBuf>,
}

impl Folder {
    /// Makes the folder unless it is there.
    ///
    /// # Errors
    /// Code 74 when it cannot be made.
    pub(crate) fn make(path: &Path) -> Result<Self> {
        if path.is_dir() {
            return Ok(Self { made: None });
        }
        fs::create_dir(path)
            .map_err(|error| Failure::io(format!("cannot make the folder {}", path.display()), &error))?;
        Ok(Self { made: Some(path.to_owned()) })
    }

    /// Lets the folder stay.
    pub(crate) fn keep(mut self) {
        self.made = None;
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Some(path) = &self.made {
            // Only an empty folder can be removed this way.
            let _ = fs::remove_dir(path);
        }
    }
}

/// Files that are written but have no names yet.
pub(crate) struct Outputs<'a> {
    overwrite: Overwrite,
    inputs: Vec<&'a Path>,
    files: Vec<(Staged, PathBuf)>,
}

impl<'a> Outputs<'a> {
    /// Starts without files; none may become one of the inputs.
    pub(crate) fn new(overwrite: Overwrite, inputs: impl IntoIterator<Item = &'a Path>) -> Self {
        Self { overwrite, inputs: inputs.into_iter().collect(), files: Vec::new() }
    }

    /// Adds a finished file and the name it is to get.
    ///
    /// # Errors
    /// Code 64 when the name is taken and may not be, on disk or by another of these files, and when it is an input.
    pub(crate) fn add(&mut self, file: Staged, path: PathBuf) -> Result<()> {
        check(&path, self.inputs.iter().copied(), self.overwrite)?;
        if self.files.iter().any(|(_, other)| place(other) == place(&path)) {
            return Err(taken(&path));
        }
        self.files.push((file, path));
        Ok(())
    }

    /// Does everything but give the names: afterwards all is on the disk and every name is free.
    ///
    /// # Errors
    /// Code 74 when a file cannot be finished, 64 when a name was taken meanwhile.
    pub(crate) fn ready(&self) -> Result<()> {
        for (file, path) in &self.files {
            file.sync()?;
            check(path, self.inputs.iter().copied(), self.overwrite)?;
        }
        Ok(())
    }

    /// Gives all files their names; takes back those it gave when one fails.
    ///
    /// # Errors
    /// Code 74 when a file cannot be finished, 64 when its name was taken meanwhile.
    pub(crate) fn persist(self) -> Result<Named> {
        let mut named = Named(Vec::new());
        for (file, path) in self.files {
            match file.persist(&path, self.overwrite) {
                Ok(file) => named.0.push(file),
                Err(error) => {
                    named.take_back();
                    return Err(error.into());
                }
            }
        }
        Ok(named)
    }
}

/// Returns folder and name of a path, so that two ways to write one path are seen to be the same.
fn place(path: &Path) -> (Option<PathBuf>, Option<&OsStr>) {
    (fs::canonicalize(folder_of(path)).ok(), path.file_name())
}

/// Files that have their names.
#[derive(Debug)]
#[must_use]
pub(crate) struct Named(Vec<staging::Named>);

impl Named {
    /// Lets them stay.
    pub(crate) fn keep(self) {}

    /// Takes the new ones away again. What replaced an older file stays: taking it away would lose both.
    pub(crate) fn take_back(self) {
        self.0.into_iter().for_each(staging::Named::take_back);
    }
}
