//! What parent and child say to each other over two pipes.
//!
//! A frame is a letter, a length in four bytes (big endian) and that many bytes, never more than [`LONGEST`]. The parent sends a
//! [`Request`] as JSON (`R`), the content in any number of frames (`D`) and the end of it (`Z`). The child reads all of that
//! before it writes a word, so neither waits for the other. It answers, as it finds them, pieces (`P`: JSON without the
//! text, then `T`: the text, which may take several frames), files (`F`) and unread parts (`U`), and ends with `Z`.
//! Right after its start it says once how it is confined (`H`).

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use crate::limits::Limits;

/// The most bytes in one frame.
pub(crate) const LONGEST: usize = 1024 * 1024;

/// Letters of frames.
pub(crate) const DATA: u8 = b'D';
pub(crate) const END: u8 = b'Z';
pub(crate) const FILE: u8 = b'F';
pub(crate) const HELLO: u8 = b'H';
pub(crate) const PIECE: u8 = b'P';
#[cfg(debug_assertions)]
pub(crate) const PROBE: u8 = b'X';
pub(crate) const REQUEST: u8 = b'R';
pub(crate) const TEXT: u8 = b'T';
pub(crate) const UNREAD: u8 = b'U';

/// What the parent asks for; the content follows.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) limits: Limits,
}

/// Writes one frame.
pub(crate) fn write(out: &mut dyn Write, letter: u8, content: &[u8]) -> io::Result<()> {
    let length = u32::try_from(content.len()).ok().filter(|_| content.len() <= LONGEST);
    let length = length.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let [a, b, c, d] = length.to_be_bytes();
    out.write_all(&[letter, a, b, c, d])?;
    out.write_all(content)
}

/// Reads one frame; `None` at the end of the stream.
pub(crate) fn read(source: &mut dyn Read) -> io::Result<Option<(u8, Vec<u8>)>> {
    let mut letter = [0];
    if source.read(&mut letter)? == 0 {
        return Ok(None);
    }
    let mut length = [0; 4];
    source.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    // Nothing is allocated for a length that no honest other side sends.
    if length > LONGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut content = vec![0; length];
    source.read_exact(&mut content)?;
    let [letter] = letter;
    Ok(Some((letter, content)))
}

/// Turns a value into JSON for a frame.
pub(crate) fn to_json(value: &impl Serialize) -> io::Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(io::Error::other)
}

/// Turns the JSON of a frame into a value.
pub(crate) fn of_json<'j, T: Deserialize<'j>>(json: &'j [u8]) -> io::Result<T> {
    serde_json::from_slice(json).map_err(|_| io::ErrorKind::InvalidData.into())
}
