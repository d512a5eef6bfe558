use super::MemoryStore;
use crate::store::Store;

async fn fresh(property: impl AsyncFnOnce(&dyn Store)) {
    property(&MemoryStore::new()).await;
}

crate::properties!(fresh);
