//! docx, xlsx, pptx and their like (ECMA-376): which part is read by whom.

use std::collections::BTreeSet;

use zegel_core::material::{FileKind, Mark, Spot, UnreadReason, Visibility};

use super::markup::{self, Node};
use super::prose::Prose;
use super::sheet::Book;
use super::zip::Package;
use super::{harmless, relation, sheet, table};
use crate::magic::{self, Kind};
use crate::reading::{Complete, Doc, Fault};

/// What the parts of one file amount to.
#[derive(Debug, Default)]
struct Tally {
    /// Whether any text shows.
    text: bool,
    /// Properties, alternative texts and addresses of links.
    words: String,
    /// What cells refer to, where there is a workbook.
    book: Option<Book>,
    /// Whether the sheets of a workbook in the binary form were read.
    binary: bool,
    /// The parts that the workbook led to.
    read: BTreeSet<usize>,
}

/// Returns what an Office file is; `None` when it is none.
pub(crate) fn kind(package: &Package<'_>) -> Option<FileKind> {
    if !package.has("[Content_Types].xml") {
        return None;
    }
    let has = |folder: &str| package.names().iter().any(|name| lower(name).starts_with(folder));
    if has("word/") {
        Some(FileKind::Document)
    } else if has("xl/") {
        Some(FileKind::Spreadsheet)
    } else if has("ppt/") {
        Some(FileKind::Presentation)
    } else if package.has("AppxManifest.xml") {
        None
    } else {
        // Renamed folders are allowed: every part is then read as prose.
        Some(FileKind::Document)
    }
}

/// Reads every part.
pub(crate) fn read(doc: &mut Doc<'_, '_>, package: &mut Package<'_>, data: &[u8]) -> Result<(), Fault> {
    let mut tally = Tally::default();
    let outcome = parts(doc, package, data, &mut tally);
    doc.hidden(Spot::Metadata, &tally.words)?;
    // A scan pasted into a letter: nothing in it was read.
    if !tally.text && doc.pictures() > 0 {
        doc.unread(UnreadReason::ImageOnly)?;
    }
    outcome
}

fn parts(
    doc: &mut Doc<'_, '_>,
    package: &mut Package<'_>,
    data: &[u8],
    tally: &mut Tally,
) -> Result<(), Fault> {
    let mut worst = Ok(());
    let main = relation::of(doc, package, "")?.into_iter().find(|one| one.is("officeDocument"));
    let main = main.map_or_else(|| "xl/workbook.xml".to_owned(), |one| one.target);
    if package.has("xl/workbook.bin") {
        tally.binary = true;
        tally.text = true;
        worst = table::binary_workbook(doc, data);
    } else if let Some(xml) = package.part(doc, &main)?
        && markup::root(&xml).is_some_and(|root| root.name == "workbook")
    {
        doc.set_kind(FileKind::Spreadsheet);
        let mut book = Book::default();
        (tally.read, worst) = sheet::workbook(doc, package, &main, &mut book);
        tally.book = Some(book);
        tally.text = true;
        if matches!(worst, Err(Fault::Limit | Fault::Closed)) {
            return worst;
        }
    }
    let mut order: Vec<(u32, String, usize)> = package
        .names()
        .iter()
        .enumerate()
        .map(|(place, name)| (number_in(name), lower(name), place))
        .collect();
    order.sort();
    for (number, name, place) in order {
        doc.tick()?;
        let outcome = part(doc, package, tally, (number, &name, place));
        // One damaged part does not keep the others from being read; a spent budget does.
        match outcome {
            Ok(()) => {}
            Err(Fault::Limit | Fault::Closed) => return outcome,
            Err(_) => worst = worst.and(outcome),
        }
    }
    worst
}

fn part(
    doc: &mut Doc<'_, '_>,
    package: &mut Package<'_>,
    tally: &mut Tally,
    (number, name, place): (u32, &str, usize),
) -> Result<(), Fault> {
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let file = name.rsplit_once('/').map_or(name, |(_, file)| file);
    let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
    // The parts of a workbook have been read before.
    if tally.read.contains(&place) || (tally.binary && sheet::is_binary_part(name)) {
        return Ok(());
    }
    let (content, complete) = package.entry(doc, place)?;
    if content.is_empty() && complete == Complete::All {
        return Ok(());
    }
    let original = package.names().get(place).cloned().unwrap_or_default();
    let controls = folder.contains("activex");
    if file.starts_with("vbaproject") || controls {
        doc.mark(Mark::Macros);
        if magic::kind(&content, "") == Kind::Ole {
            return Ok(());
        }
    }
    let root = markup::root(&content);
    let is_xml = matches!(ending, "xml" | "rels" | "vml") || root.as_ref().is_some_and(|root| root.office);
    let Some(root) = root.filter(|_| is_xml) else {
        return beside(doc, tally, (name, &original), &content, complete);
    };
    if complete != Complete::All {
        return Err(Fault::Limit);
    }
    if file == "vbadata.xml"
        || name.contains("/macrosheets/")
        || matches!(root.name.as_str(), "macrosheet" | "dialogsheet")
    {
        doc.mark(Mark::Macros);
    }
    if root.name == "Relationships" {
        return links(doc, &content, &mut tally.words);
    }
    if sheet::is_sheet(&root.name)
        && let Some(book) = &tally.book
    {
        // A sheet that the workbook does not list.
        return sheet::one_sheet(doc, book, "", Visibility::Hidden, &content);
    }
    if folder.ends_with("/externallinks") || folder.contains("/pivotcache") || root.name == "connections" {
        // What other files once held, kept as a copy.
        let text = sheet::values(doc, &content)?;
        return doc.hidden(Spot::Text, &text);
    }
    if folder == "docprops"
        || folder.starts_with("customxml")
        || folder.ends_with("/customxml")
        || !root.office
    {
        let (words, outcome) = markup::words(doc, &content);
        tally.words.push_str(&words);
        return outcome;
    }
    let mut prose = Prose::default();
    let outcome = prose.take(doc, &content);
    tally.words.push_str(&prose.words);
    let nothing = [&prose.shown, &prose.hidden, &prose.deleted].iter().all(|text| text.trim().is_empty());
    give(doc, tally, &prose, name, number)?;
    outcome?;
    if nothing || root.name == "chartSpace" {
        // A diagram, a form of a drawing, the values of a chart: no paragraphs, and words all the same.
        let (words, outcome) = markup::words(doc, &content);
        doc.hidden(Spot::Metadata, &words)?;
        return outcome;
    }
    Ok(())
}

