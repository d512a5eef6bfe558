//! The Lambda functions. Each binary links only what it needs; what they share is here.
//!
//! | file | holds |
//! |---|---|
//! | `function.rs` | what every function does around its handler |
//! | `settings.rs` | what the environment says |
//! | `log.rs` | what reaches the log, and what never does |
//! | `metrics.rs` | what CloudWatch counts |
//! | `connection.rs` | the ledger, connected in parallel with the first poll |
//! | `ingest.rs`, `relay.rs`, `sweep.rs` | the handlers of the binaries in `bin/` |
//! | `register.rs`, `register/` | the same of `register`, which knows no ledger: what a browser sends, and what it is answered |
//!
//! To add a function: a file in `src/bin` that wires and nothing else, and a module here for its handler (plain functions
//! that take the event and what they need, so that a test calls them without the runtime).

pub mod connection;
pub mod function;
pub mod ingest;
pub mod log;
pub mod metrics;
pub mod register;
pub mod relay;
pub mod settings;
pub mod sweep;
