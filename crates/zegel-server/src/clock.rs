//! Time: what the clock on the wall says, and for how long it can be believed.

use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, NaiveDateTime};

/// The text of a time.
const FORM: &str = "%Y-%m-%dT%H:%M:%SZ";
/// After how long a stepped clock is taken for the right one.
const BELIEVED: Duration = Duration::from_secs(24 * 3600);
/// How far wall clock and steady clock may be apart before one of them is said to have stepped.
const DRIFT: i64 = 120;

/// A clock whose steps are noticed.
///
/// A machine whose clock jumps a year ahead must not erase a year of messages (R9): what ends, ends when the wall clock
/// and the steady clock since the start of the program both say so. A step that stays for a day is believed.
#[derive(Debug)]
pub(crate) struct Clock {
    base: Mutex<Base>,
}

#[derive(Debug, Clone, Copy)]
struct Base {
    wall: i64,
    steady: Instant,
    stepped_since: Option<Instant>,
}

impl Clock {
    /// Starts with what the wall clock says.
    pub(crate) fn start() -> Self {
        Self { base: Mutex::new(Base { wall: wall(), steady: Instant::now(), stepped_since: None }) }
    }

    /// Returns the seconds since 1970 by the wall clock.
    pub(crate) fn now(&self) -> i64 {
        wall()
    }

    /// Returns a time that has come for sure: the earlier of the two clocks.
    pub(crate) fn surely(&self) -> i64 {
        let base = self.base.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        wall().min(base.expected())
    }

    /// Looks whether the clock stepped; called every now and then. Says so once for each step.
    pub(crate) fn observe(&self) {
        let mut base = self.base.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if (wall() - base.expected()).abs() <= DRIFT {
            base.stepped_since = None;
            return;
        }
        match base.stepped_since {
            None => {
                base.stepped_since = Some(Instant::now());
                tracing::warn!("the clock of the machine stepped; nothing is erased early because of it");
            }
            Some(since) if since.elapsed() >= BELIEVED => {
                *base = Base { wall: wall(), steady: Instant::now(), stepped_since: None };
            }
            Some(_) => {}
        }
    }
}

impl Base {
    fn expected(&self) -> i64 {
        self.wall.saturating_add(i64::try_from(self.steady.elapsed().as_secs()).unwrap_or(i64::MAX))
    }
}

/// Returns the seconds since 1970 by the wall clock.
pub(crate) fn wall() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// A moment on both clocks, to notice later that one of them stepped.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    steady: Instant,
    wall: SystemTime,
}

impl Moment {
    /// Takes the moment.
    pub(crate) fn now() -> Self {
        Self { steady: Instant::now(), wall: SystemTime::now() }
    }

    /// Says whether less than `life` has passed, by a clock that does not step and with a wall clock that did not.
    pub(crate) fn is_within(&self, life: Duration) -> bool {
        let steady = self.steady.elapsed();
        let stepped = match self.wall.elapsed() {
            Ok(wall) => wall.abs_diff(steady) > Duration::from_secs(DRIFT.unsigned_abs()),
            Err(error) => error.duration() > Duration::from_secs(1),
        };
        steady < life && !stepped
    }
}

/// Writes a time as `2026-11-21T07:00:00Z`.
pub(crate) fn text(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().format(FORM).to_string()
}

/// Writes the day of a time as `2026-11-21`.
pub(crate) fn day(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().format("%Y-%m-%d").to_string()
}

/// Reads a time; there is one text for each.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let seconds = NaiveDateTime::parse_from_str(text, FORM).ok()?.and_utc().timestamp();
    (seconds >= 0 && self::text(seconds) == text).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_one_text() {
        assert_eq!(parse("2026-11-21T07:00:00Z"), Some(1_795_244_400));
        assert_eq!(text(1_795_244_400), "2026-11-21T07:00:00Z");
        for bad in [
            "2026-11-21T07:00:00",
            "2026-11-21 07:00:00Z",
            "2026-11-31T07:00:00Z",
            "1969-12-31T23:59:59Z",
            "",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        assert_eq!(day(1_795_244_400), "2026-11-21");
    }

    #[test]
    fn a_moment_ends_with_its_life_or_with_a_step() {
        let now = Moment::now();
        assert!(now.is_within(Duration::from_secs(600)));
        assert!(!now.is_within(Duration::ZERO));
        let year = Duration::from_secs(365 * 86_400);
        let ahead = Moment { wall: now.wall - year, ..now };
        let back = Moment { wall: now.wall + year, ..now };
        assert!(!ahead.is_within(Duration::from_secs(600)));
        assert!(!back.is_within(Duration::from_secs(600)));
    }

    #[test]
    fn a_clock_that_jumps_ahead_ends_nothing() {
        let clock = Clock::start();
        // The program believes to have started a year ago by the wall: the wall is a year ahead now.
        clock.base.lock().unwrap().wall -= 365 * 86_400;
        clock.observe();
        assert!(clock.surely() < clock.now() - 364 * 86_400);
        assert!(clock.base.lock().unwrap().stepped_since.is_some());
    }
}