/// Looks at what lies beside the text, by its content.
fn beside(
    doc: &mut Doc<'_, '_>,
    tally: &mut Tally,
    (name, original): (&str, &str),
    content: &[u8],
    complete: Complete,
) -> Result<(), Fault> {
    if name.starts_with("docprops/thumbnail") && magic::kind(content, "") == Kind::Image {
        return Ok(());
    }
    let file = name.rsplit_once('/').map_or(name, |(_, file)| file);
    if matches!(file.rsplit_once('.'), Some((_, "odttf" | "fntdata" | "ttf" | "otf")))
        && harmless::is_font(content)
    {
        return Ok(());
    }
    if file.starts_with("printersettings")
        && let Some(words) = harmless::printer(content)
    {
        tally.words.push_str(&words);
        tally.words.push('\n');
        return Ok(());
    }
    embedded(doc, original, content, complete)
}

/// Hands on what was read of one part, as what it is by its name.
fn give(
    doc: &mut Doc<'_, '_>,
    tally: &mut Tally,
    prose: &Prose,
    name: &str,
    number: u32,
) -> Result<(), Fault> {
    let is = |folder: &str| name.contains(folder);
    if prose.macros {
        doc.mark(Mark::Macros);
    }
    if is("/slidemasters/")
        || is("/slidelayouts/")
        || is("/notesmasters/")
        || is("/handoutmasters/")
        || is("settings")
    {
        tally.words.push_str(&prose.shown);
        return Ok(());
    }
    if is("/notesslides/") || is("comment") {
        let visibility = if is("word/comment") { Visibility::Shown } else { Visibility::Hidden };
        return doc.piece(Spot::Comments, visibility, &prose.shown);
    }
    let spot = if is("ppt/slides/") { Spot::Slide(number) } else { Spot::Text };
    let visibility = if prose.hidden_slide { Visibility::Hidden } else { Visibility::Shown };
    tally.text |= !prose.shown.trim().is_empty();
    doc.piece(spot.clone(), visibility, &prose.shown)?;
    doc.hidden(spot, &prose.hidden)?;
    doc.hidden(Spot::Comments, &prose.deleted)
}

/// Pictures are counted, everything else is a file of its own.
fn embedded(doc: &mut Doc<'_, '_>, name: &str, content: &[u8], complete: Complete) -> Result<(), Fault> {
    match magic::kind(content, name) {
        Kind::Image => {
            doc.picture();
            Ok(())
        }
        Kind::Unknown if content.iter().all(|byte| *byte == 0) => Ok(()),
        _ => {
            doc.mark(Mark::EmbeddedFiles);
            doc.inner_part(name, "", content, complete)
        }
    }
}

/// Collects where links and templates point to.
fn links(doc: &mut Doc<'_, '_>, content: &[u8], words: &mut String) -> Result<(), Fault> {
    let mut template = false;
    let outcome = markup::walk(doc, content, &mut |_, node| {
        if let Node::Open(element) = node
            && element.attribute("TargetMode").is_some_and(|mode| mode == "External")
        {
            // Word fetches a template from there, macros included.
            template |= element.attribute("Type").is_some_and(|kind| kind.ends_with("/attachedTemplate"));
            words.push_str(&element.attribute("Target").unwrap_or_default());
            words.push('\n');
        }
        Ok(())
    });
    if template {
        doc.mark(Mark::Macros);
    }
    outcome
}

fn lower(name: &str) -> String {
    name.trim_start_matches('/').to_ascii_lowercase()
}

/// The number in `slide12.xml`; 0 where there is none.
fn number_in(name: &str) -> u32 {
    let file = name.rsplit_once('/').map_or(name, |(_, file)| file);
    let digits: String = file.chars().filter(char::is_ascii_digit).take(9).collect();
    digits.parse().unwrap_or(0)
}
