//! One stream: its events one after the other, then its row and its keys.

use std::collections::BTreeSet;

use deal::event::{Event, EventError};
use deal::moment::Moment;
use deal::state::{FOLD, State};
use deal::stream::StreamId;
use marketplace::digest::Digest;

use super::{FaultKind, Report, Subject};
use crate::row::{EventRow, StreamRow};
use crate::seal::{GENESIS, event_id, seal};
use crate::store::KeyRow;

/// What the events seen so far say of their stream.
pub(crate) struct Chain {
    stream: StreamId,
    version: i64,
    head: Digest,
    /// `None` once an event could not be read: what follows from it cannot be told.
    state: Option<State>,
}

impl Chain {
    pub(crate) fn new(stream: StreamId) -> Self {
        let state = Some(State::none(stream.kind()));
        Self { stream, version: 0, head: GENESIS, state }
    }

    /// What the events seen so far fold to, unless one of them could not be read.
    pub(crate) const fn state(&self) -> Option<&State> {
        self.state.as_ref()
    }

    /// Takes in the next event.
    pub(crate) fn event(&mut self, event: &EventRow, report: &mut Report) {
        let subject = || Subject::Event(event.stream.clone(), event.version);
        let computed = seal(event);
        if computed != event.hash {
            let detail = format!("its hash is {}, its columns hash to {computed}", event.hash);
            report.fault(FaultKind::Seal, subject(), detail);
        }
        let expected = self.version.saturating_add(1);
        if event.version != expected {
            let detail = format!("version {expected} should come next");
            report.fault(FaultKind::Versions, subject(), detail);
        } else if event.previous != self.head {
            let detail = format!(
                "it names {} as the hash before it, which is {}",
                event.previous, self.head
            );
            report.fault(FaultKind::Chain, subject(), detail);
        }
        let derived = event_id(event.stream.as_str(), event.version);
        if event.event_id != derived {
            let detail = format!("its id is `{}`, it should be `{derived}`", event.event_id);
            report.fault(FaultKind::EventId, subject(), detail);
        }
        self.fold(event, report);
        self.version = event.version;
        self.head = event.hash;
    }

    fn fold(&mut self, event: &EventRow, report: &mut Report) {
        match Event::read(self.stream.kind(), &event.kind, event.schema, &event.payload) {
            Ok(read) => {
                if let Some(state) = &mut self.state {
                    state.fold(&read, Moment::from_micros(event.recorded_at));
                }
            }
            Err(error) => {
                let kind = match &error {
                    EventError::UnknownKind { .. } => FaultKind::EventNewer,
                    EventError::Outdated { .. } | EventError::Payload { .. } => {
                        FaultKind::EventUnreadable
                    }
                };
                let subject = Subject::Event(event.stream.clone(), event.version);
                report.fault(kind, subject, error.to_string());
                self.state = None;
            }
        }
    }

    /// Holds the stream's row and keys against its events.
    pub(super) fn finish(
        self,
        row: Option<StreamRow>,
        keys: &BTreeSet<KeyRow>,
        report: &mut Report,
    ) {
        let subject = || Subject::Stream(self.stream.clone());
        match &row {
            None if self.version > 0 => {
                let detail = format!("{} events, and no row", self.version);
                report.fault(FaultKind::StreamRow, subject(), detail);
            }
            None => {}
            Some(row) => self.row(row, report),
        }
        let Some(state) = &self.state else { return };
        match row {
            Some(row) if row.fold < FOLD => self.older(&row, state, keys, report),
            Some(row) if row.fold > FOLD => {
                let fold = row.fold;
                let detail = format!("its facts have version {fold}, this program folds {FOLD}");
                report.fault(FaultKind::FoldNewer, subject(), detail);
            }
            _ => self.keys(state, keys, report),
        }
    }

    /// Who folded it last had another version, or somebody says so: what differs may be either.
    fn older(&self, row: &StreamRow, state: &State, keys: &BTreeSet<KeyRow>, report: &mut Report) {
        let concluded = serde_json::to_string(&state.concluded).ok();
        let differs = difference(&row.facts, state.facts.to_json().ok())
            .or_else(|| difference(&row.concluded, concluded))
            .is_some();
        if differs || self.expected(state) != *keys {
            report.stale = report.stale.saturating_add(1);
        }
    }

    fn row(&self, row: &StreamRow, report: &mut Report) {
        let subject = || Subject::Stream(self.stream.clone());
        if row.version != self.version {
            let detail = format!(
                "its row has version {}, its last event has version {}",
                row.version, self.version
            );
            report.fault(FaultKind::Version, subject(), detail);
        }
        if row.head != self.head {
            let detail =
                format!("its row has head {}, its last event has hash {}", row.head, self.head);
            report.fault(FaultKind::Head, subject(), detail);
        }
        let Some(state) = self.state.as_ref().filter(|_| row.fold == FOLD) else { return };
        if let Some(detail) = difference(&row.facts, state.facts.to_json().ok()) {
            report.fault(FaultKind::Facts, subject(), detail);
        }
        let concluded = serde_json::to_string(&state.concluded).ok();
        if let Some(detail) = difference(&row.concluded, concluded) {
            report.fault(FaultKind::Concluded, subject(), detail);
        }
    }

    /// The keys that a state has.
    fn expected(&self, state: &State) -> BTreeSet<KeyRow> {
        let key = |key: deal::key::Key| KeyRow {
            stream: self.stream.clone(),
            kind: key.kind.word().to_owned(),
            value: key.value,
            lo: key.lo,
            hi: key.hi,
        };
        state.keys().into_iter().map(key).collect()
    }

    fn keys(&self, state: &State, stored: &BTreeSet<KeyRow>, report: &mut Report) {
        let expected = self.expected(state);
        let subject = || Subject::Stream(self.stream.clone());
        let shown =
            |key: &KeyRow| format!("`{}:{}` ({} to {})", key.kind, key.value, key.lo, key.hi);
        for missing in expected.difference(stored) {
            report.fault(FaultKind::KeyMissing, subject(), shown(missing));
        }
        for unknown in stored.difference(&expected) {
            report.fault(FaultKind::KeyUnknown, subject(), shown(unknown));
        }
    }
}

/// How stored JSON differs from the folded one: the names of the fields only, since facts hold legal names.
fn difference(stored: &str, folded: Option<String>) -> Option<String> {
    let Some(folded) = folded else { return Some("what it folds to cannot be written".to_owned()) };
    if stored == folded {
        return None;
    }
    let fields =
        |text: &str| serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).ok();
    let Some((stored, folded)) = fields(stored).zip(fields(&folded)) else {
        return Some("its row holds no JSON object".to_owned());
    };
    let names: BTreeSet<&String> = stored.keys().chain(folded.keys()).collect();
    let differ: Vec<String> = names
        .into_iter()
        .filter(|name| stored.get(*name) != folded.get(*name))
        .map(|name| format!("`{name}`"))
        .collect();
    if differ.is_empty() {
        return Some("the same fields, written in another way".to_owned());
    }
    Some(format!("its row and its events differ in {}", differ.join(", ")))
}
