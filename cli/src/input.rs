//! Reading what the command line names: files and standard input.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use zegel_core::mime::Source;
use zegel_wire::error::Kind;

use crate::error::{Failure, Result};

/// Largest mail that is read: it is held in memory, and mail servers stop far below. A container (`message.zegel`) may be larger;
/// it is read from where it lies.
pub(crate) const MAIL_MAX: u64 = 512 << 20;
/// Largest text that is put into a mail.
pub(crate) const TEXT_MAX: u64 = 64 << 20;

/// Says whether a path means standard input or output.
pub(crate) fn is_stdio(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Reads a whole file, or standard input for `-`; at most `limit` bytes.
///
/// # Errors
/// Code 66 when it cannot be read, 65 when it is longer.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>> {
    if is_stdio(path) {
        return read_stdin(limit);
    }
    let (file, meta) = open(path)?;
    let mut bytes = Vec::new();
    let room = meta.len().min(limit);
    bytes.reserve_exact(usize::try_from(room).unwrap_or_default().saturating_add(1));
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    capped(bytes, limit, || path.display().to_string())
}

/// Reads a file as text.
///
/// # Errors
/// As [`read`], and code 65 when it is not UTF-8.
pub(crate) fn read_text(path: &Path, limit: u64) -> Result<String> {
    String::from_utf8(read(path, limit)?)
        .map_err(|_| Failure::new(Kind::BadMail, format!("{} is not UTF-8 text", path.display())))
}

/// Reads standard input to its end.
///
/// # Errors
/// Code 66 when it cannot be read, 65 when it is longer than `limit`.
pub(crate) fn read_stdin(limit: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::new(Kind::NoInput, "cannot read standard input").caused_by(Some(&error)))?;
    capped(bytes, limit, || "standard input".to_owned())
}

fn capped(bytes: Vec<u8>, limit: u64, name: impl FnOnce() -> String) -> Result<Vec<u8>> {
    if bytes.len() as u64 > limit {
        return Err(Failure::new(Kind::BadMail, format!("{} is longer than {limit} bytes", name())));
    }
    Ok(bytes)
}

/// Opens a file to read it.
///
/// # Errors
/// Code 66 when it cannot be opened or is a folder.
pub(crate) fn open(path: &Path) -> Result<(File, Metadata)> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let meta = file.metadata().map_err(|error| unreadable(path, &error))?;
    if meta.is_dir() {
        return Err(Failure::new(Kind::NoInput, format!("{} is a folder, not a file", path.display())));
    }
    Ok((file, meta))
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Kind::NoInput, format!("cannot read {}", path.display())).caused_by(Some(error))
}

/// Refuses an output that is one of the inputs: a failed or half-done command would have destroyed it.
///
/// # Errors
/// Code 64.
pub(crate) fn refuse_same<'a>(output: &Path, inputs: impl IntoIterator<Item = &'a Path>) -> Result<()> {
    if is_stdio(output) {
        return Ok(());
    }
    let same = inputs.into_iter().any(|input| !is_stdio(input) && is_same(input, output));
    if same {
        return Err(Failure::new(
            Kind::Usage,
            format!("input and output are the same file: {}", output.display()),
        )
        .hint("write to another file"));
    }
    Ok(())
}

#[cfg(unix)]
fn is_same(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (fs::metadata(one), fs::metadata(other)) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => one == other,
    }
}

#[cfg(not(unix))]
fn is_same(one: &Path, other: &Path) -> bool {
    match (fs::canonicalize(one), fs::canonicalize(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

/// A file to be attached: read when it is its turn, never as a whole.
#[derive(Debug)]
struct FileSource {
    path: PathBuf,
    length: u64,
    stamp: Stamp,
}

impl Source for FileSource {
    fn length(&self) -> u64 {
        self.length
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        let file = File::open(&self.path)?;
        self.stamp.check(&file)?;
        Ok(Box::new(Steady { file, stamp: &self.stamp }))
    }
}

/// What tells one state of a file from another: what was judged must be what is sealed, and it is read once for each.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// Device, inode, and when it was last changed in any way, which nobody can set.
    #[cfg(unix)]
    inode: (u64, u64, i64, i64),
}

impl Stamp {
    fn of(meta: &Metadata) -> Self {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt;
        Self {
            length: meta.len(),
            modified: meta.modified().ok(),
            #[cfg(unix)]
            inode: (meta.dev(), meta.ino(), meta.ctime(), meta.ctime_nsec()),
        }
    }

    fn check(&self, file: &File) -> io::Result<()> {
        if Self::of(&file.metadata()?) == *self {
            return Ok(());
        }
        Err(io::Error::other("it was changed meanwhile"))
    }
}

/// A file that has to be, at its end, what it was when it was named.
struct Steady<'a> {
    file: File,
    stamp: &'a Stamp,
}

impl Read for Steady<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        if read == 0 && !buffer.is_empty() {
            self.stamp.check(&self.file)?;
        }
        Ok(read)
    }
}

