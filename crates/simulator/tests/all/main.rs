//! What the simulator may be relied on for: one seed is one run, its store keeps the stores' contract, every planted fault is
//! found, and a fixed set of worlds is as it should be.

#![expect(clippy::expect_used, reason = "a test ends where something is not as expected")]

mod contract;
mod planted;
mod same;
mod worlds;
