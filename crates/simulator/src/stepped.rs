//! A store whose every call is a step at which something may happen.

use std::sync::Arc;

use async_trait::async_trait;
use deal::key::KeyQuery;
use deal::stream::{StreamId, StreamKind};
use deal::view::View;
use ledger::row::{
    Delivered, EventRow, Known, NewDelivery, NotificationRow, OutboxRow, Outcome, OutcomeRow,
    StoredBody, StreamRow, Unpublished, Writes,
};
use ledger::store::{Counts, KeyRow, Snapshot, Store, StoreError, Transaction};
use ledger::views::ViewTotals;
use marketplace::digest::Digest;

/// Where a call to the store stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Before anything that is no step of its own.
    Call,
    /// Before so many streams are read by their ids.
    Streams(usize),
    /// After rows were written, before they are committed.
    Written,
    /// Before a commit.
    Commit,
    /// After a commit, before anybody is told.
    Committed,
}

/// What happens at the steps.
#[async_trait]
pub trait Steps: Send + Sync {
    /// Takes a step: may wait, fail, or never come back.
    async fn step(&self, step: Step) -> Result<(), StoreError>;
}

/// A store that takes a step at each call.
pub struct SteppedStore {
    inner: Arc<dyn Store>,
    steps: Arc<dyn Steps>,
}

impl SteppedStore {
    /// Takes steps before the calls to a store.
    pub fn new(inner: Arc<dyn Store>, steps: Arc<dyn Steps>) -> Self {
        Self { inner, steps }
    }
}

/// What such a store began.
struct Stepped<T: ?Sized> {
    inner: Box<T>,
    steps: Arc<dyn Steps>,
    #[cfg(feature = "planted")]
    again: crate::planted::Again,
}

impl<T: ?Sized> Stepped<T> {
    async fn call(&mut self) -> Result<(), StoreError> {
        self.steps.step(Step::Call).await
    }
}

#[async_trait]
impl Store for SteppedStore {
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        self.steps.step(Step::Call).await?;
        Ok(Box::new(Stepped {
            inner: self.inner.begin().await?,
            steps: Arc::clone(&self.steps),
            #[cfg(feature = "planted")]
            again: crate::planted::Again::on(&self.inner),
        }))
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.steps.step(Step::Call).await?;
        Ok(Box::new(Stepped {
            inner: self.inner.snapshot().await?,
            steps: Arc::clone(&self.steps),
            #[cfg(feature = "planted")]
            again: crate::planted::Again::on(&self.inner),
        }))
    }

    fn describe(&self) -> String {
        self.inner.describe()
    }
}

#[async_trait]
impl Transaction for Stepped<dyn Transaction> {
    async fn write(&mut self, writes: &Writes) -> Result<(), StoreError> {
        self.call().await?;
        #[cfg(feature = "planted")]
        let writes = &self.again.write(writes);
        self.inner.write(writes).await?;
        self.steps.step(Step::Written).await
    }

    async fn clear_derived(&mut self) -> Result<(), StoreError> {
        self.call().await?;
        self.inner.clear_derived().await
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.steps.step(Step::Commit).await?;
        self.inner.commit().await?;
        let told = self.steps.step(Step::Committed).await;
        #[cfg(feature = "planted")]
        if told.is_err() && self.again.commits().await? {
            return Ok(());
        }
        told
    }
}

#[async_trait]
impl<T: Snapshot + ?Sized> Snapshot for Stepped<T> {
    async fn known(
        &mut self,
        digests: &[Digest],
        envelope_ids: &[String],
    ) -> Result<Vec<Known>, StoreError> {
        self.call().await?;
        self.inner.known(digests, envelope_ids).await
    }

    async fn delivered(&mut self, ids: &[String]) -> Result<Vec<Delivered>, StoreError> {
        self.call().await?;
        self.inner.delivered(ids).await
    }

    async fn parked(&mut self, waits_for: &[String]) -> Result<Vec<StoredBody>, StoreError> {
        self.call().await?;
        self.inner.parked(waits_for).await
    }

    async fn streams(&mut self, ids: &[StreamId]) -> Result<Vec<StreamRow>, StoreError> {
        self.steps.step(Step::Streams(ids.len())).await?;
        self.inner.streams(ids).await
    }

    async fn find(
        &mut self,
        queries: &[KeyQuery],
    ) -> Result<Vec<Vec<(i64, StreamId)>>, StoreError> {
        self.call().await?;
        self.inner.find(queries).await
    }

    async fn due(&mut self, now: i64, limit: u32) -> Result<Vec<StreamRow>, StoreError> {
        self.call().await?;
        self.inner.due(now, limit).await
    }

    async fn page(
        &mut self,
        kind: Option<StreamKind>,
        after: Option<&StreamId>,
        limit: u32,
    ) -> Result<Vec<StreamRow>, StoreError> {
        self.call().await?;
        self.inner.page(kind, after, limit).await
    }

    async fn events(
        &mut self,
        stream: &StreamId,
        from: i64,
        limit: u32,
    ) -> Result<Vec<EventRow>, StoreError> {
        self.call().await?;
        self.inner.events(stream, from, limit).await
    }

    async fn all_events(
        &mut self,
        after: Option<(&StreamId, i64)>,
        limit: u32,
    ) -> Result<Vec<EventRow>, StoreError> {
        self.call().await?;
        self.inner.all_events(after, limit).await
    }

    async fn all_keys(
        &mut self,
        after: Option<&KeyRow>,
        limit: u32,
    ) -> Result<Vec<KeyRow>, StoreError> {
        self.call().await?;
        self.inner.all_keys(after, limit).await
    }

    async fn notifications(
        &mut self,
        outcome: Option<Outcome>,
        after: Option<&Digest>,
        limit: u32,
    ) -> Result<Vec<NotificationRow>, StoreError> {
        self.call().await?;
        self.inner.notifications(outcome, after, limit).await
    }

    async fn bodies(&mut self, digests: &[Digest]) -> Result<Vec<StoredBody>, StoreError> {
        self.call().await?;
        self.inner.bodies(digests).await
    }

    async fn deliveries(&mut self, digest: &Digest) -> Result<Vec<NewDelivery>, StoreError> {
        self.call().await?;
        self.inner.deliveries(digest).await
    }

    async fn outcomes(&mut self, digest: &Digest) -> Result<Vec<OutcomeRow>, StoreError> {
        self.call().await?;
        self.inner.outcomes(digest).await
    }

    async fn outbox(
        &mut self,
        after: Option<(&StreamId, i64)>,
        limit: u32,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        self.call().await?;
        self.inner.outbox(after, limit).await
    }

    async fn unpublished(
        &mut self,
        after: Option<(i64, &StreamId, i64)>,
        limit: u32,
    ) -> Result<Vec<Unpublished>, StoreError> {
        self.call().await?;
        self.inner.unpublished(after, limit).await
    }

    async fn view_totals(&mut self, view: &View) -> Result<Option<ViewTotals>, StoreError> {
        self.call().await?;
        self.inner.view_totals(view).await
    }

    async fn counts(&mut self) -> Result<Counts, StoreError> {
        self.call().await?;
        self.inner.counts().await
    }
}
