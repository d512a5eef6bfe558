//! A detail-type becomes known: what an older version kept as unknown is driven again, and the ledger concludes what it
//! would have concluded if the type had been known from the start.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use deal::moment::Moment;
use deal::stream::StreamId;
use ledger::memory::MemoryStore;
use ledger::rebuild::rebuild;
use ledger::row::{EventRow, Outcome, OutcomeRow, StreamRow, StreamWrite, Writes};
use ledger::store::{Counts, Store};
use ledger::verify::verify;
use marketplace::digest::Digest;
use marketplace::notification::{Family, Notification};
use marketplace::parse::parse;
use processor::Processor;
use serde_json::Value;

use crate::conclusions::conclusions;
use crate::older::Older;
use crate::orders::{assert_equal, conclude};
use crate::place::{Place, every_scenario};
use crate::scenario::{self, Scenario, sweep};

/// Random ways for each choice of unknown types.
const WAYS: u64 = 6;

/// The inputs of a scenario that an older version may have kept as unknown, by the type that it does not know. One whose
/// EventBridge id came twice is left out: that has consequences of its own.
fn known(scenario: &Scenario) -> BTreeMap<String, Vec<(usize, Notification)>> {
    let parsed = |(_, body): &(_, Vec<u8>)| parse(body);
    let notifications: Vec<_> = scenario.inputs.iter().map(parsed).collect();
    let mut ids = BTreeMap::<&str, BTreeSet<Digest>>::new();
    for notification in &notifications {
        let (id, digest) = match notification {
            Ok(notification) => (&notification.envelope.id, notification.digest),
            Err(malformed) => (&malformed.envelope_id, malformed.digest),
        };
        ids.entry(id.as_deref().unwrap_or_default()).or_default().insert(digest);
    }
    let is_alone = |notification: &Notification| {
        notification.envelope.id.as_deref().is_none_or(|id| ids[id].len() == 1)
    };
    let mut known = BTreeMap::<String, Vec<_>>::new();
    for (input, notification) in notifications.iter().enumerate() {
        let Ok(notification) = notification else { continue };
        let is_ours =
            notification.envelope.account.as_ref().is_none_or(|account| scenario.is_ours(account));
        if notification.family != Family::Unknown && is_ours && is_alone(notification) {
            let detail_type = notification.envelope.detail_type.clone();
            known.entry(detail_type).or_default().push((input, notification.clone()));
        }
    }
    known
}

/// Every second input, as when an older and a newer version work side by side: what the newer one parks is then driven
/// again together with the agreement that it waits for.
fn halves(everything: &[(usize, Notification)]) -> [Vec<(usize, Notification)>; 2] {
    [0, 1].map(|half| {
        everything.iter().filter(|(input, _)| input % 2 == half).cloned().collect::<Vec<_>>()
    })
}

/// The older version keeps `unknown` at some point of a random order; then all that waits is driven again.
async fn upgrade(
    scenario: &Scenario,
    unknown: &[(usize, Notification)],
    seed: u64,
    store: &Arc<dyn Store>,
) -> Processor {
    let mut random = fastrand::Rng::with_seed(seed);
    // The older version sees each content once, and whatever repeats it comes later.
    let taken: BTreeSet<Digest> = unknown.iter().map(|(_, known)| known.digest).collect();
    let is_taken = |input: &usize| {
        parse(&scenario.inputs[*input].1).is_ok_and(|known| taken.contains(&known.digest))
    };
    let (repeated, mut rest): (Vec<usize>, Vec<usize>) =
        (0..scenario.inputs.len()).partition(is_taken);
    random.shuffle(&mut rest);
    let (before, after) = rest.split_at(random.usize(..=rest.len()));
    let processor = scenario.processor(Arc::clone(store));
    deliver(&processor, scenario, "before", before).await;

    let mut older = Older::new(scenario.effective);
    let mut held = BTreeSet::new();
    for (input, notification) in unknown {
        let delivery = scenario.delivery(format!("older-{input}"), *input);
        if held.insert(notification.digest) {
            older.receive(delivery, notification.clone());
        }
    }
    older.write(&**store).await;
    let after = [after, &repeated].concat();
    deliver(&processor, scenario, "after", &after).await;

    let mut waiting = waiting(&**store).await;
    random.shuffle(&mut waiting);
    for part in waiting.chunks(random.usize(1..=waiting.len().max(1))) {
        for result in processor.redrive(part).await {
            result.expect("it is recorded");
        }
    }
    sweep(&processor).await;
    processor
}

