use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use aws_lambda_events::sqs::SqsMessage;
use deal::moment::Moment;
use ledger::memory::MemoryStore;
use ledger::store::{Snapshot, Store, Transaction};
use processor::Settings;
use processor::clock::FixedClock;

use super::*;

/// A store that panics whenever one of these transactions begins; the first is number 0.
struct Panicking {
    inner: MemoryStore,
    begun: AtomicUsize,
    at: &'static [usize],
}

#[async_trait]
impl Store for Panicking {
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        let number = self.begun.fetch_add(1, Ordering::SeqCst);
        assert!(!self.at.contains(&number), "transaction {number}");
        self.inner.begin().await
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.inner.snapshot().await
    }

    fn describe(&self) -> String {
        self.inner.describe()
    }
}

fn message(id: Option<&str>, body: &str) -> SqsMessage {
    let mut message = SqsMessage::default();
    message.message_id = id.map(str::to_owned);
    message.body = Some(body.to_owned());
    message
}

/// What must come again, and how many notifications the ledger then holds.
async fn outcome(ids: &[Option<&str>], at: &'static [usize]) -> (Option<Vec<String>>, i64) {
    let store = Panicking { inner: MemoryStore::new(), begun: AtomicUsize::new(0), at };
    let store: Arc<dyn Store> = Arc::new(store);
    let clock = Arc::new(FixedClock(Moment::from_micros(0)));
    let processor = Processor::new(Arc::clone(&store), clock, Settings::default());
    let mut event = SqsEvent::default();
    for (position, id) in ids.iter().enumerate() {
        event.records.push(message(*id, &format!("not JSON {position}")));
    }
    let response = ingest(&processor, "request", event).await.ok();
    let named = response.map(|response| {
        let response = response.response;
        response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
    });
    let counts = store.snapshot().await.unwrap().counts().await.unwrap();
    (named, counts.notifications)
}

/// Ids of the messages, transactions that panic; which messages must come again, notifications held.
type Case = ([Option<&'static str>; 3], &'static [usize], Option<&'static [&'static str]>, i64);

#[tokio::test]
async fn only_the_message_that_panics_comes_again() {
    let ids = [Some("a"), Some("b"), Some("c")];
    let nameless = [Some("a"), None, Some("c")];
    let cases: [Case; 7] = [
        (ids, &[], Some(&[]), 3),
        // The batch panics, then every message alone is fine.
        (ids, &[0], Some(&[]), 3),
        (ids, &[0, 1], Some(&["a"]), 2),
        (ids, &[0, 2], Some(&["b"]), 2),
        (ids, &[0, 1, 2, 3], Some(&["a", "b", "c"]), 0),
        (nameless, &[0, 1], Some(&["a"]), 2),
        // What cannot be named fails its batch; the others are known when they come again.
        (nameless, &[0, 2], None, 2),
    ];
    for (ids, at, again, held) in cases {
        let again = again.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect());
        assert_eq!(outcome(&ids, at).await, (again, held), "{ids:?} {at:?}");
    }
}
