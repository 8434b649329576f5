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
