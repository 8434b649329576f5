//! What rules read: texts with the place each came from, what could not be read, and what files turned out to be.
//!
//! Whoever takes a draft apart makes a [`Material`]: the core for header and body, `zegel-inspect` for attachments. The
//! detectors and the policy only read it. It is content of somebody's mail, so `Debug` shows
//! lengths and depths, not texts and names.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Everything that a draft, or one attachment of it, has to be judged by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Material {
    /// Texts, in reading order.
    pub pieces: Vec<Piece>,
    /// What nobody has looked into; never to be taken for clean.
    pub unread: Vec<Unread>,
    /// What the files are, judged by their content.
    pub files: Vec<FileFacts>,
}

/// A text and where it stands.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    /// Which part of the mail, or which file in which file.
    pub origin: Origin,
    /// Where inside that.
    pub spot: Spot,
    /// Whether somebody who opens the file sees it without looking for it.
    pub visibility: Visibility,
    /// The text; lines end with LF. Rows of a table are lines, its cells are parted by tabs.
    pub text: String,
}

/// The part of a mail that something comes from.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Origin {
    /// A file: its name, and for a file in a file (an archive, a forwarded mail) the names from the outside in.
    Attachment(Vec<String>),
    /// The text of the mail.
    Body,
    /// A header field of the draft, by its name in lower case, other than the subject.
    Header(String),
    /// The subject.
    Subject,
}

/// The place inside an origin.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Spot {
    /// Comments, notes and tracked changes.
    Comments,
    /// Title, author, keywords and other properties.
    Metadata,
    /// A page, counted from 1.
    Page(u32),
    /// A slide, counted from 1.
    Slide(u32),
    /// A table: rows are lines, cells are parted by tabs.
    Table {
        /// Name of the sheet; empty where there is none.
        sheet: String,
        /// The sheet's row, counted from 1, of the first line.
        first_row: u32,
        /// The sheet's column, counted from 1, of the first cell of each line.
        first_column: u32,
    },
    /// A text without pages.
    Text,
}

/// Whether somebody who opens the file sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Visibility {
    /// Hidden sheet, row, slide or text, deleted text of a tracked change.
    Hidden,
    /// Seen at once.
    Shown,
}

/// Something that was not examined, and why. The policy decides what that means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unread {
    /// Which file, or which part of the mail.
    pub origin: Origin,
    /// Why.
    pub reason: UnreadReason,
}

/// Why something was not examined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum UnreadReason {
    /// It does not read as what it is.
    Damaged,
    /// It needs a password or a key (S/MIME and PGP parts too).
    Encrypted,
    /// Only pictures: there may be words in them.
    ImageOnly,
    /// Nested deeper, longer, larger when unpacked or slower than the limits allow.
    Limit,
    /// The program that reads files could not be run, or ended without an answer.
    NoInspector,
    /// Nothing here reads this kind of file.
    UnknownKind,
}

/// What a file is by its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileFacts {
    /// Which file.
    pub origin: Origin,
    /// Its kind.
    pub kind: FileKind,
    /// Its length in bytes.
    pub length: u64,
    /// What is to be known about it besides.
    pub marks: Vec<Mark>,
}

/// A kind of file, as the content says; the name and the declared media type count for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FileKind {
    /// zip, 7z, tar, gzip and their like.
    Archive,
    /// Sound or film.
    AudioVideo,
    /// docx, odt, rtf, doc and their like.
    Document,
    /// S/MIME or OpenPGP data, age files.
    Encrypted,
    /// Programs and scripts that a double click runs.
    Executable,
    /// HTML.
    Html,
    /// A picture.
    Image,
    /// A mail in a file.
    Mail,
    /// PDF.
    Pdf,
    /// pptx, odp and their like.
    Presentation,
    /// xlsx, ods, csv and their like.
    Spreadsheet,
    /// Plain text of any sort.
    Text,
    /// None of these.
    Unknown,
}

/// Something about a file that a rule may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Mark {
    /// Its name or declared type says something harmless that its content is not.
    Disguised,
    /// It carries other files inside (OLE objects, PDF attachments).
    EmbeddedFiles,
    /// It needs a password.
    Encrypted,
    /// Something in it does not show at once: hidden sheets, tracked changes, comments.
    HiddenContent,
    /// It has macros or scripts.
    Macros,
}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Piece")
            .field("spot", &self.spot)
            .field("visibility", &self.visibility)
            .field("length", &self.text.len())
            .finish_non_exhaustive()
    }
}

/// A file is often called after a person: `Debug` says how deep it lies, not what it is called.
impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attachment(names) => write!(f, "Attachment(depth {})", names.len()),
            Self::Body => f.write_str("Body"),
            Self::Header(name) => write!(f, "Header({name:?})"),
            Self::Subject => f.write_str("Subject"),
        }
    }
}

/// Without the name of a sheet, which is content.
impl fmt::Debug for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Comments => f.write_str("Comments"),
            Self::Metadata => f.write_str("Metadata"),
            Self::Page(page) => write!(f, "Page({page})"),
            Self::Slide(slide) => write!(f, "Slide({slide})"),
            Self::Table { first_row, first_column, .. } => {
                write!(f, "Table(from row {first_row}, column {first_column})")
            }
            Self::Text => f.write_str("Text"),
        }
    }
}

impl Material {
    /// Adds what another source gave.
    pub fn append(&mut self, other: Self) {
        self.pieces.extend(other.pieces);
        self.unread.extend(other.unread);
        self.files.extend(other.files);
    }

    /// Says whether everything was looked into.
    pub fn is_examined(&self) -> bool {
        self.unread.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_has_no_content() {
        let origin = Origin::Attachment(vec!["patient.docx".to_owned()]);
        let table = Spot::Table { sheet: "J. Jansen".to_owned(), first_row: 4, first_column: 2 };
        let piece = |spot| Piece {
            origin: origin.clone(),
            spot,
            visibility: Visibility::Shown,
            text: "diagnosis".to_owned(),
        };
        let facts =
            FileFacts { origin: origin.clone(), kind: FileKind::Document, length: 77, marks: Vec::new() };
        let material = Material {
            pieces: vec![piece(Spot::Page(1)), piece(table)],
            unread: vec![Unread { origin: origin.clone(), reason: UnreadReason::Limit }],
            files: vec![facts],
        };
        let shown = format!("{material:?}");
        for secret in ["diagnosis", "patient", "Jansen"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        for told in ["length: 9", "length: 77", "Page(1)", "row 4", "depth 1", "Limit"] {
            assert!(shown.contains(told), "{told}: {shown}");
        }
    }
}
