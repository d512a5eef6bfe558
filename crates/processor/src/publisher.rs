//! Whom a relay hands entries, and how an event bus answers.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::envelope::Entry;

/// The most entries that one request carries (`PutEvents`).
pub const MAX_ENTRIES: usize = 10;
/// The most bytes of the entries of a request that carries several: what EventBridge has always taken.
pub const MAX_REQUEST_BYTES: usize = 256 * 1024;
/// The most bytes of an entry: EventBridge's limit for an event since January 2026. Such a one goes alone.
pub const MAX_ENTRY_BYTES: usize = 1_048_576;

/// An event bus.
#[async_trait]
pub trait Publisher: Send + Sync {
    /// Publishes entries, at most [`MAX_ENTRIES`]: one answer each, in their order. It does not try again by itself, and
    /// gives up within seconds.
    async fn publish(&self, entries: &[&Entry]) -> Result<Vec<Answer>, PublishError>;
}

/// What became of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The bus has it.
    Published,
    /// Not now: the bus is busy, or we may not do it.
    Again(Refusal),
    /// Never: the bus refuses this very entry.
    Refused(Refusal),
}

/// Why a bus did not take an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The bus's word for it.
    pub code: String,
    /// What the bus says, which may be anything.
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message.as_str() {
            "" => f.write_str(&self.code),
            message => write!(f, "{}: {message}", self.code),
        }
    }
}

/// The cause of a bus's failure, below our own words.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a bus took nothing of a request.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Whatever is sent: it cannot be reached, is too busy, or does not let us.
    #[error("the event bus takes nothing")]
    Away(#[source] Cause),
    /// Something of this request is not to its liking, and it does not say what.
    #[error("the event bus did not take a request")]
    Request(#[source] Cause),
}

/// A bus in memory, for tests and the simulator: it keeps what it is given, and fails as it is told.
#[derive(Debug, Default)]
pub struct MemoryBus {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    published: Vec<Entry>,
    requests: Vec<usize>,
    /// By event id: what comes before the entry is taken.
    answers: BTreeMap<String, Vec<Answer>>,
    /// What comes before any request is answered.
    failures: Vec<PublishError>,
}

impl MemoryBus {
    /// A bus that takes everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers an entry so before it is taken; told several times, in that order.
    pub fn answer(&self, event_id: &str, answer: Answer) {
        self.lock().answers.entry(event_id.to_owned()).or_default().push(answer);
    }

    /// Fails the next request; told several times, in that order.
    pub fn fail(&self, failure: PublishError) {
        self.lock().failures.push(failure);
    }

    /// Everything that it took, in the order in which it came.
    pub fn published(&self) -> Vec<Entry> {
        self.lock().published.clone()
    }

    /// How many entries each request had.
    pub fn requests(&self) -> Vec<usize> {
        self.lock().requests.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Publisher for MemoryBus {
    async fn publish(&self, entries: &[&Entry]) -> Result<Vec<Answer>, PublishError> {
        let mut state = self.lock();
        state.requests.push(entries.len());
        if !state.failures.is_empty() {
            return Err(state.failures.remove(0));
        }
        let mut answers = Vec::with_capacity(entries.len());
        for entry in entries {
            let told = state.answers.get_mut(&entry.event_id).filter(|told| !told.is_empty());
            let answer = told.map_or(Answer::Published, |told| told.remove(0));
            if answer == Answer::Published {
                state.published.push((*entry).clone());
            }
            answers.push(answer);
        }
        Ok(answers)
    }
}
