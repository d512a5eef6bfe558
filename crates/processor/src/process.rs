//! A batch of deliveries in, a result each out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use deal::moment::Moment;
use deal::stream::StreamId;
use ledger::labels::UNDECIDABLE;
use ledger::row::{Unpublished, Writes};
use ledger::store::{Retry, Store, StoreError, Transaction};
use marketplace::ids::AccountId;

use crate::chain::Chain;
use crate::clock::Clock;
use crate::delivery::{Delivery, ProcessError, Processed, Results, Via};
use crate::intake;
use crate::parsed::{self, Labelled, Parsed};
use crate::settle::settle;
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
    /// are cut. A batch that fails for a reason that one of it may have is cut into single deliveries: what then still fails comes
    /// again, and what the database says that it cannot hold is kept raw as quarantined.
    pub async fn process(&self, batch: &[Delivery]) -> Results {
        self.take_in(batch).await.results
    }

    /// As [`Self::process`]; tells as well what is to be published because of the batch, so that nobody has to read it
    /// again.
    pub async fn take_in(&self, batch: &[Delivery]) -> TakenIn {
        let mut taken = TakenIn::default();
        let mut rest = batch;
        while !rest.is_empty() {
            let (part, after) = rest.split_at(fitting(rest).min(rest.len()));
            self.take_in_part(part, &mut taken).await;
            rest = after;
        }
        taken
    }

    async fn take_in_part(&self, part: &[Delivery], taken: &mut TakenIn) {
        match self.with_retry(|| self.attempt(part)).await {
            Ok(finished) => taken.extend(finished),
            Err(error) if !error.is_alone() => {
                taken.results.extend(part.iter().map(|_| Err(error.clone())));
            }
            Err(error) => {
                for delivery in part {
                    let failed = Some(&error).filter(|_| part.len() == 1);
                    match self.process_alone(delivery, failed).await {
                        Ok(finished) => taken.extend(finished),
                        Err(error) => taken.results.push(Err(error)),
                    }
                }
            }
        }
    }

    /// One delivery of a batch that failed, alone; `failed` says how it failed alone before. One that the database refuses twice,
    /// the second time on a connection that nothing else was done on, is kept raw. Any other failure may be the database's own.
    async fn process_alone(
        &self,
        delivery: &Delivery,
        failed: Option<&ProcessError>,
    ) -> Result<Finished, ProcessError> {
        let one = std::slice::from_ref(delivery);
        if let Some(error) = failed.filter(|error| !is_unstorable(error)) {
            return Err(error.clone());
        }
        if failed.is_none() {
            match self.with_retry(|| self.attempt(one)).await {
                Err(error) if is_unstorable(&error) => {}
                result => return result,
            }
        }
        match self.with_retry(|| self.attempt(one)).await {
            Err(error) if is_unstorable(&error) => self.keep_raw(delivery, &error).await,
            result => result,
        }
    }

    /// Keeps a delivery raw with what its row repeats of it; if the database refuses that as well, without.
    async fn keep_raw(
        &self,
        delivery: &Delivery,
        error: &ProcessError,
    ) -> Result<Finished, ProcessError> {
        match self.with_retry(|| self.quarantine(delivery, error, Labelled::Yes)).await {
            Err(refused) if is_unstorable(&refused) => {
                self.with_retry(|| self.quarantine(delivery, error, Labelled::No)).await
            }
            result => result,
        }
    }

    /// Keeps a delivery raw that the database refuses, by the ordinary rules.
    async fn quarantine(
        &self,
        delivery: &Delivery,
        error: &ProcessError,
        labelled: Labelled,
    ) -> Result<Finished, StoreError> {
        let now = self.clock.now();
        let parsed = parsed::read(&delivery.body, delivery.via, &self.settings.accounts);
        let parsed = parsed.undecided(reason(error), labelled);
        let mut tx = self.store.begin().await?;
        let intake = intake::take_in(&mut *tx, &[(delivery, parsed)], now).await?;
        self.finish(tx, intake, &BTreeSet::new(), now).await
    }

    async fn attempt(&self, batch: &[Delivery]) -> Result<Finished, StoreError> {
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
    ) -> Result<Finished, StoreError> {
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
        Ok(Finished { results, unpublished: unpublished(writes) })
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
                Retry::Later | Retry::Apart | Retry::Unstorable => {
                    return Err(ProcessError::Ledger(Arc::new(error)));
                }
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

/// What became of a batch.
#[derive(Debug, Default)]
pub struct TakenIn {
    /// One for each delivery, in order.
    pub results: Results,
    /// The public events that were written for it, not yet published.
    pub unpublished: Vec<Unpublished>,
}

impl TakenIn {
    fn extend(&mut self, finished: Finished) {
        self.results.extend(finished.results.into_iter().map(Ok));
        self.unpublished.extend(finished.unpublished);
    }
}

/// What a transaction did.
#[derive(Debug, Default)]
pub(crate) struct Finished {
    pub(crate) results: Vec<Processed>,
    pub(crate) unpublished: Vec<Unpublished>,
}

/// What is to be published of what was written.
fn unpublished(writes: Writes) -> Vec<Unpublished> {
    let waits = writes.outbox.into_iter().filter(|row| !row.set_aside);
    let mut waiting: BTreeMap<String, String> =
        waits.map(|row| (row.event_id, row.detail_type)).collect();
    let public = writes.events.into_iter().filter_map(|event| {
        let detail_type = waiting.remove(&event.event_id)?;
        Some(Unpublished { event, detail_type, attempts: 0 })
    });
    public.collect()
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

/// Whether the database says that it cannot hold what was received.
pub(crate) fn is_unstorable(error: &ProcessError) -> bool {
    match error {
        ProcessError::Ledger(error) => error.retry() == Retry::Unstorable,
        ProcessError::OutOfTime { .. } => false,
    }
}

/// Why a delivery could not be decided, fit to be kept and shown.
pub(crate) fn reason(error: &ProcessError) -> String {
    let why = Chain(error).to_string();
    let why = why.chars().filter(|c| marketplace::shown::is_harmless(*c)).take(MAX_REASON);
    UNDECIDABLE.chars().chain(why).collect()
}

/// How a stored delivery came; what is unknown came from the queue.
pub(crate) fn via_of(word: &str) -> Via {
    match word {
        "import" => Via::Import,
        "replay" => Via::Replay,
        _ => Via::Queue,
    }
}
