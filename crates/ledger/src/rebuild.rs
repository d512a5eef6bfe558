//! Streams and keys from events alone.

use deal::state::FOLD;

use crate::folding::Folding;
use crate::progress::{Phase, Progress, total};
use crate::row::{KeyChange, StreamRow, StreamWrite, Writes};
use crate::store::{Snapshot, Store, StoreError, Transaction};
use crate::verify::cursor::{Cursor, Events, Streams};

#[cfg(test)]
mod tests;

/// Rows written at once.
const ROWS: usize = 1_000;

/// Bytes of folded JSON written at once.
const BYTES: usize = 4 * 1_048_576;

/// What was built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rebuilt {
    /// Events folded.
    pub events: u64,
    /// Streams written.
    pub streams: u64,
    /// Index rows written.
    pub keys: u64,
}

/// Removes all streams and keys and folds them again from the events, in one transaction and bounded memory.
///
/// Facts, conclusions, versions, heads and keys come out byte for byte as they were, if they were right and folded by
/// this version. `touched` begins again at 1, `due_at` is that of the last event, and rows without events, which are
/// only locks, are gone: the next who needs one makes it.
///
/// Nothing is verified: verify first, for a cut tail is no longer seen afterwards. A ledger in which a newer version
/// folded a stream, or one before or after ours wrote an event, is left as it is ([`StoreError::Schema`],
/// [`StoreError::EventSchema`]).
pub async fn rebuild(
    store: &dyn Store,
    progress: &mut dyn FnMut(Progress),
) -> Result<Rebuilt, StoreError> {
    let mut tx = store.begin().await?;
    let total = total(tx.counts().await?.events);
    refuse_newer(&mut *tx).await?;
    tx.clear_derived().await?;
    let mut rebuilt = Rebuilt::default();
    let mut writes = Waiting::default();
    let mut events = Cursor::<Events>::new();
    while let Some(stream) = events.peek(&mut *tx).await?.map(|event| event.stream.clone()) {
        let mut folding = Folding::new(stream);
        while let Some(event) = events.next_of(&mut *tx, folding.stream()).await? {
            folding.event(&event)?;
            rebuilt.events = rebuilt.events.saturating_add(1);
        }
        let (row, keys) = folding.finish()?;
        rebuilt.streams = rebuilt.streams.saturating_add(1);
        let count = u64::try_from(keys.added.len()).unwrap_or(u64::MAX);
        rebuilt.keys = rebuilt.keys.saturating_add(count);
        writes.add(row, keys);
        if writes.is_full() {
            writes.flush(&mut *tx).await?;
        }
        progress(Progress { phase: Phase::Events, done: rebuilt.events, total });
    }
    writes.flush(&mut *tx).await?;
    tx.commit().await?;
    Ok(rebuilt)
}

async fn refuse_newer(snapshot: &mut dyn Snapshot) -> Result<(), StoreError> {
    let mut streams = Cursor::<Streams>::new();
    while let Some(row) = streams.next(snapshot).await? {
        if row.fold > FOLD {
            return Err(StoreError::Schema { found: i64::from(row.fold), wanted: i64::from(FOLD) });
        }
    }
    Ok(())
}

/// Rows that are not written yet.
#[derive(Default)]
struct Waiting {
    writes: Writes,
    bytes: usize,
}

impl Waiting {
    fn add(&mut self, row: StreamRow, keys: KeyChange) {
        self.bytes = self.bytes.saturating_add(row.facts.len()).saturating_add(row.concluded.len());
        self.writes.streams.push(StreamWrite { row, read_touched: None });
        if !keys.added.is_empty() {
            self.writes.keys.push(keys);
        }
    }

    fn is_full(&self) -> bool {
        self.bytes >= BYTES || self.writes.rows() >= ROWS
    }

    async fn flush(&mut self, tx: &mut dyn Transaction) -> Result<(), StoreError> {
        let waiting = std::mem::take(self);
        if waiting.writes == Writes::default() {
            return Ok(());
        }
        tx.write(&waiting.writes).await
    }
}
