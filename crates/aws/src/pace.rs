//! Asking no faster than AWS lets one account ask.
//!
//! Whoever else asks for the same account counts as well, so that AWS may still say that it is too much.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::operation::Operation;

/// A bucket for one token, which comes back after an interval. Tokens are not saved up: with more, the first second would have
/// as many calls more than AWS takes.
#[derive(Debug)]
struct Bucket {
    interval: Duration,
    next: Option<Instant>,
}

impl Bucket {
    fn new(per_second: u32) -> Self {
        Self { interval: Duration::from_secs(1) / per_second.max(1), next: None }
    }

    /// Takes the next token, and tells when it is there.
    fn take(&mut self, now: Instant) -> Instant {
        let turn = self.next.map_or(now, |next| next.max(now));
        self.next = Some(turn + self.interval);
        turn
    }
}

/// The buckets of one account.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<BTreeMap<Operation, Bucket>>);

impl Pace {
    /// Waits for one's turn. Whoever gives up waiting loses it, and nobody else does.
    pub(crate) async fn turn(&self, operation: Operation) {
        let turn = {
            let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let bucket = buckets.entry(operation);
            bucket.or_insert_with(|| Bucket::new(operation.per_second())).take(Instant::now())
        };
        sleep_until(turn).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn tokens_come_at_their_interval_and_are_not_saved() {
        let start = Instant::now();
        let mut bucket = Bucket::new(5);
        let cases = [
            // asked at, turn at: milliseconds
            (0, 0),
            (0, 200),
            (0, 400),
            (350, 600),
            (799, 800),
            // Long idle: one at once, and the next after the interval.
            (10_000, 10_000),
            (10_000, 10_200),
            (10_400, 10_400),
        ];
        for (asked, expected) in cases {
            let turn = bucket.take(start + Duration::from_millis(asked));
            assert_eq!(turn - start, Duration::from_millis(expected), "{asked}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_has_more_calls_than_aws_takes() {
        let start = Instant::now();
        for operation in [
            Operation::StartChangeSet,
            Operation::ListEntities,
            Operation::BatchDescribeEntities,
            Operation::GetEntitlements,
        ] {
            let pace = Arc::new(Pace::default());
            let began = Instant::now();
            let askers: Vec<_> = (0..40)
                .map(|_| {
                    let pace = Arc::clone(&pace);
                    tokio::spawn(async move {
                        pace.turn(operation).await;
                        began.elapsed()
                    })
                })
                .collect();
            let mut calls = Vec::new();
            for asker in askers {
                calls.push(asker.await.expect("it asks"));
            }
            calls.sort_unstable();
            let most = operation.per_second() as usize;
            for (first, next) in calls.iter().zip(calls.iter().skip(most)) {
                assert!(*next >= *first + Duration::from_secs(1), "{operation:?}: {calls:?}");
            }
            assert_eq!(calls.first(), Some(&Duration::ZERO), "{operation:?}");
        }
        assert!(start.elapsed() > Duration::from_secs(8));
    }

    #[tokio::test(start_paused = true)]
    async fn operations_do_not_wait_for_each_other() {
        let (pace, began) = (Pace::default(), Instant::now());
        pace.turn(Operation::BatchDescribeEntities).await;
        pace.turn(Operation::ListEntities).await;
        assert_eq!(began.elapsed(), Duration::ZERO);
        pace.turn(Operation::BatchDescribeEntities).await;
        assert_eq!(began.elapsed(), Duration::from_millis(500));
    }
}
