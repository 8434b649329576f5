//! Points in time: whole seconds since 1970 in UTC, written as RFC 3339.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

const DAY: u64 = 86_400;
/// The last second that has a four-digit year: 9999-12-31T23:59:59Z.
const LAST: u64 = 253_402_300_799;

/// Tells that a text is not a point in time of the one form Zegel writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a time has the form 2026-01-31T23:59:59Z")]
pub struct TimestampError;

/// A point in time, in whole seconds, from 1970 to 9999.
///
/// The text form is RFC 3339 with a `Z` and without fractions, and there is only one for each point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// Makes a point in time from seconds since 1970-01-01T00:00:00Z; later than the year 9999 counts as its end.
    pub fn from_unix(seconds: u64) -> Self {
        Self(seconds.min(LAST))
    }

    /// Returns the seconds since 1970-01-01T00:00:00Z.
    pub fn unix(self) -> u64 {
        self.0
    }

    /// Returns the point in time `seconds` later.
    #[must_use]
    pub fn plus_seconds(self, seconds: u64) -> Self {
        Self::from_unix(self.0.saturating_add(seconds))
    }

    /// Returns the text for a `Date` header, for example `Sat, 21 Nov 2026 07:00:00 +0000` (RFC 5322 section 3.3).
    pub fn to_rfc5322(self) -> String {
        const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let (year, month, day) = civil((self.0 / DAY).cast_signed());
        let week_day = DAYS.iter().cycle().nth((self.0 / DAY % 7) as usize).unwrap_or(&"Thu");
        let month = MONTHS.get(month as usize - 1).unwrap_or(&"Jan");
        let (h, m, s) = clock(self.0);
        format!("{week_day}, {day:02} {month} {year:04} {h:02}:{m:02}:{s:02} +0000")
    }
}

/// Turns a day number (0 = 1970-01-01) into year, month and day of the Gregorian calendar, also before that.
pub fn civil(days: i64) -> (i64, i64, i64) {
    // Years are counted from 0000-03-01, so that the leap day is the last of its year.
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// Turns year, month and day of the Gregorian calendar into a day number; the inverse of [`civil`].
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let year_of_era = year % 400;
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn clock(seconds: u64) -> (u64, u64, u64) {
    (seconds % DAY / 3600, seconds % 3600 / 60, seconds % 60)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil((self.0 / DAY).cast_signed());
        let (h, m, s) = clock(self.0);
        write!(f, "{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}Z")
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let number = |from: usize, to: usize| -> Result<u64, TimestampError> {
            let digits = text.get(from..to).ok_or(TimestampError)?;
            if digits.bytes().all(|b| b.is_ascii_digit()) {
                digits.parse().map_err(|_| TimestampError)
            } else {
                Err(TimestampError)
            }
        };
        if text.len() != 20 {
            return Err(TimestampError);
        }
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (h, m, s) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return Err(TimestampError);
        }
        let time = Self(days(year, month, day) * DAY + h * 3600 + m * 60 + s);
        // One text for each time: this also refuses wrong separators, 31 April and second 60.
        if time.to_string() == text { Ok(time) } else { Err(TimestampError) }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_and_reads_the_same_time() {
        for (seconds, text, mail) in [
            (0, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 +0000"),
            (951_782_400, "2000-02-29T00:00:00Z", "Tue, 29 Feb 2000 00:00:00 +0000"),
            (1_795_244_400, "2026-11-21T07:00:00Z", "Sat, 21 Nov 2026 07:00:00 +0000"),
            (LAST, "9999-12-31T23:59:59Z", "Fri, 31 Dec 9999 23:59:59 +0000"),
        ] {
            let time = Timestamp::from_unix(seconds);
            assert_eq!(time.to_string(), text);
            assert_eq!(text.parse(), Ok(time));
            assert_eq!(time.to_rfc5322(), mail);
        }
    }

    #[test]
    fn every_day_of_four_centuries_survives() {
        for day in 0..146_097 {
            let time = Timestamp::from_unix(day * DAY + 12_345);
            assert_eq!(time.to_string().parse(), Ok(time));
        }
    }

    #[test]
    fn refuses_other_forms() {
        for text in [
            "",
            "2026-11-21",
            "2026-11-21T07:00:00",
            "2026-11-21t07:00:00z",
            "2026-11-21T07:00:00.0Z",
            "2026-02-30T00:00:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T07:00:60Z",
            "1969-12-31T23:59:59Z",
            "2026-13-01T00:00:00Z",
            "2026/11/21T07:00:00Z",
            "+026-11-21T07:00:00Z",
            "２026-11-2107:00:0Z",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(TimestampError), "{text}");
        }
    }
}
