//! What a file is, by its content. The name is asked only which kind of text a text is.

use zegel_core::material::FileKind;

use crate::charset;
use crate::kinds::markup;
use crate::names;

/// How the content is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An archive nothing here opens.
    ArchiveUnknown,
    /// Sound or film.
    AudioVideo,
    /// bzip2, around one file.
    Bzip2,
    /// Rows of cells, parted by commas, semicolons or tabs.
    Delimited,
    /// Age, OpenPGP, S/MIME and their like.
    Encrypted,
    /// gzip, around one file.
    Gzip,
    /// HTML.
    Html,
    /// A picture.
    Image,
    /// One mail.
    Mail,
    /// Many mails in one file.
    Mbox,
    /// A compound file: old Office files, Outlook mails, installers.
    Ole,
    /// OpenDocument in one XML file.
    OpenDocumentXml,
    /// PDF.
    Pdf,
    /// A program.
    Program,
    /// RTF.
    Rtf,
    /// A text that a double click runs.
    Script,
    /// 7z.
    SevenZip,
    /// A picture that is XML.
    Svg,
    /// tar.
    Tar,
    /// Any other text.
    Text,
    /// Nothing we know.
    Unknown,
    /// xz, around one file.
    Xz,
    /// zip: archives, Office files, OpenDocument files, programs of phones and of Java.
    Zip,
    /// Zstandard, around one file.
    Zstd,
}

impl Kind {
    /// Returns the kind as rules know it, before the file has been read.
    pub(crate) fn file_kind(self) -> FileKind {
        match self {
            Self::ArchiveUnknown
            | Self::Bzip2
            | Self::Gzip
            | Self::SevenZip
            | Self::Tar
            | Self::Xz
            | Self::Zip
            | Self::Zstd => FileKind::Archive,
            Self::AudioVideo => FileKind::AudioVideo,
            Self::Delimited => FileKind::Spreadsheet,
            Self::Encrypted => FileKind::Encrypted,
            Self::Html => FileKind::Html,
            Self::Image | Self::Svg => FileKind::Image,
            Self::Mail | Self::Mbox => FileKind::Mail,
            Self::Ole | Self::Unknown => FileKind::Unknown,
            Self::OpenDocumentXml | Self::Rtf => FileKind::Document,
            Self::Pdf => FileKind::Pdf,
            Self::Program | Self::Script => FileKind::Executable,
            Self::Text => FileKind::Text,
        }
    }
}

