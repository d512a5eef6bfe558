//! A small sound ledger: an offer, its agreement with a license, a lock, and one notification of each outcome.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use deal::correlate::{Link, Subject, link};
use deal::effects::{effects, learn};
use deal::event::{Event, SCHEMA};
use deal::facts::Facts;
use deal::judge::{AgreementContext, News, OfferContext, agreement, offer};
use deal::moment::Moment;
use deal::state::{FOLD, State};
use deal::stream::{StreamId, StreamKind};
use deal::succession::Succession;
use marketplace::digest::Digest;
use marketplace::parse::parse;

use crate::checkpoint::{Anchor, checkpoint};
use crate::labels::Labels;
use crate::memory::MemoryStore;
use crate::row::{
    Cause, EventRow, KeyChange, NewDelivery, NewNotification, NewOutbox, NewOutcome, Outcome,
    StreamRow, StreamWrite, Writes,
};
use crate::seal::{GENESIS, event_id, seal};
use crate::store::Store;

pub(crate) const OFFER: &str = "offer/offer-1";
pub(crate) const AGREEMENT: &str = "agreement/agmt-1";
pub(crate) const LOCK: &str = "partner/333344445555";
/// The name of the notification of the agreement's creation.
pub(crate) const CREATED: &str = "created";

const BODIES: [(&str, &str, Outcome); 5] = [
    (
        "offer",
        r#"{"source": "aws.marketplacecatalog", "detail-type": "Offer Released", "account": "111122223333",
            "time": "2026-12-01T10:00:00Z", "id": "e-1", "detail": {"offer": {"id": "offer-1"},
            "product": {"id": "prod-1"}, "manufacturer": {"accountId": "111122223333"},
            "sellerOfRecord": {"accountId": "222233334444", "name": "Northwind Resale"},
            "targetedBuyerAccountIds": ["555566667777"]}}"#,
        Outcome::Applied,
    ),
    (
        CREATED,
        r#"{"source": "aws.agreement-marketplace", "detail-type": "Purchase Agreement Created - Manufacturer",
            "account": "111122223333", "time": "2026-12-02T10:00:00Z", "id": "e-2", "detail": {
            "agreement": {"id": "agmt-1", "intent": "NEW", "acceptanceTime": "2026-12-02T09:59:49.123Z"},
            "acceptor": {"accountId": "555566667777"}, "proposer": {"accountId": "222233334444"},
            "offer": {"id": "offer-1"}}}"#,
        Outcome::Applied,
    ),
    (
        "license",
        r#"{"source": "aws.agreement-marketplace", "detail-type": "License Updated - Manufacturer",
            "account": "111122223333", "time": "2026-12-02T10:01:00Z", "id": "e-3", "detail": {
            "agreement": {"id": "agmt-1"}, "license": {"arn": "arn:aws:license-manager::888899990000:license:l-1"}}}"#,
        Outcome::Applied,
    ),
    ("parked", "not JSON", Outcome::Quarantined),
    ("erased", "not JSON either", Outcome::Erased),
];

/// 2026-12-02T12:00:00Z, in microseconds: no grace time is over.
const NOON: i64 = 1_796_212_800_000_000;

/// The ledger's rows, and the digests of its notifications by name.
pub(crate) struct Sample {
    pub(crate) writes: Writes,
    pub(crate) digests: BTreeMap<&'static str, Digest>,
}

impl Sample {
    pub(crate) fn digest(&self, name: &str) -> Digest {
        self.digests[name]
    }
}

/// Runs what never waits: everything in memory.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing in memory waits"),
    }
}

/// A ledger in memory with these rows.
pub(crate) fn ledger(writes: &Writes) -> MemoryStore {
    let store = MemoryStore::new();
    let mut tx = block_on(store.begin()).unwrap();
    block_on(tx.write(writes)).unwrap();
    block_on(tx.commit()).unwrap();
    store
}

/// The checkpoint of a ledger: its anchor, and the lines of its heads.
pub(crate) fn anchored(store: &dyn Store) -> (Anchor, Vec<String>) {
    let mut lines = Vec::new();
    let mut sink = |line: &str| {
        lines.push(line.to_owned());
        Ok(())
    };
    let now = Moment::from_micros(NOON);
    let anchor = block_on(checkpoint(store, now, &mut sink, &mut |_| {})).unwrap();
    (anchor, lines)
}

#[derive(Default)]
struct Log {
    streams: BTreeMap<StreamId, (State, Vec<EventRow>)>,
}

impl Log {
    fn append(&mut self, stream: &StreamId, event: &Event, cause: &Cause, now: i64) {
        let none = || (State::none(stream.kind()), Vec::new());
        let (state, rows) = self.streams.entry(stream.clone()).or_insert_with(none);
        state.fold(event, Moment::from_micros(now));
        let version = rows.last().map_or(1, |row| row.version + 1);
        let mut row = EventRow {
            stream: stream.clone(),
            version,
            event_id: event_id(stream.as_str(), version),
            kind: event.kind(),
            schema: SCHEMA,
            payload: event.to_json().unwrap(),
            cause: cause.to_string(),
            occurred_at: now - 5,
            recorded_at: now,
            previous: rows.last().map_or(GENESIS, |row| row.hash),
            hash: GENESIS,
        };
        row.hash = seal(&row);
        rows.push(row);
    }

    fn append_nothing(&mut self, stream: &str, cause: &Cause, now: i64) {
        let stream = StreamId::try_from(stream.to_owned()).unwrap();
        let facts = Facts::none(stream.kind());
        self.append(&stream, &Event::Facts { slug: "nothing".to_owned(), facts }, cause, now);
    }

