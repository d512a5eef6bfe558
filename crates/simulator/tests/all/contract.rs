//! The store keeps the contract while nobody is struck.

use std::sync::Arc;

use async_trait::async_trait;
use ledger::memory::MemoryStore;
use ledger::store::{Store, StoreError};
use simulator::stepped::{Step, SteppedStore, Steps};

/// Nothing ever happens, but everybody else gets a turn.
struct Calm;

#[async_trait]
impl Steps for Calm {
    async fn step(&self, _step: Step) -> Result<(), StoreError> {
        tokio::task::yield_now().await;
        Ok(())
    }
}

async fn fresh(property: impl AsyncFnOnce(&dyn Store)) {
    property(&SteppedStore::new(Arc::new(MemoryStore::new()), Arc::new(Calm))).await;
}

ledger::properties!(fresh);
