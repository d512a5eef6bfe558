//! What is known of an opportunity.

use std::collections::BTreeMap;

use jiff::civil::Date;
use marketplace::catalog::ResaleAuthorization;
use marketplace::ids::{AccountId, OpportunityId, ProductName};
use serde::{Deserialize, Serialize};

use super::{Acknowledgements, Seen, Unpublishable};
use crate::lattice::{Few, First, Fixed, Join, Last, Register};
use crate::moment::Moment;
use crate::request::RequestId;

/// The facts of an opportunity. A stub is only named: by an agreement, a decision, a request.
///
/// A description is an observation at its `LastModifiedDate`. Of the set of observations these facts keep what
/// any rule or person asks: the latest one, and when each status was first or last seen.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OpportunityFacts {
    /// The latest description.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub described: Register<Box<ResaleAuthorization>>,
    /// When it was created.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub created: Fixed<Moment>,
    /// The one account that may resell.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub reseller: Fixed<AccountId>,
    /// Pairs of names that one description gave for its product, each pair in order.
    #[serde(skip_serializing_if = "Few::is_empty")]
    pub aliases: Few<(ProductName, ProductName)>,
    /// The first time it was observed Active.
    #[serde(skip_serializing_if = "First::is_empty")]
    pub active: First,
    /// The first time it was observed Restricted.
    #[serde(skip_serializing_if = "First::is_empty")]
    pub restricted: First,
    /// The last time it was observed Draft.
    #[serde(skip_serializing_if = "Last::is_empty")]
    pub draft: Last,
    /// In which roles we saw agreements and decisions name it.
    #[serde(skip_serializing_if = "Few::is_empty")]
    pub named: Few<Seen>,
    /// That agreements named it; the least witness has the time. What is told here must only grow with what the
    /// agreement knows: the least witness of a fact there may change to a later time.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub first_named: Fixed<bool>,
    /// Every name that descriptions gave for its product.
    #[serde(skip_serializing_if = "Few::is_empty")]
    pub names: Few<ProductName>,
    /// The requests of ours that made or changed it.
    #[serde(skip_serializing_if = "Few::is_empty")]
    pub requested_by: Few<RequestId>,
    /// The opportunities that it was cloned from.
    #[serde(skip_serializing_if = "Few::is_empty")]
    pub cloned_from: Few<OpportunityId>,
    /// The opportunities that were cloned from it.
    #[serde(skip_serializing_if = "Few::is_empty")]
    pub cloned_to: Few<OpportunityId>,
    /// Findings that people acknowledged.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub acknowledged: Acknowledgements,
    /// The last of its public events that can never be published.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub unpublishable: Register<Unpublishable>,
}

impl Join for OpportunityFacts {
    fn join(&mut self, other: &Self) {
        self.described.join(&other.described);
        self.created.join(&other.created);
        self.reseller.join(&other.reseller);
        self.aliases.join(&other.aliases);
        self.active.join(&other.active);
        self.restricted.join(&other.restricted);
        self.draft.join(&other.draft);
        self.named.join(&other.named);
        self.first_named.join(&other.first_named);
        self.names.join(&other.names);
        self.requested_by.join(&other.requested_by);
        self.cloned_from.join(&other.cloned_from);
        self.cloned_to.join(&other.cloned_to);
        self.acknowledged.join(&other.acknowledged);
        self.unpublishable.join(&other.unpublishable);
    }
}

/// A greater quantity is not held against the offers that use it: it counts as any number.
const MAX_QUANTITY: u32 = 1_000;

impl OpportunityFacts {
    /// Known only by id: no description was seen. A stub is never eligible.
    pub const fn is_stub(&self) -> bool {
        self.described.is_empty()
    }

    /// Names of the product.
    pub const fn products(&self) -> &Few<ProductName> {
        &self.names
    }

    /// The buyers that may be targeted; empty: any.
    pub fn buyers(&self) -> &[AccountId] {
        self.described.get().map_or(&[], |doc| doc.buyers.as_slice())
    }

    /// How many offers may be made from it; `None`: any number.
    pub fn max_offers(&self) -> Option<u32> {
        self.described.get().and_then(|doc| doc.max_offers)
    }

    /// How many offers may be made from it, if so many are counted.
    pub fn quantity(&self) -> Option<u32> {
        self.max_offers().filter(|max| *max <= MAX_QUANTITY)
    }

    /// The last day on which an offer may be made.
    pub fn end_date(&self) -> Option<Date> {
        self.described.get().and_then(|doc| doc.end_date)
    }

    /// The last microsecond of the last day, UTC.
    pub fn end(&self) -> Option<Moment> {
        self.end_date().map(end_of_day)
    }
}

/// 23:59:59.999999 UTC of a day.
pub fn end_of_day(date: Date) -> Moment {
    let midnight = date.tomorrow().map(|day| day.to_datetime(jiff::civil::Time::midnight()));
    let next = midnight.and_then(|time| jiff::tz::TimeZone::UTC.to_timestamp(time));
    next.map_or(Moment::MAX, |start| Moment::from_micros(start.as_microsecond().saturating_sub(1)))
}
