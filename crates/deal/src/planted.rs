//! Faults that a test plants, to see that the simulator finds them (feature `planted`).
//!
//! A fault stands on the thread that plants it, until another one is planted or none. Whoever should have it asks
//! [`stands`], under the feature: without it nothing of this is compiled.

use std::cell::Cell;

#[cfg(not(debug_assertions))]
compile_error!("the feature `planted` is for tests: no release build has planted faults");

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planted {
    /// The store lets two processors commit that each read what the other wrote.
    WriteSkew,
    /// The store forgets some notifications that it was told to keep.
    LostNotification,
    /// A fact that can change is what arrived last, not what was said last.
    ArrivalWins,
    /// Some public events do not get into the outbox.
    NoOutboxRow,
    /// Two notifications with one EventBridge id are one.
    DedupeById,
    /// A buyer has one entitlement, whatever it has agreed to.
    EntitlementByBuyer,
    /// An offer's link stays what it was first.
    LinkStays,
    /// A commit that succeeded and was reported as failed is made once more.
    CommittedTwice,
    /// A stream is judged at an earlier time than it was before.
    JudgedEarlier,
    /// A pair of offer and opportunity that a person excluded is judged like any other.
    UnlinkForgotten,
    /// What a person acknowledged stays open.
    AcknowledgedInVain,
}

impl Planted {
    /// Every fault.
    pub const ALL: [Self; 11] = [
        Self::WriteSkew,
        Self::LostNotification,
        Self::ArrivalWins,
        Self::NoOutboxRow,
        Self::DedupeById,
        Self::EntitlementByBuyer,
        Self::LinkStays,
        Self::CommittedTwice,
        Self::JudgedEarlier,
        Self::UnlinkForgotten,
        Self::AcknowledgedInVain,
    ];
}

thread_local! {
    static PLANTED: Cell<Option<Planted>> = const { Cell::new(None) };
}

/// Plants a fault on this thread, or takes it away.
pub fn plant(fault: Option<Planted>) {
    PLANTED.set(fault);
}

/// Whether this fault stands on this thread.
pub fn stands(fault: Planted) -> bool {
    PLANTED.get() == Some(fault)
}
