//! What is asked of others about a draft: what its attachments hold, and with whom the sender has been writing.

use std::collections::BTreeMap;

use zegel_core::material::{Material, Origin};
use zegel_core::mime::Draft;
use zegel_core::people::History;
use zegel_core::policy::{Attached, ScanResult};
use zegel_inspect::{Budget, Inspector, Limits};
use zegel_store::HistoryFile;

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::scanning::{Moment, VirusScanner};

/// Looks into the attachments of a draft, and has them scanned where a virus scanner is configured.
///
/// # Errors
/// Code 75 when the configured scanner does not answer, 78 when its address is none: nothing leaves unscanned in silence.
/// Code 74 when an attachment cannot be read.
pub(crate) fn attached(draft: &Draft, context: &Context<'_>) -> Result<Attached> {
    // The scanner first: when it is down there is nothing to wait for.
    let scans = scans(draft, context)?;
    Ok(Attached { material: read_attachments(draft)?, scans })
}

/// Reads what is in the attachments of a draft, in a child that can open nothing itself.
///
/// # Errors
/// Code 74 when an attachment cannot be read.
pub(crate) fn read_attachments(draft: &Draft) -> Result<Material> {
    let mut material = Material::default();
    let attachments = draft.attachments();
    if attachments.is_empty() {
        return Ok(material);
    }
    let mut inspector = Inspector::of_this_program(Limits::default());
    // For all together: a thousand small archives must not cost more than a few large ones.
    let mut budget = Budget::default();
    for attachment in &attachments {
        let content = attachment.open().map_err(|error| unreadable(&attachment.name, &error))?;
        let (name, kind) = (&attachment.name, &attachment.media_type);
        material.append(inspector.inspect_within(&mut budget, name, kind, content));
    }
    Ok(material)
}

/// Has the text and every attachment scanned; nothing when no scanner is configured.
fn scans(draft: &Draft, context: &Context<'_>) -> Result<Option<BTreeMap<Origin, ScanResult>>> {
    let Some(scanner) = VirusScanner::configured(Moment::Sealing, context)? else { return Ok(None) };
    let texts = scanner.scan_texts(&draft.texts())?;
    let mut results = BTreeMap::from([(Origin::Body, texts)]);
    for attachment in draft.attachments() {
        let content = attachment.open().map_err(|error| unreadable(&attachment.name, &error))?;
        results.insert(attachment.origin(), scanner.scan(content)?);
    }
    // The reader's mail program may understand the mail in another way than we do. What is between the pieces nobody has
    // looked at when the whole is too long.
    let infected = |result: &ScanResult| matches!(result, ScanResult::Infected(_));
    if !results.values().any(infected) {
        let whole = scanner.scan(draft.as_bytes())?;
        if whole != ScanResult::Clean {
            results.insert(Origin::Body, whole);
        }
    }
    Ok(Some(results))
}

fn unreadable(name: &str, error: &std::io::Error) -> Failure {
    Failure::io(format!("cannot read the attachment {name:?}"), error)
}

/// Returns with whom the sender has been writing.
///
/// # Errors
/// Code 78 when what is remembered cannot be read: no rule over people is judged by half a memory.
pub(crate) fn history(context: &Context<'_>) -> Result<Box<dyn History>> {
    Ok(Box::new(HistoryFile::new(context.paths()?).load()?))
}
