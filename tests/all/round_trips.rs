//! How often one transaction asks the store: not more often for a large batch than the processor has phases.

use std::sync::Arc;

use ledger::memory::MemoryStore;
use ledger::store::Store;
use processor::delivery::Delivery;

use crate::faulty::{Fault, Faulty, Plan};
use crate::scenario;

/// The calls of one transaction, `begin`, `write` and `commit` among them. A walk in a loop over notifications, offers or
/// agreements would go beyond it with the first large batch.
const MOST: usize = 20;

#[tokio::test]
async fn a_batch_of_a_hundred_takes_no_more_calls_than_a_small_one() {
    let scenarios = scenario::all();
    let mut most = Vec::new();
    for size in [1, 10, 100] {
        let mut calls = 0;
        let inner: Arc<dyn Store> = Arc::new(MemoryStore::new());
        // Everything that happens in any scenario meets in these batches.
        let inputs: Vec<(usize, usize)> = scenarios
            .iter()
            .enumerate()
            .flat_map(|(number, scenario)| (0..scenario.inputs.len()).map(move |it| (number, it)))
            .collect();
        assert!(inputs.len() > 150, "the scenarios have inputs");
        for batch in inputs.chunks(size) {
            let plan = Plan::new(usize::MAX, Fault::Overtaken);
            let faulty = Faulty { inner: Box::new(Arc::clone(&inner)), plan: Arc::clone(&plan) };
            let processor = scenarios[0].processor(Arc::new(faulty));
            let deliver = |(number, input): &(usize, usize)| -> Delivery {
                scenarios[*number].delivery(format!("{number}-{input}"), *input)
            };
            let batch: Vec<Delivery> = batch.iter().map(deliver).collect();
            for result in processor.process(&batch).await {
                result.expect("the delivery is recorded");
            }
            calls = calls.max(plan.steps());
        }
        most.push((size, calls));
    }
    assert!(most.iter().all(|(_, calls)| *calls <= MOST), "(batch, most calls): {most:?}");
    assert!(most[2].1 > 10, "they are counted: {most:?}");
}