/// Takes a file as the content of an attachment.
///
/// # Errors
/// Code 66 when it cannot be read.
pub(crate) fn source(path: &Path) -> Result<Box<dyn Source + Send>> {
    let (_, meta) = open(path)?;
    if meta.is_file() {
        return Ok(Box::new(FileSource {
            path: path.to_owned(),
            length: meta.len(),
            stamp: Stamp::of(&meta),
        }));
    }
    // A pipe can be read only once, and its length is known at its end.
    Ok(Box::new(read(path, TEXT_MAX)?))
}

/// Guesses the media type of a file from its name; what is not known is `application/octet-stream`.
pub(crate) fn media_type(path: &Path) -> &'static str {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    match extension.as_str() {
        "csv" => "text/csv",
        "doc" => "application/msword",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "eml" => "message/rfc822",
        "gif" => "image/gif",
        "gz" => "application/gzip",
        "htm" | "html" => "text/html",
        "ics" => "text/calendar",
        "jpeg" | "jpg" => "image/jpeg",
        "json" => "application/json",
        "log" | "md" | "txt" => "text/plain",
        "mp3" => "audio/mpeg",
        "mp4" => "video/mp4",
        "odp" => "application/vnd.oasis.opendocument.presentation",
        "ods" => "application/vnd.oasis.opendocument.spreadsheet",
        "odt" => "application/vnd.oasis.opendocument.text",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "ppt" => "application/vnd.ms-powerpoint",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "rtf" => "application/rtf",
        "svg" => "image/svg+xml",
        "tar" => "application/x-tar",
        "tif" | "tiff" => "image/tiff",
        "vcf" => "text/vcard",
        "wav" => "audio/wav",
        "webp" => "image/webp",
        "xls" => "application/vnd.ms-excel",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xml" => "application/xml",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_file_is_refused_under_any_name() {
        let here = Path::new("Cargo.toml");
        assert!(refuse_same(here, [Path::new("./Cargo.toml")]).is_err());
        assert!(refuse_same(here, [Path::new("src/main.rs"), Path::new("-")]).is_ok());
        assert!(refuse_same(Path::new("-"), [Path::new("-")]).is_ok());
        assert!(refuse_same(Path::new("nowhere"), [Path::new("nowhere")]).is_err());
    }

    #[test]
    fn missing_input_is_code_66() {
        assert_eq!(read(Path::new("no/such/file"), 10).unwrap_err().kind(), Kind::NoInput);
        assert_eq!(read(Path::new("src"), 10).unwrap_err().kind(), Kind::NoInput);
    }

    #[test]
    fn a_file_that_changes_between_judging_and_sealing_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.csv");
        let whole = |source: &dyn Source| {
            let mut text = String::new();
            source.open().and_then(|mut file| file.read_to_string(&mut text)).map(|_| text)
        };
        fs::write(&path, "harmless").unwrap();
        let source = source(&path).unwrap();
        assert_eq!(whole(&*source).unwrap(), "harmless");
        assert_eq!(whole(&*source).unwrap(), "harmless");
        // Another file of the same length in its place.
        let other = folder.path().join("other");
        fs::write(&other, "patients").unwrap();
        fs::rename(&other, &path).unwrap();
        assert!(whole(&*source).unwrap_err().to_string().contains("changed"));
        // The same file, written to while it is read.
        let again = super::source(&path).unwrap();
        let mut file = again.open().unwrap();
        let mut first = [0; 4];
        file.read_exact(&mut first).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(20));
        fs::write(&path, "PATIENTS").unwrap();
        let mut rest = Vec::new();
        assert!(file.read_to_end(&mut rest).is_err());
    }
}
