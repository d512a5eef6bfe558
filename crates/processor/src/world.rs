//! The streams that one transaction reads and writes, with what it appends to each.

use std::collections::{BTreeMap, BTreeSet};

use deal::effects::Part;
use deal::event::{Event, SCHEMA};
use deal::facts::Facts;
use deal::forward::overflowed;
use deal::judge::News;
use deal::key::{Key, KeyQuery};
use deal::lattice::Join as _;
use deal::moment::Moment;
use deal::state::{FOLD, State};
use deal::stream::StreamId;
use ledger::folding;
use ledger::row::{Cause, EventRow, KeyChange, NewOutbox, StreamRow, StreamWrite, Writes};
use ledger::seal::{GENESIS, event_id, seal};
use ledger::store::{Snapshot, StoreError, Transaction};
use marketplace::digest::Digest;

/// Why something is appended, and when that happened in the world.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reason {
    pub(crate) cause: Cause,
    pub(crate) at: Moment,
}

/// One stream as read, as it is now, and what is appended to it.
#[derive(Debug)]
pub(crate) struct Entry {
    row: Option<StreamRow>,
    /// The state as it was read, once it is another.
    before: Option<State>,
    pub(crate) state: State,
    appended: Vec<(Event, Reason)>,
    /// Its row is written even if nothing is appended: it is a lock, or it was due.
    touched: bool,
    /// Its facts changed, for this reason.
    changed: Option<Reason>,
}

impl Entry {
    /// The state as it was read.
    pub(crate) fn before(&self) -> &State {
        self.before.as_ref().unwrap_or(&self.state)
    }

    /// Keeps the state as it was read: it is about to change. Most of what is read does not.
    fn keep(&mut self) {
        if self.before.is_none() {
            self.before = Some(self.state.clone());
        }
    }

    /// The facts after each time that it learned something, with what taught it: the last ones are those of its state.
    pub(crate) fn learned(&self) -> Vec<(Facts, &Reason)> {
        let mut facts = self.before().facts.clone();
        let taught = self.appended.iter().filter_map(|(event, reason)| match event {
            Event::Facts { facts, .. } => Some((facts, reason)),
            Event::Public(_) | Event::Pending(_) => None,
        });
        let joined = taught.map(|(said, reason)| {
            facts.join(said);
            (facts.clone(), reason)
        });
        joined.collect()
    }

    /// Whether its facts changed.
    pub(crate) fn is_changed(&self) -> bool {
        self.changed.is_some()
    }
}

/// Every stream that this transaction knows.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) now: Moment,
    entries: BTreeMap<StreamId, Entry>,
    found: BTreeMap<KeyQuery, Hits>,
    /// What those are told of whom a stream names too many, with what taught it.
    overflowed: Vec<(Part, Reason)>,
}

/// What a key query finds: the keys' `hi` and the streams.
pub(crate) type Hits = Vec<(i64, StreamId)>;

/// Events read at once when a stream is folded anew.
const PAGE: u32 = 500;

impl World {
    pub(crate) fn new(now: Moment) -> Self {
        Self { now, entries: BTreeMap::new(), found: BTreeMap::new(), overflowed: Vec::new() }
    }

    /// Reads the streams that are not known yet, in one round trip. One that does not exist is a stream without events.
    pub(crate) async fn load(
        &mut self,
        tx: &mut dyn Snapshot,
        ids: impl IntoIterator<Item = StreamId>,
    ) -> Result<(), StoreError> {
        let missing: BTreeSet<StreamId> =
            ids.into_iter().filter(|id| !self.entries.contains_key(id)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let wanted: Vec<StreamId> = missing.iter().cloned().collect();
        for row in tx.streams(&wanted).await? {
            let state = read_state(tx, &row).await?;
            self.insert(row.stream.clone(), Some(row), state);
        }
        for id in missing {
            if !self.entries.contains_key(&id) {
                let state = State::none(id.kind());
                self.insert(id, None, state);
            }
        }
        Ok(())
    }

    fn insert(&mut self, id: StreamId, row: Option<StreamRow>, state: State) {
        let appended = Vec::new();
        let entry = Entry { row, before: None, state, appended, touched: false, changed: None };
        self.entries.insert(id, entry);
    }

    /// Looks keys up in one round trip: those that this transaction has not looked up yet, each once.
    pub(crate) async fn find(
        &mut self,
        tx: &mut dyn Transaction,
        queries: &[KeyQuery],
    ) -> Result<Vec<Hits>, StoreError> {
        let new = queries.iter().filter(|query| !self.found.contains_key(query));
        let new: BTreeSet<&KeyQuery> = new.collect();
        if !new.is_empty() {
            let new: Vec<KeyQuery> = new.into_iter().cloned().collect();
            let hits = tx.find(&new).await?;
            self.found.extend(new.into_iter().zip(hits));
        }
        let hits = |query| self.found.get(query).cloned().unwrap_or_default();
        Ok(queries.iter().map(hits).collect())
    }

    /// A stream that was loaded.
    pub(crate) fn get(&self, id: &StreamId) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// Every loaded stream, in the order of their ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&StreamId, &Entry)> {
        self.entries.iter()
    }

