//! Every fault at every call.

use tokio::sync::watch;

use super::*;
use crate::queue::fake::{Fake, Fault};

const LETTERS: usize = 12;

/// A pass from one queue to the other.
fn redrive(from: &Queue, to: &Queue, stop: &watch::Receiver<bool>) -> Redrive {
    Redrive {
        from: from.clone(),
        sender: Sender::new(to.clone(), stop.clone()),
        pace: Pace::new(None),
        sources: BTreeSet::new(),
        stop: stop.clone(),
        known: BTreeSet::new(),
        kept: BTreeMap::new(),
        reasons: BTreeSet::new(),
        summary: Summary::default(),
    }
}

/// What is in both, each once.
fn together(one: Vec<String>, other: Vec<String>) -> BTreeSet<String> {
    one.into_iter().chain(other).collect()
}

#[tokio::test]
async fn a_fault_at_any_call_loses_nothing() {
    let fake = Fake::start().await;
    let (from, to) = (fake.queue("dead"), fake.queue("main"));
    let letters: Vec<String> = (0..LETTERS).map(|number| format!("letter {number}")).collect();
    let all: BTreeSet<String> = letters.iter().cloned().collect();
    let (_say, stop) = watch::channel(false);

    fake.begin("dead", &letters, None);
    let mut undisturbed = redrive(&from, &to, &stop);
    undisturbed.pass(u64::MAX).await.expect("nothing disturbs it");
    let calls = fake.calls();
    // Receives, sends and deletes, twice; then nothing is there.
    assert_eq!((undisturbed.summary.moved, calls), (12, 7));
    assert_eq!((fake.bodies("dead").len(), fake.bodies("main").len()), (0, LETTERS));

    let cases = [
        // fault, whether the pass ends with a failure
        (Fault::Denied, true),
        (Fault::Busy, false),
        (Fault::Lost, false),
        (Fault::AllButOne, false),
        (Fault::OneRefused, false),
    ];
    for (fault, is_failure) in cases {
        for call in 0..calls {
            fake.begin("dead", &letters, Some((call, fault)));
            let mut disturbed = redrive(&from, &to, &stop);
            let ended = disturbed.pass(u64::MAX).await;
            assert_eq!(ended.is_err(), is_failure, "{fault:?} at {call}");
            let (dead, main) = (fake.bodies("dead"), fake.bodies("main"));
            let Summary { moved, in_both, refused, .. } = disturbed.summary;
            let counted = moved + in_both;
            assert!(counted <= main.len() as u64, "{fault:?} at {call}: says no more than it did");
            let left = if fault == Fault::OneRefused { refused + in_both } else { in_both };
            let may_be_hidden = matches!(fault, Fault::Denied | Fault::Lost);
            assert!(may_be_hidden || dead.len() as u64 == left, "{fault:?} at {call}: {dead:?}");
            assert_eq!(together(dead, main), all, "{fault:?} at {call}");

            fake.time_passes();
            redrive(&from, &to, &stop).pass(u64::MAX).await.expect("nothing disturbs it");
            let (dead, main) = (fake.bodies("dead"), fake.bodies("main"));
            assert_eq!((dead.len(), together(dead, main)), (0, all.clone()), "{fault:?} at {call}");
        }
    }
}

#[tokio::test]
async fn one_body_takes_no_others_along() {
    let fake = Fake::start().await;
    let (from, to) = (fake.queue("dead"), fake.queue("main"));
    let letters: Vec<String> = (0..LETTERS).map(|number| format!("letter {number}")).collect();
    let (_say, stop) = watch::channel(false);
    // The first call sends.
    fake.begin("dead", &letters, Some((1, Fault::Blamed)));
    let mut blamed = redrive(&from, &to, &stop);
    blamed.pass(u64::MAX).await.expect("it is no failure");
    assert_eq!((blamed.summary.moved, blamed.summary.refused), (11, 1));
    assert_eq!(blamed.kept.len(), 1, "it is shown again");
    assert_eq!(fake.bodies("dead"), letters[..1]);
    assert_eq!(fake.bodies("main"), letters[1..]);
}
