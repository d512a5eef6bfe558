//! AWS loses answers, refuses and fails, and the machine stops at every step: there is one opportunity, or the reason why not.

use std::sync::Arc;

use deal::facts::request::{Wish, WishKind};
use deal::request::RequestId;
use ledger::memory::MemoryStore;
use ledger::store::Store;
use simulator::stepped::Steps;

use super::{Office, assert_ended, carry_out, wish};
use crate::faulty::{Fault, Plan, Unreliable};
use crate::place::Place;
use crate::scripted::{Fate, Mood};

/// What it is; moods and fates of AWS; how the request ends, what there is at AWS then, and how often a change set was taken.
type Case = (&'static str, Vec<Mood>, Vec<Fate>, &'static str, Vec<&'static str>, usize);

#[rustfmt::skip]
fn cases() -> Vec<Case> {
    use Fate::{Cancelled, Fails, SucceedsLate};
    use Mood::{HearsNothing, Locked, LosesAnswer, Refuses, Takes, Throttles};
    vec![
        ("all goes well", vec![], vec![], "succeeded", vec!["Active"], 1),
        ("the answer is lost", vec![LosesAnswer], vec![], "succeeded", vec!["Active"], 1),
        ("nothing was heard", vec![HearsNothing], vec![], "succeeded", vec!["Active"], 1),
        ("nothing was heard, twice", vec![HearsNothing, HearsNothing], vec![], "succeeded", vec!["Active"], 1),
        ("nothing was heard, then the answer is lost", vec![HearsNothing, LosesAnswer], vec![], "succeeded", vec!["Active"], 1),
        ("locked", vec![Locked, Locked], vec![], "succeeded", vec!["Active"], 1),
        ("throttled", vec![Throttles, Throttles, Throttles], vec![], "succeeded", vec!["Active"], 1),
        ("nothing was heard, then locked", vec![HearsNothing, Locked], vec![], "succeeded", vec!["Active"], 1),
        ("refused", vec![Refuses], vec![], "failed", vec![], 0),
        ("nothing was heard, then refused", vec![HearsNothing, Refuses], vec![], "failed", vec![], 0),
        ("it takes more than a day", vec![], vec![SucceedsLate], "succeeded", vec!["Active"], 1),
        ("a fault of AWS, a draft is left and named", vec![], vec![Fails("SERVER_FAULT", true, true)], "succeeded", vec!["Active"], 2),
        ("a fault of AWS, a draft is left", vec![], vec![Fails("SERVER_FAULT", true, false)], "succeeded", vec!["Active"], 2),
        ("a fault of AWS, nothing is left", vec![], vec![Fails("SERVER_FAULT", false, false)], "succeeded", vec!["Active"], 2),
        ("a fault of AWS, it names what is not there", vec![], vec![Fails("SERVER_FAULT", false, true)], "succeeded", vec!["Active"], 2),
        ("a fault of AWS, and the next answer is lost", vec![Takes, LosesAnswer], vec![Fails("SERVER_FAULT", true, false)], "succeeded", vec!["Active"], 2),
        ("two faults of AWS", vec![], vec![Fails("SERVER_FAULT", true, true), Fails("SERVER_FAULT", true, true)], "succeeded", vec!["Active"], 3),
        ("three faults of AWS", vec![], vec![Fails("SERVER_FAULT", true, true); 3], "failed", vec!["Draft"], 3),
        ("our fault", vec![], vec![Fails("CLIENT_ERROR", true, false)], "failed", vec!["Draft"], 1),
        ("cancelled", vec![], vec![Cancelled], "cancelled", vec![], 1),
    ]
}

#[tokio::test]
async fn whatever_aws_does_there_is_one_opportunity_or_the_reason_why_not() {
    for (what, moods, fates, status, there, taken) in cases() {
        let office = Office::new(Arc::new(MemoryStore::new()), &moods, &fates);
        carry_out(&office, &office.processor(None)).await;
        assert_ended(&office, what, (status, &there, taken)).await;
    }
}

/// At each step of the store the machine stops once: before a call is recorded, after it, before its answer is recorded, after.
async fn stop_everywhere(place: &mut Option<Place>, every: usize) -> usize {
    let mut steps = 0;
    for (what, moods, fates, status, there, taken) in cases().into_iter().step_by(every) {
        for step in 1.. {
            let plan = Plan::new(step, Fault::Lost);
            let what = format!("{what}, stopped at step {step}");
            let run = async |store: Arc<dyn Store>| {
                let office = Office::new(store, &moods, &fates);
                let steps: Arc<dyn Steps> = Arc::<Plan>::clone(&plan);
                carry_out(&office, &office.processor(Some(steps))).await;
                assert_ended(&office, &what, (status, &there, taken)).await;
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
async fn a_machine_that_stops_at_any_step_makes_one_opportunity() {
    let steps = stop_everywhere(&mut None, 1).await;
    assert!(steps > 500, "there were steps: {steps}");
}

/// What follows a clone is wished once, wherever the machine stops, and carried out.
#[tokio::test]
async fn a_machine_that_stops_at_any_step_of_a_clone_restricts_its_original() {
    let content = r#"{"opportunity": {}, "restrict_original": true}"#;
    let (original, clone) = (Some("resaleauthz-1"), RequestId::new("req-clone").expect("an id"));
    let wished = Wish { draft: Some(content.to_owned()), ..wish(WishKind::Clone, original) };
    let restriction = Wish { draft: None, ..wish(WishKind::Restrict, original) };
    let restriction = RequestId::of(&restriction, "");
    for step in 1.. {
        let what = format!("stopped at step {step}");
        let office = Office::new(Arc::new(MemoryStore::new()), &[], &[]);
        carry_out(&office, &office.processor(None)).await;
        let plan = Plan::new(step, Fault::Lost);
        let steps: Arc<dyn Steps> = Arc::<Plan>::clone(&plan);
        let processor = office.processor(Some(steps));
        while processor.request(&clone, &wished).await.is_err() {}
        office.drive(&processor, &clone).await;
        office.drive(&processor, &restriction).await;
        assert_eq!(office.aws.statuses(), ["Restricted", "Active"], "{what}");
        assert_eq!(office.aws.taken().len(), 3, "{what}");
        let events = office.published(&restriction).await;
        let expected = ["Opportunity Requested", "Opportunity Request Succeeded"];
        assert_eq!(events, expected, "{what}");
        office.assert_sound(&what).await;
        if !plan.has_failed() {
            assert!(step > 20, "there were steps: {step}");
            break;
        }
    }
}

/// A selection: the decisions are the same, and a disk takes its time.
const EVERY: usize = 7;

#[tokio::test]
async fn a_machine_that_stops_at_any_step_on_sqlite_makes_one_opportunity() {
    let mut place = Some(Place::sqlite("requests").await);
    let steps = stop_everywhere(&mut place, EVERY).await;
    assert!(steps > 50, "there were steps: {steps}");
    place.expect("it is there").remove().await;
}

#[tokio::test]
async fn a_machine_that_stops_at_any_step_on_postgres_makes_one_opportunity() {
    let mut place = Some(Place::postgres("requests").await);
    let steps = stop_everywhere(&mut place, EVERY).await;
    assert!(steps > 50, "there were steps: {steps}");
    place.expect("it is there").remove().await;
}

#[tokio::test]
async fn two_machines_that_stop_again_and_again_make_one_opportunity() {
    for seed in 0..16 {
        for (what, moods, fates, status, there, taken) in cases() {
            let what = format!("{what}, seed {seed}");
            let office = Office::new(Arc::new(MemoryStore::new()), &moods, &fates);
            let office = Office { hangs: seed % 2 == 0, ..office };
            let machine = |seed| office.processor(Some(Arc::new(Unreliable::new(seed, 20))));
            let (one, other) = (machine(seed), machine(seed + 1_000));
            tokio::join!(carry_out(&office, &one), carry_out(&office, &other));
            assert_ended(&office, &what, (status, &there, taken)).await;
        }
    }
}
