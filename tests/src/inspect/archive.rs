//! Archives byte by byte, honest and not.

use flate2::{Compress, Compression, FlushCompress};

/// An entry of a zip as its headers state it.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) hash: u32,
    pub(super) size: u32,
    pub(super) data: Vec<u8>,
}

impl Entry {
    /// An entry that is not packed.
    pub(super) fn stored(name: &str, data: &[u8]) -> Self {
        let mut hash = flate2::Crc::new();
        hash.update(data);
        Self {
            name: name.to_owned(),
            flags: 0,
            method: 0,
            hash: hash.sum(),
            size: data.len() as u32,
            data: data.to_vec(),
        }
    }

    /// An entry that is packed.
    pub(super) fn deflated(name: &str, data: &[u8]) -> Self {
        let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), Compression::best());
        std::io::Write::write_all(&mut packed, data).unwrap();
        Self { method: 8, data: packed.finish().unwrap(), ..Self::stored(name, data) }
    }

    /// An entry of which only the packed form is ever made.
    pub(super) fn raw(name: &str, packed: Vec<u8>) -> Self {
        Self { name: name.to_owned(), flags: 0, method: 8, hash: 0, size: u32::MAX - 1, data: packed }
    }

    fn common(&self) -> Vec<u8> {
        let mut out = vec![20, 0];
        out.extend(self.flags.to_le_bytes());
        out.extend(self.method.to_le_bytes());
        out.extend([0; 4]);
        out.extend(self.hash.to_le_bytes());
        out.extend((self.data.len() as u32).to_le_bytes());
        out.extend(self.size.to_le_bytes());
        out.extend((self.name.len() as u16).to_le_bytes());
        out.extend([0, 0]);
        out
    }

    fn local(&self) -> Vec<u8> {
        [b"PK\x03\x04", self.common().as_slice(), self.name.as_bytes(), &self.data].concat()
    }

    fn central(&self, offset: u32) -> Vec<u8> {
        let offset = offset.to_le_bytes();
        [b"PK\x01\x02\x14\0", self.common().as_slice(), &[0; 10], &offset, self.name.as_bytes()].concat()
    }
}

/// Makes a zip with stored entries; `flags` go into every header.
pub(super) fn zip(entries: &[(&str, &[u8])], flags: u16) -> Vec<u8> {
    let entries: Vec<Entry> =
        entries.iter().map(|(name, data)| Entry { flags, ..Entry::stored(name, data) }).collect();
    packed_zip(&entries)
}

/// Makes a zip.
pub(super) fn packed_zip(entries: &[Entry]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        directory.extend(entry.central(out.len() as u32));
        out.extend(entry.local());
    }
    end_zip(out, &directory, entries.len())
}

/// Makes a zip in which every name leads to the same packed bytes.
pub(super) fn overlapping_zip(entry: &Entry, count: usize) -> Vec<u8> {
    let mut directory = Vec::new();
    for number in 0..count {
        directory.extend(Entry { name: format!("{number:04}"), ..entry.clone() }.central(0));
    }
    end_zip(Entry { name: "0000".to_owned(), ..entry.clone() }.local(), &directory, count)
}

fn end_zip(mut out: Vec<u8>, directory: &[u8], count: usize) -> Vec<u8> {
    let start = out.len() as u32;
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend((count as u16).to_le_bytes());
    out.extend((count as u16).to_le_bytes());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

/// Deflates one text again and again, without ever having all of it: the packed form of `times` copies.
pub(super) fn deflated_copies(text: &[u8], times: usize) -> Vec<u8> {
    let mut packed = Vec::with_capacity(text.len() / 2 + 1024);
    // Flushed to a byte, a stretch can follow itself.
    let mut deflate = Compress::new(Compression::best(), false);
    deflate.compress_vec(text, &mut packed, FlushCompress::Full).unwrap();
    assert_eq!(deflate.total_in() as usize, text.len());
    let mut out = packed.repeat(times);
    out.extend([3, 0]);
    out
}

/// The same as one gzip file.
pub(super) fn gzipped_copies(text: &[u8], times: usize) -> Vec<u8> {
    [b"\x1f\x8b\x08\0\0\0\0\0\0\x03", deflated_copies(text, times).as_slice(), &[0; 8]].concat()
}

/// The same as one zlib stream, as PDF has them.
pub(super) fn zlib_copies(text: &[u8], times: usize) -> Vec<u8> {
    [b"\x78\xda", deflated_copies(text, times).as_slice(), &[0; 4]].concat()
}

/// A tar of empty files.
pub(super) fn tar_of_nothing(files: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity((files + 2) * 512);
    for number in 0..files {
        let mut header = [0_u8; 512];
        let name = format!("{number}");
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(b"00000000000");
        header[156] = b'0';
        header[257..263].copy_from_slice(b"ustar\0");
        out.extend(header);
    }
    out.extend([0; 1024]);
    out
}
