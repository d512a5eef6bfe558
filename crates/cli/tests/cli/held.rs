//! What a ledger holds in the end: what it concludes, and how each notification ended.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ledger::store::{Snapshot, Store};
use ledger_postgres::{ConnectOptions, PostgresStore, Server};
use ledger_sqlite::{OpenOptions, SqliteStore};
use resold_tests::generator::{Generator, Market};
use serde_json::Value;

use crate::resold::{Done, Folder};

/// The lists of everything.
const LISTS: [&str; 7] = [
    "opportunity list",
    "offer list",
    "agreement list",
    "entitlement list",
    "deal list",
    "partner list",
    "findings",
];

/// Rows read at once.
const PAGE: u32 = 1_000;

/// A market's descriptions and so many notifications; among them what is malformed, unknown, and parked for good.
pub(crate) fn history(seed: u64, notifications: usize) -> Vec<u8> {
    let mut generator = Generator::new(Market::small(seed, notifications));
    let mut lines: Vec<String> = generator.descriptions().collect();
    for number in 0..notifications {
        lines.push(match number % 50 {
            10 => format!(r#"{{"detail-type":"cut off {number}"#),
            20 => other(number, "aws.marketplace", "Product Renamed", r#""a":1"#),
            30 => {
                let license =
                    format!("arn:aws:license-manager::888899990000:license:l-{number:032}");
                let detail = format!(r#""license":{{"arn":"{license}"}}"#);
                let source = "aws.agreement-marketplace";
                other(number, source, "License Updated - Manufacturer", &detail)
            }
            _ => generator.body(),
        });
    }
    lines.join("\n").into_bytes()
}

fn other(number: usize, source: &str, detail_type: &str, detail: &str) -> String {
    format!(
        r#"{{"version":"0","id":"other-{number}","source":"{source}","detail-type":"{detail_type}","account":"111122223333","time":"2026-11-20T00:00:00Z","detail":{{{detail}}}}}"#
    )
}

/// The same for every way that ends with the same notifications.
#[derive(Debug)]
pub(crate) struct Held {
    /// What each list prints, item by item.
    items: Vec<Value>,
    /// The outcome of each notification, by its digest.
    outcomes: BTreeMap<String, String>,
}

impl Held {
    /// What a ledger holds, which is sound, and in which nothing is there twice.
    pub(crate) async fn of(folder: &Folder, ledger: &str) -> Self {
        let done = run(folder, ledger, "ledger verify");
        assert_eq!(done.code, Some(0), "{done:?}");
        let store = open(folder, ledger).await;
        let mut snapshot = store.snapshot().await.expect("a snapshot");
        assert_published_once(&mut *snapshot).await;
        let outcomes = outcomes(&mut *snapshot).await;
        let items = LISTS.into_iter().flat_map(|list| items(folder, ledger, list)).collect();
        Self { items, outcomes }
    }

    pub(crate) fn assert_is(&self, what: &str, expected: &Self) {
        for (found, expected) in self.items.iter().zip(&expected.items) {
            assert_eq!(found, expected, "{what}");
        }
        assert_eq!(self.items.len(), expected.items.len(), "{what}: items");
        assert_eq!(self.outcomes, expected.outcomes, "{what}: notifications");
    }
}

/// Runs a command line (words parted by spaces) on a ledger.
pub(crate) fn run(folder: &Folder, ledger: &str, line: &str) -> Done {
    let words = line.split(' ').chain(["--ledger", ledger]);
    folder.run(&words.collect::<Vec<_>>())
}

async fn open(folder: &Folder, ledger: &str) -> Arc<dyn Store> {
    if ledger.starts_with("postgres:") {
        let store = PostgresStore::connect(
            ledger,
            ConnectOptions { server: Server::of(ledger), ..ConnectOptions::default() },
        )
        .await;
        return Arc::new(store.expect("the database answers"));
    }
    let store = SqliteStore::open(folder.path(ledger), OpenOptions::READ).await;
    Arc::new(store.expect("the file opens"))
}

/// One outbox row a public event, and no event id twice.
async fn assert_published_once(snapshot: &mut dyn Snapshot) {
    let events = snapshot.all_events(None, 1_000_000).await.expect("events");
    let ids: BTreeSet<&str> = events.iter().map(|row| row.event_id.as_str()).collect();
    assert_eq!(ids.len(), events.len(), "an event id is there twice");
    let public = events.iter().filter(|row| row.kind.starts_with("public/"));
    let public: Vec<&str> = public.map(|row| row.event_id.as_str()).collect();
    let outbox = snapshot.outbox(None, 1_000_000).await.expect("the outbox");
    let published: Vec<&str> = outbox.iter().map(|row| row.event_id.as_str()).collect();
    assert!(!public.is_empty(), "something is published");
    assert_eq!(published, public, "one outbox row a public event");
}

/// Every notification with its raw body, and how it ended.
async fn outcomes(snapshot: &mut dyn Snapshot) -> BTreeMap<String, String> {
    let mut outcomes = BTreeMap::new();
    let mut after = None;
    loop {
        let rows = snapshot.notifications(None, after.as_ref(), PAGE).await.expect("a page");
        let digests: Vec<_> = rows.iter().map(|row| row.digest).collect();
        let bodies = snapshot.bodies(&digests).await.expect("bodies");
        assert_eq!(bodies.len(), rows.len(), "each notification has its body");
        assert!(bodies.iter().all(|stored| stored.body.is_some()), "and it was not erased");
        let Some(last) = digests.last() else { return outcomes };
        after = Some(*last);
        for row in rows {
            let outcome = row.outcome;
            let words = [outcome.outcome.word(), &outcome.reason, &outcome.waits_for];
            outcomes.insert(row.digest.to_string(), words.join("|"));
        }
    }
}

fn items(folder: &Folder, ledger: &str, list: &str) -> Vec<Value> {
    let done = run(folder, ledger, &format!("{list} --limit 1000 --format json"));
    let printed: Value = serde_json::from_str(&done.stdout).expect(&done.stderr);
    assert!(printed["next"].is_null(), "{list} is on one page");
    printed["items"].as_array().expect("a list").clone()
}
