//! Which of the pool's connections are still trusted.
//!
//! A connection may go on answering and be of no use: its server was demoted and only reads, or a pooler gave it to a server process
//! that does not know its statements. So a failure of any of them, but for a conflict, ends the trust in all that are open.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ledger::store::{Retry, StoreError};

use crate::failure::{Values, classify};

/// What the connections of one pool share. Clones share it, too.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trust {
    /// When something failed last.
    failed: Arc<Mutex<Option<Instant>>>,
}

impl Trust {
    /// Classifies a failure. Unless another writer was only faster, no connection that is open now is used again.
    pub(crate) fn failed(
        &self,
        attempt: &'static str,
        values: Values,
        error: sqlx::Error,
    ) -> StoreError {
        let error = classify(attempt, values, error);
        if error.retry() != Retry::Again {
            self.end();
        }
        error
    }

    /// No connection that is open now is used again.
    pub(crate) fn end(&self) {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether a connection of this age was opened after the last failure.
    pub(crate) fn holds(&self, age: Duration) -> bool {
        let failed = *self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.is_none_or(|failed| age < failed.elapsed())
    }
}
