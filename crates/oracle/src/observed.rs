//! What a ledger says after a run.

use std::collections::BTreeMap;

use serde_json::Value;

/// Everything that a ledger says, to be judged against a [`crate::World`].
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// The items of `resold opportunity list --format json`, judged at the world's now; so the next four.
    pub opportunities: Vec<Value>,
    /// `resold offer list`.
    pub offers: Vec<Value>,
    /// `resold agreement list`.
    pub agreements: Vec<Value>,
    /// `resold entitlement list`.
    pub entitlements: Vec<Value>,
    /// `resold findings`: the open ones.
    pub findings: Vec<Value>,
    /// How many notifications (distinct contents, imports among them) have each outcome as their latest.
    pub inbox: BTreeMap<String, usize>,
    /// Every event of the outbox, by stream and version.
    pub published: Vec<Published>,
}

/// A public event.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// Unique.
    pub event_id: String,
    /// `agreement/agmt-...`.
    pub stream: String,
    /// From 1, rising within its stream.
    pub version: i64,
    /// `Entitlement Granted`, ...
    pub detail_type: String,
    /// What it states.
    pub detail: Value,
}
