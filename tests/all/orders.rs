//! Order does not matter: the conclusions of a set of notifications are the same for every order and repetition.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger::memory::MemoryStore;
use ledger::store::Store;
use serde_json::Value;

use crate::conclusions::conclusions;
use crate::scenario::{self, Scenario};

/// Scenarios with at most so many inputs are tried in every order.
const EVERY_ORDER: usize = 7;
/// Longer ones in so many random orders, with repetitions.
const RANDOM_ORDERS: u64 = 300;

#[tokio::test]
async fn every_order_of_a_short_scenario_gives_the_same_conclusions() {
    for scenario in scenario::all().iter().filter(|scenario| scenario.inputs.len() <= EVERY_ORDER) {
        let straight: Vec<usize> = (0..scenario.inputs.len()).collect();
        let expected = conclude(scenario, &straight, 1).await;
        let mut order = straight.clone();
        while next_permutation(&mut order) {
            assert_same(scenario, &order, 1, &expected).await;
        }
    }
}

#[tokio::test]
async fn random_orders_repetitions_and_batches_give_the_same_conclusions() {
    for scenario in scenario::all() {
        let straight: Vec<usize> = (0..scenario.inputs.len()).collect();
        let expected = conclude(&scenario, &straight, 1).await;
        for seed in 0..RANDOM_ORDERS {
            let (order, batch) = random_order(seed, straight.len());
            assert_same(&scenario, &order, batch, &expected).await;
        }
    }
}

/// A shuffled order in which about a third of the inputs come twice, and a size of batches.
pub(crate) fn random_order(seed: u64, inputs: usize) -> (Vec<usize>, usize) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut order: Vec<usize> = (0..inputs).collect();
    for _ in 0..inputs.div_ceil(3) {
        order.push(random.usize(0..inputs));
    }
    random.shuffle(&mut order);
    (order, random.usize(1..=5))
}

pub(crate) async fn conclude(
    scenario: &Scenario,
    order: &[usize],
    batch: usize,
) -> BTreeMap<String, Value> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    scenario.run(&store, order, batch).await;
    conclusions(&*store).await
}

async fn assert_same(
    scenario: &Scenario,
    order: &[usize],
    batch: usize,
    expected: &BTreeMap<String, Value>,
) {
    let found = conclude(scenario, order, batch).await;
    assert_equal(
        &format!("{} in the order {order:?}, batches of {batch}", scenario.name),
        &found,
        expected,
    );
}

/// Names the first stream that differs, and how.
pub(crate) fn assert_equal(
    what: &str,
    found: &BTreeMap<String, Value>,
    expected: &BTreeMap<String, Value>,
) {
    if found == expected {
        return;
    }
    for id in found.keys().chain(expected.keys()) {
        let (found, expected) = (found.get(id), expected.get(id));
        let pretty = |value: Option<&Value>| {
            value.map_or("nothing".to_owned(), |value| format!("{value:#}"))
        };
        assert!(
            found == expected,
            "{what}: {id} is\n{}\nand should be\n{}",
            pretty(found),
            pretty(expected)
        );
    }
}

/// The next order in lexical sequence; `false` after the last one.
fn next_permutation(order: &mut [usize]) -> bool {
    let Some(pivot) = (1..order.len()).rev().find(|place| order[place - 1] < order[*place]) else {
        return false;
    };
    let swap = (pivot..order.len()).rev().find(|place| order[*place] > order[pivot - 1]);
    order.swap(pivot - 1, swap.expect("the pivot itself is greater"));
    order[pivot..].reverse();
    true
}
