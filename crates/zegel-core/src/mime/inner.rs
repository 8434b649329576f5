//! The inner message: what was encrypted, as a reader gets it.

use std::borrow::Cow;

use thiserror::Error;

use super::outer::OuterView;
use super::read::PAGE_MAX;
use super::scan::{Field, Header, Tree};
use super::top::{HeaderError, Top};
use super::view::{View, leaf_text};
use super::{Limit, content, cut};
use crate::address::Mailbox;
use crate::html::Page;
use crate::time::Timestamp;

/// Tells why bytes are not an inner message; nothing of them may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InnerError {
    /// A header field cannot be relied on.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The message is beyond a limit.
    #[error("the message is too complex")]
    Limit(#[from] Limit),
    /// There is no sender.
    #[error("there is no From header")]
    NoFrom,
    /// There is not exactly one `hp="cipher"` (RFC 9788 section 2.1).
    #[error("the message is not marked as protected")]
    NotProtected,
    /// The stubs of parts are not numbered 1, 2, 3 and so on.
    #[error("the parts of the message are not numbered in order")]
    Parts,
    /// The protected copy of the outer header is missing or not as Zegel writes it.
    #[error("the copy of the outer header is not in its place")]
    TopBlock,
}

/// An attachment that travels apart.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExternalPart {
    /// Its number, from 1.
    pub index: u32,
    /// File name, safe to show and to create, unique in the message.
    pub name: String,
    /// `type/subtype` in lower case.
    pub media_type: String,
}

/// An attachment inside the message.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttachmentView {
    /// File name, safe to show and to create, unique in the message.
    pub name: String,
    /// `type/subtype` in lower case.
    pub media_type: String,
    /// The decoded content.
    pub content: Vec<u8>,
}

impl std::fmt::Debug for AttachmentView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AttachmentView").field("length", &self.content.len()).finish_non_exhaustive()
    }
}

/// A decrypted message that is well formed in everything that Zegel relies on.
pub struct InnerMessage {
    bytes: Vec<u8>,
    tree: Tree,
    top: Top,
    from: Mailbox,
    view: View,
    /// Fields of the top block before the first `HP-Outer`.
    added: usize,
    /// Fields of the whole top block.
    top_block: usize,
}

