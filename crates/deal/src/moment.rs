//! A point in time as the ledger keeps it: whole microseconds since 1970, UTC.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Microseconds since 1970-01-01T00:00:00Z. Stored as a number, shown as RFC 3339.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Moment(i64);

impl Moment {
    /// Before everything.
    pub const MIN: Self = Self(i64::MIN);
    /// After everything.
    pub const MAX: Self = Self(i64::MAX);

    /// Stands for the time of a notification that cannot have been sent when it says: the end of the times that can be,
    /// so that whatever was seen at a time that can be believed was seen before. What it says wins no register.
    pub const UNKNOWN: Self = Self(4_102_444_800_000_000);
    /// 2010: before it, nobody sold anything on AWS Marketplace.
    const EARLIEST: Self = Self(1_262_304_000_000_000);

    /// Whether something can have been sent at this time: from 2010 until 2100.
    pub fn is_plausible(self) -> bool {
        (Self::EARLIEST..Self::UNKNOWN).contains(&self)
    }

    /// The time, if something can have been sent then.
    #[must_use]
    pub fn or_unknown(self) -> Self {
        if self.is_plausible() { self } else { Self::UNKNOWN }
    }

    /// From microseconds since 1970.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// So many seconds later; stays at the end of time.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// So many minutes later; stays at the end of time.
    #[must_use]
    pub const fn plus_minutes(self, minutes: i64) -> Self {
        self.plus_seconds(minutes.saturating_mul(60))
    }

    /// So many hours later; stays at the end of time.
    #[must_use]
    pub const fn plus_hours(self, hours: i64) -> Self {
        self.plus_minutes(hours.saturating_mul(60))
    }

    /// As a jiff timestamp, cut to the years that it can hold.
    pub fn timestamp(self) -> Timestamp {
        let end = if self.0 < 0 { Timestamp::MIN } else { Timestamp::MAX };
        Timestamp::from_microsecond(self.0).unwrap_or(end)
    }
}

impl From<Timestamp> for Moment {
    fn from(time: Timestamp) -> Self {
        Self(time.as_microsecond())
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.timestamp().fmt(f)
    }
}