/// Beginnings that say everything, longest first where one begins another.
const BEGINNINGS: &[(&[u8], Kind)] = &[
    (b"PK\x03\x04", Kind::Zip),
    (b"PK\x05\x06", Kind::Zip),
    (b"PK\x07\x08", Kind::Zip),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind::Ole),
    (b"{\\rt", Kind::Rtf),
    (b"7z\xbc\xaf\x27\x1c", Kind::SevenZip),
    (b"\x1f\x8b", Kind::Gzip),
    (b"BZh", Kind::Bzip2),
    (b"\xfd7zXZ\0", Kind::Xz),
    (b"\x28\xb5\x2f\xfd", Kind::Zstd),
    (b"Rar!\x1a\x07", Kind::ArchiveUnknown),
    (b"MSCF", Kind::ArchiveUnknown),
    (b"LZIP", Kind::ArchiveUnknown),
    (b"\x04\x22\x4d\x18", Kind::ArchiveUnknown),
    (b"\x1f\x9d", Kind::ArchiveUnknown),
    (b"\x1f\xa0", Kind::ArchiveUnknown),
    (b"\x60\xea", Kind::ArchiveUnknown),
    (b"070701", Kind::ArchiveUnknown),
    (b"xar!", Kind::ArchiveUnknown),
    (b"!BDN", Kind::ArchiveUnknown),
    (b"\x89PNG\r\n\x1a\n", Kind::Image),
    (b"\xff\xd8\xff", Kind::Image),
    (b"GIF87a", Kind::Image),
    (b"GIF89a", Kind::Image),
    (b"BM", Kind::Image),
    (b"II*\0", Kind::Image),
    (b"MM\0*", Kind::Image),
    (b"II+\0", Kind::Image),
    (b"MM\0+", Kind::Image),
    (b"8BPS", Kind::Image),
    (b"\0\0\x01\0", Kind::Image),
    (b"\xff\x0a", Kind::Image),
    (b"\0\0\0\x0cJXL \r\n\x87\n", Kind::Image),
    (b"\0\0\0\x0cjP  \r\n\x87\n", Kind::Image),
    (b"\xd7\xcd\xc6\x9a", Kind::Image),
    (b"AT&TFORM", Kind::Image),
    // Drawings of Office programs.
    (b"VCLMTF", Kind::Image),
    (b"\x01\0\x09\0\0\x03", Kind::Image),
    (b"ID3", Kind::AudioVideo),
    (b"OggS", Kind::AudioVideo),
    (b"fLaC", Kind::AudioVideo),
    (b"\x1a\x45\xdf\xa3", Kind::AudioVideo),
    (b"FLV\x01", Kind::AudioVideo),
    (b"#!AMR", Kind::AudioVideo),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Kind::AudioVideo),
    (b"\0\0\x01\xba", Kind::AudioVideo),
    (b"\0\0\x01\xb3", Kind::AudioVideo),
    (b"MThd", Kind::AudioVideo),
    (b"MZ", Kind::Program),
    (b"\x7fELF", Kind::Program),
    (b"\xfe\xed\xfa\xce", Kind::Program),
    (b"\xfe\xed\xfa\xcf", Kind::Program),
    (b"\xce\xfa\xed\xfe", Kind::Program),
    (b"\xcf\xfa\xed\xfe", Kind::Program),
    (b"\xca\xfe\xba\xbe", Kind::Program),
    (b"\0asm", Kind::Program),
    (b"dex\n", Kind::Program),
    (b"!<arch>\n", Kind::Program),
    (b"\xed\xab\xee\xdb", Kind::Program),
    (b"ITSF\x03", Kind::Program),
    // A shortcut of Windows.
    (b"\x4c\0\0\0\x01\x14\x02\0", Kind::Program),
    // Encoded scripts of Windows.
    (b"#@~^", Kind::Script),
    (b"#!", Kind::Script),
    (b"age-encryption.org/v1\n", Kind::Encrypted),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", Kind::Encrypted),
    (b"-----BEGIN PGP MESSAGE-----", Kind::Encrypted),
    (b"-----BEGIN PKCS7-----", Kind::Encrypted),
    (b"-----BEGIN CMS-----", Kind::Encrypted),
    (b"Salted__", Kind::Encrypted),
    // KeePass.
    (b"\x03\xd9\xa2\x9a", Kind::Encrypted),
    (b"LUKS\xba\xbe", Kind::Encrypted),
];

