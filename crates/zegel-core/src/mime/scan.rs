//! The structure of a message: header fields and entities as ranges of the original bytes.
//!
//! Linear in the size of the message times the (bounded) depth, without recursion on content, and without copies. An
//! attached message (`message/rfc822`) is a leaf: its bytes are carried, not looked into.

use std::hash::{DefaultHasher, Hasher};
use std::ops::Range;

use super::field::MediaType;
use super::{Limit, cut};

const HEADER_MAX: usize = 1 << 20;
const FIELDS_MAX: usize = 10_000;
const PARTS_MAX: usize = 10_000;
const DEPTH_MAX: usize = 100;
/// Longest field name that is taken for one; the longest registered name has 45 characters.
const NAME_MAX: usize = 200;

/// One header field, as ranges.
#[derive(Debug, Clone)]
pub(super) struct Field {
    /// The name, without space before the colon.
    pub(super) name: Range<usize>,
    /// What follows the colon, up to and without the last line ending.
    pub(super) value: Range<usize>,
    /// The whole field with its last line ending.
    pub(super) whole: Range<usize>,
}

/// The header section of an entity.
#[derive(Debug, Clone, Default)]
pub(super) struct Header {
    /// Its fields in order.
    pub(super) fields: Vec<Field>,
    /// From the first byte of the entity to the first of the body, the empty line included.
    pub(super) whole: Range<usize>,
    /// Where the empty line begins (equals the end of `whole` when there is none).
    pub(super) end: usize,
}

impl Header {
    /// Reads the header section at the start of `range`.
    ///
    /// It ends at an empty line, at the end of the range, or at the first line that is no field: such a line already
    /// belongs to the body (a sender forgot the empty line).
    pub(super) fn read(bytes: &[u8], range: Range<usize>) -> Result<Self, Limit> {
        let mut fields: Vec<Field> = Vec::new();
        let mut at = range.start;
        let cap = range.end.min(range.start.saturating_add(HEADER_MAX));
        let (end, body) = loop {
            let rest = cut(bytes, at..range.end);
            if let Some(length) = empty_line(rest) {
                break (at, at + length);
            }
            if rest.is_empty() {
                break (at, at);
            }
            let continues = matches!(rest.first(), Some(b' ' | b'\t')) && !fields.is_empty();
            let name = if continues { None } else { field_name(rest) };
            if !continues && name.is_none() {
                break (at, at);
            }
            let line = match cut(bytes, at..cap).iter().position(|b| *b == b'\n') {
                Some(length) => length + 1,
                None if cap < range.end => return Err(Limit::Header),
                None => rest.len(),
            };
            let next = at + line;
            let value_end = at + without_line_end(cut(bytes, at..next)).len();
            if let Some((name, colon)) = name {
                if fields.len() == FIELDS_MAX {
                    return Err(Limit::Fields);
                }
                let value = (at + colon + 1)..value_end.max(at + colon + 1);
                fields.push(Field { name: at..at + name, value, whole: at..next });
            } else if let Some(field) = fields.last_mut() {
                field.value.end = value_end.max(field.value.start);
                field.whole.end = next;
            }
            at = next;
        };
        Ok(Self { fields, whole: range.start..body, end })
    }

