//! Bodies: leaves, multiparts and messages in messages.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::random::Rng;
use super::APART;

/// Which of the two writings is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As a mail program wrote it.
    Draft,
    /// As the recipient gets it back.
    Restored,
}

/// A MIME entity.
pub(super) enum Entity {
    Leaf(Leaf),
    Message {
        inner: Box<(String, Self)>,
    },
    Multipart {
        kind: &'static str,
        boundary: String,
        edges: (&'static str, &'static str),
        children: Vec<Self>,
    },
}

/// A leaf: its fields without the transfer encoding (each without line end; `\n` folds), and its content.
pub(super) struct Leaf {
    fields: Vec<String>,
    encoding: Encoding,
    content: Vec<u8>,
    may_travel_apart: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// No field, `7bit`, `8bit`, `binary`.
    Identity(&'static str),
    Base64(usize),
    Quoted,
}

const CHARSETS: &[&str] = &[
    "us-ascii",
    "utf-8",
    "\"UTF-8\"; format=flowed",
    "iso-8859-1",
    "windows-1252",
    "koi8-r",
    "shift_jis",
    "utf-16le",
    "gb18030",
    "x-unknown",
    "utf-7",
];

const LINES: &[&[u8]] = &[
    b"Hello Bob,",
    b".",
    b"..",
    b".hidden",
    b"From the start of a line",
    b">From quoted",
    b"",
    b"trailing space ",
    b"-- ",
    b"--not-a-boundary--",
    b"Bcc: this is text, not a header",
    b"tab\there",
    b"=3D =20 soft=",
    "Grüße, 日本語 😀 \u{202e}abc".as_bytes(),
    b"latin1 \xE9\xE8 \xFF",
    b"bare\rCR\rin a line",
    b"nul \x00 and bell \x07",
];

const FILE_NAMES: &[&str] = &[
    "filename=plain.pdf",
    "filename=\"two words.pdf\"",
    "filename=\"\"",
    "filename=\"../../../etc/passwd\"",
    "filename=\"C:\\\\Windows\\\\System32\\\\evil.dll\"",
    "filename=\"/absolute\"",
    "filename=CON",
    "filename=\"nul.txt\"",
    "filename=\".\"",
    "filename=\"..\"",
    "filename=\".bashrc\"",
    "filename=\"a\u{202e}fdp.exe\"",
    "filename=\"😀 résumé.docx\"",
    "filename=\"=?utf-8?B?8J+YgC5wZGY=?=\"",
    "filename*=utf-8''%F0%9F%98%80%20%E2%82%AC.txt",
    "filename*=iso-8859-1'nl'caf%E9.txt;\n filename=\"cafe.txt\"",
    "filename*0=\"a very long name that \";\n filename*1=\"goes on.pdf\"",
    "filename*0*=utf-8''%e2%82%ac;\n filename*1*=%e2%82%ac;\n filename*2=\".pdf\"",
    "filename=\"semi;colon \\\"quote\\\".txt\"",
    "filename=\"duplicate.txt\"",
    "filename=\"duplicate.txt\"",
    "filename=\"trailing dot. \"",
    "filename=\"tab\there\"",
    "filename=\"new%0Aline\"",
    "filename=\"-rf\"",
    "filename=\"message.zegel\"",
];

/// Makes the body of a letter with about `size` bytes of content.
pub(super) fn make(rng: &mut Rng, size: usize) -> Entity {
    let attachments = match rng.below(10) {
        0..=2 => 0,
        3..=7 => 1 + rng.below(5),
        8 => 6 + rng.below(20),
        _ => 50,
    };
    if attachments == 0 {
        return if rng.once_in(4) && size < APART { alternative(rng, size) } else { text(rng, size) };
    }
    let mut children = Vec::new();
    let mut left = size;
    let first = rng.size(left.min(1 << 20));
    left -= first;
    children.push(if rng.once_in(2) { alternative(rng, first) } else { text(rng, first) });
    for number in 0..attachments {
        let share =
            if number + 1 == attachments { left } else { rng.below(2 * left / (attachments - number) + 1) };
        left -= share;
        children.push(match rng.below(12) {
            0 if share < APART => nested(rng, share, 1),
            1 if share < APART => signed(rng, share),
            _ => attachment(rng, share),
        });
    }
    multipart(rng, "mixed", children)
}

fn multipart(rng: &mut Rng, kind: &'static str, children: Vec<Entity>) -> Entity {
    let boundary = format!("{}{:x}", rng.pick(&["=_", "----=_Part_", "b'()+,-./:=?", "x"]), rng.next());
    let edges = *rng.pick(&[
        ("", ""),
        ("This is MIME.\n", ""),
        ("", "trailing epilogue\n"),
        ("\n\n", "\n.\nFrom \n"),
    ]);
    Entity::Multipart { kind, boundary, edges, children }
}

fn alternative(rng: &mut Rng, size: usize) -> Entity {
    let mut children = vec![text(rng, size / 2), leaf(rng, "text/html; charset=utf-8", size - size / 2, "")];
    if rng.once_in(3) {
        let image = leaf(
            rng,
            "image/png; name=\"logo.png\"",
            500,
            "Content-Disposition: inline\nContent-ID: <logo@here>",
        );
        let html = children.pop().unwrap();
        let related = multipart(rng, "related; type=\"text/html\"", vec![html, image]);
        children.push(related);
    }
    multipart(rng, "alternative", children)
}

fn nested(rng: &mut Rng, size: usize, depth: usize) -> Entity {
    let head =
        "From: eve@elsewhere.example\nTo: alice@example.org\nBcc: kept@elsewhere.example\nSubject: nested\n"
            .to_owned();
    let body = match rng.below(3) {
        0 if depth < 6 => {
            let inside = nested(rng, size, depth + 1);
            multipart(rng, "mixed", vec![inside])
        }
        1 if depth < 6 => {
            let (first, second) = (text(rng, size / 2), nested(rng, size - size / 2, depth + 1));
            multipart(rng, "digest", vec![first, second])
        }
        _ => text(rng, size),
    };
    Entity::Message { inner: Box::new((head, body)) }
}

fn signed(rng: &mut Rng, size: usize) -> Entity {
    let content = text(rng, size);
    let signature = leaf(rng, "application/pgp-signature; name=\"signature.asc\"", 400, "");
    multipart(
        rng,
        "signed; micalg=pgp-sha512; protocol=\"application/pgp-signature\"",
        vec![content, signature],
    )
}

fn attachment(rng: &mut Rng, size: usize) -> Entity {
    let types = [
        "application/octet-stream",
        "application/pdf",
        "image/jpeg",
        "text/plain; charset=utf-8",
        "x-odd/type",
        "Application/ZIP",
    ];
    let kind = *rng.pick(&types);
    let name = if rng.once_in(40) {
        format!("filename=\"{}.txt\"", "long".repeat(300))
    } else {
        (*rng.pick(FILE_NAMES)).to_owned()
    };
    let disposition = if rng.once_in(20) {
        "Content-Disposition: attachment".to_owned()
    } else {
        format!("Content-Disposition: attachment;\n {name}")
    };
    leaf(rng, kind, size, &disposition)
}

fn text(rng: &mut Rng, size: usize) -> Entity {
    let charset = *rng.pick(CHARSETS);
    leaf(rng, &format!("text/plain; charset={charset}"), size, "")
}

fn leaf(rng: &mut Rng, kind: &str, size: usize, more: &str) -> Entity {
    let mut fields = vec![format!("Content-Type: {kind}")];
    fields.extend(more.split("\nContent-").filter(|field| !field.is_empty()).enumerate().map(
        |(at, field)| {
            if at == 0 { field.to_owned() } else { format!("Content-{field}") }
        },
    ));
    if rng.once_in(10) {
        fields.push("Content-Description: =?utf-8?Q?beschrijving_=E2=9C=93?=".to_owned());
    }
    let is_text = kind.starts_with("text/");
    let encoding = match rng.below(if is_text { 8 } else { 6 }) {
        0 => Encoding::Quoted,
        1 => Encoding::Identity("binary"),
        2..=4 => Encoding::Base64(*rng.pick(&[76, 76, 64, 4, 72, 996])),
        5 => Encoding::Base64(76),
        6 => Encoding::Identity("8bit"),
        _ => Encoding::Identity(""),
    };
    let encoding = match encoding {
        // Written by a loop over bytes: kept small.
        Encoding::Quoted | Encoding::Base64(4) if size > 1 << 20 => Encoding::Base64(76),
        other => other,
    };
    let mut content = content(rng, size, is_text);
    if let Some(last) = content.last_mut().filter(|_| size > APART) {
        // A CR here would be one line end with what follows; for a content that travels apart that is a question.
        *last = b'z';
    }
    let may_travel_apart = !is_text || more.contains("attachment");
    Entity::Leaf(Leaf { fields, encoding, content, may_travel_apart })
}

fn content(rng: &mut Rng, size: usize, is_text: bool) -> Vec<u8> {
    if !is_text || rng.once_in(10) {
        return rng.bytes(size);
    }
    let mut out = Vec::with_capacity(size + 4096);
    let eol = *rng.pick::<&[u8]>(&[b"\r\n", b"\n", b"\r"]);
    while out.len() < size {
        if rng.once_in(10) {
            let long = rng.below(5000);
            out.resize(out.len() + long, b'x');
        }
        out.extend_from_slice(rng.pick::<&[u8]>(LINES));
        // A block of lines at once, so that megabytes take no time.
        let block = out.len();
        out.extend_from_slice(eol);
        if size - out.len().min(size) > 1 << 16 && block > 1 << 12 {
            out.extend_from_within(..block);
        }
    }
    out.truncate(size);
    out
}

impl Entity {
    /// Writes the content fields, without the empty line.
    pub(super) fn write_header(&self, out: &mut Vec<u8>, eol: &str) {
        match self {
            Self::Leaf(leaf) => leaf.write_fields(out, eol, leaf.encoding),
            Self::Message { .. } => {
                out.extend_from_slice(format!("Content-Type: message/rfc822{eol}").as_bytes())
            }
            Self::Multipart { kind, boundary, .. } => {
                out.extend_from_slice(format!("MIME-Version: 1.0{eol}").as_bytes());
                out.extend_from_slice(
                    format!("Content-Type: multipart/{kind};{eol} boundary=\"{boundary}\"{eol}").as_bytes(),
                );
            }
        }
    }

