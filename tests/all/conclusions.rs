//! What a ledger concludes, as the simulator compares it, where a test ends if it cannot be read.

use std::collections::BTreeMap;

use deal::state::State;
use ledger::store::{Snapshot, Store};
use serde_json::Value;

/// Facts of each stream, links with their evidence, entitlements, open findings, and what waits in the inbox.
pub(crate) async fn conclusions(store: &dyn Store) -> BTreeMap<String, Value> {
    let all = simulator::conclusions::conclusions(store).await.expect("the ledger can be read");
    for (id, conclusion) in &all {
        assert!(conclusion.get("pending").is_none(), "{id} has work left");
    }
    all
}

/// Every stream's state.
pub(crate) async fn states(snapshot: &mut dyn Snapshot) -> Vec<(String, State)> {
    let states = simulator::reading::states(snapshot).await.expect("states can be read");
    states.into_iter().map(|(id, state)| (id.to_string(), state)).collect()
}
