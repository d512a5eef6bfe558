//! Items: what lists and shows print, as functions of a stream's state and now.
//!
//! An item names itself by `id` and others by `opportunity`, `offer`, `agreement`, `license`, `partner`, `buyer`. What
//! is not known is null. Times are RFC 3339, days are `YYYY-MM-DD`, amounts are exact decimal text beside their
//! `currency`. But for the timeline, nothing here tells of our own history (recorded times, versions, causes): whatever
//! the order of deliveries, items are equal.

mod agreement;
mod attempt;
mod deal;
mod entitlement;
mod explanation;
mod finding;
mod offer;
mod opportunity;
mod partner;
mod playbook;
mod request;
mod timeline;

pub use agreement::{Adjustment, Agreement, AgreementStatus, CancellationItem, License};
pub use attempt::AttemptItem;
pub use deal::Deal;
pub use entitlement::{EntitlementItem, Licensing};
pub use explanation::{CandidateItem, CountersItem, Explanation, RuleItem};
pub use finding::FindingItem;
pub use offer::{DecisionItem, Offer, OfferStatus};
pub use opportunity::{Direction, Opportunity};
pub use partner::{Amount, AuthorizedItem, Partner, Tally};
pub use playbook::{Playbook, PlaybookEntry};
pub use request::{ChangeErrorItem, Request};
pub use timeline::{CauseItem, Place, TimelineItem};

use marketplace::ids::ProductName;

use crate::moment::Moment;

/// RFC 3339.
fn text(time: Option<Moment>) -> Option<String> {
    time.map(|time| time.to_string())
}

/// The name to show of those that a product has: its entity id (`prod-...`) if it is known, else the least.
fn shown_product<'a>(names: impl IntoIterator<Item = &'a ProductName>) -> Option<ProductName> {
    let ranked = names.into_iter().map(|name| (!name.as_str().starts_with("prod-"), name));
    ranked.min().map(|(_, name)| name.clone())
}

/// The only element, if there is exactly one.
fn only<T: Clone>(elements: &[T]) -> Option<T> {
    match elements {
        [element] => Some(element.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
