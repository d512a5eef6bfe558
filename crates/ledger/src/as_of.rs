//! A look back: what the ledger had recorded by a time, read as if it were now.
//!
//! Nothing is kept for it. A stream is folded again from its events that were recorded by then: what is asked for by id costs as much
//! as its own history. Keys that only grow are looked up today and each hit is folded. Keys that come and go (links, buyers,
//! open findings, ...) have no history: the first question for one of a kind reads the whole log once and keeps the keys of
//! that kind, so its cost and its memory grow with the ledger.
//!
//! Not brought back: a body that was erased since. Left out: rows without events, which are only locks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use deal::key::{KeyKind, KeyQuery};
use deal::moment::Moment;
use deal::stream::{StreamId, StreamKind};
use deal::view::View;
use marketplace::digest::Digest;

use crate::folding::Folding;
use crate::progress::{Phase, Progress, total};
use crate::row::{
    Delivered, EventRow, KeyChange, Known, NewDelivery, NotificationRow, OutboxRow, Outcome,
    OutcomeRow, StoredBody, StreamRow, Unpublished,
};
use crate::store::{Counts, KeyRow, Snapshot, StoreError};
use crate::verify::cursor::{Cursor, Events};
use crate::views::ViewTotals;

/// Events of one stream read at once.
const PAGE: u32 = 500;

/// Told how far the log is read.
pub type OnProgress = Box<dyn FnMut(Progress) + Send>;

/// A snapshot that ends at a time.
pub struct AsOf {
    inner: Box<dyn Snapshot>,
    /// Microseconds since 1970: what was recorded at it counts.
    at: i64,
    /// Keys by kind, of those kinds that were asked for.
    keys: BTreeMap<KeyKind, Arc<Values>>,
    progress: OnProgress,
}

/// Keys of one kind: by value, in the order of (`hi`, stream, `lo`).
type Values = BTreeMap<String, BTreeSet<(i64, StreamId, i64)>>;

impl AsOf {
    /// What this snapshot had held by a time.
    pub fn new(inner: Box<dyn Snapshot>, at: Moment, progress: OnProgress) -> Self {
        Self { inner, at: at.micros(), keys: BTreeMap::new(), progress }
    }

    /// A stream's row and keys as they were; `None` if it had no event.
    async fn refold(
        &mut self,
        stream: &StreamId,
    ) -> Result<Option<(StreamRow, KeyChange)>, StoreError> {
        let (mut folding, mut from) = (Folding::new(stream.clone()), i64::MIN);
        loop {
            let page = self.events(stream, from, PAGE).await?;
            let Some(last) = page.last() else { break };
            from = last.version.saturating_add(1);
            for event in &page {
                folding.event(event)?;
            }
        }
        if from == i64::MIN { Ok(None) } else { folding.finish().map(Some) }
    }

