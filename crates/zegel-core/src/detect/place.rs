//! Where in a piece of text something stands, as a reader would look for it: line, page, cell.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::material::{Origin, Piece, Spot, Visibility};

/// A place that a reader can go to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Place {
    /// Which part of the mail, or which file.
    pub origin: Origin,
    /// Where inside it.
    pub position: Position,
    /// Whether it is seen without looking for it.
    pub visibility: Visibility,
}

/// The place inside a part or file. Lines, pages and slides are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Position {
    /// A cell of a table.
    Cell {
        /// Name of the sheet; empty where there is none.
        sheet: String,
        /// Column in letters and row in digits, as in `C12`.
        cell: String,
    },
    /// A comment, note or tracked change.
    Comments {
        /// The line among them.
        line: u32,
    },
    /// A line of a text without pages.
    Line(u32),
    /// A property of the file.
    Metadata,
    /// A page.
    Page {
        /// Its number.
        page: u32,
        /// The line on it.
        line: u32,
    },
    /// A slide.
    Slide {
        /// Its number.
        slide: u32,
        /// The line on it.
        line: u32,
    },
}

/// Finds places in one piece: line breaks are looked for once.
#[derive(Clone)]
pub struct Places<'a> {
    piece: &'a Piece,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl<'a> Places<'a> {
    /// Prepares a piece.
    pub fn new(piece: &'a Piece) -> Self {
        let breaks = piece.text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1);
        Self { piece, lines: std::iter::once(0).chain(breaks).collect() }
    }

    /// Returns the place of a byte of the text; beyond its end, that of the end.
    pub fn at(&self, offset: usize) -> Place {
        let before = self.lines.partition_point(|start| *start <= offset).saturating_sub(1);
        let line = count(before).saturating_add(1);
        let position = match &self.piece.spot {
            Spot::Comments => Position::Comments { line },
            Spot::Metadata => Position::Metadata,
            Spot::Page(page) => Position::Page { page: *page, line },
            Spot::Slide(slide) => Position::Slide { slide: *slide, line },
            Spot::Table { sheet, first_row, first_column } => {
                let start = self.lines.get(before).copied().unwrap_or(0);
                let row = self.piece.text.as_bytes().get(start..offset.max(start)).unwrap_or(&[]);
                let tabs = count(row.iter().filter(|b| **b == b'\t').count());
                let column = column_name(first_column.saturating_add(tabs));
                let row = first_row.saturating_add(count(before));
                Position::Cell { sheet: sheet.clone(), cell: format!("{column}{row}") }
            }
            Spot::Text => Position::Line(line),
        };
        Place { origin: self.piece.origin.clone(), position, visibility: self.piece.visibility }
    }
}

impl Place {
    /// Returns the place of a byte of a piece. For more than one, [`Places`] is faster.
    pub fn of(piece: &Piece, offset: usize) -> Self {
        Places::new(piece).at(offset)
    }
}

impl fmt::Display for Place {
    /// Writes the place in English, as in `cell C12 of sheet "Patients" in "list.xlsx" (hidden)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.position, &self.origin) {
            (Position::Line(1), Origin::Subject | Origin::Header(_)) => write!(f, "{}", Named(&self.origin))?,
            (position, origin) => write!(f, "{position} {} {}", preposition(origin), Named(origin))?,
        }
        match self.visibility {
            Visibility::Hidden => f.write_str(" (hidden)"),
            Visibility::Shown => Ok(()),
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cell { sheet, cell } if sheet.is_empty() => write!(f, "cell {cell}"),
            Self::Cell { sheet, cell } => write!(f, "cell {cell} of sheet {sheet:?}"),
            Self::Comments { line } => write!(f, "line {line} of the comments"),
            Self::Line(line) => write!(f, "line {line}"),
            Self::Metadata => f.write_str("the properties"),
            Self::Page { page, line } => write!(f, "page {page}, line {line}"),
            Self::Slide { slide, line } => write!(f, "slide {slide}, line {line}"),
        }
    }
}

/// An origin as people call it. File names are quoted and escaped: one with a line break in it cannot forge a report.
struct Named<'a>(&'a Origin);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Origin::Attachment(names) => {
                for (number, name) in names.iter().rev().enumerate() {
                    write!(f, "{}{name:?}", if number == 0 { "" } else { " in " })?;
                }
                Ok(())
            }
            Origin::Body => f.write_str("the text"),
            Origin::Header(name) => write!(f, "header field {name:?}"),
            Origin::Subject => f.write_str("the subject"),
        }
    }
}

