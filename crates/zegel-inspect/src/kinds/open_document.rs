//! OpenDocument (ISO/IEC 26300): odt, ods, odp, and the same in one XML file.

use std::collections::BTreeSet;

use zegel_core::material::{FileKind, Mark, Spot, UnreadReason, Visibility};

use super::harmless;
use super::markup::{self, Element, Node};
use super::table::{Cell, Table};
use super::zip::Package;
use crate::magic::{self, Kind};
use crate::reading::{Complete, Doc, Fault};

/// The most columns and rows a sheet can have.
const COLUMNS: u32 = 16_384;
const ROWS: u32 = 1_048_576;

/// Names of styles that hide what has them, with their family in front.
#[derive(Debug, Default)]
pub(crate) struct Styles {
    hiding: BTreeSet<String>,
}

/// Returns the kind that a media type names; `None` when it is not one of OpenDocument.
pub(crate) fn kind(media_type: &str) -> Option<FileKind> {
    let kind = media_type.strip_prefix("application/vnd.oasis.opendocument.")?;
    Some(match kind {
        _ if kind.starts_with("spreadsheet") => FileKind::Spreadsheet,
        _ if kind.starts_with("presentation") => FileKind::Presentation,
        _ => FileKind::Document,
    })
}

/// Reads every part.
pub(crate) fn read(doc: &mut Doc<'_, '_>, package: &mut Package<'_>) -> Result<(), Fault> {
    if let Some(manifest) = package.part(doc, "META-INF/manifest.xml")? {
        let mut sealed = false;
        markup::walk(doc, &manifest, &mut |_, node| {
            sealed |= matches!(node, Node::Open(element) if element.name() == "encryption-data");
            Ok(())
        })?;
        if sealed {
            return Err(Fault::Encrypted);
        }
    }
    let mut styles = Styles::default();
    let mut shown = false;
    // Styles first: they say what the content hides. Their headers and footers are text too.
    if let Some(xml) = package.part(doc, "styles.xml")? {
        shown |= part(doc, &xml, &mut styles, Part::Styles)?;
    }
    if let Some(xml) = package.part(doc, "content.xml")? {
        shown |= part(doc, &xml, &mut styles, Part::Content)?;
    }
    let parts: Vec<(usize, String)> = package.names().iter().cloned().enumerate().collect();
    for (number, name) in parts {
        doc.tick()?;
        let file = name.rsplit_once('/').map_or(name.as_str(), |(_, file)| file);
        if ["mimetype", "content.xml", "styles.xml", "META-INF/manifest.xml"].contains(&name.as_str()) {
            continue;
        }
        let (content, complete) = package.entry(doc, number)?;
        if content.is_empty() && complete == Complete::All {
            continue;
        }
        let root = markup::root(&content).map(|root| root.name).unwrap_or_default();
        let in_folder = |folders: &[&str]| folders.iter().any(|folder| name.starts_with(folder));
        // Sizes of windows and the like; a small picture of the first page; where lines end.
        if (file == "settings.xml" && root == "document-settings")
            || (in_folder(&["Thumbnails/"]) && magic::kind(&content, "") == Kind::Image)
            || (name == "layout-cache" && harmless::is_layout(&content))
        {
            continue;
        }
        let scripts = in_folder(&["Basic/", "Scripts/", "Dialogs/"]);
        if scripts {
            doc.mark(Mark::Macros);
        }
        if !root.is_empty()
            && (scripts || in_folder(&["META-INF/", "Configurations2/"]) || name == "manifest.rdf")
        {
            let (words, outcome) = markup::words(doc, &content);
            doc.hidden(Spot::Metadata, &words)?;
            outcome?;
            continue;
        }
        if file == "meta.xml" {
            let (words, outcome) = markup::words(doc, &content);
            doc.hidden(Spot::Metadata, &words)?;
            outcome?;
        } else if matches!(file, "content.xml" | "styles.xml") {
            // An object inside: a chart, a formula, a sheet.
            shown |= part(doc, &content, &mut styles, Part::Content)?;
        } else if magic::kind(&content, &name) == Kind::Image {
            doc.picture();
        } else if !content.is_empty() {
            doc.mark(Mark::EmbeddedFiles);
            doc.inner_part(&name, "", &content, complete)?;
        }
    }
    if !shown && doc.pictures() > 0 {
        doc.unread(UnreadReason::ImageOnly)?;
    }
    Ok(())
}

/// Reads one part of text; also the whole of a file in one XML.
pub(crate) fn content(doc: &mut Doc<'_, '_>, xml: &[u8], styles: &mut Styles) -> Result<(), Fault> {
    part(doc, xml, styles, Part::Content).map(|_| ())
}

/// Which part is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Content,
    /// Styles and masters: headers and footers of a letter, and placeholders of slides.
    Styles,
}

