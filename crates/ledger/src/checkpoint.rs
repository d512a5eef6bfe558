//! Checkpoints: what the ledger held at one moment, in a few lines that fit anywhere else.
//!
//! | file | what it is | where it belongs |
//! |---|---|---|
//! | the anchor | counts, and the Merkle roots of the two lists below (`crate::merkle`) | with somebody who cannot write the ledger: an auditor, a mail, a notary |
//! | the heads | a line for each stream, `stream ID VERSION HASH`, then one for each notification, `notification DIGEST` | beside the ledger, or with the anchor |
//!
//! Both lists are in the order of their bytes. A stream's hash covers all its events up to the version, and a
//! notification's digest its content, so an anchor fixes everything that was recorded before it.
//!
//! What it proves: that nothing recorded before the anchor was changed or removed since. What it does not prove: that what
//! was recorded is true, that everything that AWS sent was recorded, or anything about what came after the anchor.

use deal::moment::Moment;
use deal::stream::StreamId;
use marketplace::digest::Digest;
use serde::{Deserialize, Serialize};

use crate::merkle::{Root, leaf};
use crate::progress::{Phase, Progress, total};
use crate::seal::GENESIS;
use crate::store::{Snapshot, Store, StoreError};
use crate::verify::cursor::{Cursor, Streams};

/// The first line of a heads file.
pub const HEADS: &str = "resold heads 1";
/// The `format` of an anchor.
pub const ANCHOR: &str = "resold anchor 1";

/// Notifications read at once.
const PAGE: u32 = 1_000;

/// One list of an anchor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// How many lines it has.
    pub count: u64,
    /// The Merkle root of its lines.
    pub root: Digest,
}

/// What the ledger held at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// [`ANCHOR`].
    pub format: String,
    /// When it was made, RFC 3339. Nothing follows from it: the versions count, not a time.
    pub made_at: String,
    /// Events of the listed streams up to the listed versions.
    pub events: u64,
    /// The streams with events.
    pub streams: Summary,
    /// The notifications.
    pub notifications: Summary,
}

/// Why a checkpoint was not made.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The ledger could not be read.
    #[error("could not read the heads of the ledger")]
    Read(#[source] StoreError),
    /// The lines could not be written.
    #[error("could not write the heads")]
    Write(#[source] std::io::Error),
}

/// A line of a heads file, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// A stream, its version, and the hash of its event of that version.
    Stream(StreamId, i64, Digest),
    /// A notification.
    Notification(Digest),
}

impl Head {
    /// Reads a line; `None` if it is none of a heads file.
    pub fn read(line: &str) -> Option<Self> {
        let digest = |text: &str| Digest::try_from(text.to_owned()).ok();
        if let Some(text) = line.strip_prefix("notification ") {
            return Some(Self::Notification(digest(text)?));
        }
        let rest = line.strip_prefix("stream ")?;
        let (rest, hash) = rest.rsplit_once(' ')?;
        let (id, version) = rest.rsplit_once(' ')?;
        let id = StreamId::try_from(id.to_owned()).ok()?;
        Some(Self::Stream(id, version.parse().ok()?, digest(hash)?))
    }

    /// The line.
    pub fn line(&self) -> String {
        match self {
            Self::Stream(id, version, hash) => format!("stream {id} {version} {hash}"),
            Self::Notification(digest) => format!("notification {digest}"),
        }
    }
}

/// The two lists of an anchor, while their lines come.
#[derive(Debug, Clone, Default)]
pub struct Lists {
    events: u64,
    streams: (u64, Root),
    notifications: (u64, Root),
}

impl Lists {
    /// Takes in the next line.
    pub fn add(&mut self, head: &Head) {
        let list = match head {
            Head::Stream(_, version, _) => {
                self.events = self.events.saturating_add(total(*version));
                &mut self.streams
            }
            Head::Notification(_) => &mut self.notifications,
        };
        list.0 = list.0.saturating_add(1);
        list.1.add(leaf(&head.line()));
    }

    /// Whether an anchor was made of these lines.
    pub fn are_of(self, anchor: &Anchor) -> bool {
        let found = self.finish(Moment::default());
        found.streams == anchor.streams
            && found.notifications == anchor.notifications
            && found.events == anchor.events
    }

    /// The anchor of all lines.
    pub fn finish(self, made_at: Moment) -> Anchor {
        let summary = |(count, root): (u64, Root)| Summary { count, root: root.finish() };
        Anchor {
            format: ANCHOR.to_owned(),
            made_at: made_at.to_string(),
            events: self.events,
            streams: summary(self.streams),
            notifications: summary(self.notifications),
        }
    }
}

/// Reads every head in one snapshot, while others write, and in bounded memory. Each line of the heads file goes to
/// `sink`, without its line break. The rows are taken as they are: verify before, or anchor a fault.
pub async fn checkpoint(
    store: &dyn Store,
    now: Moment,
    sink: &mut dyn FnMut(&str) -> std::io::Result<()>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Anchor, CheckpointError> {
    let mut snapshot = store.snapshot().await.map_err(CheckpointError::Read)?;
    sink(HEADS).map_err(CheckpointError::Write)?;
    let mut lists = Lists::default();
    let mut take = |head: &Head| {
        lists.add(head);
        sink(&head.line()).map_err(CheckpointError::Write)
    };
    heads(&mut *snapshot, &mut take, progress).await?;
    Ok(lists.finish(now))
}

/// Every head of one moment, in the order of the heads file.
pub(crate) async fn heads(
    snapshot: &mut dyn Snapshot,
    take: &mut dyn FnMut(&Head) -> Result<(), CheckpointError>,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), CheckpointError> {
    let counts = snapshot.counts().await.map_err(CheckpointError::Read)?;
    let streams =
        counts.streams.iter().fold(0, |sum: u64, (_, count)| sum.saturating_add(total(*count)));
    let mut rows = Cursor::<Streams>::new();
    let mut done = 0_u64;
    while let Some(row) = rows.next(snapshot).await.map_err(CheckpointError::Read)? {
        done = done.saturating_add(1);
        // A row without events is only a lock.
        if row.version > 0 || row.head != GENESIS {
            take(&Head::Stream(row.stream, row.version, row.head))?;
        }
        progress(Progress { phase: Phase::Events, done, total: streams });
    }
    let (mut after, mut done) = (None, 0_u64);
    loop {
        let page = snapshot.notifications(None, after.as_ref(), PAGE).await;
        let page = page.map_err(CheckpointError::Read)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.digest);
        for row in &page {
            take(&Head::Notification(row.digest))?;
        }
        done = done.saturating_add(u64::try_from(page.len()).unwrap_or(0));
        let total = total(counts.notifications);
        progress(Progress { phase: Phase::Notifications, done, total });
    }
}