const fn preposition(origin: &Origin) -> &'static str {
    match origin {
        Origin::Attachment(_) => "in",
        Origin::Body | Origin::Header(_) | Origin::Subject => "of",
    }
}

/// Names a column, counted from 1, as spreadsheets do: A to Z, AA, AB …
fn column_name(mut column: u32) -> String {
    let mut letters = Vec::new();
    while column > 0 {
        column -= 1;
        letters.push(char::from(b'A' + u8::try_from(column % 26).unwrap_or(0)));
        column /= 26;
    }
    letters.iter().rev().collect()
}

/// Counts that a reader sees end at four thousand million.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(origin: Origin, spot: Spot, text: &str) -> Piece {
        Piece { origin, spot, visibility: Visibility::Shown, text: text.to_owned() }
    }

    fn table(row: u32, column: u32, sheet: &str) -> Spot {
        Spot::Table { sheet: sheet.to_owned(), first_row: row, first_column: column }
    }

    #[test]
    fn a_line_is_counted_from_one() {
        let body = piece(Origin::Body, Spot::Text, "a\nb\r\nc");
        let places = Places::new(&body);
        let lines: Vec<String> = [0, 1, 2, 5, 99].iter().map(|at| places.at(*at).to_string()).collect();
        assert_eq!(
            lines,
            [
                "line 1 of the text",
                "line 1 of the text",
                "line 2 of the text",
                "line 3 of the text",
                "line 3 of the text"
            ]
        );
    }

    #[test]
    fn a_cell_has_its_letters_and_its_row() {
        let file = Origin::Attachment(vec!["list.xlsx".to_owned()]);
        let sheet = piece(file, table(11, 2, "Patients"), "a\tb\n\tç\tx");
        let places = Places::new(&sheet);
        assert_eq!(places.at(2).to_string(), r#"cell C11 of sheet "Patients" in "list.xlsx""#);
        assert_eq!(places.at(8).to_string(), r#"cell D12 of sheet "Patients" in "list.xlsx""#);
        let far = piece(Origin::Body, table(1, 703, ""), "x");
        assert_eq!(Place::of(&far, 0).to_string(), "cell AAA1 of the text");
    }

    #[test]
    fn columns_are_named_as_in_a_spreadsheet() {
        let names: Vec<String> =
            [1, 26, 27, 52, 53, 702, 703, 16384].iter().map(|n| column_name(*n)).collect();
        assert_eq!(names, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA", "XFD"]);
    }

    #[test]
    fn a_file_in_a_file_is_named_from_the_inside_out() {
        let nested = Origin::Attachment(vec!["a.zip".to_owned(), "b\n.pdf".to_owned()]);
        let mut page = piece(nested, Spot::Page(3), "x");
        page.visibility = Visibility::Hidden;
        assert_eq!(Place::of(&page, 0).to_string(), r#"page 3, line 1 in "b\n.pdf" in "a.zip" (hidden)"#);
    }

    #[test]
    fn a_subject_needs_no_line() {
        assert_eq!(Place::of(&piece(Origin::Subject, Spot::Text, "x"), 0).to_string(), "the subject");
        let header = Origin::Header("comments".to_owned());
        assert_eq!(Place::of(&piece(header, Spot::Text, "x"), 0).to_string(), r#"header field "comments""#);
        let notes = piece(Origin::Attachment(vec!["a.docx".to_owned()]), Spot::Comments, "x\ny");
        assert_eq!(Place::of(&notes, 2).to_string(), r#"line 2 of the comments in "a.docx""#);
    }

    #[test]
    fn a_place_survives_json() {
        let cell = Place::of(&piece(Origin::Body, table(1, 1, "S"), "x"), 0);
        let json = serde_json::to_string(&cell).unwrap();
        assert_eq!(
            json,
            r#"{"origin":"body","position":{"cell":{"sheet":"S","cell":"A1"}},"visibility":"shown"}"#
        );
        assert_eq!(serde_json::from_str::<Place>(&json).unwrap(), cell);
    }
}