    /// The hits of a query on a kind of which no key ever goes.
    async fn find_grown(&mut self, query: &KeyQuery) -> Result<Vec<(i64, StreamId)>, StoreError> {
        let (mut rest, mut found) = (query.clone(), Vec::new());
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        while found.len() < limit {
            let hits = self.inner.find(std::slice::from_ref(&rest)).await?;
            let hits: Vec<_> = hits.into_iter().flatten().collect();
            let Some((hi, stream)) = hits.last() else { break };
            rest.after = Some((*hi, stream.to_string()));
            for (hi, stream) in hits {
                let keys = self.refold(&stream).await?.map(|(_, keys)| keys.added);
                let had = keys
                    .into_iter()
                    .flatten()
                    .any(|key| key.kind == query.kind && key.value == query.value && key.hi == hi);
                if had {
                    found.push((hi, stream));
                }
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    /// Keys of a kind, from the whole log.
    async fn keys_of(&mut self, kind: KeyKind) -> Result<Arc<Values>, StoreError> {
        if let Some(values) = self.keys.get(&kind) {
            return Ok(Arc::clone(values));
        }
        let total = total(self.inner.counts().await?.events);
        let (mut values, mut done) = (Values::new(), 0_u64);
        let mut events = Cursor::<Events>::new();
        let inner = &mut *self.inner;
        while let Some(stream) = events.peek(inner).await?.map(|event| event.stream.clone()) {
            let mut folding = Folding::new(stream);
            while let Some(event) = events.next_of(inner, folding.stream()).await? {
                done = done.saturating_add(1);
                if event.recorded_at <= self.at {
                    folding.event(&event)?;
                }
            }
            for key in folding.state().keys().into_iter().filter(|key| key.kind == kind) {
                let place = (key.hi, folding.stream().clone(), key.lo);
                values.entry(key.value).or_default().insert(place);
            }
            (self.progress)(Progress { phase: Phase::Events, done, total });
        }
        let values = Arc::new(values);
        self.keys.insert(kind, Arc::clone(&values));
        Ok(values)
    }

    /// The hits of a query on any kind.
    async fn find_one(&mut self, query: &KeyQuery) -> Result<Vec<(i64, StreamId)>, StoreError> {
        if only_grows(query.kind) {
            return self.find_grown(query).await;
        }
        let values = self.keys_of(query.kind).await?;
        let after = |hi: i64, stream: &StreamId| {
            query.after.as_ref().is_none_or(|after| (hi, stream.as_str()) > (after.0, &after.1))
        };
        let hits = values.get(&query.value).into_iter().flatten().filter(|(hi, stream, lo)| {
            (query.hi_from..=query.hi_to).contains(hi) && *lo <= query.lo_to && after(*hi, stream)
        });
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        Ok(hits.map(|(hi, stream, _)| (*hi, stream.clone())).take(limit).collect())
    }

    /// The outcomes that were recorded by then, the first one first.
    async fn outcomes_by_then(&mut self, digest: &Digest) -> Result<Vec<OutcomeRow>, StoreError> {
        let mut outcomes = self.inner.outcomes(digest).await?;
        outcomes.retain(|outcome| outcome.recorded_at <= self.at);
        Ok(outcomes)
    }

    /// A notification with the outcome that it had; `None` if it was not there.
    async fn received(
        &mut self,
        mut row: NotificationRow,
    ) -> Result<Option<NotificationRow>, StoreError> {
        if row.received_at > self.at {
            return Ok(None);
        }
        if row.outcome.recorded_at > self.at {
            let Some(outcome) = self.outcomes_by_then(&row.digest).await?.pop() else {
                return Ok(None);
            };
            row.outcome = outcome;
        }
        Ok(Some(row))
    }
}

/// Whether a key of this kind, once a stream has it, never goes: it follows from a set of facts that grows.
const fn only_grows(kind: KeyKind) -> bool {
    match kind {
        KeyKind::Case | KeyKind::License | KeyKind::Offer | KeyKind::Partner => true,
        KeyKind::Buyer
        | KeyKind::Candidate
        | KeyKind::Drive
        | KeyKind::Finding
        | KeyKind::Judge
        | KeyKind::Opportunity
        | KeyKind::Read
        | KeyKind::Slice
        | KeyKind::Sole
        | KeyKind::Succession
        | KeyKind::Uses
        | KeyKind::Window => false,
    }
}

/// What only those read who write, verify or look after the ledger.
fn is_of_now(attempt: &'static str) -> StoreError {
    StoreError::Failed { attempt, source: "a look back has no such rows".into() }
}

#[async_trait]
impl Snapshot for AsOf {
    async fn known(
        &mut self,
        digests: &[Digest],
        envelope_ids: &[String],
    ) -> Result<Vec<Known>, StoreError> {
        let mut found = Vec::new();
        for mut known in self.inner.known(digests, envelope_ids).await? {
            let Some(latest) = self.outcomes_by_then(&known.digest).await?.pop() else { continue };
            known.waiting = Some(latest.outcome).filter(|outcome| outcome.waits());
            found.push(known);
        }
        Ok(found)
    }

    async fn delivered(&mut self, _ids: &[String]) -> Result<Vec<Delivered>, StoreError> {
        Err(is_of_now("looking up deliveries"))
    }

    async fn parked(&mut self, _waits_for: &[String]) -> Result<Vec<StoredBody>, StoreError> {
        Err(is_of_now("reading parked notifications"))
    }

    async fn streams(&mut self, ids: &[StreamId]) -> Result<Vec<StreamRow>, StoreError> {
        let unique: BTreeSet<&StreamId> = ids.iter().collect();
        let mut rows = Vec::new();
        for id in unique {
            rows.extend(self.refold(id).await?.map(|(row, _)| row));
        }
        Ok(rows)
    }

    async fn find(
        &mut self,
        queries: &[KeyQuery],
    ) -> Result<Vec<Vec<(i64, StreamId)>>, StoreError> {
        let mut found = Vec::with_capacity(queries.len());
        for query in queries {
            found.push(self.find_one(query).await?);
        }
        Ok(found)
    }

    async fn due(&mut self, _now: i64, _limit: u32) -> Result<Vec<StreamRow>, StoreError> {
        Err(is_of_now("reading due streams"))
    }

    async fn page(
        &mut self,
        kind: Option<StreamKind>,
        after: Option<&StreamId>,
        limit: u32,
    ) -> Result<Vec<StreamRow>, StoreError> {
        let step = limit.min(PAGE);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut rows: Vec<StreamRow> = Vec::new();
        let mut after = after.cloned();
        while rows.len() < limit {
            // Every stream that had events then has a row now.
            let page = self.inner.page(kind, after.as_ref(), step).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.stream.clone());
            for row in page {
                if rows.len() < limit {
                    rows.extend(self.refold(&row.stream).await?.map(|(row, _)| row));
                }
            }
        }
        Ok(rows)
    }

    async fn events(
        &mut self,
        stream: &StreamId,
        from: i64,
        limit: u32,
    ) -> Result<Vec<EventRow>, StoreError> {
        let mut events = self.inner.events(stream, from, limit).await?;
        // A stream's events are recorded in their order.
        events.retain(|event| event.recorded_at <= self.at);
        Ok(events)
    }

    async fn all_events(
        &mut self,
        _after: Option<(&StreamId, i64)>,
        _limit: u32,
    ) -> Result<Vec<EventRow>, StoreError> {
        Err(is_of_now("reading events"))
    }

    async fn all_keys(
        &mut self,
        _after: Option<&KeyRow>,
        _limit: u32,
    ) -> Result<Vec<KeyRow>, StoreError> {
        Err(is_of_now("reading keys"))
    }

    async fn notifications(
        &mut self,
        outcome: Option<Outcome>,
        after: Option<&Digest>,
        limit: u32,
    ) -> Result<Vec<NotificationRow>, StoreError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let (mut after, mut rows) = (after.copied(), Vec::new());
        while rows.len() < limit {
            let page = self.inner.notifications(None, after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.digest);
            for row in page {
                let received = self.received(row).await?;
                let asked = |row: &NotificationRow| {
                    outcome.is_none_or(|outcome| row.outcome.outcome == outcome)
                };
                rows.extend(received.filter(asked));
            }
        }
        rows.truncate(limit);
        Ok(rows)
    }

    async fn bodies(&mut self, digests: &[Digest]) -> Result<Vec<StoredBody>, StoreError> {
        let mut bodies = Vec::new();
        for mut body in self.inner.bodies(digests).await? {
            let Some(latest) = self.outcomes_by_then(&body.digest).await?.pop() else { continue };
            (body.number, body.outcome) = (latest.number, latest.outcome);
            bodies.push(body);
        }
        Ok(bodies)
    }

    async fn deliveries(&mut self, digest: &Digest) -> Result<Vec<NewDelivery>, StoreError> {
        let mut deliveries = self.inner.deliveries(digest).await?;
        deliveries.retain(|delivery| delivery.received_at <= self.at);
        Ok(deliveries)
    }

    async fn outcomes(&mut self, digest: &Digest) -> Result<Vec<OutcomeRow>, StoreError> {
        self.outcomes_by_then(digest).await
    }

    async fn outbox(
        &mut self,
        _after: Option<(&StreamId, i64)>,
        _limit: u32,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        Err(is_of_now("reading the outbox"))
    }

    async fn unpublished(
        &mut self,
        _after: Option<(i64, &StreamId, i64)>,
        _limit: u32,
    ) -> Result<Vec<Unpublished>, StoreError> {
        Err(is_of_now("reading the outbox"))
    }

    async fn view_totals(&mut self, _view: &View) -> Result<Option<ViewTotals>, StoreError> {
        Err(is_of_now("adding up a view"))
    }

    async fn counts(&mut self) -> Result<Counts, StoreError> {
        Err(is_of_now("counting rows"))
    }
}
