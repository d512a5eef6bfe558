//! What is known of an agreement, with its entitlement and its licenses.

use std::collections::BTreeMap;

use marketplace::ids::{
    AccountId, AdjustmentId, AgreementId, CancellationId, LicenseId, OfferId, OpportunityId,
    ProductName,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::reading::Reading;
use super::{Acknowledgements, Seen, Unpublishable};
use crate::lattice::{Few, First, Fixed, Join, Last, Register};
use crate::moment::Moment;

/// The facts of an agreement. Without `created` it is a stub: something named it before (or without) its creation.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AgreementFacts {
    /// The first `Purchase Agreement Created`: acceptance. It creates the entitlement.
    #[serde(skip_serializing_if = "First::is_empty")]
    pub created: First,
    /// The last `Purchase Agreement Amended`.
    #[serde(skip_serializing_if = "Last::is_empty")]
    pub amended: Last,
    /// `Purchase Agreement Ended`: AWS's word, lower case.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub ended: Fixed<String>,
    /// The first `Purchase Agreement Ended`, also without a status, or with too many of them.
    #[serde(skip_serializing_if = "First::is_empty")]
    pub ended_first: First,
    /// Who of us was told of it.
    #[serde(skip_serializing_if = "Few::is_empty")]
    pub seen: Few<Seen>,
    /// `NEW`, `RENEW`, `REPLACE`, or what else AWS wrote at creation.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub intent: Fixed<String>,
    /// The resale authorization under which the partner sold.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub authorization: Fixed<OpportunityId>,
    /// The accepted offer.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub offer: Fixed<OfferId>,
    /// The buyer.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub acceptor: Fixed<AccountId>,
    /// The seller of record.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub proposer: Fixed<AccountId>,
    /// The ISV, where a notification of it or of its offer names one.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub manufacturer: Fixed<AccountId>,
    /// When the buyer accepted.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub acceptance: Fixed<Moment>,
    /// When it starts.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub start: Register<Moment>,
    /// When it ends by its terms; `None` says that it does not. Absent for pay-as-you-go.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub end: Register<Option<Moment>>,
    /// Whether it renews by itself.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub auto_renew: Register<bool>,
    /// The agreement that this one renews or replaces, where AWS names it.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub previous: Fixed<AgreementId>,
    /// The agreement that renews or replaces this one, where that one names this.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub successor: Fixed<AgreementId>,
    /// Names of the product, its own and those of its offer and opportunity.
    #[serde(skip_serializing_if = "Few::is_empty")]
    pub products: Few<ProductName>,
    /// Pairs of names that one notification gave for its product, each pair in order.
    #[serde(skip_serializing_if = "Few::is_empty")]
    pub aliases: Few<(ProductName, ProductName)>,
    /// Licenses under it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub licenses: BTreeMap<LicenseId, LicenseFacts>,
    /// Cancellation requests.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub cancellations: BTreeMap<CancellationId, Register<Cancellation>>,
    /// Billing adjustments.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub adjustments: BTreeMap<AdjustmentId, Register<AdjustmentFact>>,
    /// The last advisory: `true` issued, `false` resolved.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub advisory: Register<bool>,
    /// The last `Purchase Agreement Ending`: whole days before the end.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub ending_notice: Register<i64>,
    /// The last `Purchase Agreement Renewal Upcoming`.
    #[serde(skip_serializing_if = "Last::is_empty")]
    pub renewal_upcoming: Last,
    /// The last `Purchase Agreement Renewal Terms Finalized`.
    #[serde(skip_serializing_if = "Last::is_empty")]
    pub renewal_terms: Last,
    /// Findings that people acknowledged.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub acknowledged: Acknowledgements,
    /// The last of its public events that can never be published.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub unpublishable: Register<Unpublishable>,
}

