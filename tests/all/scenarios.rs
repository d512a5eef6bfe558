//! Every scenario of `events/` against its golden result.

use std::fs;
use std::sync::Arc;

use ledger::memory::MemoryStore;
use ledger::store::Store;
use serde_json::{Value, json};

use crate::conclusions::states;
use crate::scenario::{self, Scenario};

#[tokio::test]
async fn every_scenario_comes_out_as_its_golden_result_says() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut wrong = Vec::new();
    for scenario in scenario::all() {
        let found = result(&scenario).await;
        let file = scenario.folder.join("result.golden");
        if update {
            fs::write(&file, &found).expect("the golden file can be written");
        } else if fs::read_to_string(&file).unwrap_or_default() != found {
            wrong.push(format!("{}:\n{found}", scenario.name));
        }
    }
    assert!(
        wrong.is_empty(),
        "differs from result.golden (make golden rewrites it):\n{}",
        wrong.join("\n")
    );
}

/// What a reader of the scenario's README wants to see: entitlements, links, opportunities, findings, the inbox.
async fn result(scenario: &Scenario) -> String {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let order: Vec<usize> = (0..scenario.inputs.len()).collect();
    scenario.run(&store, &order, 1).await;
    let mut snapshot = store.snapshot().await.expect("a snapshot");
    let (mut entitlements, mut offers, mut opportunities) = (Vec::new(), Vec::new(), Vec::new());
    let (mut findings, mut registrations) = (Vec::new(), Vec::new());
    for (_, state) in states(&mut *snapshot).await {
        entitlements.extend(state.concluded.entitlement.map(|entitlement| json!(entitlement)));
        registrations.extend(state.concluded.registrations.values().map(|it| json!(it)));
        offers.extend(state.concluded.offer.map(|offer| json!(offer)));
        opportunities.extend(state.concluded.opportunity.map(|opportunity| json!(opportunity)));
        for finding in state.concluded.findings.into_values() {
            findings.push(json!({"id": finding.id, "evidence": finding.evidence}));
        }
    }
    let counts = snapshot.counts().await.expect("counts");
    let waiting: Vec<Value> = counts
        .waiting
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(outcome, count)| json!({"outcome": outcome.word(), "notifications": count}))
        .collect();
    let mut result = json!({
        "notifications": counts.notifications,
        "deliveries": counts.deliveries,
        "opportunities": opportunities,
        "offers": offers,
        "entitlements": entitlements,
        "findings": findings,
        "inbox": waiting,
    });
    // Only some scenarios have any.
    if !registrations.is_empty() {
        result["registrations"] = json!(registrations);
    }
    let mut text = serde_json::to_string_pretty(&result).expect("JSON");
    text.push('\n');
    text
}