    /// Streams whose facts changed.
    pub(crate) fn changed(&self) -> impl Iterator<Item = (&StreamId, &Entry)> {
        self.iter().filter(|(_, entry)| entry.is_changed())
    }

    /// Why a stream's facts changed.
    pub(crate) fn reason(&self, id: &StreamId) -> Option<&Reason> {
        self.entries.get(id).and_then(|entry| entry.changed.as_ref())
    }

    /// Appends facts to a loaded stream if they teach something. Facts that are known already leave no event.
    pub(crate) fn learn(&mut self, id: &StreamId, slug: &str, facts: Facts, reason: &Reason) {
        let Some(entry) = self.entries.get_mut(id) else { return };
        let mut joined = entry.state.facts.clone();
        joined.join(&facts);
        let told = overflowed(&entry.state.facts, &facts, &joined).into_iter();
        self.overflowed.extend(told.map(|part| (part, reason.clone())));
        if joined != entry.state.facts {
            entry.keep();
            entry.state.facts = joined;
            entry.appended.push((Event::Facts { slug: slug.to_owned(), facts }, reason.clone()));
            entry.changed = Some(reason.clone());
        }
    }

    /// What is to be told because too many were named since this was asked.
    pub(crate) fn take_overflowed(&mut self) -> Vec<(Part, Reason)> {
        std::mem::take(&mut self.overflowed)
    }

    /// Appends public events to a loaded stream.
    pub(crate) fn publish(&mut self, id: &StreamId, news: News, reason: &Reason) {
        for (event, at) in news {
            let reason = Reason { cause: reason.cause.clone(), at };
            self.append(id, Event::Public(event), reason);
        }
    }

    /// Appends an event to a loaded stream.
    pub(crate) fn append(&mut self, id: &StreamId, event: Event, reason: Reason) {
        let now = self.now;
        let Some(entry) = self.entries.get_mut(id) else { return };
        entry.keep();
        entry.state.fold(&event, now);
        entry.appended.push((event, reason));
    }

    /// The stream's row will be written even if nothing is appended.
    pub(crate) fn touch(&mut self, id: &StreamId) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.touched = true;
        }
    }

    /// The time at which a stream is judged: now, but never earlier than it was judged before.
    pub(crate) fn judging_time(&self, id: &StreamId) -> Moment {
        #[cfg(feature = "planted")]
        if deal::planted::stands(deal::planted::Planted::JudgedEarlier) {
            return self.now;
        }
        self.get(id).map_or(self.now, |entry| entry.before().concluded.judged_at.max(self.now))
    }

    /// Seals what was appended and writes down every stream that is different.
    pub(crate) fn write(self, backfill: bool, writes: &mut Writes) -> Result<(), StoreError> {
        let now = self.now;
        for (id, entry) in self.entries {
            if !entry.appended.is_empty() || entry.touched {
                write_stream(id, entry, now, backfill, writes)?;
            }
        }
        Ok(())
    }
}

