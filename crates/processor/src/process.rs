//! A batch of deliveries in, a result each out.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use deal::moment::Moment;
use deal::stream::StreamId;
use ledger::row::{Cause, NewDelivery, NewNotification, NewOutcome, Outcome, Writes};
use ledger::store::{Retry, Store, StoreError, Transaction};
use marketplace::digest::Digest;
use marketplace::ids::AccountId;

use crate::chain::Chain;
use crate::clock::Clock;
use crate::delivery::{Delivery, ProcessError, Processed, Results, Via};
use crate::intake;
use crate::parsed::{self, Parsed};
use crate::problem::{UNDECIDABLE, problem};
use crate::settle::{Caused, settle};
use crate::world::World;

/// At most so many deliveries are written in one transaction.
pub const MAX_BATCH: usize = 100;
/// At most so many bytes of bodies are written in one transaction: half of Aurora DSQL's 10 MiB.
pub const MAX_BATCH_BYTES: usize = 4 * 1_048_576;

/// So much is kept of the reason why a delivery could not be decided, in characters.
const MAX_REASON: usize = 1_000;

/// How a processor works.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Our own accounts; a notification for another one is quarantined. Empty: every account is accepted.
    pub accounts: BTreeSet<AccountId>,
    /// Public events are recorded but not to be published: history is loaded.
    pub backfill: bool,
    /// For so long a batch is tried again when other writers are faster.
    pub patience: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { accounts: BTreeSet::new(), backfill: false, patience: Duration::from_secs(20) }
    }
}

/// Processes deliveries, commands and the passing of time against one ledger.
#[derive(Clone)]
pub struct Processor {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Settings,
}

impl Processor {
    /// A processor on this ledger.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, settings: Settings) -> Self {
        Self { store, clock, settings }
    }

    /// Records a batch: raw, facts, conclusions and public events in one transaction.
    ///
    /// One result for each delivery, in order; a delivery may be acknowledged only if its result is `Ok`. Large batches
    /// are cut; a batch that fails for a reason that a retry cannot mend is cut into single deliveries, and one that
    /// then still fails is kept raw as quarantined.
    pub async fn process(&self, batch: &[Delivery]) -> Results {
        let mut results = Results::with_capacity(batch.len());
        let mut rest = batch;
        while !rest.is_empty() {
            let (part, after) = rest.split_at(fitting(rest).min(rest.len()));
            results.extend(self.process_part(part).await);
            rest = after;
        }
        results
    }

    async fn process_part(&self, part: &[Delivery]) -> Results {
        match self.with_retry(|| self.attempt(part)).await {
            Ok(processed) => processed.into_iter().map(Ok).collect(),
            Err(error) if !is_final(&error) => part.iter().map(|_| Err(error.clone())).collect(),
            Err(error) => {
                let mut results = Results::with_capacity(part.len());
                for delivery in part {
                    results.push(self.process_alone(delivery, part.len() == 1, &error).await);
                }
                results
            }
        }
    }

    /// One delivery of a batch that failed: tried alone, then kept raw.
    async fn process_alone(
        &self,
        delivery: &Delivery,
        was_alone: bool,
        error: &ProcessError,
    ) -> Result<Processed, ProcessError> {
        let one = std::slice::from_ref(delivery);
        let error = if was_alone {
            error.clone()
        } else {
            match self.with_retry(|| self.attempt(one)).await {
                Ok(processed) => {
                    return processed
                        .into_iter()
                        .next()
                        .ok_or(ProcessError::OutOfTime { attempts: 0 });
                }
                Err(error) => error,
            }
        };
        if !is_final(&error) {
            return Err(error);
        }
        self.with_retry(|| self.quarantine(delivery, &error)).await
    }

    /// Keeps a delivery raw whose decision failed for a reason that no retry can mend.
    async fn quarantine(
        &self,
        delivery: &Delivery,
        error: &ProcessError,
    ) -> Result<Processed, StoreError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let parsed = parsed::read(&delivery.body, delivery.via, &self.settings.accounts);
        let digest = parsed.digest;
        let reason = reason(error);
        let mut writes = raw(delivery, digest, &reason, now);
        if !tx.known(&[digest], &[]).await?.is_empty() {
            // Another processor kept it meanwhile: only this arrival is noted.
            writes.notifications.clear();
            writes.outcomes.clear();
        }
        let mut world = World::new(now);
        let effect = problem(&digest, UNDECIDABLE, &reason, now);
        let caused = Caused { effect, cause: Cause::Notification(digest) };
        settle(&mut *tx, &mut world, vec![caused], &BTreeSet::new()).await?;
        world.write(self.settings.backfill, &mut writes)?;
        tx.write(&writes).await?;
        tx.commit().await?;
        Ok(Processed { digest, outcome: Outcome::Quarantined, reason, duplicate: false })
    }

    async fn attempt(&self, batch: &[Delivery]) -> Result<Vec<Processed>, StoreError> {
        let now = self.clock.now();
        let accounts = &self.settings.accounts;
        let parse = |delivery| -> (&Delivery, Parsed) {
            (delivery, parsed::read(&delivery.body, delivery.via, accounts))
        };
        let parsed: Vec<(&Delivery, Parsed)> = batch.iter().map(parse).collect();
        let mut tx = self.store.begin().await?;
        let intake = intake::take_in(&mut *tx, &parsed, now).await?;
        self.finish(tx, intake, &BTreeSet::new(), now).await
    }

    /// Settles what was taken in, writes and commits.
    pub(crate) async fn finish(
        &self,
        mut tx: Box<dyn Transaction>,
        intake: intake::Intake,
        due: &BTreeSet<StreamId>,
        now: Moment,
    ) -> Result<Vec<Processed>, StoreError> {
        let intake::Intake { effects, mut writes, results } = intake;
        let mut world = World::new(now);
        if !effects.is_empty() || !due.is_empty() {
            settle(&mut *tx, &mut world, effects, due).await?;
        }
        world.write(self.settings.backfill, &mut writes)?;
        if writes.rows() > 0 {
            tx.write(&writes).await?;
            tx.commit().await?;
        }
        Ok(results)
    }

    /// Tries until it succeeds, fails for another reason than a faster writer, or the time runs out.
    pub(crate) async fn with_retry<T, F>(&self, attempt: impl Fn() -> F) -> Result<T, ProcessError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let began = self.clock.now();
        let patience = i64::try_from(self.settings.patience.as_micros()).unwrap_or(i64::MAX);
        let mut attempts: u32 = 0;
        loop {
            attempts = attempts.saturating_add(1);
            let error = match attempt().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            match error.retry() {
                Retry::Later | Retry::Never => return Err(ProcessError::Ledger(Arc::new(error))),
                Retry::Again => {
                    let spent = self.clock.now().micros().saturating_sub(began.micros());
                    if spent >= patience || attempts >= MAX_ATTEMPTS {
                        return Err(ProcessError::OutOfTime { attempts });
                    }
                    tracing::debug!(attempts, error = %error, "another writer was faster; trying again");
                    self.clock.back_off(attempts).await;
                }
            }
        }
    }
}

