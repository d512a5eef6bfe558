//! The law of the log: sealed events, verification, and the Store it needs.

pub mod row;
pub mod seal;
pub mod store;

/// The largest raw body kept, in bytes: SQS's limit for one message.
pub const MAX_BODY: usize = 1_048_576;
