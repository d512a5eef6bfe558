//! What time changes, what was left pending, and parked notifications whose id was learned by another processor.

use std::collections::{BTreeMap, BTreeSet};

use deal::event::Event;
use deal::key::{KeyKind, KeyQuery};
use deal::public::PublicEvent;
use deal::stream::{StreamId, StreamKind};
use ledger::row::{Cause, Outcome, OutcomeRow, Writes};
use ledger::store::StoreError;
use marketplace::digest::Digest;
use marketplace::parse::MAX_BODY;

use crate::chain::Chain;
use crate::delivery::{Delivery, ProcessError, Processed, Results};
use crate::intake::{self, Intake, Refiled};
use crate::parsed::{self, Parsed};
use crate::problem::undecided;
use crate::process::{MAX_BATCH, Processor, is_unstorable, reason, via_of};
use crate::world::{Reason, World};

/// What a sweep did.
#[derive(Default)]
struct Swept {
    done: usize,
    /// How the last of those failed that failed alone.
    failed: Option<ProcessError>,
}

impl Swept {
    fn count(&mut self, done: Result<bool, ProcessError>) -> Result<(), ProcessError> {
        match done {
            Ok(done) => self.done = self.done.saturating_add(usize::from(done)),
            Err(error) if error.is_alone() => {
                tracing::error!(error = %Chain(&error), "one of what is due failed; the others go on");
                self.failed = Some(error);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn result(self) -> Result<usize, ProcessError> {
        match self.failed {
            Some(error) if self.done == 0 => Err(error),
            _ => Ok(self.done),
        }
    }
}

/// Streams or notifications handled in one transaction.
const PAGE: u32 = 100;

impl Processor {
    /// Judges streams that are due, at most `limit` of them, and applies parked notifications that can be routed by
    /// now. Returns how many of both there were; 0 means that nothing is left to do. One that fails alone keeps no other from
    /// its turn; if nothing else is left, its failure is returned.
    pub async fn sweep(&self, limit: u32) -> Result<usize, ProcessError> {
        let limit = limit.min(PAGE);
        let mut swept = Swept::default();
        match self.with_retry(|| self.judge_due(limit)).await {
            Err(error) if error.is_alone() => self.judge_each(limit, &mut swept).await?,
            judged => swept.done = judged?,
        }
        self.apply_parked(&mut swept).await?;
        swept.result()
    }

    async fn judge_due(&self, limit: u32) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let due = tx.due(now.micros(), limit).await?;
        let due: BTreeSet<StreamId> = due.into_iter().map(|row| row.stream).collect();
        let count = due.len();
        if count > 0 {
            self.finish(tx, Intake::default(), &due, now).await?;
        }
        Ok(count)
    }

    /// Judges the same streams, each in a transaction of its own.
    async fn judge_each(&self, limit: u32, swept: &mut Swept) -> Result<(), ProcessError> {
        let now = self.clock.now();
        let due = async || self.store.snapshot().await?.due(now.micros(), limit).await;
        for row in self.with_retry(due).await? {
            let due = BTreeSet::from([row.stream.clone()]);
            let judge = async || {
                let tx = self.store.begin().await?;
                self.finish(tx, Intake::default(), &due, now).await.map(drop)
            };
            swept.count(self.with_retry(judge).await.map(|()| true))?;
        }
        Ok(())
    }

    /// Two processors may each see only one half of a parked notification and its agreement; this finds such pairs.
    async fn apply_parked(&self, swept: &mut Swept) -> Result<(), ProcessError> {
        let mut after: Option<Digest> = None;
        loop {
            let (ready, last) = self.with_retry(|| self.routable(after.as_ref())).await?;
            if !ready.is_empty() {
                for result in self.redrive(&ready).await {
                    let applied = result.map(|processed| processed.outcome == Outcome::Applied);
                    swept.count(applied)?;
                }
            }
            match last {
                Some(last) => after = Some(last),
                None => return Ok(()),
            }
        }
    }

    /// One page of parked notifications: those whose license or case an agreement has, and where the page ends.
    async fn routable(
        &self,
        after: Option<&Digest>,
    ) -> Result<(Vec<Digest>, Option<Digest>), StoreError> {
        let mut snapshot = self.store.snapshot().await?;
        let rows = snapshot.notifications(Some(Outcome::Parked), after, PAGE).await?;
        let last = rows.last().map(|row| row.digest);
        let mut waiting = Vec::new();
        let mut queries = Vec::new();
        for row in rows {
            let Some((word, value)) = row.outcome.waits_for.split_once(':') else { continue };
            let kind =
                [KeyKind::License, KeyKind::Case].into_iter().find(|kind| kind.word() == word);
            if let Some(kind) = kind {
                waiting.push(row.digest);
                queries.push(KeyQuery::all(kind, value, 1));
            }
        }
        if queries.is_empty() {
            return Ok((Vec::new(), last));
        }
        let found = snapshot.find(&queries).await?;
        let ready = waiting.into_iter().zip(found).filter(|(_, hits)| !hits.is_empty());
        Ok((ready.map(|(digest, _)| digest).collect(), last))
    }

    /// Takes these notifications in again from the ledger, in this order: after an upgrade that knows them, a change of
    /// settings, or a fact that was learned. Those that do not wait for anything are left as they are and have no result;
    /// those that wait for the same as before leave no trace. One that cannot be decided keeps none of the others from
    /// being applied.
    pub async fn redrive(&self, digests: &[Digest]) -> Results {
        let mut results = Results::with_capacity(digests.len());
        for part in digests.chunks(MAX_BATCH) {
            match self.with_retry(|| self.redrive_part(part)).await {
                Ok(processed) => results.extend(processed.into_iter().map(Ok)),
                Err(error) if error.is_alone() => {
                    for digest in part {
                        results.extend(self.redrive_alone(digest).await);
                    }
                }
                Err(error) => results.extend(part.iter().map(|_| Err(error.clone()))),
            }
        }
        results
    }

    /// One of several of which one failed, alone. One that the database refuses twice is quarantined.
    async fn redrive_alone(&self, digest: &Digest) -> Option<Result<Processed, ProcessError>> {
        let one = std::slice::from_ref(digest);
        let mut tried = self.with_retry(|| self.redrive_part(one)).await;
        if tried.as_ref().is_err_and(is_unstorable) {
            tried = self.with_retry(|| self.redrive_part(one)).await;
        }
        match tried {
            Ok(processed) => processed.into_iter().next().map(Ok),
            Err(error) if is_unstorable(&error) => {
                self.with_retry(|| self.keep_undecided(digest, &error)).await.transpose()
            }
            Err(error) => Some(Err(error)),
        }
    }

    /// A notification that waits could not be decided: the database cannot hold what it says.
    async fn keep_undecided(
        &self,
        digest: &Digest,
        error: &ProcessError,
    ) -> Result<Option<Processed>, StoreError> {
        let (now, reason) = (self.clock.now(), reason(error));
        let mut tx = self.store.begin().await?;
        let before = tx.outcomes(digest).await?.pop().filter(|before| before.outcome.waits());
        let Some(before) = before else { return Ok(None) };
        let outcome = Outcome::Quarantined;
        let intake = undecided(*digest, &before, &reason, now);
        self.finish(tx, intake, &BTreeSet::new(), now).await?;
        Ok(Some(Processed { digest: *digest, outcome, reason, duplicate: false }))
    }

    async fn redrive_part(&self, digests: &[Digest]) -> Result<Vec<Processed>, StoreError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let mut bodies: Vec<(OutcomeRow, Parsed)> = Vec::new();
        let mut refiled: Vec<Refiled> = Vec::new();
        for stored in tx.bodies(digests).await? {
            let Some(body) = stored.body.filter(|_| stored.outcome.waits()) else { continue };
            let Some(before) = tx.outcomes(&stored.digest).await?.pop() else { continue };
            let arrivals = tx.deliveries(&stored.digest).await?;
            let imported = arrivals.iter().find(|arrival| arrival.via == "import");
            let via = imported.or(arrivals.first()).map_or("queue", |arrival| &arrival.via);
            let via = via_of(via);
            let mut parsed = parsed::read(&body, via, &self.settings.accounts);
            // What was cut because it was too long is not what was sent.
            let is_whole = body.len() < MAX_BODY;
            if parsed.digest != stored.digest && !parsed.by_bytes && is_whole {
                let id = format!("refiled-{}", stored.digest);
                let (digest, delivery) = (stored.digest, Delivery { id, via, body });
                refiled.push(Refiled { digest, before, delivery, parsed });
            } else {
                parsed.digest = stored.digest;
                bodies.push((before, parsed));
            }
        }
        let asked = digests.iter().enumerate().map(|(place, digest)| (*digest, place));
        let asked: BTreeMap<Digest, usize> = asked.collect();
        bodies.sort_by_key(|(_, parsed)| asked.get(&parsed.digest).copied());
        refiled.sort_by_key(|one| asked.get(&one.digest).copied());
        let intake = intake::take_again(&mut *tx, &bodies, &refiled, now).await?;
        Ok(self.finish(tx, intake, &BTreeSet::new(), now).await?.results)
    }

    /// After history was loaded with its public events set aside: publishes what holds now, one event for each live
    /// entitlement. Returns how many.
    pub async fn announce(&self) -> Result<usize, ProcessError> {
        let mut after: Option<StreamId> = None;
        let mut announced: usize = 0;
        loop {
            let (count, last) = self.with_retry(|| self.announce_page(after.as_ref())).await?;
            announced = announced.saturating_add(count);
            match last {
                Some(last) => after = Some(last),
                None => return Ok(announced),
            }
        }
    }

    async fn announce_page(
        &self,
        after: Option<&StreamId>,
    ) -> Result<(usize, Option<StreamId>), StoreError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let rows = tx.page(Some(StreamKind::Agreement), after, PAGE).await?;
        let ids: Vec<StreamId> = rows.into_iter().map(|row| row.stream).collect();
        let mut world = World::new(now);
        world.load(&mut *tx, ids.iter().cloned()).await?;
        let mut count: usize = 0;
        for id in &ids {
            let entitlement =
                world.get(id).and_then(|entry| entry.state.concluded.entitlement.clone());
            if let Some(live) = entitlement.filter(|entitlement| entitlement.status.is_live()) {
                let reason = Reason { cause: Cause::Command("announce".to_owned()), at: now };
                world.append(id, Event::Public(PublicEvent::EntitlementGranted(live)), reason);
                count = count.saturating_add(1);
            }
        }
        if count > 0 {
            let mut writes = Writes::default();
            world.write(false, &mut writes)?;
            tx.write(&writes).await?;
            tx.commit().await?;
        }
        Ok((count, ids.last().cloned()))
    }
}
