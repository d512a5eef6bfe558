//! A store that fails at one step, once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use deal::key::KeyQuery;
use deal::stream::{StreamId, StreamKind};
use deal::view::View;
use ledger::row::{
    EventRow, Known, NewDelivery, NotificationRow, OutboxRow, Outcome, OutcomeRow, StoredBody,
    StreamRow, Writes,
};
use ledger::store::{Counts, KeyRow, Snapshot, Store, StoreError, Transaction};
use ledger::views::ViewTotals;
use marketplace::digest::Digest;

/// How a step fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection is lost; at a commit, before it or after it.
    Lost,
    /// Another writer was faster; never after a commit.
    Overtaken,
}

/// Which step fails, how many there were, and how many streams they asked for.
#[derive(Debug)]
pub(crate) struct Plan {
    fails_at: usize,
    fault: Fault,
    steps: AtomicUsize,
    streams: AtomicUsize,
}

impl Plan {
    /// The step of this number, from 1 on, fails; 0: none does.
    pub(crate) fn new(fails_at: usize, fault: Fault) -> Arc<Self> {
        let (steps, streams) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Arc::new(Self { fails_at, fault, steps, streams })
    }

    /// Whether its step was reached.
    pub(crate) fn has_failed(&self) -> bool {
        self.steps.load(Ordering::SeqCst) >= self.fails_at
    }

    /// How many steps there were.
    pub(crate) fn steps(&self) -> usize {
        self.steps.load(Ordering::SeqCst)
    }

    /// How many streams were asked for by their ids.
    pub(crate) fn streams(&self) -> usize {
        self.streams.load(Ordering::SeqCst)
    }

    fn step(&self) -> Result<(), StoreError> {
        let step = self.steps.fetch_add(1, Ordering::SeqCst) + 1;
        match self.fault {
            _ if step != self.fails_at => Ok(()),
            Fault::Lost => {
                let source = "the connection was cut by the test".into();
                Err(StoreError::Unavailable { attempt: "taking a step", source })
            }
            Fault::Overtaken => Err(StoreError::Conflict { what: format!("step {step}") }),
        }
    }

    fn after_commit(&self) -> Result<(), StoreError> {
        if self.fault == Fault::Lost { self.step() } else { Ok(()) }
    }
}

/// A store, or what it began, that fails as planned.
pub(crate) struct Faulty<T: ?Sized> {
    pub(crate) inner: Box<T>,
    pub(crate) plan: Arc<Plan>,
}

#[async_trait]
impl Store for Faulty<Arc<dyn Store>> {
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        self.plan.step()?;
        let (inner, plan) = (self.inner.begin().await?, Arc::clone(&self.plan));
        Ok(Box::new(Faulty { inner, plan }))
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.plan.step()?;
        let (inner, plan) = (self.inner.snapshot().await?, Arc::clone(&self.plan));
        Ok(Box::new(Faulty { inner, plan }))
    }

    fn describe(&self) -> String {
        self.inner.describe()
    }
}

#[async_trait]
impl Transaction for Faulty<dyn Transaction> {
    async fn write(&mut self, writes: &Writes) -> Result<(), StoreError> {
        self.plan.step()?;
        self.inner.write(writes).await?;
        // Written, but not yet committed.
        self.plan.step()
    }

    async fn clear_derived(&mut self) -> Result<(), StoreError> {
        self.plan.step()?;
        self.inner.clear_derived().await
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.plan.step()?;
        self.inner.commit().await?;
        self.plan.after_commit()
    }
}

#[async_trait]
impl<T: Snapshot + ?Sized> Snapshot for Faulty<T> {
    async fn known(
        &mut self,
        digests: &[Digest],
        envelope_ids: &[String],
    ) -> Result<Vec<Known>, StoreError> {
        self.plan.step()?;
        self.inner.known(digests, envelope_ids).await
    }

    async fn delivered(&mut self, ids: &[String]) -> Result<Vec<String>, StoreError> {
        self.plan.step()?;
        self.inner.delivered(ids).await
    }

    async fn parked(&mut self, waits_for: &[String]) -> Result<Vec<StoredBody>, StoreError> {
        self.plan.step()?;
        self.inner.parked(waits_for).await
    }

    async fn streams(&mut self, ids: &[StreamId]) -> Result<Vec<StreamRow>, StoreError> {
        self.plan.step()?;
        self.plan.streams.fetch_add(ids.len(), Ordering::SeqCst);
        self.inner.streams(ids).await
    }

    async fn find(
        &mut self,
        queries: &[KeyQuery],
    ) -> Result<Vec<Vec<(i64, StreamId)>>, StoreError> {
        self.plan.step()?;
        self.inner.find(queries).await
    }

    async fn due(&mut self, now: i64, limit: u32) -> Result<Vec<StreamRow>, StoreError> {
        self.plan.step()?;
        self.inner.due(now, limit).await
    }

    async fn page(
        &mut self,
        kind: Option<StreamKind>,
        after: Option<&StreamId>,
        limit: u32,
    ) -> Result<Vec<StreamRow>, StoreError> {
        self.plan.step()?;
        self.inner.page(kind, after, limit).await
    }

    async fn events(
        &mut self,
        stream: &StreamId,
        from: i64,
        limit: u32,
    ) -> Result<Vec<EventRow>, StoreError> {
        self.plan.step()?;
        self.inner.events(stream, from, limit).await
    }

    async fn all_events(
        &mut self,
        after: Option<(&StreamId, i64)>,
        limit: u32,
    ) -> Result<Vec<EventRow>, StoreError> {
        self.plan.step()?;
        self.inner.all_events(after, limit).await
    }

    async fn all_keys(
        &mut self,
        after: Option<&KeyRow>,
        limit: u32,
    ) -> Result<Vec<KeyRow>, StoreError> {
        self.plan.step()?;
        self.inner.all_keys(after, limit).await
    }

    async fn notifications(
        &mut self,
        outcome: Option<Outcome>,
        after: Option<&Digest>,
        limit: u32,
    ) -> Result<Vec<NotificationRow>, StoreError> {
        self.plan.step()?;
        self.inner.notifications(outcome, after, limit).await
    }

    async fn bodies(&mut self, digests: &[Digest]) -> Result<Vec<StoredBody>, StoreError> {
        self.plan.step()?;
        self.inner.bodies(digests).await
    }

    async fn deliveries(&mut self, digest: &Digest) -> Result<Vec<NewDelivery>, StoreError> {
        self.plan.step()?;
        self.inner.deliveries(digest).await
    }

    async fn outcomes(&mut self, digest: &Digest) -> Result<Vec<OutcomeRow>, StoreError> {
        self.plan.step()?;
        self.inner.outcomes(digest).await
    }

    async fn outbox(
        &mut self,
        after: Option<(&StreamId, i64)>,
        limit: u32,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        self.plan.step()?;
        self.inner.outbox(after, limit).await
    }

    async fn view_totals(&mut self, view: &View) -> Result<Option<ViewTotals>, StoreError> {
        self.plan.step()?;
        self.inner.view_totals(view).await
    }

    async fn counts(&mut self) -> Result<Counts, StoreError> {
        self.plan.step()?;
        self.inner.counts().await
    }
}
