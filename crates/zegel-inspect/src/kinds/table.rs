//! Cells to text: rows are lines, cells are parted by tabs.

use std::io::Cursor;

use calamine::{Data, Reader, SheetType, SheetVisible, Sheets, open_workbook_auto_from_rs};
use zegel_core::material::{Mark, Spot, Visibility};

use super::number::{self, Epoch, Format};
use crate::reading::{Doc, Fault};

/// An empty row longer than this begins a new text, so that a cell at the far end of a sheet does not cost a million
/// lines.
const WIDEST_GAP: u32 = 64;

/// The most bytes of the name of a sheet in a place.
const LONGEST_NAME: usize = 255;

/// Collects the cells of one sheet, in the order of reading. What shows and what is hidden become texts of their own, in
/// which the cells keep their places.
#[derive(Debug)]
pub(crate) struct Table {
    sheet: String,
    shown: Layer,
    hidden: Layer,
}

/// What is done with one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell<'t> {
    /// Its row, counted from 1.
    pub(crate) row: u32,
    /// Its column, counted from 1.
    pub(crate) column: u32,
    /// Whether it shows.
    pub(crate) visibility: Visibility,
    /// Its text.
    pub(crate) text: &'t str,
}

#[derive(Debug, Default)]
struct Layer {
    text: String,
    first_row: u32,
    first_column: u32,
    row: u32,
    column: u32,
}

impl Table {
    /// Begins a sheet.
    pub(crate) fn new(sheet: &str) -> Self {
        // As a place it need not be long; who makes it hands it on as a text too.
        let sheet = sheet.get(..sheet.floor_char_boundary(LONGEST_NAME)).unwrap_or_default().to_owned();
        Self { sheet, shown: Layer::default(), hidden: Layer::default() }
    }

    /// Adds a cell. An empty one only counts by the place of the next.
    pub(crate) fn cell(&mut self, doc: &mut Doc<'_, '_>, cell: Cell<'_>) -> Result<(), Fault> {
        if cell.text.trim().is_empty() {
            return Ok(());
        }
        let layer = match cell.visibility {
            Visibility::Hidden => &mut self.hidden,
            Visibility::Shown => &mut self.shown,
        };
        if !layer.fits(cell.row, cell.column) || layer.text.len() > doc.text_left() {
            layer.hand_on(doc, &self.sheet, cell.visibility)?;
        }
        layer.add(cell.row, cell.column, cell.text);
        Ok(())
    }

    /// Hands on what is left.
    pub(crate) fn finish(&mut self, doc: &mut Doc<'_, '_>) -> Result<(), Fault> {
        let shown = self.shown.hand_on(doc, &self.sheet, Visibility::Shown);
        self.hidden.hand_on(doc, &self.sheet, Visibility::Hidden)?;
        shown
    }
}

impl Layer {
    /// Returns whether a cell can follow in the same text.
    fn fits(&self, row: u32, column: u32) -> bool {
        if self.text.is_empty() {
            return true;
        }
        let from = if row == self.row { self.column } else { self.first_column };
        row >= self.row
            && (row > self.row || column >= self.column)
            && row - self.row <= WIDEST_GAP
            && column >= self.first_column
            && column.saturating_sub(from) <= WIDEST_GAP
    }

    fn add(&mut self, row: u32, column: u32, text: &str) {
        if self.text.is_empty() {
            self.first_row = row;
            self.first_column = if column <= WIDEST_GAP { 1 } else { column };
            self.row = row;
            self.column = self.first_column;
        }
        while self.row < row {
            self.text.push('\n');
            self.row += 1;
            self.column = self.first_column;
        }
        while self.column < column {
            self.text.push('\t');
            self.column += 1;
        }
        // A line or a tab inside a cell would shift the others.
        self.text.extend(text.trim().chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }));
    }

    fn hand_on(&mut self, doc: &mut Doc<'_, '_>, sheet: &str, visibility: Visibility) -> Result<(), Fault> {
        let layer = std::mem::take(self);
        let spot = Spot::Table {
            sheet: sheet.to_owned(),
            first_row: layer.first_row,
            first_column: layer.first_column,
        };
        doc.piece(spot, visibility, &layer.text)
    }
}

/// Reads a workbook of the old forms (xls, xlsb), whose cells calamine knows.
pub(crate) fn binary_workbook(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    let mut book: Sheets<_> = open_workbook_auto_from_rs(Cursor::new(data)).map_err(|error| match error {
        calamine::Error::Xls(calamine::XlsError::Password)
        | calamine::Error::Xlsb(calamine::XlsbError::Password) => Fault::Encrypted,
        _ => Fault::Damaged,
    })?;
    let names =
        book.defined_names().iter().map(|(name, formula)| format!("{name}\t{formula}\n")).collect::<String>();
    doc.hidden(Spot::Metadata, &names)?;
    let sheets = book.sheets_metadata().to_vec();
    for (place, sheet) in sheets.iter().enumerate() {
        doc.tick()?;
        if matches!(sheet.typ, SheetType::MacroSheet | SheetType::Vba | SheetType::DialogSheet) {
            doc.mark(Mark::Macros);
        }
        let Some(range) = book.worksheet_range_at(place) else { continue };
        let range = range.map_err(|_| Fault::Damaged)?;
        let (first_row, first_column) = range.start().unwrap_or_default();
        let visibility =
            if sheet.visible == SheetVisible::Visible { Visibility::Shown } else { Visibility::Hidden };
        let mut table = Table::new(&sheet.name);
        for (row, column, value) in range.used_cells() {
            doc.tick()?;
            let text = match value {
                Data::Float(number) => number::show(&number.to_string(), Format::Plain, Epoch::Year1900),
                Data::DateTime(date) => {
                    number::show(&date.as_f64().to_string(), Format::Date, Epoch::Year1900)
                }
                other => other.to_string(),
            };
            let row = u32::try_from(row).unwrap_or(u32::MAX).saturating_add(first_row).saturating_add(1);
            let column =
                u32::try_from(column).unwrap_or(u32::MAX).saturating_add(first_column).saturating_add(1);
            table.cell(doc, Cell { row, column, visibility, text: &text })?;
        }
        table.finish(doc)?;
    }
    Ok(())
}
