//! Numbers of workbooks as they show: a date is a number with a format, and so is an identifier with leading zeros.

use zegel_core::time::civil;

/// The day that is number 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Epoch {
    /// The usual one.
    #[default]
    Year1900,
    /// Of old Macintosh files.
    Year1904,
}

/// As much of a number format as matters for reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Format {
    /// A date, a time or both.
    Date,
    /// Digits with leading zeros, this many.
    Digits(u8),
    /// Anything else.
    #[default]
    Plain,
}

/// Returns what a format adds to a number: the cell as it shows, where the letters that stand in the format hold digits.
///
/// `"BSN 1234"00000` shows a number of which the cell has only the end.
pub(crate) fn dressed(value: &str, code: &str) -> Option<String> {
    let number: f64 = value.parse().ok()?;
    let sections: Vec<&str> = sections(code);
    let section = match sections.as_slice() {
        [_, negative, ..] if number < 0.0 => negative,
        [_, _, zero, ..] if number == 0.0 => zero,
        [first, ..] => first,
        [] => return None,
    };
    let parts = parts(section);
    let literal = |part: &Part| matches!(part, Part::Letter(c) if c.is_ascii_digit());
    if !parts.iter().any(literal) {
        return None;
    }
    let digits: Vec<char> = format!("{:.0}", number.abs().trunc()).chars().collect();
    let places = parts.iter().filter(|part| matches!(part, Part::Place(_))).count();
    let mut missing = places.saturating_sub(digits.len());
    let mut more = digits.len().saturating_sub(places);
    let mut digits = digits.into_iter();
    let mut out = String::new();
    for part in parts {
        match part {
            Part::Letter(c) => out.push(c),
            Part::Text => out.push_str(value),
            Part::Place(zero) if missing > 0 => {
                missing -= 1;
                out.extend(zero);
            }
            Part::Place(_) => {
                // What does not fit stands at the first place.
                out.extend(digits.by_ref().take(1 + std::mem::take(&mut more)));
            }
        }
    }
    Some(out)
}

/// As [`dressed`], for a text.
pub(crate) fn dressed_text(text: &str, code: &str) -> Option<String> {
    let section = parts(sections(code).into_iter().rev().find(|section| section.contains('@'))?);
    let mut out = String::new();
    for part in section {
        match part {
            Part::Letter(c) => out.push(c),
            Part::Text => out.push_str(text),
            Part::Place(_) => {}
        }
    }
    Some(out)
}

/// Returns the letters that stand in a format, when there are digits among them.
pub(crate) fn letters(code: &str) -> Option<String> {
    let letters: String = sections(code)
        .into_iter()
        .flat_map(parts)
        .filter_map(|part| match part {
            Part::Letter(c) => Some(c),
            Part::Place(_) | Part::Text => None,
        })
        .collect();
    letters.contains(|c: char| c.is_ascii_digit()).then_some(letters)
}

/// What a format is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// A letter that shows as it is.
    Letter(char),
    /// A place for a digit, and what stands there when there is none.
    Place(Option<char>),
    /// The place of a text.
    Text,
}

/// Cuts a format at the semicolons that are not quoted.
fn sections(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    for (place, c) in code.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '"' => quoted = !quoted,
            '\\' if !quoted => escaped = true,
            ';' if !quoted => {
                found.extend(code.get(start..place));
                start = place + 1;
            }
            _ => {}
        }
    }
    found.extend(code.get(start..));
    found
}

fn parts(section: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut characters = section.chars();
    let mut until = None;
    while let Some(c) = characters.next() {
        match (until, c) {
            (Some(end), _) if c == end => until = None,
            (Some('"'), _) => parts.push(Part::Letter(c)),
            (Some(_), _) => {}
            (None, '"') => until = Some('"'),
            (None, '[') => until = Some(']'),
            (None, '\\') => parts.extend(characters.next().map(Part::Letter)),
            // A space as wide as what follows, or what follows again and again.
            (None, '_' | '*') => {
                characters.next();
            }
            (None, '0') => parts.push(Part::Place(Some('0'))),
            (None, '@') => parts.push(Part::Text),
            (None, '#' | '?') => parts.push(Part::Place(None)),
            (None, '1'..='9' | ' ' | '-' | '/' | '(' | ')' | ':') => parts.push(Part::Letter(c)),
            _ => {}
        }
    }
    parts
}

