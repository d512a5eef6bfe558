//! Facts of every kind: the laws, the stored JSON, and its golden files.

use super::*;
use crate::event::{Event, SCHEMA};
use crate::moment::Moment;
use crate::sample::Gen;
use crate::state::State;

fn joined(one: &Facts, other: &Facts) -> Facts {
    let mut both = one.clone();
    both.join(other);
    both
}

#[test]
fn facts_of_every_kind_obey_the_laws() {
    for kind in StreamKind::ALL {
        for seed in 0..400 {
            let mut make = Gen::drawn(seed);
            let (a, b, c) = (make.facts(kind), make.facts(kind), make.facts(kind));
            assert_eq!(joined(&a, &b), joined(&b, &a), "{kind:?} commutes, seed {seed}");
            let (left, right) = (joined(&joined(&a, &b), &c), joined(&a, &joined(&b, &c)));
            assert_eq!(left, right, "{kind:?} associates, seed {seed}");
            assert_eq!(left.to_json().unwrap(), right.to_json().unwrap(), "{kind:?}, seed {seed}");
            assert_eq!(joined(&left, &b), left, "{kind:?} is idempotent, seed {seed}");
            assert_eq!(joined(&Facts::none(kind), &a), a, "{kind:?} has a neutral, seed {seed}");
        }
    }
}

/// A field that a join forgets would stay empty here.
#[test]
fn a_join_forgets_no_field() {
    for kind in StreamKind::ALL {
        let full = Gen::counted().facts(kind);
        assert_eq!(joined(&Facts::none(kind), &full), full, "{kind:?}");
    }
}

#[test]
fn facts_of_different_kinds_do_not_join() {
    let offer = Gen::counted().facts(StreamKind::Offer);
    assert_eq!(joined(&offer, &Gen::counted().facts(StreamKind::Partner)), offer);
}

#[test]
fn stored_facts_read_back_as_they_were() {
    for kind in StreamKind::ALL {
        let drawn = (0..200).map(|seed| Gen::drawn(seed).facts(kind));
        for facts in drawn.chain([Facts::none(kind), Gen::counted().facts(kind)]) {
            let json = facts.to_json().unwrap();
            let read = Facts::from_json(kind, &json).unwrap();
            assert_eq!(read, facts, "{kind:?}");
            assert_eq!(read.to_json().unwrap(), json, "{kind:?}");
        }
        assert_eq!(Facts::none(kind).to_json().unwrap().replace(r#""reseller":false"#, ""), "{}");
    }
}

/// Any order, any duplication: one state.
#[test]
fn events_fold_to_the_same_facts_in_every_order() {
    for kind in StreamKind::ALL {
        for seed in 0..40 {
            let mut make = Gen::drawn(seed);
            let event =
                |make: &mut Gen| Event::Facts { slug: "x".to_owned(), facts: make.facts(kind) };
            let mut events: Vec<Event> = (0..7).map(|_| event(&mut make)).collect();
            let fold = |events: &[Event]| {
                let mut state = State::none(kind);
                for event in events {
                    state.fold(event, Moment::default());
                }
                state.facts.to_json().unwrap()
            };
            let once = fold(&events);
            let mut rng = fastrand::Rng::with_seed(seed);
            for _ in 0..10 {
                events.push(events[rng.usize(..events.len())].clone());
                rng.shuffle(&mut events);
                assert_eq!(fold(&events), once, "{kind:?}, seed {seed}");
            }
        }
    }
}

/// The stored shape of each kind, every field set: a change of it must be seen, and old events must stay readable.
#[test]
fn the_stored_shape_is_the_golden_one() {
    for kind in StreamKind::ALL {
        let facts = Gen::counted().facts(kind);
        let golden =
            crate::sample::golden(&format!("fact-{}", kind.word()), &facts.to_json().unwrap());
        let read = Event::read(kind, "fact/golden", SCHEMA, &golden).unwrap();
        assert_eq!(read, Event::Facts { slug: "golden".to_owned(), facts }, "{kind:?}");
    }
}
