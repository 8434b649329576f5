//! What is asked of others about a draft: what its attachments hold, and with whom the sender has been writing.

use std::collections::BTreeMap;
use std::path::PathBuf;

use zegel_core::material::{Material, Origin};
use zegel_core::mime::Draft;
use zegel_core::people::History;
use zegel_core::policy::{Attached, Policy, ScanResult};
use zegel_inspect::scan::{Clamd, ScanAddress, ScanError, ScanVerdict};
use zegel_inspect::{Inspector, Limits};
use zegel_store::HistoryFile;
use zegel_wire::error::Kind;

use crate::context::Context;
use crate::error::{Failure, Result};

/// Looks into the attachments of a draft, and has them scanned where a virus scanner is configured.
///
/// # Errors
/// Code 75 when the configured scanner does not answer, 78 when its address is none: nothing leaves unscanned in silence.
/// Code 74 when an attachment cannot be read.
pub(crate) fn attached(draft: &Draft, policy: &Policy, context: &Context<'_>) -> Result<Attached> {
    let material = if policy.has_rules() { read_attachments(draft)? } else { Material::default() };
    Ok(Attached { material, scans: scans(draft, context)? })
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
    for attachment in &attachments {
        let content = attachment.open().map_err(|error| unreadable(&attachment.name, &error))?;
        material.append(inspector.inspect(&attachment.name, &attachment.media_type, content));
    }
    Ok(material)
}

/// Has every attachment scanned; nothing when no scanner is configured.
fn scans(draft: &Draft, context: &Context<'_>) -> Result<Option<BTreeMap<Origin, ScanResult>>> {
    let Some(address) = context.config()?.scan().clamd() else { return Ok(None) };
    let clamd = Clamd::new(scan_address(address)?);
    let mut results = BTreeMap::new();
    for attachment in draft.attachments() {
        let content = attachment.open().map_err(|error| unreadable(&attachment.name, &error))?;
        let result = match clamd.scan(content).map_err(|error| not_scanned(&error))? {
            ScanVerdict::Clean => ScanResult::Clean,
            ScanVerdict::Infected { name } => ScanResult::Infected(name),
            ScanVerdict::NotExamined { reason } => ScanResult::NotScanned(reason),
            _ => ScanResult::NotScanned("the scanner gave an answer that is not known here".to_owned()),
        };
        results.insert(attachment.origin(), result);
    }
    Ok(Some(results))
}

fn unreadable(name: &str, error: &std::io::Error) -> Failure {
    Failure::io(format!("cannot read the attachment {name:?}"), error)
}

fn not_scanned(error: &ScanError) -> Failure {
    Failure::from_error(Kind::Temporary, error)
        .while_trying("the attachments were not scanned for viruses")
        .hint("nothing was sent; start the scanner, or look at [scan] in the configuration")
}

/// Reads `/run/clamav/clamd.ctl` or `host:port`.
fn scan_address(text: &str) -> Result<ScanAddress> {
    if text.starts_with('/') {
        return Ok(ScanAddress::Unix(PathBuf::from(text)));
    }
    let parts = text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    match parts {
        Some((host, port)) if !host.is_empty() => {
            Ok(ScanAddress::Tcp(host.trim_matches(['[', ']']).to_owned(), port))
        }
        _ => {
            Err(Failure::new(Kind::Configuration, "scan.clamd is neither the path of a socket nor host:port"))
        }
    }
}

/// Returns with whom the sender has been writing.
///
/// # Errors
/// Code 78 when what is remembered cannot be read: no rule over people is judged by half a memory.
pub(crate) fn history(context: &Context<'_>) -> Result<Box<dyn History>> {
    Ok(Box::new(HistoryFile::new(context.paths()?).load()?))
}
