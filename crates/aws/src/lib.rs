//! The calls that we make to AWS. Only this crate and `lambda` name its libraries.
//!
//! | file | holds |
//! |---|---|
//! | `client.rs` | what every client is made of: region, credentials, time limits, TLS |
//! | `credentials.rs` | credentials, in Lambda and outside |
//! | `event_bridge.rs` | the bus that public events are published on |
//! | `body.rs` | what SQS takes as a message, and how much of it at once |
//! | `queue.rs` | a queue: receive, delete, hide, send, attributes |
//! | `queue_url.rs` | by what a queue is named, and that it is in our region |
//! | `catalog.rs`, `entitlements.rs`, `registration.rs` | the APIs of AWS Marketplace, behind the ports of `processor::port` |
//! | `api.rs`, `operation.rs` | how those are reached and asked; each operation's rate, and what it means to ask twice |
//! | `endpoint.rs` | where an API is instead of at AWS, and that it is in our region |
//! | `pace.rs` | no faster than AWS lets one account ask |
//! | `failure.rs` | each documented error: whether AWS did something, whether to ask again |
//! | `verbatim.rs` | JSON on the wire as it is written, past the SDK's documents |
//! | `offline.rs`, `offline/` | an AWS of our own, for tests and demonstrations (feature `offline`) |
//!
//! An operation of AWS Marketplace goes through `api.rs`: at the pace of its line in `operation.rs`, again as
//! `processor::port::patience` says, its errors told apart by `failure.rs`.
//!
//! To add a service: its SDK without default features, a file with a type that makes its client when it is first needed (reading
//! the root certificates takes milliseconds that a cold start does not have), and a table of the service's error codes. Who
//! calls it decides when to try again: the SDKs never do.

pub mod api;
pub mod body;
pub mod catalog;
pub mod client;
pub mod credentials;
pub mod endpoint;
pub mod entitlements;
pub mod event_bridge;
mod failure;
#[cfg(feature = "offline")]
pub mod offline;
mod operation;
mod pace;
pub mod queue;
pub mod queue_url;
pub mod registration;
#[cfg(test)]
mod responder;
mod verbatim;
