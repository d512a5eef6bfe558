//! What is to be published, and what became of it.

use super::rows::{NOW, event, outbox, stream, try_write, write};
use crate::row::{EventRow, Mark, MarkResult, NewOutbox, OutboxRow, Unpublished, Writes};
use crate::store::{Snapshot, Store};

/// A public event of this stream, recorded at this time.
fn public(id: &str, version: i64, recorded_at: i64, set_aside: bool) -> (EventRow, NewOutbox) {
    let event = EventRow { recorded_at, ..event(id, version) };
    (event, NewOutbox { recorded_at, ..outbox(id, version, set_aside) })
}

fn all(public: Vec<(EventRow, NewOutbox)>) -> Writes {
    let (events, outbox) = public.into_iter().unzip();
    Writes { events, outbox, ..Writes::default() }
}

fn mark(id: &str, version: i64, result: MarkResult) -> Mark {
    Mark { stream: stream(id), version, attempts: 2, result }
}

async fn waiting(read: &mut dyn Snapshot) -> Vec<(String, i64)> {
    let rows = read.unpublished(None, 99).await.expect("what is to be published");
    rows.into_iter().map(|row| (row.event.stream.to_string(), row.event.version)).collect()
}

/// What is to be published comes with its event, in the order in which it was recorded, page by page.
pub async fn unpublished_come_in_order(store: &dyn Store) {
    let rows = vec![
        public("offer/b", 2, NOW + 5, false),
        public("offer/b", 10, NOW + 5, false),
        public("offer/a", 1, NOW + 5, false),
        public("seller/1", 1, NOW - 7, false),
        public("offer/A", 1, NOW + 6, false),
        public("offer/aside", 1, NOW, true),
    ];
    let first = rows.get(3).expect("a row").0.clone();
    let mut writes = all(rows);
    // Without its event: `verify` tells of it, nobody can publish it.
    writes.outbox.push(outbox("offer/lost", 1, false));
    write(store, &writes).await;
    let mut read = store.snapshot().await.expect("a snapshot");
    let oldest = read.unpublished(None, 1).await.expect("a row");
    let detail_type = "Offer Received".to_owned();
    assert_eq!(oldest, [Unpublished { event: first, detail_type, attempts: 0 }]);
    let expected =
        [("seller/1", 1), ("offer/a", 1), ("offer/b", 2), ("offer/b", 10), ("offer/A", 1)];
    for limit in [1, 2, 3, 99] {
        let mut found: Vec<Unpublished> = Vec::new();
        loop {
            let after = found.last().map(|row| &row.event);
            let after = after.map(|event| (event.recorded_at, &event.stream, event.version));
            let page = read.unpublished(after, limit).await.expect("a page");
            if page.is_empty() {
                break;
            }
            found.extend(page);
        }
        let found: Vec<_> =
            found.iter().map(|row| (row.event.stream.as_str(), row.event.version)).collect();
        assert_eq!(found, expected, "{limit} at a time");
    }
}

/// Each mark says what became of its row, and what is published stays so.
pub async fn marks_are_kept(store: &dyn Store) {
    let ids = ["offer/again", "offer/done", "offer/never", "offer/other"];
    write(store, &all(ids.iter().map(|id| public(id, 1, NOW, false)).collect())).await;
    let marks = |marks: Vec<Mark>| Writes { marks, ..Writes::default() };
    let failed = |why: &str| MarkResult::Failed(why.to_owned());
    let refused = |why: &str| MarkResult::SetAside(why.to_owned());
    let first = marks(vec![
        mark("offer/again", 1, failed("the bus is away")),
        mark("offer/done", 1, failed("the bus is away")),
        mark("offer/never", 1, refused("it is too large")),
        mark("offer/unheard-of", 1, MarkResult::Published(NOW)),
    ]);
    write(store, &first).await;
    let second = vec![
        mark("offer/again", 1, failed("it is still away")),
        mark("offer/done", 1, MarkResult::Published(NOW + 9)),
    ];
    write(store, &marks(second)).await;
    // Whoever comes too late changes nothing.
    for late in [MarkResult::Published(NOW + 99), failed("late"), refused("late")] {
        write(store, &marks(vec![mark("offer/done", 1, late)])).await;
    }
    let mut read = store.snapshot().await.expect("a snapshot");
    assert_eq!(
        waiting(&mut *read).await,
        [("offer/again".to_owned(), 1), ("offer/other".to_owned(), 1)]
    );
    let oldest = read.unpublished(None, 1).await.expect("a row");
    assert_eq!(oldest.first().map(|row| row.attempts), Some(4));
    let counts = read.counts().await.expect("counts");
    assert_eq!((counts.unpublished, counts.refused), (2, 1));
    let row = |id: &str, attempts, last_error: &str, set_aside, published_at| OutboxRow {
        stream: stream(id),
        version: 1,
        event_id: crate::seal::event_id(id, 1),
        detail_type: "Offer Received".to_owned(),
        recorded_at: NOW,
        set_aside,
        published_at,
        attempts,
        last_error: last_error.to_owned(),
    };
    let expected = [
        row("offer/again", 4, "it is still away", false, None),
        row("offer/done", 4, "", false, Some(NOW + 9)),
        row("offer/never", 2, "it is too large", true, None),
        row("offer/other", 0, "", false, None),
    ];
    assert_eq!(read.outbox(None, 9).await.expect("the outbox"), expected);
    drop(read);
    // With a conflict in the same transaction, nothing of it stays.
    let taken = all(vec![public("offer/other", 1, NOW, false)]);
    let both = Writes { marks: vec![mark("offer/other", 1, failed("late"))], ..taken };
    assert!(try_write(store, &both).await.is_err());
    let mut read = store.snapshot().await.expect("a snapshot");
    assert_eq!(read.outbox(None, 9).await.expect("the outbox"), expected);
}
