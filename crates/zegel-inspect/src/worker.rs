//! The child: confines itself, then reads files from its parent and says what is in them, until the pipe ends.

use std::io::{self, BufReader, BufWriter, Read, Write};

use zegel_core::material::{FileFacts, Piece, Unread};

use crate::names;
use crate::protocol::{self, Request};
use crate::reading::{Complete, Reading, Sink};
use crate::sandbox;

/// The first argument by which a program that embeds this crate knows that it is to be the child. It is no command for
/// people.
pub const COMMAND: &str = "inspect-worker";

/// Runs the child on standard input and output; to be called before anything else in `main`.
///
/// # Errors
/// When the process cannot be confined (then nothing is read), or the parent does not keep to the protocol.
pub fn run() -> io::Result<()> {
    // Before the first byte of a file: whatever it does to a reader, it does it in here.
    let confinement = sandbox::confine().map_err(io::Error::other)?;
    // Not through `stdin()` and `stdout()`, whose locks and line buffers are of no use here.
    let mut source = BufReader::with_capacity(64 * 1024, io::stdin().lock());
    let mut out = BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    protocol::write(&mut out, protocol::HELLO, &protocol::to_json(&confinement)?)?;
    out.flush()?;
    while let Some((letter, content)) = protocol::read(&mut source)? {
        match letter {
            protocol::REQUEST => answer(&content, &mut source, &mut out)?,
            #[cfg(debug_assertions)]
            protocol::PROBE => {
                let found = crate::probe::attempts();
                protocol::write(&mut out, protocol::PROBE, &protocol::to_json(&found)?)?;
            }
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
        out.flush()?;
    }
    Ok(())
}

fn answer(request: &[u8], source: &mut dyn Read, out: &mut dyn Write) -> io::Result<()> {
    let request: Request = protocol::of_json(request)?;
    let most = usize::try_from(request.limits.file_bytes).unwrap_or(usize::MAX);
    let mut data: Vec<u8> = Vec::new();
    let mut length = 0_u64;
    loop {
        match protocol::read(source)? {
            Some((protocol::DATA, chunk)) => {
                length += chunk.len() as u64;
                let room = most.saturating_sub(data.len());
                data.extend_from_slice(chunk.get(..room.min(chunk.len())).unwrap_or_default());
            }
            Some((protocol::END, _)) => break,
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
    let complete = if length > data.len() as u64 { Complete::PartOf(length) } else { Complete::All };
    let mut sink = Frames { out };
    let name = names::tidy(&request.name);
    // Every fault but a closed pipe has been written already, and a closed pipe shows at the next line.
    let _ = Reading::new(&request.limits, &mut sink).file(
        vec![name.clone()],
        &name,
        &request.media_type,
        &data,
        complete,
    );
    protocol::write(out, protocol::END, &[])
}

/// Writes findings as they come.
struct Frames<'o> {
    out: &'o mut dyn Write,
}

impl Sink for Frames<'_> {
    fn file(&mut self, facts: FileFacts) -> io::Result<()> {
        protocol::write(self.out, protocol::FILE, &protocol::to_json(&facts)?)
    }

    fn piece(&mut self, mut piece: Piece) -> io::Result<()> {
        let text = std::mem::take(&mut piece.text);
        protocol::write(self.out, protocol::PIECE, &protocol::to_json(&piece)?)?;
        for chunk in text.as_bytes().chunks(protocol::LONGEST) {
            protocol::write(self.out, protocol::TEXT, chunk)?;
        }
        // Out of the buffer at once: should the next page end this process, this one has been read.
        self.out.flush()
    }

    fn unread(&mut self, unread: Unread) -> io::Result<()> {
        protocol::write(self.out, protocol::UNREAD, &protocol::to_json(&unread)?)?;
        self.out.flush()
    }
}
