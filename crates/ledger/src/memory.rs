//! A store in memory, for tests and the simulator. It passes the same contract as the databases.
//!
//! A transaction reads the live state: nothing is cloned. So that its reads are of one moment all the same, a read of
//! something that another transaction changed since the first read is a conflict. Its writes are checked and applied
//! at `commit`. A snapshot shares the state as it was; a commit meanwhile copies it once.

mod apply;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use deal::key::KeyQuery;
use deal::stream::{StreamId, StreamKind};
use marketplace::digest::Digest;

use crate::row::{
    Delivered, EventRow, Known, NewDelivery, NotificationRow, OutboxRow, Outcome, OutcomeRow,
    StoredBody, StreamRow, Unpublished, Writes,
};
use crate::store::{Counts, KeyRow, Snapshot, Store, StoreError, Transaction};
use crate::views::{Expected, ViewTotals};
use state::{Spot, State};

/// A ledger in memory. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<Arc<State>>>,
}

impl MemoryStore {
    /// An empty ledger.
    pub fn new() -> Self {
        Self::default()
    }
}

fn lock(state: &Mutex<Arc<State>>) -> MutexGuard<'_, Arc<State>> {
    // A commit that panics has changed nothing that it would not undo.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Store for MemoryStore {
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        let view = View::Live { state: Arc::clone(&self.state), since: None };
        Ok(Box::new(MemoryTransaction { view, staged: Vec::new() }))
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        let view = View::Frozen(Arc::clone(&lock(&self.state)));
        Ok(Box::new(MemoryTransaction { view, staged: Vec::new() }))
    }

    fn describe(&self) -> String {
        "memory".to_owned()
    }
}

/// What a transaction has to do at `commit`.
#[derive(Debug)]
enum Step {
    Clear,
    Write(Box<Writes>),
}

#[derive(Debug)]
enum View {
    /// The state of the moment; `since` is the number of commits at the first read.
    Live {
        state: Arc<Mutex<Arc<State>>>,
        since: Option<u64>,
    },
    Frozen(Arc<State>),
}

/// Reads, and between `begin` and `commit` writes.
#[derive(Debug)]
struct MemoryTransaction {
    view: View,
    staged: Vec<Step>,
}

impl MemoryTransaction {
    /// Reads what the given spots say.
    fn read<T>(
        &mut self,
        spots: impl IntoIterator<Item = Spot>,
        read: impl FnOnce(&State) -> T,
    ) -> Result<T, StoreError> {
        match &mut self.view {
            View::Frozen(state) => Ok(read(state)),
            View::Live { state, since } => {
                let state = lock(state);
                let since = *since.get_or_insert(state.commits);
                #[cfg(feature = "planted")]
                if deal::planted::stands(deal::planted::Planted::WriteSkew) {
                    return Ok(read(&state));
                }
                if state.commits > since
                    && let Some(spot) = spots.into_iter().find(|spot| state.changed(spot) > since)
                {
                    return Err(StoreError::Conflict { what: spot.to_string() });
                }
                Ok(read(&state))
            }
        }
    }

    /// Reads what any row may say.
    fn scan<T>(&mut self, read: impl FnOnce(&State) -> T) -> Result<T, StoreError> {
        self.read([Spot::Anything], read)
    }
}

#[async_trait]
impl Snapshot for MemoryTransaction {
    async fn known(
        &mut self,
        digests: &[Digest],
        envelope_ids: &[String],
    ) -> Result<Vec<Known>, StoreError> {
        let spots = digests.iter().copied().map(Spot::Notification);
        let spots = spots.chain(envelope_ids.iter().cloned().map(Spot::Envelope));
        self.read(spots, |state| state.known(digests, envelope_ids))
    }

    async fn delivered(&mut self, ids: &[String]) -> Result<Vec<Delivered>, StoreError> {
        self.read(ids.iter().cloned().map(Spot::Delivery), |state| state.delivered(ids))
    }

    async fn parked(&mut self, waits_for: &[String]) -> Result<Vec<StoredBody>, StoreError> {
        self.read(waits_for.iter().cloned().map(Spot::WaitsFor), |state| state.parked(waits_for))
    }

    async fn streams(&mut self, ids: &[StreamId]) -> Result<Vec<StreamRow>, StoreError> {
        self.read(ids.iter().cloned().map(Spot::Stream), |state| {
            let unique: std::collections::BTreeSet<_> = ids.iter().collect();
            unique.into_iter().filter_map(|id| state.streams.get(id)).cloned().collect()
        })
    }

