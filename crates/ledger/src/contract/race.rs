//! Several transactions at once.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use super::rows::{conflicts, event, new, next, row, stream, streams, try_write, write};
use crate::row::{StreamRow, StreamWrite, Writes};
use crate::store::{Store, StoreError};

type Task<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Runs all at once, on the caller's task: they take turns wherever they wait.
async fn together<T>(tasks: Vec<Task<'_, T>>) -> Vec<T> {
    let mut tasks: Vec<_> = tasks.into_iter().map(|task| (Some(task), None)).collect();
    poll_fn(|context| {
        for (task, done) in &mut tasks {
            if let Some(Poll::Ready(value)) = task.as_mut().map(|task| task.as_mut().poll(context))
            {
                (*task, *done) = (None, Some(value));
            }
        }
        if tasks.iter().all(|(task, _)| task.is_none()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    tasks.into_iter().filter_map(|(_, done)| done).collect()
}

/// Lets the others have a turn.
async fn turn() {
    let mut waited = false;
    poll_fn(|context| {
        if waited {
            return Poll::Ready(());
        }
        waited = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

async fn touched(store: &dyn Store, id: &str) -> i64 {
    let mut read = store.snapshot().await.expect("a snapshot");
    let rows = read.streams(&[stream(id)]).await.expect("streams");
    rows.first().map_or(0, |row| row.touched)
}

/// A snapshot goes on showing its moment while others write, and does not keep them from it.
pub async fn readers_see_one_moment(store: &dyn Store) {
    write(store, &streams(vec![new("offer/a")])).await;
    let mut read = store.snapshot().await.expect("a snapshot");
    let before = read.page(None, None, 9).await.expect("streams");
    write(store, &streams(vec![next("offer/a", 1), new("offer/b")])).await;
    assert_eq!(read.page(None, None, 9).await.expect("streams"), before);
    assert_eq!(read.streams(&[stream("offer/b")]).await.expect("streams"), []);
    drop(read);
    assert_eq!(touched(store, "offer/a").await, 2);
}

/// What has nothing in common does not conflict.
pub async fn writers_of_different_streams_both_commit(store: &dyn Store) {
    write(store, &streams(vec![new("offer/a"), new("offer/b")])).await;
    let tasks = ["offer/a", "offer/b"].map(|id| -> Task<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let mut transaction = store.begin().await?;
            let rows = transaction.streams(&[stream(id)]).await?;
            turn().await;
            assert_eq!(rows, [row(id, 1)]);
            transaction.write(&streams(vec![next(id, 1)])).await?;
            transaction.commit().await
        })
    });
    for result in together(tasks.into()).await {
        assert!(result.is_ok(), "{result:?}");
    }
}

/// Two who read a lock at the same `touched` and write it: the later one conflicts, whatever else they write.
pub async fn stale_reader_of_a_lock_conflicts(store: &dyn Store) {
    write(store, &streams(vec![new("offer/a"), new("offer/b"), new("partner/p")])).await;
    let first = try_write(store, &streams(vec![next("offer/a", 1), next("partner/p", 1)])).await;
    let second = try_write(store, &streams(vec![next("offer/b", 1), next("partner/p", 1)])).await;
    assert!(first.is_ok(), "{first:?}");
    assert!(conflicts(&second), "{second:?}");
    assert_eq!(touched(store, "offer/b").await, 1);
}

/// Takes the only place in one of two streams, if both are free, and touches the lock with it.
async fn take_the_place(store: &dyn Store, mine: &str) -> Result<bool, StoreError> {
    let mut transaction = store.begin().await?;
    let ids = [stream("offer/a"), stream("offer/b"), stream("partner/p")];
    let rows = transaction.streams(&ids[..2]).await?;
    turn().await;
    let lock = transaction.streams(&ids[2..]).await?;
    turn().await;
    let lock = lock.first().map_or(0, |row| row.touched);
    let free = rows.iter().all(|row| row.touched == 1);
    let mut writes = vec![next("partner/p", lock)];
    if free {
        writes.insert(0, next(mine, 1));
    }
    transaction.write(&streams(writes)).await?;
    turn().await;
    transaction.commit().await?;
    Ok(free)
}

/// Two transactions that read what the other writes, and touch one lock: never do both commit on what they read.
pub async fn shared_lock_stops_write_skew(store: &dyn Store) {
    write(store, &streams(vec![new("offer/a"), new("offer/b"), new("partner/p")])).await;
    let tasks: [Task<'_, _>; 2] =
        [Box::pin(take_the_place(store, "offer/a")), Box::pin(take_the_place(store, "offer/b"))];
    let results = together(tasks.into()).await;
    let took = results.iter().filter(|result| matches!(result, Ok(true))).count();
    assert_eq!(took, 1, "{results:?}");
    for result in results {
        assert!(matches!(result, Ok(_) | Err(StoreError::Conflict { .. })), "{result:?}");
    }
    assert_eq!(touched(store, "offer/a").await + touched(store, "offer/b").await, 3);
}

async fn append(store: &dyn Store, id: &str) -> Result<(), StoreError> {
    let mut transaction = store.begin().await?;
    let read = transaction.streams(&[stream(id)]).await?.into_iter().next();
    turn().await;
    let read_touched = read.as_ref().map(|row| row.touched);
    let version = read.map_or(0, |row| row.version) + 1;
    let row = StreamRow { version, ..row(id, read_touched.unwrap_or(0) + 1) };
    let writes = Writes {
        events: vec![event(id, version)],
        streams: vec![StreamWrite { row, read_touched }],
        ..Writes::default()
    };
    transaction.write(&writes).await?;
    turn().await;
    transaction.commit().await
}

/// Eight writers of one stream, which try again after a conflict, leave contiguous versions.
pub async fn eight_writers_append_without_gaps(store: &dyn Store) {
    let tasks = (0..8).map(|_| -> Task<'_, ()> {
        Box::pin(async move {
            for _ in 0..10 {
                loop {
                    match append(store, "agreement/agmt-1").await {
                        Ok(()) => break,
                        Err(StoreError::Conflict { .. }) => turn().await,
                        Err(error) => panic!("{error:?}"),
                    }
                }
            }
        })
    });
    together(tasks.collect()).await;
    let mut read = store.snapshot().await.expect("a snapshot");
    let events = read.events(&stream("agreement/agmt-1"), 1, 999).await.expect("events");
    let versions: Vec<_> = events.iter().map(|row| row.version).collect();
    assert_eq!(versions, (1..=80).collect::<Vec<_>>());
    assert_eq!(touched(store, "agreement/agmt-1").await, 80);
}
