//! What we know of deals and what follows from it. Pure: facts and a time in, conclusions out; no clock, no I/O, no SQL.
//!
//! | step | where | what it is |
//! |---|---|---|
//! | a notification | [`route`], [`effects`] | which streams it names, and what it says of each |
//! | facts | [`facts`], [`lattice`] | how what is said joins: in any order, any number of times |
//! | pairs | [`mod@forward`] | what one stream tells another, as soon as one half of a pair is known |
//! | candidates | [`key`], [`state`] | the index rows by which streams are found |
//! | links | [`correlate`], [`succession`] | which opportunity an offer came from; which agreement follows which |
//! | requests | [`request`] | how far a wish of ours is, and what is to be done next |
//! | readings | [`reading`] | which licenses AWS is to be asked about, and what its answer changes |
//! | conclusions | [`entitlement`], [`registration`], [`renewal`], [`finding`], [`judge`] | functions of facts, of related streams, and of now |
//! | what partners pay | [`wholesale`], [`margin`] | terms that an opportunity starts from; prices that undercut another partner's |
//! | what is published | [`public`], [`event`] | the difference from the last conclusion, as events |
//! | what is shown | [`item`], [`view`] | lists, shows, explanations; SQL views |
//!
//! # Adding
//!
//! * **A fact**: a field of the stream's type under `facts/`, of a type from [`lattice`] that says how two values join, in its
//!   `join`, and in `sample/draw.rs`, which the laws of a join are tried on. Say it in [`effects`]. The golden files show how
//!   the stored shape changes: adding an optional field is safe, anything else needs a new [`event::SCHEMA`].
//! * **A rule**: a variant of [`correlate::Rule`] with what it compares; a row in `correlate/tests.rs`; whatever it
//!   reads of an opportunity goes into the processor's `reach.rs` too, or offers are not judged again when it changes.
//! * **A finding**: a variant of [`finding::FindingKind`] with its severity and whether it ends by itself; opened in [`judge`]; if
//!   time alone opens it, its deadline in [`state::State::due_at`]; a row in `judge/tests.rs`.
//! * **A public event**: a variant of [`public::PublicEvent`], remembered by [`state::Concluded`], with a golden file. No free text,
//!   no names of people or companies; its payload in `schema.rs`, and `make schemas`.
//!
//! What is never done here: reading a clock, preferring what arrived first, choosing between two answers, keeping a set in a
//! state that grows with the number of deals.

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
pub mod margin;
pub mod moment;
#[cfg(feature = "planted")]
pub mod planted;
pub mod public;
pub mod reading;
pub mod registration;
pub mod renewal;
pub mod request;
pub mod route;
#[cfg(test)]
mod sample;
#[cfg(feature = "schema")]
pub mod schema;
pub mod state;
pub mod stream;
pub mod succession;
pub mod view;
pub mod wholesale;