impl std::fmt::Debug for InnerMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InnerMessage").field("length", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl InnerMessage {
    /// Reads and checks the decrypted body, without padding.
    ///
    /// # Errors
    /// Refuses what `docs/formats/mail.md` section 2 lists. A second From, Subject or other field that counts is an
    /// error: programs differ in which one they show, and a forger picks the difference.
    pub fn parse(body: Vec<u8>) -> Result<Self, InnerError> {
        let tree = Tree::read(&body, 0..body.len())?;
        let top = Top::read(&body, &tree)?;
        let from = top.from.clone().ok_or(InnerError::NoFrom)?;
        let media = &tree.root().media;
        if media.count("hp") != 1 || media.parameter("hp") != Some("cipher") {
            return Err(InnerError::NotProtected);
        }
        let (added, top_block) = top_block(&body, &tree.root().header).ok_or(InnerError::TopBlock)?;
        let view = View::of(&body, &tree);
        if !view.stubs.iter().zip(1..).all(|(stub, number)| stub.index == Some(number)) {
            return Err(InnerError::Parts);
        }
        Ok(Self { bytes: body, tree, top, from, view, added, top_block })
    }

    /// Returns the sender: exactly one.
    pub fn from(&self) -> &Mailbox {
        &self.from
    }

    /// Returns who stands in To.
    pub fn to(&self) -> &[Mailbox] {
        &self.top.to
    }

    /// Returns who stands in Cc.
    pub fn cc(&self) -> &[Mailbox] {
        &self.top.cc
    }

    /// Returns the decoded subject, empty when there is none.
    pub fn subject(&self) -> &str {
        &self.top.subject
    }

    /// Returns the time in Date, none when it is no date.
    pub fn date(&self) -> Option<Timestamp> {
        self.top.date
    }

    /// Returns the Message-ID with its angle brackets, none when it is not well formed.
    pub fn internet_message_id(&self) -> Option<&str> {
        self.top.message_id.as_deref()
    }

    /// Returns the first well-formed id of In-Reply-To.
    pub fn in_reply_to(&self) -> Option<&str> {
        self.top.in_reply_to.as_deref()
    }

    /// Returns the well-formed ids of References, oldest first.
    pub fn references(&self) -> &[String] {
        &self.top.references
    }

    /// Returns the attachments that travel apart, in order of their numbers.
    pub fn external_parts(&self) -> Vec<ExternalPart> {
        let part = |(stub, index): (&super::view::Stub, u32)| ExternalPart {
            index,
            name: stub.name.clone(),
            media_type: stub.media_type.clone(),
        };
        self.view.stubs.iter().zip(1..).map(part).collect()
    }

    /// Returns the readable text with line feeds: the plain text, or the HTML rendered. None when there is neither.
    pub fn text(&self) -> Option<String> {
        let leaves: Vec<_> = self.view.text.iter().filter_map(|i| self.tree.nodes.get(*i)).collect();
        let mut out = String::new();
        for (index, node) in leaves.iter().enumerate() {
            let text = leaf_text(&self.bytes, node);
            let text = if node.media.is("text/html") { render(&text) } else { text };
            if index > 0 && !out.ends_with('\n') {
                out.push('\n');
            }
            out.push_str(&text.replace("\r\n", "\n"));
        }
        (!leaves.is_empty()).then_some(out)
    }

    /// Returns the HTML of the message as it was written: hostile until it was sanitised.
    pub fn html(&self) -> Option<String> {
        let leaves = self.view.html.iter().filter_map(|i| self.tree.nodes.get(*i));
        let texts: Vec<String> = leaves.map(|node| leaf_text(&self.bytes, node)).collect();
        (!texts.is_empty()).then(|| texts.join("\n"))
    }

    /// Returns every text, plain and HTML, decoded but otherwise as it was written: for a virus scanner.
    pub fn texts(&self) -> Vec<Cow<'_, [u8]>> {
        self.view.texts(&self.bytes, &self.tree)
    }

    /// Returns the attachments inside the message, decoded one at a time.
    pub fn attachments(&self) -> impl Iterator<Item = AttachmentView> {
        self.view.attachments.iter().filter_map(|leaf| {
            let node = self.tree.nodes.get(leaf.node)?;
            Some(AttachmentView {
                name: leaf.name.clone(),
                media_type: node.media.essence().to_owned(),
                content: content::decode(&self.bytes, node).into_owned(),
            })
        })
    }

    /// Returns the bytes as they were decrypted.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes the bytes out.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Returns the sealed copy of the outer header (`HP-Outer`, RFC 9788 section 2.2).
    pub fn sealed_outer(&self) -> OuterView {
        let copies = self.fields().get(self.added..self.top_block).unwrap_or_default();
        let mut text = Vec::new();
        for field in copies {
            text.extend_from_slice(cut(&self.bytes, field.value.clone()).trim_ascii_start());
            text.extend_from_slice(b"\r\n");
        }
        let header = Header::read(&text, 0..text.len()).unwrap_or_default();
        OuterView::read(&text, &header)
    }

    pub(super) fn tree(&self) -> &Tree {
        &self.tree
    }

    pub(super) fn view(&self) -> &View {
        &self.view
    }

    pub(super) fn fields(&self) -> &[Field] {
        &self.tree.root().header.fields
    }

    /// Returns how many fields of the top block stand before the first `HP-Outer`, and how many it has.
    pub(super) fn top_block(&self) -> (usize, usize) {
        (self.added, self.top_block)
    }
}

/// Checks the top block (`docs/formats/mail.md` section 1); returns its number of fields before `HP-Outer` and in all.
fn top_block(bytes: &[u8], header: &Header) -> Option<(usize, usize)> {
    let names: Vec<String> = header
        .fields
        .iter()
        .map(|f| String::from_utf8_lossy(cut(bytes, f.name.clone())).to_ascii_lowercase())
        .collect();
    let first = names.iter().position(|n| n == "hp-outer")?;
    let last = names.iter().rposition(|n| n == "hp-outer")?;
    let together = names.get(first..=last)?.iter().all(|n| n == "hp-outer");
    let mut order = ["from", "date", "message-id", "mime-version", "content-type"].iter();
    let in_order = names.get(..first)?.iter().all(|n| order.any(|known| known == n));
    (together && in_order && last - first >= 3).then_some((first, last + 1))
}

/// Renders HTML as text: what shows. A page beyond all measure says that it goes on.
fn render(html: &str) -> String {
    let page = Page::read(html, PAGE_MAX, &mut || true);
    let end = if page.cut { "\n[…]\n" } else { "" };
    format!("{}{end}", page.shown)
}
