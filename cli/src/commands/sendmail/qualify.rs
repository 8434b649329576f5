//! Completes addresses without a domain: cron mails `root`, and a mail system adds the rest.

use zegel_core::{Address, Mailbox};

/// Gives every bare name in From, To, Cc and Bcc an address: the sender's own in From, its domain in the others.
///
/// Only fields of plain names, commas and comments are touched; everything else is left to the strict reader.
pub(super) fn qualify(mail: &[u8], own: &Mailbox) -> Vec<u8> {
    let mut out = Vec::with_capacity(mail.len() + 128);
    let mut rest = mail;
    loop {
        let (field, after) = next_field(rest);
        if field.is_empty() || field == b"\n" || field == b"\r\n" {
            break;
        }
        match std::str::from_utf8(field).ok().and_then(|field| rewrite(field, own)) {
            Some(field) => out.extend_from_slice(field.as_bytes()),
            None => out.extend_from_slice(field),
        }
        rest = after;
    }
    out.extend_from_slice(rest);
    out
}

/// Completes the address of a recipient argument.
pub(super) fn qualify_address(text: &str, own: &Address) -> String {
    if is_bare(text) { format!("{text}@{}", own.domain()) } else { text.to_owned() }
}

/// Splits off one header field with the lines that continue it (RFC 5322 section 2.2.3).
fn next_field(mail: &[u8]) -> (&[u8], &[u8]) {
    let mut end = 0;
    for line in mail.split_inclusive(|byte| *byte == b'\n') {
        let continues = line.starts_with(b" ") || line.starts_with(b"\t");
        if end > 0 && !continues {
            break;
        }
        end += line.len();
    }
    mail.split_at(end.min(mail.len()))
}

fn rewrite(field: &str, own: &Mailbox) -> Option<String> {
    let (name, value) = field.split_once(':')?;
    let is_from = name.eq_ignore_ascii_case("from");
    if !is_from && !["to", "cc", "bcc"].iter().any(|known| name.eq_ignore_ascii_case(known)) {
        return None;
    }
    let eol = if value.ends_with("\r\n") { "\r\n" } else { "\n" };
    let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
    let items: Vec<(&str, Option<&str>)> = value.split(',').map(split_comment).collect::<Option<_>>()?;
    if !items.iter().any(|(item, _)| is_bare(item)) {
        return None;
    }
    let whole = |(item, comment): &(&str, Option<&str>)| {
        let comment = comment.map(|comment| format!(" ({comment})")).unwrap_or_default();
        match item {
            item if !is_bare(item) => format!("{item}{comment}"),
            _ if is_from => format!("{}{comment}", own.address),
            item => format!("{item}@{}{comment}", own.address.domain()),
        }
    };
    let items: Vec<String> = items.iter().map(whole).collect();
    Some(format!("{name}: {}{eol}", items.join(", ")))
}

/// Takes `root (Cron Daemon)` or `"(Cron Daemon)" <root>` apart; none for anything more involved.
fn split_comment(item: &str) -> Option<(&str, Option<&str>)> {
    let item = item.trim();
    if let Some((name, address)) = item.strip_suffix('>').and_then(|item| item.split_once('<')) {
        let name = name.trim().trim_matches('"').trim_matches(['(', ')']);
        return if is_plain(name) && !address.contains('@') {
            Some((address.trim(), Some(name)))
        } else {
            None
        };
    }
    match item.strip_suffix(')').and_then(|item| item.split_once('(')) {
        Some((item, comment)) if is_plain(comment) => Some((item.trim(), Some(comment))),
        Some(_) => None,
        None if item.contains(['"', '<', '>', '(', ')', ':', ';', '\\']) => None,
        None => Some((item, None)),
    }
}

fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || " ._-'".contains(c))
}

/// Says whether a text is a local part alone.
fn is_bare(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-+".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Mailbox {
        Mailbox::from("alice@example.org".parse::<Address>().unwrap())
    }

    fn qualified(mail: &str) -> String {
        String::from_utf8(qualify(mail.as_bytes(), &own())).unwrap()
    }

    #[test]
    fn cron_mail_gets_addresses() {
        let cron = "From: root (Cron Daemon)\nTo: root\nSubject: Cron <root@host> true\n\nFrom: root\n";
        let expected = "From: alice@example.org (Cron Daemon)\nTo: root@example.org\n\
                        Subject: Cron <root@host> true\n\nFrom: root\n";
        assert_eq!(qualified(cron), expected);
        assert_eq!(
            qualified("From: \"(Cron Daemon)\" <root>\r\nTo: ops, bob@example.net\r\n\r\nx"),
            "From: alice@example.org (Cron Daemon)\r\nTo: ops@example.org, bob@example.net\r\n\r\nx"
        );
    }

    #[test]
    fn everything_else_stays_byte_for_byte() {
        for mail in [
            "From: Alice <alice@example.org>\nTo: \"Bob, B.\" <bob@example.net>,\n carol@example.net\n\nHi",
            "To: undisclosed-recipients:;\n\nHi",
            "To: =?utf-8?q?x?= <bob>\n\nHi",
            "",
            "\n",
            "no header",
        ] {
            assert_eq!(qualified(mail), mail);
        }
    }
}
