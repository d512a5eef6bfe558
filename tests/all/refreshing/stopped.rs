//! The machine stops at every step while licenses are read: what AWS grants is in the ledger at the end, and each difference once.

use std::sync::Arc;

use deal::item::Licensing;
use ledger::memory::MemoryStore;
use ledger::store::Store;
use processor::Processor;
use processor::clock::Clock;
use processor::delivery::Delivery;
use processor::port::Retry;
use processor::refresh::{Answer, Refreshed};
use simulator::stepped::Steps;

use super::{AGREEMENT, LICENSE, Office, UPDATED, created, updated};
use crate::faulty::{Fault, Plan, Unreliable};
use crate::place::Place;

const LATER: &str = "2026-12-03T09:19:00Z";

/// A sale, its license read; then more seats, announced or found. Whatever fails is done again.
async fn go_through(office: &Office, processor: &Processor, is_announced: bool) {
    deliver(processor, &[created(AGREEMENT), updated(AGREEMENT, LICENSE, UPDATED)]).await;
    read(office, processor).await;
    office.aws.set(LICENSE, 300);
    office.aws.fails(&[Retry::Soon]);
    if is_announced {
        deliver(processor, &[updated(AGREEMENT, LICENSE, LATER)]).await;
    }
    read(office, processor).await;
}

async fn deliver(processor: &Processor, deliveries: &[Delivery]) {
    while processor.process(deliveries).await.iter().any(Result::is_err) {}
}

/// Until a round of everything meets no error and nothing is left that AWS did not answer about.
async fn read(office: &Office, processor: &Processor) {
    for _ in 0..100 {
        let due = processor.refresh_due(100, &office.aws).await;
        let named = processor.refresh(AGREEMENT, &office.aws).await;
        office.clock.reach(office.clock.now().plus_hours(1));
        let all: Vec<Refreshed> = due.into_iter().chain(named).flatten().collect();
        if !all.is_empty() && all.iter().all(is_answered) {
            return;
        }
    }
    panic!("it does not end");
}

fn is_answered(refreshed: &Refreshed) -> bool {
    matches!(refreshed.result, Ok(Answer::Changed | Answer::Unchanged))
}

async fn assert_read(office: &Office, what: &str, is_announced: bool) {
    assert_eq!(office.quantities(AGREEMENT).await, ["seats 300"], "{what}");
    assert_eq!(office.shown(AGREEMENT).await.license_state, Licensing::Read, "{what}");
    let events = office.events(AGREEMENT).await;
    let count = |kind: &str| events.iter().filter(|other| *other == kind).count();
    assert_eq!(count("fact/quantities-read"), 2, "{what}: {events:?}");
    let findings = office.findings(AGREEMENT).await;
    let expected: &[&str] = if is_announced { &[] } else { &["unannounced-quantities"] };
    assert_eq!(findings, expected, "{what}");
    office.assert_sound(what).await;
}

async fn stop_everywhere(place: &mut Option<Place>) -> usize {
    let mut steps = 0;
    for is_announced in [true, false] {
        for step in 1.. {
            let plan = Plan::new(step, Fault::Lost);
            let what = format!("announced: {is_announced}, stopped at step {step}");
            let run = async |store: Arc<dyn Store>| {
                let office = Office::new(store, &[(LICENSE, 250)]);
                let steps: Arc<dyn Steps> = Arc::<Plan>::clone(&plan);
                go_through(&office, &office.processor(Some(steps)), is_announced).await;
                assert_read(&office, &what, is_announced).await;
            };
            match place {
                Some(place) => place.on_empty(run).await,
                None => run(Arc::new(MemoryStore::new())).await,
            }
            if !plan.has_failed() {
                break;
            }
            steps += 1;
        }
    }
    steps
}

#[tokio::test]
async fn a_machine_that_stops_at_any_step_reads_each_difference_once() {
    let steps = stop_everywhere(&mut None).await;
    assert!(steps > 40, "there were steps: {steps}");
}

#[tokio::test]
async fn a_machine_that_stops_at_any_step_on_sqlite_reads_each_difference_once() {
    let mut place = Some(Place::sqlite("refreshing").await);
    let steps = stop_everywhere(&mut place).await;
    assert!(steps > 40, "there were steps: {steps}");
    place.expect("it is there").remove().await;
}

#[tokio::test]
async fn a_machine_that_stops_at_any_step_on_postgres_reads_each_difference_once() {
    let mut place = Some(Place::postgres("refreshing").await);
    let steps = stop_everywhere(&mut place).await;
    assert!(steps > 40, "there were steps: {steps}");
    place.expect("it is there").remove().await;
}

#[tokio::test]
async fn two_machines_that_stop_again_and_again_read_the_same() {
    for seed in 0..40 {
        let office = Office::new(Arc::new(MemoryStore::new()), &[(LICENSE, 250)]);
        let machine = |seed| office.processor(Some(Arc::new(Unreliable::new(seed, 30))));
        let (one, other) = (machine(seed), machine(seed + 1_000));
        for seats in [250, 260, 270] {
            office.aws.set(LICENSE, seats);
            let at = format!("2026-12-03T09:1{}:05Z", seats % 100 / 10);
            let told = [created(AGREEMENT), updated(AGREEMENT, LICENSE, &at)];
            tokio::join!(deliver(&one, &told), deliver(&other, &told));
            tokio::join!(read(&office, &one), read(&office, &other));
            let what = format!("seed {seed}, {seats} seats");
            assert_eq!(office.quantities(AGREEMENT).await, [format!("seats {seats}")], "{what}");
        }
        assert!(office.findings(AGREEMENT).await.is_empty(), "seed {seed}");
        office.assert_sound(&format!("seed {seed}")).await;
    }
}