/// The facts of one license.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LicenseFacts {
    /// The ARN as last written by AWS; what metering must send.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub arn: Register<String>,
    /// The first notification about it.
    #[serde(skip_serializing_if = "First::is_empty")]
    pub seen: First,
    /// The last `License Updated`: a signal to read its quantities.
    #[serde(skip_serializing_if = "Last::is_empty")]
    pub updated: Last,
    /// The first `License Deprovisioned`: terminal for this license.
    #[serde(skip_serializing_if = "First::is_empty")]
    pub deprovisioned: First,
    /// The code of its product, by which its quantities are asked for.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub code: Fixed<ProductName>,
    /// What the Entitlement API says of it.
    #[serde(skip_serializing_if = "Reading::is_empty")]
    pub reading: Reading,
    /// The first registration for it.
    #[serde(skip_serializing_if = "First::is_empty")]
    pub registered: First,
    /// The account that registered for it.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub customer: Fixed<AccountId>,
}

impl Join for LicenseFacts {
    fn join(&mut self, other: &Self) {
        self.arn.join(&other.arn);
        self.seen.join(&other.seen);
        self.updated.join(&other.updated);
        self.deprovisioned.join(&other.deprovisioned);
        self.code.join(&other.code);
        self.reading.join(&other.reading);
        self.registered.join(&other.registered);
        self.customer.join(&other.customer);
    }
}

/// The state of a cancellation request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancellation {
    /// `pending-approval`, `approved`, `rejected`, `cancelled`, ...
    pub step: String,
    /// AWS's reason code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
}

/// A billing adjustment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustmentFact {
    /// Completed, or failed.
    pub completed: bool,
    /// Signed, in `currency`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Decimal>,
    /// ISO 4217.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// AWS's reason code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
    /// The invoice that is adjusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<String>,
}

impl Join for AgreementFacts {
    fn join(&mut self, other: &Self) {
        self.created.join(&other.created);
        self.amended.join(&other.amended);
        self.ended.join(&other.ended);
        self.ended_first.join(&other.ended_first);
        self.seen.join(&other.seen);
        self.intent.join(&other.intent);
        self.authorization.join(&other.authorization);
        self.offer.join(&other.offer);
        self.acceptor.join(&other.acceptor);
        self.proposer.join(&other.proposer);
        self.manufacturer.join(&other.manufacturer);
        self.acceptance.join(&other.acceptance);
        self.start.join(&other.start);
        self.end.join(&other.end);
        self.auto_renew.join(&other.auto_renew);
        self.previous.join(&other.previous);
        self.successor.join(&other.successor);
        self.products.join(&other.products);
        self.aliases.join(&other.aliases);
        self.licenses.join(&other.licenses);
        self.cancellations.join(&other.cancellations);
        self.adjustments.join(&other.adjustments);
        self.advisory.join(&other.advisory);
        self.ending_notice.join(&other.ending_notice);
        self.renewal_upcoming.join(&other.renewal_upcoming);
        self.renewal_terms.join(&other.renewal_terms);
        self.acknowledged.join(&other.acknowledged);
        self.unpublishable.join(&other.unpublishable);
        if self.offer.is_too_many() || self.authorization.is_too_many() {
            // Which of them told it their names and their maker depends on the order.
            self.products = Few::too_many();
            self.manufacturer = Fixed::too_many();
        }
    }
}

impl AgreementFacts {
    /// When AWS says that it ended.
    pub fn ended_at(&self) -> Option<Moment> {
        let explained = self.ended.witness().map(|witness| witness.at);
        explained.into_iter().chain(self.ended_first.get()).min()
    }

    /// When it ends by its terms.
    pub fn ends(&self) -> Option<Moment> {
        self.end.get().copied().flatten()
    }

    /// When it starts: its start time, else its acceptance, else the time of its creation.
    pub fn starts(&self) -> Option<Moment> {
        let start = self.start.get().or_else(|| self.acceptance.get()).copied();
        start.or(self.created.get())
    }
}
