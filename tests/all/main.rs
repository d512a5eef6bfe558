//! The tests that see the whole: scenarios against golden results, every order of them, processors side by side.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as expected"
)]

mod arrows;
mod as_of;
mod bounds;
mod conclusions;
mod concurrency;
mod consumer;
mod faults;
mod faulty;
mod generated;
mod hostile;
mod limits;
mod older;
mod orders;
mod passing;
mod place;
mod proofs;
mod redrive;
mod refreshing;
mod relaying;
mod requests;
mod round_trips;
mod scenarios;
mod schemas;
mod scripted;
mod stores;
mod syncing;
mod tamper;
mod tidy;

use resold_tests::scenario;
