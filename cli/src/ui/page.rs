//! Pages: what people read, as short aligned lines.

use crate::text;

/// Label column: wide enough for our labels, the same on every page, so that the eye finds things.
const LABEL: usize = 12;
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

    /// Renders the page; content is wrapped to `width` when there is one.
    pub(crate) fn render(&self, colour: bool, width: Option<usize>) -> String {
        let mut out = String::new();
        let mut rest = self.items.as_slice();
        while let Some((item, after)) = rest.split_first() {
            rest = after;
            match item {
                Item::Blank => out.push('\n'),
                Item::Content(content) => render_content(&mut out, content, colour, width),
                Item::Field(label, value, tone) => {
                    let value = paint(&text::line(value), *tone, colour);
                    let label = paint(&format!("{label:<LABEL$}"), Tone::Note, colour);
                    out.push_str(&format!("  {label} {value}\n"));
                }
                Item::Heading(heading, tone) => {
                    out.push_str(&format!("{}\n", paint(&text::line(heading), *tone, colour)));
                }
                Item::Line(line, tone) => {
                    out.push_str(&format!("  {}\n", paint(&text::line(line), *tone, colour)))
                }
                Item::Row(first) => {
                    let mut rows = vec![first];
                    while let Some((Item::Row(row), after)) = rest.split_first() {
                        rows.push(row);
                        rest = after;
                    }
                    render_table(&mut out, &rows, colour);
                }
            }
        }
        out
    }
}

fn render_content(out: &mut String, content: &str, colour: bool, width: Option<usize>) {
    let gutter = paint(GUTTER.trim_end(), Tone::Note, colour);
    for line in text::lines(content).trim_end_matches('\n').split('\n') {
        let line = line.replace('\t', "    ");
        let rows = match width {
            // A terminal would wrap a long line itself, and its second row would stand without a gutter.
            Some(width) => text::wrap(&line, width.saturating_sub(GUTTER.chars().count() + 1)),
            None => vec![line],
        };
        for row in rows {
            out.push_str(format!("{gutter} {row}").trim_end());
            out.push('\n');
        }
    }
}

fn render_table(out: &mut String, rows: &[&Vec<(String, Tone)>], colour: bool) {
    let cleaned: Vec<Vec<(String, Tone)>> =
        rows.iter().map(|row| row.iter().map(|(cell, tone)| (text::line(cell), *tone)).collect()).collect();
    let columns = cleaned.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            cleaned.iter().filter_map(|row| row.get(column)).map(|c| c.0.chars().count()).max().unwrap_or(0)
        })
        .collect();
    for row in &cleaned {
        let mut line = String::new();
        for ((cell, tone), width) in row.iter().zip(&widths) {
            let padding = " ".repeat(width.saturating_sub(cell.chars().count()) + 2);
            line.push_str(&paint(cell, *tone, colour));
            line.push_str(&padding);
        }
        out.push_str(&format!("  {}\n", line.trim_end()));
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
