//! Events, streams, keys and outbox, read side by side in the order of their streams.

use std::collections::{BTreeMap, BTreeSet};

use deal::stream::StreamId;
use marketplace::digest::Digest;

use super::anchor::{Against, Listed};
use super::chain::Chain;
use super::cursor::{Cursor, Events, Keys, Outbox, Streams};
use super::{FaultKind, Report, Subject, VerifyError};
use crate::row::{Cause, EventRow, OutboxRow};
use crate::store::{Snapshot, StoreError};
use crate::views::Expected;

/// Causes looked up at once.
const CAUSES: usize = 500;

/// What the type of a public event begins with.
const PUBLIC: &str = "public/";

/// Walks through every stream that any table names.
pub(super) async fn walk(
    snapshot: &mut dyn Snapshot,
    mut against: Option<&mut Against<'_>>,
    views: &mut Expected,
    report: &mut Report,
    progress: &mut dyn FnMut(u64),
) -> Result<(), VerifyError> {
    let mut tables = Tables::new();
    let mut causes = Causes::default();
    while let Some(stream) = tables.first(snapshot).await? {
        let listed = match against.as_deref_mut() {
            Some(against) => against.stream(&stream, report)?,
            None => None,
        };
        tables.stream(snapshot, stream, listed, &mut causes, views, report).await?;
        progress(report.events);
    }
    if let Some(against) = against {
        against.streams_over(report)?;
    }
    causes.look_up(snapshot, report).await?;
    Ok(())
}

struct Tables {
    events: Cursor<Events>,
    streams: Cursor<Streams>,
    keys: Cursor<Keys>,
    outbox: Cursor<Outbox>,
}

impl Tables {
    const fn new() -> Self {
        Self {
            events: Cursor::new(),
            streams: Cursor::new(),
            keys: Cursor::new(),
            outbox: Cursor::new(),
        }
    }

    /// The first stream that any table has a row of next.
    async fn first(&mut self, snapshot: &mut dyn Snapshot) -> Result<Option<StreamId>, StoreError> {
        let heads = [
            self.events.peek(snapshot).await?.map(|row| &row.stream),
            self.streams.peek(snapshot).await?.map(|row| &row.stream),
            self.keys.peek(snapshot).await?.map(|row| &row.stream),
            self.outbox.peek(snapshot).await?.map(|row| &row.stream),
        ];
        Ok(heads.into_iter().flatten().min().cloned())
    }

    async fn stream(
        &mut self,
        snapshot: &mut dyn Snapshot,
        stream: StreamId,
        mut listed: Option<Listed>,
        causes: &mut Causes,
        views: &mut Expected,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        let mut chain = Chain::new(stream.clone());
        let mut waiting = self.next_outbox(snapshot, &stream, report).await?;
        while let Some(event) = self.events.next_of(snapshot, &stream).await? {
            report.events = report.events.saturating_add(1);
            chain.event(&event, report);
            if let Some(listed) = &mut listed {
                listed.event(&event, report);
            }
            while let Some(row) = waiting.take_if(|row| row.version < event.version) {
                unknown(&row, report);
                waiting = self.next_outbox(snapshot, &stream, report).await?;
            }
            let row = waiting.take_if(|row| row.version == event.version);
            if row.is_some() {
                waiting = self.next_outbox(snapshot, &stream, report).await?;
            }
            published(&event, row.as_ref(), report);
            causes.add(snapshot, &event, report).await?;
        }
        if let Some(listed) = listed {
            listed.finish(&stream, report);
        }
        while let Some(row) = waiting {
            unknown(&row, report);
            waiting = self.next_outbox(snapshot, &stream, report).await?;
        }
        let row = self.streams.next_of(snapshot, &stream).await?;
        if let Some(row) = &row {
            report.streams = report.streams.saturating_add(1);
            views.add(&row.stream, &row.facts, &row.concluded);
        }
        let mut keys = BTreeSet::new();
        while let Some(key) = self.keys.next_of(snapshot, &stream).await? {
            report.keys = report.keys.saturating_add(1);
            keys.insert(key);
        }
        chain.finish(row, &keys, report);
        Ok(())
    }

    async fn next_outbox(
        &mut self,
        snapshot: &mut dyn Snapshot,
        stream: &StreamId,
        report: &mut Report,
    ) -> Result<Option<OutboxRow>, StoreError> {
        let row = self.outbox.next_of(snapshot, stream).await?;
        report.outbox = report.outbox.saturating_add(u64::from(row.is_some()));
        Ok(row)
    }
}

/// A row of the outbox without an event.
fn unknown(row: &OutboxRow, report: &mut Report) {
    let subject = Subject::Event(row.stream.clone(), row.version);
    report.fault(FaultKind::OutboxUnknown, subject, "in the outbox, and there is no such event");
}

/// One row in the outbox for each public event, and none for another.
fn published(event: &EventRow, row: Option<&OutboxRow>, report: &mut Report) {
    let subject = || Subject::Event(event.stream.clone(), event.version);
    match (event.kind.strip_prefix(PUBLIC), row) {
        (None, None) => {}
        (Some(_), None) => {
            report.fault(FaultKind::OutboxMissing, subject(), "public, and not in the outbox");
        }
        (None, Some(_)) => {
            let detail = format!("in the outbox, and its type `{}` is not public", event.kind);
            report.fault(FaultKind::OutboxUnknown, subject(), detail);
        }
        (Some(name), Some(row)) => {
            let columns = [
                ("event_id", row.event_id == event.event_id),
                ("detail_type", row.detail_type == name),
                ("recorded_at", row.recorded_at == event.recorded_at),
            ];
            for (column, _) in columns.into_iter().filter(|(_, same)| !same) {
                let detail = format!("the outbox differs from the event in `{column}`");
                report.fault(FaultKind::OutboxDiffers, subject(), detail);
            }
        }
    }
}

/// Notifications that events name as their cause, looked up many at once.
#[derive(Default)]
struct Causes {
    named: BTreeMap<Digest, Vec<Subject>>,
    count: usize,
}

impl Causes {
    async fn add(
        &mut self,
        snapshot: &mut dyn Snapshot,
        event: &EventRow,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        let subject = Subject::Event(event.stream.clone(), event.version);
        match Cause::parse(&event.cause) {
            Some(Cause::Notification(digest)) => {
                self.named.entry(digest).or_default().push(subject);
                self.count = self.count.saturating_add(1);
            }
            Some(Cause::Command(_) | Cause::Time) => {}
            None => {
                let detail = format!("`{}` is no cause", event.cause);
                report.fault(FaultKind::Cause, subject, detail);
            }
        }
        if self.count < CAUSES { Ok(()) } else { self.look_up(snapshot, report).await }
    }

    async fn look_up(
        &mut self,
        snapshot: &mut dyn Snapshot,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        let mut named = std::mem::take(&mut self.named);
        self.count = 0;
        let digests: Vec<Digest> = named.keys().copied().collect();
        for known in snapshot.known(&digests, &[]).await? {
            named.remove(&known.digest);
        }
        for (digest, subjects) in named {
            for subject in subjects {
                let detail = format!("the ledger does not hold its notification {digest}");
                report.fault(FaultKind::Cause, subject, detail);
            }
        }
        Ok(())
    }
}
