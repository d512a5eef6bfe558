//! Time that passes when the simulation says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use deal::moment::Moment;
use processor::clock::Clock;

use crate::turn::turn;

/// A second, in microseconds.
pub(crate) const SECOND: i64 = 1_000_000;
/// A minute.
pub(crate) const MINUTE: i64 = 60 * SECOND;
/// An hour.
pub(crate) const HOUR: i64 = 60 * MINUTE;
/// A day.
pub(crate) const DAY: i64 = 24 * HOUR;

/// The one time of a run, in microseconds since 1970. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Time(Arc<AtomicI64>);

impl Time {
    /// Begins at a moment.
    pub(crate) fn new(begin: i64) -> Self {
        Self(Arc::new(AtomicI64::new(begin)))
    }

    /// Now.
    pub(crate) fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Lets so many microseconds pass.
    pub(crate) fn pass(&self, micros: i64) {
        self.0.fetch_add(micros, Ordering::Relaxed);
    }

    /// Lets time pass until a moment, unless it has come.
    pub(crate) fn reach(&self, moment: i64) {
        self.0.fetch_max(moment, Ordering::Relaxed);
    }
}

/// A processor's clock: it may go before or after the run's time. It never shows more than the last moment, at which
/// everything is judged in the end.
#[derive(Debug, Clone)]
pub(crate) struct SkewedClock {
    pub(crate) time: Time,
    /// So many microseconds before (positive) or after.
    pub(crate) skew: i64,
    pub(crate) last: Moment,
}

#[async_trait]
impl Clock for SkewedClock {
    fn now(&self) -> Moment {
        Moment::from_micros(self.time.now().saturating_add(self.skew)).min(self.last)
    }

    async fn back_off(&self, _attempts: u32) {
        turn().await;
    }
}
