//! Records what a person wishes, before anything is asked of AWS.

use std::collections::BTreeSet;

use deal::effects::Effect;
use deal::facts::request::{Hope, Wish, WishKind};
use deal::facts::{Facts, RequestFacts};
use deal::moment::Moment;
use deal::request::{MAX_ATTEMPTS, RequestId, Status, record, status, trouble};
use deal::stream::StreamId;
use ledger::row::Cause;
use ledger::store::{Snapshot, StoreError, Transaction};

use super::{MAX_DRAFT, RequestError};
use crate::intake::Intake;
use crate::process::Processor;
use crate::settle::Caused;
use crate::world::World;

/// What became of a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requested {
    /// It was recorded.
    New,
    /// It was recorded before, exactly so.
    Before,
}

/// An answer inside a transaction: refused for a reason of the domain, or done.
type Answer<T> = Result<Result<T, RequestError>, StoreError>;

impl Processor {
    /// Records a wish under an id that the caller derives. The same wish under the same id is recorded once.
    pub async fn request(&self, id: &RequestId, wish: &Wish) -> Result<Requested, RequestError> {
        check(wish)?;
        self.with_retry(|| self.try_request(id, wish)).await.map_err(RequestError::Process)?
    }

    async fn try_request(&self, id: &RequestId, wish: &Wish) -> Answer<Requested> {
        let mut tx = self.store.begin().await?;
        let (facts, now) = self.request_in(&mut *tx, id).await?;
        if let Some(first) = facts.wishes.get(&1) {
            let same = first.get() == Some(wish);
            let taken = || RequestError::Taken(id.clone());
            return Ok(if same { Ok(Requested::Before) } else { Err(taken()) });
        }
        if let Some(missing) = missing(&mut *tx, wish).await? {
            return Ok(Err(missing));
        }
        let facts = record::wished(1, wish, now);
        let command = format!("opportunity {}", wish.kind.word());
        self.commit_request(tx, id, facts, "requested", &command, now).await?;
        Ok(Ok(Requested::New))
    }

    /// Records a corrected wish for a request that failed, was cancelled, or cannot be sent as it is. A draft that it left behind is completed.
    pub async fn request_again(
        &self,
        id: &RequestId,
        wish: &Wish,
    ) -> Result<Requested, RequestError> {
        check(wish)?;
        self.with_retry(|| self.try_again(id, wish)).await.map_err(RequestError::Process)?
    }

    async fn try_again(&self, id: &RequestId, wish: &Wish) -> Answer<Requested> {
        let mut tx = self.store.begin().await?;
        let (facts, now) = self.request_in(&mut *tx, id).await?;
        let Some(((number, before, _), status)) = facts.wish().zip(status(&facts)) else {
            return Ok(Err(RequestError::NoSuchRequest(id.clone())));
        };
        if status == Status::Wished && before == wish {
            return Ok(Ok(Requested::Before));
        }
        if before.kind != wish.kind {
            let kind = before.kind.word();
            return Ok(Err(RequestError::OtherKind { id: id.clone(), kind }));
        }
        // A wish that cannot be sent at all waits for somebody to mend it.
        let is_stuck = trouble(&facts).is_some_and(|(_, trouble)| trouble.hope == Hope::Never);
        match status {
            Status::Failed | Status::Cancelled => {}
            Status::Wished if is_stuck => {}
            Status::Wished
            | Status::Sending
            | Status::Waiting
            | Status::Applying
            | Status::Succeeded => {
                return Ok(Err(RequestError::NotOver { id: id.clone(), status }));
            }
        }
        let last = facts.attempts.keys().next_back().copied().unwrap_or(0);
        if last >= MAX_ATTEMPTS {
            return Ok(Err(RequestError::TooOften(id.clone())));
        }
        if let Some(missing) = missing(&mut *tx, wish).await? {
            return Ok(Err(missing));
        }
        let facts = record::wished(number.saturating_add(1), wish, now);
        let command = format!("opportunity {}", wish.kind.word());
        self.commit_request(tx, id, facts, "requested", &command, now).await?;
        Ok(Ok(Requested::New))
    }

    /// The facts of a request, and the time at which it is judged.
    pub(super) async fn request_in(
        &self,
        tx: &mut dyn Snapshot,
        id: &RequestId,
    ) -> Result<(RequestFacts, Moment), StoreError> {
        let (stream, mut world) = (StreamId::request(id), World::new(self.clock.now()));
        world.load(tx, [stream.clone()]).await?;
        let facts = world.get(&stream).and_then(|entry| entry.state.request());
        Ok((facts.cloned().unwrap_or_default(), world.judging_time(&stream)))
    }

    /// Adds facts to a request, with everything that follows from them.
    pub(super) async fn commit_request(
        &self,
        tx: Box<dyn Transaction>,
        id: &RequestId,
        facts: RequestFacts,
        slug: &str,
        command: &str,
        now: Moment,
    ) -> Result<(), StoreError> {
        let facts = Facts::Request(Box::new(facts));
        let effect =
            Effect { stream: StreamId::request(id), slug: slug.to_owned(), facts, at: now };
        let cause = Cause::Command(command.to_owned());
        let effects = vec![Caused { effect, cause }];
        let intake = Intake { effects, ..Intake::default() };
        self.finish(tx, intake, &BTreeSet::new(), now).await.map(|_| ())
    }
}

fn check(wish: &Wish) -> Result<(), RequestError> {
    let is_about_one = wish.kind != WishKind::Create;
    if is_about_one && wish.opportunity.is_none() {
        return Err(RequestError::NoOpportunity(wish.kind.word()));
    }
    let found = wish.draft.as_ref().map_or(0, String::len);
    if found > MAX_DRAFT {
        return Err(RequestError::TooLong { found });
    }
    Ok(())
}

/// What the wish is about must be in the ledger.
async fn missing(tx: &mut dyn Snapshot, wish: &Wish) -> Result<Option<RequestError>, StoreError> {
    let Some(about) = &wish.opportunity else { return Ok(None) };
    let found = tx.streams(&[StreamId::opportunity(about)]).await?;
    Ok(found.is_empty().then(|| RequestError::NoSuchOpportunity(about.clone())))
}
