//! A replay in progress: documents to bodies, bodies to batches, batches into the ledger.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger::row::Outcome;
use ledger::store::Store;
use marketplace::arrival::{ArrivalKind, unwrap};
use marketplace::catalog::{Description, describe};
use marketplace::digest::Digest;
use processor::Processor;
use processor::delivery::{Delivery, ProcessError, Processed, Via};

use crate::failure::{Failure, one_line};
use crate::reader::reading;
use crate::replay::patience::Patience;
use crate::replay::summary::Summary;
use crate::replay::{SMALLER, TOO_LONG};

/// A batch is written when its bodies have so many bytes, however few they are.
const BATCH_BYTES: usize = 2 * 1_048_576;

/// At most so many notifications are looked up at once.
const LOOKED_UP: usize = 200;

/// Takes documents in.
pub struct Intake {
    store: Arc<dyn Store>,
    processor: Processor,
    batch: Vec<Delivery>,
    /// Where each of them is, in words.
    places: Vec<Arc<str>>,
    /// Where what is taken in now is.
    place: Arc<str>,
    /// The bytes of its bodies.
    bytes: usize,
    /// The most deliveries of a batch.
    size: usize,
    /// How long it waits for the ledger.
    pub patience: Patience,
    /// Parked when they were taken in, and whether they were new then: later ones, or the sweep, may apply them. All
    /// that is kept of a notification until the end.
    parked: BTreeMap<Digest, bool>,
    /// A notification that waits for a person came in, new or again.
    pub waits: bool,
    /// The last failure of a notification alone.
    pub failed: Option<Failure>,
    /// A description named entities that are no resale authorizations, or that AWS could not describe.
    pub left_out: bool,
    /// What became of everything so far.
    pub summary: Summary,
}

/// Something of a document that is not kept, in words.
pub type NotKept = String;

impl Intake {
    /// Begins, with at most `size` deliveries in a transaction.
    pub fn new(
        store: Arc<dyn Store>,
        processor: Processor,
        size: usize,
        patience: Patience,
    ) -> Self {
        Self {
            store,
            processor,
            batch: Vec::new(),
            places: Vec::new(),
            place: "".into(),
            bytes: 0,
            size,
            patience,
            parked: BTreeMap::new(),
            waits: false,
            failed: None,
            left_out: false,
            summary: Summary::default(),
        }
    }

    /// What is taken in next is there, in words.
    pub fn at(&mut self, place: &str) {
        self.place = place.into();
    }

    /// Takes a document in, and tells what of it is not kept.
    pub async fn document(&mut self, document: &[u8]) -> Result<Vec<NotKept>, Failure> {
        let mut not_kept = Vec::new();
        for arrival in unwrap(document) {
            match arrival.kind {
                ArrivalKind::Notification => {
                    not_kept.extend(self.deliver(Via::Replay, arrival.body).await?);
                }
                // One that is refused is not kept: what must be dropped from it (signed URLs, the agreement token) is
                // known only once it is understood.
                ArrivalKind::Description => match describe(&arrival.body) {
                    Ok(found) => not_kept.extend(self.description(found).await?),
                    Err(error) => {
                        self.unreadable();
                        let why = one_line(&error);
                        let place = &self.place;
                        not_kept.push(format!(
                            "{place}: a description that cannot be read is not kept: {why}"
                        ));
                    }
                },
            }
        }
        Ok(not_kept)
    }

    /// A document was too long to be taken in.
    pub fn too_long(&mut self) -> NotKept {
        self.unreadable();
        format!("{}: left out: {TOO_LONG}; {SMALLER}", self.place)
    }

    fn unreadable(&mut self) {
        self.summary.unreadable = self.summary.unreadable.saturating_add(1);
    }

    /// Takes described entities in, and tells which are none that we keep.
    pub async fn description(&mut self, found: Description) -> Result<Vec<NotKept>, Failure> {
        let errors = found.errors.iter();
        let place = &self.place;
        let errors =
            errors.map(|(id, words)| format!("{place}: AWS could not describe {id}: {words}"));
        let skipped = found.skipped.iter();
        let skipped = skipped.map(|(id, kind)| {
            format!("{place}: {id} is a {kind}, not a resale authorization: left out")
        });
        let mut not_kept: Vec<NotKept> = errors.chain(skipped).collect();
        self.left_out |= !not_kept.is_empty();
        for body in found.envelopes {
            not_kept.extend(self.deliver(Via::Import, body).await?);
        }
        Ok(not_kept)
    }

