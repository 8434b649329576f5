//! A draft as rules read it: texts with their places, and attachments one by one.

use std::borrow::Cow;
use std::io::{self, Read};

use super::content::{Encoding, charset_text, is_understood};
use super::draft::Draft;
use super::scan::{Header, Node};
use super::view::{self, View, leaf_text};
use super::{Source, content, cut, field};
use crate::html::Page;
use crate::material::{Material, Origin, Piece, Spot, Unread, UnreadReason, Visibility};

/// The most text of one page that is read.
pub(super) const PAGE_MAX: usize = 64 << 20;

/// What says that the lines after it are sealed.
const SEALED: &[&str] = &[
    "-----BEGIN AGE ENCRYPTED FILE-----",
    "-----BEGIN CMS-----",
    "-----BEGIN PGP MESSAGE-----",
    "-----BEGIN PKCS7-----",
];

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
    /// Returns what there is to judge outside the content of attachments: subject, header fields, names of people and files, and
    /// the text of the mail; and what of it nobody could read. Bcc is not among it: it is not in the draft.
    ///
    /// Of text that comes both plain and as HTML, both are returned: a reader sees either.
    pub fn material(&self) -> Material {
        let mut material = Material::default();
        self.headers(&mut material);
        let view = View::of(&self.message, &self.tree);
        for node in view.text_nodes(&self.tree) {
            self.body(node, &mut material);
        }
        let mut origins: Vec<Option<Origin>> = vec![None; self.tree.nodes.len()];
        let files = view.attachments.iter().map(|leaf| (leaf.node, &leaf.name));
        for (node, name) in files.chain(view.stubs.iter().map(|stub| (stub.node, &stub.name))) {
            let origin = Origin::Attachment(vec![name.clone()]);
            add(&mut material, &origin, Spot::Metadata, Visibility::Shown, name.clone());
            if let Some(place) = origins.get_mut(node) {
                *place = Some(origin);
            }
        }
        for stub in &view.stubs {
            let origin = Origin::Attachment(vec![stub.name.clone()]);
            self.part_header(&stub.header, &origin, &mut material);
        }
        for (node, origin) in self.tree.nodes.iter().zip(origins) {
            let origin = origin.unwrap_or(Origin::Body);
            if node.parent.is_some() {
                self.part_header(&node.header, &origin, &mut material);
            }
            match Encoding::of(&self.message, &node.header) {
                Encoding::Other if !view::is_stub(node) => {
                    note(&mut material, &origin, UnreadReason::UnknownKind);
                }
                // RFC 2045 section 6.4 allows none there: some programs decode it all the same.
                Encoding::Base64 | Encoding::QuotedPrintable if !node.is_leaf() => {
                    note(&mut material, &origin, UnreadReason::Damaged);
                }
                _ => {}
            }
            if node.media.count("boundary") > 1 {
                note(&mut material, &origin, UnreadReason::Damaged);
            }
        }
        for node in self.tree.nodes.iter().filter(|node| !node.is_leaf()) {
            self.around_parts(node, &mut material);
        }
        material
    }

    /// Adds the subject, the fields of the header, and the names of people.
    fn headers(&self, material: &mut Material) {
        for header in &self.tree.root().header.fields {
            if field::has_unknown_charset(cut(&self.message, header.value.clone())) {
                let name =
                    String::from_utf8_lossy(cut(&self.message, header.name.clone())).to_ascii_lowercase();
                let origin = if name == "subject" { Origin::Subject } else { Origin::Header(name) };
                note(material, &origin, UnreadReason::UnknownKind);
            }
        }
        let mut shown = |origin, text| add(material, &origin, Spot::Text, Visibility::Shown, text);
        shown(Origin::Subject, self.subject().to_owned());
        for header in &self.tree.root().header.fields {
            let name = String::from_utf8_lossy(cut(&self.message, header.name.clone())).to_ascii_lowercase();
            // Addresses are judged as recipients, and what the transport wrote says nothing about the content.
            let judged_elsewhere = ["subject", "from", "to", "cc", "bcc", "received", "dkim-signature"];
            if !judged_elsewhere.contains(&name.as_str()) {
                let text = field::text(cut(&self.message, header.value.clone()));
                shown(Origin::Header(name), text);
            }
        }
        for (field, people) in
            [("from", std::slice::from_ref(self.from())), ("to", self.to()), ("cc", self.cc())]
        {
            let mut names: Vec<String> = people.iter().filter_map(|person| person.name.clone()).collect();
            // A comment and the name of a group (RFC 5322 sections 3.2.2 and 3.4) are nobody's name, and people read them
            // all the same.
            let values = self.tree.root().header.named(&self.message, field);
            let values = values.map(|one| field::text(cut(&self.message, one.value.clone())));
            names.extend(values.filter(|text| text.contains(['(', ':'])));
            add(
                material,
                &Origin::Header(field.to_owned()),
                Spot::Metadata,
                Visibility::Shown,
                names.join("\n"),
            );
        }
    }

    /// Adds one text of the mail.
    fn body(&self, node: &Node, material: &mut Material) {
        let text = leaf_text(&self.message, node).replace("\r\n", "\n");
        let origin = Origin::Body;
        if !is_understood(node.media.parameter("charset")) {
            note(material, &origin, UnreadReason::UnknownKind);
        }
        let mut show = |spot, visibility, text: String| {
            if let Some(reason) = packed_inside(&text) {
                note(material, &origin, reason);
            }
            add(material, &origin, spot, visibility, text);
        };
        if !node.media.is("text/html") {
            show(Spot::Text, Visibility::Shown, text);
            return;
        }
        let page = Page::read(&text, PAGE_MAX, &mut || true);
        show(Spot::Text, Visibility::Shown, page.shown);
        show(Spot::Text, Visibility::Hidden, page.hidden);
        show(Spot::Comments, Visibility::Hidden, page.comments);
        show(Spot::Metadata, Visibility::Hidden, page.words);
        let mut deeper = false;
        for file in &page.files {
            let inside = charset_text(&file.content, None);
            match file.media_type.as_str() {
                "text/html" => {
                    let page = Page::read(&inside, PAGE_MAX, &mut || true);
                    let all = [page.shown, page.hidden, page.comments, page.words].join("\n");
                    deeper |= page.cut || !page.files.is_empty();
                    show(Spot::Text, Visibility::Hidden, all);
                }
                "text/plain" | "text/css" | "text/csv" => show(Spot::Text, Visibility::Hidden, inside),
                _ => {}
            }
        }
        for file in page.files {
            match file.media_type.as_str() {
                "text/html" | "text/plain" | "text/css" | "text/csv" => {}
                kind if kind.starts_with("image/") => note(material, &Origin::Body, UnreadReason::ImageOnly),
                _ => note(material, &Origin::Body, UnreadReason::UnknownKind),
            }
        }
        if page.cut || deeper {
            note(material, &Origin::Body, UnreadReason::Limit);
        }
    }

    /// Adds the fields of a part, and says where programs may disagree about what the part is.
    fn part_header(&self, header: &Header, origin: &Origin, material: &mut Material) {
        let mut text = String::new();
        for one in &header.fields {
            let name = String::from_utf8_lossy(cut(&self.message, one.name.clone())).to_ascii_lowercase();
            let value = field::text(cut(&self.message, one.value.clone()));
            let structure = match name.as_str() {
                "content-transfer-encoding" => true,
                // Boundaries are made of digits.
                "content-type" => value.to_ascii_lowercase().contains("boundary"),
                _ => false,
            };
            if !structure {
                text.push_str(&value);
                text.push('\n');
            }
        }
        add(material, origin, Spot::Metadata, Visibility::Hidden, text.trim_end().to_owned());
        let twice = ["content-type", "content-transfer-encoding", "content-disposition"];
        if twice.iter().any(|name| header.named(&self.message, name).count() > 1) {
            note(material, origin, UnreadReason::Damaged);
        }
    }

    /// Adds what stands before the first part and behind the last, which no program shows.
    fn around_parts(&self, node: &Node, material: &mut Material) {
        let part = |index: Option<&usize>| index.and_then(|index| self.tree.nodes.get(*index));
        let (Some(first), Some(last)) = (part(node.children.first()), part(node.children.last())) else {
            return;
        };
        let before = cut(&self.message, node.body.start..first.header.whole.start);
        let behind = cut(&self.message, last.body.end..node.body.end);
        let boundary = node.media.boundary().unwrap_or_default();
        let mut text = String::new();
        let mut parts = 0;
        for line in before.split(|b| *b == b'\n').chain(behind.split(|b| *b == b'\n')) {
            let delimiter = line.strip_prefix(b"--").and_then(|line| line.strip_prefix(boundary));
            if delimiter.is_some() {
                parts += 1;
            } else {
                text.push_str(charset_text(line, None).trim_end());
                text.push('\n');
            }
        }
        // One delimiter opens the first part, one closes the last; parts behind that are parts for some programs.
        if parts > 2 {
            note(material, &Origin::Body, UnreadReason::Damaged);
        }
        if let Some(reason) = packed_inside(&text) {
            note(material, &Origin::Body, reason);
        }
        add(material, &Origin::Body, Spot::Metadata, Visibility::Hidden, text.trim().to_owned());
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

    /// Returns the mail without its large attachments, as it is carried: for a virus scanner.
    pub fn as_bytes(&self) -> &[u8] {
        &self.message
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

/// Adds a text, unless it is empty.
fn add(material: &mut Material, origin: &Origin, spot: Spot, visibility: Visibility, text: String) {
    if !text.trim().is_empty() {
        material.pieces.push(Piece { origin: origin.clone(), spot, visibility, text });
    }
}

/// Says once that something was not examined.
fn note(material: &mut Material, origin: &Origin, reason: UnreadReason) {
    let unread = Unread { origin: origin.clone(), reason };
    if !material.unread.contains(&unread) {
        material.unread.push(unread);
    }
}

/// Finds files that stand in a text by themselves: sealed ones, and the ways of packing from before MIME.
pub fn packed_inside(text: &str) -> Option<UnreadReason> {
    if SEALED.iter().any(|mark| text.contains(mark)) {
        return Some(UnreadReason::Encrypted);
    }
    text.lines().any(begins_packed).then_some(UnreadReason::UnknownKind)
}

/// `begin 644 name` (uuencode), `begin-base64 644 name`, `=ybegin line=128` (yEnc), `begin:` of BinHex.
fn begins_packed(line: &str) -> bool {
    let line = line.trim_start_matches(['>', ' ']);
    if line.starts_with("=ybegin ") || line.starts_with("(This file must be converted with BinHex") {
        return true;
    }
    let Some(rest) = line.strip_prefix("begin-base64 ").or_else(|| line.strip_prefix("begin ")) else {
        return false;
    };
    let mut words = rest.split_ascii_whitespace();
    let mode = words.next().unwrap_or_default();
    (3..=5).contains(&mode.len()) && mode.bytes().all(|b| matches!(b, b'0'..=b'7')) && words.next().is_some()
}
