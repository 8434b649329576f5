//! What a mail must look like to be carried, and what a server calls it once it has it.

/// Longest line without its CRLF (RFC 5321 section 4.5.3.1.6).
const LINE_MAX: usize = 998;

/// Refuses what two servers could read in two ways (SMTP smuggling: a bare CR or LF beside a dot) and what would be
/// folded or cut on the way.
pub(super) fn check_lines(bytes: &[u8]) -> Result<(), &'static str> {
    let mut previous = 0;
    let mut length = 0;
    for byte in bytes {
        match (previous, *byte) {
            (b'\r', b'\n') => length = 0,
            (b'\r', _) => return Err("it has a bare CR"),
            (_, b'\n') => return Err("it has a bare LF"),
            (_, 0) => return Err("it has a NUL"),
            (_, b'\r') => {}
            _ => length += 1,
        }
        if length > LINE_MAX {
            return Err("a line is longer than 998 bytes");
        }
        previous = *byte;
    }
    if previous == b'\r' { Err("it ends with a bare CR") } else { Ok(()) }
}

/// Finds the queue id as Postfix (`queued as ID`), Exim (`OK id=ID`) and Sendmail (`ID Message accepted`) write it.
pub(super) fn queue_id(text: &str) -> Option<String> {
    let after = |mark: &str| text.split_once(mark).map(|(_, rest)| rest);
    let found = match after("queued as ").or_else(|| after("id=")) {
        Some(rest) => rest.split_whitespace().next()?,
        None => text.split_once(" Message accepted")?.0.rsplit(' ').next()?,
    };
    let found = found.trim_end_matches(['.', ',', ';', ')', '>']);
    let fits = (4..=64).contains(&found.len())
        && found.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    fits.then(|| found.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_lines_that_can_be_read_in_two_ways() {
        for good in [&b"a: b\r\n\r\nx\r\n"[..], b"", b"\r\n", b".\r\n.\r\n", b"no end"] {
            assert_eq!(check_lines(good), Ok(()), "{good:?}");
        }
        for bad in [
            &b"a\nb\r\n"[..],
            b"a\rb\r\n",
            b"a\r\n.\nb\r\n",
            b"a\n",
            b"a\r",
            b"a\r\r\n",
            b"a\0b\r\n",
            b"a\r\n\n",
        ] {
            assert!(check_lines(bad).is_err(), "{bad:?}");
        }
        assert_eq!(check_lines(&[b'x'; 998]), Ok(()));
        assert!(check_lines(&[b'x'; 999]).is_err());
    }

    #[test]
    fn finds_queue_ids() {
        for (text, id) in [
            ("2.0.0 Ok: queued as 4XyZ1", Some("4XyZ1")),
            ("2.0.0 Ok: queued as DEADBEEF12.", Some("DEADBEEF12")),
            ("OK id=1sAbCd-000000001Ab-2Cde", Some("1sAbCd-000000001Ab-2Cde")),
            ("2.0.0 49LF1a2b012345 Message accepted for delivery", Some("49LF1a2b012345")),
            ("2.0.0 Ok", None),
            ("queued as \u{1f600}\u{1f600}\u{1f600}\u{1f600}", None),
        ] {
            assert_eq!(queue_id(text).as_deref(), id, "{text}");
        }
    }
}
