//! Makes a draft from what a person or script gives: text, addresses, files.

use std::io::Read;

use super::draft::{Draft, DraftError, stub_head};
use super::encode::{fold, mailbox_words, text_words, write_base64};
use super::field::{clean, is_message_id};
use super::names::sanitise;
use super::scan::Tree;
use super::{Source, cut};
use crate::address::Mailbox;

const EOL: &str = "\r\n";
/// Longest line that mail carries as it is (RFC 5322 section 2.1.1).
const LINE_MAX: usize = 998;

/// A file to send along.
pub struct Attachment {
    /// File name.
    pub name: String,
    /// `type/subtype`; anything that is not one becomes `application/octet-stream`.
    pub media_type: String,
    /// The content.
    pub source: Box<dyn Source + Send>,
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attachment").field("length", &self.source.length()).finish_non_exhaustive()
    }
}

/// What a new message is made of.
pub struct Compose {
    /// The sender.
    pub from: Mailbox,
    /// Recipients.
    pub to: Vec<Mailbox>,
    /// Visible copies.
    pub cc: Vec<Mailbox>,
    /// Blind copies.
    pub bcc: Vec<Mailbox>,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: Option<String>,
    /// The same as HTML.
    pub html: Option<String>,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// Message-ID, with angle brackets, of the message this answers.
    pub in_reply_to: Option<String>,
}

impl std::fmt::Debug for Compose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compose").field("attachments", &self.attachments).finish_non_exhaustive()
    }
}

impl Draft {
    /// Makes a draft. Attachments above `part_threshold` are not read now: they stay with their source.
    ///
    /// # Errors
    /// Fails when a small attachment cannot be read or has another length than it said, or `in_reply_to` is no id.
    pub fn compose(compose: Compose, part_threshold: u64) -> Result<Self, DraftError> {
        let Compose { from, to, cc, bcc, subject, text, html, attachments, in_reply_to } = compose;
        let mut message = String::new();
        message.push_str(&fold("From", &mailbox_words(std::slice::from_ref(&from)), EOL));
        for (name, list) in [("To", &to), ("Cc", &cc)] {
            if !list.is_empty() {
                message.push_str(&fold(name, &mailbox_words(list), EOL));
            }
        }
        if !clean(&subject).is_empty() {
            message.push_str(&fold("Subject", &text_words(&subject), EOL));
        }
        if let Some(id) = in_reply_to {
            if !is_message_id(&id) {
                return Err(DraftError::MessageId(id));
            }
            message.push_str(&fold("In-Reply-To", std::slice::from_ref(&id), EOL));
            message.push_str(&fold("References", &[id], EOL));
        }
        message.push_str("MIME-Version: 1.0\r\n");
        let boundary = boundary(text.as_deref(), html.as_deref());
        let body = body_entity(text, html, &boundary);
        if attachments.is_empty() {
            message.push_str(&body);
            return finish(message.into_bytes(), Vec::new(), bcc);
        }
        message.push_str(&format!(
            "Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n{body}"
        ));
        let mut out = message.into_bytes();
        let mut sources: Vec<Box<dyn Source + Send>> = Vec::new();
        for attachment in attachments {
            out.extend_from_slice(format!("\r\n--{boundary}\r\n").as_bytes());
            let large = attachment.source.length() > part_threshold;
            if large {
                out.extend_from_slice(stub_head(sources.len() + 1, EOL).as_bytes());
            }
            out.extend_from_slice(part_header(&attachment).as_bytes());
            if large {
                sources.push(attachment.source);
            } else {
                write_small(&attachment, &mut out)
                    .map_err(|source| DraftError::Attachment { name: attachment.name.clone(), source })?;
            }
        }
        out.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        finish(out, sources, bcc)
    }
}

fn finish(
    message: Vec<u8>,
    sources: Vec<Box<dyn Source + Send>>,
    bcc: Vec<Mailbox>,
) -> Result<Draft, DraftError> {
    let tree = Tree::read(&message, 0..message.len())?;
    let mut draft = Draft::from_message(message, tree, sources, None)?;
    draft.set_bcc(bcc);
    Ok(draft)
}

