//! What the worker knows of its own health: whether its tasks go on, whether the ledger and the queue answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A task that does one and the same thing for longer than this is stuck: every wait of ours is bounded below it, but for that of a
/// ledger that neither answers nor hangs up.
pub const STUCK: Duration = Duration::from_mins(5);

/// What is known of the worker. Clones share it.
#[derive(Clone, Default)]
pub struct Health(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    ledger: Word,
    queue: Word,
    is_stopping: bool,
    /// What each task that runs does, and since when.
    tasks: Vec<(usize, &'static str, Instant)>,
    /// The number of the next task.
    next: usize,
}

/// What was last heard of somebody.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Word {
    #[default]
    Nothing,
    Answer,
    Failure,
}

impl Word {
    const fn of(answers: bool) -> Self {
        if answers { Self::Answer } else { Self::Failure }
    }
}

impl Health {
    /// Begins to watch a task.
    pub fn task(&self, doing: &'static str) -> Task {
        let mut state = self.state();
        let number = state.next;
        state.next = number.saturating_add(1);
        state.tasks.push((number, doing, Instant::now()));
        Task { health: self.clone(), number }
    }

    /// Whether the ledger answered just now.
    pub fn ledger(&self, answers: bool) {
        self.state().ledger = Word::of(answers);
    }

    /// Whether the ledger answered last time.
    pub fn ledger_answers(&self) -> bool {
        self.state().ledger == Word::Answer
    }

    /// Whether the queue answered just now.
    pub fn queue(&self, answers: bool) {
        self.state().queue = Word::of(answers);
    }

    /// No more is received.
    pub fn stop(&self) {
        self.state().is_stopping = true;
    }

    /// Whether every task goes on; why not.
    pub fn live(&self) -> Result<(), String> {
        let state = self.state();
        let stuck = state.tasks.iter().map(|(_, doing, since)| (doing, since.elapsed()));
        match stuck.max_by_key(|(_, time)| *time).filter(|(_, time)| *time > STUCK) {
            None => Ok(()),
            Some((doing, time)) => Err(format!(
                "a task has been {doing} for {} seconds, more than {}",
                time.as_secs(),
                STUCK.as_secs()
            )),
        }
    }

    /// Whether messages can be taken in; why not. The log says more.
    pub fn ready(&self) -> Result<(), &'static str> {
        let state = self.state();
        match (state.is_stopping, state.ledger, state.queue) {
            (true, _, _) => Err("the worker is stopping"),
            (_, Word::Nothing, _) => Err("the ledger has not answered yet"),
            (_, Word::Failure, _) => Err("the ledger does not answer"),
            (_, _, Word::Nothing) => Err("the queue has not answered yet"),
            (_, _, Word::Failure) => Err("the queue does not answer"),
            (_, Word::Answer, Word::Answer) => Ok(()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A task that is watched until this is dropped.
pub struct Task {
    health: Health,
    number: usize,
}

impl Task {
    /// It goes on, with this: words that follow "has been".
    pub fn now(&self, doing: &'static str) {
        let mut state = self.health.state();
        for task in state.tasks.iter_mut().filter(|(number, _, _)| *number == self.number) {
            (task.1, task.2) = (doing, Instant::now());
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.health.state().tasks.retain(|(number, _, _)| *number != self.number);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_task_that_goes_on_is_alive_and_one_that_does_not_is_told() {
        let health = Health::default();
        assert_eq!(health.live(), Ok(()), "nothing runs yet");
        let (one, other) = (health.task("opening the ledger"), health.task("receiving"));
        advance(STUCK).await;
        assert_eq!(health.live(), Ok(()));
        one.now("recording a batch");
        advance(Duration::from_secs(1)).await;
        let reason = "a task has been receiving for 301 seconds, more than 300";
        assert_eq!(health.live(), Err(reason.to_owned()));
        drop(other);
        assert_eq!(health.live(), Ok(()), "who ended is not stuck");
        advance(STUCK).await;
        let reason = "a task has been recording a batch for 301 seconds, more than 300";
        assert_eq!(health.live(), Err(reason.to_owned()));
        one.now("recording a batch");
        assert_eq!(health.live(), Ok(()), "the next batch is another one");
    }

    #[test]
    fn ready_is_who_can_take_messages_in() {
        let (yes, no) = (Some(true), Some(false));
        #[rustfmt::skip]
        let cases = [
            // the ledger answers, the queue answers, stopping, what is said
            (None, None, false, Err("the ledger has not answered yet")),
            (no, None, false, Err("the ledger does not answer")),
            (yes, None, false, Err("the queue has not answered yet")),
            (yes, no, false, Err("the queue does not answer")),
            (no, yes, false, Err("the ledger does not answer")),
            (yes, yes, false, Ok(())),
            (yes, yes, true, Err("the worker is stopping")),
        ];
        for (ledger, queue, stopping, expected) in cases {
            let health = Health::default();
            if let Some(answers) = ledger {
                health.ledger(answers);
            }
            if let Some(answers) = queue {
                health.queue(answers);
            }
            if stopping {
                health.stop();
            }
            assert_eq!(health.ready(), expected, "{ledger:?} {queue:?} {stopping}");
            assert_eq!(health.ledger_answers(), ledger == yes);
        }
    }
}
