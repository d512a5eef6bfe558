//! Which contents came under which EventBridge id: two under one id are a finding.
//!
//! A content may come under several ids (a replay of the archive gives it another one), so that every arrival counts, not
//! only the first of each content.

use std::collections::{BTreeMap, BTreeSet};

use deal::effects::Effect;
use deal::facts::{EnvelopeIdFacts, Facts};
use deal::lattice::{Few, First, Last};
use deal::moment::Moment;
use deal::stream::StreamId;
use ledger::row::{Cause, Known};
use marketplace::digest::Digest;

use crate::parsed::{Content, Parsed};
use crate::settle::Caused;

/// The contents of each id that a batch brings: those that the ledger knows, and the batch's own.
#[derive(Default)]
pub(crate) struct EnvelopeIds {
    by_id: BTreeMap<String, Contents>,
}

#[derive(Default)]
struct Contents {
    /// Each content's slot, and its time if it can be read.
    all: BTreeMap<Digest, (i32, Option<Moment>)>,
    next: i32,
    /// The last content that came under this id for the first time with this batch.
    newest: Option<Digest>,
}

impl Contents {
    fn add(&mut self, digest: Digest, slot: i32, time: Option<Moment>) {
        self.all.insert(digest, (slot, time));
        self.next = self.next.max(slot.saturating_add(1));
    }
}

impl EnvelopeIds {
    pub(crate) fn new(known: &[Known]) -> Self {
        let mut envelopes = Self::default();
        for known in known.iter().filter(|known| !known.envelope_id.is_empty()) {
            let contents = envelopes.by_id.entry(known.envelope_id.clone()).or_default();
            contents.add(known.digest, known.slot, known.event_time.map(Moment::from_micros));
        }
        envelopes
    }

    /// Notes an arrival: the slot of its content under its id, if it comes under that id for the first time.
    pub(crate) fn arrives(&mut self, digest: Digest, parsed: &Parsed) -> Option<i32> {
        let id = Some(&parsed.envelope_id).filter(|id| !id.is_empty())?;
        let contents = self.by_id.entry(id.clone()).or_default();
        if contents.all.contains_key(&digest) {
            return None;
        }
        let slot = contents.next;
        contents.add(digest, slot, time(&parsed.content));
        contents.newest = Some(digest);
        Some(slot)
    }

    /// The slot of a content under an id, 0 if it did not come under it.
    pub(crate) fn slot(&self, digest: Digest, id: &str) -> i32 {
        let contents = self.by_id.get(id);
        contents.and_then(|contents| contents.all.get(&digest)).map_or(0, |(slot, _)| *slot)
    }

    /// What follows of ids that have two contents or more, one of them since this batch.
    pub(crate) fn contested(self) -> Vec<Caused> {
        let contested = self.by_id.into_iter().filter(|(_, contents)| contents.all.len() > 1);
        let said = contested.filter_map(|(id, contents)| {
            let newest = contents.newest?;
            // What cannot be read has no time, and no time can be believed that nothing was sent at: it must not say the
            // earliest one either.
            let times = contents.all.values().filter_map(|(_, time)| *time);
            let times: BTreeSet<Moment> = times.filter(|time| time.is_plausible()).collect();
            let (first, last) = (times.first().copied(), times.last().copied());
            let facts = EnvelopeIdFacts {
                digests: contents.all.into_keys().collect::<Few<Digest>>(),
                first: first.map_or_else(First::default, First::at),
                last: last.map_or_else(Last::default, Last::at),
                ..EnvelopeIdFacts::default()
            };
            let slug = "id-with-two-contents".to_owned();
            let (facts, at) = (Facts::EnvelopeId(facts), last.unwrap_or_default());
            let effect = Effect { stream: StreamId::envelope_id(&id), slug, facts, at };
            Some(Caused { effect, cause: Cause::Notification(newest) })
        });
        said.collect()
    }
}

/// When AWS says that it happened, if that can be read.
fn time(content: &Content) -> Option<Moment> {
    match content {
        Content::Good(notification) | Content::Foreign(notification) => {
            Some(Moment::from(notification.envelope.time))
        }
        Content::Undecided { labels, .. } => labels.event_time.map(Moment::from_micros),
        Content::Malformed(_) => None,
    }
}
