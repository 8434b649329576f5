//! HTML as text: what shows, what does not, and what lies in between, so that nothing a reader could see is lost.
//!
//! The page is cut into tags and text by the rules of the HTML standard, as browsers do it; no style sheet is applied and
//! no script runs. Where a mail program could read something in another way than a browser (conditional comments, SVG,
//! `<noscript>`), it is read both ways. Linear in the length of the page.

mod style;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Error, Span, Tokenizer};

use crate::mime::decode_base64_lenient;

/// Elements that begin a new line and end one.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "legend",
    "li",
    "main",
    "menu",
    "nav",
    "ol",
    "optgroup",
    "option",
    "p",
    "plaintext",
    "pre",
    "section",
    "select",
    "summary",
    "table",
    "tbody",
    "text",
    "textarea",
    "tfoot",
    "thead",
    "tr",
    "tspan",
    "ul",
    "xmp",
];

/// Elements without an end.
const EMPTY: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];

/// Attributes that say how something looks or is found by a style sheet, not what it is.
const LOOKS: &[&str] = &[
    "align",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "charset",
    "class",
    "color",
    "colspan",
    "dir",
    "face",
    "height",
    "id",
    "lang",
    "rel",
    "role",
    "rowspan",
    "size",
    "target",
    "type",
    "valign",
    "width",
];

/// Attributes whose value is an address.
const ADDRESSES: &[&str] =
    &["action", "background", "cite", "data", "formaction", "href", "poster", "src", "xlink:href"];

/// How deep elements may be nested before nobody follows any more what is hidden.
const DEEPEST: usize = 512;

/// How often a page may lie in a comment or an attribute of a page.
const PAGES: u32 = 2;

/// How many steps are made between two looks at the clock of the caller.
const STEPS: u32 = 1024;

/// What is in a page.
#[derive(Clone, Default)]
pub struct Page {
    /// What shows: blocks and rows of tables are lines, cells are parted by tabs.
    pub shown: String,
    /// What is there and does not show: scripts, hidden elements, and what a browser leaves out.
    pub hidden: String,
    /// Comments.
    pub comments: String,
    /// Title, alternative texts, addresses of links and the values of all other attributes.
    pub words: String,
    /// Files in the page (`data:`).
    pub files: Vec<DataFile>,
    /// Whether it would run something.
    pub scripts: bool,
    /// Whether it ended before its end, because it was too long or the caller said so.
    pub cut: bool,
}

/// A file in an address (`data:`, RFC 2397).
#[derive(Clone)]
pub struct DataFile {
    /// `type/subtype` in lower case.
    pub media_type: String,
    /// What it holds.
    pub content: Vec<u8>,
}

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Page").field("shown", &self.shown.len()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for DataFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DataFile").field("length", &self.content.len()).finish_non_exhaustive()
    }
}

impl Page {
    /// Reads a page, up to `most` bytes of text in all. `go_on` is asked now and then.
    pub fn read(html: &str, most: usize, go_on: &mut dyn FnMut() -> bool) -> Self {
        Self::read_inside(html, most, 0, go_on)
    }

    fn read_inside(html: &str, most: usize, depth: u32, go_on: &mut dyn FnMut() -> bool) -> Self {
        // The standard reads every line ending as LF; done here, places in the text stay places in the page.
        let html = if html.contains('\r') {
            std::borrow::Cow::Owned(html.replace("\r\n", "\n").replace('\r', "\n"))
        } else {
            std::borrow::Cow::Borrowed(html)
        };
        let mut reader = Reader { depth, most, ..Reader::default() };
        let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, span: Span<usize>| {
            reader.take(&event, span);
            Some(reader.length() > most)
        });
        emitter.naively_switch_states(true);
        let mut cut = false;
        let mut steps = 0_u32;
        for full in Tokenizer::new_with_emitter(html.as_ref(), emitter) {
            steps = steps.wrapping_add(1);
            if matches!(full, Ok(true)) || (steps.is_multiple_of(STEPS) && !go_on()) {
                cut = true;
                break;
            }
        }
        if !cut {
            reader.finish(&html);
            reader.inside(go_on);
        }
        let mut page = reader.page;
        page.cut |= cut;
        page
    }

    fn length(&self) -> usize {
        let files: usize = self.files.iter().map(|file| file.content.len()).sum();
        self.shown.len() + self.hidden.len() + self.comments.len() + self.words.len() + files
    }
}

