//! Time passes: a ledger that was judged at every deadline on the way, with sweeps between, concludes what one concludes that
//! was judged only at the end.

use std::collections::BTreeMap;
use std::sync::Arc;

use deal::moment::Moment;
use ledger::memory::MemoryStore;
use ledger::store::Store;
use ledger::verify::verify;
use serde_json::Value;

use crate::conclusions::conclusions;
use crate::orders::{assert_equal, random_order};
use crate::scenario::{self, Scenario, sweep};

/// So many times the inputs of a scenario come while time passes, each time at other moments.
const ARRIVALS: u64 = 20;

/// Before everything that the scenarios tell of.
const START: &str = "2026-11-01T00:00:00Z";
/// After the deadlines that are looked at.
const END: &str = "2028-06-01T00:00:00Z";

fn time(text: &str) -> Moment {
    Moment::from(text.parse::<jiff::Timestamp>().expect("a time"))
}

/// The next deadline after a moment, of any stream.
async fn deadline(store: &dyn Store, now: Moment) -> Option<Moment> {
    let mut snapshot = store.snapshot().await.expect("a snapshot");
    let rows = snapshot.page(None, None, 10_000).await.expect("streams");
    let due = rows.into_iter().filter_map(|row| row.due_at).map(Moment::from_micros);
    due.filter(|due| *due > now && *due < time(END)).min()
}

/// Start and end, and each deadline between, with the last microsecond before it.
async fn moments(scenario: &Scenario) -> Vec<Moment> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let mut now = time(START);
    let mut moments = vec![now];
    scenario.run_at(&store, now, &straight(scenario), 1).await;
    while let Some(due) = deadline(&*store, now).await {
        now = due;
        moments.extend([Moment::from_micros(due.micros() - 1), due]);
        sweep(&scenario.processor_at(Arc::clone(&store), due)).await;
    }
    moments.push(time(END));
    moments.dedup();
    moments
}

fn straight(scenario: &Scenario) -> Vec<usize> {
    (0..scenario.inputs.len()).collect()
}

/// What is concluded when everything arrives at one moment.
async fn at_once(scenario: &Scenario, now: Moment) -> BTreeMap<String, Value> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    scenario.run_at(&store, now, &straight(scenario), 1).await;
    conclusions(&*store).await
}

async fn assert_sound(store: &dyn Store) {
    let report = verify(store, &mut |_| {}).await.expect("the ledger can be read");
    assert!(report.is_sound(), "{:?}", report.faults);
}

#[tokio::test]
async fn sweeping_at_every_deadline_concludes_what_judging_once_does() {
    let mut deadlines = 0;
    for scenario in scenario::all() {
        let moments = moments(&scenario).await;
        deadlines += moments.len() - 2;
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        scenario.run_at(&store, moments[0], &straight(&scenario), 1).await;
        for now in moments {
            sweep(&scenario.processor_at(Arc::clone(&store), now)).await;
            let expected = at_once(&scenario, now).await;
            let what = format!("{} swept until {now}", scenario.name);
            assert_equal(&what, &conclusions(&*store).await, &expected);
        }
        assert_sound(&*store).await;
    }
    assert!(deadlines > 50, "scenarios have deadlines: {deadlines}");
}

#[tokio::test]
async fn arrivals_while_time_passes_conclude_what_judging_once_does() {
    for scenario in scenario::all() {
        let moments = moments(&scenario).await;
        let expected = at_once(&scenario, time(END)).await;
        for seed in 0..ARRIVALS {
            let mut random = fastrand::Rng::with_seed(seed);
            let (order, batch) = random_order(seed, scenario.inputs.len());
            // Each input comes at one of the moments.
            let mut arrivals: BTreeMap<Moment, Vec<usize>> = BTreeMap::new();
            for input in &order {
                let now = random.choice(&moments).expect("a moment");
                arrivals.entry(*now).or_default().push(*input);
            }
            let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
            for now in &moments {
                let here = arrivals.remove(now).unwrap_or_default();
                scenario.run_at(&store, *now, &here, batch).await;
            }
            let what = format!("{} in the order {order:?}, arriving by seed {seed}", scenario.name);
            assert_equal(&what, &conclusions(&*store).await, &expected);
            assert_sound(&*store).await;
        }
    }
}
