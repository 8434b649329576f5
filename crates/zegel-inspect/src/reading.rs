//! One attachment being read: budgets, and where findings go.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::time::Instant;

use zegel_core::material::{
    FileFacts, FileKind, Mark, Material, Origin, Piece, Spot, Unread, UnreadReason, Visibility,
};

use crate::kinds;
use crate::limits::Limits;
use crate::magic::{self, Kind};
use crate::names;

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// Why reading stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nobody takes what we find any more.
    Closed,
    /// It does not read as what it is.
    Damaged,
    /// It needs a password.
    Encrypted,
    /// It costs more than it may.
    Limit,
    /// Nothing here reads it.
    UnknownKind,
}

impl Fault {
    /// Returns the same for a reader of the material.
    fn reason(self) -> UnreadReason {
        match self {
            Self::Closed => UnreadReason::NoInspector,
            Self::Damaged => UnreadReason::Damaged,
            Self::Encrypted => UnreadReason::Encrypted,
            Self::Limit => UnreadReason::Limit,
            Self::UnknownKind => UnreadReason::UnknownKind,
        }
    }
}

/// Where findings go, one at a time, so that the child never holds them all.
pub(crate) trait Sink {
    /// Takes what a file is.
    fn file(&mut self, facts: FileFacts) -> io::Result<()>;
    /// Takes a text.
    fn piece(&mut self, piece: Piece) -> io::Result<()>;
    /// Takes what was not examined.
    fn unread(&mut self, unread: Unread) -> io::Result<()>;
}

impl Sink for Material {
    fn file(&mut self, facts: FileFacts) -> io::Result<()> {
        self.files.push(facts);
        Ok(())
    }

    fn piece(&mut self, piece: Piece) -> io::Result<()> {
        self.pieces.push(piece);
        Ok(())
    }

    fn unread(&mut self, unread: Unread) -> io::Result<()> {
        self.unread.push(unread);
        Ok(())
    }
}

/// The budgets of one attachment, shared by everything inside it.
pub(crate) struct Reading<'s> {
    limits: Limits,
    start: Instant,
    text_left: u64,
    unpacked_left: u64,
    files_left: u32,
    items_left: u32,
    held: u64,
    sink: &'s mut dyn Sink,
}

impl<'s> Reading<'s> {
    /// Begins; the clock runs from here.
    pub(crate) fn new(limits: &Limits, sink: &'s mut dyn Sink) -> Self {
        Self {
            start: Instant::now(),
            text_left: limits.text_bytes,
            unpacked_left: limits.unpacked_bytes,
            files_left: limits.files,
            items_left: limits.items,
            held: 0,
            limits: limits.clone(),
            sink,
        }
    }

    /// Reads a file and everything inside it. `names` are the names from the outside in, `name` is its own.
    ///
    /// `complete` is `false` for the first part of a file that is longer than may be read.
    pub(crate) fn file(
        &mut self,
        names: Vec<String>,
        name: &str,
        media_type: &str,
        data: &[u8],
        complete: Complete,
    ) -> Result<(), Fault> {
        let page = names::is_page(name, media_type);
        let kind = match magic::kind(data, name) {
            // Browsers and mail programs show it as a page, whatever it begins with.
            Kind::Text if page => Kind::Html,
            kind => kind,
        };
        let mut doc = Doc {
            names,
            name: name.to_owned(),
            page,
            seen: BTreeMap::new(),
            kind: kind.file_kind(),
            marks: BTreeSet::new(),
            pictures: 0,
            reading: self,
        };
        let outcome = doc.enter(kind, data, complete);
        // Only now a zip is known to be a letter or a program.
        if names::is_disguised(doc.name(), media_type, doc.kind) {
            doc.mark(Mark::Disguised);
        }
        let length = match complete {
            Complete::All | Complete::Broken => data.len() as u64,
            Complete::PartOf(length) => length,
        };
        if let Err(fault) = outcome {
            if fault == Fault::Closed {
                return Err(fault);
            }
            doc.unread(fault.reason())?;
        }
        let facts = FileFacts {
            origin: Origin::Attachment(doc.names.clone()),
            kind: doc.kind,
            length,
            marks: doc.marks.iter().copied().collect(),
        };
        doc.reading.count_item()?;
        doc.reading.sink.file(facts).map_err(|_| Fault::Closed)?;
        // What is shared by all is used up: the files beside this one cannot be read either.
        if self.is_exhausted() { Err(Fault::Limit) } else { Ok(()) }
    }

    fn is_exhausted(&self) -> bool {
        self.text_left == 0
            || self.unpacked_left == 0
            || self.files_left == 0
            || self.items_left == 0
            || self.start.elapsed() >= self.limits.time
    }

    fn count_item(&mut self) -> Result<(), Fault> {
        // A few are kept back, so that the last words ("not examined") always fit.
        self.items_left = self.items_left.saturating_sub(1);
        Ok(())
    }
}