/// What the text between two tags of an element stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Raw {
    /// Not for readers, but a page of its own for a program that does not know the element.
    Hidden,
    /// A page that shows where no script runs.
    Page,
    Script,
    /// Shows as it stands.
    Shown,
    Style,
    Title,
}

/// A page that is being read.
#[derive(Debug, Default)]
struct Reader {
    page: Page,
    depth: u32,
    most: usize,
    /// Open elements, and whether each hides what is in it.
    open: Vec<(String, bool)>,
    /// How many of each name are open, so that an end tag without a start costs no search.
    names: BTreeMap<String, usize>,
    hiding: usize,
    preformatted: usize,
    raw: Option<Raw>,
    /// The tag whose attributes come now.
    tag: String,
    tag_hides: bool,
    attribute: Option<String>,
    /// For each open row: how many cells it has, and where its text begins.
    rows: Vec<(u32, usize)>,
    /// Texts that may be pages: read when this one is at its end.
    pages: Vec<(String, bool)>,
    /// Up to where the page has been taken.
    taken: usize,
    broken: bool,
    /// Where document types are declared.
    declarations: Vec<Span<usize>>,
    /// Bytes in files and pages.
    kept: usize,
}

impl Reader {
    fn length(&self) -> usize {
        self.page.shown.len()
            + self.page.hidden.len()
            + self.page.comments.len()
            + self.page.words.len()
            + self.kept
    }

    fn take(&mut self, event: &CallbackEvent<'_>, span: Span<usize>) {
        match event {
            CallbackEvent::OpenStartTag { name } => self.begin(lossy(name)),
            CallbackEvent::AttributeName { name } => {
                self.end_attribute(None);
                self.attribute = Some(lossy(name));
            }
            CallbackEvent::AttributeValue { value } => self.end_attribute(Some(&lossy(value))),
            CallbackEvent::CloseStartTag { self_closing } => {
                self.end_attribute(None);
                self.opened(*self_closing);
                self.taken = span.end;
            }
            CallbackEvent::EndTag { name } => {
                self.end_attribute(None);
                self.close(&lossy(name));
                self.taken = span.end;
            }
            CallbackEvent::String { value } => {
                // Browsers leave NUL out, so what stands around it is one word.
                let text = lossy(value).replace('\0', "");
                self.characters(&text);
                self.taken = span.end;
            }
            CallbackEvent::Comment { value } => {
                let comment = lossy(value);
                self.page.comments.push_str(comment.trim());
                self.page.comments.push('\n');
                // Outlook shows what stands in its conditional comments.
                self.may_be_page(comment, true);
                self.taken = span.end;
            }
            CallbackEvent::Doctype { .. } => {
                self.kept += span.end.saturating_sub(span.start);
                self.declarations.push(span);
                self.taken = span.end;
            }
            CallbackEvent::Error(Error::EofInTag) => self.broken = true,
            CallbackEvent::Error(_) => {}
        }
    }

    /// Takes what stands after the last complete tag or text, and was swallowed by a tag that never ends.
    fn finish(&mut self, html: &str) {
        for span in std::mem::take(&mut self.declarations) {
            // The standard drops what it does not understand in a declaration.
            self.word(html.get(span.start..span.end).unwrap_or_default());
        }
        if self.broken {
            let rest = html.get(html.floor_char_boundary(self.taken)..).unwrap_or_default();
            self.page.hidden.push_str(rest);
            self.page.hidden.push('\n');
            // Without its beginning it is no tag any more, and the tags in it are some again. Once: all of it was kept above.
            if self.depth == 0 {
                let inside = rest.trim_start_matches(['<', '/', '>']);
                self.may_be_page(inside.to_owned(), true);
            }
        }
    }

    /// Reads pages that lie in this one.
    fn inside(&mut self, go_on: &mut dyn FnMut() -> bool) {
        for (text, hidden) in std::mem::take(&mut self.pages) {
            let left = self.most.saturating_sub(self.page.length());
            let page = Page::read_inside(&text, left, self.depth + 1, go_on);
            let (shown, unseen) = if hidden {
                (String::new(), [page.shown, page.hidden].join("\n"))
            } else {
                (page.shown, page.hidden)
            };
            for (out, more) in [
                (&mut self.page.shown, shown),
                (&mut self.page.hidden, unseen),
                (&mut self.page.comments, page.comments),
                (&mut self.page.words, page.words),
            ] {
                if !more.is_empty() {
                    new_line(out);
                    out.push_str(&more);
                }
            }
            self.page.files.extend(page.files);
            self.page.scripts |= page.scripts;
            self.page.cut |= page.cut;
        }
    }

