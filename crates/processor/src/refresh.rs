//! What licenses grant, read from AWS's Entitlement API, and what differs recorded.
//!
//! | who asks | about which licenses |
//! |---|---|
//! | [`Processor::refresh_due`] | those of which `License Updated` came, and those that AWS did not answer about before |
//! | [`Processor::refresh`] | those that a person names |
//! | [`Processor::reconcile`] | every one that is live, a slice of them an hour: what no notification announced is found |
//!
//! All do the same with one license: what is known says what to ask; AWS is asked, with no transaction open; one transaction records
//! what the answer changes, which for most answers is nothing. A machine that stops in between has recorded nothing, and the license
//! is still due. Two that ask at once record what differs once: each answer is held against what is known as it is recorded.

mod ask;

use std::collections::BTreeSet;

use deal::effects::Effect;
use deal::facts::reading::Quantity;
use deal::facts::{AgreementFacts, Facts};
use deal::key::{KeyKind, KeyQuery, READ};
use deal::moment::Moment;
use deal::reading::{self, NotAsked, Question};
use deal::stream::{StreamId, StreamKind};
use ledger::row::Cause;
use ledger::store::{Snapshot, StoreError};
use marketplace::ids::{AgreementId, LicenseId};

use crate::delivery::ProcessError;
use crate::intake::Intake;
use crate::port::{CallError, Entitlements};
use crate::process::Processor;
use crate::request::refusal;
use crate::settle::Caused;
use crate::world::World;

/// At most so many agreements may have one license.
const HOLDERS: u32 = 20;

/// What became of one license.
#[derive(Debug)]
pub struct Refreshed {
    /// Its agreement.
    pub agreement: AgreementId,
    /// The license.
    pub license: LicenseId,
    /// What became of it. An error is the ledger's: nothing was recorded, and it is due again.
    pub result: Result<Answer, ProcessError>,
}

/// What AWS answered about one license.
#[derive(Debug)]
pub enum Answer {
    /// It grants something else than was read before, or was read for the first time.
    Changed,
    /// It grants what it did.
    Unchanged,
    /// AWS was not asked, and why.
    NotAsked(NotAsked),
    /// AWS did not answer; that is recorded, with when it is asked again.
    Unanswered(CallError),
}

/// Why nothing was refreshed.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The ledger has nothing of that id.
    #[error("there is no agreement or license `{0}` in the ledger")]
    NoSuch(String),
    /// The ledger, as it was read.
    #[error("could not read what the ledger knows of the licenses")]
    Read(#[source] ProcessError),
}

/// Where a reconciliation goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    slice: u8,
    after: Option<(i64, String)>,
}

/// A part of a reconciliation.
#[derive(Debug)]
pub struct Reconciled {
    /// What became of its licenses.
    pub refreshed: Vec<Refreshed>,
    /// Where the next part begins; `None`: that was all.
    pub next: Option<Place>,
}

/// Which licenses of an agreement are asked about.
#[derive(Debug, Clone, Copy)]
enum Which<'a> {
    All,
    Due,
    One(&'a LicenseId),
    Slice(u8),
}

impl Processor {
    /// Asks about the licenses that are due, of at most `limit` agreements, the longest due first. One that fails keeps none of the
    /// others waiting; when it is asked about again follows from what is recorded.
    pub async fn refresh_due(
        &self,
        limit: u32,
        entitlements: &dyn Entitlements,
    ) -> Result<Vec<Refreshed>, RefreshError> {
        let hi_to = self.clock.now().micros();
        let query = KeyQuery { hi_to, ..KeyQuery::all(KeyKind::Read, READ, limit) };
        let (mut refreshed, mut met) = (Vec::new(), BTreeSet::new());
        for (_, stream) in self.found(query).await? {
            // An agreement is found once for each time at which a license of it is due.
            if met.insert(stream.clone()) {
                self.refresh_agreement(&stream, Which::Due, entitlements, &mut refreshed).await?;
            }
        }
        Ok(refreshed)
    }

