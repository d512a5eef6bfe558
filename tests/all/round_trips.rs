//! How often one transaction asks the store, and for how much: not more often for a large batch than the processor has
//! phases, and for nothing that its notifications do not concern.

use std::sync::Arc;

use ledger::memory::MemoryStore;
use ledger::store::Store;
use processor::delivery::Delivery;
use simulator::stepped::{SteppedStore, Steps};

use crate::faulty::{Fault, Plan};
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
            let steps: Arc<dyn Steps> = Arc::<Plan>::clone(&plan);
            let stepped = SteppedStore::new(Arc::clone(&inner), steps);
            let processor = scenarios[0].processor(Arc::new(stepped));
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

/// An acceptance names an offer, its opportunity, their partner and its agreement; there are a few more around them.
const NAMED: usize = 10;

#[tokio::test]
async fn an_acceptance_reads_no_other_offer_of_an_opportunity_that_is_never_used_up() {
    let scenarios = scenario::all();
    let happy = scenarios.iter().find(|scenario| scenario.name == "happy-path");
    let happy = happy.expect("there is a happy path");
    // An opportunity, 50 offers that fit it, and the acceptance of two of them: the same bodies with other ids.
    let body = |input: usize| String::from_utf8(happy.inputs[input].1.clone()).expect("UTF-8");
    let delivery = |id: String, body: String| {
        let body = body.into_bytes();
        Delivery { id, body, ..happy.delivery(String::new(), 1) }
    };
    let other = |input: usize, number: usize| {
        let own = body(input).replace("offer-happy", &format!("offer-{number:05}"));
        let own = own.replace("agmt-happy", &format!("agmt-{number:05}"));
        // The envelope's id is the first.
        let own = own.replacen("\"id\": \"", &format!("\"id\": \"{number}"), 1);
        delivery(format!("{input}-{number}"), own)
    };
    let (offers, first, second) = ((0..50).map(|it| other(1, it)), other(2, 7), other(2, 8));
    let quantity = "\"OffersMaxQuantity\":1";
    assert!(body(0).contains(quantity), "{}", body(0));
    let mut read = Vec::new();
    for rule in ["\"OffersMaxQuantity\":5", "\"Unlimited\":true"] {
        let plan = Plan::new(usize::MAX, Fault::Overtaken);
        let inner: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let steps: Arc<dyn Steps> = Arc::<Plan>::clone(&plan);
        let processor = happy.processor(Arc::new(SteppedStore::new(inner, steps)));
        let described = body(0).replace(quantity, rule).into_bytes();
        let described = Delivery { body: described, ..happy.delivery("0".into(), 0) };
        let before: Vec<Delivery> =
            [described].into_iter().chain(offers.clone()).chain([first.clone()]).collect();
        let mut results = processor.process(&before).await;
        let already = plan.streams();
        results.extend(processor.process(std::slice::from_ref(&second)).await);
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        read.push(plan.streams() - already);
    }
    assert!(read[0] > 50, "with a quantity, all that it fits are judged again: {read:?}");
    assert!(read[1] <= NAMED, "streams read with a quantity, and without: {read:?}");
}
