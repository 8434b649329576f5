//! Places a mail can go to instead of a server: a Maildir, any writer.

mod aside;
mod batch;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use rand_core::{OsRng, RngCore};
use thiserror::Error;

use zegel_core::message::SealedMail;

use aside::Aside;
pub use aside::{abandon_unfinished, before_laying_aside};
pub use batch::{BatchError, MaildirBatch};

/// Between the unique name of a Maildir entry and its flags; Windows allows no colon in a file name.
const INFO: &str = if cfg!(windows) { ";2," } else { ":2," };

/// Tells why a mail was not written; nothing is left behind (exit 74).
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SinkError {
    /// Writing failed.
    #[error("cannot write {}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The folder has no `cur`, `new` and `tmp`.
    #[error("{} is not a Maildir", .0.display())]
    NotMaildir(PathBuf),
}

/// How lines end in what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LineEnding {
    /// CR LF, as on the wire (RFC 5322).
    Crlf,
    /// LF, as programs on Unix keep and expect mail.
    Lf,
}

/// Writes a mail to `out`.
///
/// # Errors
/// What `out` reports.
pub fn write_mail(out: &mut dyn Write, mail: &SealedMail, ending: LineEnding) -> io::Result<()> {
    match ending {
        LineEnding::Crlf => out.write_all(mail.as_bytes())?,
        LineEnding::Lf => {
            for line in mail.as_bytes().split_inclusive(|byte| *byte == b'\n') {
                match line.strip_suffix(b"\r\n") {
                    Some(text) => {
                        out.write_all(text)?;
                        out.write_all(b"\n")?;
                    }
                    None => out.write_all(line)?,
                }
            }
        }
    }
    out.flush()
}

/// A mail folder with one file for each mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maildir {
    root: PathBuf,
}

impl Maildir {
    /// Opens a Maildir that is there.
    ///
    /// # Errors
    /// The folder or one of `cur`, `new`, `tmp` is missing.
    pub fn open(root: &Path) -> Result<Self, SinkError> {
        let complete = ["cur", "new", "tmp"].iter().all(|name| root.join(name).is_dir());
        if complete {
            Ok(Self { root: root.to_owned() })
        } else {
            Err(SinkError::NotMaildir(root.to_owned()))
        }
    }

    /// Opens a Maildir and makes what is missing of it, for its owner only.
    ///
    /// # Errors
    /// A folder cannot be made.
    pub fn open_or_create(root: &Path) -> Result<Self, SinkError> {
        for name in ["tmp", "new", "cur"] {
            let path = root.join(name);
            make_folder(&path).map_err(|source| SinkError::Io { path, source })?;
        }
        Ok(Self { root: root.to_owned() })
    }

    /// Returns the folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Delivers a mail into `new`, where a mail program finds it as unread; returns its file.
    ///
    /// # Errors
    /// Writing fails; then nothing is left behind.
    pub fn deliver(&self, mail: &SealedMail) -> Result<PathBuf, SinkError> {
        self.store(mail, "new", "")
    }

    /// Keeps a mail in `cur` as one that has been seen: a sent copy. Returns its file.
    ///
    /// # Errors
    /// Writing fails; then nothing is left behind.
    pub fn keep_seen(&self, mail: &SealedMail) -> Result<PathBuf, SinkError> {
        self.store(mail, "cur", &format!("{INFO}S"))
    }

    fn store(&self, mail: &SealedMail, folder: &str, flags: &str) -> Result<PathBuf, SinkError> {
        let name = unique_name();
        let folder = self.root.join(folder);
        let path = folder.join(format!("{name}{flags}"));
        let outcome = Aside::write(self.root.join("tmp").join(&name), mail)
            .and_then(|aside| aside.deliver(&path))
            .and_then(|()| sync_folder(&folder));
        match outcome {
            Ok(()) => Ok(path),
            Err(source) => Err(SinkError::Io { path, source }),
        }
    }
}

fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes a rename last; elsewhere than on Unix a folder cannot be opened, and the system sees to it.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

/// Makes a name that no other process, thread or machine makes: time, process, count, chance.
///
/// The usual last part, the host name, would tell whoever reads a shared folder which machine a mail came from.
fn unique_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let (seconds, micros, process) = (now.as_secs(), now.subsec_micros(), std::process::id());
    format!("{seconds}.M{micros}P{process}Q{count}R{:016x}.zegel", OsRng.next_u64())
}