    /// Returns the fields of a name (given in lower case), in order.
    pub(super) fn named<'a>(&'a self, bytes: &'a [u8], name: &'a str) -> impl Iterator<Item = &'a Field> {
        self.fields.iter().filter(move |f| cut(bytes, f.name.clone()).eq_ignore_ascii_case(name.as_bytes()))
    }

    /// Returns the value of the first field of a name.
    pub(super) fn value<'a>(&'a self, bytes: &'a [u8], name: &'a str) -> Option<&'a [u8]> {
        self.named(bytes, name).next().map(|f| cut(bytes, f.value.clone()))
    }

    /// Returns the first of `names` (lower case) that stands where programs disagree whether it is a field: behind a
    /// bare CR in a value, in a name with odd characters, or after a line that is no field.
    pub(super) fn smuggled<'n>(&self, bytes: &[u8], names: &[&'n str], end: usize) -> Option<&'n str> {
        let find = |line: &[u8]| {
            let colon = line.iter().take(NAME_MAX).position(|b| *b == b':')?;
            let bare: Vec<u8> = cut(line, 0..colon)
                .iter()
                .filter(|b| b.is_ascii_alphanumeric() || **b == b'-')
                .map(u8::to_ascii_lowercase)
                .collect();
            names.iter().copied().find(|name| name.as_bytes() == bare)
        };
        let mut found = self
            .fields
            .iter()
            .find_map(|field| cut(bytes, field.value.clone()).split(|b| *b == b'\r').skip(1).find_map(find));
        if found.is_none() && self.end == self.whole.end {
            let rest = cut(bytes, self.end..end.min(self.end.saturating_add(HEADER_MAX)));
            found = rest
                .split(|b| *b == b'\n')
                .take_while(|line| !line.iter().all(|b| *b == b'\r'))
                .flat_map(|line| line.split(|b| *b == b'\r'))
                .find_map(|line| find(line).or_else(|| find(line.strip_prefix(b":")?)));
        }
        found
    }
}

/// One entity of the tree.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) parent: Option<usize>,
    pub(super) depth: usize,
    pub(super) header: Header,
    pub(super) body: Range<usize>,
    pub(super) media: MediaType,
    /// Indexes of the parts of a multipart; a multipart whose boundary never comes has none and is a leaf.
    pub(super) children: Vec<usize>,
    /// Inside `multipart/signed` or `multipart/encrypted`: must stay byte for byte.
    pub(super) frozen: bool,
}

impl Node {
    pub(super) fn is_leaf(&self) -> bool {
        self.children.is_empty()
    }
}

/// A message as a tree of entities, in order of appearance; the first is the message itself.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
}

impl Tree {
    /// Reads the structure of the message in `range`.
    pub(super) fn read(bytes: &[u8], range: Range<usize>) -> Result<Self, Limit> {
        let delimiters = Delimiters::read(bytes, range.clone());
        let mut tree = Self { nodes: Vec::new() };
        // What is still to be read, last first, so that nodes come in order of appearance.
        let mut waiting: Vec<(Option<usize>, Range<usize>)> = vec![(None, range)];
        while let Some((parent, range)) = waiting.pop() {
            if tree.nodes.len() + waiting.len() >= PARTS_MAX {
                return Err(Limit::Parts);
            }
            let header = Header::read(bytes, range.clone())?;
            let above = parent.and_then(|p| tree.nodes.get(p));
            let digest = above.is_some_and(|p| p.media.is("multipart/digest"));
            let media = MediaType::of(bytes, &header, digest);
            let depth = above.map_or(0, |p| p.depth + 1);
            if depth > DEPTH_MAX {
                return Err(Limit::Depth);
            }
            let frozen = above.is_some_and(|p| {
                p.frozen || p.media.is("multipart/signed") || p.media.is("multipart/encrypted")
            });
            let body = header.whole.end..range.end;
            let parts = match media.boundary() {
                Some(boundary) => split(bytes, body.clone(), boundary, &delimiters),
                None => Vec::new(),
            };
            let index = tree.nodes.len();
            if index + waiting.len() + parts.len() >= PARTS_MAX {
                return Err(Limit::Parts);
            }
            waiting.extend(parts.into_iter().rev().map(|part| (Some(index), part)));
            tree.nodes.push(Node { parent, depth, header, body, media, children: Vec::new(), frozen });
            if let Some(parent) = parent.and_then(|p| tree.nodes.get_mut(p)) {
                parent.children.push(index);
            }
        }
        Ok(tree)
    }

    /// Returns the message itself.
    pub(super) fn root(&self) -> &Node {
        self.nodes.first().expect("read() makes at least the root")
    }
}

/// Returns the length of the empty line at the start, if there is one (also `CR CR LF`).
fn empty_line(rest: &[u8]) -> Option<usize> {
    let returns = rest.iter().take_while(|b| **b == b'\r').count();
    (rest.get(returns) == Some(&b'\n')).then_some(returns + 1)
}

