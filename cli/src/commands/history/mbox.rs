//! The headers in an mbox file (RFC 4155), however its bodies are quoted.
//!
//! A line `From ` begins a mail when an empty line or the start of the file stands before it and it looks as programs write
//! it: with a time of day and a year. So a body is not taken apart at a sentence that begins with the word, in files where
//! such lines are quoted (`>From `, mboxo and mboxrd) and in those where they are not (mboxcl2).

use std::io::{BufRead, Read};

use zegel_wire::error::Kind;

use super::source::{HEADER_MAX, Take};
use crate::error::{Failure, Result};

/// Longest part of a line that is looked at.
const LINE_MAX: u64 = 64 << 10;

/// Reads the header of every mail.
///
/// # Errors
/// Code 66 when it cannot be read, 65 when it is no mbox file; and as `take`.
pub(super) fn read(mut file: impl BufRead, progress: &mut dyn FnMut(u64), take: &mut Take<'_>) -> Result<()> {
    let mut header: Option<Vec<u8>> = None;
    let (mut after_empty, mut first) = (true, true);
    let mut done = 0;
    let mut line = Vec::new();
    // A very long line comes in pieces; only its first one can mean something.
    let mut begins = true;
    loop {
        line.clear();
        let read = Read::by_ref(&mut file).take(LINE_MAX).read_until(b'\n', &mut line).map_err(|error| {
            Failure::new(Kind::NoInput, "cannot read the mbox file").caused_by(Some(&error))
        })?;
        if read == 0 {
            break;
        }
        done += read as u64;
        progress(done);
        let whole = std::mem::replace(&mut begins, line.ends_with(b"\n"));
        let empty = whole && matches!(line.as_slice(), b"\n" | b"\r\n");
        if whole && after_empty && is_separator(&line) {
            if let Some(header) = header.replace(Vec::new()) {
                take(&header)?;
            }
        } else if first && !empty {
            return Err(Failure::new(Kind::BadMail, "the file does not begin as an mbox file does")
                .hint("a single mail can lie in a Maildir: maildir:DIR"));
        } else if empty {
            if let Some(header) = header.take() {
                take(&header)?;
            }
        } else if let Some(header) = &mut header
            && header.len() as u64 <= HEADER_MAX
            && !(whole && line.starts_with(b">From "))
        {
            header.extend_from_slice(&line);
        }
        first &= empty;
        after_empty = empty;
    }
    header.map_or(Ok(()), |header| take(&header))
}

/// Says whether a line is one that stands between mails: `From alice@example.org Sat Nov 21 08:00:00 2026`.
fn is_separator(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    let words = || rest.split(|byte| byte.is_ascii_whitespace()).filter(|word| !word.is_empty());
    let is_time = |word: &[u8]| {
        let mut parts = word.split(|byte| *byte == b':');
        let mut two =
            || parts.next().is_some_and(|part| part.len() == 2 && part.iter().all(u8::is_ascii_digit));
        two() && two()
    };
    let is_year = |word: &[u8]| {
        word.len() == 4 && word.iter().all(u8::is_ascii_digit) && matches!(word.first(), Some(b'1' | b'2'))
    };
    words().any(is_time) && words().any(is_year)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "From alice@example.org Sat Nov 21 08:00:00 2026\n";

    fn headers(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        read(text.as_bytes(), &mut |_| {}, &mut |header| {
            found.push(String::from_utf8(header.to_vec()).unwrap());
            Ok(())
        })
        .unwrap();
        found
    }

    #[test]
    fn every_mail_has_one_header() {
        let file = format!("{LINE}To: a\n\nbody\n\n{LINE}To: b\nCc: c\n\n\n{LINE}To: d\n");
        assert_eq!(headers(&file), ["To: a\n", "To: b\nCc: c\n", "To: d\n"]);
        assert_eq!(headers(&file.replace('\n', "\r\n")), ["To: a\r\n", "To: b\r\nCc: c\r\n", "To: d\r\n"]);
        assert_eq!(headers(""), [""; 0]);
        assert_eq!(headers(&format!("\n{LINE}>From x\nTo: a\n\n")), ["To: a\n"]);
        // Thunderbird writes a dash in place of the address.
        assert_eq!(headers("From - Sat Nov 21 08:00:00 2026\nTo: a\n\n"), ["To: a\n"]);
    }

    #[test]
    fn bodies_are_left_alone_however_they_are_quoted() {
        for body in [
            ">From me to you\n",
            ">>From me to you\n",
            "From the start it was clear.\n",
            "\nFrom 2026 on we meet at ten.\n",
            "\nFrom now on, at 10:00.\n",
            "text\nFrom alice@example.org Sat Nov 21 08:00:00 2026\nTo: evil\n",
        ] {
            let file = format!("{LINE}To: a\n\n{body}\n{LINE}To: b\n\n");
            assert_eq!(headers(&file), ["To: a\n", "To: b\n"], "{body:?}");
        }
    }

    #[test]
    fn other_files_are_refused_and_long_ones_bounded() {
        let nothing = read("To: a\n\n".as_bytes(), &mut |_| {}, &mut |_| panic!("was taken"));
        assert_eq!(nothing.unwrap_err().kind(), Kind::BadMail);
        let long = format!("{LINE}X: {}\nTo: a\n\n{}", "x".repeat(3 << 20), "y".repeat(1 << 20));
        let found = headers(&long);
        assert!(found.len() == 1 && found[0].len() as u64 <= HEADER_MAX + LINE_MAX, "{}", found[0].len());
    }
}
