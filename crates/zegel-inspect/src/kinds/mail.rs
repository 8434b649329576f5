//! Mails in files (RFC 5322, MIME), and mailboxes of many.

use mail_parser::{Encoding, Message, MessageParser, MessagePart, MimeHeaders, PartType};
use zegel_core::material::{Spot, UnreadReason};
use zegel_core::mime::decode_transfer;

use super::{html, plain, signature};
use crate::charset;
use crate::reading::{Doc, Fault};

/// Header fields that people read; the others are properties.
const READ: &[&str] = &["bcc", "cc", "date", "from", "reply-to", "sender", "subject", "to"];

/// Reads one mail.
pub(crate) fn read(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    let message = MessageParser::default().parse(data).ok_or(Fault::Damaged)?;
    one(doc, &message)
}

/// Reads every mail of a mailbox, each as a file of its own.
pub(crate) fn mailbox(doc: &mut Doc<'_, '_>, data: &[u8]) -> Result<(), Fault> {
    let mut start = 0;
    let mut number = 0_u32;
    while start < data.len() {
        doc.tick()?;
        let rest = data.get(start..).unwrap_or_default();
        let line = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |place| place + 1);
        let body = rest.get(line..).unwrap_or_default();
        let length = find(body, b"\nFrom ").map_or(body.len(), |place| place + 1);
        number = number.saturating_add(1);
        let mail = body.get(..length).unwrap_or_default();
        doc.inner(&format!("{number}.eml"), "message/rfc822", mail)?;
        start += line + length;
    }
    Ok(())
}

fn find(data: &[u8], what: &[u8]) -> Option<usize> {
    data.windows(what.len()).position(|window| window == what)
}