    /// Writes the empty line and the body of the top entity.
    pub(super) fn write(&self, out: &mut Vec<u8>, eol: &str, form: Form) {
        out.extend_from_slice(eol.as_bytes());
        self.write_body(out, eol, form);
    }

    fn write_body(&self, out: &mut Vec<u8>, eol: &str, form: Form) {
        match self {
            Self::Leaf(leaf) => leaf.write_content(out, eol, leaf.encoding),
            Self::Message { inner } => {
                let (head, body) = inner.as_ref();
                out.extend_from_slice(head.replace('\n', eol).as_bytes());
                body.write_header(out, eol);
                body.write(out, eol, form);
            }
            Self::Multipart { boundary, edges, children, .. } => {
                out.extend_from_slice(edges.0.replace('\n', eol).as_bytes());
                for child in children {
                    out.extend_from_slice(format!("--{boundary}{eol}").as_bytes());
                    child.write_child(out, eol, form);
                    out.extend_from_slice(eol.as_bytes());
                }
                out.extend_from_slice(format!("--{boundary}--{eol}").as_bytes());
                out.extend_from_slice(edges.1.replace('\n', eol).as_bytes());
            }
        }
    }

    fn write_child(&self, out: &mut Vec<u8>, eol: &str, form: Form) {
        match self {
            Self::Leaf(leaf) if form == Form::Restored && leaf.travels_apart() => {
                leaf.write_fields(out, eol, Encoding::Base64(76));
                out.extend_from_slice(eol.as_bytes());
                leaf.write_content(out, eol, Encoding::Base64(76));
            }
            _ => {
                self.write_header(out, eol);
                self.write(out, eol, form);
            }
        }
    }

