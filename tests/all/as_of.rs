//! A look back sees what was seen then: each scenario is taken in bit by bit, what the ledger holds is written down after each bit,
//! and read again from the whole history by its time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use deal::key::{KeyKind, KeyQuery};
use deal::moment::Moment;
use ledger::as_of::AsOf;
use ledger::memory::MemoryStore;
use ledger::row::{NewDelivery, NotificationRow, OutcomeRow, StreamRow};
use ledger::store::{Snapshot, Store};

use crate::orders::random_order;
use crate::scenario::{self, Scenario};

/// Where the notifications of an order come, hours apart.
const START: i64 = 1_797_000_000_000_000;

/// What a ledger holds, as far as lists and shows read it.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    streams: Vec<StreamRow>,
    found: BTreeMap<(KeyKind, String), Vec<(i64, String)>>,
    notifications: Vec<(NotificationRow, Vec<NewDelivery>, Vec<OutcomeRow>)>,
}

/// Every key that the ledger has.
async fn keys(snapshot: &mut dyn Snapshot) -> Vec<(KeyKind, String)> {
    let rows = snapshot.all_keys(None, 10_000).await.expect("keys");
    let kind = |word: &str| KeyKind::ALL.into_iter().find(|kind| kind.word() == word);
    rows.into_iter().filter_map(|row| Some((kind(&row.kind)?, row.value))).collect()
}

impl Seen {
    async fn by(snapshot: &mut dyn Snapshot, keys: &BTreeSet<(KeyKind, String)>) -> Self {
        let mut streams = snapshot.page(None, None, 10_000).await.expect("streams");
        // A row without events is only a lock; when it is due next is moved without an event.
        streams.retain(|row| row.version > 0);
        for row in &mut streams {
            (row.touched, row.due_at) = (0, None);
        }
        let mut found = BTreeMap::new();
        for (kind, value) in keys {
            let query = KeyQuery::all(*kind, value.clone(), 1_000);
            let hits = snapshot.find(&[query]).await.expect("keys").remove(0);
            let hits: Vec<_> = hits.into_iter().map(|(hi, id)| (hi, id.to_string())).collect();
            if !hits.is_empty() {
                found.insert((*kind, value.clone()), hits);
            }
        }
        let mut notifications = Vec::new();
        for row in snapshot.notifications(None, None, 10_000).await.expect("notifications") {
            let deliveries = snapshot.deliveries(&row.digest).await.expect("deliveries");
            let outcomes = snapshot.outcomes(&row.digest).await.expect("outcomes");
            notifications.push((row, deliveries, outcomes));
        }
        Self { streams, found, notifications }
    }
}

/// Takes a scenario in and looks back at each time.
async fn assert_seen_again(scenario: &Scenario, order: &[usize], batch: usize) {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let times = (0_i64..).map(|hours| Moment::from_micros(START).plus_hours(hours));
    let mut seen = Vec::new();
    for (now, part) in times.zip(order.chunks(batch)) {
        scenario.run_at(&store, now, part, batch).await;
        seen.push((now, store.snapshot().await.expect("a snapshot")));
    }
    let mut asked = BTreeSet::new();
    for (_, snapshot) in &mut seen {
        asked.extend(keys(&mut **snapshot).await);
    }
    for (now, mut snapshot) in seen {
        let then = Seen::by(&mut *snapshot, &asked).await;
        let whole = store.snapshot().await.expect("a snapshot");
        let mut as_of = AsOf::new(whole, now, Box::new(|_| {}));
        let again = Seen::by(&mut as_of, &asked).await;
        let what = format!("{} in the order {order:?} by {now}", scenario.name);
        assert_eq!(again.streams, then.streams, "{what}");
        assert_eq!(again.found, then.found, "{what}");
        assert_eq!(again.notifications, then.notifications, "{what}");
    }
}

#[tokio::test]
async fn a_look_back_sees_what_was_seen_then() {
    for scenario in scenario::all() {
        let straight: Vec<usize> = (0..scenario.inputs.len()).collect();
        assert_seen_again(&scenario, &straight, 1).await;
        for seed in 0..5 {
            let (order, batch) = random_order(seed, straight.len());
            assert_seen_again(&scenario, &order, batch).await;
        }
    }
}