/// Reads a format code.
pub(crate) fn format(code: &str) -> Format {
    let first = code.split(';').next().unwrap_or_default();
    // What is quoted, escaped or in brackets (colours, languages) shows but says nothing.
    let mut bare = String::new();
    let mut characters = first.chars();
    let mut until = None;
    while let Some(c) = characters.next() {
        match (until, c) {
            (Some(end), _) if c == end => until = None,
            (Some(_), _) => {}
            (None, '"') => until = Some('"'),
            (None, '[') => until = Some(']'),
            (None, '\\' | '_' | '*') => {
                characters.next();
            }
            _ => bare.push(c.to_ascii_lowercase()),
        }
    }
    if bare.contains(['y', 'd']) || (bare.contains('h') && bare.contains('m')) || bare.contains("mm:ss") {
        return Format::Date;
    }
    if bare.len() > 1 && bare.bytes().all(|byte| byte == b'0') {
        return Format::Digits(u8::try_from(bare.len()).unwrap_or(u8::MAX));
    }
    Format::Plain
}

/// Returns the format of a built-in number (ECMA-376 part 1, 18.8.30).
pub(crate) fn built_in(id: u32) -> Format {
    match id {
        14..=22 | 27..=36 | 45..=47 | 50..=58 => Format::Date,
        _ => Format::Plain,
    }
}

/// Shows a number: dates as 1984-03-12, whole numbers without an exponent.
pub(crate) fn show(value: &str, format: Format, epoch: Epoch) -> String {
    let Ok(number) = value.parse::<f64>() else { return value.to_owned() };
    match format {
        Format::Date => date(number, epoch).unwrap_or_else(|| value.to_owned()),
        Format::Digits(count) if number >= 0.0 && number.fract() == 0.0 && number < 1e15 => {
            format!("{number:0>width$}", width = usize::from(count))
        }
        _ if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number}"),
        _ => value.to_owned(),
    }
}

/// Turns days since the epoch into a date, by the calendar of Howard Hinnant's "days from civil", backwards.
fn date(days: f64, epoch: Epoch) -> Option<String> {
    if !(0.0..2_958_466.0).contains(&days) {
        return None;
    }
    let minutes = ((days.fract() * 1440.0).round() as u32).min(1439);
    let time = format!("{:02}:{:02}", minutes / 60, minutes % 60);
    let whole = days.trunc() as i64;
    let whole = match epoch {
        Epoch::Year1904 => whole + 1462,
        Epoch::Year1900 => whole,
    };
    if whole == 0 {
        return Some(time);
    }
    // Day 60 is 29 February 1900, which never was: before it the count is one short.
    let since_1970 = whole - if whole < 60 { 25_568 } else { 25_569 };
    let (year, month, day) = civil(since_1970);
    let date = format!("{year:04}-{month:02}-{day:02}");
    Some(if minutes == 0 { date } else { format!("{date} {time}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_show_as_dates() {
        let day = |number: &str| show(number, Format::Date, Epoch::Year1900);
        assert_eq!(day("1"), "1900-01-01");
        assert_eq!(day("61"), "1900-03-01");
        assert_eq!(day("30753"), "1984-03-12");
        assert_eq!(day("45351.5"), "2024-02-29 12:00");
        assert_eq!(show("29291", Format::Date, Epoch::Year1904), "1984-03-12");
        assert_eq!(day("-4"), "-4");
    }

    #[test]
    fn identifiers_keep_their_zeros_and_their_digits() {
        assert_eq!(show("12345672", format("000000000"), Epoch::Year1900), "012345672");
        assert_eq!(show("1.11222333E8", Format::Plain, Epoch::Year1900), "111222333");
        assert_eq!(show("0.25", Format::Plain, Epoch::Year1900), "0.25");
    }

    #[test]
    fn digits_of_a_format_stand_beside_those_of_the_cell() {
        let show = |value: &str, code: &str| dressed(value, code).unwrap_or_default();
        assert_eq!(show("1", "\"BSN 123456782\""), "BSN 123456782");
        assert_eq!(show("56782", "\"BSN 1234\"00000"), "BSN 123456782");
        assert_eq!(show("782", "\"1234\"00000"), "123400782");
        assert_eq!(show("123456782", "#\"\"0\\2"), "1234567822");
        assert_eq!(show("1367", "0\\20\\4\\50"), "1326457");
        assert_eq!(show("-1", "0;\\1\\2"), "12");
        assert_eq!(dressed("5", "0.00\" days\""), None);
        assert_eq!(dressed_text("56782", "0;0;0;\"1234\"@").as_deref(), Some("123456782"));
        assert_eq!(letters("\"BSN 1;2\";0").as_deref(), Some("BSN 1;2"));
        assert_eq!(letters("#,##0.00_);[Red](#,##0.00)"), None);
    }

    #[test]
    fn formats_are_told_apart() {
        assert_eq!(format("dd\\-mm\\-yyyy"), Format::Date);
        assert_eq!(format("[$-413]d mmmm yyyy;@"), Format::Date);
        assert_eq!(format("hh:mm"), Format::Date);
        assert_eq!(format("0.00\" days\""), Format::Plain);
        assert_eq!(format("#,##0"), Format::Plain);
        assert_eq!(format("General"), Format::Plain);
        assert_eq!(format("000000000"), Format::Digits(9));
        assert_eq!(built_in(14), Format::Date);
    }
}
