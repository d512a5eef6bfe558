//! The connection to the ledger, opened once: in parallel with the first poll, or else by the first batch.

use std::sync::Arc;
use std::time::Duration;

use ledger::store::{Store, StoreError};
use ledger_postgres::{ConnectOptions, PostgresStore, Server};
use tokio::sync::OnceCell;

/// A function works on one batch at a time; a second connection is for when the end of a cut one is still on its way.
const OPTIONS: ConnectOptions = ConnectOptions {
    server: Server::Postgres,
    connections: 2,
    // The end of the invocation's time comes first, or else the message may as well come again.
    wait: Duration::from_secs(30),
};

/// A ledger on a server that may not answer yet.
#[derive(Clone)]
pub struct Connection {
    url: Arc<str>,
    store: Arc<OnceCell<Arc<dyn Store>>>,
}

impl Connection {
    /// A connection to this ledger that nothing has asked for yet.
    pub fn new(url: &str) -> Self {
        Self { url: url.into(), store: Arc::default() }
    }

    /// The store. Whoever asks first connects, the others wait; after a failure the next one tries again.
    pub async fn store(&self) -> Result<Arc<dyn Store>, StoreError> {
        let connect = async || {
            let options = ConnectOptions { server: Server::of(&self.url), ..OPTIONS };
            let store: Arc<dyn Store> = Arc::new(PostgresStore::connect(&self.url, options).await?);
            Ok(store)
        };
        self.store.get_or_try_init(connect).await.cloned()
    }
}
