//! A batch of deliveries in, an outcome each out: parse, receive, decide, commit; commands by people; the sweep.
//!
//! | file | what it does |
//! |---|---|
//! | `process.rs` | one transaction a batch; retries after conflicts, splits after failures, keeps raw what cannot be decided |
//! | `guarded.rs` | a batch of which a panic fails one delivery only |
//! | `intake.rs` | bodies to what they say: duplicates, foreign accounts, parking and waking |
//! | `envelope_ids.rs` | which contents came under which EventBridge id |
//! | `problem.rs` | notifications that wait: the finding of each, and how that closes |
//! | `settle.rs` | from what was said to everything that follows, in a fixed number of reads: its table lists the phases |
//! | `reach.rs`, `link.rs`, `conclude.rs` | which streams are concerned; links; conclusions |
//! | `world.rs` | the streams of one transaction, as read and as they will be written |
//! | `command.rs` | links, acknowledgements, erasures: facts with who and why |
//! | `authorize.rs` | which products a partner may sell, on what terms: a person's word too |
//! | `relay.rs` | from the outbox to the event bus; `envelope.rs` says what is sent, `publisher.rs` how a bus answers |
//! | `port.rs` | what we ask of AWS Marketplace and how that fails; `port/patience.rs` says when it is asked again |
//! | `errand.rs` | what is due at AWS Marketplace, and what is compared now and then |
//! | `opportunity_sync.rs` | our resale authorizations read again from AWS, and what differs recorded |
//! | `refresh.rs` | what licenses grant, read from AWS where it may have changed, and what differs recorded |
//! | `request.rs` | our wishes to create or change opportunities, carried out step by step |
//! | `sweep.rs` | what time changes, what was left pending, redriving, announcing |
//!
//! Deciding is `deal`'s, keeping is a store's. What is decided from several streams must conflict on one of them: whoever adds
//! a conclusion that reads another stream touches a row that the other's writer touches too (the partner's), and adds an
//! order to `tests/` that would show it.
//!
//! What is never done here: SQL, a call to AWS, a decision that depends on the order of arrival.

pub mod authorize;
pub mod chain;
pub mod clock;
pub mod command;
mod conclude;
pub mod delivery;
pub mod envelope;
mod envelope_ids;
pub mod errand;
pub mod guarded;
mod intake;
mod link;
pub mod opportunity_sync;
mod parsed;
pub mod port;
mod problem;
pub mod process;
pub mod publisher;
mod reach;
pub mod refresh;
pub mod relay;
pub mod request;
mod settle;
pub mod sweep;
mod world;

pub use process::{Processor, Settings};
