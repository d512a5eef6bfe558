//! What strikes processors at the steps of their work with the store.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use ledger::store::StoreError;

use crate::perturbation::{Blow, Perturbation, Point};
use crate::schedule::Schedule;
use crate::stepped::{Step, Steps};
use crate::turn::turn;

/// Counts the steps of all processors, and strikes whoever takes a step that was chosen.
#[derive(Debug)]
pub(crate) struct Control(Mutex<State>);

#[derive(Debug)]
struct State {
    counts: Counts,
    blows: BTreeMap<Point, Blow>,
    /// The messages that the processor which moves now works on at once.
    batch: usize,
    /// What has struck the processor which moves now.
    met: Option<Blow>,
}

/// What was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) calls: u64,
    /// Begun.
    commits: u64,
    pub(crate) committed: u64,
    pub(crate) crashes: u64,
    /// Calls that failed, or that were reported as failed.
    pub(crate) failures: u64,
}

impl Control {
    /// What a schedule has in store.
    pub(crate) fn new(schedule: &Schedule) -> Self {
        let struck = schedule.perturbations.iter().filter_map(|perturbation| match perturbation {
            Perturbation::Struck { at, blow } => Some((*at, *blow)),
            _ => None,
        });
        let (counts, blows) = (Counts::default(), struck.collect());
        Self(Mutex::new(State { counts, blows, batch: 0, met: None }))
    }

    /// From now on nobody is struck.
    pub(crate) fn rest(&self) {
        self.state().blows.clear();
    }

    /// What strikes people's last commands, counted from now on.
    pub(crate) fn strike(&self, schedule: &Schedule) {
        let mut state = self.state();
        let Counts { calls, commits, committed, .. } = state.counts;
        for perturbation in &schedule.perturbations {
            let Perturbation::Interrupted { at, blow } = perturbation else { continue };
            let at = match at {
                Point::Call(number) => Point::Call(calls.saturating_add(*number)),
                Point::Commit(number) => Point::Commit(commits.saturating_add(*number)),
                Point::Committed(number) => Point::Committed(committed.saturating_add(*number)),
            };
            state.blows.insert(at, *blow);
        }
    }

    /// A processor that works on so many messages at once is about to move.
    pub(crate) fn watch(&self, batch: usize) {
        let mut state = self.state();
        (state.batch, state.met) = (batch, None);
    }

    /// What has struck the processor that moved.
    pub(crate) fn met(&self) -> Option<Blow> {
        self.state().met.take()
    }

    /// What was counted so far.
    pub(crate) fn counts(&self) -> Counts {
        self.state().counts
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes a step; what strikes there. Of several the first in the order of points; the rest is spent.
    fn take(&mut self, step: Step) -> Option<Blow> {
        let counts = &mut self.counts;
        counts.calls = counts.calls.saturating_add(1);
        let mut points = vec![Point::Call(counts.calls)];
        match step {
            Step::Call | Step::Streams(_) | Step::Written => {}
            Step::Commit => {
                counts.commits = counts.commits.saturating_add(1);
                points.push(Point::Commit(counts.commits));
            }
            Step::Committed => {
                counts.committed = counts.committed.saturating_add(1);
                points = vec![Point::Committed(counts.committed)];
            }
        }
        let blows: Vec<Blow> = points.iter().filter_map(|at| self.blows.remove(at)).collect();
        let blow = blows.into_iter().next()?;
        if blow == Blow::Refused && self.batch < 2 {
            return None;
        }
        match blow {
            Blow::Crash => counts.crashes = counts.crashes.saturating_add(1),
            Blow::Lost | Blow::Overtaken | Blow::Refused => {
                counts.failures = counts.failures.saturating_add(1);
            }
            Blow::Stalled(_) => {}
        }
        self.met = Some(blow);
        Some(blow)
    }
}

#[async_trait]
impl Steps for Control {
    async fn step(&self, step: Step) -> Result<(), StoreError> {
        turn().await;
        let attempt = "taking a step of the simulation";
        let blow = self.state().take(step);
        match blow {
            None => Ok(()),
            Some(Blow::Crash) => pending().await,
            Some(Blow::Stalled(_)) => {
                turn().await;
                Ok(())
            }
            Some(Blow::Lost) => {
                Err(StoreError::Unavailable { attempt, source: "the connection was cut".into() })
            }
            Some(Blow::Overtaken) => Err(StoreError::Conflict { what: "a row".to_owned() }),
            Some(Blow::Refused) => {
                Err(StoreError::Failed { attempt, source: "the statement was refused".into() })
            }
        }
    }
}
