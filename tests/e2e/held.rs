//! What a ledger holds, apart from its own history.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use ledger::store::Store as _;
use ledger::verify::verify;
use resold_tests::binary::binary;
use resold_tests::database::Database;
use serde_json::{Value, json};
use simulator::conclusions::conclusions;
use simulator::reading::states;

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
/// When statuses in lists are judged.
const JUDGED: &str = "2026-12-20";

/// The same for every way that ends with the same notifications, but for `published`.
#[derive(Debug)]
pub(crate) struct Held {
    /// Facts, links, entitlements, findings, and what waits; by what they are about.
    conclusions: BTreeMap<String, Value>,
    /// What the command line prints of each item of each list, and of each deal.
    printed: BTreeMap<String, Value>,
    /// Who has access, each buyer with the agreement that gives it.
    pub(crate) access: BTreeSet<(String, String)>,
    /// The ids of what was published.
    pub(crate) published: BTreeSet<String>,
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.conclusions == other.conclusions && self.printed == other.printed
    }
}

impl Held {
    /// Of a ledger that is sound, and in which nothing is left to do or to publish.
    pub(crate) async fn of(database: &Database) -> Self {
        let store = database.store(2).await;
        let report = verify(&store, &mut |_| {}).await.expect("the ledger can be read");
        assert!(report.is_sound(), "{:?}", report.faults);
        let mut conclusions = conclusions(&store).await.expect("conclusions can be read");
        let mut snapshot = store.snapshot().await.expect("a snapshot");
        let counts = snapshot.counts().await.expect("counts");
        let counted = json!([counts.notifications, counts.deliveries]);
        conclusions.insert("counts".to_owned(), counted);
        let mut access = BTreeSet::new();
        for (_, state) in states(&mut *snapshot).await.expect("states can be read") {
            let live = state.concluded.entitlement.filter(|one| one.status.is_live());
            let given = live.and_then(|one| Some((one.buyer?.to_string(), one.id.to_string())));
            access.extend(given);
        }
        let rows = snapshot.outbox(None, 100_000).await.expect("the outbox");
        let published = rows.iter().filter(|row| !row.set_aside);
        let published = published.map(|row| row.event_id.clone()).collect();
        drop(snapshot);
        store.close().await;
        Self { conclusions, printed: printed(&database.url), access, published }
    }

    /// Names what differs.
    pub(crate) fn assert_is(&self, expected: &Self) {
        let parts =
            [(&self.conclusions, &expected.conclusions), (&self.printed, &expected.printed)];
        for (found, expected) in parts {
            for name in found.keys().chain(expected.keys()) {
                let (found, expected) = (found.get(name), expected.get(name));
                assert_eq!(found, expected, "{name}");
            }
        }
    }
}

fn printed(ledger: &str) -> BTreeMap<String, Value> {
    let mut printed = BTreeMap::new();
    for list in LISTS {
        let listed = resold(ledger, &format!("{list} --limit 1000"));
        assert!(listed["next"].is_null(), "{list} is on one page");
        for item in listed["items"].as_array().expect("a list") {
            let (mut item, id) = (item.clone(), item["id"].as_str().expect("an id"));
            if item["type"] == "malformed" {
                // What cannot be read has no time but that of its arrival.
                let fields = item.as_object_mut().expect("an object");
                fields.retain(|name, _| !["first", "last", "since"].contains(&name.as_str()));
            }
            if list == "deal list" {
                let show = format!("deal show {id}");
                let mut shown = resold(ledger, &show);
                // The order in which things were heard of is history.
                shown["timeline"].take();
                printed.insert(show, shown);
            }
            printed.insert(format!("{list} {id}"), item);
        }
    }
    printed
}

/// What the command line prints.
fn resold(ledger: &str, words: &str) -> Value {
    let mut command = Command::new(binary("resold"));
    command.args(["--effective", JUDGED, "--format", "json", "--ledger", ledger]);
    let done = command.args(words.split(' ')).output().expect("the program runs");
    let stderr = String::from_utf8_lossy(&done.stderr);
    serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("{words}: {stderr}"))
}
