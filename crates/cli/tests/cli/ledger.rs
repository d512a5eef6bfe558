//! The ledger's own commands: verifying, and anchors in files.

use std::fs;

use serde_json::Value;

use crate::resold::Folder;

fn verified(folder: &Folder, arguments: &[&str]) -> (Option<i32>, Value) {
    let arguments: Vec<&str> =
        ["ledger", "verify", "--format", "json"].iter().chain(arguments).copied().collect();
    let done = folder.run(&arguments);
    let report = serde_json::from_str(&done.stdout).expect(&done.stderr);
    (done.code, report)
}

#[test]
fn an_anchor_is_written_once_and_shows_what_is_gone() {
    let (folder, other) = (Folder::new("anchor"), Folder::new("anchor-other"));
    for folder in [&folder, &other] {
        folder.scenario("happy-path");
        folder.scenario("renewal");
    }
    assert_eq!(folder.run(&["replay", "happy-path"]).code, Some(0));
    assert_eq!(folder.run(&["ledger", "checkpoint", "one.anchor"]).code, Some(0));
    assert_eq!(folder.run(&["replay", "renewal"]).code, Some(0));
    let (code, report) = verified(&folder, &["--against", "one.anchor"]);
    assert_eq!((code, &report["sound"]), (Some(0), &true.into()), "what came later is no fault");

    let again = folder.run(&["ledger", "checkpoint", "one.anchor"]);
    assert_eq!(again.code, Some(2), "nothing writes over an anchor: {}", again.stderr);

    // Another ledger than the one that was anchored: everything listed is gone, and it is sound in itself.
    assert_eq!(other.run(&["replay", "renewal"]).code, Some(0));
    for name in ["one.anchor", "one.anchor.heads"] {
        other.write(name, fs::read(folder.path(name)).expect("it was written"));
    }
    assert_eq!(verified(&other, &[]).0, Some(0));
    let (code, report) = verified(&other, &["--against", "one.anchor"]);
    let faults = report["faults"].as_array().expect("faults");
    let subjects: Vec<&str> = faults.iter().filter_map(|it| it["subject"].as_str()).collect();
    assert_eq!(code, Some(1), "{report}");
    assert!(subjects.contains(&"offer/offer-happyat9bsd4v"), "{subjects:?}");

    fs::remove_file(folder.path("one.anchor.heads")).expect("it is there");
    let missing = folder.run(&["ledger", "verify", "--against", "one.anchor"]);
    assert_eq!(missing.code, Some(2), "{}", missing.stderr);
    assert!(missing.stderr.contains("one.anchor.heads"), "{}", missing.stderr);
}
