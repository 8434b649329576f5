//! The sealed mail: writes it, and finds the container in whatever a gateway made of it.

use std::io::{self, Read, Write};

use thiserror::Error;

use super::content::{self, Encoding, decode_base64_lenient};
use super::encode::write_base64;
use super::outer::{OuterHeaders, OuterView};
use super::scan::{Node, Tree};
use super::{Limit, cut};

/// Name of the first member of a container.
const FIRST_MEMBER: &[u8] = b"parts/0.age\0";
/// Where the magic of a ustar header stands (POSIX.1-1988 ustar).
const MAGIC_AT: usize = 257;
const MAGIC: &[u8] = b"ustar\x0000";
/// Bytes of a tar block.
const BLOCK: usize = 512;
/// Encoded bytes that are decoded to see whether a leaf is a container: a block in any encoding, with white space.
const PROBE: usize = 8 * BLOCK;

const NOTICE: &str = "\
Deze e-mail is verzegeld: alleen de ontvanger kan hem lezen.\r\n\
Bewaar deze e-mail als bestand en open hem met Zegel:\r\n\
\r\n\
    zegel open e-mail.eml\r\n\
\r\n\
This e-mail is sealed: only its recipient can read it.\r\n\
Save this e-mail as a file and open it with Zegel:\r\n\
\r\n\
    zegel open e-mail.eml\r\n";

/// Tells why no container was taken from a mail.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FindError {
    /// There are two that differ; a forger could have added one.
    #[error("the mail has more than one sealed message")]
    Ambiguous,
    /// The mail is beyond a limit.
    #[error("the mail is too complex")]
    Limit(#[from] Limit),
    /// There is none.
    #[error("the mail has no sealed message")]
    NotSealed,
}

/// A container and the header of the mail it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// The tar.
    pub container: Vec<u8>,
    /// The header of the mail that holds it directly; of a forwarded mail, that mail's.
    pub outer: OuterView,
}

/// Writes a sealed mail with the container that `container` gives; returns the number of bytes written.
///
/// # Errors
/// Fails as `container` or `out` fail.
pub fn write_mail(outer: &OuterHeaders, container: &mut dyn Read, out: &mut dyn Write) -> io::Result<u64> {
    let hash = blake3::hash(outer.message_id().as_bytes());
    let boundary = format!("=_zegel_{}", crate::id::to_base32(cut(hash.as_bytes(), 0..20)));
    let head = format!(
        "{}MIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed;\r\n boundary=\"{boundary}\"\r\n\
         \r\n\
         --{boundary}\r\n\
         Content-Type: text/plain; charset=us-ascii\r\n\
         Content-Transfer-Encoding: 7bit\r\n\
         \r\n\
         {NOTICE}\r\n\
         --{boundary}\r\n\
         Content-Type: application/vnd.zegel+tar; name=\"message.zegel\"\r\n\
         Content-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"message.zegel\"\r\n\
         \r\n",
        outer.to_text()
    );
    let tail = format!("\r\n--{boundary}--\r\n");
    out.write_all(head.as_bytes())?;
    let body = write_base64(container, out, b"\r\n")?;
    out.write_all(tail.as_bytes())?;
    Ok(head.len() as u64 + body + tail.len() as u64)
}

/// Says whether bytes begin as a container does.
pub fn is_container(bytes: &[u8]) -> bool {
    bytes.len() >= BLOCK
        && bytes.starts_with(FIRST_MEMBER)
        && cut(bytes, MAGIC_AT..MAGIC_AT + MAGIC.len()) == MAGIC
}

/// Finds the container in a mail by its content, whatever name and type it has.
///
/// # Errors
/// Fails when there is none, when there are two that differ, and when the mail is beyond the limits.
pub fn find_container(eml: &[u8]) -> Result<Found, FindError> {
    let mut found: Option<Found> = None;
    search(eml, Nested::Look, &mut found)?;
    found.ok_or(FindError::NotSealed)
}

/// Says whether a mail is a sealed mail itself, and not an ordinary one with a sealed message attached to it.
///
/// A sealed mail begins with our notice; whoever forwards one as an attachment writes a text of their own, or attaches the
/// whole mail as a message, which is not looked into.
pub(super) fn is_sealed_mail(eml: &[u8], tree: &Tree) -> bool {
    let (containers, others): (Vec<&Node>, Vec<&Node>) =
        tree.nodes.iter().filter(|node| node.is_leaf()).partition(|node| begins_container(eml, node));
    if containers.is_empty() {
        return false;
    }
    let Some(text) = others.iter().find(|node| node.media.kind() == "text") else {
        // A gateway that took the notice away leaves the container alone.
        return others.is_empty();
    };
    let text = content::decode(eml, text);
    let start = String::from_utf8_lossy(cut(&text, 0..text.len().min(NOTICE.len())));
    let first = start.trim_start().lines().next().unwrap_or_default().trim_end();
    !first.is_empty() && NOTICE.lines().any(|line| line == first)
}

/// Whether to look into attached messages.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nested {
    Look,
    Pass,
}

fn search(eml: &[u8], nested: Nested, found: &mut Option<Found>) -> Result<(), FindError> {
    let tree = Tree::read(eml, 0..eml.len())?;
    for node in tree.nodes.iter().filter(|n| n.is_leaf()) {
        if nested == Nested::Look && matches!(node.media.essence(), "message/rfc822" | "message/global") {
            search(&content::decode(eml, node), Nested::Pass, found)?;
            continue;
        }
        let Some(container) = container_of(eml, node) else { continue };
        match found {
            Some(other) if other.container == container => {}
            Some(_) => return Err(FindError::Ambiguous),
            None => *found = Some(Found { container, outer: OuterView::read(eml, &tree.root().header) }),
        }
    }
    Ok(())
}

fn container_of(eml: &[u8], node: &Node) -> Option<Vec<u8>> {
    if begins_decoded(eml, node) {
        return Some(content::decode(eml, node).into_owned());
    }
    begins_undeclared(eml, node).then(|| decode_base64_lenient(cut(eml, node.body.clone())))
}

fn begins_container(eml: &[u8], node: &Node) -> bool {
    begins_decoded(eml, node) || begins_undeclared(eml, node)
}

fn begins_decoded(eml: &[u8], node: &Node) -> bool {
    let mut probe = node.clone();
    probe.body.end = probe.body.end.min(probe.body.start + PROBE);
    is_container(&content::decode(eml, &probe))
}

/// A gateway lost the Content-Transfer-Encoding, or made the attachment text.
fn begins_undeclared(eml: &[u8], node: &Node) -> bool {
    let raw = cut(eml, node.body.clone());
    Encoding::of(eml, &node.header) != Encoding::Base64
        && is_container(&decode_base64_lenient(cut(raw, 0..raw.len().min(PROBE))))
}
