//! Every planted fault is found, within a stated number of worlds, by the check that should find it.

use std::collections::BTreeSet;

use simulator::planted::{Planted, plant};
use simulator::{Failure, Simulation};

/// The first world in which a planted fault is found.
fn found(fault: Planted, worlds: u64) -> Option<Failure> {
    plant(Some(fault));
    let simulation = Simulation { tries: 30, ..Simulation::default() };
    let found = (0..worlds).find_map(|seed| simulation.world(seed).err());
    plant(None);
    found.map(|failure| *failure)
}

#[test]
fn every_planted_fault_is_found() {
    let cases = [
        // fault, worlds within which it is found, a check that finds it
        (Planted::WriteSkew, 300, "conclusions"),
        (Planted::LostNotification, 10, "accounts"),
        (Planted::ArrivalWins, 10, "conclusions"),
        (Planted::NoOutboxRow, 10, "seals"),
        (Planted::DedupeById, 100, "accounts"),
        (Planted::EntitlementByBuyer, 10, "truth, missing"),
        (Planted::LinkStays, 10, "truth, wrong"),
        (Planted::CommittedTwice, 10, "outbox"),
        (Planted::JudgedEarlier, 10, "conclusions"),
        (Planted::UnlinkForgotten, 30, "truth, missing"),
        (Planted::AcknowledgedInVain, 10, "truth, wrong"),
    ];
    assert_eq!(cases.map(|(fault, ..)| fault), Planted::ALL, "every fault has a line");
    let mut wrong = Vec::new();
    for (fault, worlds, check) in cases {
        let Some(failure) = found(fault, worlds) else {
            wrong.push(format!("{fault:?} was not found in {worlds} worlds"));
            continue;
        };
        let checks: BTreeSet<String> =
            failure.discrepancies.iter().map(|found| found.check.to_string()).collect();
        println!("{fault:?} was found in world {} by {checks:?}", failure.seed);
        if !checks.contains(check) {
            wrong.push(format!("{fault:?} was found in world {} by {checks:?}", failure.seed));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_failure_is_made_small_and_is_the_same_each_time() {
    plant(Some(Planted::JudgedEarlier));
    let simulation = Simulation::default();
    // In worlds 0 and 2 the fault needs half of what was sent: when it was sent decides what is judged earlier.
    let found = (3..10).find_map(|seed| simulation.world(seed).err()).expect("it is found");
    let again = simulation.world(found.seed).err();
    plant(None);
    assert!(found.perturbations.len() * 4 <= found.drawn, "{found:#?}");
    assert!(found.notifications.len() * 4 <= found.arrivals, "{found:#?}");
    assert_eq!(again.as_ref(), Some(&found));
}
