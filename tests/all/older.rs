//! An older version, to which the types of some notifications are unknown: what it leaves in a ledger.

use std::collections::BTreeMap;

use deal::effects::{Effect, effects};
use deal::event::{Event, SCHEMA};
use deal::facts::{Facts, NotificationFacts};
use deal::judge::{self, News};
use deal::lattice::{Authority, Fixed, Witness};
use deal::moment::Moment;
use deal::state::State;
use deal::stream::StreamId;
use ledger::rebuild::rebuild;
use ledger::row::{
    Cause, EventRow, NewDelivery, NewNotification, NewOutbox, NewOutcome, Outcome, Writes,
};
use ledger::seal::{GENESIS, event_id, seal};
use ledger::store::Store;
use marketplace::digest::Digest;
use marketplace::notification::{Family, Notification};
use marketplace::parse::of_bytes;
use processor::delivery::Delivery;

/// What it writes.
pub(crate) struct Older {
    now: Moment,
    writes: Writes,
    /// Each stream's state and the hash of its last event.
    streams: BTreeMap<StreamId, (State, Digest)>,
}

impl Older {
    /// It works at this time.
    pub(crate) fn new(now: Moment) -> Self {
        Self { now, writes: Writes::default(), streams: BTreeMap::new() }
    }

    /// Takes in a notification whose type it does not know.
    pub(crate) fn receive(&mut self, delivery: Delivery, mut notification: Notification) {
        notification.family = Family::Unknown;
        let digest = notification.digest;
        // Its type, and the notification itself if nothing was sent at its time.
        let told = effects(&notification, None);
        let row = self.outcome(digest, &told);
        self.writes.outcomes.push(row);
        let envelope = notification.envelope;
        self.writes.notifications.push(NewNotification {
            digest,
            envelope_id: envelope.id.unwrap_or_default(),
            slot: 0,
            source: envelope.source,
            detail_type: envelope.detail_type,
            account: envelope.account.map_or_else(String::new, |account| account.to_string()),
            event_time: Some(Moment::from(envelope.time).micros()),
            received_at: self.now.micros(),
            body: delivery.body,
        });
        self.writes.deliveries.push(NewDelivery {
            id: delivery.id,
            digest,
            via: delivery.via.word().to_owned(),
            received_at: self.now.micros(),
            envelope_id: String::new(),
            slot: 0,
        });
        self.tell(digest, told);
    }

    /// Takes in a body whose content it cannot tell: only its bytes.
    pub(crate) fn receive_unread(&mut self, delivery: Delivery) -> Digest {
        let digest = of_bytes(&delivery.body);
        let said = Witness::new(Authority::Other, self.now, &digest);
        let facts = Facts::Notification(NotificationFacts {
            problem: Fixed::said(Some("malformed".to_owned()), &said),
            ..NotificationFacts::default()
        });
        let stream = StreamId::notification(&digest);
        let slug = "quarantined".to_owned();
        let told = [Effect { stream, slug, facts, at: self.now }];
        let row = self.outcome(digest, &told);
        self.writes.outcomes.push(NewOutcome {
            outcome: Outcome::Quarantined,
            reason: "its content cannot be told".to_owned(),
            ..row
        });
        self.writes.notifications.push(NewNotification {
            digest,
            envelope_id: String::new(),
            slot: 0,
            source: String::new(),
            detail_type: String::new(),
            account: String::new(),
            event_time: None,
            received_at: self.now.micros(),
            body: delivery.body,
        });
        self.writes.deliveries.push(NewDelivery {
            id: delivery.id,
            digest,
            via: delivery.via.word().to_owned(),
            received_at: self.now.micros(),
            envelope_id: String::new(),
            slot: 0,
        });
        self.tell(digest, told.to_vec());
        digest
    }

    fn tell(&mut self, digest: Digest, told: Vec<Effect>) {
        for said in told {
            let facts = Event::Facts { slug: said.slug, facts: said.facts };
            self.append(&said.stream, digest, &facts, said.at);
            let (state, _) = &self.streams[&said.stream];
            let news: News = judge::rest(&said.stream, state, said.at);
            for (event, at) in news {
                self.append(&said.stream, digest, &Event::Public(event), at);
            }
        }
    }

    fn outcome(&self, digest: Digest, told: &[Effect]) -> NewOutcome {
        let mut streams: Vec<&str> = told.iter().map(|said| said.stream.as_str()).collect();
        streams.sort_unstable();
        NewOutcome {
            digest,
            number: 0,
            outcome: Outcome::Unknown,
            reason: "this version does not know its source and detail-type".to_owned(),
            waits_for: String::new(),
            streams: streams.join(" "),
            recorded_at: self.now.micros(),
        }
    }

    fn append(&mut self, stream: &StreamId, cause: Digest, event: &Event, at: Moment) {
        let before = self.writes.events.iter().filter(|row| row.stream == *stream).count();
        let version = i64::try_from(before).expect("few events") + 1;
        let none = || (State::none(stream.kind()), GENESIS);
        let (state, head) = self.streams.entry(stream.clone()).or_insert_with(none);
        let mut row = EventRow {
            stream: stream.clone(),
            version,
            event_id: event_id(stream.as_str(), version),
            kind: event.kind(),
            schema: SCHEMA,
            payload: event.to_json().expect("an event is JSON"),
            cause: Cause::Notification(cause).to_string(),
            occurred_at: at.micros(),
            recorded_at: self.now.micros(),
            previous: *head,
            hash: GENESIS,
        };
        row.hash = seal(&row);
        if let Event::Public(public) = event {
            self.writes.outbox.push(NewOutbox {
                stream: stream.clone(),
                version,
                event_id: row.event_id.clone(),
                detail_type: public.detail_type().to_owned(),
                recorded_at: row.recorded_at,
                set_aside: false,
            });
        }
        *head = row.hash;
        state.fold(event, self.now);
        self.writes.events.push(row);
    }

    /// Writes all of it; the streams' rows follow from their events.
    pub(crate) async fn write(self, store: &dyn Store) {
        let mut tx = store.begin().await.expect("a transaction");
        tx.write(&self.writes).await.expect("the rows are written");
        tx.commit().await.expect("they are kept");
        rebuild(store, &mut |_| {}).await.expect("streams are folded");
    }
}
