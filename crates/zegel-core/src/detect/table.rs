//! What is known of the table that a pass may be in: rows are lines, and the heads of columns say what the cells are.

use super::hints::{HEADINGS, Hints};

/// Columns whose heads are remembered.
const COLUMNS: usize = 64;

/// What parts the cells of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delimiter {
    /// A tab, a bar or a semicolon.
    Bar = 0,
    /// A comma.
    Comma = 1,
    /// Two spaces or more, as columns come out of a PDF.
    Wide = 2,
}

/// All of them; what is surest comes first.
const KINDS: [Delimiter; 3] = [Delimiter::Bar, Delimiter::Comma, Delimiter::Wide];

/// The state at one place of a text.
pub(super) struct Table {
    /// The delimiter of the table that the line belongs to, if it belongs to one.
    inside: Option<Delimiter>,
    /// How many of each stand in the line so far.
    counts: [usize; KINDS.len()],
    digits: usize,
    headed: usize,
    headers: [Hints; COLUMNS],
    row: [[Hints; COLUMNS]; KINDS.len()],
}

impl Default for Table {
    fn default() -> Self {
        Self {
            inside: None,
            counts: [0; KINDS.len()],
            digits: 0,
            headed: 0,
            headers: [0; COLUMNS],
            row: [[0; COLUMNS]; KINDS.len()],
        }
    }
}

impl Table {
    /// A delimiter.
    pub(super) fn delimiter(&mut self, delimiter: Delimiter) {
        if let Some(count) = self.counts.get_mut(delimiter as usize) {
            *count += 1;
        }
    }

    /// A word that means something.
    pub(super) fn word(&mut self, hints: Hints) {
        let hints = hints & HEADINGS;
        if hints == 0 {
            return;
        }
        self.headed += 1;
        for (row, column) in self.row.iter_mut().zip(self.counts) {
            if let Some(cell) = row.get_mut(column) {
                *cell |= hints;
            }
        }
    }

    /// A number, or a code with digits in it.
    pub(super) fn number(&mut self, digits: usize) {
        self.digits += digits;
    }

    /// Returns what the head of this column means.
    pub(super) fn header(&self) -> Hints {
        let Some(kind) = self.inside else { return 0 };
        self.headers.get(self.count(kind)).copied().unwrap_or(0)
    }

    /// A row of labels without numbers is the head of what follows; a line without cells ends the table.
    pub(super) fn end_line(&mut self) {
        if self.headed > 0 {
            let is_head = self.digits <= 4;
            // Commas and wide spaces stand in other lines too: two labels make a head of such a line.
            let kind = KINDS.into_iter().find(|kind| {
                let enough = if *kind == Delimiter::Bar && self.inside.is_none() { 1 } else { 2 };
                self.count(*kind) > 0 && self.headed >= enough
            });
            if let Some(kind) = kind.filter(|_| is_head) {
                self.headers = self.row.get(kind as usize).copied().unwrap_or([0; COLUMNS]);
                self.inside = Some(kind);
                self.clear();
                return;
            }
        }
        if self.inside.is_some_and(|kind| self.count(kind) == 0) {
            self.inside = None;
        }
        if self.inside.is_none() && self.count(Delimiter::Bar) > 0 {
            self.headers = [0; COLUMNS];
            self.inside = Some(Delimiter::Bar);
        }
        self.clear();
    }

    fn count(&self, kind: Delimiter) -> usize {
        self.counts.get(kind as usize).copied().unwrap_or(0)
    }

    fn clear(&mut self) {
        if self.headed > 0 {
            // No cell behind the last of the line was written to.
            for (row, last) in self.row.iter_mut().zip(self.counts) {
                row.iter_mut().take(last + 1).for_each(|cell| *cell = 0);
            }
            self.headed = 0;
        }
        self.counts = [0; KINDS.len()];
        self.digits = 0;
    }
}
