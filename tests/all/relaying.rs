//! An error at every step of a relay, once each, on the real stores: every event reaches the bus all the same, under its own
//! id, and what is noted as published stays so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use deal::moment::Moment;
use ledger::row::OutboxRow;
use ledger::store::Store;
use ledger::verify::verify;
use processor::publisher::{Answer, MemoryBus, Publisher, Refusal};
use processor::relay::{Relay, Relayed};
use simulator::stepped::{SteppedStore, Steps};

use crate::faulty::{Fault, Plan};
use crate::place::Place;
use crate::scenario::{self, Scenario};

async fn outbox(store: &dyn Store) -> Vec<OutboxRow> {
    let mut snapshot = store.snapshot().await.expect("a snapshot");
    snapshot.outbox(None, 10_000).await.expect("the outbox")
}

/// A relay whose one error is at some step; then relays without, until nothing is left.
async fn relay_all(
    scenario: &Scenario,
    store: &Arc<dyn Store>,
    bus: &Arc<MemoryBus>,
    plan: &Arc<Plan>,
) {
    let steps: Arc<dyn Steps> = Arc::<Plan>::clone(plan);
    let stepped = Arc::new(SteppedStore::new(Arc::clone(store), steps));
    let publisher: Arc<dyn Publisher> = Arc::<MemoryBus>::clone(bus);
    let relay = Relay::new(scenario.processor(stepped), publisher);
    while !matches!(relay.relay(Moment::MAX).await, Ok(done) if done == Relayed::default()) {}
}

/// The first event is refused for good: so the steps are also those of setting it aside.
async fn fail_everywhere(place: &mut Place, scenario: &Scenario, fault: Fault) -> usize {
    for step in 1.. {
        let plan = Plan::new(step, fault);
        let what = format!("{fault:?} at step {step}");
        let run = async |store: Arc<dyn Store>| {
            let order: Vec<usize> = (0..scenario.inputs.len()).collect();
            scenario.run(&store, &order, 10).await;
            let before = outbox(&*store).await;
            let bus = Arc::new(MemoryBus::new());
            let refused = before.first().expect("something is published").event_id.clone();
            let why = Refusal { code: "MalformedDetail".to_owned(), message: String::new() };
            // At each attempt, however many there are.
            for _ in 0..4 {
                bus.answer(&refused, Answer::Refused(why.clone()));
            }
            relay_all(scenario, &store, &bus, &plan).await;
            check(&what, &before, &outbox(&*store).await, &bus);
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

/// Every row is published but for the first, which is set aside, with one finding.
fn check(what: &str, before: &[OutboxRow], after: &[OutboxRow], bus: &MemoryBus) {
    assert_eq!(after.len(), before.len() + 1, "{what}: one finding, however often it was tried");
    let aside: Vec<_> = after.iter().filter(|row| row.set_aside).collect();
    assert_eq!(aside.len(), 1, "{what}");
    assert_eq!(aside[0].event_id, before[0].event_id, "{what}");
    let published = after.iter().filter(|row| row.published_at.is_some());
    let published: BTreeSet<_> = published.map(|row| row.event_id.clone()).collect();
    assert_eq!(published.len(), before.len(), "{what}: every other one");
    let mut sent = BTreeMap::new();
    for entry in bus.published() {
        let first = sent.entry(entry.event_id.clone()).or_insert_with(|| entry.clone());
        assert_eq!(*first, entry, "{what}: the same at every attempt");
    }
    assert_eq!(sent.into_keys().collect::<BTreeSet<_>>(), published, "{what}");
}

async fn fail_on(mut place: Place) {
    let scenario = scenario::all().into_iter().find(|scenario| scenario.name == "happy-path");
    let scenario = scenario.expect("the happy path");
    for fault in [Fault::Lost, Fault::Overtaken] {
        let steps = fail_everywhere(&mut place, &scenario, fault).await;
        assert!(steps > 10, "a relay has steps: {steps}");
    }
    place.remove().await;
}

#[tokio::test]
async fn an_error_at_any_step_of_a_relay_on_sqlite_loses_nothing() {
    fail_on(Place::sqlite("relaying").await).await;
}

#[tokio::test]
async fn an_error_at_any_step_of_a_relay_on_postgres_loses_nothing() {
    fail_on(Place::postgres("relaying").await).await;
}
