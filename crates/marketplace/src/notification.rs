//! One notification from AWS Marketplace as typed values.

use jiff::Timestamp;

use crate::catalog::ResaleAuthorization;
use crate::digest::Digest;
use crate::ids::{
    AccountId, AdjustmentId, AgreementId, CancellationId, ChangeSetId, LicenseId, OfferId,
    OfferSetId, OpportunityId, ProductName,
};

/// A parsed notification: the envelope, and what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// Digest of the content (see [`crate::digest`]); the identity of the notification.
    pub digest: Digest,
    /// The EventBridge envelope.
    pub envelope: Envelope,
    /// The ` - Role` suffix of the detail-type, if it has one.
    pub role: Option<Role>,
    /// What the notification says.
    pub family: Family,
}

/// The EventBridge envelope ("Amazon EventBridge events", Seller Guide).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// EventBridge's id of the event. Not an identity: a replayed archive brings another.
    pub id: Option<String>,
    /// For example `aws.agreement-marketplace`.
    pub source: String,
    /// The detail-type with its role suffix, as AWS wrote it.
    pub detail_type: String,
    /// The account that received the event.
    pub account: Option<AccountId>,
    /// When AWS emitted the event (whole seconds).
    pub time: Timestamp,
    /// Whether a `replay-name` was present (an archive replay).
    pub replayed: bool,
}

/// The role in which AWS tells us of an agreement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The ISV whose product is sold.
    Manufacturer,
    /// The seller of record: the partner in a CPPO, the ISV in a direct offer.
    Proposer,
    /// The buyer.
    Acceptor,
    /// A role that we do not know, as AWS wrote it.
    Other(String),
}

/// What a notification says, by family.
#[derive(Debug, Clone, PartialEq)]
pub enum Family {
    /// `Offer Released`.
    OfferReleased(OfferReleased),
    /// `OfferSet Released`.
    OfferSetReleased(OfferSetReleased),
    /// `Change Set Succeeded`, `Failed`, `Cancelled`.
    ChangeSet(ChangeSet),
    /// `Products Security Report Created`.
    SecurityReport,
    /// `Disbursement Paused`.
    DisbursementPaused {
        /// The `resources` of the envelope: payment instruments.
        resources: Vec<String>,
    },
    /// Every family about an agreement or a license under it.
    Agreement(Box<AgreementNotice>),
    /// Our own envelope around what the Catalog API says of a resale authorization
    /// (source `resold.catalog`), made by [`crate::catalog::describe`]; AWS never sends it.
    OpportunityDescribed(Box<ResaleAuthorization>),
    /// A source and detail-type that this version does not know.
    Unknown,
}

/// A name of a product and, where given, the words for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Product {
    /// Every name that the notification gives (id, last segment of the ARN, code), sorted, each once.
    /// They name the same product.
    pub names: Vec<ProductName>,
    /// Its code, by which the Entitlement and the Metering API name it. It is one of the names.
    pub code: Option<ProductName>,
    /// The title shown to people.
    pub title: Option<String>,
}

/// What is said of an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It is then.
    At(Timestamp),
    /// There is none: AWS writes the year 9999. That is news where an end was known.
    Never,
}

impl End {
    /// When it is, if there is one.
    pub const fn time(self) -> Option<Timestamp> {
        match self {
            Self::At(time) => Some(time),
            Self::Never => None,
        }
    }
}

/// `Offer Released`: a partner's or our own private offer can be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferReleased {
    /// Required: without it the notification is parked.
    pub offer: Option<OfferId>,
    /// The name that the offer's author gave it.
    pub name: Option<String>,
    /// The offer's ARN; its account is the seller of record's.
    pub arn: Option<String>,
    /// When the buyer can no longer accept it.
    pub expires: Option<End>,
    /// The product sold.
    pub product: Product,
    /// The ISV.
    pub manufacturer: Option<AccountId>,
    /// The ISV's name.
    pub manufacturer_name: Option<String>,
    /// The seller of record.
    pub seller: Option<AccountId>,
    /// The seller of record's name.
    pub seller_name: Option<String>,
    /// The buyers that may accept, sorted, each once.
    pub buyers: Vec<AccountId>,
}

/// `OfferSet Released`: several offers made together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferSetReleased {
    /// Required: without it the notification is parked.
    pub offer_set: Option<OfferSetId>,
    /// The name of the set.
    pub name: Option<String>,
    /// The offers in it: id and name.
    pub offers: Vec<(OfferId, Option<String>)>,
}

/// How a change set ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeSetResult {
    /// Every change was applied.
    Succeeded,
    /// No change was applied.
    Failed,
    /// It was cancelled before it was applied.
    Cancelled,
}

