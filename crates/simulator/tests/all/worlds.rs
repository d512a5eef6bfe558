//! A fixed set of worlds.

use simulator::Simulation;
use simulator::tally::Tally;

const WORLDS: u64 = 120;

#[test]
fn a_fixed_set_of_worlds_is_as_it_should_be() {
    let mut all = Tally::default();
    for seed in 0..WORLDS {
        match Simulation::default().world(seed) {
            Ok(tally) => all = [all, tally].into_iter().sum(),
            Err(failure) => panic!("{failure:#?}"),
        }
    }
    // The runs were what they are for.
    let many = [
        ("crashes", all.crashes, WORLDS / 2),
        ("failed calls", all.failures, WORLDS * 2),
        ("dead letters", all.redriven, WORLDS / 2),
        ("sweeps", all.sweeps, WORLDS),
        ("commands", all.commands, WORLDS * 6),
        ("notifications", all.notifications, WORLDS * 50),
    ];
    for (what, count, least) in many {
        assert!(count >= least, "{count} {what}, at least {least} were expected");
    }
}
