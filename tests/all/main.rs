//! The tests that see the whole: scenarios against golden results, and every order of them.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as expected"
)]

mod conclusions;
mod generated;
mod orders;
mod scenario;
mod scenarios;
