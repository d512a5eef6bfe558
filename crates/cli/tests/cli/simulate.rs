//! Simulating: what programs read, and that a seed is a run.

use serde_json::Value;

use crate::resold::Folder;

fn simulated(folder: &Folder, arguments: &[&str]) -> (Option<i32>, Value, String) {
    let arguments: Vec<&str> =
        ["simulate", "--format", "json"].iter().chain(arguments).copied().collect();
    let done = folder.run(&arguments);
    let summary = serde_json::from_str(&done.stdout).expect(&done.stderr);
    (done.code, summary, done.stderr)
}

#[test]
fn a_seed_is_a_run_and_no_ledger_is_made() {
    let folder = Folder::new("simulate");
    let (code, summary, pace) = simulated(&folder, &["--seed", "7", "--worlds", "2"]);
    assert_eq!((code, &summary["failure"]), (Some(0), &Value::Null), "{summary}");
    assert_eq!((&summary["seed"], &summary["worlds"]), (&7.into(), &2.into()));
    assert!(pace.contains("notifications/s"), "{pace}");
    let again = simulated(&folder, &["--seed", "7", "--worlds", "2"]).1;
    assert_eq!(again, summary);
    let other = simulated(&folder, &["--seed", "7", "--worlds", "2", "--processors", "1"]).1;
    assert_ne!(other, summary);
    assert!(!folder.path("resold.db").exists(), "it touches no ledger");
}

#[test]
fn no_world_begins_after_the_time_is_over() {
    let folder = Folder::new("simulate-time");
    let (code, summary, _) = simulated(&folder, &["--for", "0s"]);
    assert_eq!((code, &summary["worlds"]), (Some(0), &0.into()));
}
