//! An empty home for one test.

use std::path::{Path, PathBuf};

/// A home folder that is removed when dropped.
#[derive(Debug)]
pub struct TempHome(tempfile::TempDir);

impl TempHome {
    /// Makes an empty one.
    #[expect(clippy::new_without_default, reason = "it touches the disk; that should be visible")]
    pub fn new() -> Self {
        Self(tempfile::Builder::new().prefix("zegel-home-").tempdir().unwrap())
    }

    /// Returns the folder.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Returns the path of something in it.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file in it, with the folders it needs, and returns its path.
    pub fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Returns every file in it, sorted, relative to it: to show that nothing was written.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.0.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() && !path.is_symlink() {
                    folders.push(path);
                } else {
                    found.push(path.strip_prefix(self.0.path()).unwrap().to_owned());
                }
            }
        }
        found.sort();
        found
    }
}