/// A bound for clocks that stand still.
const MAX_ATTEMPTS: u32 = 200;

/// How many of these deliveries one transaction takes: by number and by bytes, but at least one.
fn fitting(batch: &[Delivery]) -> usize {
    let mut bytes: usize = 0;
    let fits = |delivery: &&Delivery| {
        bytes = bytes.saturating_add(delivery.body.len());
        bytes <= MAX_BATCH_BYTES
    };
    batch.iter().take(MAX_BATCH).take_while(fits).count().max(1)
}

/// Whether each attempt would fail the same way.
pub(crate) fn is_final(error: &ProcessError) -> bool {
    match error {
        ProcessError::Ledger(error) => error.retry() == Retry::Never,
        ProcessError::OutOfTime { .. } => false,
    }
}

/// Why a delivery could not be decided, fit to be kept and shown.
pub(crate) fn reason(error: &ProcessError) -> String {
    Chain(error).to_string().chars().filter(|c| !c.is_control()).take(MAX_REASON).collect()
}

/// The rows of a delivery that is only kept.
fn raw(delivery: &Delivery, digest: Digest, reason: &str, now: Moment) -> Writes {
    let received_at = now.micros();
    Writes {
        notifications: vec![NewNotification {
            digest,
            // Without its envelope id: whatever could not be decided must not collide with anything.
            envelope_id: String::new(),
            slot: 0,
            source: String::new(),
            detail_type: String::new(),
            account: String::new(),
            event_time: None,
            received_at,
            body: delivery.body.clone(),
        }],
        deliveries: vec![NewDelivery {
            id: delivery.id.clone(),
            digest,
            via: delivery.via.word().to_owned(),
            received_at,
            envelope_id: String::new(),
            slot: 0,
        }],
        outcomes: vec![NewOutcome {
            digest,
            number: 0,
            outcome: Outcome::Quarantined,
            reason: reason.to_owned(),
            waits_for: String::new(),
            streams: StreamId::notification(&digest).to_string(),
            recorded_at: received_at,
        }],
        ..Writes::default()
    }
}

/// How a stored delivery came; what is unknown came from the queue.
pub(crate) fn via_of(word: &str) -> Via {
    match word {
        "import" => Via::Import,
        "replay" => Via::Replay,
        _ => Via::Queue,
    }
}
