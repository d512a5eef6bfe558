//! A generated market and the truth about it: what to judge a ledger by.
//!
//! Pure, and a stranger to resold: it depends on no crate of ours, so that no rule can be wrong here and there in the same
//! way. What must hold is computed from the world's own truth and from what AWS told of it.
//!
//! | step | where | what it is |
//! |---|---|---|
//! | make up | `invent` | who grants, offers, accepts, amends, renews, cancels, which of it AWS tells, what people decide |
//! | the truth | `market` | that as records; times, ids, and what each notice names |
//! | write | `write` | the notices as EventBridge delivers them, entities as `describe-entity` prints them |
//! | know | `known` | what can be known once everything has arrived, in whichever order |
//! | expect | `expect` | links, entitlements, findings, outcomes, access: what a ledger must conclude |
//! | shrink | [`World::without`] | a smaller world, without some of it and what depends on that |
//! | judge | [`World::judge`] | every difference of an [`Observed`] from that, as a [`Fault`] |
//!
//! A world is a function of its seed and [`Size`]: [`World::generate`].
//!
//! # What is left out
//!
//! Where the design leaves room, the case is not made up, or both answers are accepted:
//!
//! * An `Ended` without status, a license that goes before its agreement's `Ended`, a resale of ours that names no
//!   authorization, a notice of ours without account that could be anybody's.
//! * Whether evidence counts what other offers use up before it contradicts a confirmation; whether another maker's
//!   authorization that we never saw described is unknown; whether an agreement of an unseen offer names a restricted one.
//! * How the parts of specificity weigh against each other, free text, names, prices.
//! * Whether the evidence alone, which contradicts a confirmation, heeds a pair that a person excluded.
//! * People acknowledge and erase only after everything was told: what they say depends on what they saw.
//!
//! # Adding
//!
//! A thing that happens is a variant in `market`, drawn in `invent`, written in `write`, counted in `tests/coverage.rs`; what
//! follows from it goes to `expect`, and a row in `tests/spoiled.rs` shows that its absence is found.

pub mod consumer;
mod draw;
mod expect;
mod fault;
mod invent;
mod judge;
mod known;
mod market;
mod observed;
mod without;
mod world;
mod write;

pub use fault::{Fault, Promise};
pub use observed::{Observed, Published};
pub use world::{Command, Deed, Import, Notice, NoticeKind, Size, World};

#[cfg(test)]
mod tests;
