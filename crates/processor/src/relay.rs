//! Publishes what the outbox holds: at least once, the same event id at every attempt.
//!
//! | what happens to an entry | what becomes of its row |
//! |---|---|
//! | the bus takes it | published |
//! | the bus is busy, away, or does not let us | tried again here a few times, then by the next relay: attempts and last error are kept |
//! | it is too large, or the bus refuses this very entry | set aside, with a finding of its stream |
//!
//! A row that fails holds up none after it: the walk goes on behind it. A bus that takes nothing ends the walk. Nothing is
//! sent inside a transaction of the ledger, so two relays at a time may send one event twice, and note it once.

mod aside;

use std::sync::Arc;
use std::time::Duration;

use deal::moment::Moment;
use ledger::row::{Mark, MarkResult, Unpublished, Writes};
use ledger::store::StoreError;
use serde::Serialize;

use self::aside::{not_json, too_large};
use crate::chain::Chain;
use crate::delivery::ProcessError;
use crate::envelope::Entry;
use crate::process::Processor;
use crate::publisher::{
    Answer, MAX_ENTRIES, MAX_ENTRY_BYTES, MAX_REQUEST_BYTES, PublishError, Publisher, Refusal,
};

/// Rows read and noted in one transaction.
const PAGE: u32 = 100;

/// So often an entry is sent before the next relay has to.
const TRIES: u32 = 4;

/// A collision of writers is over sooner than a bus that is busy: waiting begins where theirs ends.
const BACK_OFF: u32 = 6;

/// So much is kept of an error, in characters.
const MAX_ERROR: usize = 300;

/// What a relay did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Relayed {
    /// Events that the bus took.
    pub published: u64,
    /// Events that were sent, were not taken, and are to be tried again.
    pub failed: u64,
    /// Events that can never be published.
    pub set_aside: u64,
}

/// Why a relay stopped. What was sent until then may be sent again.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The outbox cannot be read.
    #[error("could not read the outbox")]
    Read(#[source] StoreError),
    /// What was published cannot be noted.
    #[error("could not note what became of publishing")]
    Note(#[source] ProcessError),
}

/// Publishes rows of one ledger's outbox to one bus.
#[derive(Clone)]
pub struct Relay {
    processor: Processor,
    publisher: Arc<dyn Publisher>,
}

/// A row on its way.
struct Sending<'a> {
    row: &'a Unpublished,
    entry: Entry,
    attempts: i32,
    error: String,
}

/// What became of some rows.
#[derive(Default)]
struct Sent<'a> {
    marks: Vec<Mark>,
    refused: Vec<(&'a Unpublished, i32, Refusal)>,
    relayed: Relayed,
    /// The bus took nothing at last.
    away: bool,
}

impl Processor {
    /// How long the event that has waited longest to be published has waited.
    pub async fn longest_unpublished(&self) -> Result<Option<Duration>, RelayError> {
        let mut snapshot = self.store.snapshot().await.map_err(RelayError::Read)?;
        let rows = snapshot.unpublished(None, 1).await.map_err(RelayError::Read)?;
        let now = self.clock.now().micros();
        let age = rows.first().map(|row| now.saturating_sub(row.event.recorded_at));
        Ok(age.map(|age| Duration::from_micros(u64::try_from(age).unwrap_or(0))))
    }
}

impl Relay {
    /// A relay of this processor's ledger.
    pub fn new(processor: Processor, publisher: Arc<dyn Publisher>) -> Self {
        Self { processor, publisher }
    }

    /// Publishes everything that is to be published, the oldest first, until a time: no request begins after it.
    pub async fn relay(&self, until: Moment) -> Result<Relayed, RelayError> {
        let mut relayed = Relayed::default();
        let mut last: Option<Unpublished> = None;
        while self.processor.clock.now() < until {
            let after = last.as_ref().map(|row| &row.event);
            let after = after.map(|event| (event.recorded_at, &event.stream, event.version));
            let mut snapshot = self.processor.store.snapshot().await.map_err(RelayError::Read)?;
            let rows = snapshot.unpublished(after, PAGE).await.map_err(RelayError::Read)?;
            drop(snapshot);
            if rows.is_empty() {
                break;
            }
            let away = self.publish_page(&rows, until, &mut relayed).await?;
            if away {
                break;
            }
            last = rows.into_iter().next_back();
        }
        Ok(relayed)
    }

    /// Publishes these rows, which were just written.
    pub async fn publish(
        &self,
        rows: &[Unpublished],
        until: Moment,
    ) -> Result<Relayed, RelayError> {
        let mut relayed = Relayed::default();
        for page in rows.chunks(usize::try_from(PAGE).unwrap_or(1)) {
            if self.publish_page(page, until, &mut relayed).await? {
                break;
            }
        }
        Ok(relayed)
    }

    /// Sends rows and notes what became of them. Whether the bus takes nothing.
    async fn publish_page(
        &self,
        rows: &[Unpublished],
        until: Moment,
        relayed: &mut Relayed,
    ) -> Result<bool, RelayError> {
        let mut sent = self.send(rows, until).await;
        for (row, attempts, refusal) in std::mem::take(&mut sent.refused) {
            self.refuse(row, attempts, &refusal, &mut sent).await?;
        }
        if !sent.marks.is_empty() {
            let writes = Writes { marks: sent.marks, ..Writes::default() };
            let noted = self.processor.with_retry(|| self.note(&writes)).await;
            noted.map_err(RelayError::Note)?;
        }
        relayed.published = relayed.published.saturating_add(sent.relayed.published);
        relayed.failed = relayed.failed.saturating_add(sent.relayed.failed);
        relayed.set_aside = relayed.set_aside.saturating_add(sent.relayed.set_aside);
        Ok(sent.away)
    }

