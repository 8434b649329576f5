//! What a reader sees of a tree: which leaves are the text, which are attachments, and their names.

use std::borrow::Cow;

use super::field::{self, MediaType};
use super::names::Names;
use super::scan::{Header, Node, Tree};
use super::{content, cut, field::disposition};

/// Media type of a stub (RFC 2046 section 5.2.3).
const STUB: &str = "message/external-body";
/// Value of `access-type` in a stub of ours.
pub(super) const ACCESS_TYPE: &str = "x-zegel-part";

/// A stub of a part that travels apart.
#[derive(Debug, Clone)]
pub(super) struct Stub {
    /// Its number as written.
    pub(super) index: Option<u32>,
    pub(super) node: usize,
    /// The header of the attachment it stands for.
    pub(super) header: Header,
    pub(super) name: String,
    pub(super) media_type: String,
}

/// A leaf that is shown as an attachment.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    pub(super) node: usize,
    pub(super) name: String,
}

/// The leaves of a message by their use. Every leaf is in exactly one list, or is text.
#[derive(Debug, Clone, Default)]
pub(super) struct View {
    pub(super) text: Vec<usize>,
    pub(super) html: Vec<usize>,
    pub(super) attachments: Vec<Leaf>,
    pub(super) stubs: Vec<Stub>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Want {
    Html,
    Text,
}

impl View {
    pub(super) fn of(bytes: &[u8], tree: &Tree) -> Self {
        let mut view = Self {
            text: body_leaves(bytes, tree, 0, Want::Text),
            html: body_leaves(bytes, tree, 0, Want::Html),
            ..Self::default()
        };
        let mut shown = vec![false; tree.nodes.len()];
        for index in view.text.iter().chain(&view.html) {
            if let Some(flag) = shown.get_mut(*index) {
                *flag = true;
            }
        }
        let mut names = Names::default();
        for (index, node) in tree.nodes.iter().enumerate() {
            if !node.is_leaf() || shown.get(index) == Some(&true) {
                continue;
            }
            if is_stub(node) {
                // A header beyond the limits cannot be one that we wrote: it has passed them before.
                let header = Header::read(bytes, node.body.clone()).unwrap_or_default();
                let media = MediaType::of(bytes, &header, false);
                let name = names.give(wanted(bytes, &header, &media).as_deref(), "attachment");
                let number =
                    node.media.parameter("index").filter(|n| !n.starts_with(['0', '+'])).map(str::parse);
                let index_written = number.and_then(Result::ok);
                view.stubs.push(Stub {
                    index: index_written,
                    node: index,
                    header,
                    name,
                    media_type: media.essence().to_owned(),
                });
                continue;
            }
            let name = match wanted(bytes, &node.header, &node.media) {
                Some(name) => names.give(Some(&name), "attachment"),
                None => names.give(None, &fallback(bytes, node)),
            };
            view.attachments.push(Leaf { node: index, name });
        }
        view
    }
}

impl View {
    /// Returns the leaves that are text, plain or HTML, each once and in the order of the message.
    pub(super) fn text_nodes<'t>(&self, tree: &'t Tree) -> impl Iterator<Item = &'t Node> + use<'t> {
        let mut leaves: Vec<usize> = self.text.iter().chain(&self.html).copied().collect();
        leaves.sort_unstable();
        leaves.dedup();
        leaves.into_iter().filter_map(|index| tree.nodes.get(index))
    }

    /// Returns the decoded bytes of every text.
    pub(super) fn texts<'b>(&self, bytes: &'b [u8], tree: &Tree) -> Vec<Cow<'b, [u8]>> {
        self.text_nodes(tree).map(|node| content::decode(bytes, node)).collect()
    }
}

/// Says whether a leaf is a stub of ours that counts.
pub(super) fn is_stub(node: &Node) -> bool {
    !node.frozen && node.media.is(STUB) && node.media.parameter("access-type") == Some(ACCESS_TYPE)
}

