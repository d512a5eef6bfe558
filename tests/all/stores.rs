//! Order does not matter on the real stores either: random orders of every scenario, with repetitions and batches, conclude
//! what a store in memory does that took the files in order.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger::store::Store;
use ledger::verify::verify;
use serde_json::Value;

use crate::conclusions::conclusions;
use crate::orders::{assert_equal, conclude, random_order};
use crate::place::{Place, every_scenario};
use crate::scenario::Scenario;

/// Random orders of each scenario on each store.
const ORDERS: u64 = 50;

/// Runs a scenario in one random order on an empty ledger.
async fn assert_alike(
    store: Arc<dyn Store>,
    scenario: &Scenario,
    seed: u64,
    expected: &BTreeMap<String, Value>,
) {
    let (order, batch) = random_order(seed, scenario.inputs.len());
    let what = format!("{} in the order {order:?}, batches of {batch}", scenario.name);
    scenario.run(&store, &order, batch).await;
    assert_equal(&what, &conclusions(&*store).await, expected);
    // Every row of some of them, for the time it takes.
    if seed.is_multiple_of(10) {
        let report = verify(&*store, &mut |_| {}).await.expect("the ledger can be read");
        assert!(report.is_sound(), "{what}: {:?}", report.faults);
    }
}

/// Runs a scenario in all of its random orders, each on an empty ledger.
async fn in_random_orders(place: &mut Place, scenario: &Scenario) {
    let straight: Vec<usize> = (0..scenario.inputs.len()).collect();
    let expected = conclude(scenario, &straight, 1).await;
    for seed in 0..ORDERS {
        place.on_empty(async |store| assert_alike(store, scenario, seed, &expected).await).await;
    }
}

#[test]
fn random_orders_on_sqlite_conclude_what_one_order_in_memory_does() {
    every_scenario(
        async |number| Place::sqlite(&format!("stores-{number}")).await,
        in_random_orders,
    );
}

#[test]
fn random_orders_on_postgres_conclude_what_one_order_in_memory_does() {
    every_scenario(async |_| Place::postgres("stores").await, in_random_orders);
}
