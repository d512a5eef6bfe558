//! A batch of deliveries in, an outcome each out: parse, receive, decide, commit; and the sweep.

pub mod clock;
pub mod command;
mod conclude;
pub mod delivery;
mod intake;
mod link;
pub mod process;
mod reach;
mod settle;
pub mod sweep;
mod world;

pub use process::{Processor, Settings};
