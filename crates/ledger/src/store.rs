//! What the ledger needs of a store, and how a store fails.

use async_trait::async_trait;
use deal::key::KeyQuery;
use deal::stream::{StreamId, StreamKind};
use marketplace::digest::Digest;

use crate::row::{
    EventRow, Known, NewDelivery, NotificationRow, OutboxRow, Outcome, OutcomeRow, StoredBody,
    StreamRow, Writes,
};

/// A ledger's store: SQLite, PostgreSQL, or memory for tests and the simulator.
///
/// All of them pass one contract suite. What it demands beyond the signatures:
/// * a transaction's writes become visible together at `commit`, or not at all;
/// * two transactions that read the same stream and both write it cannot both commit, whatever else they
///   read and wrote ([`StoreError::Conflict`] for the later one);
/// * the number of round trips of each call does not depend on the number of its elements.
#[async_trait]
pub trait Store: Send + Sync {
    /// Begins a transaction that will write.
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError>;

    /// Begins a consistent read of one moment; it never blocks a writer.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError>;

    /// What the store is and where, without secrets: for messages.
    fn describe(&self) -> String;
}

/// Reads of one moment.
#[async_trait]
pub trait Snapshot: Send {
    /// Notifications already held with one of these digests, or with one of these (non-empty) envelope ids.
    async fn known(
        &mut self,
        digests: &[Digest],
        envelope_ids: &[String],
    ) -> Result<Vec<Known>, StoreError>;

    /// Which of these delivery ids are recorded.
    async fn delivered(&mut self, ids: &[String]) -> Result<Vec<String>, StoreError>;

    /// Raw bodies of parked notifications that wait for one of these, in the order of their digests, at most 500.
    async fn parked(&mut self, waits_for: &[String]) -> Result<Vec<StoredBody>, StoreError>;

    /// The streams with these ids; those that do not exist are left out. Any order.
    async fn streams(&mut self, ids: &[StreamId]) -> Result<Vec<StreamRow>, StoreError>;

    /// For each query, the streams whose keys it finds with the key's `hi`, in the order of (`hi`, stream).
    async fn find(&mut self, queries: &[KeyQuery])
    -> Result<Vec<Vec<(i64, StreamId)>>, StoreError>;

    /// Streams with `due_at` at or before `now`, the longest due first.
    async fn due(&mut self, now: i64, limit: u32) -> Result<Vec<StreamRow>, StoreError>;

    /// Streams of one kind (or of all) after one id, in the order of their ids.
    async fn page(
        &mut self,
        kind: Option<StreamKind>,
        after: Option<&StreamId>,
        limit: u32,
    ) -> Result<Vec<StreamRow>, StoreError>;

    /// Events of one stream from a version on, in order.
    async fn events(
        &mut self,
        stream: &StreamId,
        from: i64,
        limit: u32,
    ) -> Result<Vec<EventRow>, StoreError>;

    /// Events of all streams after one (stream, version), in that order: for verifying, rebuilding and exporting.
    async fn all_events(
        &mut self,
        after: Option<(&StreamId, i64)>,
        limit: u32,
    ) -> Result<Vec<EventRow>, StoreError>;

    /// Keys of all streams after one, each (stream, kind word, value, lo, hi), in that order: for verifying.
    async fn all_keys(
        &mut self,
        after: Option<&KeyRow>,
        limit: u32,
    ) -> Result<Vec<KeyRow>, StoreError>;

    /// Notifications after one digest, in the order of their digests; only those with this latest outcome, if one is given.
    async fn notifications(
        &mut self,
        outcome: Option<Outcome>,
        after: Option<&Digest>,
        limit: u32,
    ) -> Result<Vec<NotificationRow>, StoreError>;

    /// Raw bodies of these notifications, in the order of their digests.
    async fn bodies(&mut self, digests: &[Digest]) -> Result<Vec<StoredBody>, StoreError>;

    /// Every arrival of a notification, the earliest first.
    async fn deliveries(&mut self, digest: &Digest) -> Result<Vec<NewDelivery>, StoreError>;

    /// Every outcome of a notification, the first one first.
    async fn outcomes(&mut self, digest: &Digest) -> Result<Vec<OutcomeRow>, StoreError>;

