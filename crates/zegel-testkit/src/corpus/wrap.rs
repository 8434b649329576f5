//! Breaks long lines as mail programs do, without moving a byte.

use std::ops::Range;

/// Turns a space of a line that is longer than `width` into a line break, where no value and no near miss stands.
///
/// Tables keep their lines. Values are not broken: what a broken value would be is a question of its own.
pub(super) fn wrap<'a>(text: String, width: usize, taken: impl Iterator<Item = &'a Range<usize>>) -> String {
    let mut bytes = text.into_bytes();
    let mut free = vec![true; bytes.len()];
    for range in taken {
        free[range.clone()].fill(false);
    }
    let mut start = 0;
    while start < bytes.len() {
        let end = bytes[start..]
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(bytes.len(), |length| start + length);
        let line = &bytes[start..end];
        if line.len() <= width || line.contains(&b'|') || line.contains(&b'\t') {
            start = end + 1;
            continue;
        }
        let can_break = |at: &usize| bytes[*at] == b' ' && free[*at];
        // The last space that fits; where there is none, the first after it.
        let at =
            (start + 1..start + width).rev().find(can_break).or_else(|| (start + width..end).find(can_break));
        match at {
            None => start = end + 1,
            Some(at) => {
                bytes[at] = b'\n';
                start = at + 1;
            }
        }
    }
    String::from_utf8(bytes).expect("one ASCII byte was changed into another")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_not_in_values() {
        let text = "aan de overkant 1234 AB hier en daar".to_owned();
        assert_eq!(
            wrap(text, 20, std::iter::once(&(16..23))),
            "aan de overkant\n1234 AB hier en daar".to_owned()
        );
    }

    #[test]
    fn tables_and_short_lines_stay() {
        let text = "kort\nkolom een | kolom twee | kolom drie\n".to_owned();
        assert_eq!(wrap(text.clone(), 20, std::iter::empty()), text);
    }
}
