//! The rows, and how they are read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Bound::{Excluded, Included, Unbounded};

use deal::key::{KeyKind, KeyQuery};
use deal::stream::{StreamId, StreamKind};
use marketplace::digest::Digest;

use crate::row::{
    Delivered, EventRow, Known, NewDelivery, NewNotification, NewOutcome, NotificationRow,
    OutboxRow, Outcome, OutcomeRow, StoredBody, StreamRow, Unpublished,
};
use crate::store::{Counts, KeyRow, MAX_PARKED};

/// What a read depends on, so that a later read notices that it changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spot {
    Anything,
    Notification(Digest),
    Envelope(String),
    Delivery(String),
    WaitsFor(String),
    Stream(StreamId),
    Key(KeyKind, String),
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anything => f.write_str("the ledger"),
            Self::Notification(digest) => write!(f, "the notification {digest}"),
            Self::Envelope(id) => write!(f, "the notifications of {id}"),
            Self::Delivery(id) => write!(f, "the delivery {id}"),
            Self::WaitsFor(what) => write!(f, "what waits for {what}"),
            Self::Stream(id) => write!(f, "the stream {id}"),
            Self::Key(kind, value) => write!(f, "the keys {} {value}", kind.word()),
        }
    }
}

/// A notification; its body is `None` once erased.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) row: NewNotification,
    pub(super) size: i64,
    pub(super) erased: bool,
}

/// The keys of one kind and value in the order of (`hi`, stream, `lo`).
pub(super) type Group = BTreeMap<(i64, String, i64), StreamId>;

#[derive(Debug, Clone, Default)]
pub(super) struct State {
    /// How many commits there were.
    pub(super) commits: u64,
    /// The last commit that changed each spot.
    pub(super) changes: BTreeMap<Spot, u64>,
    /// The last commit that removed all streams and keys.
    pub(super) cleared: u64,
    pub(super) notifications: BTreeMap<Digest, Held>,
    /// By envelope id and slot, the contents of notifications, and of deliveries.
    pub(super) envelopes: BTreeMap<(String, i32), Digest>,
    pub(super) arrivals: BTreeMap<(String, i32), Digest>,
    pub(super) deliveries: BTreeMap<String, NewDelivery>,
    pub(super) outcomes: BTreeMap<(Digest, i32), NewOutcome>,
    pub(super) inbox: BTreeMap<Digest, (Outcome, String)>,
    pub(super) waiting: BTreeSet<(String, Digest)>,
    pub(super) events: BTreeMap<(StreamId, i64), EventRow>,
    pub(super) streams: BTreeMap<StreamId, StreamRow>,
    pub(super) due: BTreeSet<(i64, StreamId)>,
    pub(super) groups: BTreeMap<(KeyKind, String), Group>,
    pub(super) keys: BTreeSet<KeyRow>,
    pub(super) outbox: BTreeMap<(StreamId, i64), OutboxRow>,
}

