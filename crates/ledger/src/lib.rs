//! The law of the log: sealed events, verification, and the Store it needs.

pub mod export;
pub mod progress;
pub mod rebuild;
pub mod row;
pub mod seal;
pub mod store;
pub mod verify;

/// The largest raw body kept, in bytes: SQS's limit for one message.
pub const MAX_BODY: usize = 1_048_576;
