//! What people decide: links, acknowledgements, erasures. Each is a fact with who and why.

use std::collections::{BTreeMap, BTreeSet};

use deal::effects::Effect;
use deal::facts::offer::Decision;
use deal::facts::{Acknowledged, Facts, NotificationFacts, OfferFacts};
use deal::finding::{Finding, FindingKind};
use deal::judge::acknowledge;
use deal::lattice::{Authority, First, Register, Witness};
use deal::moment::Moment;
use deal::state::State;
use deal::stream::StreamId;
use ledger::row::{Cause, NewOutcome, Outcome, Writes};
use ledger::store::{StoreError, Transaction};
use marketplace::digest::Digest;
use marketplace::ids::{OfferId, OpportunityId};

use crate::delivery::ProcessError;
use crate::intake::Intake;
use crate::process::Processor;
use crate::settle::Caused;

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The ledger has no such offer.
    #[error("there is no offer `{0}` in the ledger")]
    NoSuchOffer(OfferId),
    /// The ledger has no such opportunity.
    #[error("there is no opportunity `{0}` in the ledger")]
    NoSuchOpportunity(OpportunityId),
    /// No such finding is open.
    #[error("no finding `{0}` is open")]
    NoSuchFinding(String),
    /// The finding closes when its condition ends.
    #[error("a finding of kind `{}` closes by itself when its condition ends", .0.word())]
    ClosesByItself(FindingKind),
    /// The ledger has no such notification.
    #[error("there is no notification `{0}` in the ledger")]
    NoSuchNotification(Digest),
    /// It was erased before.
    #[error("the body of notification `{0}` was erased before")]
    ErasedBefore(Digest),
    /// The ledger failed.
    #[error("could not record the command")]
    Process(#[source] ProcessError),
}

/// A command's answer inside a transaction: refused for a reason of the domain, or done.
type Answer<T> = Result<Result<T, CommandError>, StoreError>;

impl Processor {
    /// Links an offer to an opportunity, or (with `linked` false) excludes the pair. An agreement overrules it.
    pub async fn decide_link(
        &self,
        offer: &OfferId,
        opportunity: &OpportunityId,
        linked: bool,
        who: &str,
        why: &str,
    ) -> Result<(), CommandError> {
        let decision = Decision { linked, who: who.to_owned(), why: why.to_owned() };
        let command = if linked { "offer link" } else { "offer unlink" };
        self.carry_out(|| self.try_decide(offer, opportunity, &decision, command)).await
    }

