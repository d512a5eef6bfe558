//! The ledger's own commands: verifying, and anchors in files.

use std::fs;

use serde_json::Value;
use sqlx::{Connection as _, SqliteConnection};

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

/// Who changes a row may say that an older version folded it.
#[tokio::test]
async fn what_an_older_version_is_said_to_have_folded_is_folded_again() {
    let folder = Folder::new("stale");
    folder.scenario("happy-path");
    assert_eq!(folder.run(&["replay", "happy-path"]).code, Some(0));
    let url = format!("sqlite://{}", folder.path("resold.db").display());
    let mut connection = SqliteConnection::connect(&url).await.expect("the file opens");
    let mut alter = async |sql: &'static str| {
        sqlx::raw_sql(sql).execute(&mut connection).await.expect("it is altered");
    };
    alter("update streams set fold = fold - 1").await;
    let (code, report) = verified(&folder, &[]);
    assert_eq!((code, &report["stale"]), (Some(0), &0.into()), "it is the same: {report}");

    alter(
        "update streams set facts = replace(facts, '555566667777', '666677778888')
         where stream like 'agreement/%'",
    )
    .await;
    let (code, report) = verified(&folder, &[]);
    assert_eq!((code, &report["stale"]), (Some(1), &1.into()), "{report}");
    let said = folder.run(&["ledger", "verify"]).stderr;
    assert!(said.contains("1 streams were folded by an older version"), "{said}");
    assert_eq!(verified(&folder, &["--allow-stale"]).0, Some(0), "it is known");
    assert_eq!(folder.run(&["ledger", "rebuild"]).code, Some(0));
    let (code, report) = verified(&folder, &[]);
    assert_eq!((code, &report["stale"]), (Some(0), &0.into()), "{report}");
}
