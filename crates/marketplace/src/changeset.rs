//! Change sets of the Catalog API: what we ask it to do, and what it says of it.
//!
//! A change set is applied as a whole or not at all; AWS checks and applies it in the background
//! ("Using the AWS Marketplace Catalog API"). All of ours are about one resale authorization.

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::ids::{AccountId, ChangeSetId, LicenseId, OpportunityId, ProductName};

mod report;

pub use report::ReportError;

/// The catalog of every request.
pub const CATALOG: &str = "AWSMarketplace";

/// The type of the one kind of entity that we change.
pub const ENTITY_TYPE: &str = "ResaleAuthorization@1.0";

/// A change set to start (`StartChangeSet`), in the catalog [`CATALOG`], with the intent `APPLY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSet {
    /// 1 to 100 characters; names are not unique, so that ours holds our own id.
    pub name: String,
    /// `ClientRequestToken`: 1 to 64 printable characters.
    pub token: String,
    /// At most 20, each pair of change type and entity once.
    pub changes: Vec<Change>,
}

/// One change.
///
/// Serialized, it is an element of `ChangeSet` in the request of `StartChangeSet`, with `DetailsDocument`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// For example `CreateResaleAuthorization`.
    pub change_type: String,
    /// `Entity.Identifier`: an id, or `$RA.Entity.Identifier`; `None` for a create.
    pub identifier: Option<String>,
    /// `RA` on the create, so that the others refer to it.
    pub change_name: Option<String>,
    /// `DetailsDocument`, an object.
    pub details: Value,
}

/// The part of an element that names the entity.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entity<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    identifier: Option<&'a str>,
}

/// An element as AWS takes it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Element<'a> {
    change_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    change_name: Option<&'a str>,
    entity: Entity<'a>,
    details_document: &'a Value,
}

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let element = Element {
            change_type: &self.change_type,
            change_name: self.change_name.as_deref(),
            entity: Entity { r#type: ENTITY_TYPE, identifier: self.identifier.as_deref() },
            details_document: &self.details,
        };
        element.serialize(serializer)
    }
}

/// How far a change set is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeSetStatus {
    /// Being checked.
    Preparing,
    /// Being applied.
    Applying,
    /// Every change is applied.
    Succeeded,
    /// No change is applied; a draft that it created may be left.
    Failed,
    /// Cancelled while it was being checked.
    Cancelled,
    /// A word that we do not know.
    Other(String),
}

impl ChangeSetStatus {
    /// AWS's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Preparing => "PREPARING",
            Self::Applying => "APPLYING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
            Self::Other(word) => word,
        }
    }

    /// Whether nothing will change it any more. A word that we do not know may be followed by another.
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Succeeded | Self::Failed | Self::Cancelled => true,
            Self::Preparing | Self::Applying | Self::Other(_) => false,
        }
    }
}

impl From<&str> for ChangeSetStatus {
    fn from(word: &str) -> Self {
        match word {
            "PREPARING" => Self::Preparing,
            "APPLYING" => Self::Applying,
            "SUCCEEDED" => Self::Succeeded,
            "FAILED" => Self::Failed,
            "CANCELLED" => Self::Cancelled,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// What `DescribeChangeSet` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSetReport {
    /// The change set.
    pub id: ChangeSetId,
    /// The name that its author gave it.
    pub name: Option<String>,
    /// How far it is.
    pub status: ChangeSetStatus,
    /// When it was started.
    pub start: Option<Timestamp>,
    /// When it ended.
    pub end: Option<Timestamp>,
    /// `CLIENT_ERROR`, `SERVER_FAULT`, or what else AWS wrote.
    pub failure_code: Option<String>,
    /// A failure that is not tied to one change.
    pub failure_description: Option<String>,
    /// What became of each change.
    pub changes: Vec<ChangeReport>,
}

/// What became of one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeReport {
    /// For example `CreateResaleAuthorization`.
    pub change_type: String,
    /// `RA` on our create.
    pub change_name: Option<String>,
    /// The entity without the revision: `resaleauthz-7hq2x9abcd1ef@1` reads as `resaleauthz-7hq2x9abcd1ef`. None as well where a
    /// reference to another change (`$RA.Entity.Identifier`) never became an id.
    pub entity: Option<String>,
    /// `ErrorDetailList`.
    pub errors: Vec<ChangeError>,
}

/// Why a change was refused, in AWS's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeError {
    /// For example `INCOMPATIBLE_PRODUCT`.
    pub code: String,
    /// AWS's sentence.
    pub message: String,
}

/// A row of `ListChangeSets`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSetSummary {
    /// The change set.
    pub id: ChangeSetId,
    /// The name that its author gave it.
    pub name: Option<String>,
    /// How far it is.
    pub status: ChangeSetStatus,
    /// When it was started.
    pub start: Option<Timestamp>,
    /// When it ended.
    pub end: Option<Timestamp>,
    /// `CLIENT_ERROR`, `SERVER_FAULT`, or what else AWS wrote.
    pub failure_code: Option<String>,
    /// The entities that it names, without revisions.
    pub entities: Vec<String>,
}

/// A row of `ListEntities` for resale authorizations: only what decides whether to read it whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationSummary {
    /// The resale authorization.
    pub id: OpportunityId,
    /// Its name.
    pub name: Option<String>,
    /// `Draft`, `Active`, `Restricted`, or what else AWS wrote.
    pub status: Option<String>,
    /// When AWS last changed it.
    pub last_modified: Option<Timestamp>,
    /// The one account that may resell.
    pub reseller: Option<AccountId>,
    /// The product.
    pub product: Option<ProductName>,
}

/// What `GetEntitlements` says of one dimension of one license.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicensedQuantity {
    /// The license.
    pub license: LicenseId,
    /// Its ARN as AWS wrote it.
    pub license_arn: Option<String>,
    /// The product's code.
    pub product_code: String,
    /// The dimension's key.
    pub dimension: String,
    /// The buyer.
    pub customer: Option<AccountId>,
    /// How much.
    pub value: LicensedValue,
    /// Until when.
    pub expires: Option<Timestamp>,
}

/// How much of a dimension is licensed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LicensedValue {
    /// `IntegerValue`.
    Integer(i64),
    /// `DoubleValue`, as the text of the number.
    Double(String),
    /// `BooleanValue`.
    Boolean(bool),
    /// `StringValue`.
    Text(String),
    /// None of these: AWS has words that we do not know yet.
    Unknown,
}

/// What `ResolveCustomer` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The product's code.
    pub product_code: String,
    /// The buyer.
    pub customer: AccountId,
    /// The license under which it bought.
    pub license: Option<LicenseId>,
    /// Its ARN as AWS wrote it.
    pub license_arn: Option<String>,
}

#[cfg(test)]
mod tests;