    /// Asks about one license, or about every license of one agreement, whether or not it is due. `id`: an agreement's id, a
    /// license's id or its ARN.
    pub async fn refresh(
        &self,
        id: &str,
        entitlements: &dyn Entitlements,
    ) -> Result<Vec<Refreshed>, RefreshError> {
        let no_such = || RefreshError::NoSuch(id.to_owned());
        let mut refreshed = Vec::new();
        if let Ok(agreement) = AgreementId::new(id) {
            let stream = StreamId::agreement(&agreement);
            if self.facts_of(&stream).await?.is_some() {
                self.refresh_agreement(&stream, Which::All, entitlements, &mut refreshed).await?;
                return Ok(refreshed);
            }
        }
        let license = LicenseId::from_arn(id).map_err(|_| no_such())?;
        let query = KeyQuery::all(KeyKind::License, license.to_string(), HOLDERS);
        let holders = self.found(query).await?;
        for (_, stream) in &holders {
            let which = Which::One(&license);
            self.refresh_agreement(stream, which, entitlements, &mut refreshed).await?;
        }
        if holders.is_empty() { Err(no_such()) } else { Ok(refreshed) }
    }

    /// Asks about every live license, or about one slice of them (below [`reading::SLICES`]: an hour each), of at most `limit`
    /// agreements from a place on. Whatever differs from what was read and was not announced raises a finding.
    pub async fn reconcile(
        &self,
        slice: Option<u8>,
        from: Option<&Place>,
        limit: u32,
        entitlements: &dyn Entitlements,
    ) -> Result<Reconciled, RefreshError> {
        let first = Place { slice: slice.unwrap_or(0), after: None };
        let place = from.unwrap_or(&first);
        let after = place.after.clone();
        let word = reading::slice_word(place.slice);
        let query = KeyQuery { after, ..KeyQuery::all(KeyKind::Slice, word, limit) };
        let found = self.found(query).await?;
        let mut refreshed = Vec::new();
        for (_, stream) in &found {
            let which = Which::Slice(place.slice);
            self.refresh_agreement(stream, which, entitlements, &mut refreshed).await?;
        }
        let is_full = found.len() >= usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
        let last = found.into_iter().next_back().filter(|_| is_full);
        let next = if let Some((hi, stream)) = last {
            Some(Place { slice: place.slice, after: Some((hi, stream.to_string())) })
        } else {
            let next = place.slice.saturating_add(1);
            let more = slice.is_none() && next < reading::SLICES;
            more.then_some(Place { slice: next, after: None })
        };
        Ok(Reconciled { refreshed, next })
    }

    async fn refresh_agreement(
        &self,
        stream: &StreamId,
        which: Which<'_>,
        entitlements: &dyn Entitlements,
        refreshed: &mut Vec<Refreshed>,
    ) -> Result<(), RefreshError> {
        let Some((facts, now)) = self.facts_of(stream).await? else { return Ok(()) };
        let Ok(agreement) = AgreementId::new(stream.id()) else { return Ok(()) };
        for license in chosen(&facts, which, now) {
            let result = match reading::question(&facts, &license, now) {
                Err(why) => Ok(Answer::NotAsked(why)),
                Ok(question) => self.ask(stream, &question, entitlements).await,
            };
            refreshed.push(Refreshed { agreement: agreement.clone(), license, result });
        }
        Ok(())
    }

    /// Asks, then records what the answer changes.
    async fn ask(
        &self,
        stream: &StreamId,
        question: &Question,
        entitlements: &dyn Entitlements,
    ) -> Result<Answer, ProcessError> {
        match ask::quantities(entitlements, question).await {
            Ok((quantities, arn)) => {
                let attempt = || self.record(stream, question, &quantities, arn.as_deref());
                let changed = self.with_retry(attempt).await?;
                Ok(if changed { Answer::Changed } else { Answer::Unchanged })
            }
            Err(error) => {
                self.with_retry(|| self.record_trouble(stream, question, &error)).await?;
                Ok(Answer::Unanswered(error))
            }
        }
    }

