//! How long a contract runs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The duration of a contract, for example `P12M` or `P365D`; `P1Y` is `P12M`.
///
/// Months and days are kept apart: AWS bills metered dimensions by days, and no month has a fixed number of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Duration {
    months: u32,
    days: u32,
}

/// Text that is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a duration is written in years, months and days, such as P12M, P1Y or P365D")]
pub struct InvalidDuration;

impl Duration {
    /// Stands where none could be read.
    pub(super) const MONTH: Self = Self { months: 1, days: 0 };

    /// Whether it is written in days alone.
    pub const fn is_days(self) -> bool {
        self.months == 0
    }

    /// Whether it has from one month to so many. Where months of 28 or of 31 days decide, it has.
    pub const fn is_within(self, months: u32) -> bool {
        let is_long = self.months >= 1 || self.days >= 28;
        is_long && self.months.saturating_add(self.days / 31) <= months
    }
}

impl FromStr for Duration {
    type Err = InvalidDuration;

    fn from_str(text: &str) -> Result<Self, InvalidDuration> {
        let rest = text.strip_prefix('P').filter(|rest| !rest.is_empty());
        let (years, rest) = part(rest.ok_or(InvalidDuration)?, 'Y')?;
        let (months, rest) = part(rest, 'M')?;
        let (days, rest) = part(rest, 'D')?;
        let months = years.checked_mul(12).and_then(|year| year.checked_add(months));
        match months {
            Some(months) if rest.is_empty() => Ok(Self { months, days }),
            _ => Err(InvalidDuration),
        }
    }
}

/// The number before this unit, if it is written, and what follows.
fn part(text: &str, unit: char) -> Result<(u32, &str), InvalidDuration> {
    let Some((digits, rest)) = text.split_once(unit) else { return Ok((0, text)) };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(InvalidDuration);
    }
    Ok((digits.parse().map_err(|_| InvalidDuration)?, rest))
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.months, self.days) {
            (0, days) => write!(f, "P{days}D"),
            (months, 0) => write!(f, "P{months}M"),
            (months, days) => write!(f, "P{months}M{days}D"),
        }
    }
}

impl TryFrom<String> for Duration {
    type Error = InvalidDuration;
    fn try_from(text: String) -> Result<Self, InvalidDuration> {
        text.parse()
    }
}

impl From<Duration> for String {
    fn from(duration: Duration) -> Self {
        duration.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::Duration;

    #[test]
    fn durations() {
        let cases = [
            // written, read, whether it has 1 to 144 months
            ("P12M", Some("P12M"), true),
            ("P1Y", Some("P12M"), true),
            ("P1Y6M", Some("P18M"), true),
            ("P1M15D", Some("P1M15D"), true),
            ("P365D", Some("P365D"), true),
            ("P144M", Some("P144M"), true),
            ("P12Y1M", Some("P145M"), false),
            ("P4383D", Some("P4383D"), true),
            ("P4495D", Some("P4495D"), false),
            ("P27D", Some("P27D"), false),
            ("P28D", Some("P28D"), true),
            ("P0M", Some("P0D"), false),
            ("P", None, false),
            ("", None, false),
            ("12M", None, false),
            ("P12", None, false),
            ("P12m", None, false),
            ("P1M1Y", None, false),
            ("P1M2M", None, false),
            ("P-1M", None, false),
            ("P1.5Y", None, false),
            ("P2W", None, false),
            ("PT1H", None, false),
            ("P99999999999Y", None, false),
            ("P999999999Y", None, false),
        ];
        for (written, expected, within) in cases {
            let read = written.parse::<Duration>().ok();
            assert_eq!(read.map(|read| read.to_string()).as_deref(), expected, "{written}");
            assert_eq!(read.is_some_and(|read| read.is_within(144)), within, "{written}");
        }
    }
}