fn part(doc: &mut Doc<'_, '_>, xml: &[u8], styles: &mut Styles, part: Part) -> Result<bool, Fault> {
    let mut state = State::new(styles);
    let outcome = markup::walk(doc, xml, &mut |doc, node| match node {
        Node::Open(element) => state.open(doc, element),
        Node::Close(name) => state.close(doc, name),
        Node::Text(text) => {
            state.text(text);
            Ok(())
        }
    });
    if let Some(mut table) = state.table.take() {
        table.finish(doc)?;
        state.any = true;
    }
    if state.macros {
        doc.mark(Mark::Macros);
    }
    let mut shown = std::mem::take(&mut state.out.shown);
    if part == Part::Styles && doc.kind() == FileKind::Presentation {
        // "Click to edit the title" is on no slide.
        for text in [std::mem::take(&mut shown), std::mem::take(&mut state.out.deleted)] {
            state.out.words.push_str(&text);
        }
    }
    state.any |= !shown.trim().is_empty();
    doc.shown(Spot::Text, &shown)?;
    doc.hidden(Spot::Text, &state.out.hidden)?;
    doc.hidden(Spot::Comments, &state.out.deleted)?;
    doc.shown(Spot::Comments, &state.out.comments)?;
    doc.hidden(Spot::Metadata, &state.out.words)?;
    let any = state.any;
    outcome.map(|()| any)
}

#[derive(Debug, Default)]
struct Texts {
    shown: String,
    hidden: String,
    deleted: String,
    comments: String,
    words: String,
}

/// Where in a part we are. Counters of open elements, because they may be nested.
#[derive(Debug)]
struct State<'s> {
    styles: &'s mut Styles,
    out: Texts,
    any: bool,
    macros: bool,
    table: Option<Table>,
    sheet: Visibility,
    spreadsheet: bool,
    row: u32,
    row_repeated: u32,
    row_hidden: bool,
    column: u32,
    column_repeated: u32,
    columns: u32,
    hidden_columns: Vec<(u32, u32)>,
    cell: String,
    cells: u32,
    paragraphs: u32,
    /// How many paragraphs were open where the present comment stands; those inside it are its text.
    outside: u32,
    annotations: u32,
    changes: u32,
    notes: u32,
    data: u32,
    metadata: u32,
    slide: u32,
    slide_hidden: bool,
    /// Open paragraphs and spans, and whether their style hides them.
    hiding: Vec<bool>,
    style: String,
}

impl<'s> State<'s> {
    fn new(styles: &'s mut Styles) -> Self {
        Self {
            styles,
            out: Texts::default(),
            any: false,
            macros: false,
            table: None,
            sheet: Visibility::Shown,
            spreadsheet: false,
            row: 0,
            row_repeated: 1,
            row_hidden: false,
            column: 0,
            column_repeated: 1,
            columns: 0,
            hidden_columns: Vec::new(),
            cell: String::new(),
            cells: 0,
            paragraphs: 0,
            outside: 0,
            annotations: 0,
            changes: 0,
            notes: 0,
            data: 0,
            metadata: 0,
            slide: 0,
            slide_hidden: false,
            hiding: Vec::new(),
            style: String::new(),
        }
    }

