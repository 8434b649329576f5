//! The draft: a message before any decision.

use std::ops::Range;

use thiserror::Error;

use super::content::{self, Encoding};
use super::field;
use super::scan::{Header, Node, Tree};
use super::top::{self, HeaderError, Top};
use super::view::{ACCESS_TYPE, View, is_stub, trailing_space};
use super::{Limit, PART_THRESHOLD, Source, cut, sealed};
use crate::address::{Address, Mailbox};
use crate::time::Timestamp;

/// Tells why a text is not taken as a draft, or cannot be sealed as it is; nothing was changed or sent.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DraftError {
    /// The content of an attachment could not be read.
    #[error("cannot read the attachment {name:?}")]
    Attachment {
        /// Its name.
        name: String,
        /// What the source says.
        #[source]
        source: std::io::Error,
    },
    /// The edits of `docs/formats/mail.md` would change how the message reads.
    #[error("this message cannot be protected without changing how it reads")]
    Changed(#[source] Option<Box<super::InnerError>>),
    /// A header field cannot be relied on.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The message is beyond a limit.
    #[error("the message is too complex")]
    Limit(#[from] Limit),
    /// There is no sender: no `From` header and none was given.
    #[error("there is no From header and no sender was given")]
    NoFrom,
    /// The message has something that only Zegel puts there: it is sealed or protected already, or forged.
    #[error("the message already has {0}")]
    Reserved(&'static str),
    /// The mail was resent: other people than To and Cc name are to get it.
    #[error("the message has a {0} header; a mail that is passed on unchanged cannot be sealed")]
    Resent(&'static str),
    /// The message is a sealed message itself, not one that has a sealed message attached.
    #[error("this is a sealed message already")]
    Sealed,
    /// A header names a recipient who is not among those the caller listed.
    #[error("{0} stands in a header of the message but not among the recipients given")]
    Unlisted(Address),
    /// A given Message-ID is not one.
    #[error("not a message id: {0:?}")]
    MessageId(String),
}

/// Says who gets mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecipientSource {
    /// Whoever stands in To, Cc and Bcc (`sendmail -t`).
    #[default]
    Headers,
    /// The same, and these; one who stands in no header is a blind copy (`sendmail -t bob@example.org`).
    HeadersAnd(Vec<Address>),
    /// These and nobody else (`sendmail bob@example.org`); one who stands in no header is a blind copy.
    ///
    /// A message whose To, Cc or Bcc names somebody else is refused: sealing to that person would send mail that was
    /// not asked for, and leaving them out would show a recipient who never got it.
    Only(Vec<Address>),
}

/// How a draft is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftOptions {
    /// Decoded size above which an attachment becomes a [`DraftPart`].
    pub part_threshold: u64,
    /// The sender where the message has no `From`.
    pub from: Option<Mailbox>,
    /// Who gets mail.
    pub recipients: RecipientSource,
}

impl Default for DraftOptions {
    fn default() -> Self {
        Self { part_threshold: PART_THRESHOLD, from: None, recipients: RecipientSource::Headers }
    }
}

/// A part that travels as its own age file.
pub struct DraftPart {
    /// File name, safe to show and to create; the same one that the reader's [`super::ExternalPart`] gives.
    pub name: String,
    /// `type/subtype` in lower case.
    pub media_type: String,
    /// The decoded content.
    pub source: Box<dyn Source + Send>,
}

impl std::fmt::Debug for DraftPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DraftPart").field("length", &self.source.length()).finish_non_exhaustive()
    }
}

/// A message before any decision.
///
/// Bcc fields are taken out of its bytes when it is made: nothing that comes later can leak what is not there.
pub struct Draft {
    /// The message without Bcc, large attachments replaced by stubs.
    pub(super) message: Vec<u8>,
    pub(super) tree: Tree,
    top: Top,
    from: Mailbox,
    bcc: Vec<Mailbox>,
    parts: Vec<DraftPart>,
}

impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft")
            .field("length", &self.message.len())
            .field("parts", &self.parts)
            .finish_non_exhaustive()
    }
}

