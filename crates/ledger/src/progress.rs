//! How far a walk through the whole ledger is, for a progress bar.

/// What a walk reads at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Events, with their streams, keys and outbox rows.
    Events,
    /// Notifications, with their deliveries and outcomes.
    Notifications,
}

/// How far a walk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is read.
    pub phase: Phase,
    /// Rows done.
    pub done: u64,
    /// Rows there are, as counted when the walk began.
    pub total: u64,
}

/// A count of rows as a store gives it; never negative.
pub(crate) fn total(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