fn one(doc: &mut Doc<'_, '_>, message: &Message<'_>) -> Result<(), Fault> {
    let (mut shown, mut others) = (String::new(), String::new());
    for (name, value) in message.headers_raw() {
        let name = name.trim();
        let out = if READ.contains(&name.to_ascii_lowercase().as_str()) { &mut shown } else { &mut others };
        out.push_str(name);
        out.push_str(": ");
        if name.eq_ignore_ascii_case("subject") {
            out.push_str(message.subject().unwrap_or_default());
        } else {
            out.push_str(&value.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        out.push('\n');
    }
    // Names of people are encoded in the raw field.
    for addresses in [message.from(), message.to(), message.cc(), message.bcc()].into_iter().flatten() {
        for address in addresses.iter() {
            if let Some(name) = address.name() {
                shown.push_str(name);
                shown.push('\n');
            }
        }
    }
    doc.shown(Spot::Text, &shown)?;
    doc.hidden(Spot::Metadata, &others)?;
    // Of each part, the type of the multipart it lies in.
    let mut around: Vec<String> = vec![String::new(); message.parts.len()];
    for part in &message.parts {
        if let PartType::Multipart(children) = &part.body {
            for child in children {
                if let Some(place) = around.get_mut(*child as usize) {
                    *place = media_type(part);
                }
            }
            around_parts(doc, message, part, children)?;
        }
    }
    for (number, part) in message.parts.iter().enumerate() {
        doc.tick()?;
        if number > 0 {
            part_header(doc, message, part)?;
        }
        let media_type = media_type(part);
        let name = part.attachment_name().map(str::to_owned);
        let is_file = name.is_some() || part.content_disposition().is_some_and(|kind| kind.is_attachment());
        let fallback = format!("part {number}");
        let name = name.unwrap_or(fallback);
        match transfer(doc, message, part)? {
            Transfer::Known => {}
            Transfer::Decoded(content) => {
                doc.inner(&name, &media_type, &content)?;
                continue;
            }
        }
        match &part.body {
            PartType::Multipart(_) => {
                if media_type == "multipart/encrypted" {
                    doc.unread(UnreadReason::Encrypted)?;
                }
            }
            PartType::Message(inner) => {
                // A forwarded mail is a file of its own, with a name of its own.
                doc.inner(&format!("{name}.eml"), "message/rfc822", inner.raw_message())?;
            }
            PartType::Text(text) if is_file => doc.inner(&name, &media_type, text.as_bytes())?,
            PartType::Html(text) if is_file => doc.inner(&name, &media_type, text.as_bytes())?,
            PartType::Text(text) => finish(doc, |doc| plain::decoded(doc, text))?,
            PartType::Html(text) => finish(doc, |doc| html::decoded(doc, text))?,
            PartType::Binary(content) | PartType::InlineBinary(content) => {
                let signed = around.get(number).is_some_and(|kind| kind == "multipart/signed");
                if signed && signature::is_detached(content) {
                    // The text it is about stands beside it, in the clear; what people can write into it is a comment.
                    doc.hidden(Spot::Metadata, &signature::comments(content))?;
                    continue;
                }
                let is_text = media_type.starts_with("text/");
                if is_text && charset::is_text(content) && !is_file {
                    finish(doc, |doc| plain::text(doc, content))?;
                } else {
                    doc.inner(&name, &media_type, content)?;
                }
            }
        }
    }
    Ok(())
}

fn media_type(part: &MessagePart<'_>) -> String {
    let kind = part.content_type();
    kind.map(|kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()).to_ascii_lowercase())
        .unwrap_or_default()
}

/// Hands on what stands before the first part and behind the last, which no program shows.
fn around_parts(
    doc: &mut Doc<'_, '_>,
    message: &Message<'_>,
    part: &MessagePart<'_>,
    children: &[u32],
) -> Result<(), Fault> {
    let child = |id: Option<&u32>| id.and_then(|id| message.parts.get(*id as usize));
    let (Some(first), Some(last)) = (child(children.first()), child(children.last())) else { return Ok(()) };
    let raw = |from: u32, to: u32| message.raw_message.get(from as usize..to as usize).unwrap_or_default();
    let before = charset::decode(raw(part.offset_body, first.offset_header), None);
    let behind = charset::decode(raw(last.offset_end, part.offset_end), None);
    let lines = before.lines().chain(behind.lines()).filter(|line| !line.starts_with("--"));
    let text: Vec<&str> = lines.collect();
    doc.hidden(Spot::Metadata, &text.join("\n"))
}

/// Hands on the fields of a part, and says when programs may disagree about what the part is.
fn part_header(doc: &mut Doc<'_, '_>, message: &Message<'_>, part: &MessagePart<'_>) -> Result<(), Fault> {
    let mut words = String::new();
    let mut structure: Vec<String> = Vec::new();
    for header in &part.headers {
        let name = header.name.as_str().to_ascii_lowercase();
        let raw = message.raw_message.get(header.offset_start as usize..header.offset_end as usize);
        let raw = charset::decode(raw.unwrap_or_default(), None);
        let bounds = name == "content-transfer-encoding"
            || (name == "content-type" && raw.to_ascii_lowercase().contains("boundary"));
        if !bounds {
            let decoded = header.value.as_text().unwrap_or_default();
            for text in [raw.trim(), decoded] {
                words.push_str(&text.split_whitespace().collect::<Vec<_>>().join(" "));
                words.push('\n');
                if raw.trim() == decoded {
                    break;
                }
            }
        }
        if matches!(name.as_str(), "content-type" | "content-transfer-encoding" | "content-disposition") {
            structure.push(name);
        }
    }
    doc.hidden(Spot::Metadata, &words)?;
    structure.sort();
    let fields = structure.len();
    structure.dedup();
    if structure.len() < fields { doc.unread(UnreadReason::Damaged) } else { Ok(()) }
}

/// What became of the transfer encoding of a part.
enum Transfer {
    /// The library understood it, or nobody does and that has been said.
    Known,
    /// It is one that the library did not see.
    Decoded(Vec<u8>),
}

fn transfer(doc: &mut Doc<'_, '_>, message: &Message<'_>, part: &MessagePart<'_>) -> Result<Transfer, Fault> {
    let field = part
        .headers
        .iter()
        .find(|header| header.name.as_str().eq_ignore_ascii_case("content-transfer-encoding"));
    let raw = |from: u32, to: u32| message.raw_message.get(from as usize..to as usize).unwrap_or_default();
    if part.is_encoding_problem {
        doc.unread(UnreadReason::Damaged)?;
    }
    let Some(field) = field else { return Ok(Transfer::Known) };
    let value = raw(field.offset_start, field.offset_end);
    let token = value.trim_ascii().to_ascii_lowercase();
    let known = match token.as_slice() {
        b"base64" | b"quoted-printable" => part.encoding != Encoding::None,
        b"" | b"7bit" | b"8bit" | b"binary" => part.encoding == Encoding::None,
        _ => false,
    };
    if known || part.is_encoding_problem {
        return Ok(Transfer::Known);
    }
    let body = raw(part.offset_body, part.offset_end);
    let leaf = !matches!(part.body, PartType::Multipart(_) | PartType::Message(_));
    match decode_transfer(body, value) {
        Some(content) if leaf => Ok(Transfer::Decoded(content.into_owned())),
        Some(content) if content.as_ref() == body => Ok(Transfer::Known),
        Some(_) => doc.unread(UnreadReason::Damaged).map(|()| Transfer::Known),
        None => doc.unread(UnreadReason::UnknownKind).map(|()| Transfer::Known),
    }
}

/// Reads a part, and goes on with the others when only this one is at fault.
fn finish(
    doc: &mut Doc<'_, '_>,
    read: impl FnOnce(&mut Doc<'_, '_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    match read(doc) {
        Err(Fault::Encrypted) => doc.unread(UnreadReason::Encrypted),
        other => other,
    }
}
