//! What a ledger concludes, apart from its own history: what must be equal for every order of deliveries.

use std::collections::BTreeMap;

use deal::facts::Facts;
use deal::state::State;
use deal::stream::StreamId;
use ledger::row::Outcome;
use ledger::store::{Snapshot, Store, StoreError};
use serde_json::{Value, json};

use crate::reading::{notifications, states};

/// By what they are about: facts of each stream, links with their evidence, entitlements, open findings, and what waits in
/// the inbox. Work that is left pending is a part of it, under `pending`: after a sweep there is none.
///
/// A body that cannot be read has no time but that of its arrival, which is our own history: left out.
pub async fn conclusions(store: &dyn Store) -> Result<BTreeMap<String, Value>, StoreError> {
    let mut snapshot = store.snapshot().await?;
    let states = states(&mut *snapshot).await?;
    let mut all = of_states(&states)?;
    all.extend(waiting(&mut *snapshot).await?);
    Ok(all)
}

/// What streams conclude.
pub(crate) fn of_states(
    states: &[(StreamId, State)],
) -> Result<BTreeMap<String, Value>, StoreError> {
    let mut all = BTreeMap::new();
    for (id, state) in states {
        let facts = state.facts.to_json().and_then(|text| serde_json::from_str::<Value>(&text));
        let facts = facts.map_err(|source| StoreError::Failed {
            attempt: "writing facts as JSON",
            source: Box::new(source),
        })?;
        let concluded = &state.concluded;
        // A row that only locks says nothing.
        if facts == json!({}) && concluded.findings.is_empty() && concluded.pending.is_empty() {
            continue;
        }
        let mut conclusion = json!({
            "facts": facts,
            "opportunity": concluded.opportunity,
            "offer": concluded.offer,
            "entitlement": concluded.entitlement,
            "findings": concluded.findings,
        });
        if !concluded.pending.is_empty() {
            conclusion["pending"] = concluded.pending.keys().cloned().collect();
        }
        if is_malformed(state) {
            leave_times_out(&mut conclusion);
        }
        all.insert(id.to_string(), conclusion);
    }
    Ok(all)
}

/// What waits in the inbox.
pub(crate) async fn waiting(
    snapshot: &mut dyn Snapshot,
) -> Result<BTreeMap<String, Value>, StoreError> {
    let mut all = BTreeMap::new();
    for outcome in Outcome::ALL.into_iter().filter(|outcome| outcome.waits()) {
        for row in notifications(snapshot, Some(outcome)).await? {
            let waiting = json!([outcome.word(), row.outcome.reason, row.outcome.waits_for]);
            all.insert(format!("inbox/{}", row.digest), waiting);
        }
    }
    Ok(all)
}

fn is_malformed(state: &State) -> bool {
    let Facts::Notification(facts) = &state.facts else { return false };
    facts.problem.get().is_some_and(|problem| problem == "malformed")
}

/// Removes every time.
pub(crate) fn leave_times_out(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !["t", "first", "last", "since"].contains(&name.as_str()));
            fields.values_mut().for_each(leave_times_out);
        }
        Value::Array(values) => values.iter_mut().for_each(leave_times_out),
        _ => {}
    }
}
