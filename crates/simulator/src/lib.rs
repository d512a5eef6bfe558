//! Generated markets, delivered with faults to the real processor, and held against the truth.
//!
//! | file | what it does |
//! |---|---|
//! | `traffic.rs` | from a world of `oracle` to what arrives |
//! | `schedule.rs`, `perturbation.rs` | how it is delivered in one run: drawn from a seed, a readable list of what goes wrong |
//! | `run.rs`, `turn.rs`, `time.rs`, `tally.rs` | one run: processors that take turns, on time that passes when nobody can move |
//! | `people.rs` | what people decide: commands, repeated after whatever went wrong |
//! | `queue.rs` | SQS's side: at least once, in batches, invisible for a while, dead letters |
//! | `stepped.rs`, `control.rs` | a store whose every call is a step at which a processor may be struck |
//! | `examine.rs`, `conclusions.rs`, `listed.rs`, `shown.rs` | the ledger held against its traffic, itself, the truth and other runs |
//! | `simulation.rs`, `shrink.rs` | worlds by their seeds; the smallest run that still fails |
//! | `planted.rs` | faults that a test plants, to see that they are found (feature `planted`) |
//!
//! The processor, its decisions and the store in memory are the real ones: only the clock, the queue and the order of
//! turns are ours. No thread, no runtime, no draw that does not follow from the seed: the same seed is the same run.
//!
//! To add something that goes wrong: a [`perturbation::Perturbation`] with its words, a draw in `schedule.rs`, what it does in
//! `run.rs` or `control.rs`. To add a check: a [`discrepancy::Check`], in `examine.rs`, and a planted fault that it finds.
//!
//! What is never done here: a decision about a deal. What is right the oracle says, which knows nothing of `deal`.

pub mod conclusions;
mod control;
pub mod discrepancy;
pub mod examine;
mod listed;
pub mod people;
pub mod perturbation;
#[cfg(feature = "planted")]
pub mod planted;
mod queue;
pub mod reading;
pub mod run;
pub mod schedule;
mod shown;
mod shrink;
pub mod simulation;
pub mod stepped;
pub mod tally;
mod time;
pub mod traffic;
mod turn;

pub use simulation::{Failure, Simulation};