    /// Tells whether the quantities are others than before.
    async fn record(
        &self,
        stream: &StreamId,
        question: &Question,
        quantities: &BTreeSet<Quantity>,
        arn: Option<&str>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.store.begin().await?;
        let (facts, _) = agreement_in(&mut *tx, stream, self.clock.now()).await?;
        let Some(record) = reading::answered(&facts, question, quantities, arn) else {
            return Ok(false);
        };
        let read = record.1.licenses.get(&question.license);
        let changed = read.is_some_and(|license| !license.reading.quantities.is_empty());
        self.commit_reading(tx, stream, record, question.asked).await?;
        Ok(changed)
    }

    async fn record_trouble(
        &self,
        stream: &StreamId,
        question: &Question,
        error: &CallError,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        let (facts, _) = agreement_in(&mut *tx, stream, self.clock.now()).await?;
        let record = reading::unanswered(&facts, question, refusal(error));
        self.commit_reading(tx, stream, record, question.asked).await
    }

    async fn commit_reading(
        &self,
        tx: Box<dyn ledger::store::Transaction>,
        stream: &StreamId,
        (slug, facts): reading::Record,
        at: Moment,
    ) -> Result<(), StoreError> {
        let facts = Facts::Agreement(Box::new(facts));
        let effect = Effect { stream: stream.clone(), slug: slug.to_owned(), facts, at };
        let cause = Cause::Command("entitlement refresh".to_owned());
        let effects = vec![Caused { effect, cause }];
        let intake = Intake { effects, ..Intake::default() };
        self.finish(tx, intake, &BTreeSet::new(), self.clock.now()).await.map(|_| ())
    }

    async fn found(&self, query: KeyQuery) -> Result<Vec<(i64, StreamId)>, RefreshError> {
        let read = async || {
            let found = self.store.snapshot().await?.find(std::slice::from_ref(&query)).await?;
            Ok(found.into_iter().flatten().collect::<Vec<_>>())
        };
        let found = self.with_retry(read).await.map_err(RefreshError::Read)?;
        let agreements = found.into_iter();
        Ok(agreements.filter(|(_, stream)| stream.kind() == StreamKind::Agreement).collect())
    }

    /// What is known of an agreement, and the time at which it is judged; `None`: nothing names it.
    async fn facts_of(
        &self,
        stream: &StreamId,
    ) -> Result<Option<(AgreementFacts, Moment)>, RefreshError> {
        let read = async || {
            let mut snapshot = self.store.snapshot().await?;
            agreement_in(&mut *snapshot, stream, self.clock.now()).await
        };
        let (facts, now) = self.with_retry(read).await.map_err(RefreshError::Read)?;
        Ok((facts != AgreementFacts::default()).then_some((facts, now)))
    }
}

async fn agreement_in(
    tx: &mut dyn Snapshot,
    stream: &StreamId,
    now: Moment,
) -> Result<(AgreementFacts, Moment), StoreError> {
    let mut world = World::new(now);
    world.load(tx, [stream.clone()]).await?;
    let facts = world.get(stream).and_then(|entry| entry.state.agreement());
    Ok((facts.cloned().unwrap_or_default(), world.judging_time(stream)))
}

fn chosen(facts: &AgreementFacts, which: Which<'_>, now: Moment) -> Vec<LicenseId> {
    let live = || reading::live(facts);
    let chosen: Vec<&LicenseId> = match which {
        Which::All => facts.licenses.keys().collect(),
        Which::One(license) => vec![license],
        Which::Due => {
            let is_due = |license| reading::due(license).is_some_and(|due| due <= now);
            live().filter(|(_, license)| is_due(license)).map(|(id, _)| id).collect()
        }
        Which::Slice(slice) => {
            live().map(|(id, _)| id).filter(|id| reading::slice(id) == slice).collect()
        }
    };
    chosen.into_iter().cloned().collect()
}
