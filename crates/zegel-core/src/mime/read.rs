//! A draft as rules read it: texts with their places, and attachments one by one.

use std::borrow::Cow;
use std::io::{self, Read};

use super::draft::Draft;
use super::view::{View, leaf_text};
use super::{Source, content, cut, field};
use crate::material::{Origin, Piece, Spot, Visibility};

/// An attachment of a draft, wherever its bytes are.
pub struct DraftAttachment<'a> {
    /// File name, unique in the message.
    pub name: String,
    /// `type/subtype` in lower case, as the draft declares it.
    pub media_type: String,
    content: Content<'a>,
}

enum Content<'a> {
    Apart(&'a (dyn Source + Send)),
    Inside(Cow<'a, [u8]>),
}

impl std::fmt::Debug for DraftAttachment<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DraftAttachment").field("length", &self.length()).finish_non_exhaustive()
    }
}

impl DraftAttachment<'_> {
    /// Returns the length of the decoded content in bytes.
    pub fn length(&self) -> u64 {
        match &self.content {
            Content::Apart(source) => source.length(),
            Content::Inside(bytes) => bytes.len() as u64,
        }
    }

    /// Opens the decoded content at its beginning.
    ///
    /// # Errors
    /// Fails as the file behind it fails.
    pub fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        match &self.content {
            Content::Apart(source) => source.open(),
            Content::Inside(bytes) => Ok(Box::new(bytes.as_ref())),
        }
    }

    /// Returns what findings in it name as their origin.
    pub fn origin(&self) -> Origin {
        Origin::Attachment(vec![self.name.clone()])
    }
}

impl Draft {
    /// Returns the subject, the header fields and the text of the mail. Bcc is not among them: it is not in the draft.
    ///
    /// Of text that comes both plain and as HTML, both are returned: a reader sees either.
    pub fn pieces(&self) -> Vec<Piece> {
        let piece = |origin, text| Piece { origin, spot: Spot::Text, visibility: Visibility::Shown, text };
        let mut pieces = Vec::new();
        if !self.subject().is_empty() {
            pieces.push(piece(Origin::Subject, self.subject().to_owned()));
        }
        for header in &self.tree.root().header.fields {
            let name = String::from_utf8_lossy(cut(&self.message, header.name.clone())).to_ascii_lowercase();
            // Addresses are judged as recipients, and what the transport wrote says nothing about the content.
            let judged_elsewhere = ["subject", "from", "to", "cc", "bcc", "received", "dkim-signature"];
            let text = field::text(cut(&self.message, header.value.clone()));
            if !judged_elsewhere.contains(&name.as_str()) && !text.is_empty() {
                pieces.push(piece(Origin::Header(name), text));
            }
        }
        let view = View::of(&self.message, &self.tree);
        for node in view.text_nodes(&self.tree) {
            let text = leaf_text(&self.message, node);
            let text = if node.media.is("text/html") {
                mail_parser::decoders::html::html_to_text(&text)
            } else {
                text
            };
            pieces.push(piece(Origin::Body, text.replace("\r\n", "\n")));
        }
        pieces
    }

    /// Returns every attachment: those inside the message, then those that travel apart.
    pub fn attachments(&self) -> Vec<DraftAttachment<'_>> {
        let view = View::of(&self.message, &self.tree);
        let inside = view.attachments.into_iter().filter_map(|leaf| {
            let node = self.tree.nodes.get(leaf.node)?;
            let content = Content::Inside(content::decode(&self.message, node));
            Some(DraftAttachment { name: leaf.name, media_type: node.media.essence().to_owned(), content })
        });
        let apart = self.parts().iter().map(|part| DraftAttachment {
            name: part.name.clone(),
            media_type: part.media_type.clone(),
            content: Content::Apart(part.source.as_ref()),
        });
        inside.chain(apart).collect()
    }

    /// Returns every text, plain and HTML, decoded but otherwise as it is written: for a virus scanner.
    pub fn texts(&self) -> Vec<Cow<'_, [u8]>> {
        View::of(&self.message, &self.tree).texts(&self.message, &self.tree)
    }

    /// Returns a digest of everything that is judged: another draft has another one.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut hash = blake3::Hasher::new();
        hash.update(&self.message);
        for part in self.parts() {
            hash.update(&part.source.length().to_le_bytes());
        }
        *hash.finalize().as_bytes()
    }
}
