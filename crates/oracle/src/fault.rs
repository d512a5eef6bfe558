//! What is wrong with a ledger.

use std::fmt;

/// The promise that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// Something that is there in truth is not in the ledger.
    Missing,
    /// Something is there twice, or is not there in truth.
    Doubled,
    /// A value differs from the truth.
    Wrong,
    /// A confirmed link is not true.
    FalseLink,
    /// A link is settled, or settled so, that the evidence does not single out.
    Guessed,
    /// Notifications were lost, or became what they must not.
    Unaccounted,
    /// What was published does not state what holds.
    Published,
    /// A consumer of what was published gives access to the wrong buyers.
    Access,
}

/// One difference from the truth.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The promise that is broken.
    pub promise: Promise,
    /// What it is about: `offer/offer-... basis`.
    pub subject: String,
    /// The truth.
    pub expected: String,
    /// What the ledger says.
    pub found: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { promise, subject, expected, found } = self;
        write!(f, "{promise:?}: {subject}: expected {expected}, found {found}")
    }
}
