//! Style sheets, as far as words hide in them or they hide words. Nothing here applies one.

/// Where a style stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    /// In an attribute: only declarations.
    Attribute,
    /// In an element: rules with declarations in braces.
    Sheet,
}

/// Says whether the declarations of a `style` attribute hide an element. Of two for one property the later counts.
pub(super) fn hides(style: &str) -> bool {
    let lower = style.to_ascii_lowercase();
    let mut found: Vec<(&str, bool, bool)> = Vec::new();
    for declaration in lower.split(';') {
        let Some((name, value)) = declaration.split_once(':') else { continue };
        let (name, value) = (name.trim(), value.trim());
        let important = value.ends_with("!important");
        let value = value.trim_end_matches("!important").trim();
        let hides = match name {
            "display" => value == "none",
            "visibility" => matches!(value, "hidden" | "collapse"),
            "mso-hide" => value == "all",
            "font-size" | "opacity" => {
                value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%').trim().parse()
                    == Ok(0.0)
            }
            _ => continue,
        };
        match found.iter_mut().find(|(known, ..)| *known == name) {
            Some((_, was_important, _)) if *was_important && !important => {}
            Some(known) => *known = (name, important, hides),
            None => found.push((name, important, hides)),
        }
    }
    found.iter().any(|(.., hides)| *hides)
}

/// Returns what is no declaration of a property: comments, strings, addresses, names of rules, and anything odd.
pub(super) fn words(style: &str, place: Where) -> Vec<String> {
    let mut words = Vec::new();
    let mut depth = u32::from(place == Where::Attribute);
    let mut chunk = String::new();
    let mut rest = without_marks(style);
    while let Some(at) = rest.find(['/', '"', '\'', '{', '}', ';', '(']) {
        let (before, mark) = rest.split_at(at);
        chunk.push_str(before);
        let after = mark.get(1..).unwrap_or_default();
        let end = |close: &str, from: &str| match from.split_once(close) {
            Some((inside, after)) => (inside.len(), from.len() - after.len()),
            None => (from.len(), from.len()),
        };
        let taken = match mark.as_bytes().first() {
            Some(b'/') if after.starts_with('*') => {
                Some(end("*/", after.get(1..).unwrap_or_default())).map(|(inside, skip)| (1, inside, skip))
            }
            Some(b'"') => Some(end("\"", after)).map(|(inside, skip)| (0, inside, skip)),
            Some(b'\'') => Some(end("'", after)).map(|(inside, skip)| (0, inside, skip)),
            Some(b'(') if ends_in_url(&chunk) && !after.trim_start().starts_with(['"', '\'']) => {
                Some(end(")", after)).map(|(inside, skip)| (0, inside, skip))
            }
            _ => None,
        };
        if let Some((from, length, skip)) = taken {
            let inside = after.get(from..).unwrap_or_default();
            words.push(inside.get(..length).unwrap_or_default().to_owned());
            rest = inside.get(skip..).unwrap_or_default();
            continue;
        }
        rest = after;
        match mark.as_bytes().first() {
            Some(b'{') => {
                note(&mut words, &mut chunk, 0);
                depth = depth.saturating_add(1);
            }
            Some(b'}') => {
                note(&mut words, &mut chunk, depth);
                depth = depth.saturating_sub(1);
            }
            Some(b';') => note(&mut words, &mut chunk, depth),
            Some(other) => chunk.push(char::from(*other)),
            None => {}
        }
    }
    chunk.push_str(rest);
    note(&mut words, &mut chunk, depth);
    words
}

/// Says whether an address in brackets follows; looks at three bytes, however long the text before is.
fn ends_in_url(chunk: &str) -> bool {
    let end = chunk.len().saturating_sub(3);
    chunk.as_bytes().get(end..).is_some_and(|end| end.eq_ignore_ascii_case(b"url"))
}

/// Keeps what stood between two marks, unless it is a declaration.
fn note(words: &mut Vec<String>, chunk: &mut String, depth: u32) {
    let text = chunk.trim();
    let declares = depth > 0
        && text.split_once(':').is_some_and(|(name, _)| {
            let name = name.trim();
            !name.is_empty()
                && name.len() <= 40
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && name.bytes().filter(u8::is_ascii_digit).count() < 3
        });
    if !text.is_empty() && !declares {
        words.push(text.to_owned());
    }
    chunk.clear();
}

/// Takes away the comment marks of HTML that old programs put around a style sheet.
pub(super) fn without_marks(style: &str) -> &str {
    let style = style.trim();
    let style = style.strip_prefix("<!--").unwrap_or(style);
    style.strip_suffix("-->").unwrap_or(style)
}