    async fn try_decide(
        &self,
        offer: &OfferId,
        opportunity: &OpportunityId,
        decision: &Decision,
        command: &str,
    ) -> Answer<()> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let (stream, target) = (StreamId::offer(offer), StreamId::opportunity(opportunity));
        let found = tx.streams(&[stream.clone(), target.clone()]).await?;
        if !found.iter().any(|row| row.stream == stream) {
            return Ok(Err(CommandError::NoSuchOffer(offer.clone())));
        }
        if !found.iter().any(|row| row.stream == target) {
            return Ok(Err(CommandError::NoSuchOpportunity(opportunity.clone())));
        }
        let text = format!(
            "{offer}\n{opportunity}\n{}\n{}\n{}",
            decision.linked, decision.who, decision.why
        );
        let said = Witness::new(Authority::Other, now, &Digest::of(text.as_bytes()));
        let decided = Register::said(Some(decision.clone()), &said);
        let decisions = BTreeMap::from([(opportunity.clone(), decided)]);
        let facts = Facts::Offer(Box::new(OfferFacts { decisions, ..OfferFacts::default() }));
        let effect = Effect { stream, slug: "link-decided".to_owned(), facts, at: now };
        self.commit_effect(tx, effect, command, Writes::default(), now).await.map(Ok)
    }

    /// Closes a finding that has no natural end, for the evidence seen so far. Returns what was closed.
    pub async fn acknowledge(
        &self,
        id: &str,
        who: &str,
        why: &str,
    ) -> Result<Finding, CommandError> {
        self.carry_out(|| self.try_acknowledge(id, who, why)).await
    }

    async fn try_acknowledge(&self, id: &str, who: &str, why: &str) -> Answer<Finding> {
        let none = || Ok(Err(CommandError::NoSuchFinding(id.to_owned())));
        let now = self.clock.now();
        let subject =
            id.split_once(':').and_then(|(_, stream)| StreamId::try_from(stream.to_owned()).ok());
        let Some(stream) = subject else { return none() };
        let mut tx = self.store.begin().await?;
        let rows = tx.streams(std::slice::from_ref(&stream)).await?;
        let state = rows
            .first()
            .and_then(|row| State::from_json(stream.kind(), &row.facts, &row.concluded).ok());
        let finding = state.and_then(|state| state.concluded.findings.get(id).cloned());
        let Some(finding) = finding else { return none() };
        if finding.kind.ends_by_itself() {
            return Ok(Err(CommandError::ClosesByItself(finding.kind)));
        }
        let (who, why) = (who.to_owned(), why.to_owned());
        let word = Acknowledged { who, why, through: finding.last };
        let text = format!("{id}\n{}\n{}", word.who, word.why);
        let said = Witness::new(Authority::Other, now, &Digest::of(text.as_bytes()));
        let mut facts = Facts::none(stream.kind());
        if !acknowledge(&mut facts, id, Register::said(Some(word), &said)) {
            return none();
        }
        let slug = "finding-acknowledged".to_owned();
        let effect = Effect { stream, slug, facts, at: now };
        self.commit_effect(tx, effect, "findings acknowledge", Writes::default(), now).await?;
        Ok(Ok(finding))
    }

    /// Replaces a raw body by nothing; its digest stays, so seals still hold.
    pub async fn erase(&self, digest: &Digest, who: &str, why: &str) -> Result<(), CommandError> {
        self.carry_out(|| self.try_erase(digest, who, why)).await
    }

    async fn try_erase(&self, digest: &Digest, who: &str, why: &str) -> Answer<()> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let stored = tx.bodies(std::slice::from_ref(digest)).await?;
        let Some(stored) = stored.first() else {
            return Ok(Err(CommandError::NoSuchNotification(*digest)));
        };
        if stored.body.is_none() {
            return Ok(Err(CommandError::ErasedBefore(*digest)));
        }
        let outcome = NewOutcome {
            digest: *digest,
            number: stored.number.saturating_add(1),
            outcome: Outcome::Erased,
            reason: format!("{who}: {why}").chars().filter(|c| *c != '\0').collect(),
            waits_for: String::new(),
            streams: String::new(),
            recorded_at: now.micros(),
        };
        let writes = Writes { erased: vec![*digest], outcomes: vec![outcome], ..Writes::default() };
        let facts = NotificationFacts { settled: First::at(now), ..NotificationFacts::default() };
        let stream = StreamId::notification(digest);
        let facts = Facts::Notification(facts);
        let effect = Effect { stream, slug: "erased".to_owned(), facts, at: now };
        self.commit_effect(tx, effect, "inbox erase", writes, now).await.map(Ok)
    }

    /// Adds what a person said to a stream, with everything that follows from it.
    pub(crate) async fn commit_effect(
        &self,
        tx: Box<dyn Transaction>,
        effect: Effect,
        command: &str,
        writes: Writes,
        now: Moment,
    ) -> Result<(), StoreError> {
        let effects = vec![Caused { effect, cause: Cause::Command(command.to_owned()) }];
        let intake = Intake { effects, writes, results: Vec::new() };
        self.finish(tx, intake, &BTreeSet::new(), now).await.map(|_| ())
    }

    async fn carry_out<T, F>(&self, attempt: impl Fn() -> F) -> Result<T, CommandError>
    where
        F: Future<Output = Answer<T>>,
    {
        self.with_retry(attempt).await.map_err(CommandError::Process)?
    }
}
