//! The offline AWS, called by AWS's SDK for Rust.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

mod aws;
mod catalog;
mod change;
mod fault;