pub(super) fn count(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

/// Rows after one (stream, version), in that order.
pub(super) fn rows_after<T: Clone>(
    rows: &BTreeMap<(StreamId, i64), T>,
    after: Option<(&StreamId, i64)>,
    limit: u32,
) -> Vec<T> {
    let from = after.map_or(Unbounded, |(stream, version)| Excluded((stream.clone(), version)));
    rows.range((from, Unbounded)).map(|(_, row)| row.clone()).take(count(limit)).collect()
}

fn size_of<K, V>(rows: &BTreeMap<K, V>) -> i64 {
    i64::try_from(rows.len()).unwrap_or(i64::MAX)
}

fn tally<K: Ord>(of: impl Iterator<Item = K>) -> Vec<(K, i64)> {
    let mut counts = BTreeMap::new();
    for key in of {
        let count: &mut i64 = counts.entry(key).or_default();
        *count = count.saturating_add(1);
    }
    counts.into_iter().collect()
}

impl State {
    /// The last commit that changed a spot, 0 for none.
    pub(super) fn changed(&self, spot: &Spot) -> u64 {
        let own = match spot {
            Spot::Anything => self.commits,
            _ => self.changes.get(spot).copied().unwrap_or(0),
        };
        match spot {
            Spot::Stream(_) | Spot::Key(..) => own.max(self.cleared),
            _ => own,
        }
    }

    pub(super) fn known(&self, digests: &[Digest], envelope_ids: &[String]) -> Vec<Known> {
        let by_digest = digests.iter().map(|digest| (*digest, String::new(), 0));
        let by_id = envelope_ids.iter().filter(|id| !id.is_empty()).flat_map(|id| {
            let under = || (id.clone(), i32::MIN)..=(id.clone(), i32::MAX);
            let all = self.envelopes.range(under()).chain(self.arrivals.range(under()));
            all.map(|((id, slot), digest)| (*digest, id.clone(), *slot))
        });
        let found: BTreeSet<(Digest, String, i32)> = by_digest.chain(by_id).collect();
        let known = found.into_iter().filter_map(|(digest, envelope_id, slot)| {
            let event_time = self.notifications.get(&digest)?.row.event_time;
            let waiting = self.inbox.get(&digest).map(|(outcome, _)| *outcome);
            Some(Known { digest, envelope_id, slot, event_time, waiting })
        });
        known.collect()
    }

    pub(super) fn parked(&self, waits_for: &[String]) -> Vec<StoredBody> {
        let digests = waits_for.iter().flat_map(|what| {
            let from = (what.clone(), Digest::new([0; 32]));
            let waiting = self.waiting.range(from..);
            waiting.take_while(move |(waits, _)| waits == what).map(|(_, digest)| digest)
        });
        let parked = |digest: &&Digest| {
            self.inbox.get(*digest).is_some_and(|(outcome, _)| *outcome == Outcome::Parked)
        };
        let digests: BTreeSet<&Digest> = digests.filter(parked).collect();
        digests.into_iter().filter_map(|digest| self.body(digest)).take(count(MAX_PARKED)).collect()
    }

    pub(super) fn find(&self, query: &KeyQuery) -> Vec<(i64, StreamId)> {
        let Some(group) = self.groups.get(&(query.kind, query.value.clone())) else {
            return Vec::new();
        };
        let window = Included((query.hi_from, String::new(), i64::MIN));
        let from = match &query.after {
            Some((hi, stream)) if *hi >= query.hi_from => Excluded((*hi, stream.clone(), i64::MAX)),
            _ => window,
        };
        let keys = group.range((from, Unbounded));
        let inside = keys.take_while(|((hi, ..), _)| *hi <= query.hi_to);
        let inside = inside.filter(|((.., lo), _)| *lo <= query.lo_to);
        inside.map(|((hi, ..), stream)| (*hi, stream.clone())).take(count(query.limit)).collect()
    }

    pub(super) fn due(&self, now: i64, limit: u32) -> Vec<StreamRow> {
        let due = self.due.iter().take_while(|(at, _)| *at <= now);
        due.filter_map(|(_, id)| self.streams.get(id)).take(count(limit)).cloned().collect()
    }

    pub(super) fn page(
        &self,
        kind: Option<StreamKind>,
        after: Option<&StreamId>,
        limit: u32,
    ) -> Vec<StreamRow> {
        // Before every id of the kind: no id holds the character NUL.
        let first = kind.and_then(|kind| StreamId::try_from(format!("{}/\0", kind.word())).ok());
        let from = first.as_ref().max(after).map_or(Unbounded, Excluded);
        let rows = self.streams.range::<StreamId, _>((from, Unbounded)).map(|(_, row)| row);
        let rows = rows.take_while(|row| kind.is_none_or(|kind| row.stream.kind() == kind));
        rows.take(count(limit)).cloned().collect()
    }

    pub(super) fn keys_after(&self, after: Option<&KeyRow>, limit: u32) -> Vec<KeyRow> {
        let from = after.map_or(Unbounded, Excluded);
        let keys = self.keys.range::<KeyRow, _>((from, Unbounded));
        keys.take(count(limit)).cloned().collect()
    }

    pub(super) fn outcomes_of(&self, digest: &Digest) -> Vec<OutcomeRow> {
        let rows = self.outcomes.range((*digest, i32::MIN)..=(*digest, i32::MAX));
        rows.map(|(_, row)| outcome_row(row)).collect()
    }

    fn latest(&self, digest: &Digest) -> Option<&NewOutcome> {
        self.outcomes.range((*digest, i32::MIN)..=(*digest, i32::MAX)).next_back().map(|(_, o)| o)
    }

    pub(super) fn notification_page(
        &self,
        outcome: Option<Outcome>,
        after: Option<&Digest>,
        limit: u32,
    ) -> Vec<NotificationRow> {
        let from = after.map_or(Unbounded, Excluded);
        let held = self.notifications.range::<Digest, _>((from, Unbounded)).map(|(_, held)| held);
        let rows = held.filter_map(|Held { row, size, .. }| {
            let latest = self.latest(&row.digest)?;
            Some(NotificationRow {
                digest: row.digest,
                envelope_id: row.envelope_id.clone(),
                slot: row.slot,
                source: row.source.clone(),
                detail_type: row.detail_type.clone(),
                account: row.account.clone(),
                event_time: row.event_time,
                received_at: row.received_at,
                size: *size,
                outcome: outcome_row(latest),
            })
        });
        let rows = rows.filter(|row| outcome.is_none_or(|outcome| row.outcome.outcome == outcome));
        rows.take(count(limit)).collect()
    }

    pub(super) fn body(&self, digest: &Digest) -> Option<StoredBody> {
        let (held, latest) = (self.notifications.get(digest)?, self.latest(digest)?);
        Some(StoredBody {
            digest: *digest,
            body: (!held.erased).then(|| held.row.body.clone()),
            number: latest.number,
            outcome: latest.outcome,
            received_at: held.row.received_at,
        })
    }

    pub(super) fn deliveries_of(&self, digest: &Digest) -> Vec<NewDelivery> {
        let mut found: Vec<_> =
            self.deliveries.values().filter(|row| row.digest == *digest).cloned().collect();
        found.sort_by(|a, b| (a.received_at, &a.id).cmp(&(b.received_at, &b.id)));
        found
    }

    pub(super) fn delivered(&self, ids: &[String]) -> Vec<Delivered> {
        let found = ids.iter().filter_map(|id| self.deliveries.get(id));
        let answer = |row: &NewDelivery| {
            let others = self.deliveries.values().filter(|other| other.digest == row.digest);
            let mut others = others.filter(|other| !ids.contains(&other.id));
            let first = !others.any(|other| other.received_at <= row.received_at);
            Delivered { id: row.id.clone(), first }
        };
        found.map(answer).collect()
    }

    pub(super) fn unpublished(
        &self,
        after: Option<(i64, &StreamId, i64)>,
        limit: u32,
    ) -> Vec<Unpublished> {
        let waits = |row: &&OutboxRow| row.published_at.is_none() && !row.set_aside;
        let place = |row: &OutboxRow| (row.recorded_at, row.stream.clone(), row.version);
        let after = after.map(|(at, stream, version)| (at, stream.clone(), version));
        let mut rows: Vec<_> = self.outbox.values().filter(waits).collect();
        rows.retain(|row| after.as_ref().is_none_or(|after| place(row) > *after));
        rows.sort_by_key(|row| place(row));
        let with_event = |row: &OutboxRow| {
            let event = self.events.get(&(row.stream.clone(), row.version))?.clone();
            let (detail_type, attempts) = (row.detail_type.clone(), row.attempts);
            Some(Unpublished { event, detail_type, attempts })
        };
        rows.into_iter().filter_map(with_event).take(count(limit)).collect()
    }

    pub(super) fn counts(&self) -> Counts {
        let unpublished =
            self.outbox.values().filter(|row| row.published_at.is_none() && !row.set_aside);
        let refused = |row: &&OutboxRow| {
            row.published_at.is_none() && row.set_aside && !row.last_error.is_empty()
        };
        Counts {
            notifications: size_of(&self.notifications),
            deliveries: size_of(&self.deliveries),
            waiting: tally(self.inbox.values().map(|(outcome, _)| *outcome)),
            events: size_of(&self.events),
            streams: tally(self.streams.keys().map(StreamId::kind)),
            unpublished: i64::try_from(unpublished.count()).unwrap_or(i64::MAX),
            refused: i64::try_from(self.outbox.values().filter(refused).count())
                .unwrap_or(i64::MAX),
            accounts: tally(self.notifications.values().map(|held| held.row.account.clone())),
        }
    }
}

fn outcome_row(row: &NewOutcome) -> OutcomeRow {
    OutcomeRow {
        number: row.number,
        outcome: row.outcome,
        reason: row.reason.clone(),
        waits_for: row.waits_for.clone(),
        streams: row.streams.clone(),
        recorded_at: row.recorded_at,
    }
}
