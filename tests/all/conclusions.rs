//! What a ledger concludes, apart from its own history: what must be equal for every order of deliveries.

use std::collections::BTreeMap;

use deal::state::State;
use ledger::row::Outcome;
use ledger::store::{Snapshot, Store};
use serde_json::{Value, json};

/// Facts of each stream, links with their evidence, entitlements, open findings, and what waits in the inbox.
pub(crate) async fn conclusions(store: &dyn Store) -> BTreeMap<String, Value> {
    let mut snapshot = store.snapshot().await.expect("a snapshot");
    let mut all = BTreeMap::new();
    for (id, state) in states(&mut *snapshot).await {
        let facts: Value =
            serde_json::from_str(&state.facts.to_json().expect("facts are JSON")).expect("JSON");
        let concluded = &state.concluded;
        assert!(concluded.pending.is_empty(), "{id} has work left");
        let conclusion = json!({
            "facts": facts,
            "opportunity": concluded.opportunity,
            "offer": concluded.offer,
            "entitlement": concluded.entitlement,
            "findings": concluded.findings,
        });
        // A row that only locks says nothing.
        let says_nothing = facts == json!({}) && concluded.findings.is_empty();
        if !says_nothing {
            all.insert(id, conclusion);
        }
    }
    for outcome in Outcome::ALL.into_iter().filter(|outcome| outcome.waits()) {
        let rows = snapshot.notifications(Some(outcome), None, 1_000).await.expect("notifications");
        for row in rows {
            let waiting = json!([outcome.word(), row.outcome.reason, row.outcome.waits_for]);
            all.insert(format!("inbox/{}", row.digest), waiting);
        }
    }
    all
}

/// Every stream's state.
pub(crate) async fn states(snapshot: &mut dyn Snapshot) -> Vec<(String, State)> {
    let rows = snapshot.page(None, None, 10_000).await.expect("streams");
    let read = |row: ledger::row::StreamRow| {
        let state = State::from_json(row.stream.kind(), &row.facts, &row.concluded);
        (row.stream.to_string(), state.expect("a state can be read"))
    };
    rows.into_iter().map(read).collect()
}