    fn may_be_page(&mut self, text: String, hidden: bool) {
        // A number and a tag have more than this.
        let page = text.len() > 12 && text.contains('<');
        if self.depth < PAGES && (!hidden || page) {
            self.kept += text.len();
            self.pages.push((text, hidden));
        }
    }

    fn begin(&mut self, name: String) {
        if is_odd(&name) {
            self.word(&name);
        }
        self.tag_hides = matches!(name.as_str(), "template" | "desc" | "metadata");
        self.attribute = None;
        self.tag = name;
    }

    /// Notes the words in an attribute, and whether it hides the element.
    fn end_attribute(&mut self, value: Option<&str>) {
        let Some(name) = self.attribute.take() else { return };
        self.page.scripts |= name.starts_with("on");
        self.tag_hides |= name == "hidden";
        let Some(value) = value.filter(|value| !value.trim().is_empty()) else {
            // A number can stand in the place of names, too.
            self.word(&name);
            return;
        };
        if is_odd(&name) {
            self.word(&name);
        }
        if name == "style" {
            self.tag_hides |= style::hides(value);
            for word in style::words(value, style::Where::Attribute) {
                self.address_or_word("style", &word);
            }
            return;
        }
        self.tag_hides |= name == "type" && value.trim().eq_ignore_ascii_case("hidden");
        if !LOOKS.contains(&name.as_str()) || value.len() > 256 || has_number(value) {
            self.address_or_word(&name, value);
        }
    }

    fn address_or_word(&mut self, name: &str, value: &str) {
        // Browsers leave out line ends and tabs in addresses.
        let mut compact = value.trim_matches(|c: char| c <= ' ');
        let owned: String;
        if compact.contains(['\n', '\t']) {
            owned = compact.replace(['\n', '\t'], "");
            compact = &owned;
        }
        let scheme: String = compact.chars().take(11).collect::<String>().to_ascii_lowercase();
        self.page.scripts |= scheme.starts_with("javascript:") || scheme.starts_with("vbscript:");
        if scheme.starts_with("data:")
            && let Some(file) = data_file(compact)
        {
            self.kept += file.content.len();
            self.page.files.push(file);
            return;
        }
        if ADDRESSES.contains(&name) && compact.contains('%') {
            self.word(&String::from_utf8_lossy(&percent_decoded(compact)));
        } else {
            self.word(value);
        }
        self.may_be_page(value.to_owned(), true);
    }

    fn word(&mut self, word: &str) {
        let word = word.trim();
        if word.is_empty() {
            return;
        }
        // The same font at every word is said once.
        let before = self.page.words.strip_suffix('\n').and_then(|words| words.strip_suffix(word));
        if before.is_none_or(|before| !before.is_empty() && !before.ends_with('\n')) {
            self.page.words.push_str(word);
            self.page.words.push('\n');
        }
    }

    /// Takes the end of a tag that opens an element.
    fn opened(&mut self, self_closing: bool) {
        let name = std::mem::take(&mut self.tag);
        match name.as_str() {
            "tr" => {
                self.line();
                self.rows.push((0, self.page.shown.len()));
            }
            "td" | "th" => self.cell(),
            "table" if self.rows.len() >= DEEPEST => self.rows.clear(),
            _ => {}
        }
        if BLOCKS.contains(&name.as_str()) {
            self.line();
        }
        self.raw = match name.as_str() {
            "script" => Some(Raw::Script),
            "style" => Some(Raw::Style),
            "title" => Some(Raw::Title),
            "textarea" | "xmp" | "plaintext" => Some(Raw::Shown),
            "noscript" => Some(Raw::Page),
            "iframe" | "noembed" | "noframe" => Some(Raw::Hidden),
            _ => None,
        };
        self.page.scripts |= self.raw == Some(Raw::Script);
        let hides = std::mem::take(&mut self.tag_hides);
        if !self_closing && !EMPTY.contains(&name.as_str()) && self.open.len() < DEEPEST {
            self.hiding += usize::from(hides);
            self.preformatted += usize::from(name == "pre");
            *self.names.entry(name.clone()).or_default() += 1;
            self.open.push((name, hides));
        }
    }