/// Returns the length of the field name at the start and the position of its colon (RFC 5322 section 2.2, 4.5.8).
fn field_name(rest: &[u8]) -> Option<(usize, usize)> {
    let colon = rest.iter().take(NAME_MAX).position(|b| *b == b':')?;
    let name = cut(rest, 0..colon);
    let length = name.trim_ascii_end().len();
    let good = length > 0 && cut(name, 0..length).iter().all(u8::is_ascii_graphic);
    let padding = cut(name, length..colon).iter().all(|b| matches!(b, b' ' | b'\t'));
    (good && padding).then_some((length, colon))
}

fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The lines that begin with two hyphens, the only ones that can be delimiters, to be looked up by their text.
///
/// Without it every multipart would compare every such line below it: a hundred levels times a hundred thousand lines.
struct Delimiters {
    /// Hash of the text after the hyphens and without white space at the end, and where the line starts; sorted.
    lines: Vec<(u64, usize)>,
}

impl Delimiters {
    fn read(bytes: &[u8], range: Range<usize>) -> Self {
        let mut lines = Vec::new();
        let mut at = range.start;
        for line in cut(bytes, range).split_inclusive(|b| *b == b'\n') {
            if let Some(text) = line.strip_prefix(b"--") {
                lines.push((hash(&[delimiter_text(text)]), at));
            }
            at += line.len();
        }
        lines.sort_unstable();
        Self { lines }
    }

    /// Returns the starts of the lines in `range` that are two hyphens and `pieces`, in order.
    fn find<'a>(
        &'a self,
        bytes: &'a [u8],
        range: Range<usize>,
        pieces: [&'a [u8]; 2],
    ) -> impl Iterator<Item = usize> {
        let wanted = hash(&pieces);
        let first = self.lines.partition_point(|line| *line < (wanted, range.start));
        self.lines
            .get(first..)
            .unwrap_or_default()
            .iter()
            .take_while(move |(hash, start)| *hash == wanted && *start < range.end)
            .map(|(_, start)| *start)
            .filter(move |start| {
                let text = delimiter_text(line_at(bytes, *start + 2));
                text.strip_prefix(pieces[0]).is_some_and(|rest| rest == pieces[1])
            })
    }
}

fn hash(pieces: &[&[u8]]) -> u64 {
    let mut hasher = DefaultHasher::new();
    pieces.iter().for_each(|piece| hasher.write(piece));
    hasher.finish()
}

/// Drops the line ending and the white space that mail servers add (RFC 2046 section 5.1.1 `transport-padding`).
fn delimiter_text(line: &[u8]) -> &[u8] {
    let padding = line.iter().rev().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).count();
    cut(line, 0..line.len() - padding)
}

/// Returns the line that starts at `at`, with its ending.
fn line_at(bytes: &[u8], at: usize) -> &[u8] {
    bytes.get(at..).unwrap_or_default().split_inclusive(|b| *b == b'\n').next().unwrap_or_default()
}

/// Splits the body of a multipart at its delimiter lines (RFC 2046 section 5.1.1).
fn split(bytes: &[u8], body: Range<usize>, boundary: &[u8], delimiters: &Delimiters) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut open: Option<usize> = None;
    let close = delimiters.find(bytes, body.clone(), [boundary, b"--"]).next();
    let end = close.unwrap_or(body.end);
    for start in delimiters.find(bytes, body.start..end, [boundary, b""]) {
        if let Some(open) = open {
            parts.push(open..line_end_before(bytes, start).max(open));
        }
        open = Some((start + line_at(bytes, start).len()).min(body.end));
        // Enough for the caller to see that there are too many; the rest is not collected.
        if parts.len() > PARTS_MAX {
            return parts;
        }
    }
    // Without a closing delimiter, what there is belongs to the last part.
    if let Some(open) = open {
        let end = close.map_or(body.end, |close| line_end_before(bytes, close));
        parts.push(open..end.max(open));
    }
    parts
}

/// Returns where the line before `start` ends: the line ending before a delimiter belongs to the delimiter.
fn line_end_before(bytes: &[u8], start: usize) -> usize {
    let before = cut(bytes, 0..start);
    without_line_end(before).len()
}
