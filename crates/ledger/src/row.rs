//! Rows as every store keeps them. Times are microseconds since 1970, UTC.

use std::fmt;

use deal::key::Key;
use deal::stream::StreamId;
use marketplace::digest::Digest;

/// What became of a notification; the latest one recorded counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Its facts are in the streams it names.
    Applied,
    /// Known, but it names nothing that we can route it by yet.
    Parked,
    /// Kept for a person: malformed, from a foreign account, or undecidable.
    Quarantined,
    /// A source and detail-type that this version does not know.
    Unknown,
    /// Its raw body was replaced by its digest.
    Erased,
    /// Its content could not be told when it came and can be now: it is kept again, under the content's digest.
    Refiled,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 6] = [
        Self::Applied,
        Self::Parked,
        Self::Quarantined,
        Self::Unknown,
        Self::Erased,
        Self::Refiled,
    ];

    /// The stored and shown word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Parked => "parked",
            Self::Quarantined => "quarantined",
            Self::Unknown => "unknown",
            Self::Erased => "erased",
            Self::Refiled => "refiled",
        }
    }

    /// The outcome that a stored word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.word() == word)
    }

    /// Whether it waits for something: a fact, a newer version, a person. Such notifications have an `inbox` row.
    pub const fn waits(self) -> bool {
        match self {
            Self::Parked | Self::Quarantined | Self::Unknown => true,
            Self::Applied | Self::Erased | Self::Refiled => false,
        }
    }
}

/// Why an event was appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// A notification, by its digest.
    Notification(Digest),
    /// A person's command, for example `offer link`. Who and why are in the payload.
    Command(String),
    /// Time passed.
    Time,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Notification(digest) => write!(f, "notification:{digest}"),
            Self::Command(name) => write!(f, "command:{name}"),
            Self::Time => f.write_str("time"),
        }
    }
}

impl Cause {
    /// Reads the stored text; `None` if it is not one that [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "time" {
            return Some(Self::Time);
        }
        match text.split_once(':')? {
            ("notification", digest) => {
                Digest::try_from(digest.to_owned()).ok().map(Self::Notification)
            }
            ("command", name) => Some(Self::Command(name.to_owned())),
            _ => None,
        }
    }
}

/// A notification to keep: the raw bytes, once for each content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotification {
    /// The key.
    pub digest: Digest,
    /// EventBridge's id, or empty text when there is none. At most 300 bytes (longer ones are kept as their digest).
    pub envelope_id: String,
    /// The slot of the delivery that brought it ([`NewDelivery::slot`]); unique beside `envelope_id` like that one.
    pub slot: i32,
    /// The envelope's source, empty if unknown.
    pub source: String,
    /// The envelope's detail-type, empty if unknown.
    pub detail_type: String,
    /// The envelope's account, empty if unknown.
    pub account: String,
    /// The envelope's time, `None` if unknown.
    pub event_time: Option<i64>,
    /// When the first delivery arrived.
    pub received_at: i64,
    /// The bytes exactly as they came, at most [`crate::MAX_BODY`].
    pub body: Vec<u8>,
}

/// One arrival of a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// The key: unique for each arrival, and the same when that arrival is written again after a doubtful commit.
    pub id: String,
    /// Which notification.
    pub digest: Digest,
    /// How it came: `queue`, `replay`, `import`.
    pub via: String,
    /// When it arrived.
    pub received_at: i64,
    /// The envelope id under which this content came with this arrival for the first time; empty: it had come under that id
    /// before, or has none. An archive's replay gives a content another id.
    pub envelope_id: String,
    /// 0 for the first content under this envelope id, 1 for the second, ...; (`envelope_id`, `slot`) is unique where the id
    /// is not empty, so that two processors that each see only one of two contents conflict.
    pub slot: i32,
}

/// What became of a notification, to append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOutcome {
    /// Which notification.
    pub digest: Digest,
    /// 0 for the first, one more than the last for each later one: (`digest`, `number`) is the key.
    pub number: i32,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, where that needs words; otherwise empty.
    pub reason: String,
    /// For a parked one: what it waits for, for example `license:l-...`; otherwise empty.
    pub waits_for: String,
    /// The streams that it wrote, separated by spaces; empty if none.
    pub streams: String,
    /// When this was recorded.
    pub recorded_at: i64,
}