    /// Outbox rows after one (stream, version), in that order.
    async fn outbox(
        &mut self,
        after: Option<(&StreamId, i64)>,
        limit: u32,
    ) -> Result<Vec<OutboxRow>, StoreError>;

    /// How many rows of each kind there are, for `doctor` and summaries.
    async fn counts(&mut self) -> Result<Counts, StoreError>;
}

/// A transaction that writes. Dropped without `commit`, it leaves no trace.
#[async_trait]
pub trait Transaction: Snapshot {
    /// Writes rows. Streams whose `touched` is not the one that was read are a conflict.
    async fn write(&mut self, writes: &Writes) -> Result<(), StoreError>;

    /// Removes all streams and keys, to build them again from the events.
    async fn clear_derived(&mut self) -> Result<(), StoreError>;

    /// Makes everything written visible and durable, or nothing.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}

/// A key as stored, for verifying.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyRow {
    /// Whose.
    pub stream: StreamId,
    /// The kind's word.
    pub kind: String,
    /// The value.
    pub value: String,
    /// Beginning of the time span.
    pub lo: i64,
    /// End of the time span.
    pub hi: i64,
}

/// Row counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Notifications held.
    pub notifications: i64,
    /// Arrivals.
    pub deliveries: i64,
    /// Notifications by latest waiting outcome (parked, quarantined, unknown).
    pub waiting: Vec<(Outcome, i64)>,
    /// Events.
    pub events: i64,
    /// Streams by kind.
    pub streams: Vec<(StreamKind, i64)>,
    /// Outbox rows neither published nor set aside.
    pub unpublished: i64,
    /// Accounts that notifications came for, with how many.
    pub accounts: Vec<(String, i64)>,
}

/// The cause of a store's failure, below our own words.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// How a store fails.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another writer was faster: read again and decide again.
    #[error("another writer changed {what} first")]
    Conflict {
        /// Which row or constraint.
        what: String,
    },
    /// The store cannot be reached or does not answer: try later. The outcome of a commit may be unknown.
    #[error("could not reach the ledger while {attempt}")]
    Unavailable {
        /// What was attempted.
        attempt: &'static str,
        /// Why it failed.
        #[source]
        source: Cause,
    },
    /// Another program holds the file's lock for longer than we wait.
    #[error("the ledger is locked by another program while {attempt}")]
    Locked {
        /// What was attempted.
        attempt: &'static str,
        /// Why it failed.
        #[source]
        source: Cause,
    },
    /// There is no room.
    #[error("the ledger has no room left while {attempt}")]
    Full {
        /// What was attempted.
        attempt: &'static str,
        /// Why it failed.
        #[source]
        source: Cause,
    },
    /// There is no ledger at this place.
    #[error("there is no ledger at {place}")]
    Missing {
        /// Where we looked.
        place: String,
    },
    /// The ledger's schema is not the one that this version writes.
    #[error("the ledger has schema version {found}, this version of resold needs {wanted}")]
    Schema {
        /// What the ledger has.
        found: i64,
        /// What we need.
        wanted: i64,
    },
    /// We may not do this.
    #[error("the ledger does not permit {attempt}")]
    Refused {
        /// What was attempted.
        attempt: &'static str,
        /// Why it failed.
        #[source]
        source: Cause,
    },
    /// A row that cannot be believed.
    #[error("table `{table}` holds in column `{column}` at key `{key}` what cannot be read")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key.
        key: String,
    },
    /// Anything else that the database refuses.
    #[error("the ledger's database failed while {attempt}")]
    Failed {
        /// What was attempted.
        attempt: &'static str,
        /// Why it failed.
        #[source]
        source: Cause,
    },
}

/// What to do after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Read, decide and write again at once (with jitter).
    Again,
    /// Nothing is wrong with the batch: deliver it again later.
    Later,
    /// This batch fails the same way each time.
    Never,
}

impl StoreError {
    /// Whether and when to try again.
    pub const fn retry(&self) -> Retry {
        match self {
            Self::Conflict { .. } => Retry::Again,
            Self::Unavailable { .. }
            | Self::Locked { .. }
            | Self::Full { .. }
            | Self::Missing { .. }
            | Self::Schema { .. }
            | Self::Refused { .. } => Retry::Later,
            Self::Inconsistent { .. } | Self::Failed { .. } => Retry::Never,
        }
    }
}
