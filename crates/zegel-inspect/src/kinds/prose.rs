//! The text of WordprocessingML and DrawingML parts: letters, slides, drawings, comments.

use super::markup::{self, Element, Node};
use super::number;
use crate::reading::{Doc, Fault};

/// Elements that stand in the middle of a text and show somewhere else.
const ASIDE: &[&str] = &["endnote", "footnote", "txbxContent"];

/// What is in one part.
#[derive(Debug, Default)]
pub(crate) struct Prose {
    /// What shows.
    pub(crate) shown: String,
    /// Text that is there and does not show: hidden text, codes of fields.
    pub(crate) hidden: String,
    /// What a tracked change took away.
    pub(crate) deleted: String,
    /// Alternative texts, names of authors, values of properties.
    pub(crate) words: String,
    /// Whether this is a slide that is not shown.
    pub(crate) hidden_slide: bool,
    /// Whether a form or a field runs something.
    pub(crate) macros: bool,
}

/// Where in a part we are.
#[derive(Debug, Default)]
struct State {
    /// Inside an element whose characters count.
    text: Option<Kind>,
    /// How many table cells are open.
    cells: u32,
    /// How many moved or deleted ranges are open.
    deleted: u32,
    /// Whether the properties of the present run hide it.
    vanished: bool,
    /// Texts around the one that is being read: what stands in a box or a note must not part what stands around it.
    around: Vec<String>,
    /// What stands in boxes and notes.
    aside: String,
    /// For each open annotation of Word 2003, whether it is a comment.
    annotations: Vec<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Deleted,
    Plain,
}

impl Prose {
    /// Reads one part. What was read before a fault is kept.
    pub(crate) fn take(&mut self, doc: &mut Doc<'_, '_>, xml: &[u8]) -> Result<(), Fault> {
        let mut state = State::default();
        let outcome = markup::walk(doc, xml, &mut |_, node| {
            match node {
                Node::Open(element) => self.open(&mut state, element),
                Node::Close(name) => self.close(&mut state, name),
                Node::Text(text) => self.text(&state, text),
            }
            Ok(())
        });
        while !state.around.is_empty() {
            self.end_aside(&mut state);
        }
        self.shown.push_str(&state.aside);
        outcome
    }

    fn open(&mut self, state: &mut State, element: &Element<'_>) {
        match element.name() {
            "t" | "text" => state.text = Some(Kind::Plain),
            "delText" => state.text = Some(Kind::Deleted),
            "instrText" | "delInstrText" => state.text = Some(Kind::Code),
            "tab" | "ptab" => self.out(state).push('\t'),
            "br" | "cr" => self.out(state).push('\n'),
            "noBreakHyphen" => self.out(state).push('-'),
            "moveFrom" | "del" => state.deleted += 1,
            name if ASIDE.contains(&name) => self.begin_aside(state),
            "annotation" => {
                // Word 2003 writes comments where they stand.
                let comment = element.attribute("type").is_some_and(|kind| kind.ends_with("Comment"));
                state.annotations.push(comment);
                if comment {
                    self.word(element.attribute("author"));
                    self.begin_aside(state);
                }
            }
            "tc" => state.cells += 1,
            "r" => state.vanished = false,
            "vanish" | "webHidden" => {
                let value = element.attribute("val");
                state.vanished = !matches!(value.as_deref(), Some("0" | "false" | "off"));
            }
            "sld" => {
                self.hidden_slide = matches!(element.attribute("show").as_deref(), Some("0" | "false"));
            }
            "docPr" | "cNvPr" => {
                for name in ["descr", "title"] {
                    self.word(element.attribute(name));
                }
                self.macros |= element.attribute("macro").is_some_and(|name| !name.is_empty());
            }
            // Choices, hints and first values of fields of forms show, too.
            "docVar" | "tag" | "alias" | "default" | "helpText" | "listEntry" | "statusText" => {
                self.word(element.attribute("val"));
            }
            "listItem" => {
                for name in ["displayText", "value"] {
                    self.word(element.attribute(name));
                }
            }
            // Labels of lists; most are only a number and a point.
            "lvlText" => self.word(element.attribute("val").filter(|label| has_words(label))),
            // Letters drawn as a shape: watermarks.
            "textpath" => self.word(element.attribute("string")),
            "sym" => {
                if let Some(letter) = symbol(element) {
                    self.out(state).push(letter);
                }
            }
            "hyperlink" | "hlinkClick" => self.word(element.attribute("tooltip")),
            "numFmt" => self.word(element.attribute("formatCode").and_then(|code| number::letters(&code))),
            "cmAuthor" | "author" => self.word(element.attribute("name")),
            "comment" => {
                self.word(element.attribute("author"));
            }
            "fldSimple" => self.word(element.attribute("instr")),
            _ => {}
        }
    }