/// A sealed event (see [`crate::seal`]). Append-only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// With `version`, the key and the optimistic lock.
    pub stream: StreamId,
    /// 1 for the first event of a stream, no gaps.
    pub version: i64,
    /// Derived from stream and version; unique.
    pub event_id: String,
    /// The event's type.
    pub kind: String,
    /// The version of the payload's shape.
    pub schema: i32,
    /// JSON, kept as exact bytes.
    pub payload: String,
    /// [`Cause`] as text.
    pub cause: String,
    /// When it happened in the world.
    pub occurred_at: i64,
    /// When we recorded it.
    pub recorded_at: i64,
    /// The hash of the stream's event before this one; 64 zeros for the first.
    pub previous: Digest,
    /// The seal.
    pub hash: Digest,
}

/// A stream: snapshot, lock and read model in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamRow {
    /// The key.
    pub stream: StreamId,
    /// The version of its last event; 0 for none.
    pub version: i64,
    /// Grows by one with each write: the optimistic lock, also for writes that append nothing. Not part of any comparison.
    pub touched: i64,
    /// The hash of its last event; 64 zeros for none.
    pub head: Digest,
    /// The version of the folding code that wrote `facts` and `concluded`.
    pub fold: i32,
    /// The folded facts as JSON.
    pub facts: String,
    /// What we last concluded and published, as JSON.
    pub concluded: String,
    /// When time alone may next change a conclusion.
    pub due_at: Option<i64>,
}

/// A public event to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOutbox {
    /// The event's stream.
    pub stream: StreamId,
    /// The event's version; (`stream`, `version`) is the key.
    pub version: i64,
    /// The event's id.
    pub event_id: String,
    /// The detail-type that it is published under.
    pub detail_type: String,
    /// When it was recorded.
    pub recorded_at: i64,
    /// History that is not to be published (`replay --backfill`).
    pub set_aside: bool,
}

/// A stream to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamWrite {
    /// The row; its `touched` is one more than `read_touched`, or 1.
    pub row: StreamRow,
    /// The `touched` that was read; `None`: the stream must not exist yet. A mismatch is a conflict.
    pub read_touched: Option<i64>,
}

/// Index rows of a stream to remove and to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyChange {
    /// Whose.
    pub stream: StreamId,
    /// Rows that go.
    pub removed: Vec<Key>,
    /// Rows that come.
    pub added: Vec<Key>,
}

/// Everything that one transaction writes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Writes {
    /// Raw bodies, each content once.
    pub notifications: Vec<NewNotification>,
    /// Arrivals.
    pub deliveries: Vec<NewDelivery>,
    /// What became of notifications. A store keeps its `inbox` rows in step: one for each notification whose
    /// latest outcome [`Outcome::waits`].
    pub outcomes: Vec<NewOutcome>,
    /// Sealed events.
    pub events: Vec<EventRow>,
    /// Streams, in the order of their ids (so that two writers lock in one order).
    pub streams: Vec<StreamWrite>,
    /// Index rows.
    pub keys: Vec<KeyChange>,
    /// Public events to be published.
    pub outbox: Vec<NewOutbox>,
    /// Notifications whose raw body is to be replaced by nothing (the digest stays).
    pub erased: Vec<Digest>,
    /// What became of publishing, each row of the outbox at most once. What is published stays so: nothing marks it again.
    pub marks: Vec<Mark>,
}

impl Writes {
    /// How many rows the transaction touches, for limits on batches and for the bench.
    pub fn rows(&self) -> usize {
        let keys =
            self.keys.iter().map(|change| change.removed.len().saturating_add(change.added.len()));
        [
            self.notifications.len(),
            self.deliveries.len(),
            self.outcomes.len(),
            self.events.len(),
            self.streams.len(),
            self.outbox.len(),
            self.erased.len(),
            self.marks.len(),
        ]
        .into_iter()
        .chain(keys)
        .fold(0, usize::saturating_add)
    }
}

