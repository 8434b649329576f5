//! What the virus scanner says of a message that is being opened: a sealed attachment has passed every gateway unseen.

use std::collections::BTreeSet;
use std::io::{Read, Seek};

use zegel_core::policy::ScanResult;
use zegel_wire::error::Kind;
use zegel_wire::report::{AttachmentView, OpenReport, ScanState};

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::opening::{Hidden, Verified};
use crate::scanning::{Moment, VirusScanner, view};

/// What to do with a message in which something is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Infected {
    /// The default: the whole message stays closed.
    Refuse,
    /// Asked for by name: show the text, keep back the files in which something was found.
    Withhold,
}

/// Whether the mail is also written as it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whole {
    /// It is: every byte of it has to be looked at.
    Written,
    /// Only its text is shown, and its attachments saved.
    Parts,
}

/// Has every text and every attachment scanned, notes what was said, and returns the names of the files that are kept back.
///
/// # Errors
/// Code 77 when something is found, 75 when the scanner that is configured does not answer.
pub(super) fn scan(
    opened: &mut Verified,
    report: &mut OpenReport,
    infected: Infected,
    whole: Whole,
    context: &Context<'_>,
) -> Result<BTreeSet<String>> {
    let Some(scanner) = VirusScanner::configured(Moment::Opening, context)? else {
        return Ok(BTreeSet::new());
    };
    let texts = opened.inner.texts();
    let text = (!texts.is_empty()).then(|| scanner.scan_texts(&texts)).transpose()?;
    report.text_scan = text.as_ref().map(view);
    let mut results = Vec::new();
    for attachment in opened.inner.attachments() {
        results.push(scanner.scan(attachment.content.as_slice())?);
    }
    for part in &mut opened.parts {
        if let Hidden::Scanned(scanning) = &mut part.file {
            results.push(scanner.finish(scanning)?);
            continue;
        }
        let again = |error| Failure::io("cannot read an attachment again", &error);
        part.file.rewind().map_err(again)?;
        results.push(scanner.scan(Read::by_ref(&mut part.file))?);
        part.file.rewind().map_err(again)?;
    }
    let infected_one = |result: &ScanResult| matches!(result, ScanResult::Infected(_));
    if whole == Whole::Written && !results.iter().chain(&text).any(infected_one) {
        // Another mail program may understand the mail in another way than we do. What is between its texts and files nobody
        // has looked at when the whole is too long, and that is told.
        let all = scanner.scan(opened.inner.as_bytes())?;
        if all != ScanResult::Clean {
            report.text_scan = Some(view(&all));
        }
    }
    for (attachment, result) in report.attachments.iter_mut().zip(&results) {
        attachment.scan = Some(view(result));
    }
    refuse(report, infected)?;
    tell(report, context);
    Ok(report.attachments.iter().filter(|one| is_infected(one)).map(|one| one.name.clone()).collect())
}

fn is_infected(attachment: &AttachmentView) -> bool {
    attachment.scan.as_ref().is_some_and(|scan| scan.state == ScanState::Infected)
}

/// Refuses what may not be shown. A text in which something was found is never shown: nothing would be left to show.
fn refuse(report: &OpenReport, infected: Infected) -> Result<()> {
    let text = report.text_scan.as_ref().filter(|scan| scan.state == ScanState::Infected);
    let files = report.attachments.iter().filter(|one| is_infected(one));
    let mut found: Vec<String> = text
        .map(|scan| format!("{:?} in the text", scan.detail.as_deref().unwrap_or_default()))
        .into_iter()
        .collect();
    found.extend(files.map(|one| {
        let name = one.scan.as_ref().and_then(|scan| scan.detail.as_deref()).unwrap_or_default();
        format!("{name:?} in the attachment {:?}", one.name)
    }));
    if found.is_empty() || (text.is_none() && infected == Infected::Withhold) {
        return Ok(());
    }
    let failure = Failure::new(Kind::Infected, format!("the virus scanner found {}", found.join(", ")));
    Err(match (text, infected) {
        (None, _) => failure.hint(
            "nothing was shown or saved; to read the text and keep back these files: --without-infected",
        ),
        _ => failure.hint("nothing was shown or saved; ask the sender, another way, what this is"),
    })
}

/// Warns of what nobody looked into: it is shown and saved, and may be anything.
fn tell(report: &OpenReport, context: &Context<'_>) {
    let not_scanned = |scan: &&zegel_wire::report::ScanView| scan.state == ScanState::NotScanned;
    let warn = |what: &str, why: Option<&str>| {
        context
            .ui
            .alarm(&format!("{what} was not scanned for viruses: {}", why.unwrap_or("no reason given")));
    };
    if let Some(scan) = report.text_scan.as_ref().filter(not_scanned) {
        warn("the text", scan.detail.as_deref());
    }
    for attachment in &report.attachments {
        if let Some(scan) = attachment.scan.as_ref().filter(not_scanned) {
            warn(&format!("the attachment {:?}", attachment.name), scan.detail.as_deref());
        }
    }
}
