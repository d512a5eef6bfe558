//! What a processor writes, transaction by transaction.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use deal::key::KeyQuery;
use deal::stream::{StreamId, StreamKind};
use deal::view::View;
use ledger::memory::MemoryStore;
use ledger::row::{
    Delivered, EventRow, Known, NewDelivery, NotificationRow, OutboxRow, Outcome, OutcomeRow,
    StoredBody, StreamRow, Unpublished, Writes,
};
use ledger::store::{Counts, KeyRow, Snapshot, Store, StoreError, Transaction};
use ledger::views::ViewTotals;
use marketplace::digest::Digest;

/// A ledger in memory that keeps what is written to it.
#[derive(Default)]
pub(crate) struct Recorder {
    memory: MemoryStore,
    written: Arc<Mutex<Vec<Writes>>>,
}

impl Recorder {
    /// What was written since this was last asked, one element a transaction.
    pub(crate) fn take(&self) -> Vec<Writes> {
        std::mem::take(&mut self.written.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Store for Recorder {
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        let inner = self.memory.begin().await?;
        Ok(Box::new(Recording { inner, written: Arc::clone(&self.written) }))
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.memory.snapshot().await
    }

    fn describe(&self) -> String {
        self.memory.describe()
    }
}

struct Recording {
    inner: Box<dyn Transaction>,
    written: Arc<Mutex<Vec<Writes>>>,
}

#[async_trait]
impl Transaction for Recording {
    async fn write(&mut self, writes: &Writes) -> Result<(), StoreError> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).push(writes.clone());
        self.inner.write(writes).await
    }

    async fn clear_derived(&mut self) -> Result<(), StoreError> {
        self.inner.clear_derived().await
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.inner.commit().await
    }
}

/// Only passed on.
#[async_trait]
impl Snapshot for Recording {
    async fn known(
        &mut self,
        digests: &[Digest],
        envelope_ids: &[String],
    ) -> Result<Vec<Known>, StoreError> {
        self.inner.known(digests, envelope_ids).await
    }

    async fn delivered(&mut self, ids: &[String]) -> Result<Vec<Delivered>, StoreError> {
        self.inner.delivered(ids).await
    }

    async fn parked(&mut self, waits_for: &[String]) -> Result<Vec<StoredBody>, StoreError> {
        self.inner.parked(waits_for).await
    }

    async fn streams(&mut self, ids: &[StreamId]) -> Result<Vec<StreamRow>, StoreError> {
        self.inner.streams(ids).await
    }

    async fn find(
        &mut self,
        queries: &[KeyQuery],
    ) -> Result<Vec<Vec<(i64, StreamId)>>, StoreError> {
        self.inner.find(queries).await
    }

    async fn due(&mut self, now: i64, limit: u32) -> Result<Vec<StreamRow>, StoreError> {
        self.inner.due(now, limit).await
    }

    async fn page(
        &mut self,
        kind: Option<StreamKind>,
        after: Option<&StreamId>,
        limit: u32,
    ) -> Result<Vec<StreamRow>, StoreError> {
        self.inner.page(kind, after, limit).await
    }

    async fn events(
        &mut self,
        stream: &StreamId,
        from: i64,
        limit: u32,
    ) -> Result<Vec<EventRow>, StoreError> {
        self.inner.events(stream, from, limit).await
    }

    async fn all_events(
        &mut self,
        after: Option<(&StreamId, i64)>,
        limit: u32,
    ) -> Result<Vec<EventRow>, StoreError> {
        self.inner.all_events(after, limit).await
    }

    async fn all_keys(
        &mut self,
        after: Option<&KeyRow>,
        limit: u32,
    ) -> Result<Vec<KeyRow>, StoreError> {
        self.inner.all_keys(after, limit).await
    }

    async fn notifications(
        &mut self,
        outcome: Option<Outcome>,
        after: Option<&Digest>,
        limit: u32,
    ) -> Result<Vec<NotificationRow>, StoreError> {
        self.inner.notifications(outcome, after, limit).await
    }

    async fn bodies(&mut self, digests: &[Digest]) -> Result<Vec<StoredBody>, StoreError> {
        self.inner.bodies(digests).await
    }

    async fn deliveries(&mut self, digest: &Digest) -> Result<Vec<NewDelivery>, StoreError> {
        self.inner.deliveries(digest).await
    }

    async fn outcomes(&mut self, digest: &Digest) -> Result<Vec<OutcomeRow>, StoreError> {
        self.inner.outcomes(digest).await
    }

    async fn outbox(
        &mut self,
        after: Option<(&StreamId, i64)>,
        limit: u32,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        self.inner.outbox(after, limit).await
    }

    async fn unpublished(
        &mut self,
        after: Option<(i64, &StreamId, i64)>,
        limit: u32,
    ) -> Result<Vec<Unpublished>, StoreError> {
        self.inner.unpublished(after, limit).await
    }

    async fn view_totals(&mut self, view: &View) -> Result<Option<ViewTotals>, StoreError> {
        self.inner.view_totals(view).await
    }

    async fn counts(&mut self) -> Result<Counts, StoreError> {
        self.inner.counts().await
    }
}
