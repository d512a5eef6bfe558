//! Facts of a deal and how they fold; correlation, entitlement status, findings, public events.

pub mod correlate;
pub mod effects;
pub mod entitlement;
pub mod event;
pub mod facts;
pub mod finding;
pub mod forward;
pub mod item;
pub mod judge;
pub mod key;
pub mod lattice;
pub mod moment;
pub mod public;
pub mod renewal;
pub mod route;
#[cfg(test)]
mod sample;
pub mod state;
pub mod stream;
pub mod succession;
pub mod view;
