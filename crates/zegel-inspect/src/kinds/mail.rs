//! Mails in files (RFC 5322, MIME), and mailboxes of many.

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};
use zegel_core::material::{Spot, UnreadReason};

use super::{html, plain};
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
    for (number, part) in message.parts.iter().enumerate() {
        doc.tick()?;
        let media_type = part
            .content_type()
            .map(|kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()))
            .unwrap_or_default();
        let name = part.attachment_name().map(str::to_owned);
        let is_file = name.is_some() || part.content_disposition().is_some_and(|kind| kind.is_attachment());
        let fallback = format!("part {number}");
        let name = name.unwrap_or(fallback);
        match &part.body {
            PartType::Multipart(_) => {
                if media_type.eq_ignore_ascii_case("multipart/encrypted") {
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
                // The signature of a signed mail: its text stands beside it, in the clear.
                if media_type.eq_ignore_ascii_case("application/pkcs7-signature")
                    || media_type.eq_ignore_ascii_case("application/x-pkcs7-signature")
                    || media_type.eq_ignore_ascii_case("application/pgp-signature")
                {
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
