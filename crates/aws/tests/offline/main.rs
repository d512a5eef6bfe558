//! The offline AWS, called by AWS's SDK for Rust.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

mod aws;
mod bench;
mod catalog;
mod change;
mod entitlement;
mod failed;
mod fault;
mod hostile;
mod listing;
mod lock;
mod metering;
mod models;
mod refused;
