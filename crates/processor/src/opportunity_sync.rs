//! Our resale authorizations as AWS has them now: read whole where they may have changed, recorded where they have.
//!
//! | step | calls |
//! |---|---|
//! | a page of the list | `ListEntities`, once |
//! | which of it the ledger does not know as it is | none: the time of the last change, and the status |
//! | read those whole | `BatchDescribeEntities`, once for [`MAX_DESCRIBED`] |
//! | record what is new | none: as an import does, and nothing of what the ledger holds already |
//!
//! No transaction is open while AWS is asked. What ends in the middle has recorded whole authorizations, and is begun again.

use std::collections::BTreeMap;
use std::error::Error;

use deal::moment::Moment;
use deal::stream::StreamId;
use ledger::store::StoreError;
use marketplace::catalog::describe;
use marketplace::changeset::AuthorizationSummary;
use marketplace::digest::Digest;
use marketplace::ids::OpportunityId;
use marketplace::parse::parse;

use crate::chain::Chain;
use crate::delivery::{Delivery, ProcessError, Via};
use crate::port::{AuthorizationFilter, CallError, Catalog, MAX_DESCRIBED, Refused};
use crate::process::Processor;
use crate::world::read_state;

/// Pages of one run; the next run goes on from there.
const MAX_SYNC_PAGES: usize = 100;

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Synced {
    /// Authorizations in the list.
    pub listed: usize,
    /// Authorizations that were read whole.
    pub read: usize,
    /// Authorizations of which something was recorded.
    pub recorded: usize,
    /// Authorizations that AWS did not describe, or that cannot be read, and why.
    pub left_out: Vec<(OpportunityId, String)>,
    /// Where the next run goes on; `None`: the list is through.
    pub next: Option<String>,
}

/// Why a run ended in the middle.
#[derive(Debug, thiserror::Error)]
#[error("could not bring the opportunities in step with AWS")]
pub struct SyncError {
    /// What it had done.
    pub done: Synced,
    /// What failed.
    #[source]
    pub cause: SyncFailure,
}

/// What failed of a run.
#[derive(Debug, thiserror::Error)]
pub enum SyncFailure {
    /// AWS.
    #[error(transparent)]
    Call(CallError),
    /// The ledger, as it was read.
    #[error("could not read what the ledger knows of them")]
    Read(#[source] StoreError),
    /// The ledger, as it was written.
    #[error(transparent)]
    Record(ProcessError),
}

impl Processor {
    /// Brings the ledger in step with the resale authorizations that answer to a filter, from the start of their list or from
    /// where a run before ended.
    pub async fn sync_opportunities(
        &self,
        catalog: &dyn Catalog,
        filter: &AuthorizationFilter,
        from: Option<String>,
    ) -> Result<Synced, SyncError> {
        let mut done = Synced { next: from, ..Synced::default() };
        for _ in 0..MAX_SYNC_PAGES {
            match self.sync_page(catalog, filter, &mut done).await {
                Ok(next) => done.next = next,
                Err(cause) => return Err(SyncError { done, cause }),
            }
            if done.next.is_none() {
                break;
            }
        }
        Ok(done)
    }

    /// One page; tells which is the next.
    async fn sync_page(
        &self,
        catalog: &dyn Catalog,
        filter: &AuthorizationFilter,
        done: &mut Synced,
    ) -> Result<Option<String>, SyncFailure> {
        let page = catalog.authorizations(filter, done.next.as_deref()).await;
        let page = page.map_err(SyncFailure::Call)?;
        done.listed += page.items.len();
        let changed = self.changed(&page.items).await.map_err(SyncFailure::Read)?;
        for ids in changed.chunks(MAX_DESCRIBED) {
            self.read_whole(catalog, ids, done).await?;
        }
        Ok(page.next)
    }

    /// Reads at most [`MAX_DESCRIBED`] authorizations, and records what is new.
    pub(crate) async fn read_whole(
        &self,
        catalog: &dyn Catalog,
        ids: &[OpportunityId],
        done: &mut Synced,
    ) -> Result<(), SyncFailure> {
        let described = catalog.describe(ids).await.map_err(SyncFailure::Call)?;
        done.read += described.len();
        let bodies = self.bodies(described, done).await.map_err(SyncFailure::Read)?;
        for recorded in self.process(&bodies).await {
            recorded.map_err(SyncFailure::Record)?;
            done.recorded += 1;
        }
        Ok(())
    }

    /// Which of these the ledger does not know as the list has them, each once.
    async fn changed(
        &self,
        rows: &[AuthorizationSummary],
    ) -> Result<Vec<OpportunityId>, StoreError> {
        let rows: BTreeMap<StreamId, &AuthorizationSummary> =
            rows.iter().map(|row| (StreamId::opportunity(&row.id), row)).collect();
        let streams: Vec<StreamId> = rows.keys().cloned().collect();
        let mut snapshot = self.store.snapshot().await?;
        let mut changed: BTreeMap<_, _> = rows.iter().map(|(stream, row)| (stream, *row)).collect();
        for stored in snapshot.streams(&streams).await? {
            let state = read_state(&mut *snapshot, &stored).await?;
            let described = state.opportunity().and_then(|facts| facts.described.get());
            let is_known = rows.get(&stored.stream).zip(described).is_some_and(|(row, known)| {
                row.last_modified.map(Moment::from) == Some(known.last_modified.into())
                    && row.status == known.status
            });
            if is_known {
                changed.remove(&stored.stream);
            }
        }
        Ok(changed.into_values().map(|row| row.id.clone()).collect())
    }

    /// Deliveries of what AWS described and the ledger does not hold yet.
    async fn bodies(
        &self,
        described: BTreeMap<OpportunityId, Result<Box<str>, Refused>>,
        done: &mut Synced,
    ) -> Result<Vec<Delivery>, StoreError> {
        let mut bodies = BTreeMap::<Digest, Vec<u8>>::new();
        for (id, answer) in described {
            match answer.map_err(|refused| refused.to_string()).and_then(|text| read(&text)) {
                Ok(read) => bodies.extend(read),
                Err(why) => done.left_out.push((id, why)),
            }
        }
        let digests: Vec<Digest> = bodies.keys().copied().collect();
        for held in self.store.snapshot().await?.known(&digests, &[]).await? {
            bodies.remove(&held.digest);
        }
        // A body arrives this way once, so that its digest tells its delivery from every other.
        let delivery =
            |(digest, body)| Delivery { id: format!("sync/{digest}"), via: Via::Import, body };
        Ok(bodies.into_iter().map(delivery).collect())
    }
}

/// The bodies in a document of described entities, or why there are none. Of such a document nothing else is kept: it may hold
/// signed URLs.
fn read(document: &str) -> Result<Vec<(Digest, Vec<u8>)>, String> {
    let said = |error: &(dyn Error + 'static)| Chain(error).to_string();
    let found = describe(document.as_bytes()).map_err(|error| said(&error))?;
    if let Some((_, kind)) = found.skipped.first() {
        return Err(format!("its type is `{kind}`, which is no resale authorization"));
    }
    let digest = |body: &[u8]| match parse(body) {
        Ok(notification) => notification.digest,
        Err(malformed) => malformed.digest,
    };
    Ok(found.envelopes.into_iter().map(|body| (digest(&body), body)).collect())
}
