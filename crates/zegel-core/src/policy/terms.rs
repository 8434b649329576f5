//! The words of a policy: actions, levels, verdicts.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a rule does when it fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Records the finding and its class.
    Allow,
    /// The message does not leave.
    Block,
    /// Nobody gets it unsealed.
    Seal,
    /// The sender has to accept the finding by name.
    Warn,
}

/// What became of a draft: the strictest action that is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It may leave as the plan says.
    Allow,
    /// It may not leave.
    Block,
    /// It may leave sealed, and only so.
    Seal,
    /// It may leave once the sender accepts what was found.
    Warn,
}

impl Verdict {
    /// Returns the stricter of two.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        if other.strictness() > self.strictness() { other } else { self }
    }

    /// Returns how strict it is: 0 allows, 3 blocks.
    pub fn strictness(self) -> u8 {
        match self {
            Self::Allow => 0,
            Self::Seal => 1,
            Self::Warn => 2,
            Self::Block => 3,
        }
    }
}

impl From<Action> for Verdict {
    fn from(action: Action) -> Self {
        match action {
            Action::Allow => Self::Allow,
            Action::Block => Self::Block,
            Action::Seal => Self::Seal,
            Action::Warn => Self::Warn,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "allow",
            Self::Block => "block",
            Self::Seal => "seal",
            Self::Warn => "warn",
        })
    }
}

/// How a warning can be overruled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accept {
    /// By naming the rule.
    ByName,
    /// By naming the rule and giving a reason in writing.
    Justify,
    /// Not at all.
    Never,
}

/// How much protection a class needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Nothing that could hurt anybody.
    Low,
    /// Personal data.
    Middle,
    /// Health data, citizen service numbers, credentials.
    High,
}

/// What a guest has to prove besides having the mail; from weak to strong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecondFactor {
    /// A code sent to the same mailbox is enough.
    Mailed,
    /// SMS, access code or passkey.
    Strong,
}

/// A part of the draft that a condition looks into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    /// Files, and files in files.
    Attachments,
    /// The text of the mail.
    Body,
    /// Header fields other than the subject.
    Headers,
    /// The subject.
    Subject,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// The sender's local time, as far as rules ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    /// The day.
    pub weekday: Weekday,
    /// Minutes since midnight, below 1,440.
    pub minute: u16,
}

impl LocalTime {
    /// Returns the local time at a moment, so many minutes east of UTC.
    pub fn at(moment: crate::Timestamp, offset_minutes: i32) -> Self {
        const DAYS: [Weekday; 7] = [
            Weekday::Thu,
            Weekday::Fri,
            Weekday::Sat,
            Weekday::Sun,
            Weekday::Mon,
            Weekday::Tue,
            Weekday::Wed,
        ];
        let minutes = i64::try_from(moment.unix() / 60).unwrap_or(0) + i64::from(offset_minutes);
        let day = minutes.div_euclid(1_440).rem_euclid(7);
        let weekday =
            usize::try_from(day).ok().and_then(|day| DAYS.get(day)).copied().unwrap_or(Weekday::Thu);
        Self { weekday, minute: u16::try_from(minutes.rem_euclid(1_440)).unwrap_or(0) }
    }
}

/// A text for people in both languages of the product.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Dutch.
    pub nl: String,
    /// English.
    pub en: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    #[test]
    fn joining_only_goes_up_and_order_does_not_matter() {
        let all = [Verdict::Allow, Verdict::Seal, Verdict::Warn, Verdict::Block];
        for (i, a) in all.iter().enumerate() {
            for (j, b) in all.iter().enumerate() {
                assert_eq!(a.join(*b), *all.get(i.max(j)).unwrap());
                assert_eq!(a.join(*b), b.join(*a));
            }
        }
    }

    #[test]
    fn local_time_crosses_midnight_both_ways() {
        // 2026-11-21 was a Saturday.
        let moment: Timestamp = "2026-11-21T23:30:00Z".parse().unwrap();
        assert_eq!(LocalTime::at(moment, 0), LocalTime { weekday: Weekday::Sat, minute: 1_410 });
        assert_eq!(LocalTime::at(moment, 60), LocalTime { weekday: Weekday::Sun, minute: 30 });
        let early: Timestamp = "2026-11-21T00:10:00Z".parse().unwrap();
        assert_eq!(LocalTime::at(early, -60), LocalTime { weekday: Weekday::Fri, minute: 1_390 });
    }
}