/// Returns what the content is.
pub(crate) fn kind(data: &[u8], name: &str) -> Kind {
    if let Some((_, kind)) = BEGINNINGS.iter().find(|(beginning, _)| data.starts_with(beginning)) {
        return confirm(*kind, data, name);
    }
    // Readers of PDF look for its beginning in the first kilobyte.
    if data.get(..1024).unwrap_or(data).windows(5).any(|five| five == b"%PDF-") {
        return Kind::Pdf;
    }
    let four = |from: usize| data.get(from..from + 4);
    match (four(0), four(4), four(8)) {
        (Some(b"RIFF"), _, Some(b"WEBP")) => return Kind::Image,
        (Some(b"RIFF"), ..) => return Kind::AudioVideo,
        (_, Some(b"ftyp"), Some(brand)) => {
            let picture =
                matches!(brand, b"heic" | b"heix" | b"heim" | b"mif1" | b"msf1" | b"avif" | b"avis");
            return if picture { Kind::Image } else { Kind::AudioVideo };
        }
        _ => {}
    }
    if four(0) == Some(&[1, 0, 0, 0]) && four(40) == Some(b" EMF") {
        return Kind::Image;
    }
    // Pictures of scanners and other medical machines.
    if four(128) == Some(b"DICM") {
        return Kind::Image;
    }
    if data.get(0x8001..0x8006) == Some(b"CD001") {
        return Kind::ArchiveUnknown;
    }
    // A tar is filled up with zeros, and a text with its mark in the right place has none.
    if is_tar(data) && !charset::is_text(data) {
        return Kind::Tar;
    }
    if charset::is_text(data) {
        return text_kind(data, name);
    }
    if is_cms(data) || is_open_pgp(data) {
        return Kind::Encrypted;
    }
    if matches!(data, [0xff, 0xe2..=0xfb, ..]) && names::ending(name) == "mp3" {
        return Kind::AudioVideo;
    }
    // Programs of DOS and screen savers have no mark of their own.
    if matches!(names::ending(name).as_str(), "com" | "exe" | "scr" | "pif" | "dll" | "msi" | "cpl") {
        return Kind::Program;
    }
    Kind::Unknown
}

/// What a file is for a program that begins at its end, as readers of zip do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tail {
    /// No zip.
    Other,
    /// A zip to its last byte.
    Zip,
    /// The end of a zip lies near the end: of this file, or of one in it.
    ZipInside,
}

/// Returns what the file is from its end, whatever else it is.
pub(crate) fn tail(data: &[u8]) -> Tail {
    const LAST: usize = 22;
    const COMMENT: usize = 65_535;
    let from = data.len().saturating_sub(LAST + COMMENT);
    let tail = data.get(from..).unwrap_or_default();
    let mut found = Tail::Other;
    for (place, end) in tail.windows(LAST).enumerate().filter(|(_, end)| end.starts_with(b"PK\x05\x06")) {
        let number =
            |from: usize| end.get(from..from + 2).and_then(|two| two.try_into().ok().map(u16::from_le_bytes));
        let (Some(low), Some(high), Some(comment)) = (number(12), number(14), number(20)) else { continue };
        // Its list of files has a length, and lies before it.
        if (usize::from(high) << 16 | usize::from(low)) > data.len() {
            continue;
        }
        if place + LAST + usize::from(comment) == tail.len() {
            return Tail::Zip;
        }
        found = Tail::ZipInside;
    }
    found
}

/// Some beginnings are short enough to be those of a text.
fn confirm(kind: Kind, data: &[u8], name: &str) -> Kind {
    let text = charset::is_text(data);
    match kind {
        Kind::Image | Kind::AudioVideo | Kind::Program | Kind::ArchiveUnknown | Kind::Bzip2 if text => {
            text_kind(data, name)
        }
        // "MZ" in a file that is too short for a header is still what Windows would run: no doubt in its favour.
        Kind::Script if data.starts_with(b"#!") && !text => Kind::Program,
        _ => kind,
    }
}

/// Tells texts apart.
fn text_kind(data: &[u8], name: &str) -> Kind {
    let sample = charset::decode(data.get(..4096).unwrap_or(data), None);
    let sample = sample.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let lower = sample.to_ascii_lowercase();
    if names::is_script(name) || is_run(&lower) {
        return Kind::Script;
    }
    if lower.starts_with("<?xml") || lower.starts_with("<office:document") {
        return xml_kind(data, &lower);
    }
    if lower.starts_with("<svg") || lower.starts_with("<!doctype svg") {
        return Kind::Svg;
    }
    if begins_as_page(&lower) {
        return Kind::Html;
    }
    if sample.starts_with("From ") && sample.lines().nth(1).is_some_and(is_field) {
        return Kind::Mbox;
    }
    if is_mail(sample) {
        return Kind::Mail;
    }
    if matches!(names::ending(name).as_str(), "csv" | "tsv" | "tab") {
        return Kind::Delimited;
    }
    Kind::Text
}

