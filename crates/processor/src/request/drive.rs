//! Takes the next step of a request.

use deal::facts::RequestFacts;
use deal::facts::request::{Intended, Wish};
use deal::key::{DRIVE, KeyKind, KeyQuery};
use deal::moment::Moment;
use deal::request::{Outcome, RequestId, Step, change_set_name, next, record};
use deal::stream::StreamId;
use ledger::store::{StoreError, Transaction};
use marketplace::changeset::{Change, ChangeSet};
use marketplace::ids::OpportunityId;

use super::ask::{self, Learned};
use super::{Cause, DriveError, MAX_CHANGES, left, stored};
use crate::port::{CallError, CallOutcome, Catalog};
use crate::process::Processor;
use crate::world::World;

/// Makes the changes that carry a wish out, and that complete a draft if one was left behind.
pub type Changes<'a> =
    dyn Fn(&Wish, Option<&OpportunityId>) -> Result<Vec<Change>, Cause> + Send + Sync + 'a;

/// What became of a step.
#[derive(Debug)]
pub enum Driven {
    /// A step was taken; there may be another one.
    Moved,
    /// A step was tried and did not succeed; when it is tried again follows from the request.
    Refused(CallError),
    /// Nothing is to be done before this time.
    Waits {
        /// Until when; [`Moment::MAX`]: until something else is known.
        until: Moment,
    },
    /// Nothing is to be done any more.
    Done(Outcome),
}

/// What the driver records names this as its cause.
const COMMAND: &str = "drive";

/// The longest reason that is kept, in characters.
const MAX_TEXT: usize = 1_000;

impl Processor {
    /// Takes the next step of a request, if one is due: at most one call that changes anything, outside any transaction.
    /// What came of it is recorded.
    pub async fn drive(
        &self,
        id: &RequestId,
        catalog: &dyn Catalog,
        changes: &Changes<'_>,
    ) -> Result<Driven, DriveError> {
        Driver { processor: self, id, catalog, changes }.step().await
    }

    /// Takes a step of each of the requests that are due, the longest due first, at most `limit` of them. One that fails keeps
    /// none of the others waiting.
    pub async fn drive_due(
        &self,
        limit: u32,
        catalog: &dyn Catalog,
        changes: &Changes<'_>,
    ) -> Result<Vec<(RequestId, Result<Driven, DriveError>)>, DriveError> {
        let due = self.with_retry(|| self.due_requests(limit)).await;
        let mut driven = Vec::new();
        for stream in due.map_err(DriveError::Process)? {
            let id = RequestId::new(stream.id()).map_err(DriveError::Id)?;
            let result = self.drive(&id, catalog, changes).await;
            driven.push((id, result));
        }
        Ok(driven)
    }

    async fn due_requests(&self, limit: u32) -> Result<Vec<StreamId>, StoreError> {
        let hi_to = self.clock.now().micros();
        let query = KeyQuery { hi_to, ..KeyQuery::all(KeyKind::Drive, DRIVE, limit) };
        let found = self.store.snapshot().await?.find(&[query]).await?;
        Ok(found.into_iter().flatten().map(|(_, stream)| stream).collect())
    }
}

/// Whoever drives one request.
pub(super) struct Driver<'a> {
    pub(super) processor: &'a Processor,
    id: &'a RequestId,
    pub(super) catalog: &'a dyn Catalog,
    changes: &'a Changes<'a>,
}

