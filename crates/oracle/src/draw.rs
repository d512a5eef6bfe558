//! Seeded draws: ids that never repeat, times, chances.

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};

/// Letters and digits of ids that AWS makes.
const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
/// One hour in seconds.
pub(crate) const HOUR: i64 = 3_600;
/// One day in seconds.
pub(crate) const DAY: i64 = 24 * HOUR;

/// Draws for one world.
#[derive(Debug, Clone)]
pub(crate) struct Draw {
    rng: Rng,
    serial: u32,
}

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self { rng: Rng::with_seed(seed), serial: 0 }
    }

    /// True that often in a hundred.
    pub(crate) fn percent(&mut self, chance: u32) -> bool {
        self.rng.u32(..100) < chance
    }

    /// A number below another, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.rng.usize(..end.max(1))
    }

    /// A whole number of seconds, the last one included.
    pub(crate) fn seconds(&mut self, from: i64, to: i64) -> i64 {
        self.rng.i64(from..=to.max(from))
    }

    /// One of several.
    pub(crate) fn one<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }

    /// So many of several, sorted.
    pub(crate) fn some<T: Clone + Ord>(&mut self, of: &[T], number: usize) -> Vec<T> {
        let mut left = of.to_vec();
        self.shuffle(&mut left);
        left.truncate(number);
        left.sort();
        left
    }

    /// Puts a list into another order.
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        self.rng.shuffle(list);
    }

    /// Text of so many letters and digits, another one each time.
    pub(crate) fn text(&mut self, length: usize) -> String {
        self.serial = self.serial.saturating_add(1);
        let serial = format!("{:03x}", self.serial);
        let rest = length.saturating_sub(serial.len());
        let letters: String =
            (0..rest).filter_map(|_| self.one(ALPHABET).copied().map(char::from)).collect();
        letters + &serial
    }

    /// Thirty-two hexadecimal digits, as in a license's id, another one each time.
    pub(crate) fn hex(&mut self) -> String {
        self.serial = self.serial.saturating_add(1);
        format!("{:016x}{:08x}{:08x}", self.rng.u64(..), self.rng.u32(..), self.serial)
    }

    /// A UUID, another one each time.
    pub(crate) fn uuid(&mut self) -> String {
        self.serial = self.serial.saturating_add(1);
        let (a, b, c) = (self.rng.u32(..), self.rng.u16(..), self.rng.u64(..1 << 16));
        format!("{a:08x}-{b:04x}-4000-8000-{c:04x}{:08x}", self.serial)
    }

    /// Seconds later, between these two, and some milliseconds: no notice has exactly such a time.
    pub(crate) fn after(&mut self, time: Timestamp, from: i64, to: i64) -> Timestamp {
        let second = whole(later(time, self.seconds(from, to)));
        let millis = SignedDuration::from_millis(self.rng.i64(1..1_000));
        second.checked_add(millis).unwrap_or(second)
    }
}

/// A time so many seconds later, or earlier.
pub(crate) fn later(time: Timestamp, seconds: i64) -> Timestamp {
    time.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(time)
}

/// The same time without its fraction of a second.
pub(crate) fn whole(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
