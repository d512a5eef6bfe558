//! Applying a transaction's writes, or nothing: each change remembers how it is undone.

use std::collections::btree_map::{BTreeMap, Entry};
use std::mem;

use deal::key::Key;
use deal::stream::StreamId;
use marketplace::digest::Digest;

use super::Step;
use super::state::{Held, Spot, State};
#[cfg(feature = "planted")]
use crate::row::StreamRow;
use crate::row::{Mark, NewDelivery, NewNotification, NewOutcome, OutboxRow, StreamWrite, Writes};
use crate::store::{InboxChange, KeyRow, StoreError};

type Undo = Box<dyn FnOnce(&mut State)>;

struct Change<'a> {
    state: &'a mut State,
    undo: Vec<Undo>,
    spots: Vec<Spot>,
}

/// Applies all steps, or none of them and says why.
pub(super) fn apply(state: &mut State, steps: Vec<Step>) -> Result<(), StoreError> {
    let commit = state.commits.saturating_add(1);
    let mut change = Change { state, undo: Vec::new(), spots: Vec::new() };
    for step in steps {
        let done = match step {
            Step::Clear => {
                change.clear(commit);
                Ok(())
            }
            Step::Write(writes) => change.write(*writes),
        };
        if let Err(error) = done {
            let Change { state, undo, .. } = change;
            undo.into_iter().rev().for_each(|undo| undo(state));
            return Err(error);
        }
    }
    let Change { state, spots, .. } = change;
    state.commits = commit;
    state.changes.extend(spots.into_iter().map(|spot| (spot, commit)));
    Ok(())
}

fn conflict(what: &Spot) -> StoreError {
    StoreError::Conflict { what: what.to_string() }
}

/// Inserts unless the key is taken.
fn insert<K: Ord, V>(rows: &mut BTreeMap<K, V>, key: K, value: V) -> bool {
    match rows.entry(key) {
        Entry::Occupied(_) => false,
        Entry::Vacant(entry) => {
            entry.insert(value);
            true
        }
    }
}