/// Tells XML apart by its outermost element: words further on, or in a comment, say nothing.
fn xml_kind(data: &[u8], lower: &str) -> Kind {
    let Some(root) = markup::root(data) else {
        return if lower.contains("<html") { Kind::Html } else { Kind::Text };
    };
    match root.name.to_ascii_lowercase().as_str() {
        "html" => Kind::Html,
        "svg" => Kind::Svg,
        name if name.starts_with("document")
            && (root.open_document || lower.contains("<office:document")) =>
        {
            Kind::OpenDocumentXml
        }
        _ => Kind::Text,
    }
}

/// Beginnings that browsers and Office programs take for those of a page, in lower case.
fn begins_as_page(lower: &str) -> bool {
    const ELEMENTS: &[&str] = &[
        "a",
        "b",
        "basefont",
        "big",
        "blockquote",
        "body",
        "br",
        "center",
        "div",
        "dl",
        "em",
        "font",
        "frameset",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "hr",
        "html",
        "i",
        "iframe",
        "img",
        "li",
        "marquee",
        "meta",
        "nobr",
        "ol",
        "p",
        "pre",
        "script",
        "span",
        "strong",
        "style",
        "table",
        "tbody",
        "td",
        "thead",
        "title",
        "tr",
        "tt",
        "u",
        "ul",
    ];
    if lower.starts_with("<!doctype html") || lower.starts_with("<!--") {
        return true;
    }
    let Some(rest) = lower.strip_prefix('<') else { return false };
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    rest.split_at_checked(end).is_some_and(|(name, after)| {
        ELEMENTS.contains(&name)
            && after.starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/'))
    })
}

/// Beginnings of texts that a double click on some system runs, in lower case.
fn is_run(lower: &str) -> bool {
    let beginnings = [
        "@echo off",
        "windows registry editor",
        "regedit4",
        "[internetshortcut]",
        "[desktop entry]",
        "<hta:application",
        "<job",
        "<scriptlet",
        "<package>",
    ];
    beginnings.iter().any(|beginning| lower.starts_with(beginning)) || lower.contains("<hta:application")
}

fn is_field(line: &str) -> bool {
    line.split_once(':').is_some_and(|(name, _)| {
        !name.is_empty() && name.len() < 80 && name.bytes().all(|byte| byte.is_ascii_graphic())
    })
}

/// A mail begins with header fields, of which some are always the same.
fn is_mail(sample: &str) -> bool {
    let known = [
        "arc-seal",
        "authentication-results",
        "cc",
        "content-type",
        "date",
        "delivered-to",
        "dkim-signature",
        "from",
        "message-id",
        "mime-version",
        "received",
        "reply-to",
        "return-path",
        "subject",
        "to",
        "x-mailer",
    ];
    let mut found = 0;
    for line in sample.lines() {
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            continue;
        }
        if !is_field(line) {
            return false;
        }
        let name = line.split_once(':').map_or("", |(name, _)| name).to_ascii_lowercase();
        if known.contains(&name.as_str()) {
            found += 1;
        }
    }
    // A note that begins with "To: …" is read as a text; a mail has more.
    found >= 3 || (found >= 2 && sample.to_ascii_lowercase().contains("mime-version:"))
}

fn is_tar(data: &[u8]) -> bool {
    if data.get(257..262) == Some(b"ustar") {
        return true;
    }
    // The oldest form has no mark, but a sum.
    let Some(header) = data.get(..512) else { return false };
    let field: String =
        header.get(148..156).unwrap_or_default().iter().map(|byte| char::from(*byte)).collect();
    let Ok(stated) = u32::from_str_radix(field.trim_matches([' ', '\0']), 8) else { return false };
    let sum: u32 = header
        .iter()
        .enumerate()
        .map(|(place, byte)| if (148..156).contains(&place) { 32 } else { u32::from(*byte) })
        .sum();
    sum == stated && header.first().is_some_and(|byte| *byte != 0)
}

