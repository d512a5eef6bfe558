//! What a store does under a planted fault, beside what [`deal::planted`] does elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use deal::planted::stands;
pub use deal::planted::{Planted, plant};
use deal::stream::StreamId;
use ledger::row::{EventRow, NewOutbox, StreamWrite, Writes};
use ledger::seal::{event_id, seal};
use ledger::store::{Store, StoreError};
use marketplace::digest::Digest;

/// A transaction that a planted fault may alter, or make once more.
pub(crate) struct Again {
    store: Arc<dyn Store>,
    written: Writes,
}

impl Again {
    /// A transaction on a store.
    pub(crate) fn on(store: &Arc<dyn Store>) -> Self {
        Self { store: Arc::clone(store), written: Writes::default() }
    }

    /// What is written instead.
    pub(crate) fn write(&mut self, writes: &Writes) -> Writes {
        let mut writes = writes.clone();
        if stands(Planted::LostNotification) {
            let is_lost =
                |digest: &Digest| digest.bytes().first().is_some_and(|byte| byte % 8 == 0);
            writes.notifications.retain(|row| !is_lost(&row.digest));
            writes.deliveries.retain(|row| !is_lost(&row.digest));
            writes.outcomes.retain(|row| !is_lost(&row.digest));
        }
        if stands(Planted::NoOutboxRow) {
            writes.outbox.retain(|row| row.version % 3 != 0);
        }
        self.written = writes.clone();
        writes
    }

    /// A commit was reported as failed: whether it is made once more, and then reported as done.
    pub(crate) async fn commits(&self) -> Result<bool, StoreError> {
        if !stands(Planted::CommittedTwice) {
            return Ok(false);
        }
        let mut tx = self.store.begin().await?;
        let ids: Vec<StreamId> =
            self.written.streams.iter().map(|write| write.row.stream.clone()).collect();
        let mut writes = Writes::default();
        for row in tx.streams(&ids).await? {
            let read_touched = Some(row.touched);
            let touched = row.touched.saturating_add(1);
            let mut write = StreamWrite { row, read_touched };
            write.row.touched = touched;
            self.append(&mut write, &mut writes);
            writes.streams.push(write);
        }
        tx.write(&writes).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Appends to a stream what was appended to it before, under its next versions.
    fn append(&self, write: &mut StreamWrite, writes: &mut Writes) {
        let row = &mut write.row;
        let mut versions: BTreeMap<i64, i64> = BTreeMap::new();
        for event in self.written.events.iter().filter(|event| event.stream == row.stream) {
            row.version = row.version.saturating_add(1);
            versions.insert(event.version, row.version);
            let mut event = EventRow {
                version: row.version,
                event_id: event_id(row.stream.as_str(), row.version),
                previous: row.head,
                ..event.clone()
            };
            event.hash = seal(&event);
            row.head = event.hash;
            writes.events.push(event);
        }
        for public in self.written.outbox.iter().filter(|public| public.stream == row.stream) {
            let Some(version) = versions.get(&public.version).copied() else { continue };
            let event_id = event_id(row.stream.as_str(), version);
            writes.outbox.push(NewOutbox { version, event_id, ..public.clone() });
        }
    }
}