    fn state(&self, stream: &StreamId) -> State {
        self.streams
            .get(stream)
            .map_or_else(|| State::none(stream.kind()), |(state, _)| state.clone())
    }

    fn judge(&self, stream: &StreamId, now: i64) -> News {
        let (state, now) = (self.state(stream), Moment::from_micros(now));
        let products = std::collections::BTreeSet::new();
        match stream.kind() {
            StreamKind::Offer => {
                let link: Link =
                    link(Subject { offer: state.offer().unwrap(), products: &products }, &[]);
                let context = OfferContext {
                    link: &link,
                    products: &products,
                    used: None,
                    singled_out: None,
                };
                offer(stream, &state, context, now, now)
            }
            StreamKind::Agreement => {
                let succession = Succession::default();
                let context = AgreementContext {
                    offer: None,
                    offer_link: None,
                    opportunity: None,
                    succession: &succession,
                };
                agreement(stream, &state, context, now, now)
            }
            _ => News::new(),
        }
    }
}

/// Takes in the notifications one after the other, as simply as can be.
pub(crate) fn sample() -> Sample {
    let (mut log, mut writes, mut digests) = (Log::default(), Writes::default(), BTreeMap::new());
    for (position, (name, body, outcome)) in BODIES.into_iter().enumerate() {
        let now = NOON + i64::try_from(position).unwrap() * 1_000_000;
        if name == "license" {
            // Causes that are no notifications, and facts that say nothing.
            log.append_nothing("agreement/agmt-1", &Cause::Time, now);
            log.append_nothing("partner/222233334444", &Cause::Command("test".to_owned()), now);
        }
        let digest = match parse(body.as_bytes()) {
            Ok(notification) => {
                let cause = Cause::Notification(notification.digest);
                for effect in effects(&notification, None) {
                    let mut known = log.state(&effect.stream).facts;
                    if learn(&mut known, &effect.facts) {
                        let (slug, facts) = (effect.slug, effect.facts);
                        log.append(&effect.stream, &Event::Facts { slug, facts }, &cause, now);
                    }
                    for (public, _) in log.judge(&effect.stream, now) {
                        log.append(&effect.stream, &Event::Public(public), &cause, now);
                    }
                }
                notification.digest
            }
            Err(malformed) => malformed.digest,
        };
        digests.insert(name, digest);
        receive(&mut writes, digest, body, outcome, position, now);
    }
    derive(log, &mut writes);
    Sample { writes, digests }
}

fn receive(
    writes: &mut Writes,
    digest: Digest,
    body: &str,
    outcome: Outcome,
    position: usize,
    now: i64,
) {
    let labels = match parse(body.as_bytes()) {
        Ok(notification) => Labels::of(&notification.envelope),
        Err(_) => Labels::default(),
    };
    writes.notifications.push(NewNotification {
        digest,
        envelope_id: labels.envelope_id,
        slot: 0,
        source: labels.source,
        detail_type: labels.detail_type,
        account: labels.account,
        event_time: labels.event_time,
        received_at: now,
        body: body.as_bytes().to_vec(),
    });
    // The first one came twice.
    for arrival in 0..=usize::from(position == 0) {
        let id = format!("d-{position}-{arrival}");
        writes.deliveries.push(NewDelivery {
            id,
            digest,
            via: "queue".to_owned(),
            received_at: now,
            envelope_id: String::new(),
            slot: 0,
        });
    }
    let number = |number, outcome| NewOutcome {
        digest,
        number,
        outcome,
        reason: String::new(),
        waits_for: String::new(),
        streams: String::new(),
        recorded_at: now,
    };
    if outcome == Outcome::Erased {
        writes.outcomes.push(number(0, Outcome::Quarantined));
        writes.outcomes.push(number(1, outcome));
        writes.erased.push(digest);
    } else {
        writes.outcomes.push(number(0, outcome));
    }
}

fn derive(log: Log, writes: &mut Writes) {
    for (stream, (state, rows)) in log.streams {
        let public = rows.iter().filter_map(|row| Some((row, row.kind.strip_prefix("public/")?)));
        writes.outbox.extend(public.map(|(row, name)| NewOutbox {
            stream: row.stream.clone(),
            version: row.version,
            event_id: row.event_id.clone(),
            detail_type: name.to_owned(),
            recorded_at: row.recorded_at,
            set_aside: false,
        }));
        let added: Vec<_> = state.keys().into_iter().collect();
        if !added.is_empty() {
            writes.keys.push(KeyChange { stream: stream.clone(), removed: Vec::new(), added });
        }
        let row = row(&stream, &state, rows.last());
        writes.streams.push(StreamWrite { row, read_touched: None });
        writes.events.extend(rows);
    }
    let lock = StreamId::try_from(LOCK.to_owned()).unwrap();
    let row = row(&lock, &State::none(StreamKind::Partner), None);
    writes.streams.push(StreamWrite { row, read_touched: None });
}

fn row(stream: &StreamId, state: &State, last: Option<&EventRow>) -> StreamRow {
    StreamRow {
        stream: stream.clone(),
        version: last.map_or(0, |row| row.version),
        touched: 1,
        head: last.map_or(GENESIS, |row| row.hash),
        fold: FOLD,
        facts: state.facts.to_json().unwrap(),
        concluded: serde_json::to_string(&state.concluded).unwrap(),
        due_at: state.due_at(state.concluded.judged_at).map(Moment::micros),
    }
}
