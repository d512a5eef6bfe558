//! Facts of a deal and how they fold; correlation, entitlement status, findings, public events.

pub mod key;
pub mod stream;
pub mod view;