async fn deliver(processor: &Processor, scenario: &Scenario, when: &str, inputs: &[usize]) {
    for part in inputs.chunks(3) {
        let deliver = |input: &usize| scenario.delivery(format!("{when}-{input}"), *input);
        let batch: Vec<_> = part.iter().map(deliver).collect();
        for result in processor.process(&batch).await {
            result.expect("it is recorded");
        }
    }
}

/// Everything that waits, in the order of the digests.
async fn waiting(store: &dyn Store) -> Vec<Digest> {
    let mut snapshot = store.snapshot().await.expect("a snapshot");
    let mut waiting = BTreeSet::new();
    for outcome in Outcome::ALL.into_iter().filter(|outcome| outcome.waits()) {
        let rows = snapshot.notifications(Some(outcome), None, 1_000).await.expect("notifications");
        waiting.extend(rows.into_iter().map(|row| row.digest));
    }
    waiting.into_iter().collect()
}

/// Everything that redriving could add to.
type Log = (Counts, Vec<EventRow>, Vec<Vec<OutcomeRow>>);

async fn log(store: &dyn Store) -> Log {
    let mut snapshot = store.snapshot().await.expect("a snapshot");
    let rows = snapshot.notifications(None, None, 10_000).await.expect("notifications");
    let mut outcomes = Vec::new();
    for row in rows {
        outcomes.push(snapshot.outcomes(&row.digest).await.expect("outcomes"));
    }
    let events = snapshot.all_events(None, 100_000).await.expect("events");
    (snapshot.counts().await.expect("counts"), events, outcomes)
}

/// That a type was unknown once is our own history: its stream says so, and that it is over. The stream of a notification from
/// an implausible time says that it was applied late; what it says of the time stays.
fn without_settled_types(mut found: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    for (_, conclusion) in found.iter_mut().filter(|(id, _)| id.starts_with("notification/")) {
        if let Some(facts) = conclusion["facts"].as_object_mut() {
            facts.remove("settled");
        }
    }
    found.retain(|id, conclusion| {
        let is_settled = conclusion["facts"].get("settled").is_some();
        let is_open = conclusion["findings"].as_object().is_some_and(|open| !open.is_empty());
        !(id.starts_with("notificationtype/") && is_settled && !is_open)
    });
    found
}

async fn assert_upgraded(
    scenario: &Scenario,
    unknown: &[(usize, Notification)],
    seed: u64,
    store: Arc<dyn Store>,
    expected: &BTreeMap<String, Value>,
) {
    let types: BTreeSet<&str> =
        unknown.iter().map(|(_, known)| known.envelope.detail_type.as_str()).collect();
    let what = format!("{}, {types:?} unknown at first, way {seed}", scenario.name);
    let processor = upgrade(scenario, unknown, seed, &store).await;
    let found = without_settled_types(conclusions(&*store).await);
    assert_equal(&what, &found, expected);
    let report = verify(&*store, &mut |_| {}).await.expect("the ledger can be read");
    assert!(report.is_sound(), "{what}: {:?}", report.faults);

    let before = log(&*store).await;
    for result in processor.redrive(&waiting(&*store).await).await {
        result.expect("it is recorded");
    }
    let all: Vec<Digest> = unknown.iter().map(|(_, known)| known.digest).collect();
    assert!(processor.redrive(&all).await.is_empty(), "{what}: what was applied does not wait");
    assert_eq!(log(&*store).await, before, "{what}: redriven again, nothing changes");
}

async fn expected(scenario: &Scenario) -> BTreeMap<String, Value> {
    let straight: Vec<usize> = (0..scenario.inputs.len()).collect();
    conclude(scenario, &straight, 1).await
}

#[tokio::test]
async fn a_type_that_becomes_known_concludes_as_if_it_always_was() {
    let mut upgrades = 0;
    for scenario in scenario::all() {
        let (expected, known) = (expected(&scenario).await, known(&scenario));
        let everything = known.values().flatten().cloned().collect::<Vec<_>>();
        let halves = halves(&everything);
        for unknown in known.into_values().chain(halves).chain([everything]) {
            for seed in 0..WAYS {
                if unknown.is_empty() {
                    continue;
                }
                let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
                assert_upgraded(&scenario, &unknown, seed, store, &expected).await;
                upgrades += 1;
            }
        }
    }
    assert!(upgrades > 500, "the scenarios have known types: {upgrades}");
}

