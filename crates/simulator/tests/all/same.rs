//! The same schedule is the same run, byte for byte; another one is another run.

use std::fmt::Write as _;

use ledger::export::export;
use ledger::memory::MemoryStore;
use ledger::store::Store as _;
use oracle::{Size, World};
use simulator::people::Command;
use simulator::run::run;
use simulator::schedule::Schedule;
use simulator::tally::Tally;
use simulator::traffic::Traffic;

/// Every event with its times and seals, and every arrival: what our own history of a run is.
async fn history(store: &MemoryStore) -> String {
    let mut history = String::new();
    let mut line = |line: &str| {
        history.push_str(line);
        history.push('\n');
        Ok(())
    };
    export(store, &mut line).await.expect("the events can be read");
    let mut snapshot = store.snapshot().await.expect("a snapshot");
    for row in snapshot.notifications(None, None, 10_000).await.expect("notifications") {
        let arrivals = snapshot.deliveries(&row.digest).await.expect("arrivals");
        writeln!(history, "{row:?} {arrivals:?}").expect("text can be written");
    }
    history
}

async fn ran(traffic: &Traffic, commands: &[Command], schedule: &Schedule) -> (Tally, String) {
    let ran = run(traffic, commands, schedule).expect("the run comes to its end");
    (ran.tally, history(&ran.store).await)
}

#[tokio::test]
async fn one_seed_is_one_run() {
    for seed in 0..10 {
        let world = World::generate(seed, Size::default());
        let traffic = Traffic::of(&world).expect("the world can be delivered");
        let commands = Command::all(&world).expect("its commands can be given");
        let (calm, _) = ran(&traffic, &commands, &Schedule::calm()).await;
        let schedule = Schedule::draw(seed, &traffic, &calm, None);
        let first = ran(&traffic, &commands, &schedule).await;
        assert!(first == ran(&traffic, &commands, &schedule).await, "seed {seed} is not one run");
        let another = Schedule::draw(seed + 1_000, &traffic, &calm, None);
        assert!(first.1 != ran(&traffic, &commands, &another).await.1, "seed {seed} is every run");
    }
}