/// A stream's state: as stored, or folded anew if an older version of the folding code wrote it.
pub(crate) async fn read_state(
    tx: &mut dyn Snapshot,
    row: &StreamRow,
) -> Result<State, StoreError> {
    if row.fold > FOLD {
        return Err(StoreError::Schema { found: i64::from(row.fold), wanted: i64::from(FOLD) });
    }
    if row.fold == FOLD {
        return State::from_json(row.stream.kind(), &row.facts, &row.concluded)
            .map_err(|_| inconsistent("streams", "facts", row.stream.as_str()));
    }
    let mut state = State::none(row.stream.kind());
    let mut next = 1;
    loop {
        let events = tx.events(&row.stream, next, PAGE).await?;
        let Some(last) = events.last().map(|event| event.version) else { return Ok(state) };
        for event in &events {
            state.fold(&folding::read(event)?, Moment::from_micros(event.recorded_at));
        }
        next = last.saturating_add(1);
    }
}

fn inconsistent(table: &'static str, column: &'static str, key: &str) -> StoreError {
    StoreError::Inconsistent { table, column, key: key.to_owned() }
}

fn write_stream(
    id: StreamId,
    mut entry: Entry,
    now: Moment,
    backfill: bool,
    writes: &mut Writes,
) -> Result<(), StoreError> {
    let recorded = entry.before().concluded.judged_at.max(now);
    if !entry.appended.is_empty() {
        entry.state.concluded.judged_at = entry.state.concluded.judged_at.max(recorded);
    }
    let last = entry.row.as_ref().map_or((0, GENESIS), |row| (row.version, row.head));
    let appended = std::mem::take(&mut entry.appended);
    let (version, head) = seal_all(&id, appended, last, recorded, backfill, writes)?;
    let changed = entry.before.as_ref();
    writes.keys.extend(changed.and_then(|before| key_change(&id, before, &entry.state)));
    let read_touched = entry.row.as_ref().map(|row| row.touched);
    let (facts, concluded) = match entry.row.filter(|row| row.fold == FOLD) {
        // Only locked: what it says is as it was read.
        Some(row) if entry.before.is_none() => (row.facts, row.concluded),
        _ => {
            let concluded = serde_json::to_string(&entry.state.concluded);
            (entry.state.facts.to_json().map_err(unwritable)?, concluded.map_err(unwritable)?)
        }
    };
    let row = StreamRow {
        version,
        touched: read_touched.unwrap_or(0).saturating_add(1),
        head,
        fold: FOLD,
        facts,
        concluded,
        due_at: entry.state.due_at(recorded).map(Moment::micros),
        stream: id,
    };
    writes.streams.push(StreamWrite { row, read_touched });
    Ok(())
}

/// Seals what is appended to a stream after its last (version, hash); public events go to the outbox too. Returns the
/// new last ones.
fn seal_all(
    id: &StreamId,
    appended: Vec<(Event, Reason)>,
    (mut version, mut head): (i64, Digest),
    recorded: Moment,
    backfill: bool,
    writes: &mut Writes,
) -> Result<(i64, Digest), StoreError> {
    for (event, reason) in appended {
        version = version.saturating_add(1);
        let event_id = event_id(id.as_str(), version);
        if let Event::Public(public) = &event {
            writes.outbox.push(NewOutbox {
                stream: id.clone(),
                version,
                event_id: event_id.clone(),
                detail_type: public.detail_type().to_owned(),
                recorded_at: recorded.micros(),
                set_aside: backfill,
            });
        }
        let mut row = EventRow {
            stream: id.clone(),
            version,
            event_id,
            kind: event.kind(),
            schema: SCHEMA,
            payload: event.to_json().map_err(unwritable)?,
            cause: reason.cause.to_string(),
            occurred_at: reason.at.micros(),
            recorded_at: recorded.micros(),
            previous: head,
            hash: GENESIS,
        };
        row.hash = seal(&row);
        head = row.hash;
        writes.events.push(row);
    }
    Ok((version, head))
}

fn unwritable(source: serde_json::Error) -> StoreError {
    StoreError::Failed { attempt: "writing a stream as JSON", source: Box::new(source) }
}

fn key_change(id: &StreamId, before: &State, after: &State) -> Option<KeyChange> {
    let (old, new) = (before.keys(), after.keys());
    let removed: Vec<Key> = old.difference(&new).cloned().collect();
    let added: Vec<Key> = new.difference(&old).cloned().collect();
    let differs = !(removed.is_empty() && added.is_empty());
    differs.then(|| KeyChange { stream: id.clone(), removed, added })
}
