//! Waiting for a ledger whose server goes away in the middle and comes back.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::failure::{Failure, one_line};
use crate::output::Talk;
use crate::replay::bar::Bar;

/// The pause after the first failure; each pause is twice the one before, up to [`LONGEST`].
const SHORTEST: Duration = Duration::from_millis(100);

/// The longest pause.
const LONGEST: Duration = Duration::from_secs(1);

/// How long a run waits for its ledger, and where it says so.
pub struct Patience {
    /// From the first failure on; then it fails.
    pub wait: Duration,
    /// Where it says so.
    pub talk: Talk,
    /// What is out of the way meanwhile.
    pub bar: Bar,
}

impl Patience {
    /// Attempts until it succeeds, fails for another reason than an outage, or the wait is over. What is attempted must
    /// be the same when it was done before and only the answer was lost.
    pub async fn attempt<T>(
        &self,
        attempt: impl AsyncFn() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut away: Option<Instant> = None;
        let mut pause = SHORTEST;
        loop {
            let failure = match attempt().await {
                Err(failure) if failure.is_outage() && !self.wait.is_zero() => failure,
                result => {
                    if away.is_some() && result.is_ok() {
                        self.say("the ledger is back");
                    }
                    return result;
                }
            };
            let since = *away.get_or_insert_with(|| {
                let why = one_line(&failure);
                self.say(&format!(
                    "waiting for the ledger, {} s at most: {why}",
                    self.wait.as_secs()
                ));
                Instant::now()
            });
            let left = self.wait.saturating_sub(since.elapsed());
            if left.is_zero() {
                return Err(failure);
            }
            sleep(pause.min(left)).await;
            pause = pause.saturating_mul(2).min(LONGEST);
        }
    }

    fn say(&self, text: &str) {
        self.bar.aside(&[text.to_owned()], |text| self.talk.note(text));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use ledger::store::StoreError;

    use super::*;
    use crate::output::{Color, Format, Output};

    fn failure(outage: bool) -> Failure {
        let (attempt, source) = ("asking", "no".into());
        Failure::new("could not ask").because(if outage {
            StoreError::Unavailable { attempt, source }
        } else {
            StoreError::Full { attempt, source }
        })
    }

    /// Attempts made, and whether the last one succeeded, on a clock that passes by itself.
    fn attempted(wait: u64, outages: u32, then_full: bool) -> (u32, bool) {
        let talk = Output::new(Format::Json, Color::Never, true).talk();
        let bar = Bar::new(true, None);
        let patience = Patience { wait: Duration::from_secs(wait), talk, bar };
        let attempts = Cell::new(0);
        let attempt = async || {
            attempts.set(attempts.get() + 1);
            let is_outage = attempts.get() <= outages;
            if is_outage || then_full { Err(failure(is_outage)) } else { Ok(()) }
        };
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
        let result = runtime.block_on(patience.attempt(attempt));
        (attempts.get(), result.is_ok())
    }

    #[test]
    fn only_an_outage_is_waited_for_and_only_so_long() {
        let cases = [
            // seconds, outages, then no room, attempts, success
            (1, 0, false, 1, true),
            (1, 0, true, 1, false),
            (1, 2, false, 3, true),
            (1, 2, true, 3, false),
            // Pauses of 0.1, 0.2, 0.4 s, and what is left.
            (1, 4, false, 5, true),
            (1, 5, false, 5, false),
            (0, 1, false, 1, false),
            // 0.1, 0.2, 0.4, 0.8 s, 28 times 1 s, and what is left.
            (30, 34, false, 34, false),
        ];
        for (wait, outages, then_full, attempts, success) in cases {
            let found = attempted(wait, outages, then_full);
            assert_eq!(found, (attempts, success), "{wait} s, {outages} outages");
        }
    }
}
