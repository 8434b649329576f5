//! HTML and SVG, without a browser: no style sheet is applied and no script runs.

use zegel_core::material::{Mark, Spot, UnreadReason, Visibility};

use crate::charset;
use crate::reading::{Doc, Fault};

/// Elements that begin a new line.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "br",
    "caption",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "option",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "text",
    "tfoot",
    "thead",
    "title",
    "tr",
    "tspan",
    "ul",
];

/// Elements without an end.
const EMPTY: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];

/// Attributes with words or addresses in them.
const WORDS: &[&str] = &["alt", "aria-label", "content", "href", "placeholder", "src", "title", "value"];

/// How deep elements may be nested before nobody follows what is hidden any more.
const DEEPEST: usize = 512;

/// Reads a page.
pub(crate) fn read(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    let text = charset::decode(data, declared(data).as_deref());
    decoded(doc, &text)
}

/// Reads a drawing: its words are read, its pictures are not.
pub(crate) fn picture(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    read(doc, data)?;
    doc.unread(UnreadReason::ImageOnly)
}

/// Reads a page whose charset is known.
pub(crate) fn decoded(doc: &mut Doc<'_, '_>, html: &str) -> Result<(), Fault> {
    let mut page = Page::default();
    let outcome = page.take(doc, html);
    if page.scripts {
        doc.mark(Mark::Macros);
    }
    doc.shown(Spot::Text, &page.shown)?;
    doc.hidden(Spot::Text, &page.hidden)?;
    doc.hidden(Spot::Comments, &page.comments)?;
    doc.hidden(Spot::Metadata, &page.words)?;
    if page.entities {
        return Err(Fault::Limit);
    }
    outcome
}

/// Finds the charset in the first kilobyte, where browsers look.
fn declared(data: &[u8]) -> Option<String> {
    let head: String = data.iter().take(1024).map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    let (_, rest) = head.split_once("charset=").or_else(|| head.split_once("encoding="))?;
    let label: String = rest
        .trim_start_matches(['"', '\''])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .collect();
    Some(label)
}

#[derive(Debug, Default)]
struct Page {
    shown: String,
    hidden: String,
    comments: String,
    words: String,
    /// Open elements, and which of them hide what is in them.
    open: Vec<(String, Visibility)>,
    scripts: bool,
    entities: bool,
}

impl Page {
    fn take(&mut self, doc: &Doc<'_, '_>, html: &str) -> Result<(), Fault> {
        let mut rest = html;
        while let Some(start) = rest.find('<') {
            doc.tick()?;
            let (text, tag) = rest.split_at(start);
            self.text(text);
            rest = self.tag(doc, tag)?;
        }
        self.text(rest);
        Ok(())
    }

    /// Takes what begins with `<`, and returns what follows it.
    fn tag<'h>(&mut self, doc: &Doc<'_, '_>, html: &'h str) -> Result<&'h str, Fault> {
        if let Some(comment) = html.strip_prefix("<!--") {
            let (comment, rest) = comment.split_once("-->").unwrap_or((comment, ""));
            self.comments.push_str(comment.trim());
            self.comments.push('\n');
            return Ok(rest);
        }
        let after = html.strip_prefix('<').unwrap_or(html);
        if let Some(data) = after.strip_prefix("![CDATA[") {
            let (data, rest) = data.split_once("]]>").unwrap_or((data, ""));
            self.raw(data);
            return Ok(rest);
        }
        if !after.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')) {
            self.raw("<");
            return Ok(after);
        }
        let (inside, rest) = split_tag(after);
        if after.starts_with(['!', '?']) {
            self.entities |= inside.contains("<!ENTITY");
            return Ok(rest);
        }
        if let Some(name) = inside.strip_prefix('/') {
            self.close(&name_of(name));
            return Ok(rest);
        }
        let name = name_of(inside);
        let visibility = self.attributes(doc, inside.get(name.len()..).unwrap_or_default())?;
        if BLOCKS.contains(&name.as_str()) {
            self.line();
        } else if matches!(name.as_str(), "td" | "th") && !self.out().ends_with('\n') {
            self.raw("\t");
        }
        // What is in these is not HTML, up to their end.
        if matches!(name.as_str(), "script" | "style" | "textarea" | "xmp" | "noscript")
            && !inside.ends_with('/')
        {
            return Ok(self.opaque(&name, rest));
        }
        let hidden =
            visibility == Visibility::Hidden || matches!(name.as_str(), "template" | "desc" | "metadata");
        if !inside.ends_with('/') && !EMPTY.contains(&name.as_str()) && self.open.len() < DEEPEST {
            self.open.push((name, if hidden { Visibility::Hidden } else { Visibility::Shown }));
        }
        Ok(rest)
    }

    /// Takes a script, a style sheet or the like as text.
    fn opaque<'h>(&mut self, name: &str, rest: &'h str) -> &'h str {
        let end = find_end(rest, name);
        let (content, rest) = rest.split_at(end);
        match name {
            "script" => {
                self.scripts = true;
                self.hidden.push_str(content.trim());
                self.hidden.push('\n');
            }
            "style" => {}
            _ => {
                self.text(content);
                self.line();
            }
        }
        rest
    }

    /// Notes words in attributes and says whether the element hides what is in it.
    fn attributes(&mut self, doc: &Doc<'_, '_>, text: &str) -> Result<Visibility, Fault> {
        let mut visibility = Visibility::Shown;
        let mut rest = text;
        while let Some((name, value, after)) = attribute(rest) {
            doc.tick()?;
            rest = after;
            let name = name.to_ascii_lowercase();
            let plain = unescape(value);
            let compact: String = plain.to_ascii_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
            if name == "hidden"
                || (name == "style"
                    && ["display:none", "visibility:hidden", "font-size:0;", "opacity:0;"]
                        .iter()
                        .any(|hide| format!("{compact};").contains(hide)))
                || (name == "type" && compact == "hidden")
            {
                visibility = Visibility::Hidden;
            }
            self.scripts |= name.starts_with("on") || compact.starts_with("javascript:");
            if WORDS.contains(&name.as_str()) && !plain.trim().is_empty() {
                // A picture inside the page is nothing to read.
                self.words.extend(plain.chars().take(4096));
                self.words.push('\n');
            }
        }
        Ok(visibility)
    }

    fn close(&mut self, name: &str) {
        if let Some(place) = self.open.iter().rposition(|(open, _)| open == name) {
            self.open.truncate(place);
        }
        if BLOCKS.contains(&name) {
            self.line();
        }
    }

    fn line(&mut self) {
        let out = self.out();
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
    }

    fn out(&mut self) -> &mut String {
        if self.open.iter().any(|(_, visibility)| *visibility == Visibility::Hidden) {
            &mut self.hidden
        } else {
            &mut self.shown
        }
    }

    fn raw(&mut self, text: &str) {
        self.out().push_str(text);
    }

    /// Adds text with its white space made single, as a browser shows it.
    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let pre = self.open.iter().any(|(name, _)| name == "pre");
        let plain = unescape(text);
        let out = self.out();
        if pre {
            out.push_str(&plain);
            return;
        }
        let mut gap = plain.starts_with(|c: char| c.is_whitespace());
        for word in plain.split_ascii_whitespace() {
            if gap && !out.is_empty() && !out.ends_with(['\n', '\t', ' ']) {
                out.push(' ');
            }
            out.push_str(word);
            gap = true;
        }
        if plain.ends_with(|c: char| c.is_whitespace())
            && !out.is_empty()
            && !out.ends_with(['\n', '\t', ' '])
        {
            out.push(' ');
        }
    }
}

