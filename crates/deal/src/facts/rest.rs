//! What is known of everything else: accounts of ours, change sets, offer sets, and notifications themselves.

use std::collections::BTreeMap;

use marketplace::digest::Digest;
use marketplace::ids::OfferId;
use serde::{Deserialize, Serialize};

use super::{Acknowledgements, Unpublishable};
use crate::lattice::{Few, First, Fixed, Join, Last, Register};
use crate::moment::Moment;
use crate::request::RequestId;

/// The facts of one of our own accounts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SellerFacts {
    /// The first `Disbursement Paused`.
    #[serde(skip_serializing_if = "First::is_empty")]
    pub disbursement_first: First,
    /// The last `Disbursement Paused`, with the payment instruments that it names.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub disbursement_paused: Register<Vec<String>>,
    /// The first `Products Security Report Created`.
    #[serde(skip_serializing_if = "First::is_empty")]
    pub security_first: First,
    /// The last `Products Security Report Created`.
    #[serde(skip_serializing_if = "Last::is_empty")]
    pub security_report: Last,
    /// Findings that people acknowledged.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub acknowledged: Acknowledgements,
    /// The last of its public events that can never be published.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub unpublishable: Register<Unpublishable>,
}

impl Join for SellerFacts {
    fn join(&mut self, other: &Self) {
        self.disbursement_first.join(&other.disbursement_first);
        self.disbursement_paused.join(&other.disbursement_paused);
        self.security_first.join(&other.security_first);
        self.security_report.join(&other.security_report);
        self.acknowledged.join(&other.acknowledged);
        self.unpublishable.join(&other.unpublishable);
    }
}

/// The facts of a change set.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ChangeSetFacts {
    /// The name that its author gave it.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub name: Register<String>,
    /// `succeeded`, `failed` or `cancelled`.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub result: Register<String>,
    /// AWS's code of a failure.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub failure_code: Register<String>,
    /// The requests of ours that it is an attempt of, each with the attempt's number.
    #[serde(skip_serializing_if = "Few::is_empty")]
    pub requests: Few<(RequestId, u32)>,
    /// Findings that people acknowledged.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub acknowledged: Acknowledgements,
    /// The last of its public events that can never be published.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub unpublishable: Register<Unpublishable>,
}

impl Join for ChangeSetFacts {
    fn join(&mut self, other: &Self) {
        self.name.join(&other.name);
        self.result.join(&other.result);
        self.failure_code.join(&other.failure_code);
        self.requests.join(&other.requests);
        self.acknowledged.join(&other.acknowledged);
        self.unpublishable.join(&other.unpublishable);
    }
}

/// So many offers of one set are kept: as many as one notification may list. Past it, they are not shown.
const MAX_OFFERS: usize = 1_000;

/// The facts of an offer set.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OfferSetFacts {
    /// The name that its author gave it.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub name: Register<String>,
    /// The offers in it.
    #[serde(skip_serializing_if = "Few::is_empty")]
    pub offers: Few<OfferId, MAX_OFFERS>,
}

impl Join for OfferSetFacts {
    fn join(&mut self, other: &Self) {
        self.name.join(&other.name);
        self.offers.join(&other.offers);
    }
}

/// The facts of a notification that could not be used.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NotificationFacts {
    /// The kind of the finding: `malformed`, `foreign-account`, `undecidable`.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub problem: Fixed<String>,
    /// Why, in words.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub reason: Register<String>,
    /// When it was applied or erased after all.
    #[serde(skip_serializing_if = "First::is_empty")]
    pub settled: First,
    /// Its time, if it cannot have been sent then.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub sent: Fixed<Moment>,
    /// Findings that people acknowledged.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub acknowledged: Acknowledgements,
    /// The last of its public events that can never be published.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub unpublishable: Register<Unpublishable>,
}

impl Join for NotificationFacts {
    fn join(&mut self, other: &Self) {
        self.problem.join(&other.problem);
        self.reason.join(&other.reason);
        self.settled.join(&other.settled);
        self.sent.join(&other.sent);
        self.acknowledged.join(&other.acknowledged);
        self.unpublishable.join(&other.unpublishable);
    }
}

/// The facts of a source and detail-type that we do not know.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NotificationTypeFacts {
    /// The envelope's source.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub source: Fixed<String>,
    /// The envelope's detail-type.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub detail_type: Fixed<String>,
    /// The first one's time.
    #[serde(skip_serializing_if = "First::is_empty")]
    pub first: First,
    /// The last one's time.
    #[serde(skip_serializing_if = "Last::is_empty")]
    pub last: Last,
    /// When a version that knows it applied one.
    #[serde(skip_serializing_if = "First::is_empty")]
    pub settled: First,
    /// Findings that people acknowledged.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub acknowledged: Acknowledgements,
    /// The last of its public events that can never be published.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub unpublishable: Register<Unpublishable>,
}

impl Join for NotificationTypeFacts {
    fn join(&mut self, other: &Self) {
        self.source.join(&other.source);
        self.detail_type.join(&other.detail_type);
        self.first.join(&other.first);
        self.last.join(&other.last);
        self.settled.join(&other.settled);
        self.acknowledged.join(&other.acknowledged);
        self.unpublishable.join(&other.unpublishable);
    }
}

/// The facts of an EventBridge id that came with two contents.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EnvelopeIdFacts {
    /// The contents.
    #[serde(skip_serializing_if = "Few::is_empty")]
    pub digests: Few<Digest>,
    /// The earliest of their times.
    #[serde(skip_serializing_if = "First::is_empty")]
    pub first: First,
    /// The latest of their times.
    #[serde(skip_serializing_if = "Last::is_empty")]
    pub last: Last,
    /// Findings that people acknowledged.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub acknowledged: Acknowledgements,
    /// The last of its public events that can never be published.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub unpublishable: Register<Unpublishable>,
}

impl Join for EnvelopeIdFacts {
    fn join(&mut self, other: &Self) {
        self.digests.join(&other.digests);
        self.first.join(&other.first);
        self.last.join(&other.last);
        self.acknowledged.join(&other.acknowledged);
        self.unpublishable.join(&other.unpublishable);
    }
}
