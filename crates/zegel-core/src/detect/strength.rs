//! What passwords and tokens look like, and what stands in examples in their place.

/// Says whether a text looks like a password. Announced, a word with a digit or sign in it will do.
pub(super) fn is_password(text: &str, announced: bool) -> bool {
    // Eighty characters of at most four bytes: what is longer is not counted to its end.
    if text.len() > 80 * 4 {
        return false;
    }
    // What stands behind a word for a password is a plain word most often.
    if matches!(text.as_bytes(), [a, rest @ ..] if a.is_ascii_alphabetic() && rest.iter().all(u8::is_ascii_lowercase))
    {
        return false;
    }
    let length = text.chars().count();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let inner = text.trim_matches(|c: char| !c.is_alphanumeric());
    let signs = inner.chars().filter(|c| !c.is_alphanumeric()).count();
    let lower = text.chars().any(char::is_lowercase);
    let upper_inside = text.chars().skip(1).any(char::is_uppercase) && lower;
    if !(4..=80).contains(&length) || text.contains("://") || inner.is_empty() {
        return false;
    }
    let hyphenated = signs > 0
        && digits == 0
        && inner.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’' | '/' | '.'));
    let dotted_number =
        digits > 0 && inner.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '/' | '.' | ':' | ','));
    if hyphenated && !upper_inside {
        return announced && inner.matches('-').count() > 1;
    }
    if dotted_number {
        return announced && signs == 0 && (4..=12).contains(&digits);
    }
    let mixed = digits > 0 && length > digits || signs > 0 || upper_inside;
    if announced {
        mixed && length >= 5
    } else {
        length >= 8 && (digits > 0 || signs > 1) && (digits + signs > 1 || upper_inside)
    }
}

/// Says whether a text looks like a token: long, of one piece, with letters and digits mixed.
pub(super) fn is_secret(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 16
        || !bytes.iter().all(|b| {
            is_token_byte(*b)
                || matches!(
                    b,
                    b'.' | b'/' | b'+' | b'=' | b'~' | b':' | b'!' | b'#' | b'$' | b'%' | b'^' | b'*' | b'@'
                )
        })
    {
        return false;
    }
    if text.starts_with('/') || text.contains("://") || text.contains('@') && text.contains('.') {
        return false;
    }
    let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    let letters = bytes.iter().filter(|b| b.is_ascii_alphabetic()).count();
    digits >= 2 && letters >= 4 && changes(bytes) * 6 >= bytes.len()
}

/// Counts how often the sort of character changes: words change seldom, keys often.
pub(super) fn changes(bytes: &[u8]) -> usize {
    let class = |b: u8| match b {
        b'0'..=b'9' => 0,
        b'A'..=b'Z' => 1,
        b'a'..=b'z' => 2,
        _ => 3,
    };
    bytes.windows(2).filter(|pair| matches!(pair, [a, b] if class(*a) != class(*b))).count()
}

/// Says whether a text stands for a value rather than being one.
pub(super) fn is_placeholder(text: &str) -> bool {
    const WORDS: [&str; 34] = [
        "changeme",
        "change-me",
        "change_me",
        "placeholder",
        "example",
        "voorbeeld",
        "secret",
        "password",
        "wachtwoord",
        "geheim",
        "your",
        "uw-",
        "uw_",
        "jouw",
        "mijn-",
        "my-",
        "todo",
        "redacted",
        "hidden",
        "verborgen",
        "none",
        "null",
        "undefined",
        "empty",
        "xxx",
        "***",
        "...",
        "…",
        "<",
        "{{",
        "${",
        "$(",
        "[",
        "invullen",
    ];
    let lower = text.to_lowercase();
    let word = WORDS.iter().any(|word| {
        lower.starts_with(word)
            && (!matches!(*word, "secret" | "geheim" | "password" | "wachtwoord" | "example" | "voorbeeld")
                || lower.len() <= word.len() + 2 && !lower.ends_with(|c: char| c.is_ascii_digit()))
    });
    let mut chars = lower.chars();
    let first = chars.next();
    word || first.is_none()
        || lower.chars().all(|c| Some(c) == first)
        || lower.contains("xxxx")
        || lower.starts_with('%') && lower.ends_with('%')
}

/// Says whether a byte may stand in a token.
pub(super) fn is_token_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')
}
