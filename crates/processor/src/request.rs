//! Requests of ours to AWS: what a person wished is recorded first, then carried out step by step.
//!
//! | file | what it does |
//! |---|---|
//! | `wish.rs` | records a wish, or a corrected one |
//! | `drive.rs` | takes the next step of a request, and of those that are due |
//! | `ask.rs` | the questions to AWS that a step asks, as facts |
//! | `content.rs` | what a wish to create or to clone holds |
//! | `changes.rs` | the changes that carry a wish out |
//! | `left.rs` | a draft that was left behind, held against what it is to become |
//! | `read_back.rs` | what was made, read into the ledger, and what follows |
//! | `stored.rs` | changes as they are kept, to be sent again exactly |
//!
//! `deal::request` decides what is next, purely. Each call to AWS stands between two transactions: one that records that it is
//! made, and one that records what came of it. A machine that stops in between leaves a call whose answer nobody heard, and that is
//! what the next driver finds. Two drivers of one request conflict on its row: only one of them makes a call.

mod ask;
mod changes;
mod content;
mod drive;
mod left;
mod read_back;
mod stored;
mod wish;

use std::error::Error;

use deal::request::{InvalidRequestId, RequestId, Status};
use marketplace::ids::OpportunityId;

pub(crate) use self::ask::refusal;
pub use self::changes::{ChangesError, changes};
pub use self::content::Content;
pub use self::drive::{Changes, Driven};
pub use self::wish::Requested;
use crate::delivery::ProcessError;

/// The longest content of a wish, in bytes.
pub const MAX_DRAFT: usize = 48 * 1024;
/// The longest changes of one attempt, in bytes. A request's row holds all of its attempts.
pub const MAX_CHANGES: usize = 96 * 1024;

/// Why a wish was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// Only a creation names no opportunity.
    #[error("a request to {0} an opportunity names which one")]
    NoOpportunity(&'static str),
    /// The ledger has no such opportunity.
    #[error("there is no opportunity `{0}` in the ledger")]
    NoSuchOpportunity(OpportunityId),
    /// The content is too long to be kept.
    #[error("the content has {found} bytes, more than the {MAX_DRAFT} that a request keeps")]
    TooLong {
        /// Its length.
        found: usize,
    },
    /// The id is taken by another wish.
    #[error("request `{0}` exists, with another content")]
    Taken(RequestId),
    /// The ledger has no such request.
    #[error("there is no request `{0}` in the ledger")]
    NoSuchRequest(RequestId),
    /// What is under way or done cannot be corrected.
    #[error("request `{id}` is {}; only one that failed, was cancelled or cannot be sent can be corrected", .status.word())]
    NotOver {
        /// Which one.
        id: RequestId,
        /// How far it is.
        status: Status,
    },
    /// The correction is of another kind.
    #[error(
        "request `{id}` is to {kind} an opportunity, and its correction is another kind of request"
    )]
    OtherKind {
        /// Which one.
        id: RequestId,
        /// Its kind.
        kind: &'static str,
    },
    /// It was tried too often.
    #[error("request `{0}` was tried too often to be corrected; make a new one")]
    TooOften(RequestId),
    /// The ledger failed.
    #[error("could not record the request")]
    Process(#[source] ProcessError),
}

/// Why a request was not driven.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// The ledger has no such request.
    #[error("there is no request `{0}` in the ledger")]
    NoSuchRequest(RequestId),
    /// What is kept of it is not what this version kept.
    #[error("could not read what request `{id}` is to send")]
    Unreadable {
        /// Which one.
        id: RequestId,
        /// What does not fit.
        #[source]
        source: serde_json::Error,
    },
    /// Something else is kept where a request's id should be.
    #[error("could not read the id of a request")]
    Id(#[source] InvalidRequestId),
    /// What is to follow was not recorded. It is tried again.
    #[error("could not record the request that follows")]
    Follow(#[source] RequestError),
    /// The ledger failed. What was asked of AWS meanwhile is found again.
    #[error("could not record what became of the request")]
    Process(#[source] ProcessError),
}

/// Any cause, below our own words.
pub type Cause = Box<dyn Error + Send + Sync>;
