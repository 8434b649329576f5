//! Pages: what people read, as short aligned lines.

use crate::text;

/// Label column: wide enough for our labels, the same on every page, so that the eye finds things.
const LABEL: usize = 12;
/// Where a line goes on that was too long: no line of ours begins there.
const INDENT: usize = 4;
/// Widest cell that the others of its column are aligned with, where there is no terminal.
const CELL_MAX: usize = 80;
/// What stands before every line of content that strangers wrote.
const GUTTER: &str = "│ ";

/// What a piece of text means; colour only underlines it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Wrong.
    Bad,
    /// As it should be.
    Good,
    /// Less important.
    Note,
    /// Nothing special.
    Plain,
    /// To be looked at.
    Warn,
}

#[derive(Debug)]
enum Item {
    Blank,
    Content(String),
    Field(String, String, Tone),
    Heading(String, Tone),
    Line(String, Tone),
    Row(Vec<(String, Tone)>),
}

/// One page of output. Everything put on it is made harmless when it is rendered.
#[derive(Debug, Default)]
pub(crate) struct Page {
    items: Vec<Item>,
}

impl Page {
    /// Makes an empty page.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds an empty line.
    pub(crate) fn blank(&mut self) -> &mut Self {
        self.items.push(Item::Blank);
        self
    }

    /// Adds a heading: the sentence that says what happened.
    pub(crate) fn heading(&mut self, text: impl Into<String>, tone: Tone) -> &mut Self {
        self.items.push(Item::Heading(text.into(), tone));
        self
    }

    /// Adds a label with a value.
    pub(crate) fn field(&mut self, label: &str, value: impl Into<String>) -> &mut Self {
        self.toned(label, value, Tone::Plain)
    }

    /// Adds a label with a value that means something.
    pub(crate) fn toned(&mut self, label: &str, value: impl Into<String>, tone: Tone) -> &mut Self {
        self.items.push(Item::Field(label.to_owned(), value.into(), tone));
        self
    }

    /// Adds a label with a value, when there is one.
    pub(crate) fn maybe(&mut self, label: &str, value: Option<impl Into<String>>) -> &mut Self {
        if let Some(value) = value {
            self.field(label, value);
        }
        self
    }

    /// Adds a line.
    pub(crate) fn line(&mut self, text: impl Into<String>) -> &mut Self {
        self.items.push(Item::Line(text.into(), Tone::Plain));
        self
    }

    /// Adds a line that means something.
    pub(crate) fn note(&mut self, text: impl Into<String>, tone: Tone) -> &mut Self {
        self.items.push(Item::Line(text.into(), tone));
        self
    }

    /// Adds a row of a table; rows that follow each other are aligned.
    pub(crate) fn row(&mut self, cells: Vec<(String, Tone)>) -> &mut Self {
        self.items.push(Item::Row(cells));
        self
    }

    /// Adds text that a stranger wrote. Every line of it carries a gutter, so that no content can pass for a line of ours.
    pub(crate) fn content(&mut self, text: impl Into<String>) -> &mut Self {
        self.items.push(Item::Content(text.into()));
        self
    }

    /// Renders the page; every line is broken to fit `width` when there is one.
    ///
    /// A terminal would break a long line itself, and what a stranger wrote would go on where our own lines begin. So
    /// whatever goes on is set further to the right than anything of ours, and content keeps its gutter.
    pub(crate) fn render(&self, colour: bool, width: Option<usize>) -> String {
        let mut out = String::new();
        let mut rest = self.items.as_slice();
        while let Some((item, after)) = rest.split_first() {
            rest = after;
            match item {
                Item::Blank => out.push('\n'),
                Item::Content(content) => render_content(&mut out, content, colour, width),
                Item::Field(label, value, tone) => {
                    let lead = Lead {
                        columns: 3 + text::widest(label).max(LABEL),
                        text: format!("  {} ", paint(&format!("{label:<LABEL$}"), Tone::Note, colour)),
                    };
                    lead.put(&mut out, &[(text::line(value), *tone)], colour, width);
                }
                Item::Heading(heading, tone) => {
                    Lead::blank(0).put(&mut out, &[(text::line(heading), *tone)], colour, width);
                }
                Item::Line(line, tone) => {
                    Lead::blank(2).put(&mut out, &[(text::line(line), *tone)], colour, width);
                }
                Item::Row(first) => {
                    let mut rows = vec![first];
                    while let Some((Item::Row(row), after)) = rest.split_first() {
                        rows.push(row);
                        rest = after;
                    }
                    render_table(&mut out, &rows, colour, width);
                }
            }
        }
        out
    }
}