impl Driver<'_> {
    async fn step(&self) -> Result<Driven, DriveError> {
        let (facts, now) = self.known().await?;
        match next(&facts, now) {
            Step::Wait { until } => Ok(Driven::Waits { until }),
            Step::Done(outcome) => Ok(Driven::Done(outcome)),
            Step::Start { attempt } => self.start(&facts, attempt, now).await,
            Step::Search { attempt, after } => {
                let name = change_set_name(self.id, attempt);
                self.learn(ask::search(self.catalog, attempt, &name, after).await).await
            }
            Step::Poll { id } => {
                let number = facts.change_sets().find(|(_, set, _)| **set == id);
                let number = number.map_or(0, |(number, _, _)| number);
                self.learn(ask::poll(self.catalog, number, &id).await).await
            }
            Step::FindDraft { attempt, reported, after } => {
                let wish = facts.attempts.get(&attempt).and_then(|attempt| facts.wish_of(attempt));
                let sought = ask::Sought { attempt, reported, after, wish };
                self.learn(ask::drafts(self.catalog, sought).await).await
            }
            Step::ReadBack { opportunity } => self.read_back(&facts, opportunity).await,
        }
    }

    /// What is known now, and the time at which it is judged.
    async fn known(&self) -> Result<(RequestFacts, Moment), DriveError> {
        let read = async || {
            let mut snapshot = self.processor.store.snapshot().await?;
            self.processor.request_in(&mut *snapshot, self.id).await
        };
        let (facts, now) = self.processor.with_retry(read).await.map_err(DriveError::Process)?;
        if facts == RequestFacts::default() {
            return Err(DriveError::NoSuchRequest(self.id.clone()));
        }
        Ok((facts, now))
    }

    /// Records a call, makes it, records its answer.
    async fn start(
        &self,
        facts: &RequestFacts,
        number: u32,
        now: Moment,
    ) -> Result<Driven, DriveError> {
        let is_new = !facts.attempts.contains_key(&number);
        let intended = if is_new {
            let fits = left::fits(self.catalog, facts, now).await;
            match fits.and_then(|()| self.intend(facts, number)) {
                Ok(intended) => intended,
                Err(error) => return self.learn(Learned::Trouble(error)).await,
            }
        } else {
            None
        };
        let Some((intended, call)) = self.call(number, intended.as_ref()).await? else {
            // Another driver was faster.
            return Ok(Driven::Moved);
        };
        let unreadable = |source| DriveError::Unreadable { id: self.id.clone(), source };
        let set = ChangeSet {
            name: change_set_name(self.id, number),
            token: intended.token,
            changes: stored::read(&intended.changes).map_err(unreadable)?,
        };
        let learned = match self.catalog.start_change_set(&set).await {
            Ok(taken) => Learned::Started { number, sets: vec![taken] },
            Err(error) => match error.outcome {
                CallOutcome::Refused => Learned::Refused { number, call, error },
                CallOutcome::Unknown => Learned::Unanswered { number, call, error },
            },
        };
        self.learn(learned).await
    }

    /// What a new attempt sends; `None`: nobody wished anything.
    fn intend(&self, facts: &RequestFacts, number: u32) -> Result<Option<Intended>, CallError> {
        const MAKING: &str = "make the changes of the request";
        let Some((_, wish, _)) = facts.wish() else { return Ok(None) };
        let reuse = facts.reusable().filter(|_| wish.kind.creates());
        let refused = |cause| CallError::refused(MAKING, cause);
        let changes = (self.changes)(wish, reuse).map_err(refused)?;
        let changes = stored::write(&changes).map_err(|error| refused(error.into()))?;
        if changes.len() > MAX_CHANGES {
            let (found, most) = (changes.len(), MAX_CHANGES);
            let why = format!("they have {found} bytes, more than the {most} that a request keeps");
            return Err(refused(why.into()));
        }
        Ok(record::intended(facts, self.id, number, &changes))
    }

    /// Records that an attempt is called now, unless that is no longer what is to be done. Returns what it sends, and the time of
    /// the call.
    async fn call(
        &self,
        number: u32,
        intended: Option<&Intended>,
    ) -> Result<Option<(Intended, Moment)>, DriveError> {
        let attempt = async || {
            let mut tx = self.processor.store.begin().await?;
            let (facts, now) = self.processor.request_in(&mut *tx, self.id).await?;
            let known = facts.attempts.get(&number).and_then(|attempt| attempt.intended.get());
            let still = next(&facts, now) == Step::Start { attempt: number };
            let same = intended.is_none_or(|it| {
                record::intended(&facts, self.id, number, &it.changes).as_ref() == Some(it)
            });
            let Some(sent) = known.or(intended).filter(|_| still && same) else { return Ok(None) };
            let (sent, new) = (sent.clone(), known.is_none().then(|| intended.cloned()));
            let (facts, call) = record::calling(&facts, number, new.flatten(), now);
            self.processor
                .commit_request(tx, self.id, facts, "change-set-sent", COMMAND, now)
                .await?;
            Ok(Some((sent, call)))
        };
        self.processor.with_retry(attempt).await.map_err(DriveError::Process)
    }

    /// Records what was learned.
    pub(super) async fn learn(&self, learned: Learned) -> Result<Driven, DriveError> {
        let attempt = async || {
            let mut tx = self.processor.store.begin().await?;
            let (facts, now) = self.processor.request_in(&mut *tx, self.id).await?;
            let unclaimed = self.unclaimed(&mut *tx, learned.drafts()).await?;
            let (slug, new) = learned.facts(&facts, &unclaimed, now);
            self.processor.commit_request(tx, self.id, new, slug, COMMAND, now).await
        };
        self.processor.with_retry(attempt).await.map_err(DriveError::Process)?;
        Ok(match learned {
            Learned::Refused { error, .. }
            | Learned::Unanswered { error, .. }
            | Learned::Trouble(error) => Driven::Refused(error),
            Learned::Started { .. }
            | Learned::Searched { .. }
            | Learned::Polled { .. }
            | Learned::Ended { .. }
            | Learned::Sought { .. }
            | Learned::ReadBack => Driven::Moved,
        })
    }

    /// Leaves out drafts that another request made. Whoever claims a draft writes its row, so that two requests that find the same
    /// one conflict.
    async fn unclaimed(
        &self,
        tx: &mut dyn Transaction,
        drafts: &[OpportunityId],
    ) -> Result<Vec<OpportunityId>, StoreError> {
        let mut world = World::new(Moment::MIN);
        world.load(tx, drafts.iter().map(StreamId::opportunity)).await?;
        let is_claimed = |draft: &&OpportunityId| {
            let entry = world.get(&StreamId::opportunity(draft));
            let facts = entry.and_then(|entry| entry.state.opportunity());
            facts.is_some_and(|facts| facts.requested_by.iter().any(|by| by != self.id))
        };
        Ok(drafts.iter().filter(|draft| !is_claimed(draft)).cloned().collect())
    }
}

/// What AWS said, fit to be kept and shown.
pub(super) fn text(text: &str) -> String {
    text.chars().filter(|c| marketplace::shown::is_harmless(*c)).take(MAX_TEXT).collect()
}
