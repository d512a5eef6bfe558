//! What is counted.

use std::iter::Sum;

use serde::Serialize;

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Tally {
    /// Worlds of which every run was as it should be.
    pub worlds: u64,
    /// Runs.
    pub runs: u64,
    /// Notifications and descriptions that the worlds emitted.
    pub notifications: u64,
    /// Messages that processors received, each receipt counted.
    pub receipts: u64,
    /// Messages that were sent again from the dead-letter queue.
    pub redriven: u64,
    /// Calls to the store.
    pub calls: u64,
    /// Commits that succeeded.
    pub commits: u64,
    /// Calls that failed, or that were reported as failed.
    pub failures: u64,
    /// Crashes of processors.
    pub crashes: u64,
    /// Sweeps, those at the end not counted.
    pub sweeps: u64,
    /// Commands of people, each attempt counted.
    pub commands: u64,
}

impl Tally {
    fn plus(self, other: Self) -> Self {
        let add = u64::saturating_add;
        Self {
            worlds: add(self.worlds, other.worlds),
            runs: add(self.runs, other.runs),
            notifications: add(self.notifications, other.notifications),
            receipts: add(self.receipts, other.receipts),
            redriven: add(self.redriven, other.redriven),
            calls: add(self.calls, other.calls),
            commits: add(self.commits, other.commits),
            failures: add(self.failures, other.failures),
            crashes: add(self.crashes, other.crashes),
            sweeps: add(self.sweeps, other.sweeps),
            commands: add(self.commands, other.commands),
        }
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), Self::plus)
    }
}
