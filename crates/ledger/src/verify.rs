//! Whether the ledger is what it says it is: every fault, not the first.
//!
//! | what | is held against |
//! |---|---|
//! | an event | its own seal, the event before it, the id that follows from its stream and version, its cause |
//! | a stream's row | the version and hash of its last event; the facts and conclusions that its events fold to |
//! | keys | those that the folded state has |
//! | the outbox | the public events |
//! | a notification | the digest of its body and what its row repeats of it, its deliveries, its outcomes, the inbox |
//! | a SQL view | what the streams' rows add up to: rows, and of each column values and characters |
//!
//! Columns that may change and are not looked at: `touched` (the optimistic lock) and `due_at` (a judgement that appends
//! nothing moves it) of streams; `published_at`, `attempts`, `last_error` and `set_aside` of the outbox; `number` and
//! `waits_for` of the inbox, which point at an outcome. Nothing is sealed, and only partly held against each other, of the
//! history of notifications: `slot` and `received_at` of these, `id`, `via` and `received_at` of deliveries, `reason`,
//! `waits_for`, `streams` and `recorded_at` of outcomes. `tests/all/tamper/` holds the list against the schema.
//!
//! Everything is read in one snapshot, so processors may run meanwhile, and in bounded memory: one page of each
//! table and one stream's state. A chain of hashes alone detects only clumsy tampering: who can write the
//! ledger can seal it anew, and a whole stream or a notification that no event names can be
//! removed unseen. Only an anchor kept elsewhere shows that ([`crate::checkpoint`], [`verify_against`]).

mod anchor;
pub(crate) mod chain;
pub(crate) mod cursor;
mod fault;
pub(crate) mod notifications;
mod streams;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

pub use anchor::{HeadsError, Lines};
pub use fault::{Fault, FaultKind, Subject};

use self::anchor::Against;
use crate::checkpoint::Anchor;

use crate::progress::{Phase, Progress, total};
use crate::store::{Snapshot, Store, StoreError};
use crate::views::Expected;

/// How many faults a report tells; the rest is counted.
pub const MAX_FAULTS: usize = 100_000;

/// What was looked at, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Events.
    pub events: u64,
    /// Streams' rows, those without events (locks) included.
    pub streams: u64,
    /// Streams whose row says that an older version of the code folded it, and that hold something else than their events fold to
    /// now. Refolded when they are touched, or by a rebuild. No fault, and no proof either.
    pub stale: u64,
    /// Index rows.
    pub keys: u64,
    /// Rows of the outbox.
    pub outbox: u64,
    /// Notifications.
    pub notifications: u64,
    /// Notifications whose body was erased.
    pub erased: u64,
    /// Notifications that were longer than [`crate::MAX_BODY`]: only their beginning is kept, which has another digest.
    pub cut: u64,
    /// Deliveries.
    pub deliveries: u64,
    /// What is wrong: of events and streams in the order of their ids, then of notifications in the order of their digests, then
    /// of views.
    pub faults: Vec<Fault>,
    /// How many faults more there are than [`MAX_FAULTS`].
    pub untold: u64,
}

impl Report {
    /// Nothing is wrong.
    pub const fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    pub(crate) fn fault(&mut self, kind: FaultKind, subject: Subject, detail: impl Into<String>) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(Fault { kind, subject, detail: detail.into() });
        } else {
            self.untold = self.untold.saturating_add(1);
        }
    }
}

/// Why a ledger could not be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The store failed.
    #[error("could not read the ledger")]
    Read(#[from] StoreError),
    /// The heads file could not be read.
    #[error(transparent)]
    Heads(#[from] HeadsError),
}

/// Reads the whole ledger and holds each row against what it must follow from.
///
/// Fails only if the store does. A row that the store cannot read is a fault, and the walk that met it ends there.
pub async fn verify(
    store: &dyn Store,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, VerifyError> {
    walk(store, None, progress).await
}

/// The same, and that all that a checkpoint listed is still there and unchanged: of each stream the events up to the listed
/// version, and each notification. What was recorded after the checkpoint is verified as by [`verify`].
pub async fn verify_against(
    store: &dyn Store,
    anchor: &Anchor,
    lines: Lines<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, VerifyError> {
    walk(store, Some((anchor, lines)), progress).await
}

async fn walk(
    store: &dyn Store,
    against: Option<(&Anchor, Lines<'_>)>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, VerifyError> {
    let mut snapshot = store.snapshot().await?;
    let counts = snapshot.counts().await?;
    let mut report = Report::default();
    let against = against.map(|(anchor, lines)| Against::new(anchor, lines, &mut report));
    let mut against = against.transpose()?;
    let mut events = |done| {
        progress(Progress { phase: Phase::Events, done, total: total(counts.events) });
    };
    let mut views = Expected::default();
    let streams =
        streams::walk(&mut *snapshot, against.as_mut(), &mut views, &mut report, &mut events);
    let walked = streams.await;
    let is_whole = unless_unreadable(&mut report, walked)?;
    let mut notifications = |done| {
        let total = total(counts.notifications);
        progress(Progress { phase: Phase::Notifications, done, total });
    };
    let walk = notifications::walk(
        &mut *snapshot,
        &counts,
        against.as_mut(),
        &mut report,
        &mut notifications,
    );
    let walked = walk.await;
    unless_unreadable(&mut report, walked)?;
    if let Some(against) = against {
        against.finish(&mut report)?;
    }
    // The last thing read: a row that a view cannot show may end the snapshot.
    if is_whole {
        compare(&mut *snapshot, views, &mut report).await?;
    }
    Ok(report)
}

/// Holds what the views add up to against what the streams' rows say.
async fn compare(
    snapshot: &mut dyn Snapshot,
    views: Expected,
    report: &mut Report,
) -> Result<(), StoreError> {
    for (view, expected) in views.finish() {
        let subject = Subject::View(view.name);
        match snapshot.view_totals(view).await {
            Err(StoreError::Failed { source, .. }) => {
                let detail = format!("it cannot be read, and no view after it was: {source}");
                report.fault(FaultKind::View, subject, detail);
                return Ok(());
            }
            Err(error) => return Err(error),
            Ok(None) => {
                report.fault(FaultKind::View, subject, "it is missing, or lacks a column");
            }
            Ok(Some(found)) if found.rows != expected.rows => {
                let detail = format!("it shows {} rows, not {}", found.rows, expected.rows);
                report.fault(FaultKind::View, subject, detail);
            }
            Ok(Some(found)) => {
                let columns = view.columns.iter().zip(found.columns.iter().zip(&expected.columns));
                for (column, _) in columns.filter(|(_, (found, expected))| found != expected) {
                    let detail = format!("its column `{}` shows something else", column.name);
                    report.fault(FaultKind::View, subject.clone(), detail);
                }
            }
        }
    }
    Ok(())
}

/// A walk that met a row which cannot be read ends there, and the row is a fault. Whether it came to its end.
fn unless_unreadable(
    report: &mut Report,
    walked: Result<(), VerifyError>,
) -> Result<bool, VerifyError> {
    match walked {
        Err(VerifyError::Read(StoreError::Inconsistent { table, column, key })) => {
            let detail = format!(
                "column `{column}` at key `{key}` cannot be read; what comes after it was not looked at"
            );
            report.fault(FaultKind::RowUnreadable, Subject::Table(table), detail);
            Ok(false)
        }
        walked => walked.map(|()| true),
    }
}
