//! The Lambda functions. Each binary links only what it needs; what they share is here.
//!
//! | file | holds |
//! |---|---|
//! | `settings.rs` | what the environment says |
//! | `log.rs` | what reaches the log, and what never does |
//! | `connection.rs` | the ledger, connected in parallel with the first poll |
//! | `ingest.rs` | the handler of `bin/ingest.rs` |
//!
//! To add a function: a file in `src/bin` that wires and nothing else, and a module here for its handler (plain functions
//! that take the event and what they need, so that a test calls them without the runtime).

pub mod connection;
pub mod ingest;
pub mod log;
pub mod settings;