    async fn find(
        &mut self,
        queries: &[KeyQuery],
    ) -> Result<Vec<Vec<(i64, StreamId)>>, StoreError> {
        let spots = queries.iter().map(|query| Spot::Key(query.kind, query.value.clone()));
        self.read(spots, |state| queries.iter().map(|query| state.find(query)).collect())
    }

    async fn due(&mut self, now: i64, limit: u32) -> Result<Vec<StreamRow>, StoreError> {
        self.scan(|state| state.due(now, limit))
    }

    async fn page(
        &mut self,
        kind: Option<StreamKind>,
        after: Option<&StreamId>,
        limit: u32,
    ) -> Result<Vec<StreamRow>, StoreError> {
        self.scan(|state| state.page(kind, after, limit))
    }

    async fn events(
        &mut self,
        stream: &StreamId,
        from: i64,
        limit: u32,
    ) -> Result<Vec<EventRow>, StoreError> {
        self.read([Spot::Stream(stream.clone())], |state| {
            let range = state.events.range((stream.clone(), from)..=(stream.clone(), i64::MAX));
            range.map(|(_, row)| row.clone()).take(state::count(limit)).collect()
        })
    }

    async fn all_events(
        &mut self,
        after: Option<(&StreamId, i64)>,
        limit: u32,
    ) -> Result<Vec<EventRow>, StoreError> {
        self.scan(|state| state::rows_after(&state.events, after, limit))
    }

    async fn all_keys(
        &mut self,
        after: Option<&KeyRow>,
        limit: u32,
    ) -> Result<Vec<KeyRow>, StoreError> {
        self.scan(|state| state.keys_after(after, limit))
    }

    async fn notifications(
        &mut self,
        outcome: Option<Outcome>,
        after: Option<&Digest>,
        limit: u32,
    ) -> Result<Vec<NotificationRow>, StoreError> {
        self.scan(|state| state.notification_page(outcome, after, limit))
    }

    async fn bodies(&mut self, digests: &[Digest]) -> Result<Vec<StoredBody>, StoreError> {
        self.read(digests.iter().copied().map(Spot::Notification), |state| {
            let unique: std::collections::BTreeSet<_> = digests.iter().collect();
            unique.into_iter().filter_map(|digest| state.body(digest)).collect()
        })
    }

    async fn deliveries(&mut self, digest: &Digest) -> Result<Vec<NewDelivery>, StoreError> {
        self.scan(|state| state.deliveries_of(digest))
    }

    async fn outcomes(&mut self, digest: &Digest) -> Result<Vec<OutcomeRow>, StoreError> {
        self.read([Spot::Notification(*digest)], |state| state.outcomes_of(digest))
    }

    async fn outbox(
        &mut self,
        after: Option<(&StreamId, i64)>,
        limit: u32,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        self.scan(|state| state::rows_after(&state.outbox, after, limit))
    }

    async fn unpublished(
        &mut self,
        after: Option<(i64, &StreamId, i64)>,
        limit: u32,
    ) -> Result<Vec<Unpublished>, StoreError> {
        self.scan(|state| state.unpublished(after, limit))
    }

    async fn view_totals(
        &mut self,
        view: &deal::view::View,
    ) -> Result<Option<ViewTotals>, StoreError> {
        self.scan(|state| {
            let mut expected = Expected::default();
            for row in state.streams.values() {
                expected.add(&row.stream, &row.facts, &row.concluded);
            }
            expected.finish().into_iter().find(|(known, _)| *known == view).map(|(_, sums)| sums)
        })
    }

    async fn counts(&mut self) -> Result<Counts, StoreError> {
        self.scan(State::counts)
    }
}

#[async_trait]
impl Transaction for MemoryTransaction {
    async fn write(&mut self, writes: &Writes) -> Result<(), StoreError> {
        self.staged.push(Step::Write(Box::new(writes.clone())));
        Ok(())
    }

    async fn clear_derived(&mut self) -> Result<(), StoreError> {
        self.staged.push(Step::Clear);
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        match self.view {
            View::Live { state, .. } if !self.staged.is_empty() => {
                let mut state = lock(&state);
                apply::apply(Arc::make_mut(&mut state), self.staged)
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
