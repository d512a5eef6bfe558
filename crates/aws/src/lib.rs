//! The calls that we make to AWS. Only this crate and `lambda` name its libraries.
//!
//! | file | holds |
//! |---|---|
//! | `client.rs` | what every client is made of: region, credentials, time limits, TLS |
//! | `credentials.rs` | credentials outside Lambda |
//! | `event_bridge.rs` | the bus that public events are published on |
//! | `body.rs` | what SQS takes as a message, and how much of it at once |
//! | `queue.rs` | a queue: receive, delete, hide, send, attributes |
//! | `queue_url.rs` | by what a queue is named, and that it is in our region |
//!
//! To add a service: its SDK without default features, a file with a type that makes its client when it is first needed (reading
//! the root certificates takes milliseconds that a cold start does not have), and a table of the service's error codes. Who
//! calls it decides when to try again: the SDKs never do.

pub mod body;
pub mod client;
pub mod credentials;
pub mod event_bridge;
pub mod queue;
pub mod queue_url;