    fn close(&mut self, state: &mut State, name: &str) {
        match name {
            "t" | "text" | "delText" | "instrText" | "delInstrText" => {
                if state.text == Some(Kind::Code) {
                    self.hidden.push('\n');
                }
                state.text = None;
            }
            "r" => state.vanished = false,
            name if ASIDE.contains(&name) => self.end_aside(state),
            "annotation" if state.annotations.pop() == Some(true) => self.end_aside(state),
            "moveFrom" | "del" => state.deleted = state.deleted.saturating_sub(1),
            // Inside a cell a new paragraph must not break the row.
            "p" if state.cells > 0 => self.end_all(' '),
            "p" | "si" | "comment" => self.end_all('\n'),
            "tc" => {
                state.cells = state.cells.saturating_sub(1);
                while self.shown.ends_with(' ') {
                    self.shown.pop();
                }
                self.shown.push('\t');
            }
            "tr" => {
                while self.shown.ends_with('\t') {
                    self.shown.pop();
                }
                self.shown.push('\n');
            }
            _ => {}
        }
    }

    fn begin_aside(&mut self, state: &mut State) {
        state.around.push(std::mem::take(&mut self.shown));
        state.text = None;
    }

    fn end_aside(&mut self, state: &mut State) {
        if let Some(around) = state.around.pop() {
            let aside = std::mem::replace(&mut self.shown, around);
            state.aside.push_str(&aside);
            if !aside.is_empty() && !aside.ends_with('\n') {
                state.aside.push('\n');
            }
        }
    }

    fn text(&mut self, state: &State, text: &str) {
        match state.text {
            Some(Kind::Plain) => self.out(state).push_str(text),
            Some(Kind::Deleted) => self.deleted.push_str(text),
            Some(Kind::Code) => {
                self.macros |= ["DDE", "MACROBUTTON"].iter().any(|code| text.contains(code));
                self.hidden.push_str(text);
            }
            None => {}
        }
    }

    fn out(&mut self, state: &State) -> &mut String {
        if state.deleted > 0 {
            &mut self.deleted
        } else if state.vanished {
            &mut self.hidden
        } else {
            &mut self.shown
        }
    }

    fn end_all(&mut self, end: char) {
        self.shown.push(end);
        for other in [&mut self.hidden, &mut self.deleted] {
            if !other.is_empty() && !other.ends_with('\n') {
                other.push('\n');
            }
        }
    }

    /// Adds a text that stands in an attribute.
    fn word(&mut self, word: Option<String>) {
        if let Some(word) = word.filter(|word| !word.trim().is_empty()) {
            self.words.push_str(&word);
            self.words.push('\n');
        }
    }
}

/// Returns whether the label of a list holds more than numbers and signs; `%1` stands for a number.
fn has_words(label: &str) -> bool {
    let mut letters = 0;
    let mut before = ' ';
    for c in label.chars() {
        letters += u32::from(c.is_alphanumeric() && before != '%');
        before = c;
    }
    letters > 2
}

/// Returns the letter that a symbol shows; those of fonts of pictures show none.
fn symbol(element: &Element<'_>) -> Option<char> {
    let font = element.attribute("font").unwrap_or_default().to_ascii_lowercase();
    if font.starts_with("wingdings") || font.starts_with("webdings") {
        return None;
    }
    let code = u32::from_str_radix(&element.attribute("char")?, 16).ok()?;
    // Word keeps symbols in the private area.
    let code = if (0xf000..0xf100).contains(&code) { code - 0xf000 } else { code };
    char::from_u32(code).filter(|letter| !letter.is_control())
}