/// Everything was unknown at first, or every second input.
async fn on_a_real_store(place: &mut Place, scenario: &Scenario) {
    let expected = expected(scenario).await;
    let everything = known(scenario).into_values().flatten().collect::<Vec<_>>();
    for (seed, unknown) in (0..).zip([halves(&everything).to_vec(), vec![everything]].concat()) {
        if !unknown.is_empty() {
            let run =
                async |store| assert_upgraded(scenario, &unknown, seed, store, &expected).await;
            place.on_empty(run).await;
        }
    }
}

#[test]
fn types_become_known_on_sqlite() {
    every_scenario(
        async |number| Place::sqlite(&format!("redrive-{number}")).await,
        async |place, scenario| on_a_real_store(place, scenario).await,
    );
}

#[test]
fn types_become_known_on_postgres() {
    every_scenario(
        async |_| Place::postgres("redrive").await,
        async |place, scenario| on_a_real_store(place, scenario).await,
    );
}

fn named(name: &str) -> Scenario {
    let scenario = scenario::all().into_iter().find(|scenario| scenario.name == name);
    scenario.expect("the scenario is there")
}

/// A stream that cannot be read keeps one notification from being decided, and none of the others. It waits as before.
#[tokio::test]
async fn one_that_cannot_be_decided_blocks_no_other() {
    let (scenario, other) = (named("happy-path"), named("change-set"));
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    scenario.run(&store, &[0, 1], 1).await;
    let mut older = Older::new(scenario.effective);
    for (scenario, input) in [(&scenario, 2), (&other, 0)] {
        let delivery = scenario.delivery(format!("older-{}-{input}", scenario.name), input);
        let notification = parse(&delivery.body).expect("a notification");
        older.receive(delivery, notification);
    }
    older.write(&*store).await;
    // The agreement is told to its offer.
    let broken = StreamId::try_from("offer/offer-happyat9bsd4v".to_owned()).expect("an id");
    let mut tx = store.begin().await.expect("a transaction");
    let rows = tx.streams(std::slice::from_ref(&broken)).await.expect("streams");
    let [row] = &rows[..] else { panic!("the offer is there") };
    let facts = "nonsense".to_owned();
    let row = StreamRow { facts, touched: row.touched + 1, ..row.clone() };
    let write = StreamWrite { read_touched: Some(rows[0].touched), row };
    tx.write(&Writes { streams: vec![write], ..Writes::default() }).await.expect("it is written");
    tx.commit().await.expect("it is kept");

    let processor = scenario.processor(Arc::clone(&store));
    let outcomes = async || {
        let mut outcomes = Vec::new();
        for result in processor.redrive(&waiting(&*store).await).await {
            outcomes.push(result.ok().map(|processed| processed.outcome));
        }
        outcomes.sort_unstable();
        outcomes
    };
    assert_eq!(outcomes().await, [None, Some(Outcome::Applied)]);
    let before = log(&*store).await;
    assert_eq!(outcomes().await, [None], "nothing is mended yet");
    assert_eq!(log(&*store).await, before, "and nothing is written of that");

    rebuild(&*store, &mut |_| {}).await.expect("the row is made anew");
    assert_eq!(outcomes().await, [Some(Outcome::Applied)]);
    let open = conclusions(&*store).await.into_iter().filter(|(id, conclusion)| {
        id.starts_with("notification") && conclusion["findings"] != serde_json::json!({})
    });
    assert_eq!(open.count(), 0, "the findings of what waited are closed");
}

