//! Every entitlement of every scenario can be proved, with and without an anchor.

use std::collections::VecDeque;
use std::sync::Arc;

use deal::moment::Moment;
use ledger::checkpoint::checkpoint;
use ledger::memory::MemoryStore;
use ledger::proof::{Bundle, ProofError, check, gather};
use ledger::store::Store;
use marketplace::ids::AgreementId;
use marketplace::notification::Family;
use marketplace::parse::parse;

use crate::conclusions::states;
use crate::scenario::{self, Scenario};

/// Proves what can be proved after some inputs; returns how many entitlements there were, how many agreements without,
/// and how many bodies were left out.
async fn prove(scenario: &Scenario, inputs: usize) -> [usize; 3] {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let order: Vec<usize> = (0..inputs).collect();
    scenario.run(&store, &order, 3).await;
    let mut heads = Vec::new();
    let mut sink = |line: &str| {
        heads.push(line.to_owned());
        Ok(())
    };
    let made = checkpoint(&*store, Moment::default(), &mut sink, &mut |_| {}).await;
    let anchor = made.expect("a checkpoint");
    let mut snapshot = store.snapshot().await.expect("a snapshot");
    let (mut proved, mut refused, mut withheld) = (0, 0, 0);
    for (stream, state) in states(&mut *snapshot).await {
        let Some(id) = stream.strip_prefix("agreement/") else { continue };
        let id = AgreementId::new(id).expect("an id");
        let what = format!("{id} of {} after {inputs} inputs", scenario.name);
        let mut lines: VecDeque<String> = heads.iter().cloned().collect();
        let mut next = move || Ok(lines.pop_front());
        let bundle = gather(&mut *snapshot, &id, Some((&anchor, &mut next))).await;
        if state.concluded.entitlement.is_none() {
            assert!(matches!(bundle, Err(ProofError::NoEntitlement(_))), "{what}");
            refused += 1;
            continue;
        }
        let bundle = bundle.expect("a bundle");
        withheld += assert_own(&bundle, &id);
        for given in [None, Some(&anchor)] {
            let checked = check(&bundle, given);
            assert!(checked.report.is_sound(), "{what}: {:?}", checked.report.faults);
            assert_eq!(checked.entitlement, state.concluded.entitlement, "{what}");
            assert_eq!(checked.anchored.map(|under| under.later), Some(0), "{what}");
        }
        proved += 1;
    }
    [proved, refused, withheld]
}

/// No body that is carried tells of another agreement; returns how many are carried as digests.
fn assert_own(bundle: &Bundle, id: &AgreementId) -> usize {
    for body in bundle.notifications.iter().filter_map(|part| part.body.as_ref()) {
        let notification = parse(&body.bytes().expect("bytes")).expect("what was applied");
        if let Family::Agreement(notice) = notification.family {
            assert!(notice.agreement.is_none_or(|of| of == *id), "{id}");
        }
    }
    bundle.notifications.iter().filter(|part| part.body.is_none()).count()
}

#[tokio::test]
async fn every_entitlement_can_be_proved() {
    let mut sums = [0, 0, 0];
    for scenario in scenario::all() {
        for inputs in 1..=scenario.inputs.len() {
            let counts = prove(&scenario, inputs).await;
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
    }
    assert!(sums.into_iter().all(|sum| sum > 0), "proved, without, left out: {sums:?}");
}
