//! What we ask of AWS Marketplace, and how a call fails.
//!
//! No call is made inside a transaction of the ledger. Whoever implements these paces itself and has [`patience::Patience`]; what
//! it still answers with is the caller's to decide.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use marketplace::changeset::{
    AuthorizationSummary, ChangeSet, ChangeSetReport, ChangeSetSummary, LicensedQuantity,
    Registration,
};
use marketplace::ids::{ChangeSetId, OpportunityId};

pub mod patience;

/// Ids of one [`Catalog::describe`] (`BatchDescribeEntities`).
pub const MAX_DESCRIBED: usize = 20;

/// The Catalog API: resale authorizations, and the change sets that make them.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// Starts a change set (`StartChangeSet`). After [`CallOutcome::Unknown`] it may have started: it is not asked for again by
    /// itself.
    async fn start_change_set(&self, set: &ChangeSet) -> Result<ChangeSetId, CallError>;

    /// How far a change set is (`DescribeChangeSet`).
    async fn describe_change_set(&self, id: &ChangeSetId) -> Result<ChangeSetReport, CallError>;

    /// Every change set of this name that was started after a moment (`ListChangeSets`), in whole seconds. AWS forgets them after
    /// 60 days.
    async fn change_sets_named(
        &self,
        name: &str,
        after: Timestamp,
    ) -> Result<Vec<ChangeSetSummary>, CallError>;

    /// A page of our own resale authorizations (`ListEntities`); `page` is the `next` of the page before. A page may be empty
    /// and have a next one.
    async fn authorizations(
        &self,
        filter: &AuthorizationFilter,
        page: Option<&str>,
    ) -> Result<Page<AuthorizationSummary>, CallError>;

    /// Reads at most [`MAX_DESCRIBED`] resale authorizations whole (`BatchDescribeEntities`). Each id answers for itself: with a
    /// document for [`marketplace::catalog::describe`], in which AWS's text is as AWS wrote it, or with why there is none.
    async fn describe(
        &self,
        ids: &[OpportunityId],
    ) -> Result<BTreeMap<OpportunityId, Result<Box<str>, Refused>>, CallError>;
}

/// The Entitlement API: what a license grants.
#[async_trait]
pub trait Entitlements: Send + Sync {
    /// A page of what a license grants (`GetEntitlements`), one item a dimension; `page` is the `next` of the page before. A page
    /// may be empty and have a next one.
    async fn by_license(
        &self,
        product_code: &str,
        license_arn: &str,
        page: Option<&str>,
    ) -> Result<Page<LicensedQuantity>, CallError>;
}

/// Who registers (`ResolveCustomer` of the Metering API).
#[async_trait]
pub trait Registrations: Send + Sync {
    /// Exchanges the token that a buyer's browser brought. The token is in no log and in no error.
    async fn resolve(&self, token: &str) -> Result<Registration, CallError>;
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What is in it, which may be nothing.
    pub items: Vec<T>,
    /// By what the next part is asked for. `None`: this was the last.
    pub next: Option<String>,
}

/// Which resale authorizations are listed: those that answer everything that is asked here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuthorizationFilter {
    /// Of exactly this name.
    pub name: Option<String>,
    /// Changed after this moment, in whole seconds.
    pub modified_after: Option<Timestamp>,
}

/// A call that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing}")]
pub struct CallError {
    /// What we asked of AWS.
    pub doing: &'static str,
    /// Whether AWS may have done it nevertheless.
    pub outcome: CallOutcome,
    /// Whether the same call may succeed later without anybody's help.
    pub retry: Retry,
    /// AWS's code, where it gave one.
    pub code: Option<String>,
    /// AWS's own text, or why there is none.
    #[source]
    pub cause: Box<dyn Error + Send + Sync>,
}

impl CallError {
    /// A call that we did not make, or that AWS refuses each time.
    pub fn refused(doing: &'static str, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let (outcome, retry) = (CallOutcome::Refused, Retry::Never);
        Self { doing, outcome, retry, code: None, cause: cause.into() }
    }

    /// A call that AWS answered with something that we cannot use: it was made.
    pub fn unreadable(doing: &'static str, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let (outcome, retry) = (CallOutcome::Unknown, Retry::Never);
        Self { doing, outcome, retry, code: None, cause: cause.into() }
    }
}

/// What became of a call that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallOutcome {
    /// AWS did nothing.
    Refused,
    /// No answer came that says so: AWS may have done it.
    Unknown,
}

/// Whether to make a call again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Within seconds: AWS is busy, has a fault of its own, or was not heard.
    Soon,
    /// In minutes: something else of ours must end first.
    Later,
    /// A person has to change something first.
    Never,
}

/// Why AWS did not do its part for one item of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// AWS's code.
    pub code: String,
    /// AWS's text, empty when it gave none.
    pub message: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message.as_str() {
            "" => f.write_str(&self.code),
            message => write!(f, "{}: {message}", self.code),
        }
    }
}
