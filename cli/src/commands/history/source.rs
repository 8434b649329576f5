//! Where sent mail is read: a Maildir, an mbox file, a folder on an IMAP server.

use std::fmt;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use zegel_delivery::sent::read_headers_blocking;
use zegel_wire::error::Kind;

use super::mbox;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::{input, mailer};

/// Longest header that is read.
pub(super) const HEADER_MAX: u64 = 1 << 20;

/// Where mails are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// A folder of the account's IMAP server.
    Imap(String),
    /// A Maildir.
    Maildir(PathBuf),
    /// An mbox file.
    Mbox(PathBuf),
}

impl FromStr for Source {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text.split_once(':') {
            Some((_, "")) | None => Err("name maildir:DIR, mbox:FILE or imap:FOLDER"),
            Some(("imap", folder)) => Ok(Self::Imap(folder.to_owned())),
            Some(("maildir", folder)) => Ok(Self::Maildir(PathBuf::from(folder))),
            Some(("mbox", file)) => Ok(Self::Mbox(PathBuf::from(file))),
            Some(_) => Err("name maildir:DIR, mbox:FILE or imap:FOLDER"),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Imap(folder) => write!(f, "imap:{folder}"),
            Self::Maildir(folder) => write!(f, "maildir:{}", folder.display()),
            Self::Mbox(file) => write!(f, "mbox:{}", file.display()),
        }
    }
}

/// Takes the header of one mail after the other.
pub(super) type Take<'a> = dyn FnMut(&[u8]) -> Result<()> + 'a;

impl Source {
    /// Reads the header of every mail.
    ///
    /// # Errors
    /// Code 66 when there is no such source or it cannot be read, 78 when the account has no such server.
    pub(super) fn read(&self, context: &Context<'_>, take: &mut Take<'_>) -> Result<()> {
        match self {
            Self::Imap(folder) => imap(folder, context, take),
            Self::Maildir(folder) => maildir(folder, context, take),
            Self::Mbox(file) => {
                let (file, meta) = input::open(file)?;
                let mut progress = context.ui.progress("Reading", Some(meta.len()));
                mbox::read(BufReader::new(file), &mut |done| progress.reach(done), take)
            }
        }
    }
}

fn maildir(folder: &Path, context: &Context<'_>, take: &mut Take<'_>) -> Result<()> {
    let mut files = Vec::new();
    for part in ["cur", "new"] {
        let part = folder.join(part);
        let unreadable = |error: std::io::Error| {
            Failure::new(Kind::NoInput, format!("cannot read {} as a Maildir", folder.display()))
                .caused_by(Some(&error))
        };
        for entry in fs::read_dir(&part).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.is_file() {
                files.push(path);
            }
        }
    }
    // Names begin with the time of delivery, so the order is that of the mails.
    files.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
    let mut progress = context.ui.progress("Reading", None);
    let mut bytes = 0;
    for path in files {
        let (file, _) = match input::open(&path) {
            Ok(opened) => opened,
            // Another program renames mails as it reads them.
            Err(_) if !path.exists() => continue,
            Err(failure) => return Err(failure),
        };
        let header = header_of(&mut BufReader::new(file)).map_err(|error| {
            Failure::new(Kind::NoInput, format!("cannot read {}", path.display())).caused_by(Some(&error))
        })?;
        bytes += header.len() as u64;
        take(&header)?;
        progress.reach(bytes);
    }
    Ok(())
}

/// Reads up to the empty line that ends a header.
fn header_of(file: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut header = Vec::new();
    // One byte more than a header may have, so that a longer one is seen to be too long.
    let mut rest = Read::by_ref(file).take(HEADER_MAX + 1);
    loop {
        let before = header.len();
        rest.read_until(b'\n', &mut header)?;
        if matches!(header.get(before..), Some(b"" | b"\n" | b"\r\n")) {
            return Ok(header);
        }
    }
}

fn imap(folder: &str, context: &Context<'_>, take: &mut Take<'_>) -> Result<()> {
    let settings = mailer::imap_folder(&context.account()?, folder, context)?;
    let mut outcome = Ok(());
    let mut progress = context.ui.progress("Reading", None);
    let mut bytes = 0;
    let read = read_headers_blocking(&settings, &mut |header, _| {
        bytes += header.len() as u64;
        progress.reach(bytes);
        if outcome.is_ok() {
            outcome = take(header);
        }
    });
    outcome?;
    read?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_read_back() {
        for text in ["maildir:/a/b", "mbox:sent:old", "imap:Sent/2026"] {
            assert_eq!(text.parse::<Source>().unwrap().to_string(), text);
        }
        for text in ["", "maildir:", "/a/b", "pop:x", "sent"] {
            assert!(text.parse::<Source>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_header_ends_at_the_empty_line() {
        for (mail, header) in
            [("A: b\r\n\r\nbody", "A: b\r\n\r\n"), ("A: b\n\nC: d\n", "A: b\n\n"), ("A: b", "A: b"), ("", "")]
        {
            assert_eq!(header_of(&mut mail.as_bytes()).unwrap(), header.as_bytes());
        }
        let endless = vec![b'x'; 3 << 20];
        assert_eq!(header_of(&mut endless.as_slice()).unwrap().len(), (1 << 20) + 1);
    }
}
