//! The law of the log: sealed events, verification, and the Store it needs.

#[cfg(any(test, feature = "contract"))]
pub mod contract;
pub mod export;
pub mod memory;
pub mod progress;
pub mod rebuild;
pub mod row;
pub mod seal;
pub mod store;
pub mod verify;
pub mod views;

/// The largest raw body kept, in bytes: SQS's limit for one message.
pub const MAX_BODY: usize = 1_048_576;
