//! docx, xlsx, pptx and their like (ECMA-376): which part is read by whom.

use zegel_core::material::{FileKind, Mark, Spot, UnreadReason, Visibility};

use super::markup::{self, Node};
use super::prose::Prose;
use super::zip::Package;
use super::{sheet, table};
use crate::magic::{self, Kind};
use crate::reading::{Complete, Doc, Fault};

/// What the parts of one file amount to.
#[derive(Debug, Default)]
struct Tally {
    /// Whether any text shows.
    text: bool,
    /// Properties, alternative texts and addresses of links.
    words: String,
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
    if package.has("xl/workbook.bin") {
        worst = table::binary_workbook(doc, data).map(|()| tally.text = true);
    } else if package.has("xl/workbook.xml") {
        worst = sheet::workbook(doc, package).map(|()| tally.text = true);
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
    // Fonts and settings of printers have no words; the parts of a workbook have been read before.
    if name.ends_with('/')
        || matches!(ending, "odttf" | "fntdata" | "ttf")
        || file.starts_with("printersettings")
        || name.starts_with("docprops/thumbnail")
        || matches!(
            file,
            "[content_types].xml" | "styles.xml" | "theme1.xml" | "fonttable.xml" | "calcchain.xml"
        )
        || sheet::is_part(name)
    {
        return Ok(());
    }
    if file.starts_with("vbaproject") || file == "vbadata.xml" || folder.contains("activex") {
        doc.mark(Mark::Macros);
        return Ok(());
    }
    if name.contains("/macrosheets/") || name.contains("/dialogsheets/") {
        doc.mark(Mark::Macros);
    }
    let (content, complete) = package.entry(doc, place)?;
    if ending != "xml" && ending != "rels" && ending != "vml" {
        let original = package.names().get(place).cloned().unwrap_or_default();
        return embedded(doc, &original, &content, complete);
    }
    if complete != Complete::All {
        return Err(Fault::Limit);
    }
    if ending == "rels" {
        return links(doc, &content, &mut tally.words);
    }
    if folder == "docprops" || folder.starts_with("customxml") || folder.ends_with("/customxml") {
        let (words, outcome) = markup::words(doc, &content);
        tally.words.push_str(&words);
        return outcome;
    }
    if folder.ends_with("/externallinks") || folder.contains("/pivotcache") || file == "connections.xml" {
        // What other files once held, kept as a copy.
        let text = sheet::values(doc, &content)?;
        return doc.hidden(Spot::Text, &text);
    }
    let mut prose = Prose::default();
    let outcome = prose.take(doc, &content);
    tally.words.push_str(&prose.words);
    give(doc, tally, &prose, name, number)?;
    outcome
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