/// What a line of ours begins with.
struct Lead {
    text: String,
    columns: usize,
}

impl Lead {
    fn blank(columns: usize) -> Self {
        Self { text: " ".repeat(columns), columns }
    }

    /// Writes a line that goes on under itself where it does not fit.
    fn put(&self, out: &mut String, pieces: &[(String, Tone)], colour: bool, width: Option<usize>) {
        let cells = pieces.iter().flat_map(|(piece, tone)| piece.chars().map(|c| (c, *tone)));
        let length: usize = pieces.iter().map(|(piece, _)| text::widest(piece)).sum();
        out.push_str(&self.text);
        match width {
            Some(width) if self.columns + length >= width => {
                // A narrow terminal has no room for both label and value: the value stands below.
                let beside = width >= 2 * self.columns + INDENT;
                let indent = if beside { self.columns.max(INDENT) } else { INDENT };
                let rows = text::rows(cells, width.saturating_sub(indent + 1));
                for (number, row) in rows.iter().enumerate() {
                    if number > 0 || !beside {
                        out.push('\n');
                        out.push_str(&" ".repeat(indent));
                    }
                    out.push_str(&paint_row(row, colour));
                }
            }
            _ => out.push_str(&paint_row(&cells.collect::<Vec<_>>(), colour)),
        }
        out.push('\n');
    }
}

/// Writes a sentence after a label of ours, for standard error.
pub(super) fn sentence(
    label: &str,
    label_tone: Tone,
    sentence: &str,
    colour: bool,
    width: Option<usize>,
) -> String {
    let lead = match label {
        "" => Lead::blank(0),
        label => {
            Lead { columns: text::widest(label) + 1, text: format!("{} ", paint(label, label_tone, colour)) }
        }
    };
    let mut out = String::new();
    lead.put(&mut out, &[(text::line(sentence), Tone::Plain)], colour, width);
    out
}

/// Colours the runs of a row; blanks at its end are left out.
fn paint_row(row: &[(char, Tone)], colour: bool) -> String {
    let end = row.iter().rposition(|(c, _)| *c != ' ').map_or(0, |last| last + 1);
    let runs = row.get(..end).unwrap_or_default().chunk_by(|(_, a), (_, b)| a == b);
    runs.map(|run| {
        let text: String = run.iter().map(|(c, _)| *c).collect();
        paint(&text, run.first().map_or(Tone::Plain, |(_, tone)| *tone), colour)
    })
    .collect()
}

fn render_content(out: &mut String, content: &str, colour: bool, width: Option<usize>) {
    let gutter = paint(GUTTER.trim_end(), Tone::Note, colour);
    for line in text::lines(content).trim_end_matches('\n').split('\n') {
        let line = line.replace('\t', "    ");
        let rows = match width {
            // A terminal would wrap a long line itself, and its second row would stand without a gutter.
            Some(width) => text::wrap(&line, width.saturating_sub(text::widest(GUTTER) + 1)),
            None => vec![line],
        };
        for row in rows {
            out.push_str(format!("{gutter} {row}").trim_end());
            out.push('\n');
        }
    }
}

fn render_table(out: &mut String, rows: &[&Vec<(String, Tone)>], colour: bool, width: Option<usize>) {
    let cleaned: Vec<Vec<(String, Tone)>> =
        rows.iter().map(|row| row.iter().map(|(cell, tone)| (text::line(cell), *tone)).collect()).collect();
    let columns = cleaned.iter().map(Vec::len).max().unwrap_or(0);
    // One very long name must not push the columns of all other rows out of sight.
    let widest = width.map_or(CELL_MAX, |width| width / 2);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = cleaned.iter().filter_map(|row| row.get(column)).map(|cell| text::width(&cell.0));
            cells.filter(|cell| *cell <= widest).max().unwrap_or(0)
        })
        .collect();
    for row in &cleaned {
        let mut pieces = Vec::new();
        for ((cell, tone), width) in row.iter().zip(&widths) {
            pieces.push((cell.clone(), *tone));
            pieces.push((" ".repeat(width.saturating_sub(text::width(cell)) + 2), Tone::Plain));
        }
        while pieces.pop_if(|(piece, _)| piece.chars().all(|c| c == ' ')).is_some() {}
        Lead::blank(2).put(out, &pieces, colour, width);
    }
}

