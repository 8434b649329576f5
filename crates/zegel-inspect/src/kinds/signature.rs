//! Signatures that stand beside what they sign (RFC 1847): nothing to read, if that is what they are.

/// The longest signature that is taken for one: with the certificates of its signer it has a few kilobytes.
const LONGEST: usize = 64 * 1024;

/// `id-signedData` and `id-data` (RFC 5652).
const SIGNED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];

const BEGIN: &str = "-----BEGIN PGP SIGNATURE-----";
const END: &str = "-----END PGP SIGNATURE-----";

/// Says whether this is a signature and holds no content of its own.
pub(crate) fn is_detached(content: &[u8]) -> bool {
    content.len() <= LONGEST && (is_armour(content) || is_cms(content).is_some())
}

/// Returns what people can write into a signature.
pub(crate) fn comments(content: &[u8]) -> String {
    let text = String::from_utf8_lossy(content);
    text.lines().filter(|line| line.contains(": ")).collect::<Vec<_>>().join("\n")
}

/// Armour of OpenPGP (RFC 9580 section 6.2): headers, an empty line, base64.
fn is_armour(content: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(content) else { return false };
    let Some(inside) = text.trim().strip_prefix(BEGIN).and_then(|text| text.strip_suffix(END)) else {
        return false;
    };
    inside.lines().all(|line| {
        line.contains(": ")
            || line.trim_end().bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
    })
}

/// SignedData whose content is not in it (RFC 5652 section 5.2).
fn is_cms(content: &[u8]) -> Option<()> {
    let (info, _) = member(content, 0x30)?;
    let (kind, rest) = member(info, 0x06)?;
    let (explicit, _) = member(rest, 0xa0)?;
    let (signed, _) = member(explicit, 0x30)?;
    let (_, rest) = member(signed, 0x02)?;
    let (_, rest) = member(rest, 0x31)?;
    let (inner, _) = member(rest, 0x30)?;
    let (inner_kind, inside) = member(inner, 0x06)?;
    // An indefinite length ends with two zero bytes.
    let empty = inside.is_empty() || inside.starts_with(&[0, 0]);
    (kind == SIGNED && inner_kind == DATA && empty).then_some(())
}

/// Takes a member of this tag off the front: what is in it, and what follows.
fn member(data: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = data.split_first()?;
    let (length, rest) = rest.split_first()?;
    if *first != tag {
        return None;
    }
    match length {
        // Up to its end mark, which the members inside find.
        0x80 => Some((rest, &[])),
        0..0x80 => rest.split_at_checked(usize::from(*length)),
        _ => {
            let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            let length = digits.iter().try_fold(0_usize, |sum, digit| {
                sum.checked_mul(256).and_then(|sum| sum.checked_add(usize::from(*digit)))
            })?;
            rest.split_at_checked(length)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cms(inside: &[u8]) -> Vec<u8> {
        let wrap = |tag: u8, parts: &[&[u8]]| {
            let content = parts.concat();
            [&[tag, content.len() as u8][..], &content].concat()
        };
        let inner = wrap(0x30, &[&wrap(0x06, &[DATA]), inside]);
        let signed = wrap(0x30, &[&[2, 1, 1], &wrap(0x31, &[]), &inner, &wrap(0x31, &[])]);
        wrap(0x30, &[&wrap(0x06, &[SIGNED]), &wrap(0xa0, &[&signed])])
    }

    #[test]
    fn only_what_signs_something_else_is_a_signature() {
        assert!(is_detached(&cms(&[])));
        assert!(!is_detached(&cms(&[0xa0, 4, 4, 2, b'h', b'i'])));
        let armour = |inside: &str| format!("{BEGIN}\n{inside}\n{END}\n");
        assert!(is_detached(armour("Version: 2\n\niQEzBAAB\n=abcd").as_bytes()));
        assert!(!is_detached(armour("BSN 123456782 of a patient").as_bytes()));
        assert!(!is_detached(b"BSN 123456782"));
        assert!(!is_detached(armour(&"A".repeat(LONGEST)).as_bytes()));
        assert_eq!(comments(armour("Comment: BSN 123456782\n\nabcd").as_bytes()), "Comment: BSN 123456782");
    }
}