/// `Change Set Succeeded`, `Failed`, `Cancelled`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSet {
    /// Required: without it the notification is parked.
    pub id: Option<ChangeSetId>,
    /// The name that its author gave it.
    pub name: Option<String>,
    /// How it ended.
    pub result: ChangeSetResult,
    /// `CLIENT_ERROR`, `SERVER_FAULT`, or what else AWS wrote.
    pub failure_code: Option<String>,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

/// A notification about an agreement: whom and what it names, and what happened.
#[derive(Debug, Clone, PartialEq)]
pub struct AgreementNotice {
    /// The agreement.
    pub agreement: Option<AgreementId>,
    /// The resale authorization under which the partner sold.
    pub authorization: Option<OpportunityId>,
    /// The buyer.
    pub acceptor: Option<AccountId>,
    /// The seller of record.
    pub proposer: Option<AccountId>,
    /// The seller of record's name.
    pub proposer_name: Option<String>,
    /// The ISV, where the notification names it.
    pub manufacturer: Option<AccountId>,
    /// The accepted offer.
    pub offer: Option<OfferId>,
    /// The product, where the notification names it.
    pub product: Product,
    /// The license, where the notification names one: its id and its ARN as AWS wrote it.
    pub license: Option<(LicenseId, String)>,
    /// What happened.
    pub what: AgreementEvent,
}

/// What happened to an agreement or to a license under it.
#[derive(Debug, Clone, PartialEq)]
pub enum AgreementEvent {
    /// `Purchase Agreement Created`: the buyer accepted.
    Created(AgreementTerms),
    /// `Purchase Agreement Amended`.
    Amended(AgreementTerms),
    /// `Purchase Agreement Ended`, with the status that AWS gives (`CANCELLED`, `EXPIRED`, `TERMINATED`, `RENEWED`, `REPLACED`, ...).
    Ended {
        /// AWS's word, upper case.
        status: Option<String>,
    },
    /// `Purchase Agreement Ending`.
    Ending {
        /// Whole days until the end: 180, 120, 90, 60 or 30.
        days_before_end: Option<i64>,
        /// When the agreement ends.
        end: Option<End>,
    },
    /// `Purchase Agreement Renewal Terms Finalized`.
    RenewalTermsFinalized,
    /// `Purchase Agreement Renewal Upcoming`.
    RenewalUpcoming,
    /// `Purchase Agreement Advisory Issued`, and when.
    AdvisoryIssued(Option<Timestamp>),
    /// `Purchase Agreement Advisory Resolved`, and when.
    AdvisoryResolved(Option<Timestamp>),
    /// `Purchase Agreement Billing Adjustment Completed` or `Failed`.
    Adjustment(Adjustment),
    /// `Agreement Cancellation Request ...`.
    Cancellation(CancellationRequest),
    /// `License Updated`.
    LicenseUpdated,
    /// `License Deprovisioned`.
    LicenseDeprovisioned,
    /// A buyer registered for a license: our own envelope (source `resold.registration`), made by
    /// [`crate::registration::envelope`]; AWS never sends it.
    Registered {
        /// The account that registered.
        customer: Option<AccountId>,
    },
}

/// What `Purchase Agreement Created` and `Amended` say of the agreement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AgreementTerms {
    /// `NEW`, `RENEW`, `REPLACE`, `AMEND`, or what else AWS wrote.
    pub intent: Option<String>,
    /// AWS's status, for example `ACTIVE`.
    pub status: Option<String>,
    /// When the buyer accepted.
    pub acceptance: Option<Timestamp>,
    /// When the agreement starts (in the future for a future-dated agreement).
    pub start: Option<Timestamp>,
    /// When it ends; absent for pay-as-you-go.
    pub end: Option<End>,
    /// The agreement that this one renews or replaces.
    pub previous: Option<AgreementId>,
    /// Whether it renews by itself.
    pub auto_renew: Option<bool>,
}

/// A billing adjustment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    /// The request.
    pub id: Option<AdjustmentId>,
    /// `true` for `Completed`, `false` for `Failed`.
    pub completed: bool,
    /// Signed amount as AWS wrote it, checked to be a decimal number.
    pub amount: Option<rust_decimal::Decimal>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// AWS's reason code.
    pub reason_code: Option<String>,
    /// The invoice that is adjusted.
    pub invoice: Option<String>,
}

/// A request to cancel an agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancellationRequest {
    /// The request.
    pub id: Option<CancellationId>,
    /// The step that the detail-type names: `pending-approval`, `approved`, `rejected`, `cancelled`,
    /// `validation-failed`, or the lower-cased words of one that we do not know.
    pub step: String,
    /// AWS's reason code.
    pub reason_code: Option<String>,
    /// When the request was last changed.
    pub updated: Option<Timestamp>,
}
