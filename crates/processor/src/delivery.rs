//! One arrival of a notification, and what became of it.

use ledger::row::Outcome;
use ledger::store::{Retry, StoreError};
use marketplace::digest::Digest;
use marketplace::way::Way;

/// How a notification came to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// From the queue.
    Queue,
    /// From a file, by `replay`.
    Replay,
    /// From the Catalog API's words, by `opportunity import`. Only such a delivery may describe an opportunity.
    Import,
}

impl From<Via> for Way {
    fn from(via: Via) -> Self {
        match via {
            Via::Queue | Via::Replay => Self::Events,
            Via::Import => Self::Import,
        }
    }
}

impl Via {
    /// The stored and shown word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Replay => "replay",
            Self::Import => "import",
        }
    }
}

/// One arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Unique for each arrival (not for each notification), at most 200 printable ASCII characters.
    pub id: String,
    /// How it came.
    pub via: Via,
    /// The notification exactly as it came.
    pub body: Vec<u8>,
}

/// What became of a delivery. Only then may it be acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Processed {
    /// The notification.
    pub digest: Digest,
    /// What became of the notification.
    pub outcome: Outcome,
    /// Why, for one that waits.
    pub reason: String,
    /// The ledger had this content already.
    pub duplicate: bool,
}

/// Why a delivery must come again.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ProcessError {
    /// The ledger failed in a way that a later delivery may survive.
    #[error("could not record the delivery")]
    Ledger(#[source] std::sync::Arc<StoreError>),
    /// The time for this batch ran out before the ledger took it.
    #[error(
        "the time for this batch ran out after {attempts} attempts that other writers overtook"
    )]
    OutOfTime {
        /// How often it was tried.
        attempts: u32,
    },
}

impl ProcessError {
    /// Whether the delivery failed by itself: those beside it may have succeeded, and others may.
    pub fn is_alone(&self) -> bool {
        match self {
            Self::Ledger(error) => match error.retry() {
                Retry::Apart | Retry::Unstorable => true,
                Retry::Again | Retry::Later => false,
            },
            Self::OutOfTime { .. } => false,
        }
    }
}

/// The result of each delivery of a batch, in the batch's order.
pub type Results = Vec<Result<Processed, ProcessError>>;
