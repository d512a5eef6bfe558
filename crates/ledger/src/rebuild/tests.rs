use super::{Rebuilt, rebuild};
use crate::memory::MemoryStore;
use crate::row::{StreamRow, StreamWrite, Writes};
use crate::store::{KeyRow, Store, StoreError};
use crate::verify::sample::{LOCK, OFFER, block_on, sample};
use crate::verify::verify;

fn store(writes: &Writes) -> MemoryStore {
    let store = MemoryStore::new();
    let mut tx = block_on(store.begin()).unwrap();
    block_on(tx.write(writes)).unwrap();
    block_on(tx.commit()).unwrap();
    store
}

fn derived(store: &MemoryStore) -> (Vec<StreamRow>, Vec<KeyRow>) {
    let mut snapshot = block_on(store.snapshot()).unwrap();
    let streams = block_on(snapshot.page(None, None, 1_000)).unwrap();
    (streams, block_on(snapshot.all_keys(None, 1_000)).unwrap())
}

#[test]
fn a_rebuilt_ledger_is_equal_byte_for_byte_but_for_its_locks() {
    let ledger = store(&sample().writes);
    let (mut streams, keys) = derived(&ledger);
    streams.retain(|row| row.stream.as_str() != LOCK);
    let rebuilt = block_on(rebuild(&ledger, &mut |_| {})).unwrap();
    assert_eq!(rebuilt, Rebuilt { events: 9, streams: 3, keys: keys.len() as u64 });
    assert_eq!(derived(&ledger), (streams, keys));
}

#[test]
fn a_rebuild_mends_what_is_derived() {
    let mut writes = sample().writes;
    let (streams, keys) = derived(&store(&writes));
    writes.keys.clear();
    writes.streams.retain(|write| write.row.stream.as_str() != OFFER);
    for StreamWrite { row, .. } in &mut writes.streams {
        row.facts = "{}".to_owned();
        row.fold = 0;
    }
    let ledger = store(&writes);
    assert!(!block_on(verify(&ledger, &mut |_| {})).unwrap().is_sound());
    block_on(rebuild(&ledger, &mut |_| {})).unwrap();
    assert!(block_on(verify(&ledger, &mut |_| {})).unwrap().is_sound());
    let locks = streams.iter().filter(|row| row.version == 0).count();
    assert_eq!(derived(&ledger).0.len(), streams.len() - locks);
    assert_eq!(derived(&ledger).1, keys);
}

#[test]
fn what_another_version_wrote_is_left_as_it_is() {
    let mut newer_fold = sample().writes;
    newer_fold.streams[0].row.fold = deal::state::FOLD + 1;
    let mut newer_event = sample().writes;
    newer_event.events[0].schema = deal::event::SCHEMA + 1;
    let mut older_event = sample().writes;
    older_event.events[0].schema = 1;
    for (name, writes) in [("fold", newer_fold), ("event", newer_event), ("older", older_event)] {
        let ledger = store(&writes);
        let before = derived(&ledger);
        let refused = block_on(rebuild(&ledger, &mut |_| {}));
        match name {
            "fold" => assert!(matches!(refused, Err(StoreError::Schema { .. })), "{refused:?}"),
            _ => assert!(matches!(refused, Err(StoreError::EventSchema { .. })), "{refused:?}"),
        }
        assert_eq!(derived(&ledger), before, "{name}");
    }
}

#[test]
fn an_empty_ledger_rebuilds_to_an_empty_one() {
    assert_eq!(block_on(rebuild(&MemoryStore::new(), &mut |_| {})).unwrap(), Rebuilt::default());
}

#[test]
fn the_progress_ends_at_its_total() {
    let mut last = None;
    block_on(rebuild(&store(&sample().writes), &mut |progress| last = Some(progress))).unwrap();
    assert!(last.is_some_and(|last| last.done == last.total && last.total == 9), "{last:?}");
}
