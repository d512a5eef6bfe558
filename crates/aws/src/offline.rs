//! An AWS of our own, for tests and demonstrations: AWS Marketplace's Catalog, Entitlement and Metering APIs on a port of this
//! machine, well enough for AWS's own clients. It is not AWS's, nothing uses it by default, and it checks no signature.
//!
//! | file | holds |
//! |---|---|
//! | `world.rs` | the state, and what answers a call |
//! | `rules.rs` | AWS's limits, in one table with a version |
//! | `seed.rs` | what is there: our account, products, partners, licenses, tokens |
//! | `change.rs`, `term.rs` | what is refused at once of a change |
//! | `apply.rs`, `pricing.rs`, `schedule.rs` | what is found wrong while a change set is applied |
//! | `start.rs`, `finish.rs`, `change_set.rs` | change sets: accepted, ended, described, listed, cancelled |
//! | `authorization.rs`, `entity.rs` | resale authorizations: as they are read back, listed and described |
//! | `entitlement.rs`, `metering.rs` | quantities, usage and registrations |
//! | `fault.rs`, `throttle.rs` | what goes wrong on request, and too many calls |
//! | `event.rs` | the notifications of change sets |
//! | `wire.rs`, `cbor.rs` | the protocols |
//! | `serve.rs`, `connection.rs` | the port |
//! | `part.rs`, `page.rs`, `operation.rs`, `refusal.rs`, `draw.rs` | parts of requests, pages, names, refusals, ids |
//!
//! The state is pure: time is an argument, ids follow from a seed. Where AWS's pages leave something open, it does what is
//! hardest for a caller, or refuses, so that nobody counts on it; the comment there says so.

mod apply;
mod authorization;
mod cbor;
mod change;
mod change_set;
mod connection;
mod draw;
mod entitlement;
mod entity;
mod event;
pub mod fault;
mod finish;
mod metering;
pub mod operation;
mod page;
mod part;
mod pricing;
pub mod refusal;
pub mod rules;
mod schedule;
pub mod seed;
pub mod serve;
mod start;
mod term;
mod throttle;
mod wire;
pub mod world;