/// Splits at the `>` that ends a tag: not one inside quotes.
fn split_tag(html: &str) -> (&str, &str) {
    let mut quote = None;
    for (place, c) in html.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '>') => {
                return (html.get(..place).unwrap_or_default(), html.get(place + 1..).unwrap_or_default());
            }
            _ => {}
        }
    }
    // A quote that never ends: take the first `>`, as browsers recover, so that nothing is swallowed.
    html.split_once('>').unwrap_or((html, ""))
}

fn name_of(tag: &str) -> String {
    tag.chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | ':'))
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// Returns the next attribute: its name, its value and what follows.
fn attribute(text: &str) -> Option<(&str, &str, &str)> {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
    if text.is_empty() {
        return None;
    }
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '=' | '/')).unwrap_or(text.len());
    let (name, rest) = text.split_at(end.max(text.chars().next().map_or(1, char::len_utf8)));
    let trimmed = rest.trim_start();
    let Some(value) = trimmed.strip_prefix('=') else { return Some((name, "", rest)) };
    let value = value.trim_start();
    for quote in ['"', '\''] {
        if let Some(quoted) = value.strip_prefix(quote) {
            let (value, rest) = quoted.split_once(quote).unwrap_or((quoted, ""));
            return Some((name, value, rest));
        }
    }
    let end = value.find(|c: char| c.is_whitespace()).unwrap_or(value.len());
    let (value, rest) = value.split_at(end);
    Some((name, value, rest))
}

/// Finds `</name`, in any case.
fn find_end(html: &str, name: &str) -> usize {
    let mut from = 0;
    while let Some(place) = html.get(from..).and_then(|rest| rest.find("</")) {
        let at = from + place;
        let found = html.get(at + 2..).and_then(|rest| rest.get(..name.len()));
        if found.is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            return at;
        }
        from = at + 2;
    }
    html.len()
}

/// Resolves references to characters; what is none stays as it is.
pub(crate) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        let (before, reference) = rest.split_at(start);
        out.push_str(before);
        let body = reference.strip_prefix('&').unwrap_or_default();
        let end = body.find(|c: char| !c.is_ascii_alphanumeric() && c != '#').unwrap_or(body.len());
        let (name, after) = body.split_at(end);
        match resolve(name) {
            Some(character) if name.len() <= 32 => {
                out.push_str(&character);
                rest = after.strip_prefix(';').unwrap_or(after);
            }
            _ => {
                out.push('&');
                rest = body;
            }
        }
    }
    out.push_str(rest);
    out
}

fn resolve(name: &str) -> Option<String> {
    let Some(number) = name.strip_prefix('#') else {
        return quick_xml::escape::resolve_html5_entity(name).map(str::to_owned);
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code).map(String::from)
}
