//! Calls that are made again while SQS is busy or away: a few times only.

use std::time::Duration;

use aws::queue::{MAX_MESSAGES, Queue, QueueError, Retry};
use tokio::time::sleep;

/// Tries of one call, the first one too.
pub const TRIES: u32 = 6;

/// The longest first pause, in milliseconds; that of each further one is twice as long.
const PAUSE: u64 = 200;

/// Makes a call until SQS answers it, at most [`TRIES`] times. What is called must do no harm when only its answer was lost.
pub async fn again<T>(call: impl AsyncFn() -> Result<T, QueueError>) -> Result<T, QueueError> {
    let mut tries = 1;
    loop {
        match call().await {
            Err(error) if error.retry == Retry::Later && tries < TRIES => pause(tries).await,
            result => return result,
        }
        tries += 1;
    }
}

/// Waits after so many tries, for a time that is drawn: others who were turned away come back at other times.
pub async fn pause(tries: u32) {
    let most = PAUSE << tries.saturating_sub(1).min(TRIES);
    sleep(Duration::from_millis(fastrand::u64(most / 2..=most))).await;
}

/// Lets others see these receipts again at once. Returns how many stay hidden until their time is over.
pub async fn show_again(queue: &Queue, receipts: &[String]) -> usize {
    let mut hidden = 0;
    for some in receipts.chunks(MAX_MESSAGES) {
        let some: Vec<&str> = some.iter().map(String::as_str).collect();
        let shown = again(async || queue.hide(&some, Duration::ZERO).await).await;
        hidden += shown.map_or(some.len(), |refusals| refusals.len());
    }
    hidden
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_call_is_made_again_a_few_times_and_only_where_that_may_help() {
        let error =
            |retry| QueueError { doing: "ask", retry, is_of_content: false, cause: "no".into() };
        let cases = [
            // failures before the first success, whether a person must help, calls, success
            (0, false, 1, true),
            (2, false, 3, true),
            (2, true, 1, false),
            (5, false, 6, true),
            (6, false, 6, false),
        ];
        for (failures, is_final, calls, success) in cases {
            let made = Cell::new(0);
            let call = async || {
                made.set(made.get() + 1);
                let retry = if is_final { Retry::Never } else { Retry::Later };
                if made.get() > failures { Ok(()) } else { Err(error(retry)) }
            };
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
            let result = runtime.block_on(again(call));
            assert_eq!((made.get(), result.is_ok()), (calls, success), "{failures} {is_final}");
        }
    }
}