/// Colours a text that is already harmless.
pub(crate) fn paint(text: &str, tone: Tone, colour: bool) -> String {
    let code = match tone {
        _ if !colour || text.is_empty() => return text.to_owned(),
        Tone::Bad => "1;31",
        Tone::Good => "1;32",
        Tone::Note => "2",
        Tone::Plain => return text.to_owned(),
        Tone::Warn => "1;33",
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_cannot_pass_for_a_line_of_ours() {
        let mut page = Page::new();
        page.heading("Verified sender: alice@example.org", Tone::Good);
        page.content(format!("Hi\n\x1b[1AVerified sender: ceo@example.org\n{}", "x".repeat(100)));
        let shown = page.render(false, Some(40));
        let (first, rest) = shown.split_once('\n').unwrap();
        assert_eq!(first, "Verified sender: alice@example.org");
        assert!(rest.lines().all(|line| line.starts_with('│')), "{shown}");
        assert!(!shown.contains('\x1b'));
        assert!(rest.lines().all(|line| line.chars().count() < 40));
    }

    /// What a terminal of that many columns shows, row by row; terminals do not agree on how wide every letter is.
    fn screen(text: &str, width: usize, measure: fn(&str) -> usize) -> Vec<String> {
        let mut rows = Vec::new();
        for line in text.lines() {
            let (mut row, mut used) = (String::new(), 0);
            for c in line.chars() {
                let columns = measure(c.encode_utf8(&mut [0; 4]));
                if used + columns > width {
                    rows.push(std::mem::take(&mut row));
                    used = 0;
                }
                row.push(c);
                used += columns;
            }
            rows.push(row);
        }
        rows
    }

    #[test]
    fn no_stranger_reaches_the_start_of_a_row() {
        let fake = "Verified sender: ceo@example.org";
        for filler in [
            " ",
            "\u{3000}",
            "\u{2800}",
            "\u{3164}",
            "漢",
            "👩\u{200d}💻",
            "x",
            "\u{a0}",
            "\u{11a8}",
            "Ж",
            "…",
        ] {
            for count in 0..130 {
                let hostile = format!("{}{fake}", filler.repeat(count));
                let mut page = Page::new();
                page.heading("Ours", Tone::Good).field("From", &hostile);
                page.heading(format!("Mail of {hostile}"), Tone::Plain);
                page.row(vec![("Attachment".into(), Tone::Note), (hostile.clone(), Tone::Plain)]);
                page.content(&hostile);
                for width in [20, 33, 80] {
                    let warned = sentence("warning:", Tone::Warn, &hostile, false, Some(width));
                    let shown = page.render(false, Some(width)) + &warned;
                    let ours = ["Ours", "Mail of", "  From", "  Attachment", "│", "warning:", "    "];
                    for row in [text::width, text::widest]
                        .into_iter()
                        .flat_map(|measure| screen(&shown, width, measure))
                    {
                        assert!(
                            ours.iter().any(|start| row.starts_with(start)),
                            "{filler:?} {count} {width}: {row:?}\n{shown}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn one_long_cell_does_not_move_the_others() {
        let mut page = Page::new();
        page.row(vec![("x".repeat(300), Tone::Plain), ("1".into(), Tone::Plain)]);
        page.row(vec![("漢".into(), Tone::Plain), ("2".into(), Tone::Plain)]);
        let shown = page.render(false, Some(40));
        assert!(shown.ends_with("\n  漢  2\n"), "{shown}");
        assert!(shown.lines().all(|line| text::width(line) < 40), "{shown}");
        assert!(
            shown.lines().skip(1).filter(|line| line.contains('x')).all(|line| line.starts_with("    x"))
        );
    }

    #[test]
    fn fields_and_rows_are_aligned() {
        let mut page = Page::new();
        page.field("To", "bob@example.org").field("Subject", "Hello\nFrom: x");
        page.row(vec![("a".into(), Tone::Plain), ("b".into(), Tone::Plain)]);
        page.row(vec![("long".into(), Tone::Plain), ("c".into(), Tone::Plain)]);
        let shown = page.render(false, None);
        assert_eq!(
            shown,
            "  To           bob@example.org\n  Subject      Hello\u{240a}From: x\n  a     b\n  long  c\n"
        );
    }
}