/// Returns the file name that a header asks for.
fn wanted(bytes: &[u8], header: &Header, media: &MediaType) -> Option<String> {
    disposition(bytes, header)
        .1
        .or_else(|| media.parameter("name").map(str::to_owned))
        .filter(|n| !n.trim().is_empty())
}

/// Returns a name for a leaf without one.
fn fallback(bytes: &[u8], node: &Node) -> String {
    match node.media.essence() {
        "message/rfc822" | "message/global" => {
            let subject = Header::read(bytes, node.body.clone())
                .ok()
                .and_then(|h| h.value(bytes, "subject").map(field::text))
                .unwrap_or_default();
            let name = super::names::sanitise(&format!("{subject}.eml"));
            if subject.is_empty() || name == "_.eml" { "message.eml".to_owned() } else { name }
        }
        "text/plain" => "text.txt".to_owned(),
        "text/html" => "text.html".to_owned(),
        "text/calendar" => "invitation.ics".to_owned(),
        "application/pgp-signature" => "signature.asc".to_owned(),
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => "smime.p7m".to_owned(),
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => "smime.p7s".to_owned(),
        "application/ms-tnef" => "winmail.dat".to_owned(),
        "image/png" => "image.png".to_owned(),
        "image/jpeg" => "image.jpg".to_owned(),
        "image/gif" => "image.gif".to_owned(),
        "application/pdf" => "document.pdf".to_owned(),
        _ => "attachment".to_owned(),
    }
}

/// Returns the leaves that are the text of the message, in the form wanted.
fn body_leaves(bytes: &[u8], tree: &Tree, index: usize, want: Want) -> Vec<usize> {
    let Some(node) = tree.nodes.get(index) else { return Vec::new() };
    if node.is_leaf() {
        let is_text = is_text(bytes, node);
        let html = node.media.is("text/html");
        // For readers of text an HTML part is better than nothing: it is rendered.
        return if is_text && (want == Want::Text || html) { vec![index] } else { Vec::new() };
    }
    let child = |i: &usize| body_leaves(bytes, tree, *i, want);
    match node.media.essence() {
        // RFC 2046 section 5.1.4: the last is the richest.
        "multipart/alternative" if want == Want::Html => {
            node.children.iter().rev().map(child).find(|l| !l.is_empty()).unwrap_or_default()
        }
        "multipart/alternative" => {
            let sets: Vec<_> = node.children.iter().map(child).filter(|l| !l.is_empty()).collect();
            let plain = |l: &&Vec<usize>| {
                l.iter().all(|i| tree.nodes.get(*i).is_some_and(|n| !n.media.is("text/html")))
            };
            sets.iter().find(plain).or_else(|| sets.first()).cloned().unwrap_or_default()
        }
        "multipart/encrypted" => Vec::new(),
        // RFC 2387, RFC 1847: the first part is the content, the others belong to it.
        "multipart/related" | "multipart/signed" => node.children.first().map(child).unwrap_or_default(),
        _ => node.children.iter().flat_map(child).collect(),
    }
}

/// Says whether a leaf is text to read rather than a file.
fn is_text(bytes: &[u8], node: &Node) -> bool {
    let Some(_) = node.parent else {
        // A multipart without its boundary: what there is is shown.
        return matches!(node.media.essence(), "text/plain" | "text/html")
            || node.media.kind() == "multipart";
    };
    let (attached, name) = disposition(bytes, &node.header);
    matches!(node.media.essence(), "text/plain" | "text/html")
        && !attached
        && name.is_none()
        && node.media.parameter("name").is_none()
}

/// Returns the content of a leaf as text.
pub(super) fn leaf_text(bytes: &[u8], node: &Node) -> String {
    let content = content::decode(bytes, node);
    content::charset_text(&content, node.media.parameter("charset"))
}

/// Returns the white space that ends a body.
pub(super) fn trailing_space(body: &[u8]) -> &[u8] {
    cut(body, body.trim_ascii_end().len()..body.len())
}
