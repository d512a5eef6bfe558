//! What the end-to-end tests in `all/` and the bench share with the tests of single binaries.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a test ends where something is not as expected"
)]

pub mod binary;
pub mod database;
pub mod full_disk;
pub mod function;
pub mod generator;
pub mod moto;
pub mod pooler;
pub mod python;
pub mod runtime_api;
pub mod scenario;
pub mod server;
pub mod worker;