/// A notification that the ledger holds, without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotificationRow {
    /// The key.
    pub digest: Digest,
    /// EventBridge's id, or empty.
    pub envelope_id: String,
    /// See [`NewNotification::slot`].
    pub slot: i32,
    /// The envelope's source.
    pub source: String,
    /// The envelope's detail-type.
    pub detail_type: String,
    /// The envelope's account.
    pub account: String,
    /// The envelope's time.
    pub event_time: Option<i64>,
    /// When the first delivery arrived.
    pub received_at: i64,
    /// Bytes of the raw body as it came.
    pub size: i64,
    /// The latest outcome.
    pub outcome: OutcomeRow,
}

/// An outcome as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeRow {
    /// See [`NewOutcome::number`].
    pub number: i32,
    /// What became of it.
    pub outcome: Outcome,
    /// Why.
    pub reason: String,
    /// What it waits for.
    pub waits_for: String,
    /// The streams that it wrote.
    pub streams: String,
    /// When this was recorded.
    pub recorded_at: i64,
}

/// What a store knows of a digest or an envelope id that a batch brings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Known {
    /// The notification.
    pub digest: Digest,
    /// The envelope id of the batch under which it came before; empty: it is known by its digest.
    pub envelope_id: String,
    /// Its slot under that id, or 0.
    pub slot: i32,
    /// The envelope's time, `None` if unknown.
    pub event_time: Option<i64>,
    /// Its latest outcome, if that one waits (it then has an `inbox` row).
    pub waiting: Option<Outcome>,
}

/// A delivery that is recorded already, of those that were asked for together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Delivered {
    /// Its id.
    pub id: String,
    /// No delivery that was not asked for had brought its notification by then: one of those that were is the first.
    pub first: bool,
}

/// A raw body with what is needed to process it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBody {
    /// The notification.
    pub digest: Digest,
    /// The bytes as they came; `None` once erased.
    pub body: Option<Vec<u8>>,
    /// The number and the word of its latest outcome.
    pub number: i32,
    /// The latest outcome.
    pub outcome: Outcome,
    /// When the first delivery arrived.
    pub received_at: i64,
}

/// A public event in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// The event's stream.
    pub stream: StreamId,
    /// The event's version.
    pub version: i64,
    /// The event's id.
    pub event_id: String,
    /// The detail-type.
    pub detail_type: String,
    /// When it was recorded.
    pub recorded_at: i64,
    /// History that is not to be published.
    pub set_aside: bool,
    /// When it was published.
    pub published_at: Option<i64>,
    /// How often publishing was tried.
    pub attempts: i32,
    /// The error of the last attempt, or empty.
    pub last_error: String,
}

/// A public event that is neither published nor set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpublished {
    /// The event; its time of recording, stream and version are the place in the order of publishing.
    pub event: EventRow,
    /// The detail-type that it is published under.
    pub detail_type: String,
    /// How often publishing was tried.
    pub attempts: i32,
}

/// What became of publishing a row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The event's stream.
    pub stream: StreamId,
    /// The event's version.
    pub version: i64,
    /// How often it was tried since it was read.
    pub attempts: i32,
    /// What came of it.
    pub result: MarkResult,
}

/// What came of publishing an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MarkResult {
    /// It was published, at this time.
    Published(i64),
    /// It was not, for this reason, and is to be tried again.
    Failed(String),
    /// It never will be, for this reason, which is not empty: that tells it from history that was set aside.
    SetAside(String),
}

impl MarkResult {
    /// When it was published.
    pub const fn published_at(&self) -> Option<i64> {
        match self {
            Self::Published(at) => Some(*at),
            Self::Failed(_) | Self::SetAside(_) => None,
        }
    }

    /// Why it was not published; empty: it was.
    pub fn error(&self) -> &str {
        match self {
            Self::Published(_) => "",
            Self::Failed(error) | Self::SetAside(error) => error,
        }
    }

    /// Whether nobody is to try again.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::SetAside(_))
    }
}