/// PKCS #7 (RFC 5652): a sequence whose first member is one of its object identifiers.
fn is_cms(data: &[u8]) -> bool {
    const PREFIX: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07];
    const AUTHENTICATED: &[u8] = &[0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01];
    data.first() == Some(&0x30)
        && (1..=8).any(|skip| {
            data.get(skip..).is_some_and(|rest| rest.starts_with(PREFIX) || rest.starts_with(AUTHENTICATED))
        })
}

/// OpenPGP (RFC 9580): a session key or encrypted data first.
fn is_open_pgp(data: &[u8]) -> bool {
    let Some((first, rest)) = data.split_first() else { return false };
    let (tag, old) = match first {
        byte if byte & 0xc0 == 0xc0 => (byte & 0x3f, false),
        byte if byte & 0xc0 == 0x80 => ((byte >> 2) & 0x0f, true),
        _ => return false,
    };
    let skip = if old {
        match first & 3 {
            0 => 1,
            1 => 2,
            2 => 4,
            _ => 0,
        }
    } else {
        match rest.first() {
            Some(0..=191) => 1,
            Some(192..=223) => 2,
            Some(255) => 5,
            _ => 1,
        }
    };
    let version = rest.get(skip).copied();
    match tag {
        1 => matches!(version, Some(2 | 3 | 6)),
        3 => matches!(version, Some(4..=6)),
        18 => matches!(version, Some(1 | 2)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_decides_and_not_the_name() {
        assert_eq!(kind(b"MZ\x90\0\x03\0\0\0", "scan.pdf"), Kind::Program);
        assert_eq!(kind(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "program.exe"), Kind::Pdf);
        assert_eq!(kind(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "letter.docx"), Kind::Image);
        assert_eq!(kind(b"{\\rtf1\\ansi", "letter.doc"), Kind::Rtf);
    }

    #[test]
    fn texts_are_told_apart() {
        assert_eq!(kind(b"BMW is a car, and MZ a motorcycle", "a.txt"), Kind::Text);
        assert_eq!(kind(b"<?xml version=\"1.0\"?><svg/>", "a"), Kind::Svg);
        assert_eq!(kind(b"\xef\xbb\xbf <!DOCTYPE html><p>", "a"), Kind::Html);
        assert_eq!(kind(b"a;b\n1;2\n", "a.csv"), Kind::Delimited);
        assert_eq!(
            kind(b"From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\n\r\nhi", "a"),
            Kind::Mail
        );
        assert_eq!(kind(b"To: all\n\nplease read\n", "a"), Kind::Text);
        assert_eq!(kind(b"Beste Bob,\n\ngroet", "a"), Kind::Text);
    }

    #[test]
    fn scripts_are_programs() {
        for (content, name) in [
            (&b"#!/bin/sh\nrm -rf ~\n"[..], "a.txt"),
            (b"@echo off\r\n", "a.txt"),
            (b"WScript.Echo 1", "a.vbs"),
            (b"Get-Process", "a.ps1"),
            (b"<html><hta:application id=x>", "a.html"),
            (b"[InternetShortcut]\r\nURL=file://x", "a.txt"),
        ] {
            assert_eq!(kind(content, name).file_kind(), FileKind::Executable, "{name}");
        }
    }

    #[test]
    fn what_is_sealed_is_seen() {
        assert_eq!(kind(b"age-encryption.org/v1\n-> X25519 abc", "a"), Kind::Encrypted);
        assert_eq!(kind(b"-----BEGIN PGP MESSAGE-----\n\nabc", "a.txt"), Kind::Encrypted);
        assert_eq!(kind(&[0x85, 1, 0x0c, 3, 1, 2, 3, 4, 5, 6, 7, 8, 0, 9, 0], "a.bin"), Kind::Encrypted);
        let cms =
            [0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03, 0xa0, 0x80, 0];
        assert_eq!(kind(&cms, "smime.p7m"), Kind::Encrypted);
    }
}