    fn open(&mut self, doc: &mut Doc<'_, '_>, element: &Element<'_>) -> Result<(), Fault> {
        let number = |name: &str| element.number(name).unwrap_or(1).max(1);
        let collapsed = || element.attribute("visibility").is_some_and(|value| value != "visible");
        match element.name() {
            "style" => {
                let family = element.attribute("family").unwrap_or_default();
                self.style = format!("{family}:{}", element.attribute("name").unwrap_or_default());
            }
            "table-properties" | "text-properties" | "drawing-page-properties" => {
                let hides = element.attributes().into_iter().any(|(name, value)| {
                    (name == "display" && matches!(value.as_str(), "none" | "false"))
                        || (name == "visibility" && value == "hidden")
                });
                if hides {
                    self.styles.hiding.insert(self.style.clone());
                }
            }
            "spreadsheet" => self.spreadsheet = true,
            "table" if self.spreadsheet && self.table.is_none() => {
                self.sheet =
                    if self.hides("table", element) { Visibility::Hidden } else { Visibility::Shown };
                let name = element.attribute("name").unwrap_or_default();
                self.table = Some(Table::new(&name));
                self.out.words.push_str(&name);
                self.out.words.push('\n');
                self.row = 0;
                self.columns = 0;
                self.hidden_columns.clear();
            }
            "table-column" => {
                let from = self.columns.saturating_add(1);
                self.columns = self.columns.saturating_add(number("number-columns-repeated"));
                if collapsed() {
                    self.hidden_columns.push((from, self.columns));
                }
            }
            "table-row" => {
                self.row = self.row.saturating_add(1).min(ROWS);
                self.row_repeated = number("number-rows-repeated");
                self.row_hidden = collapsed();
                self.column = 0;
            }
            "table-cell" | "covered-table-cell" => {
                self.column = self.column.saturating_add(1).min(COLUMNS);
                self.column_repeated = number("number-columns-repeated");
                self.cell.clear();
                self.cells += 1;
            }
            "p" | "h" => {
                self.paragraphs += 1;
                let hides = self.hides("paragraph", element);
                self.hiding.push(hides);
            }
            "span" => {
                let hides = self.hides("text", element);
                self.hiding.push(hides);
            }
            "s" => {
                let count = number("c").min(64) as usize;
                self.push(&" ".repeat(count));
            }
            "tab" => self.push("\t"),
            "line-break" => self.push("\n"),
            "annotation" => {
                self.annotations += 1;
                self.outside = self.paragraphs;
            }
            "tracked-changes" => self.changes += 1,
            "notes" => self.notes += 1,
            "binary-data" => {
                self.data += 1;
                doc.picture();
            }
            "meta" => self.metadata += 1,
            "hidden-text" | "hidden-paragraph" | "conditional-text" => {
                for name in ["string-value", "string-value-if-true", "string-value-if-false"] {
                    let text = element.attribute(name).unwrap_or_default();
                    self.out.hidden.push_str(&text);
                    self.out.hidden.push('\n');
                }
            }
            "page" => {
                self.flush_slide(doc)?;
                self.slide = self.slide.saturating_add(1);
                self.slide_hidden = self.hides("drawing-page", element);
            }
            "event-listener" | "script" => self.macros = true,
            "a" => {
                self.out.words.push_str(&element.attribute("href").unwrap_or_default());
                self.out.words.push('\n');
            }
            "title" | "desc" => self.metadata += 1,
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, doc: &mut Doc<'_, '_>, name: &str) -> Result<(), Fault> {
        match name {
            "table" if self.cells == 0 => {
                if let Some(mut table) = self.table.take() {
                    self.any = true;
                    table.finish(doc)?;
                }
            }
            "table-row" => {
                self.row = self.row.saturating_add(self.row_repeated - 1).min(ROWS);
                if self.table.is_none() {
                    self.push("\n");
                }
            }
            "table-cell" | "covered-table-cell" => {
                self.cells = self.cells.saturating_sub(1);
                if self.table.is_none() && self.out.shown.ends_with(' ') {
                    self.out.shown.pop();
                }
                self.end_cell(doc)?;
                self.column = self.column.saturating_add(self.column_repeated.saturating_sub(1)).min(COLUMNS);
                self.column_repeated = 1;
            }
            "p" | "h" => {
                let end = if self.cells > 0 { " " } else { "\n" };
                self.push(end);
                self.hiding.pop();
                self.paragraphs = self.paragraphs.saturating_sub(1);
            }
            "span" => {
                self.hiding.pop();
            }
            "annotation" => {
                self.annotations = self.annotations.saturating_sub(1);
                self.outside = 0;
                self.out.comments.push('\n');
            }
            "tracked-changes" => self.changes = self.changes.saturating_sub(1),
            "notes" => self.notes = self.notes.saturating_sub(1),
            "binary-data" => self.data = self.data.saturating_sub(1),
            "meta" | "title" | "desc" => self.metadata = self.metadata.saturating_sub(1),
            "page" => self.flush_slide(doc)?,
            _ => {
                if self.metadata > 0 && !self.out.words.ends_with('\n') {
                    self.out.words.push('\n');
                }
            }
        }
        Ok(())
    }

    fn end_cell(&mut self, doc: &mut Doc<'_, '_>) -> Result<(), Fault> {
        let hidden = self.sheet == Visibility::Hidden
            || self.row_hidden
            || self.hidden_columns.iter().any(|(from, to)| (*from..=*to).contains(&self.column));
        let visibility = if hidden { Visibility::Hidden } else { Visibility::Shown };
        match &mut self.table {
            Some(table) => {
                table.cell(doc, Cell { row: self.row, column: self.column, visibility, text: &self.cell })
            }
            None => {
                self.push("\t");
                Ok(())
            }
        }
    }

    fn flush_slide(&mut self, doc: &mut Doc<'_, '_>) -> Result<(), Fault> {
        if self.slide == 0 {
            return Ok(());
        }
        let visibility = if self.slide_hidden { Visibility::Hidden } else { Visibility::Shown };
        let text = std::mem::take(&mut self.out.shown);
        self.any |= !text.trim().is_empty();
        doc.piece(Spot::Slide(self.slide), visibility, &text)
    }

    fn hides(&self, family: &str, element: &Element<'_>) -> bool {
        let style = element.attribute("style-name").unwrap_or_default();
        self.styles.hiding.contains(&format!("{family}:{style}"))
    }

    fn text(&mut self, text: &str) {
        if self.data > 0 {
            return;
        }
        if self.metadata > 0 && self.paragraphs == 0 {
            self.out.words.push_str(text);
        } else if self.paragraphs > self.outside {
            self.push(text);
        } else if (self.annotations > 0 || self.changes > 0) && !text.trim().is_empty() {
            // Who wrote it and when.
            self.push(text);
            self.push(" ");
        }
    }

    fn push(&mut self, text: &str) {
        let hidden = self.hiding.contains(&true);
        let out = if self.annotations > 0 {
            &mut self.out.comments
        } else if self.changes > 0 || self.notes > 0 {
            &mut self.out.deleted
        } else if hidden {
            &mut self.out.hidden
        } else if self.cells > 0 && self.table.is_some() {
            &mut self.cell
        } else {
            &mut self.out.shown
        };
        out.push_str(text);
    }
}
