//! Text that a server sent, made fit to be shown.

use zegel_core::address::is_invisible;

/// Longest server text that is kept, in characters.
const TEXT_MAX: usize = 400;

/// Returns `text` without control, invisible and direction-changing characters, on one line, cut to 400 characters.
///
/// A hostile server could otherwise move the cursor, set the title or repaint the terminal of whoever reads the error.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::new();
    let mut count = 0;
    let mut space = true;
    for c in text.chars() {
        let c = if c.is_whitespace() || c.is_control() || is_invisible(c) { ' ' } else { c };
        if c == ' ' && space {
            continue;
        }
        if count == TEXT_MAX {
            out.push('…');
            break;
        }
        space = c == ' ';
        out.push(c);
        count += 1;
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_what_drives_a_terminal() {
        assert_eq!(printable("no\x1b[2J such\r\nuser\u{202e} here\u{9b}1m "), "no [2J such user here 1m");
        assert_eq!(printable("größe überschritten"), "größe überschritten");
        assert_eq!(printable(&"a ".repeat(100_000)).chars().count(), 401);
        assert_eq!(printable(&"b".repeat(100_000)).chars().count(), 401);
    }
}