/// Whether a file is all there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Complete {
    /// All of it.
    All,
    /// What could be unpacked before it turned out to be damaged.
    Broken,
    /// The first bytes of a file of this length.
    PartOf(u64),
}

/// One file being read.
pub(crate) struct Doc<'r, 's> {
    /// What findings name: the names from the outside in.
    names: Vec<String>,
    name: String,
    /// Whether its name or its type says that it is a page.
    page: bool,
    /// How many files of each name were in it so far.
    seen: BTreeMap<String, u32>,
    kind: FileKind,
    marks: BTreeSet<Mark>,
    pictures: u32,
    reading: &'r mut Reading<'s>,
}

impl Doc<'_, '_> {
    fn enter(&mut self, kind: Kind, data: &[u8], complete: Complete) -> Result<(), Fault> {
        self.tick()?;
        // A quine (an archive that contains itself) ends here.
        if self.names.len() > self.reading.limits.depth as usize || self.reading.files_left == 0 {
            return Err(Fault::Limit);
        }
        self.reading.files_left -= 1;
        let length = data.len() as u64;
        self.reading.held += length;
        let outcome = match complete {
            Complete::All => kinds::read(self, kind, data),
            // The end of the file is what most formats begin with; a text can be read as far as it goes.
            Complete::Broken => kinds::read_part(self, kind, data).and(Err(Fault::Damaged)),
            Complete::PartOf(_) => kinds::read_part(self, kind, data).and(Err(Fault::Limit)),
        };
        self.reading.held -= length;
        outcome
    }

    /// Returns the name of this file.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns whether programs that go by the name or the declared type show this file as a page.
    pub(crate) fn is_page(&self) -> bool {
        self.page
    }

    /// Returns what this file turned out to be so far.
    pub(crate) fn kind(&self) -> FileKind {
        self.kind
    }

    /// Notes what this file turned out to be.
    pub(crate) fn set_kind(&mut self, kind: FileKind) {
        self.kind = kind;
    }

    /// Notes something about this file.
    pub(crate) fn mark(&mut self, mark: Mark) {
        self.marks.insert(mark);
    }

    /// Counts a picture inside this file, in which there may be words.
    pub(crate) fn picture(&mut self) {
        self.pictures = self.pictures.saturating_add(1);
    }

    /// Returns how many pictures were counted.
    pub(crate) fn pictures(&self) -> u32 {
        self.pictures
    }

    /// Fails when the time is over.
    pub(crate) fn tick(&self) -> Result<(), Fault> {
        if self.reading.start.elapsed() >= self.reading.limits.time || self.reading.items_left < 16 {
            return Err(Fault::Limit);
        }
        Ok(())
    }

    /// Returns how much text may still come.
    pub(crate) fn text_left(&self) -> usize {
        usize::try_from(self.reading.text_left).unwrap_or(usize::MAX)
    }

    /// Hands on a text that shows. An empty one is dropped.
    pub(crate) fn shown(&mut self, spot: Spot, text: &str) -> Result<(), Fault> {
        self.piece(spot, Visibility::Shown, text)
    }

    /// Hands on a text that does not show. An empty one is dropped.
    pub(crate) fn hidden(&mut self, spot: Spot, text: &str) -> Result<(), Fault> {
        self.piece(spot, Visibility::Hidden, text)
    }

    /// Hands on a text. An empty one is dropped.
    pub(crate) fn piece(&mut self, spot: Spot, visibility: Visibility, text: &str) -> Result<(), Fault> {
        let text = text.trim_end();
        if text.trim_start().is_empty() {
            return Ok(());
        }
        self.tick()?;
        if spot == Spot::Comments || (visibility == Visibility::Hidden && spot != Spot::Metadata) {
            self.mark(Mark::HiddenContent);
        }
        let mut text = if text.contains('\r') {
            text.replace("\r\n", "\n").replace('\r', "\n")
        } else {
            text.to_owned()
        };
        let left = self.text_left();
        let cut = text.len() > left;
        if cut {
            text.truncate(text.floor_char_boundary(left));
        }
        self.reading.text_left = if cut { 0 } else { self.reading.text_left - text.len() as u64 };
        self.reading.count_item()?;
        let origin = Origin::Attachment(self.names.clone());
        self.reading.sink.piece(Piece { origin, spot, visibility, text }).map_err(|_| Fault::Closed)?;
        if cut { Err(Fault::Limit) } else { Ok(()) }
    }

    /// Says that this file, or something in it, was not examined.
    pub(crate) fn unread(&mut self, reason: UnreadReason) -> Result<(), Fault> {
        if reason == UnreadReason::Encrypted {
            self.mark(Mark::Encrypted);
        }
        self.reading.count_item()?;
        let origin = Origin::Attachment(self.names.clone());
        self.reading.sink.unread(Unread { origin, reason }).map_err(|_| Fault::Closed)
    }