impl Draft {
    /// Reads a message as a mail program wrote it.
    ///
    /// # Errors
    /// Refuses what `docs/formats/mail.md` section 2 lists; never leaves out a recipient it does not understand.
    pub fn parse(eml: &[u8], options: &DraftOptions) -> Result<Self, DraftError> {
        let eml = without_mbox_line(eml.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(eml));
        if sealed::is_container(eml) {
            return Err(DraftError::Sealed);
        }
        let tree = Tree::read(eml, 0..eml.len())?;
        let header = &tree.root().header;
        // Before anything else: a Bcc that some program would see and we would leave in.
        Top::check(eml, &tree)?;
        let mut bcc = top::mailboxes(eml, header, "bcc", "Bcc")?;
        // RFC 5322 section 3.6.6: with these, the mail is for other people than To and Cc say. Whom we left out, or wrote to
        // a second time, would get no explanation.
        for (name, shown) in
            [("resent-to", "Resent-To"), ("resent-cc", "Resent-Cc"), ("resent-bcc", "Resent-Bcc")]
        {
            if header.named(eml, name).next().is_some() {
                return Err(DraftError::Resent(shown));
            }
        }
        refuse_reserved(eml, &tree)?;

        let mut edits: Vec<(Range<usize>, Vec<u8>)> = Vec::new();
        for field in &header.fields {
            let name = cut(eml, field.name.clone());
            if name.eq_ignore_ascii_case(b"bcc") {
                edits.push((field.whole.clone(), Vec::new()));
            }
        }
        let eol = line_ending(eml);
        let mut sources: Vec<Box<dyn Source + Send>> = Vec::new();
        for (_, node) in tree.nodes.iter().enumerate().filter(|(_, n)| may_travel_apart(eml, n)) {
            // Decoding never makes longer: a short body needs no look.
            if node.body.len() as u64 <= options.part_threshold {
                continue;
            }
            let Some(content) = content::decode_strict(eml, node) else { continue };
            if content.len() as u64 > options.part_threshold {
                edits.push((node.header.whole.start..node.body.end, stub(eml, node, sources.len() + 1, eol)));
                sources.push(Box::new(content));
            }
        }
        let message = edit(eml, &edits);
        let tree = if edits.is_empty() {
            tree
        } else {
            let after = Tree::read(&message, 0..message.len())?;
            if !same_but_stubs(eml, &tree, &message, &after) {
                return Err(DraftError::Changed(None));
            }
            after
        };
        let mut draft = Self::from_message(message, tree, sources, options.from.clone())?;
        draft.top_up(&mut bcc, &options.recipients)?;
        draft.bcc = bcc;
        Ok(draft)
    }

    /// Makes a draft of a message whose stubs stand for `sources`, in order.
    pub(super) fn from_message(
        message: Vec<u8>,
        tree: Tree,
        sources: Vec<Box<dyn Source + Send>>,
        from: Option<Mailbox>,
    ) -> Result<Self, DraftError> {
        let top = Top::read(&message, &tree)?;
        let from = top.from.clone().or(from).ok_or(DraftError::NoFrom)?;
        let stubs = View::of(&message, &tree).stubs;
        if stubs.len() != sources.len() {
            return Err(DraftError::Changed(None));
        }
        let parts = stubs
            .into_iter()
            .zip(sources)
            .map(|(stub, source)| DraftPart { name: stub.name, media_type: stub.media_type, source })
            .collect();
        Ok(Self { message, tree, top, from, bcc: Vec::new(), parts })
    }

    /// Sets the blind copies.
    pub(super) fn set_bcc(&mut self, bcc: Vec<Mailbox>) {
        self.bcc = bcc;
    }

    /// Applies what the caller says about recipients to those of the headers.
    fn top_up(&self, bcc: &mut Vec<Mailbox>, recipients: &RecipientSource) -> Result<(), DraftError> {
        let (listed, only) = match recipients {
            RecipientSource::Headers => return Ok(()),
            RecipientSource::HeadersAnd(listed) => (listed, false),
            RecipientSource::Only(listed) => (listed, true),
        };
        let in_headers: Vec<&Address> =
            self.to().iter().chain(self.cc()).chain(bcc.iter()).map(|m| &m.address).collect();
        let set: std::collections::HashSet<&Address> = listed.iter().collect();
        if let Some(stranger) = in_headers.iter().find(|a| only && !set.contains(*a)) {
            return Err(DraftError::Unlisted((*stranger).clone()));
        }
        let mut seen: std::collections::HashSet<&Address> = in_headers.into_iter().collect();
        let more: Vec<Mailbox> =
            listed.iter().filter(|a| seen.insert(a)).cloned().map(Mailbox::from).collect();
        bcc.extend(more);
        Ok(())
    }

    /// Returns the sender.
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

    /// Returns who gets a blind copy. Nothing that is written for others holds them.
    pub fn bcc(&self) -> &[Mailbox] {
        &self.bcc
    }

    /// Returns the decoded subject, empty when there is none.
    pub fn subject(&self) -> &str {
        &self.top.subject
    }

    /// Returns the time in `Date`, none when there is none or it is no date.
    pub fn date(&self) -> Option<Timestamp> {
        self.top.date
    }

    /// Returns the Message-ID with its angle brackets, none when there is none or it is not well formed.
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

    /// Returns the parts that travel apart; part `i` of this list is number `i + 1` in the message.
    pub fn parts(&self) -> &[DraftPart] {
        &self.parts
    }

    /// Takes the parts out.
    pub fn into_parts(self) -> Vec<DraftPart> {
        self.parts
    }

    /// Returns the keyword of Auto-Submitted (RFC 3834 section 5), if it says that a program wrote this.
    pub(super) fn auto_submitted(&self) -> Option<String> {
        let value = field::text(self.tree.root().header.value(&self.message, "auto-submitted")?);
        let keyword: String =
            value.chars().take_while(|c| c.is_ascii_alphabetic() || *c == '-').take(40).collect();
        Some(keyword.to_ascii_lowercase()).filter(|k| !k.is_empty())
    }