impl Change<'_> {
    fn undo(&mut self, undo: impl FnOnce(&mut State) + 'static) {
        self.undo.push(Box::new(undo));
    }

    fn clear(&mut self, commit: u64) {
        let streams = mem::take(&mut self.state.streams);
        let due = mem::take(&mut self.state.due);
        let groups = mem::take(&mut self.state.groups);
        let keys = mem::take(&mut self.state.keys);
        let cleared = mem::replace(&mut self.state.cleared, commit);
        self.undo(move |state| {
            (state.streams, state.due, state.groups, state.keys) = (streams, due, groups, keys);
            state.cleared = cleared;
        });
    }

    fn write(&mut self, writes: Writes) -> Result<(), StoreError> {
        for row in writes.notifications {
            self.notification(row)?;
        }
        for row in writes.deliveries {
            self.delivery(row)?;
        }
        self.outcomes(&writes.outcomes)?;
        for row in writes.events {
            let key = (row.stream.clone(), row.version);
            if !insert(&mut self.state.events, key.clone(), row) {
                return Err(conflict(&Spot::Stream(key.0)));
            }
            self.spots.push(Spot::Stream(key.0.clone()));
            self.undo(move |state| {
                let _ = state.events.remove(&key);
            });
        }
        for write in writes.streams {
            self.stream(write)?;
        }
        for change in writes.keys {
            change.removed.into_iter().for_each(|key| self.remove_key(&change.stream, key));
            for key in change.added {
                self.add_key(&change.stream, key)?;
            }
        }
        for row in writes.outbox {
            let key = (row.stream.clone(), row.version);
            let row = OutboxRow {
                stream: row.stream,
                version: row.version,
                event_id: row.event_id,
                detail_type: row.detail_type,
                recorded_at: row.recorded_at,
                set_aside: row.set_aside,
                published_at: None,
                attempts: 0,
                last_error: String::new(),
            };
            if !insert(&mut self.state.outbox, key.clone(), row) {
                return Err(taken("the outbox"));
            }
            self.undo(move |state| {
                let _ = state.outbox.remove(&key);
            });
        }
        for digest in writes.erased {
            self.erase(digest);
        }
        writes.marks.into_iter().for_each(|mark| self.mark(mark));
        Ok(())
    }

    fn delivery(&mut self, row: NewDelivery) -> Result<(), StoreError> {
        let key = (row.envelope_id.clone(), row.slot);
        if !key.0.is_empty() {
            let spot = Spot::Envelope(key.0.clone());
            if !insert(&mut self.state.arrivals, key.clone(), row.digest) {
                return Err(conflict(&spot));
            }
            self.spots.push(spot);
            self.undo(move |state| {
                let _ = state.arrivals.remove(&key);
            });
        }
        let (id, spot) = (row.id.clone(), Spot::Delivery(row.id.clone()));
        if !insert(&mut self.state.deliveries, id.clone(), row) {
            return Err(conflict(&spot));
        }
        self.spots.push(spot);
        self.undo(move |state| {
            let _ = state.deliveries.remove(&id);
        });
        Ok(())
    }

    fn mark(&mut self, mark: Mark) {
        let key = (mark.stream, mark.version);
        let Some(row) = self.state.outbox.get_mut(&key) else { return };
        if row.published_at.is_some() {
            return;
        }
        let before = row.clone();
        row.published_at = mark.result.published_at();
        row.attempts = row.attempts.saturating_add(mark.attempts);
        mark.result.error().clone_into(&mut row.last_error);
        row.set_aside |= mark.result.is_final();
        self.undo(move |state| {
            state.outbox.insert(key, before);
        });
    }

    fn notification(&mut self, row: NewNotification) -> Result<(), StoreError> {
        let (digest, key) = (row.digest, (row.envelope_id.clone(), row.slot));
        if !key.0.is_empty() {
            let spot = Spot::Envelope(key.0.clone());
            if !insert(&mut self.state.envelopes, key.clone(), digest) {
                return Err(conflict(&spot));
            }
            self.spots.push(spot);
            self.undo(move |state| {
                let _ = state.envelopes.remove(&key);
            });
        }
        let size = i64::try_from(row.body.len()).unwrap_or(i64::MAX);
        let held = Held { row, size, erased: false };
        if !insert(&mut self.state.notifications, digest, held) {
            return Err(conflict(&Spot::Notification(digest)));
        }
        self.spots.push(Spot::Notification(digest));
        self.undo(move |state| {
            let _ = state.notifications.remove(&digest);
        });
        Ok(())
    }

    fn outcomes(&mut self, outcomes: &[NewOutcome]) -> Result<(), StoreError> {
        for row in outcomes {
            let key = (row.digest, row.number);
            if !insert(&mut self.state.outcomes, key, row.clone()) {
                return Err(conflict(&Spot::Notification(row.digest)));
            }
            self.spots.push(Spot::Notification(row.digest));
            self.undo(move |state| {
                let _ = state.outcomes.remove(&key);
            });
        }
        let InboxChange { removed, added } = InboxChange::of(outcomes);
        for digest in removed {
            let Some(entry) = self.state.inbox.remove(&digest) else { continue };
            self.state.waiting.remove(&(entry.1.clone(), digest));
            self.touch_waiting(digest, &entry.1);
            self.undo(move |state| {
                if !entry.1.is_empty() {
                    state.waiting.insert((entry.1.clone(), digest));
                }
                state.inbox.insert(digest, entry);
            });
        }
        for row in added {
            let (digest, waits_for) = (row.digest, row.waits_for.clone());
            self.state.inbox.insert(digest, (row.outcome, waits_for.clone()));
            if !waits_for.is_empty() {
                self.state.waiting.insert((waits_for.clone(), digest));
            }
            self.touch_waiting(digest, &waits_for);
            self.undo(move |state| {
                state.inbox.remove(&digest);
                state.waiting.remove(&(waits_for, digest));
            });
        }
        Ok(())
    }

    /// Whoever read that a notification waits, or what waits for something, reads it differently now.
    fn touch_waiting(&mut self, digest: Digest, waits_for: &str) {
        self.spots.push(Spot::WaitsFor(waits_for.to_owned()));
        let envelope = self.state.notifications.get(&digest).map(|held| &held.row.envelope_id);
        self.spots.extend(envelope.cloned().map(Spot::Envelope));
    }

    fn stream(&mut self, write: StreamWrite) -> Result<(), StoreError> {
        let StreamWrite { row, read_touched } = write;
        let id = row.stream.clone();
        let old = self.state.streams.get(&id);
        let overtaken = old.map(|old| old.touched) != read_touched;
        #[cfg(feature = "planted")]
        if let Some(old) = old.filter(|_| overtaken)
            && deal::planted::stands(deal::planted::Planted::WriteSkew)
        {
            // What is appended by two conflicts all the same; a row that is only a lock does not hold.
            let touched = old.touched.saturating_add(1);
            let row = if old.version < row.version { row } else { old.clone() };
            let write =
                StreamWrite { row: StreamRow { touched, ..row }, read_touched: Some(old.touched) };
            return self.stream(write);
        }
        if overtaken {
            return Err(conflict(&Spot::Stream(id)));
        }
        let due = row.due_at.map(|at| (at, id.clone()));
        if let Some(due) = old.and_then(|old| old.due_at).map(|at| (at, id.clone())) {
            self.state.due.remove(&due);
        }
        self.state.due.extend(due.clone());
        let old = self.state.streams.insert(id.clone(), row);
        self.spots.push(Spot::Stream(id.clone()));
        self.undo(move |state| {
            if let Some(due) = due {
                state.due.remove(&due);
            }
            let Some(old) = old else {
                state.streams.remove(&id);
                return;
            };
            state.due.extend(old.due_at.map(|at| (at, id.clone())));
            state.streams.insert(id, old);
        });
        Ok(())
    }

    fn remove_key(&mut self, stream: &StreamId, key: Key) {
        if remove_key(self.state, stream, &key) {
            self.spots.push(Spot::Key(key.kind, key.value.clone()));
            let stream = stream.clone();
            self.undo(move |state| {
                let _ = add_key(state, &stream, &key);
            });
        }
    }

    fn add_key(&mut self, stream: &StreamId, key: Key) -> Result<(), StoreError> {
        if !add_key(self.state, stream, &key) {
            return Err(taken("the keys"));
        }
        self.spots.push(Spot::Key(key.kind, key.value.clone()));
        let stream = stream.clone();
        self.undo(move |state| {
            let _ = remove_key(state, &stream, &key);
        });
        Ok(())
    }

    fn erase(&mut self, digest: Digest) {
        let Some(held) = self.state.notifications.get_mut(&digest) else { return };
        let body = mem::take(&mut held.row.body);
        let erased = mem::replace(&mut held.erased, true);
        self.spots.push(Spot::Notification(digest));
        self.undo(move |state| {
            if let Some(held) = state.notifications.get_mut(&digest) {
                (held.row.body, held.erased) = (body, erased);
            }
        });
    }
}

/// A row that follows from others is there already: the ledger is out of step with itself.
fn taken(what: &str) -> StoreError {
    StoreError::Failed { attempt: "writing rows", source: format!("{what} hold the row").into() }
}

fn key_row(stream: &StreamId, key: &Key) -> KeyRow {
    let (kind, value) = (key.kind.word().to_owned(), key.value.clone());
    KeyRow { stream: stream.clone(), kind, value, lo: key.lo, hi: key.hi }
}

fn add_key(state: &mut State, stream: &StreamId, key: &Key) -> bool {
    let group = state.groups.entry((key.kind, key.value.clone())).or_default();
    group.insert((key.hi, stream.to_string(), key.lo), stream.clone());
    state.keys.insert(key_row(stream, key))
}

fn remove_key(state: &mut State, stream: &StreamId, key: &Key) -> bool {
    if let Entry::Occupied(mut group) = state.groups.entry((key.kind, key.value.clone())) {
        group.get_mut().remove(&(key.hi, stream.to_string(), key.lo));
        if group.get().is_empty() {
            group.remove();
        }
    }
    state.keys.remove(&key_row(stream, key))
}
