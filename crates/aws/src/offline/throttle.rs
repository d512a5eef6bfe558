//! How many calls a second are answered.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::operation::Operation;

/// A bucket for each operation: it holds as many calls as are allowed in a second, and fills evenly.
#[derive(Debug, Clone, Default)]
pub struct Throttle(BTreeMap<Operation, Bucket>);

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Thousandths of calls.
    left: i64,
    at: Timestamp,
}

impl Throttle {
    /// Whether one more call is answered now.
    pub fn allows(&mut self, operation: Operation, now: Timestamp) -> bool {
        let most = i64::from(operation.rate()) * 1_000;
        let bucket = self.0.entry(operation).or_insert(Bucket { left: most, at: now });
        let millis = now.as_millisecond() - bucket.at.as_millisecond();
        let more = millis.max(0).saturating_mul(i64::from(operation.rate()));
        bucket.left = bucket.left.saturating_add(more).min(most);
        bucket.at = bucket.at.max(now);
        let is_allowed = bucket.left >= 1_000;
        if is_allowed {
            bucket.left -= 1_000;
        }
        is_allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_a_second_and_no_more() {
        let mut throttle = Throttle::default();
        let mut at = |millis: i64| {
            let now = Timestamp::from_millisecond(1_800_000_000_000 + millis).expect("a time");
            throttle.allows(Operation::StartChangeSet, now)
        };
        let cases = [
            (0, [true, true, true, true, true, false]),
            (200, [true, false, false, false, false, false]),
            (5_000, [true, true, true, true, true, false]),
            (4_000, [false; 6]),
        ];
        for (millis, expected) in cases {
            assert_eq!(expected.map(|_| at(millis)), expected, "{millis}");
        }
    }
}
