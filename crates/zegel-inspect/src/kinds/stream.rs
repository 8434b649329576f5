//! Compressed single files: gzip, bzip2, xz, Zstandard.

use std::io::{self, Read};

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use crate::magic::Kind;
use crate::names;
use crate::reading::{Doc, Fault};

/// The largest window of xz and Zstandard that is allocated.
const WINDOW: u32 = 64 * 1024 * 1024;

/// Reads the file inside.
pub(crate) fn read(doc: &mut Doc<'_, '_>, kind: Kind, data: &[u8]) -> Result<(), Fault> {
    let packed = data.len() as u64;
    let source: Box<dyn Read + '_> = match kind {
        Kind::Bzip2 => Box::new(MultiBzDecoder::new(data)),
        Kind::Gzip => Box::new(MultiGzDecoder::new(data)),
        Kind::Xz => Box::new(XzReader::new_mem_limit(data, true, WINDOW / 1024)),
        _ => Box::new(Zstandard { rest: data, frame: None }),
    };
    let (content, complete) = doc.unpack_part(source, packed)?;
    let name = inner_name(doc.name());
    doc.inner_part(&name, "", &content, complete)
}

/// `a.tar.gz` holds `a.tar`, `a.tgz` holds `a.tar`.
fn inner_name(name: &str) -> String {
    let stem = name.rsplit_once('.').map_or("", |(stem, _)| stem);
    match (names::ending(name).as_str(), stem) {
        (_, "") => "content".to_owned(),
        ("tgz" | "tbz2" | "txz" | "tzst", stem) => format!("{stem}.tar"),
        ("bz2" | "gz" | "xz" | "zst", stem) => stem.to_owned(),
        _ => "content".to_owned(),
    }
}

/// All frames of a file; the decoder by itself would stop after the first and leave the others unread.
struct Zstandard<'d> {
    rest: &'d [u8],
    frame: Option<StreamingDecoder<&'d [u8], FrameDecoder>>,
}

impl Read for Zstandard<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(mut frame) = self.frame.take() {
                let count = frame.read(buffer)?;
                if count > 0 {
                    self.frame = Some(frame);
                    return Ok(count);
                }
                self.rest = frame.into_inner();
            }
            if self.rest.is_empty() {
                return Ok(0);
            }
            // A frame to be skipped: its mark, its length, its content.
            if let Some((mark, after)) = self.rest.split_first_chunk::<4>()
                && (0x184d_2a50..=0x184d_2a5f).contains(&u32::from_le_bytes(*mark))
            {
                let (length, after) = after.split_first_chunk::<4>().ok_or(io::ErrorKind::InvalidData)?;
                let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
                self.rest = after.get(length..).ok_or(io::ErrorKind::InvalidData)?;
                continue;
            }
            let frame = StreamingDecoder::new_with_max_window_size(self.rest, u64::from(WINDOW))
                .map_err(|_| io::ErrorKind::InvalidData)?;
            self.frame = Some(frame);
        }
    }
}
