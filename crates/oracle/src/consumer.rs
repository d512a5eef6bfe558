//! The documented consumer (`docs/events.md`), without the envelope: who has access, by what was published alone.
//!
//! ```text
//! on an event whose detail-type begins with "Entitlement ":
//!   if its event id was seen: drop it
//!   if a version of its stream that is not older was applied: drop it
//!   remember both
//!   if data.status is "scheduled" or "active": give data.buyer access by data.id
//!   else: take that access away
//! ```
//!
//! Events may come in any order and any number of times. Versions count within the stream of the agreement, which also
//! carries findings and reminders: a consumer compares only those of the events that it acts on.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::observed::Published;

/// A consumer of public events.
#[derive(Debug, Default)]
pub struct Consumer {
    seen: BTreeSet<String>,
    applied: BTreeMap<String, i64>,
    access: BTreeMap<String, String>,
}

impl Consumer {
    /// Acts on one event.
    pub fn take(&mut self, event: &Published) {
        if !event.detail_type.starts_with("Entitlement ")
            || !self.seen.insert(event.event_id.clone())
            || self.applied.get(&event.stream).is_some_and(|version| *version >= event.version)
        {
            return;
        }
        self.applied.insert(event.stream.clone(), event.version);
        let text = |key: &str| event.detail.get(key).and_then(Value::as_str).map(str::to_owned);
        let Some(id) = text("id") else { return };
        let live = matches!(text("status").as_deref(), Some("scheduled" | "active"));
        match text("buyer").filter(|_| live) {
            Some(buyer) => self.access.insert(id, buyer),
            None => self.access.remove(&id),
        };
    }

    /// Who has access now, each buyer with the agreement that gives it.
    pub fn access(&self) -> BTreeSet<(String, String)> {
        self.access.iter().map(|(agreement, buyer)| (buyer.clone(), agreement.clone())).collect()
    }
}

/// Who has access after these events.
pub fn access<'a>(events: impl IntoIterator<Item = &'a Published>) -> BTreeSet<(String, String)> {
    let mut consumer = Consumer::default();
    for event in events {
        consumer.take(event);
    }
    consumer.access()
}
