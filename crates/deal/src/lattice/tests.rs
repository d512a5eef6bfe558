//! The laws that make delivery order immaterial, over drawn values.

use std::collections::BTreeMap;
use std::fmt::Debug;

use super::*;
use crate::sample::{Gen, at, witness};

const ROUNDS: u64 = 3_000;

fn joined<T: Join + Clone>(one: &T, other: &T) -> T {
    let mut both = one.clone();
    both.join(other);
    both
}

/// Commutative, associative, idempotent; nothing is the neutral element.
fn obeys_the_laws<T: Join + Clone + Default + PartialEq + Debug>(draw: impl Fn(&mut Gen) -> T) {
    for seed in 0..ROUNDS {
        let mut make = Gen::drawn(seed);
        let (a, b, c) = (draw(&mut make), draw(&mut make), draw(&mut make));
        // Values as they are met: already joined from several.
        let (a, b) = (joined(&a, &draw(&mut make)), joined(&b, &draw(&mut make)));
        assert_eq!(joined(&a, &b), joined(&b, &a), "commutative, seed {seed}");
        let (left, right) = (joined(&joined(&a, &b), &c), joined(&a, &joined(&b, &c)));
        assert_eq!(left, right, "associative, seed {seed}");
        assert_eq!(joined(&a, &a), a, "idempotent, seed {seed}");
        assert_eq!(joined(&left, &b), left, "what was taken in teaches nothing, seed {seed}");
        assert_eq!(joined(&T::default(), &a), a, "neutral, seed {seed}");
    }
}

#[test]
fn every_building_block_obeys_the_laws() {
    obeys_the_laws(Gen::first);
    obeys_the_laws(Gen::last);
    obeys_the_laws(|make| make.fixed(|make| make.number(20)));
    obeys_the_laws(|make| make.register(|make| make.number(20)));
    obeys_the_laws(|make| -> Few<u64> { make.few(|make| make.number(200)) });
    obeys_the_laws(|make| {
        let key = make.number(3);
        BTreeMap::from([(key, make.fixed(|make| make.number(5)))])
    });
}

/// The laws where the bounds bite: more values than are kept.
#[test]
fn bounded_sets_obey_the_laws_past_their_bounds() {
    let crowd = |make: &mut Gen| {
        let mut crowd = Fixed::default();
        for _ in 0..6 {
            crowd.join(&make.fixed(|make| make.number(40)));
        }
        crowd
    };
    obeys_the_laws(crowd);
    obeys_the_laws(|make| (0..50).map(|_| make.number(400)).collect::<Few<u64>>());
}

/// Up to the bound everything is known; past it nothing is, in whichever order they came.
#[test]
fn past_its_bound_a_set_is_not_known() {
    let mut random = fastrand::Rng::with_seed(3);
    for count in [MAX_CONTRADICTIONS - 1, MAX_CONTRADICTIONS, MAX_CONTRADICTIONS + 1, 5_000] {
        let mut numbers: Vec<usize> = (0..count).collect();
        for _ in 0..20 {
            random.shuffle(&mut numbers);
            let mut fixed = Fixed::default();
            for number in &numbers {
                let time = Moment::from_micros(i64::try_from(*number).unwrap());
                let said = witness(Authority::Created, time, "");
                fixed.join(&Fixed::said(Some(*number), &said));
            }
            let is_known = count <= MAX_CONTRADICTIONS;
            assert_eq!(fixed.all().count(), if is_known { count } else { 0 });
            assert_eq!(fixed.get(), is_known.then_some(&0), "the least witness");
            assert!(fixed.is_contradicted() && !fixed.is_empty());
        }
    }
    for count in [MAX_FEW - 1, MAX_FEW, MAX_FEW + 1, 5_000] {
        let mut numbers: Vec<usize> = (0..count).collect();
        random.shuffle(&mut numbers);
        let at_once: Few<usize> = numbers.iter().copied().collect();
        let mut few = Few::default();
        for number in numbers {
            few.join(&Few::from_iter([number]));
        }
        assert_eq!(few, at_once);
        assert_eq!(few.is_too_many(), count > MAX_FEW);
        assert_eq!(few.iter().count(), if count > MAX_FEW { 0 } else { count });
        assert!(!few.is_empty());
        let json = serde_json::to_string(&few).unwrap();
        assert_eq!(serde_json::from_str::<Few<usize>>(&json).unwrap(), few);
    }
}