fn write_small(attachment: &Attachment, out: &mut Vec<u8>) -> std::io::Result<()> {
    let length = attachment.source.length();
    let mut content = Vec::with_capacity(length as usize);
    // One byte more than announced: a file that grew meanwhile is noticed, not cut.
    attachment.source.open()?.take(length + 1).read_to_end(&mut content)?;
    if content.len() as u64 != length {
        return Err(std::io::Error::other("the file changed while it was read"));
    }
    write_base64(&mut content.as_slice(), out, EOL.as_bytes())?;
    Ok(())
}

/// Writes the header of an attachment, with its name in RFC 2231 where it is not plain.
fn part_header(attachment: &Attachment) -> String {
    let token =
        |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b));
    let media = attachment.media_type.to_ascii_lowercase();
    let good = media.len() <= 127 && media.split_once('/').is_some_and(|(a, b)| token(a) && token(b));
    // A composed file is a file: as a multipart or message its content would be read as structure.
    let leaf = !media.starts_with("multipart/") && !media.starts_with("message/");
    let media = if good && leaf { media } else { "application/octet-stream".to_owned() };
    let name = sanitise(&attachment.name);
    let name = if name.is_empty() { "attachment".to_owned() } else { name };
    let parameters = file_name(&name).join(";\r\n ");
    format!(
        "Content-Type: {media}\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n {parameters}\r\n\r\n"
    )
}

/// Writes the `filename` parameter (RFC 2183, RFC 2231 section 3 and 4: continued and percent-encoded).
fn file_name(name: &str) -> Vec<String> {
    let plain = name.is_ascii()
        && name.len() <= 60
        && !name.contains(['"', '\\', '%', '\'', '*'])
        && !name.contains("=?");
    if plain {
        return vec![format!("filename=\"{name}\"")];
    }
    let mut pieces = vec![String::from("utf-8''")];
    // A character is never split over two pieces: many readers decode each by itself.
    for c in name.chars() {
        let text: String = if c.is_ascii_alphanumeric() || "-._".contains(c) {
            c.to_string()
        } else {
            c.encode_utf8(&mut [0; 4]).bytes().map(|b| format!("%{b:02X}")).collect()
        };
        match pieces.last_mut() {
            Some(piece) if piece.len() + text.len() <= 60 => piece.push_str(&text),
            _ => pieces.push(text),
        }
    }
    pieces.iter().enumerate().map(|(i, p)| format!("filename*{i}*={p}")).collect()
}

/// Writes the text as an entity with its header: plain, HTML, or both as alternatives.
fn body_entity(text: Option<String>, html: Option<String>, boundary: &str) -> String {
    match (text, html) {
        (text, None) => text_entity("plain", &text.unwrap_or_default()),
        (None, Some(html)) => text_entity("html", &html),
        (Some(text), Some(html)) => {
            let inner = format!("{boundary}-alternative");
            format!(
                "Content-Type: multipart/alternative; boundary=\"{inner}\"\r\n\r\n--{inner}\r\n{}\r\n--{inner}\r\n{}\r\n--{inner}--\r\n",
                text_entity("plain", &text),
                text_entity("html", &html)
            )
        }
    }
}

fn text_entity(subtype: &str, text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    // What is encrypted needs no protection from mail servers: 8bit is fine, only odd line endings and lengths are not.
    let simple = text.lines().all(|l| l.len() <= LINE_MAX) && !text.contains(['\r', '\0']);
    let encoding = match (simple, text.is_ascii()) {
        (true, true) => "7bit",
        (true, false) => "8bit",
        (false, _) => "base64",
    };
    let text = text.replace('\n', "\r\n");
    let content = if simple {
        text
    } else {
        let mut lines = Vec::new();
        match write_base64(&mut text.as_bytes(), &mut lines, EOL.as_bytes()) {
            Ok(_) => String::from_utf8(lines).unwrap_or_default(),
            Err(_) => String::new(),
        }
    };
    format!(
        "Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{content}"
    )
}

/// Makes a boundary that stands in neither text; attachments are base64, which has no `=_`.
fn boundary(text: Option<&str>, html: Option<&str>) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(text.unwrap_or_default().as_bytes());
    hasher.update(html.unwrap_or_default().as_bytes());
    let mut count = 0u32;
    loop {
        let mut round = hasher.clone();
        round.update(&count.to_be_bytes());
        let hash = crate::id::to_base32(cut(round.finalize().as_bytes(), 0..20));
        let boundary = format!("=_part_{hash}");
        if !text.unwrap_or_default().contains(&boundary) && !html.unwrap_or_default().contains(&boundary) {
            return boundary;
        }
        count += 1;
    }
}
