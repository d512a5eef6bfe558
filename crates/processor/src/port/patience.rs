//! How often, and after which pauses, a call is made again.
//!
//! | what came | again |
//! |---|---|
//! | busy, or a fault of AWS's own, or no answer | after a pause, while there are attempts and time left |
//! | the same, where AWS may have done what must not be done twice | no: the caller looks first |
//! | refused because something else must end first | no: that takes minutes |
//! | refused | no |

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::port::{CallError, CallOutcome, Retry};

/// What it means to make a call twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Nothing: it only reads.
    Harmless,
    /// What it does might be done twice, unless AWS said that it did nothing.
    IfRefused,
}

/// How much trouble is taken over one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How often the call is made, the first time too.
    pub attempts: u32,
    /// The longest pause after the first failure; it doubles with each.
    pub first: Duration,
    /// The longest pause of all.
    pub longest: Duration,
    /// No attempt begins later than this after the first.
    pub within: Duration,
}

impl Default for Patience {
    /// About half a minute, in which AWS's buckets are full again many times.
    fn default() -> Self {
        Self {
            attempts: 6,
            first: Duration::from_millis(500),
            longest: Duration::from_secs(8),
            within: Duration::from_secs(30),
        }
    }
}

impl Patience {
    /// How long to pause after the `failures`th failure (from 1 on), `spent` after the first attempt began; `None` to give up.
    /// `draw` draws a pause up to the one that it is given.
    pub fn pause(
        &self,
        failures: u32,
        spent: Duration,
        repeat: Repeat,
        error: &CallError,
        draw: impl FnOnce(Duration) -> Duration,
    ) -> Option<Duration> {
        if failures >= self.attempts || !may_repeat(repeat, error) {
            return None;
        }
        let doublings = failures.saturating_sub(1).min(u32::BITS - 1);
        let pause = draw(self.first.saturating_mul(1 << doublings).min(self.longest));
        (spent.saturating_add(pause) <= self.within).then_some(pause)
    }

    /// Makes a call until it succeeds or [`Self::pause`] gives up; then the last failure is the answer.
    pub async fn call<T, F>(
        &self,
        repeat: Repeat,
        draw: impl Fn(Duration) -> Duration,
        mut call: impl FnMut() -> F,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let began = Instant::now();
        let mut failures = 0;
        loop {
            let error = match call().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            failures += 1;
            let pause = self.pause(failures, began.elapsed(), repeat, &error, &draw);
            let Some(pause) = pause else { return Err(error) };
            let (code, pause_ms) = (error.code.as_deref().unwrap_or("none"), pause.as_millis());
            tracing::info!(doing = error.doing, code, failures, pause_ms, "AWS is asked again");
            sleep(pause).await;
        }
    }
}

fn may_repeat(repeat: Repeat, error: &CallError) -> bool {
    match (error.retry, repeat, error.outcome) {
        (Retry::Soon, Repeat::Harmless, _)
        | (Retry::Soon, Repeat::IfRefused, CallOutcome::Refused) => true,
        (Retry::Soon, Repeat::IfRefused, CallOutcome::Unknown)
        | (Retry::Later | Retry::Never, _, _) => false,
    }
}

/// Any pause up to the longest, each as likely: those who were refused together do not come back together.
pub fn full_jitter(longest: Duration) -> Duration {
    let micros = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(fastrand::u64(0..=micros))
}

#[cfg(test)]
mod tests;