    fn close(&mut self, name: &str) {
        self.raw = None;
        if is_odd(name) {
            self.word(name);
        }
        if self.names.contains_key(name) {
            while let Some((closed, hides)) = self.open.pop() {
                self.hiding -= usize::from(hides);
                self.preformatted -= usize::from(closed == "pre");
                self.forget(&closed);
                if closed == name {
                    break;
                }
            }
        }
        if name == "tr" {
            self.rows.pop();
        }
        if BLOCKS.contains(&name) {
            self.line();
        }
    }

    /// Counts one element of this name less.
    fn forget(&mut self, name: &str) {
        if let Some(count) = self.names.get_mut(name) {
            *count -= 1;
            if *count == 0 {
                self.names.remove(name);
            }
        }
    }

    /// Begins the next cell of a row: what its last cell ended with is no end of the row.
    fn cell(&mut self) {
        let hidden = self.hiding > 0;
        let Some((cells, start)) = self.rows.last_mut() else {
            if !self.out().is_empty() && !self.out().ends_with('\n') {
                self.out().push('\t');
            }
            return;
        };
        *cells += 1;
        if *cells > 1 {
            let start = if hidden { usize::MAX } else { *start };
            let out = self.out();
            while out.len() > start && out.ends_with(['\n', ' ']) {
                out.pop();
            }
            out.push('\t');
        }
    }

    fn line(&mut self) {
        let out = self.out();
        if out.ends_with(' ') {
            out.pop();
        }
        if !out.is_empty() && !out.ends_with(['\n', '\t']) {
            out.push('\n');
        }
    }

    fn out(&mut self) -> &mut String {
        if self.hiding > 0 { &mut self.page.hidden } else { &mut self.page.shown }
    }

    fn characters(&mut self, text: &str) {
        match self.raw {
            None => self.text(text),
            Some(Raw::Script) => {
                self.page.hidden.push_str(text.trim());
                self.page.hidden.push('\n');
                self.may_be_page(text.to_owned(), true);
            }
            Some(Raw::Style) => {
                for word in style::words(text, style::Where::Sheet) {
                    self.address_or_word("style", &word);
                }
                // In a drawing a style is an element like any other.
                let sheet = style::without_marks(text);
                self.may_be_page(sheet.to_owned(), true);
            }
            Some(Raw::Title) => {
                self.word(text);
                self.may_be_page(text.to_owned(), true);
            }
            Some(Raw::Page) => self.may_be_page(text.to_owned(), self.hiding > 0),
            Some(Raw::Hidden) => {
                new_line(&mut self.page.hidden);
                self.page.hidden.push_str(text);
                self.may_be_page(text.to_owned(), true);
            }
            Some(Raw::Shown) => {
                self.out().push_str(text);
                self.may_be_page(text.to_owned(), true);
            }
        }
    }

    /// Adds text with its white space made single, as a browser shows it.
    fn text(&mut self, text: &str) {
        let preformatted = self.preformatted > 0;
        let out = self.out();
        if preformatted {
            out.push_str(text);
            return;
        }
        let mut gap = text.starts_with(|c: char| c.is_ascii_whitespace());
        for word in text.split_ascii_whitespace() {
            if gap && !out.is_empty() && !out.ends_with(['\n', '\t', ' ']) {
                out.push(' ');
            }
            out.push_str(word);
            gap = true;
        }
        if text.ends_with(|c: char| c.is_ascii_whitespace())
            && !out.is_empty()
            && !out.ends_with(['\n', '\t', ' '])
        {
            out.push(' ');
        }
    }
}

fn new_line(out: &mut String) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A name of an element or an attribute that holds something rather than naming it.
fn is_odd(name: &str) -> bool {
    name.len() > 30 || name.bytes().filter(u8::is_ascii_digit).count() > 2
}

fn has_number(text: &str) -> bool {
    text.bytes().filter(u8::is_ascii_digit).count() >= 6
}

/// Reads `data:type;base64,content` (RFC 2397).
fn data_file(address: &str) -> Option<DataFile> {
    let (head, content) = address.get(5..)?.split_once(',')?;
    let mut parameters = head.split(';').map(|part| part.trim().to_ascii_lowercase());
    let media_type = parameters.next().filter(|kind| kind.contains('/'));
    let content = percent_decoded(content);
    let content =
        if parameters.any(|part| part == "base64") { decode_base64_lenient(&content) } else { content };
    Some(DataFile { media_type: media_type.unwrap_or_else(|| "text/plain".to_owned()), content })
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        let digits = after.first_chunk::<2>().and_then(|pair| std::str::from_utf8(pair).ok());
        match digits.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(value) if *byte == b'%' => {
                out.push(value);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => out.push(*byte),
        }
    }
    out
}
