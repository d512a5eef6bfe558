//! A store that fails at one step, once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use ledger::store::StoreError;
use simulator::stepped::{Step, Steps};

/// How a step fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection is lost; at a commit, before it or after it.
    Lost,
    /// Another writer was faster; never after a commit.
    Overtaken,
}

/// Which step fails, how many there were, and how many streams they asked for.
#[derive(Debug)]
pub(crate) struct Plan {
    fails_at: usize,
    fault: Fault,
    steps: AtomicUsize,
    streams: AtomicUsize,
}

impl Plan {
    /// The step of this number, from 1 on, fails; 0: none does.
    pub(crate) fn new(fails_at: usize, fault: Fault) -> Arc<Self> {
        let (steps, streams) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Arc::new(Self { fails_at, fault, steps, streams })
    }

    /// Whether its step was reached.
    pub(crate) fn has_failed(&self) -> bool {
        self.steps.load(Ordering::SeqCst) >= self.fails_at
    }

    /// How many steps there were.
    pub(crate) fn steps(&self) -> usize {
        self.steps.load(Ordering::SeqCst)
    }

    /// How many streams were asked for by their ids.
    pub(crate) fn streams(&self) -> usize {
        self.streams.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Steps for Plan {
    async fn step(&self, step: Step) -> Result<(), StoreError> {
        if step == Step::Committed && self.fault == Fault::Overtaken {
            return Ok(());
        }
        if let Step::Streams(count) = step {
            self.streams.fetch_add(count, Ordering::SeqCst);
        }
        let number = self.steps.fetch_add(1, Ordering::SeqCst) + 1;
        match self.fault {
            _ if number != self.fails_at => Ok(()),
            Fault::Lost => {
                let source = "the connection was cut by the test".into();
                Err(StoreError::Unavailable { attempt: "taking a step", source })
            }
            Fault::Overtaken => Err(StoreError::Conflict { what: format!("step {number}") }),
        }
    }
}

/// Stops again and again, at one step of so many, and lets others have their turn.
pub(crate) struct Unreliable(Mutex<fastrand::Rng>, u8);

impl Unreliable {
    /// As the seed draws it.
    pub(crate) fn new(seed: u64, one_of: u8) -> Self {
        Self(Mutex::new(fastrand::Rng::with_seed(seed)), one_of)
    }
}

#[async_trait]
impl Steps for Unreliable {
    async fn step(&self, _: Step) -> Result<(), StoreError> {
        tokio::task::yield_now().await;
        if self.0.lock().expect("a draw").u8(..self.1) > 0 {
            return Ok(());
        }
        let source = "the connection was cut by the test".into();
        Err(StoreError::Unavailable { attempt: "taking a step", source })
    }
}