    /// Says whether the top header has a field.
    pub(super) fn has(&self, name: &str) -> bool {
        self.tree.root().header.named(&self.message, name).next().is_some()
    }
}

/// Returns the line ending that the first line uses; CRLF where there is none.
pub(super) fn line_ending(bytes: &[u8]) -> &'static str {
    match bytes.iter().position(|b| *b == b'\n') {
        Some(at) if at == 0 || bytes.get(at - 1) != Some(&b'\r') => "\n",
        _ => "\r\n",
    }
}

/// Drops the line that mbox files and some mail programs put in front of a message.
fn without_mbox_line(eml: &[u8]) -> &[u8] {
    if !eml.starts_with(b"From ") {
        return eml;
    }
    match eml.iter().take(2_000).position(|b| *b == b'\n') {
        // `From : alice@example.org` is a header with a space, not such a line.
        Some(end) if !cut(eml, 5..end).trim_ascii_start().starts_with(b":") => cut(eml, end + 1..eml.len()),
        _ => eml,
    }
}

fn refuse_reserved(eml: &[u8], tree: &Tree) -> Result<(), DraftError> {
    let root = tree.root();
    if root.header.named(eml, "hp-outer").next().is_some() {
        return Err(DraftError::Reserved("an HP-Outer header"));
    }
    if root.media.count("hp") > 0 {
        return Err(DraftError::Reserved("header protection"));
    }
    if tree.nodes.iter().any(is_stub) {
        return Err(DraftError::Reserved("a stub of a large attachment"));
    }
    // Sealed twice, it would open to something that its reader has to open again, under a sender and date of the wrapping.
    if sealed::is_sealed_mail(eml, tree) {
        return Err(DraftError::Sealed);
    }
    Ok(())
}

/// Says whether a leaf may become a part of its own.
fn may_travel_apart(bytes: &[u8], node: &Node) -> bool {
    let media = &node.media;
    let opaque = matches!(media.essence(), "application/pkcs7-mime" | "application/x-pkcs7-mime");
    let has_header = node.header.end < node.header.whole.end && !node.header.fields.is_empty();
    node.parent.is_some()
        && node.is_leaf()
        && !node.frozen
        && has_header
        && !opaque
        && !matches!(media.kind(), "multipart" | "message")
        && (media.kind() != "text" || field::disposition(bytes, &node.header).0)
        && one_of_each(bytes, &node.header)
}

/// Says whether the fields that decide about decoding stand at most once.
fn one_of_each(bytes: &[u8], header: &Header) -> bool {
    ["content-type", "content-transfer-encoding", "content-disposition"]
        .iter()
        .all(|name| header.named(bytes, name).nth(1).is_none())
}

/// Writes the stub of a leaf (`docs/formats/mail.md` section 3).
fn stub(bytes: &[u8], node: &Node, index: usize, eol: &str) -> Vec<u8> {
    let mut out = stub_head(index, eol).into_bytes();
    out.extend_from_slice(cut(bytes, node.header.whole.clone()));
    // Only in base64 is white space at the end not content.
    if Encoding::of(bytes, &node.header) == Encoding::Base64 {
        out.extend_from_slice(trailing_space(cut(bytes, node.body.clone())));
    }
    out
}

/// Writes the header of a stub and its empty line.
pub(super) fn stub_head(index: usize, eol: &str) -> String {
    format!("Content-Type: message/external-body; access-type={ACCESS_TYPE}; index={index}{eol}{eol}")
}

/// Replaces ranges (in order, not overlapping) by other bytes.
pub(super) fn edit(bytes: &[u8], edits: &[(Range<usize>, Vec<u8>)]) -> Vec<u8> {
    let grown: usize = edits.iter().map(|(_, new)| new.len()).sum();
    let gone: usize = edits.iter().map(|(range, _)| range.len()).sum();
    let mut out = Vec::with_capacity((bytes.len() + grown).saturating_sub(gone));
    let mut at = 0;
    for (range, new) in edits {
        out.extend_from_slice(cut(bytes, at..range.start));
        out.extend_from_slice(new);
        at = range.end;
    }
    out.extend_from_slice(cut(bytes, at..bytes.len()));
    out
}

/// Says whether two messages have the same tree: each entity the same type, header and content, byte for byte. Not
/// compared are the top header, which the callers edit, and leaves that became stubs.
pub(super) fn same_but_stubs(before: &[u8], old: &Tree, after: &[u8], new: &Tree) -> bool {
    old.nodes.len() == new.nodes.len()
        && old.nodes.iter().zip(&new.nodes).all(|(a, b)| {
            if is_stub(b) && !is_stub(a) {
                return a.is_leaf()
                    && cut(after, b.body.clone()).starts_with(cut(before, a.header.whole.clone()));
            }
            let header = a.parent.is_none()
                || cut(before, a.header.whole.clone()) == cut(after, b.header.whole.clone());
            let body = !a.is_leaf() || cut(before, a.body.clone()) == cut(after, b.body.clone());
            header
                && body
                && a.parent == b.parent
                && a.media.essence() == b.media.essence()
                && a.frozen == b.frozen
        })
}
