//! Makes text from strangers harmless before it reaches a terminal.
//!
//! A terminal obeys what is printed to it: an escape sequence in a subject can rewrite the line that says who the
//! sender is, retitle the window or fill the clipboard, and a direction control can turn `gpj.exe` into `exe.jpg`.
//! So everything that is not ours passes here: controls become visible pictures, direction controls and invisible
//! tags become their code.

use std::fmt::Write;

/// Makes one line harmless: line breaks and tabs become visible too.
pub(crate) fn line(text: &str) -> String {
    clean(text, |_| false)
}

/// Makes several lines harmless: LF and tab stay, CRLF becomes LF, a lone CR becomes visible.
pub(crate) fn lines(text: &str) -> String {
    clean(&text.replace("\r\n", "\n"), |c| c == '\n' || c == '\t')
}

fn clean(text: &str, keep: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if keep(c) => out.push(c),
            // Control pictures: U+2400 to U+241F show U+0000 to U+001F, U+2421 shows DEL.
            '\0'..='\x1f' => out.push(char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}')),
            '\x7f' => out.push('\u{2421}'),
            c if is_hostile(c) => {
                // Writing to a String cannot fail.
                let _ = write!(out, "<U+{:04X}>", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}

/// Says whether a terminal could be led astray by a character, or a reader by not seeing it.
///
/// Joiners and variation selectors stay: emoji and several scripts need them.
fn is_hostile(c: char) -> bool {
    matches!(c,
        // C1 controls: 0x9B is an escape sequence of its own.
        '\u{80}'..='\u{9f}'
        // Direction: marks, embeddings, overrides, isolates.
        | '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        // Line and paragraph separator, deprecated format controls, interlinear marks, tags, byte order mark.
        | '\u{2028}' | '\u{2029}' | '\u{206a}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        | '\u{feff}')
}

/// Breaks one harmless line into pieces of at most `width` characters, at spaces where there are any.
pub(crate) fn wrap(line: &str, width: usize) -> Vec<String> {
    let width = width.max(16);
    let mut rows = Vec::new();
    let mut row: Vec<char> = Vec::new();
    for c in line.chars() {
        if row.len() == width {
            let rest = match row.iter().rposition(|c| *c == ' ') {
                Some(space) if space > 0 && c != ' ' => row.split_off(space + 1),
                _ => Vec::new(),
            };
            rows.push(row.iter().collect());
            row = rest;
        }
        row.push(c);
    }
    rows.push(row.into_iter().collect());
    rows
}

/// Writes a size the way people read it.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    for (unit, name) in UNITS {
        if bytes >= unit {
            let tenths = (u128::from(bytes) * 10 + u128::from(unit) / 2) / u128::from(unit);
            return format!("{}.{} {name}", tenths / 10, tenths % 10);
        }
    }
    if bytes == 1 { "1 byte".to_owned() } else { format!("{bytes} bytes") }
}

/// Writes a number with its noun: `1 mail`, `3 mails`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_do_not_survive() {
        let attack = "Hi\x1b[2J\x1b]0;owned\x07\u{9b}31m\rVerified sender\x08\x7f";
        let shown = line(attack);
        assert!(shown.chars().all(|c| !c.is_control()), "{shown:?}");
        assert_eq!(line("a\nb\tc"), "a\u{240a}b\u{2409}c");
        assert_eq!(lines("a\r\nb\tc\rd"), "a\nb\tc\u{240d}d");
    }

    #[test]
    fn direction_controls_do_not_survive() {
        assert_eq!(line("photo\u{202e}gpj.exe"), "photo<U+202E>gpj.exe");
        assert_eq!(lines("\u{2066}x\u{2069}"), "<U+2066>x<U+2069>");
        assert_eq!(line("👩\u{200d}💻 ❤\u{fe0f}"), "👩\u{200d}💻 ❤\u{fe0f}");
    }

    #[test]
    fn long_lines_are_broken_and_nothing_is_lost() {
        let text =
            "the quick brown fox jumps over the lazy dog and a_very_long_word_without_any_space_at_all";
        let rows = wrap(text, 20);
        assert!(rows.iter().all(|row| row.chars().count() <= 20), "{rows:?}");
        assert_eq!(rows.concat(), text);
        assert_eq!(wrap("", 20), [""]);
    }

    #[test]
    fn sizes_are_rounded() {
        assert_eq!(size(0), "0 bytes");
        assert_eq!(size(1), "1 byte");
        assert_eq!(size(1536), "1.5 KiB");
        assert_eq!(size(u64::MAX), "17179869184.0 GiB");
    }
}
