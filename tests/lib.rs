//! What the end-to-end tests in `all/` share with the tests of single binaries.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test ends where something is not as expected"
)]

pub mod database;
