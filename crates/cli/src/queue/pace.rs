//! So many messages a second.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Says when the next messages may go.
#[derive(Debug)]
pub struct Pace {
    /// None: as fast as it goes.
    rate: Option<u32>,
    next: Instant,
}

impl Pace {
    /// Begins: the first may go at once.
    pub fn new(rate: Option<u32>) -> Self {
        Self { rate, next: Instant::now() }
    }

    /// How many may go at once, of so many.
    pub fn at_once(&self, most: usize) -> usize {
        let rate = self.rate.and_then(|rate| usize::try_from(rate).ok());
        rate.map_or(most, |rate| most.min(rate.max(1)))
    }

    /// Waits until more may go.
    pub async fn ready(&self) {
        sleep_until(self.next).await;
    }

    /// So many go now. What was late is not made up for: there is never a burst.
    pub fn went(&mut self, messages: usize) {
        let Some(rate) = self.rate else { return };
        let messages = u32::try_from(messages).unwrap_or(u32::MAX);
        let pause = Duration::from_secs(1).saturating_mul(messages) / rate.max(1);
        self.next = Instant::now() + pause;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_time_that_messages_take() {
        let cases: [(Option<u32>, &[usize], u128); 6] = [
            // rate, messages at a time, milliseconds until the last may go
            (None, &[10, 10, 10], 0),
            (Some(10), &[10], 0),
            (Some(10), &[10, 10, 1], 2_000),
            (Some(10), &[1, 1, 1, 1], 300),
            (Some(3), &[3, 2, 1], 1_667),
            (Some(1_000), &[10, 10], 10),
        ];
        for (rate, messages, expected) in cases {
            let began = Instant::now();
            let mut pace = Pace::new(rate);
            for some in messages {
                pace.ready().await;
                pace.went(*some);
            }
            let last = *messages.last().expect("some");
            let after = rate.map_or(0, |rate| last as u128 * 1_000 / u128::from(rate));
            pace.ready().await;
            let found = began.elapsed().as_millis() - after;
            assert!(found.abs_diff(expected) <= 2, "{rate:?} {messages:?}: {found} ms");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_late_is_no_reason_for_a_burst() {
        let mut pace = Pace::new(Some(1));
        tokio::time::sleep(Duration::from_mins(1)).await;
        pace.ready().await;
        pace.went(1);
        let began = Instant::now();
        pace.ready().await;
        assert!(began.elapsed() >= Duration::from_secs(1));
    }
}