    async fn note(&self, writes: &Writes) -> Result<(), StoreError> {
        let mut tx = self.processor.store.begin().await?;
        tx.write(writes).await?;
        tx.commit().await
    }

    /// Sends rows, those that fail a few times.
    async fn send<'a>(&self, rows: &'a [Unpublished], until: Moment) -> Sent<'a> {
        let mut sent = Sent::default();
        let mut sending = Vec::with_capacity(rows.len());
        for row in rows {
            match Entry::of(row) {
                Ok(entry) if entry.size() <= MAX_ENTRY_BYTES => {
                    sending.push(Sending { row, entry, attempts: 0, error: String::new() });
                }
                Ok(entry) => sent.refused.push((row, 0, too_large(entry.size()))),
                Err(error) => sent.refused.push((row, 0, not_json(&error))),
            }
        }
        for attempt in 0..TRIES {
            if attempt > 0 {
                self.processor.clock.back_off(BACK_OFF.saturating_add(attempt)).await;
            }
            sending = self.send_once(sending, until, &mut sent).await;
            if sending.is_empty() {
                break;
            }
        }
        for Sending { row, attempts, error, .. } in sending {
            // What was not sent at all is as it was.
            if attempts > 0 {
                sent.fail(row, attempts, error);
            }
        }
        sent
    }

    /// Sends each row once, in full requests; what is left to be sent again. A bus that takes nothing is asked once.
    async fn send_once<'a>(
        &self,
        sending: Vec<Sending<'a>>,
        until: Moment,
        sent: &mut Sent<'a>,
    ) -> Vec<Sending<'a>> {
        let mut left = Vec::new();
        let mut waiting = batches(sending);
        sent.away = false;
        while let Some(mut batch) = waiting.pop() {
            if sent.away || self.processor.clock.now() >= until {
                left.extend(batch);
                continue;
            }
            let entries: Vec<&Entry> = batch.iter().map(|one| &one.entry).collect();
            let failure = match self.publisher.publish(&entries).await {
                Ok(answers) => {
                    left.extend(self.sort(batch, answers, sent));
                    continue;
                }
                Err(failure) => failure,
            };
            match &failure {
                PublishError::Away(_) => sent.away = true,
                // One of them is to blame: each goes alone.
                PublishError::Request(_) if batch.len() > 1 => {
                    waiting.extend(batch.into_iter().rev().map(|one| vec![one]));
                    continue;
                }
                PublishError::Request(_) => {}
            }
            let error = short(&Chain(&failure).to_string());
            tracing::warn!(entries = batch.len(), error, "the event bus took nothing of a request");
            for one in &mut batch {
                one.attempts = one.attempts.saturating_add(1);
                one.error.clone_from(&error);
            }
            left.extend(batch);
        }
        left
    }

    /// Sorts entries by their answers; what is to be sent again. One without an answer is.
    fn sort<'a>(
        &self,
        batch: Vec<Sending<'a>>,
        answers: Vec<Answer>,
        sent: &mut Sent<'a>,
    ) -> Vec<Sending<'a>> {
        let mut left = Vec::new();
        let now = self.processor.clock.now();
        let mut answers = answers.into_iter();
        for mut one in batch {
            one.attempts = one.attempts.saturating_add(1);
            match answers.next() {
                Some(Answer::Published) => sent.publish(one.row, one.attempts, now),
                Some(Answer::Refused(refusal)) => {
                    sent.refused.push((one.row, one.attempts, refusal));
                }
                Some(Answer::Again(refusal)) => {
                    one.error = short(&refusal.to_string());
                    left.push(one);
                }
                None => {
                    "the event bus gave no answer".clone_into(&mut one.error);
                    left.push(one);
                }
            }
        }
        left
    }
}

impl Sent<'_> {
    fn publish(&mut self, row: &Unpublished, attempts: i32, now: Moment) {
        let event = &row.event;
        let (stream, event_id) = (event.stream.as_str(), event.event_id.as_str());
        tracing::debug!(stream, event_id, cause = event.cause, "an event was published");
        self.marks.push(mark(row, attempts, MarkResult::Published(now.micros())));
        self.relayed.published = self.relayed.published.saturating_add(1);
    }

    fn fail(&mut self, row: &Unpublished, attempts: i32, error: String) {
        let (stream, event_id) = (row.event.stream.as_str(), row.event.event_id.as_str());
        tracing::warn!(stream, event_id, error, "an event was not published; it is tried again");
        self.marks.push(mark(row, attempts, MarkResult::Failed(error)));
        self.relayed.failed = self.relayed.failed.saturating_add(1);
    }
}

fn mark(row: &Unpublished, attempts: i32, result: MarkResult) -> Mark {
    Mark { stream: row.event.stream.clone(), version: row.event.version, attempts, result }
}

/// An error, fit to be kept and shown.
fn short(error: &str) -> String {
    error.chars().filter(|c| marketplace::shown::is_harmless(*c)).take(MAX_ERROR).collect()
}

/// Rows in requests that are as full as they may be, the first one last.
fn batches(sending: Vec<Sending<'_>>) -> Vec<Vec<Sending<'_>>> {
    let mut batches: Vec<Vec<Sending<'_>>> = Vec::new();
    let mut bytes: usize = 0;
    for one in sending {
        let size = one.entry.size();
        let fits = bytes.saturating_add(size) <= MAX_REQUEST_BYTES;
        if let Some(batch) = batches.last_mut().filter(|batch| fits && batch.len() < MAX_ENTRIES) {
            bytes = bytes.saturating_add(size);
            batch.push(one);
        } else {
            bytes = size;
            batches.push(vec![one]);
        }
    }
    batches.reverse();
    batches
}

#[cfg(test)]
mod tests;