    /// Says that something inside this file, which has a name but could not be taken out of it, was not examined.
    pub(crate) fn unread_inside(&mut self, name: &str, fault: Fault) -> Result<(), Fault> {
        if fault == Fault::Closed {
            return Err(fault);
        }
        if fault == Fault::Encrypted {
            self.mark(Mark::Encrypted);
        }
        self.tick()?;
        let origin = Origin::Attachment(self.named(name)?);
        self.reading.count_item()?;
        self.reading.sink.unread(Unread { origin, reason: fault.reason() }).map_err(|_| Fault::Closed)
    }

    /// Reads a file that lies in this one.
    pub(crate) fn inner(&mut self, name: &str, media_type: &str, data: &[u8]) -> Result<(), Fault> {
        self.inner_part(name, media_type, data, Complete::All)
    }

    /// As [`Doc::inner`], for a file of which only the first part may be there.
    pub(crate) fn inner_part(
        &mut self,
        name: &str,
        media_type: &str,
        data: &[u8],
        complete: Complete,
    ) -> Result<(), Fault> {
        self.tick()?;
        let names = self.named(name)?;
        let own = names::tidy(name);
        self.reading.file(names, &own, media_type, data, complete)
    }

    /// Returns the names of a file in this one, no two of which are the same, and hands on its own: people name files after
    /// people.
    fn named(&mut self, name: &str) -> Result<Vec<String>, Fault> {
        let own = names::tidy(name);
        let number = self.seen.entry(own.clone()).or_insert(0);
        *number = number.saturating_add(1);
        let mut names = self.names.clone();
        // A file that is called as we call the second of a name must not pass for it.
        let like_ours =
            own.strip_prefix('#').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        if *number > 1 || like_ours {
            names.push(format!("#{number}"));
        }
        names.push(own);
        let left = self.text_left();
        let text = name.get(..name.floor_char_boundary(left)).unwrap_or_default().to_owned();
        self.reading.text_left -= text.len() as u64;
        self.reading.count_item()?;
        let origin = Origin::Attachment(names.clone());
        let piece = Piece { origin, spot: Spot::Metadata, visibility: Visibility::Shown, text };
        self.reading.sink.piece(piece).map_err(|_| Fault::Closed)?;
        Ok(names)
    }

    /// Returns how many bytes a stream may have that a library unpacks for us.
    pub(crate) fn room(&self) -> usize {
        let limits = &self.reading.limits;
        let most = limits
            .file_bytes
            .min(self.reading.unpacked_left)
            .min(limits.held_bytes.saturating_sub(self.reading.held));
        usize::try_from(most).unwrap_or(usize::MAX)
    }

    /// Counts bytes that a library has unpacked for us.
    pub(crate) fn spend(&mut self, bytes: usize) -> Result<(), Fault> {
        self.reading.unpacked_left = self.reading.unpacked_left.saturating_sub(bytes as u64);
        self.tick()?;
        if self.reading.unpacked_left == 0 { Err(Fault::Limit) } else { Ok(()) }
    }

    /// Reads something packed, within every budget. `packed` is how long it is packed.
    pub(crate) fn unpack(&mut self, source: impl Read, packed: u64) -> Result<Vec<u8>, Fault> {
        match self.unpack_part(source, packed)? {
            (data, Complete::All) => Ok(data),
            (_, Complete::Broken) => Err(Fault::Damaged),
            (_, Complete::PartOf(_)) => Err(Fault::Limit),
        }
    }

    /// As [`Doc::unpack`], and returns the first part of what is too long.
    pub(crate) fn unpack_part(
        &mut self,
        mut source: impl Read,
        packed: u64,
    ) -> Result<(Vec<u8>, Complete), Fault> {
        let limits = &self.reading.limits;
        let by_ratio = packed.saturating_mul(limits.ratio).max(Limits::RATIO_FLOOR);
        let most = limits
            .file_bytes
            .min(self.reading.unpacked_left)
            .min(limits.held_bytes.saturating_sub(self.reading.held))
            .min(by_ratio);
        let mut data: Vec<u8> = Vec::new();
        let mut buffer = vec![0; CHUNK];
        loop {
            self.tick()?;
            let count = match source.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::OutOfMemory => return Err(Fault::Limit),
                Err(_) => return Ok((data, Complete::Broken)),
            };
            let read = buffer.get(..count).ok_or(Fault::Damaged)?;
            let room = usize::try_from(most).unwrap_or(usize::MAX).saturating_sub(data.len());
            let taken = read.get(..room.min(count)).unwrap_or_default();
            data.extend_from_slice(taken);
            self.reading.unpacked_left = self.reading.unpacked_left.saturating_sub(taken.len() as u64);
            if taken.len() < count {
                return Ok((data, Complete::PartOf(most)));
            }
        }
        Ok((data, Complete::All))
    }
}
