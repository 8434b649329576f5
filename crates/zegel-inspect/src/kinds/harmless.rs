//! What lies in documents beside their text and has nothing to read: known by its content, never by its name.

/// The longest thing of this sort.
const LONGEST: usize = 64 * 1024;

/// Tables that every font has.
const TABLES: &[&[u8]] = &[b"head", b"hhea", b"maxp", b"name"];

/// Returns whether this is a font: TrueType, OpenType, a collection, for the web, embedded, or with its first bytes made
/// unreadable as Word does (ECMA-376 part 4, section 2.8.1).
pub(crate) fn is_font(content: &[u8]) -> bool {
    let beginnings: [&[u8]; 6] = [b"\0\x01\0\0", b"OTTO", b"true", b"ttcf", b"wOFF", b"wOF2"];
    let embedded = content.get(34..36) == Some(b"LP");
    // The list of tables goes on behind the 32 bytes that are changed.
    let list = content.get(44..).unwrap_or_default().chunks_exact(16).take(40);
    let known = list.filter(|entry| TABLES.iter().any(|table| entry.starts_with(table))).count();
    beginnings.iter().any(|beginning| content.starts_with(beginning)) || embedded || known >= 2
}

/// Returns the words in the settings of a printer; `None` when it is something else.
pub(crate) fn printer(content: &[u8]) -> Option<String> {
    if content.len() > LONGEST {
        return None;
    }
    let start = content.get(..64)?.windows(5).position(|five| five == b"<?xml");
    if let Some(start) = start {
        let text = String::from_utf8_lossy(content.get(start..)?).into_owned();
        return text.contains("com.apple.print").then_some(text);
    }
    // DEVMODE of Windows: a name in 32 characters, then versions and sizes.
    let word = |at: usize| Some(usize::from(u16::from_le_bytes(content.get(at..at + 2)?.try_into().ok()?)));
    let (version, size, extra) = (word(64)?, word(68)?, word(70)?);
    let fits = (0x0300..=0x0600).contains(&version)
        && (0x60..=0x200).contains(&size)
        && size + extra >= content.len();
    let wide: Vec<u16> = content.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    // Names of the printer, its paper and its trays stand among the numbers.
    fits.then(|| {
        String::from_utf16_lossy(&wide)
            .split(|c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER)
            .filter(|word| word.chars().count() > 3)
            .collect::<Vec<_>>()
            .join("\n")
    })
}

/// Returns whether this is what LibreOffice remembers of the lines of a letter.
pub(crate) fn is_layout(content: &[u8]) -> bool {
    content.starts_with(&[1, 0, 1, 0]) && content.len() <= LONGEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_things_are_known_by_their_content() {
        assert!(is_font(b"OTTO\0\x0a"));
        let mut hidden = vec![0x5a; 44];
        for table in [b"cmap", b"head", b"hhea"] {
            hidden.extend(table);
            hidden.extend([0; 12]);
        }
        assert!(is_font(&hidden));
        assert!(!is_font(b"BSN 123456782 and some more words, long enough to have a place behind"));
        let mut settings = vec![0_u8; 220];
        settings[64..66].copy_from_slice(&0x0401_u16.to_le_bytes());
        settings[68..70].copy_from_slice(&220_u16.to_le_bytes());
        settings[..10].copy_from_slice(b"P\0r\0i\0n\0t\0");
        assert_eq!(printer(&settings).as_deref(), Some("Print"));
        assert_eq!(printer(&[b'x'; 220]), None);
        assert!(!is_layout(b"BSN"));
    }
}