    /// Takes one body in.
    async fn deliver(&mut self, via: Via, body: Vec<u8>) -> Result<Vec<NotKept>, Failure> {
        self.bytes = self.bytes.saturating_add(body.len());
        self.batch.push(Delivery { id: new_id(), via, body });
        self.places.push(Arc::clone(&self.place));
        let full = self.batch.len() >= self.size || self.bytes >= BATCH_BYTES;
        if full { self.flush().await } else { Ok(Vec::new()) }
    }

    /// Writes what was taken in so far, and tells what of it could not be recorded, each of them alone.
    pub async fn flush(&mut self) -> Result<Vec<NotKept>, Failure> {
        // Recorded once, whether or not an answer was lost: each delivery keeps its id.
        let record = async || {
            let results = self.processor.process(&self.batch).await;
            match results.iter().find_map(|result| result.as_ref().err().filter(|e| !e.is_alone()))
            {
                Some(error) => Err(unrecorded(error.clone())),
                None => Ok(results),
            }
        };
        let results = self.patience.attempt(record).await?;
        self.batch.clear();
        self.bytes = 0;
        let mut not_kept = Vec::new();
        for (place, result) in std::mem::take(&mut self.places).into_iter().zip(results) {
            match result {
                Ok(processed) => self.count(&processed),
                Err(error) => {
                    self.summary.received = self.summary.received.saturating_add(1);
                    self.summary.failed = self.summary.failed.saturating_add(1);
                    not_kept.push(format!("{place}: not recorded: {}", one_line(&error)));
                    self.failed = Some(unrecorded(error));
                }
            }
        }
        Ok(not_kept)
    }

    fn count(&mut self, processed: &Processed) {
        let new = !processed.duplicate;
        let outcome = processed.outcome;
        self.summary.received = self.summary.received.saturating_add(1);
        if outcome == Outcome::Parked {
            let was_new = self.parked.entry(processed.digest).or_default();
            *was_new |= new;
        } else if outcome.waits() {
            self.waits = true;
        }
        if !new {
            self.summary.duplicates = self.summary.duplicates.saturating_add(1);
        } else if outcome != Outcome::Parked {
            self.ended_as(outcome);
        }
    }

    fn ended_as(&mut self, outcome: Outcome) {
        let summary = &mut self.summary;
        let counted = match outcome {
            Outcome::Applied | Outcome::Erased | Outcome::Refiled => &mut summary.applied,
            Outcome::Parked => &mut summary.parked,
            Outcome::Quarantined => &mut summary.quarantined,
            Outcome::Unknown => &mut summary.unknown,
        };
        *counted = counted.saturating_add(1);
    }

    /// Judges until nothing is due, and looks how those ended that were parked, once everything is written.
    pub async fn settle(&mut self) -> Result<(), Failure> {
        self.patience.attempt(async || sweep(&self.processor).await).await?;
        let parked: Vec<_> = std::mem::take(&mut self.parked).into_iter().collect();
        for part in parked.chunks(LOOKED_UP) {
            let digests: Vec<Digest> = part.iter().map(|(digest, _)| *digest).collect();
            let look_up = async || {
                let mut snapshot = self.store.snapshot().await.map_err(reading)?;
                snapshot.known(&digests, &[]).await.map_err(reading)
            };
            let known = self.patience.attempt(look_up).await?;
            let waiting: BTreeMap<_, _> =
                known.iter().map(|known| (known.digest, known.waiting)).collect();
            for (digest, was_new) in part {
                let outcome = waiting.get(digest).copied().flatten();
                self.waits |= outcome.is_some();
                if *was_new {
                    self.ended_as(outcome.unwrap_or(Outcome::Applied));
                }
            }
        }
        Ok(())
    }

    /// Announces what is live, after history was loaded without publishing it.
    pub async fn announce(&mut self) -> Result<(), Failure> {
        let announce = async || {
            let announced = self.processor.announce().await;
            announced.map_err(|error| Failure::new("could not announce").because(error))
        };
        self.summary.announced = self.patience.attempt(announce).await? as u64;
        Ok(())
    }
}

fn unrecorded(error: ProcessError) -> Failure {
    let failure = Failure::new("could not record a notification").because(error);
    let again = "replay the same again (what is recorded already counts as a duplicate)";
    let hint = match failure.way_out() {
        Some(hint) if hint.contains("try again") => hint.replace("try again", again),
        Some(hint) => format!("{hint}; then {again}"),
        None => again.to_owned(),
    };
    failure.hint(hint)
}

/// Judges until nothing is due.
async fn sweep(processor: &Processor) -> Result<(), Failure> {
    let swept = |error| Failure::new("could not sweep").because(error);
    while processor.sweep(100).await.map_err(swept)? > 0 {}
    Ok(())
}

/// The id of an arrival that brings none.
#[expect(clippy::disallowed_methods, reason = "the edge: a line of a file has no id of its own")]
fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}
