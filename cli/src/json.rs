//! Makes JSON harmless to a terminal without changing what it says.
//!
//! JSON escapes only the first 32 characters itself. C1 controls, direction marks and the like may stand in it as they are,
//! and `--json` prints what strangers wrote to whatever standard output is.

use std::borrow::Cow;
use std::fmt::Write;

use crate::text;

/// Writes every character that a terminal could obey, or a person not see, as `\\uXXXX`: other bytes, the same value.
pub(crate) fn harmless(json: &str) -> Cow<'_, str> {
    if !json.chars().any(is_hostile) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if is_hostile(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // RFC 8259 section 7: what is beyond the first plane is a surrogate pair. Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Outside of ASCII, what pages replace is what is escaped here; inside, only DEL is left to do, and line ends are ours.
fn is_hostile(c: char) -> bool {
    c == '\x7f' || !c.is_ascii() && text::line(c.encode_utf8(&mut [0; 4])) != *c.encode_utf8(&mut [0; 4])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_characters_are_escaped_and_the_value_stays() {
        let value = serde_json::json!({
            "text": "a\u{1b}[2J\u{9b}31m\u{7f}\u{202e}gpj.exe\u{2066}\u{2028}\u{feff}\u{e0041}\r\n\t\"\\é👩\u{200d}💻",
            "na\u{202d}me": [1, null, "Günther"],
        });
        let raw = value.to_string();
        let shown = harmless(&raw);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
        assert_eq!(text::line(&shown), *shown, "nothing is left that a page would replace");
        assert!(shown.contains("\\u202e") && shown.contains("\\udb40\\udc41") && shown.contains("Günther"));
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        let json = r#"{"name":"Günther ❤","text":"a\nb"}"#;
        assert!(matches!(harmless(json), Cow::Borrowed(same) if same == json));
    }
}