#[test]
fn a_fixed_fact_shows_the_least_witness() {
    use Authority::{Amended, Created, Ended, License, Released};
    let (early, late) = (at("2026-12-01T10:00:00Z"), at("2026-12-02T10:00:00Z"));
    // One witness, another, and which value is shown: the first's (1) or the second's (2).
    #[rustfmt::skip]
    let cases = [
        ("created before amended", (Created, late, "a"), (Amended, early, "b"), 1),
        ("amended before ended", (Ended, early, "a"), (Amended, late, "b"), 2),
        ("ended before license", (License, early, "a"), (Ended, late, "b"), 2),
        ("released before created", (Created, early, "a"), (Released, late, "b"), 2),
        ("then the earlier", (Created, late, "a"), (Created, early, "b"), 2),
    ];
    for (name, one, other, shown) in cases {
        let fact = |(authority, time, content), value| {
            Fixed::said(Some(value), &witness(authority, time, content))
        };
        for fact in [joined(&fact(one, 1), &fact(other, 2)), joined(&fact(other, 2), &fact(one, 1))]
        {
            assert_eq!(fact.get(), Some(&shown), "{name}");
            assert!(fact.is_contradicted(), "{name}");
        }
    }
    let same = |time| Fixed::said(Some(1), &witness(Created, time, ""));
    let agreed = joined(&same(late), &same(early));
    assert!(!agreed.is_contradicted());
    assert_eq!(agreed.witness().map(|said| said.at), Some(early), "the least witness of a value");
}

/// Digests that an attacker makes: alike but for one byte, which no part of them that is cut away may be.
fn alike(differs_at: usize) -> (Digest, Digest) {
    let (one, mut other) = ([7_u8; 32], [7_u8; 32]);
    other[differs_at] = 8;
    (Digest::new(one), Digest::new(other))
}

#[test]
fn digests_that_begin_alike_decide_nothing_by_order() {
    let time = at("2026-12-01T10:00:00Z");
    for differs_at in [0, 7, 8, 15, 16, 31] {
        let (less, greater) = alike(differs_at);
        let said = |digest| Witness::new(Authority::Created, time, digest);
        let registers = [(1, &less), (2, &greater)]
            .map(|(value, digest)| Register::said(Some(value), &said(digest)));
        let [one, other] = registers;
        assert_eq!(joined(&one, &other).get(), Some(&2), "{differs_at}");
        assert_eq!(joined(&other, &one).get(), Some(&2), "{differs_at}");
        // The greater value has the lesser witness.
        let [one, other] = [(2, &less), (1, &greater)]
            .map(|(value, digest)| Fixed::said(Some(value), &said(digest)));
        assert_eq!(joined(&one, &other).get(), Some(&2), "{differs_at}");
        assert_eq!(joined(&other, &one), joined(&one, &other), "{differs_at}");
        let json = serde_json::to_string(&said(&greater)).unwrap();
        assert_eq!(serde_json::from_str::<Witness>(&json).unwrap(), said(&greater), "{json}");
    }
}

#[test]
fn a_register_is_won_by_time_then_digest() {
    let (early, late) = (at("2026-12-01T10:00:00Z"), at("2026-12-02T10:00:00Z"));
    let said = |value, time, content| {
        Register::said(Some(value), &witness(Authority::Other, time, content))
    };
    let (old, new) = (said(1, early, "a"), said(2, late, "b"));
    assert_eq!(joined(&old, &new).get(), Some(&2));
    assert_eq!(joined(&new, &old).get(), Some(&2));
    let (one, other) = (said(1, early, "a"), said(2, early, "b"));
    let greater = if one.order() < other.order() { 2 } else { 1 };
    assert_eq!(joined(&one, &other).get(), Some(&greater));
    assert_eq!(joined(&other, &one).get(), Some(&greater));
    assert_eq!(joined(&new, &Register::default()).get(), Some(&2), "silence changes nothing");
}