/// What is due and cannot be read keeps nothing else from being judged.
#[tokio::test]
async fn one_that_cannot_be_judged_blocks_no_other() {
    let scenario = named("future-dated-agreement");
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let all: Vec<usize> = (0..scenario.inputs.len()).collect();
    scenario.run(&store, &all, 1).await;
    let mut tx = store.begin().await.expect("a transaction");
    let rows = tx.page(None, None, 100).await.expect("streams");
    let due = rows.into_iter().find(|row| row.due_at.is_some()).expect("something becomes due");
    let stream = StreamId::try_from("offer/offer-broken".to_owned()).expect("an id");
    let broken = StreamRow { stream, facts: "nonsense".to_owned(), due_at: Some(1), ..due.clone() };
    let write = StreamWrite { read_touched: None, row: broken };
    tx.write(&Writes { streams: vec![write], ..Writes::default() }).await.expect("it is written");
    tx.commit().await.expect("it is kept");

    let later = Moment::from_micros(due.due_at.expect("it is due then"));
    let processor = scenario.processor_at(Arc::clone(&store), later);
    while processor.sweep(100).await.is_ok_and(|done| done > 0) {}
    let error = processor.sweep(100).await.expect_err("the broken one is told");
    assert!(error.is_alone(), "{error}");
    let mut snapshot = store.snapshot().await.expect("a snapshot");
    let left = snapshot.due(later.micros(), 10).await.expect("due streams");
    let left: Vec<&str> = left.iter().map(|row| row.stream.as_str()).collect();
    assert_eq!(left, ["offer/offer-broken"], "all the others were judged");
}

/// Bodies whose content an older version could not tell are recorded by their content, whether or not the same came meanwhile.
#[tokio::test]
async fn what_was_kept_by_its_bytes_is_kept_by_its_content_once_that_can_be_told() {
    let scenario = named("happy-path");
    let expected = expected(&scenario).await;
    for came_meanwhile in [false, true] {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let mut older = Older::new(scenario.effective);
        let mut unread = Vec::new();
        for input in [1, 2] {
            unread.push(older.receive_unread(scenario.delivery(format!("older-{input}"), input)));
        }
        older.write(&*store).await;
        let processor = scenario.processor(Arc::clone(&store));
        let inputs: &[usize] = if came_meanwhile { &[0, 1, 2, 3] } else { &[0, 3] };
        deliver(&processor, &scenario, "now", inputs).await;
        let outcomes: Vec<_> = processor
            .redrive(&unread)
            .await
            .into_iter()
            .map(|result| result.expect("it is recorded"))
            .map(|processed| (processed.digest, processed.outcome, processed.duplicate))
            .collect();
        let applied = |digest: &Digest| (*digest, Outcome::Applied, came_meanwhile);
        assert_eq!(outcomes, unread.iter().map(applied).collect::<Vec<_>>());
        sweep(&processor).await;

        let mut found = conclusions(&*store).await;
        found.retain(|id, _| !id.starts_with("notification/"));
        assert_equal(&format!("came meanwhile: {came_meanwhile}"), &found, &expected);
        let report = verify(&*store, &mut |_| {}).await.expect("the ledger can be read");
        assert!(report.is_sound(), "{:?}", report.faults);
        let mut snapshot = store.snapshot().await.expect("a snapshot");
        for digest in &unread {
            let last = snapshot.outcomes(digest).await.expect("outcomes").pop().expect("one");
            assert_eq!(last.outcome, Outcome::Refiled);
        }
        assert_eq!(waiting(&*store).await, Vec::new());
        assert!(processor.redrive(&unread).await.is_empty(), "they wait no longer");
    }
}

/// What waits for the same as before leaves no trace, however often and by whatever clock it is driven again.
#[tokio::test]
async fn what_is_driven_again_in_vain_leaves_no_trace() {
    for name in ["hostile-bodies", "unknown-type", "parked-license", "foreign-account"] {
        let scenario = named(name);
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        // Of `parked-license` only what is parked.
        let inputs: Vec<usize> = match name {
            "parked-license" => vec![2],
            _ => (0..scenario.inputs.len()).collect(),
        };
        scenario.run(&store, &inputs, 1).await;
        let (before, mut waiting) = (log(&*store).await, waiting(&*store).await);
        // In the order in which they are asked for, which is not that of the digests.
        waiting.reverse();
        assert!(!waiting.is_empty(), "{name}: something waits");
        let later = scenario.effective.plus_hours(1);
        let results = scenario.processor_at(Arc::clone(&store), later).redrive(&waiting).await;
        for (result, digest) in results.iter().zip(&waiting) {
            let processed = result.as_ref().expect("it is recorded");
            assert!(processed.digest == *digest && processed.outcome.waits(), "{name}");
        }
        assert_eq!(results.len(), waiting.len(), "{name}");
        assert_eq!(log(&*store).await, before, "{name}");
    }
}
