//! The law of the log: what is kept, how it is sealed, verified and folded again, and what a store must do.
//!
//! | file | holds |
//! |---|---|
//! | `row.rs` | rows as every store keeps them |
//! | `labels.rs` | what a notification's row repeats of its body |
//! | `seal.rs` | the hash that chains a stream's events |
//! | `store.rs` | [`store::Store`]: reads, writes, and the errors with what to do about each |
//! | `contract.rs` | what every store must do, as tests (feature `contract`) |
//! | `memory.rs` | a store in memory, for tests |
//! | `verify.rs` | every row against what it must follow from |
//! | `views.rs` | what the SQL views must add up to |
//! | `findings.rs` | how many findings are open |
//! | `folding.rs`, `rebuild.rs` | a stream, or all streams and keys, from events alone |
//! | `export.rs` | events as lines of JSON |
//! | `as_of.rs` | what had been recorded by a time |
//! | `proof.rs` | what the ledger says of one entitlement, to be checked without the ledger |
//!
//! To add a read or a write that a store must offer: a method of [`store::Snapshot`] or [`store::Transaction`] whose round trips do
//! not depend on the number of its elements, a property in `contract/` that fails where a store gets it wrong, and the
//! three stores. To add a check: a [`verify::FaultKind`], and a case in `verify/tests.rs` that breaks one row.
//!
//! What is never done here: SQL, a clock, a draw, changing an event or an outcome that was written.

pub mod as_of;
pub mod checkpoint;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
pub mod export;
pub mod findings;
pub mod folding;
pub mod labels;
pub mod memory;
pub mod merkle;
pub mod progress;
pub mod proof;
pub mod rebuild;
pub mod row;
pub mod seal;
pub mod store;
pub mod verify;
pub mod views;

/// The largest raw body kept, in bytes.
pub use marketplace::parse::MAX_BODY;
