//! From facts and now to conclusions, and from a change of conclusions to public events.
//!
//! A conclusion is a function of the stream's facts, of what related streams say, and of now. Its difference from the
//! last published one is what is appended.

mod agreement;
mod offer;
mod opportunity;
mod reading;
mod request;
mod rest;

use std::collections::BTreeMap;

use crate::finding::Finding;
use crate::moment::Moment;
use crate::public::PublicEvent;
use crate::state::State;

pub use agreement::{AgreementContext, agreement};
pub use offer::{OfferContext, offer};
pub use opportunity::{MAX_USERS_COUNTED, OpportunityContext, opportunity, status_word};
pub use request::request;
pub(crate) use rest::contradiction;
pub use rest::{Contradiction, acknowledge, refuse, rest};

/// An offer may stay ambiguous or unmatched for so long before that is a finding.
pub const LINK_GRACE_HOURS: i64 = 72;
/// A running agreement may be without a license for so long.
pub const LICENSE_GRACE_HOURS: i64 = 24;
/// A license may be without its agreement's creation for so long.
pub const AGREEMENT_GRACE_HOURS: i64 = 24;
/// AWS may say that an agreement ended so long after its end time.
pub const END_GRACE_HOURS: i64 = 1;

/// Public events to append, each with when it occurred.
pub type News = Vec<(PublicEvent, Moment)>;

/// The differences between the open findings and those that were published.
fn finding_news(state: &State, findings: &BTreeMap<String, Finding>, at: Moment, news: &mut News) {
    let published = &state.concluded.findings;
    for (id, finding) in findings {
        if published.get(id) != Some(finding) {
            news.push((PublicEvent::FindingRaised(finding.clone()), finding.since));
        }
    }
    for (id, finding) in published {
        if !findings.contains_key(id) {
            news.push((PublicEvent::FindingClosed(finding.clone()), at));
        }
    }
}

#[cfg(test)]
mod tests;
