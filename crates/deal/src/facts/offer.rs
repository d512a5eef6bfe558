//! What is known of an offer.

use std::collections::BTreeMap;

use marketplace::ids::{AccountId, OfferSetId, OpportunityId, ProductName};
use serde::{Deserialize, Serialize};

use super::{Acknowledgements, Seen, Unpublishable};
use crate::lattice::{Few, First, Fixed, Join, Register};
use crate::moment::Moment;

/// The facts of an offer. A stub has only what agreements and offer sets say of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OfferFacts {
    /// The time of `Offer Released`: the offer's time in every rule.
    #[serde(skip_serializing_if = "First::is_empty")]
    pub released: First,
    /// Who of us was told of it.
    #[serde(skip_serializing_if = "Few::is_empty")]
    pub seen: Few<Seen>,
    /// The seller of record: the partner, for a CPPO.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub seller: Fixed<AccountId>,
    /// The ISV.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub manufacturer: Fixed<AccountId>,
    /// Names of the product sold.
    #[serde(skip_serializing_if = "Few::is_empty")]
    pub products: Few<ProductName>,
    /// Pairs of names that one notification gave for its product, each pair in order.
    #[serde(skip_serializing_if = "Few::is_empty")]
    pub aliases: Few<(ProductName, ProductName)>,
    /// The words for the product.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub product_title: Register<String>,
    /// The name that its author gave it.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub name: Register<String>,
    /// When the buyer can no longer accept it; `None` says that there is no such time.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub expires: Register<Option<Moment>>,
    /// The buyers that may accept, sorted.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub buyers: Register<Vec<AccountId>>,
    /// The set that it was made in.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub offer_set: Fixed<OfferSetId>,
    /// The opportunity that an agreement confirmed.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub confirmed: Fixed<OpportunityId>,
    /// What people decided about its link, by opportunity.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub decisions: BTreeMap<OpportunityId, Register<Decision>>,
    /// Findings that people acknowledged.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub acknowledged: Acknowledgements,
    /// The last of its public events that can never be published.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub unpublishable: Register<Unpublishable>,
}

/// A person's word on the link of an offer and an opportunity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// `true`: linked; `false`: this pair is excluded.
    pub linked: bool,
    /// Who.
    pub who: String,
    /// Why.
    pub why: String,
}

impl Join for OfferFacts {
    fn join(&mut self, other: &Self) {
        self.released.join(&other.released);
        self.seen.join(&other.seen);
        self.seller.join(&other.seller);
        self.manufacturer.join(&other.manufacturer);
        self.products.join(&other.products);
        self.aliases.join(&other.aliases);
        self.product_title.join(&other.product_title);
        self.name.join(&other.name);
        self.expires.join(&other.expires);
        self.buyers.join(&other.buyers);
        self.offer_set.join(&other.offer_set);
        self.confirmed.join(&other.confirmed);
        self.decisions.join(&other.decisions);
        self.acknowledged.join(&other.acknowledged);
        self.unpublishable.join(&other.unpublishable);
    }
}

impl OfferFacts {
    /// The opportunity that a person linked last, among those that no person unlinked since.
    pub fn manual(&self) -> Option<&OpportunityId> {
        let linked = self
            .decisions
            .iter()
            .filter(|(_, register)| register.get().is_some_and(|decision| decision.linked));
        linked.max_by_key(|(id, register)| (register.order(), *id)).map(|(id, _)| id)
    }

    /// Whether a person excluded this opportunity.
    pub fn excludes(&self, opportunity: &OpportunityId) -> bool {
        #[cfg(feature = "planted")]
        if crate::planted::stands(crate::planted::Planted::UnlinkForgotten) {
            return false;
        }
        let decision = self.decisions.get(opportunity).and_then(Register::get);
        decision.is_some_and(|decision| !decision.linked)
    }

    /// The opportunity that this offer uses up: confirmed, else set by a person. An inference uses up nothing.
    pub fn uses(&self) -> Option<&OpportunityId> {
        self.confirmed.get().or_else(|| self.manual())
    }

    /// Since when it uses that opportunity up: the confirming agreement's notification, or the person's decision.
    pub fn used_at(&self) -> Option<Moment> {
        let confirmed = self.confirmed.witness().map(|witness| witness.at);
        confirmed.or_else(|| self.decisions.get(self.manual()?)?.at())
    }

    /// When the buyer can no longer accept it.
    pub fn expires(&self) -> Option<Moment> {
        self.expires.get().copied().flatten()
    }

    /// The buyers that may accept; empty if unknown.
    pub fn buyers(&self) -> &[AccountId] {
        self.buyers.get().map_or(&[], Vec::as_slice)
    }
}
