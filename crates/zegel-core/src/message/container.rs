//! `message.zegel`: an uncompressed ustar (POSIX.1-1988) with parts first, then envelopes, and nothing else.
//!
//! There is exactly one header block for a name and a size, so the reader compares whole blocks instead of judging
//! fields: no other owner, mode, time, link, long name, sparse file or trailing byte gets in.

use std::io::{self, Read, Seek, SeekFrom, Write};

use thiserror::Error;

use super::manifest::PARTS_MAX;
use crate::policy::RECIPIENTS_MAX;

/// Name of the file in a mail.
pub const FILE_NAME: &str = "message.zegel";
/// Media type of the file in a mail (`docs/formats/mail.md`).
pub const MEDIA_TYPE: &str = "application/vnd.zegel+tar";
/// Size of a block in bytes.
pub const BLOCK: u64 = 512;
/// Largest entry: what eleven octal digits can say, 8 GiB less one byte.
const ENTRY_MAX: u64 = 0o77_777_777_777;
/// Most envelopes: every recipient, the sender and an archive.
pub const ENVELOPES_MAX: usize = RECIPIENTS_MAX + 2;

/// Tells why bytes are not a sealed message.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ContainerError {
    /// Reading or writing failed.
    #[error("cannot read or write the sealed message")]
    Io(#[source] io::Error),
    /// Not the tar of a sealed message: other names, order, owners, or bytes after the end.
    #[error("not a sealed message: its archive has another form")]
    Form,
    /// More entries than a message may have.
    #[error("the sealed message has too many entries")]
    TooMany,
    /// Cut off.
    #[error("the sealed message is cut off")]
    Truncated,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Envelope,
    Part,
}

/// Where one age file lies in the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Offset of its first byte.
    pub offset: u64,
    /// Length in bytes.
    pub length: u64,
}

/// All entries of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Envelopes, by number.
    pub envelopes: Vec<Entry>,
    /// Parts, by number.
    pub parts: Vec<Entry>,
}

impl Index {
    /// Reads the entries of a container that starts where `input` stands and ends where `input` ends.
    ///
    /// Only headers are read; memory grows with the number of entries, which is capped.
    ///
    /// # Errors
    /// See [`ContainerError`].
    pub fn read(input: &mut (impl Read + Seek)) -> Result<Self, ContainerError> {
        let end = input.seek(SeekFrom::End(0)).map_err(ContainerError::Io)?;
        let mut index = Self { envelopes: Vec::new(), parts: Vec::new() };
        let mut at = 0;
        loop {
            input.seek(SeekFrom::Start(at)).map_err(ContainerError::Io)?;
            let mut block = [0; BLOCK as usize];
            input.read_exact(&mut block).map_err(from_read)?;
            if block == [0; BLOCK as usize] {
                break;
            }
            let length = read_size(&block)?;
            at += BLOCK;
            let entry = Entry { offset: at, length };
            let part = index.envelopes.is_empty() && block == header(Kind::Part, index.parts.len(), length);
            if part {
                index.parts.push(entry);
            } else if block == header(Kind::Envelope, index.envelopes.len(), length) {
                index.envelopes.push(entry);
            } else {
                return Err(ContainerError::Form);
            }
            if index.parts.len() > PARTS_MAX || index.envelopes.len() > ENVELOPES_MAX {
                return Err(ContainerError::TooMany);
            }
            let padded = length.div_ceil(BLOCK) * BLOCK;
            check_zeros(input, at + length, padded - length, end)?;
            at += padded;
        }
        let mut second = [1; BLOCK as usize];
        input.read_exact(&mut second).map_err(from_read)?;
        if second != [0; BLOCK as usize] || at + 2 * BLOCK != end || index.parts.is_empty() {
            return Err(ContainerError::Form);
        }
        Ok(index)
    }
}

/// Checks the zero bytes that fill an entry's last block: they could carry bytes nobody hashed.
fn check_zeros(
    input: &mut (impl Read + Seek),
    from: u64,
    count: u64,
    end: u64,
) -> Result<(), ContainerError> {
    if from.checked_add(count).is_none_or(|to| to > end) {
        return Err(ContainerError::Truncated);
    }
    input.seek(SeekFrom::Start(from)).map_err(ContainerError::Io)?;
    let mut fill = [0; BLOCK as usize];
    let fill = fill.get_mut(..count as usize).ok_or(ContainerError::Form)?;
    input.read_exact(fill).map_err(from_read)?;
    if fill.iter().all(|b| *b == 0) { Ok(()) } else { Err(ContainerError::Form) }
}

fn from_read(error: io::Error) -> ContainerError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ContainerError::Truncated,
        _ => ContainerError::Io(error),
    }
}

fn read_size(block: &[u8; BLOCK as usize]) -> Result<u64, ContainerError> {
    let digits = block.get(124..135).ok_or(ContainerError::Form)?;
    digits.iter().try_fold(0, |size, digit| match digit {
        b'0'..=b'7' => Ok(size * 8 + u64::from(digit - b'0')),
        _ => Err(ContainerError::Form),
    })
}

