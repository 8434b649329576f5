//! Makes text from strangers harmless before it reaches a terminal.
//!
//! A terminal obeys what is printed to it: an escape sequence in a subject can rewrite the line that says who the
//! sender is, retitle the window or fill the clipboard, and a direction control can turn `gpj.exe` into `exe.jpg`.
//! So everything that is not ours passes here: controls become visible pictures, direction controls, invisible
//! tags and blanks that are not what they seem become their code.
//!
//! A terminal also breaks a line that is too long, and what follows stands at the start of a row, where our own lines
//! begin. So lengths are counted in columns, not in characters, and [`rows`] breaks a line before the terminal does.

use std::fmt::Write;

use unicode_width::UnicodeWidthChar;

/// Most characters of one line that are shown; what is longer hides what matters, and `--json` has all of it.
const LINE_MAX: usize = 2000;

/// What becomes of blanks that are not the ordinary one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blanks {
    /// They become ordinary ones: in running text they are what the language asks for.
    Plain,
    /// They become their code: in a name or subject they only serve to push something out of sight.
    Visible,
}

/// Makes one line harmless: line breaks and tabs become visible too, and what is very long is cut with a count.
pub(crate) fn line(text: &str) -> String {
    let mut rest = text.chars();
    let start: String = rest.by_ref().take(LINE_MAX).collect();
    let mut line = clean(&start, |_| false, Blanks::Visible);
    match rest.count() {
        0 => {}
        more => line.push_str(&format!("… ({more} more)")),
    }
    line
}

/// Makes several lines harmless: LF and tab stay, CRLF becomes LF, a lone CR becomes visible.
pub(crate) fn lines(text: &str) -> String {
    clean(&text.replace("\r\n", "\n"), |c| c == '\n' || c == '\t', Blanks::Plain)
}

fn clean(text: &str, keep: impl Fn(char) -> bool, blanks: Blanks) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if keep(c) => out.push(c),
            // Control pictures: U+2400 to U+241F show U+0000 to U+001F, U+2421 shows DEL.
            '\0'..='\x1f' => out.push(char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}')),
            '\x7f' => out.push('\u{2421}'),
            '\u{a0}' => out.push(' '),
            '\u{3000}' if blanks == Blanks::Plain => out.push_str("  "),
            c if is_blank(c) && blanks == Blanks::Plain => out.push(' '),
            c if is_hostile(c) || is_blank(c) => {
                // Writing to a String cannot fail.
                let _ = write!(out, "<U+{:04X}>", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}

/// Says whether a character is a space of another width than the ordinary one.
fn is_blank(c: char) -> bool {
    matches!(c, '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
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
        | '\u{feff}'
        // Letters that show nothing: Hangul fillers, the empty Braille cell, Khmer inherent vowels.
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}' | '\u{17b4}' | '\u{17b5}'
        // Nothing at all: soft hyphen, grapheme joiner, vowel separator, zero-width space, invisible operators.
        | '\u{ad}' | '\u{034f}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2064}')
}

/// Returns how many columns harmless text takes on most terminals: for lining things up.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(|c| columns(c, c.width())).sum()
}

/// Returns how many columns harmless text takes at most: for breaking lines.
///
/// Where terminals disagree it is the larger number, for Greek and Cyrillic letters and `é` too, which East Asian terminals
/// may show wide: a row that is too short is ugly, one that is too long puts a stranger's text at the start of the next.
pub(crate) fn widest(text: &str) -> usize {
    text.chars().map(most_columns).sum()
}

fn most_columns(c: char) -> usize {
    match c {
        // Latin beyond ASCII, Greek, Cyrillic: the library counts letters as narrow, terminals set to wide ones do not.
        '\u{a1}'..='\u{2ff}' | '\u{370}'..='\u{52f}' => 2,
        c => columns(c, c.width_cjk()),
    }
}

fn columns(c: char, told: Option<usize>) -> usize {
    match c {
        // It asks for the wide form of what stands before it. Vowels and finals that follow no Hangul syllable are shown.
        '\u{fe0f}' | '\u{1160}'..='\u{11ff}' | '\u{d7b0}'..='\u{d7fb}' => 1,
        _ => told.unwrap_or(1),
    }
}

/// Breaks one harmless line into rows of at most `width` columns, at spaces where there are any.
pub(crate) fn wrap(line: &str, width: usize) -> Vec<String> {
    let rows = rows(line.chars().map(|c| (c, ())), width);
    rows.into_iter().map(|row| row.into_iter().map(|(c, ())| c).collect()).collect()
}

/// As [`wrap`], for characters that carry something along, such as a colour.
pub(crate) fn rows<T: Copy>(line: impl IntoIterator<Item = (char, T)>, width: usize) -> Vec<Vec<(char, T)>> {
    // Room for one wide character at least, or nothing would ever fit.
    let width = width.max(2);
    let mut rows = Vec::new();
    let mut row: Vec<(char, T)> = Vec::new();
    let mut used = 0;
    for (c, mark) in line {
        let more = most_columns(c);
        if used + more > width {
            let rest = match row.iter().rposition(|(c, _)| *c == ' ') {
                Some(space) if space > 0 && c != ' ' => row.split_off(space + 1),
                _ => Vec::new(),
            };
            rows.push(std::mem::replace(&mut row, rest));
            used = row.iter().map(|(c, _)| most_columns(*c)).sum();
        }
        row.push((c, mark));
        used += more;
    }
    rows.push(row);
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
    fn wide_and_empty_letters_are_counted_as_the_terminal_does() {
        let unequal = "Жé…│α";
        for text in ["漢字", "👩\u{200d}💻❤\u{fe0f}", "e\u{301}", "각", unequal].map(|text| text.repeat(20))
        {
            for width in [2, 3, 17, 40] {
                let rows = wrap(&text, width);
                assert!(rows.iter().all(|row| super::width(row) <= width), "{width}: {rows:?}");
                assert!(rows.iter().all(|row| widest(row) <= width), "{width}: {rows:?}");
                assert_eq!(rows.concat(), text);
            }
        }
        assert_eq!((super::width(unequal), widest(unequal)), (5, 10));
        assert_eq!((super::width("漢字"), widest("漢字")), (4, 4));
        assert_eq!(super::width("e\u{301}"), 1);
    }

    #[test]
    fn blanks_that_are_none_are_seen() {
        assert_eq!(line("a\u{3000}b\u{2800}c\u{3164}d\u{ad}"), "a<U+3000>b<U+2800>c<U+3164>d<U+00AD>");
        assert_eq!(lines("山田\u{3000}a\u{202f}b\u{2800}\u{ffa0}"), "山田  a b<U+2800><U+FFA0>");
        assert_eq!(line("a\u{a0}b"), "a b");
    }

    #[test]
    fn very_long_lines_say_how_much_is_missing() {
        assert_eq!(line(&"x".repeat(2000)).len(), 2000);
        let shown = line(&"é".repeat(2345));
        assert!(shown.ends_with("é… (345 more)"), "{shown}");
    }

    #[test]
    fn sizes_are_rounded() {
        assert_eq!(size(0), "0 bytes");
        assert_eq!(size(1), "1 byte");
        assert_eq!(size(1536), "1.5 KiB");
        assert_eq!(size(u64::MAX), "17179869184.0 GiB");
    }
}
