//! An error at every step of every transaction, once each, on the real stores. What failed is delivered again, as a queue
//! would: the ledger then holds, row for row, what one holds that was never disturbed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ledger::memory::MemoryStore;
use ledger::row::{EventRow, OutboxRow};
use ledger::store::{Counts, Store};
use ledger::verify::verify;
use processor::Processor;
use processor::delivery::Delivery;
use serde_json::Value;
use simulator::stepped::{SteppedStore, Steps};

use crate::conclusions::conclusions;
use crate::faulty::{Fault, Plan};
use crate::orders::assert_equal;
use crate::place::{Place, every_scenario};
use crate::scenario::Scenario;

/// Deliveries of a transaction.
const BATCH: usize = 10;

/// What a ledger holds.
struct Held {
    /// What each delivery was answered with: whether it was a duplicate.
    answers: BTreeMap<String, bool>,
    conclusions: BTreeMap<String, Value>,
    events: Vec<EventRow>,
    outbox: Vec<OutboxRow>,
    counts: Counts,
}

impl Held {
    async fn of(store: &dyn Store, answers: BTreeMap<String, bool>) -> Self {
        let conclusions = conclusions(store).await;
        let mut snapshot = store.snapshot().await.expect("a snapshot");
        Self {
            answers,
            conclusions,
            events: snapshot.all_events(None, 10_000).await.expect("events"),
            outbox: snapshot.outbox(None, 10_000).await.expect("the outbox"),
            counts: snapshot.counts().await.expect("counts"),
        }
    }

    fn assert_is(&self, what: &str, expected: &Self) {
        assert_eq!(self.answers, expected.answers, "{what}: which deliveries were duplicates");
        assert_equal(what, &self.conclusions, &expected.conclusions);
        let ids: BTreeSet<&str> = self.events.iter().map(|row| row.event_id.as_str()).collect();
        assert_eq!(ids.len(), self.events.len(), "{what}: an event id is there twice");
        let public = self.events.iter().filter(|row| row.kind.starts_with("public/"));
        let public: Vec<&str> = public.map(|row| row.event_id.as_str()).collect();
        let published: Vec<&str> = self.outbox.iter().map(|row| row.event_id.as_str()).collect();
        assert_eq!(published, public, "{what}: one outbox row a public event");
        assert_eq!(self.events, expected.events, "{what}: events");
        assert_eq!(self.outbox, expected.outbox, "{what}: outbox");
        assert_eq!(self.counts, expected.counts, "{what}: counts");
    }
}

/// Delivers everything in order, each batch until all of it is acknowledged; then sweeps until nothing is left to do.
/// Returns what the deliveries were answered with.
async fn deliver(
    scenario: &Scenario,
    store: &Arc<dyn Store>,
    plan: &Arc<Plan>,
) -> BTreeMap<String, bool> {
    let steps: Arc<dyn Steps> = Arc::<Plan>::clone(plan);
    let processor = scenario.processor(Arc::new(SteppedStore::new(Arc::clone(store), steps)));
    let all: Vec<usize> = (0..scenario.inputs.len()).collect();
    let mut answers = BTreeMap::new();
    for part in all.chunks(BATCH) {
        let batch = part.iter().map(|input| scenario.delivery(format!("message-{input}"), *input));
        answers.extend(until_acknowledged(&processor, batch.collect()).await);
    }
    // One error at most: what follows it succeeds.
    while !matches!(processor.sweep(100).await, Ok(0)) {}
    answers
}

/// As a queue does: what failed comes again, under the same id.
async fn until_acknowledged(
    processor: &Processor,
    mut batch: Vec<Delivery>,
) -> BTreeMap<String, bool> {
    let mut answers = BTreeMap::new();
    for _ in 0..2 {
        let mut results = processor.process(&batch).await.into_iter();
        batch.retain(|delivery| {
            let result = results.next().expect("an answer to each");
            let answer = result.map(|processed| (delivery.id.clone(), processed.duplicate));
            let failed = answer.is_err();
            answers.extend(answer);
            failed
        });
    }
    assert!(batch.is_empty(), "there was one error, and the second delivery met it as well");
    answers
}

/// Every step of a scenario fails, in a run of its own. Returns how many there were.
async fn fail_everywhere(place: &mut Place, scenario: &Scenario, fault: Fault) -> usize {
    let undisturbed: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let answers = deliver(scenario, &undisturbed, &Plan::new(usize::MAX, fault)).await;
    let expected = Held::of(&*undisturbed, answers).await;
    for step in 1.. {
        let plan = Plan::new(step, fault);
        let what = format!("{}, {fault:?} at step {step}", scenario.name);
        let run = async |store: Arc<dyn Store>| {
            let answers = deliver(scenario, &store, &plan).await;
            Held::of(&*store, answers).await.assert_is(&what, &expected);
            let report = verify(&*store, &mut |_| {}).await.expect("the ledger can be read");
            assert!(report.is_sound(), "{what}: {:?}", report.faults);
        };
        place.on_empty(run).await;
        if !plan.has_failed() {
            return step - 1;
        }
    }
    0
}

fn fail_on(place: impl AsyncFn(usize) -> Place + Sync) {
    let steps = AtomicUsize::new(0);
    every_scenario(place, async |place, scenario| {
        for fault in [Fault::Lost, Fault::Overtaken] {
            let failed = fail_everywhere(place, scenario, fault).await;
            assert!(failed > 5, "{} has steps: {failed}", scenario.name);
            steps.fetch_add(failed, Ordering::Relaxed);
        }
    });
    let steps = steps.into_inner();
    assert!(steps > 1_000, "the scenarios have steps: {steps}");
}

#[test]
fn an_error_at_any_step_on_sqlite_changes_nothing() {
    fail_on(async |number| Place::sqlite(&format!("faults-{number}")).await);
}

#[test]
fn an_error_at_any_step_on_postgres_changes_nothing() {
    fail_on(async |_| Place::postgres("faults").await);
}