/// Returns the only header block that an entry of this kind, number and length may have.
pub(crate) fn header(kind: Kind, number: usize, length: u64) -> [u8; BLOCK as usize] {
    let folder = match kind {
        Kind::Envelope => "envelopes",
        Kind::Part => "parts",
    };
    let mut block = [0; BLOCK as usize];
    let mut put = |at: usize, text: &str| {
        if let Some(slot) = block.get_mut(at..at + text.len()) {
            slot.copy_from_slice(text.as_bytes());
        }
    };
    put(0, &format!("{folder}/{number}.age"));
    put(100, "0000644\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{length:011o}\0"));
    put(136, "00000000000\0");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\0");
    put(263, "00");
    put(329, "0000000\0");
    put(337, "0000000\0");
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    if let Some(slot) = block.get_mut(148..156) {
        slot.copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    block
}

/// Returns what stands after the last entry: two blocks of zeros.
pub(crate) fn trailer() -> [u8; 2 * BLOCK as usize] {
    [0; 2 * BLOCK as usize]
}

/// Writes one entry whose length is known only afterwards: leaves room for the header, lets `fill` write, and goes back. Returns
/// where in `out` the entry lies.
pub(crate) fn append<W: Write + Seek, T, E: From<io::Error>>(
    out: &mut W,
    kind: Kind,
    number: usize,
    fill: impl FnOnce(&mut W) -> Result<T, E>,
) -> Result<(T, Entry), E> {
    let start = out.stream_position()?;
    out.write_all(&[0; BLOCK as usize])?;
    let made = fill(out)?;
    let end = out.stream_position()?;
    let length = end - start - BLOCK;
    if length > ENTRY_MAX {
        return Err(io::Error::other("a part is larger than 8 GiB").into());
    }
    out.seek(SeekFrom::Start(start))?;
    out.write_all(&header(kind, number, length))?;
    out.seek(SeekFrom::Start(end))?;
    out.write_all(fill_of(length))?;
    Ok((made, Entry { offset: start + BLOCK, length }))
}

/// Appends a whole entry to `out`.
pub(crate) fn append_bytes(out: &mut Vec<u8>, kind: Kind, number: usize, bytes: &[u8]) {
    let length = bytes.len() as u64;
    out.extend_from_slice(&header(kind, number, length));
    out.extend_from_slice(bytes);
    out.extend_from_slice(fill_of(length));
}

fn fill_of(length: u64) -> &'static [u8] {
    static ZEROS: [u8; BLOCK as usize] = [0; BLOCK as usize];
    let count = (length.div_ceil(BLOCK) * BLOCK - length) as usize;
    ZEROS.get(..count).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn sample() -> Vec<u8> {
        let mut out = Vec::new();
        append_bytes(&mut out, Kind::Part, 0, b"body");
        append_bytes(&mut out, Kind::Part, 1, &[7; 512]);
        append_bytes(&mut out, Kind::Envelope, 0, b"");
        append_bytes(&mut out, Kind::Envelope, 1, b"two");
        out.extend_from_slice(&trailer());
        out
    }

    fn read(bytes: &[u8]) -> Result<Index, ContainerError> {
        Index::read(&mut Cursor::new(bytes))
    }

    #[test]
    fn finds_every_entry() {
        let index = read(&sample()).unwrap();
        assert_eq!(index.parts, [Entry { offset: 512, length: 4 }, Entry { offset: 1536, length: 512 }]);
        assert_eq!(index.envelopes.len(), 2);
    }

    #[test]
    fn appending_with_unknown_length_gives_the_same_bytes() {
        let mut spool = Cursor::new(Vec::new());
        append(&mut spool, Kind::Part, 0, |out| out.write_all(b"body")).unwrap();
        append(&mut spool, Kind::Part, 1, |out| out.write_all(&[7; 512])).unwrap();
        let mut other = Vec::new();
        append_bytes(&mut other, Kind::Part, 0, b"body");
        append_bytes(&mut other, Kind::Part, 1, &[7; 512]);
        assert_eq!(spool.into_inner(), other);
    }

    #[test]
    fn every_other_byte_in_header_fill_or_end_is_refused() {
        let good = sample();
        for at in 0..good.len() {
            let in_content =
                (512..516).contains(&at) || (1536..2048).contains(&at) || (3072..3075).contains(&at);
            if in_content {
                continue;
            }
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert!(read(&bad).is_err(), "byte {at}");
        }
        for cut in 0..good.len() {
            assert!(read(&good[..cut]).is_err(), "cut at {cut}");
        }
        assert!(read(&[good.as_slice(), &[0; 512]].concat()).is_err());
        assert!(read(&trailer()).is_err(), "no parts");
    }
}
