//! What the ledger needs of a store, and how a store fails.

use std::collections::BTreeMap;

use async_trait::async_trait;
use deal::key::KeyQuery;
use deal::stream::{StreamId, StreamKind};
use deal::view::View;
use marketplace::digest::Digest;

use crate::row::{
    Delivered, EventRow, Known, NewDelivery, NewOutcome, NotificationRow, OutboxRow, Outcome,
    OutcomeRow, StoredBody, StreamRow, Unpublished, Writes,
};
use crate::views::ViewTotals;

/// So many parked notifications are woken by one transaction; the sweep finds the others.
pub const MAX_PARKED: u32 = 500;

/// A ledger's store: SQLite, PostgreSQL, or memory for tests and the simulator.
///
/// All of them pass one contract suite. What it demands beyond the signatures:
/// * a transaction's writes become visible together at `commit`, or not at all;
/// * two transactions that read the same stream and both write it cannot both commit, whatever else they
///   read and wrote ([`StoreError::Conflict`] for the later one);
/// * the number of round trips of each call does not depend on the number of its elements;
/// * a value that the database cannot hold is [`StoreError::Unstorable`] only where the row of a notification, of its body or of its
///   arrival is inserted.
///
/// It leaves open whether a transaction's reads see what that transaction wrote before: read, decide, then write.
/// Text with the character NUL is refused or kept, as the store can; no caller passes any.
#[async_trait]
pub trait Store: Send + Sync {
    /// Begins a transaction that will write.
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError>;

    /// Begins a consistent read of one moment; it never blocks a writer.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError>;

    /// Whether a transaction could write now. A server may answer and only read: another one took over from it.
    async fn check_writable(&self) -> Result<(), StoreError> {
        self.snapshot().await.map(drop)
    }

    /// What the store is and where, without secrets: for messages.
    fn describe(&self) -> String;
}

/// Reads of one moment.
#[async_trait]
pub trait Snapshot: Send {
    /// Notifications already held: one row for each of these digests, and one for each content that came under one of these
    /// (non-empty) envelope ids, as a notification's first delivery or as a later one. Any order.
    async fn known(
        &mut self,
        digests: &[Digest],
        envelope_ids: &[String],
    ) -> Result<Vec<Known>, StoreError>;

    /// Which of these delivery ids are recorded. Any order.
    async fn delivered(&mut self, ids: &[String]) -> Result<Vec<Delivered>, StoreError>;

    /// Raw bodies of parked notifications that wait for one of these, in the order of their digests, at most
    /// [`MAX_PARKED`].
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

    /// Outbox rows that are neither published nor set aside, with their events, after one (time of recording, stream,
    /// version), in that order. A row whose event is missing is left out: `verify` tells of it.
    async fn unpublished(
        &mut self,
        after: Option<(i64, &StreamId, i64)>,
        limit: u32,
    ) -> Result<Vec<Unpublished>, StoreError>;

    /// What a view adds up to; `None` if there is no view of this name with all its columns.
    async fn view_totals(&mut self, view: &View) -> Result<Option<ViewTotals>, StoreError>;

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
    /// Outbox rows set aside because they can never be published.
    pub refused: i64,
    /// Accounts that notifications came for, with how many.
    pub accounts: Vec<(String, i64)>,
}

impl Counts {
    /// Adds one count as the stores' statements give it: what is counted, of which sort, how many. Words that this
    /// version does not know are left out.
    pub fn add(&mut self, what: &str, of: &str, count: i64) {
        match what {
            "notifications" => self.notifications = count,
            "deliveries" => self.deliveries = count,
            "events" => self.events = count,
            "unpublished" => self.unpublished = count,
            "refused" => self.refused = count,
            "accounts" => self.accounts.push((of.to_owned(), count)),
            "waiting" => self.waiting.extend(Outcome::from_word(of).map(|of| (of, count))),
            "streams" => {
                let kind = StreamKind::ALL.into_iter().find(|kind| kind.word() == of);
                self.streams.extend(kind.map(|kind| (kind, count)));
            }
            _ => {}
        }
    }

    /// Puts the lists in the order of what they count.
    pub fn sort(&mut self) {
        self.waiting.sort_unstable();
        self.streams.sort_unstable();
        self.accounts.sort_unstable();
    }
}

/// What a transaction's outcomes change in the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InboxChange<'a> {
    /// Notifications that may have a row, which goes.
    pub removed: Vec<Digest>,
    /// The latest outcomes that wait: rows that come.
    pub added: Vec<&'a NewOutcome>,
}

impl<'a> InboxChange<'a> {
    /// Only a notification's latest outcome counts; only a later one than the first can find a row to remove.
    pub fn of(outcomes: &'a [NewOutcome]) -> Self {
        let mut latest = BTreeMap::new();
        for outcome in outcomes {
            let entry = latest.entry(outcome.digest).or_insert((outcome.number, outcome));
            entry.0 = entry.0.min(outcome.number);
            if outcome.number > entry.1.number {
                entry.1 = outcome;
            }
        }
        let removed =
            latest.iter().filter(|(_, (first, _))| *first > 0).map(|(digest, _)| *digest).collect();
        let added = latest.into_values().map(|(_, last)| last);
        Self { removed, added: added.filter(|last| last.outcome.waits()).collect() }
    }
}

/// Between which two texts the ids of [`Snapshot::page`] lie, both exclusive, in the order of bytes.
pub fn page_bounds(kind: Option<StreamKind>, after: Option<&StreamId>) -> (String, String) {
    // `0` is the character after `/`; no id reaches the last character there is.
    let (first, last) = match kind {
        Some(kind) => (format!("{}/", kind.word()), format!("{}0", kind.word())),
        None => (String::new(), char::MAX.to_string()),
    };
    (after.map_or(first.as_str(), |after| first.as_str().max(after.as_str())).to_owned(), last)
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
    /// There is something else at this place.
    #[error("{place} is no ledger of resold")]
    Foreign {
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
    /// An event's schema is none that this version reads.
    #[error("the ledger holds an event of schema {found}, this version of resold writes {wanted}")]
    EventSchema {
        /// What the event has.
        found: i32,
        /// What we write.
        wanted: i32,
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
    /// The database refuses a value of what was received, in the statement that keeps it: it says that it cannot hold the value.
    #[error("the ledger's database cannot hold what was received, {attempt}")]
    Unstorable {
        /// What was attempted.
        attempt: &'static str,
        /// Why it failed.
        #[source]
        source: Cause,
    },
    /// Anything else: nothing says that what was received is to blame.
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
    /// One of the batch may be to blame, or none: try each alone. What fails alone comes again.
    Apart,
    /// The data of one of the batch is refused: try each alone. What is refused alone, twice, is kept raw.
    Unstorable,
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
            | Self::Foreign { .. }
            | Self::Schema { .. }
            | Self::EventSchema { .. }
            | Self::Refused { .. } => Retry::Later,
            Self::Inconsistent { .. } | Self::Failed { .. } => Retry::Apart,
            Self::Unstorable { .. } => Retry::Unstorable,
        }
    }

    /// Whether it may be over within seconds without anybody's doing: a server that starts again.
    pub const fn is_outage(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::Conflict { .. }
            | Self::Locked { .. }
            | Self::Full { .. }
            | Self::Missing { .. }
            | Self::Foreign { .. }
            | Self::Schema { .. }
            | Self::EventSchema { .. }
            | Self::Refused { .. }
            | Self::Inconsistent { .. }
            | Self::Unstorable { .. }
            | Self::Failed { .. } => false,
        }
    }
}