    pub(super) fn apart<'a>(&'a self, found: &mut Vec<&'a [u8]>) {
        match self {
            Self::Leaf(leaf) if leaf.travels_apart() => found.push(&leaf.content),
            Self::Leaf(_) => {}
            Self::Message { inner } => inner.1.apart_below(found),
            Self::Multipart { children, .. } => children.iter().for_each(|child| child.apart(found)),
        }
    }

    fn apart_below<'a>(&'a self, found: &mut Vec<&'a [u8]>) {
        if !matches!(self, Self::Leaf(_)) {
            self.apart(found);
        }
    }

    pub(super) fn leaves(&self) -> usize {
        match self {
            Self::Leaf(_) => 1,
            Self::Message { inner } => inner.1.leaves(),
            Self::Multipart { children, .. } => children.iter().map(Self::leaves).sum(),
        }
    }
}

impl Leaf {
    fn travels_apart(&self) -> bool {
        self.may_travel_apart && self.content.len() > APART
    }

    fn write_fields(&self, out: &mut Vec<u8>, eol: &str, encoding: Encoding) {
        for field in &self.fields {
            out.extend_from_slice(format!("{}{eol}", field.replace('\n', eol)).as_bytes());
        }
        let name = match encoding {
            Encoding::Identity(name) => name,
            Encoding::Base64(_) => "base64",
            Encoding::Quoted => "quoted-printable",
        };
        if !name.is_empty() {
            out.extend_from_slice(format!("Content-Transfer-Encoding: {name}{eol}").as_bytes());
        }
    }

    fn write_content(&self, out: &mut Vec<u8>, eol: &str, encoding: Encoding) {
        match encoding {
            Encoding::Identity(_) => out.extend_from_slice(&self.content),
            Encoding::Base64(width) => {
                let text = STANDARD.encode(&self.content);
                for (at, line) in text.as_bytes().chunks(width).enumerate() {
                    if at > 0 {
                        out.extend_from_slice(eol.as_bytes());
                    }
                    out.extend_from_slice(line);
                }
            }
            Encoding::Quoted => write_quoted(&self.content, out, eol),
        }
    }
}

/// Writes quoted-printable in lines of at most 76 columns.
fn write_quoted(content: &[u8], out: &mut Vec<u8>, eol: &str) {
    let mut column = 0;
    for byte in content {
        if column > 72 {
            out.extend_from_slice(format!("={eol}").as_bytes());
            column = 0;
        }
        if byte.is_ascii_alphanumeric() {
            out.push(*byte);
            column += 1;
        } else {
            out.extend_from_slice(format!("={byte:02X}").as_bytes());
            column += 3;
        }
    }
}
