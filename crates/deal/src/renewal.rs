//! Reminders that an entitlement nears the end of its agreement's terms.
//!
//! AWS documents its own notices (`Purchase Agreement Ending`, `Renewal Upcoming`) only for the seller of record, so for a
//! partner's sale we count the days ourselves, at AWS's intervals ("Amazon `EventBridge` events").

use serde::{Deserialize, Serialize};

use crate::entitlement::status;
use crate::facts::AgreementFacts;
use crate::moment::Moment;

/// Days before the end at which we remind, the earliest first.
pub const REMINDER_DAYS: [i64; 5] = [180, 120, 90, 60, 30];

/// What there is to say of an end or a renewal that is near.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Renewal {
    /// At most so many days are left: 180, 120, 90, 60 or 30. Absent until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<i64>,
    /// When the agreement ends by its terms, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<String>,
    /// Whether it renews by itself, where AWS says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_renew: Option<bool>,
    /// When AWS announced the renewal, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced_at: Option<String>,
    /// When AWS said that the terms of the renewal are final, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms_final_at: Option<String>,
}

/// The reminder that holds at one time; none for an entitlement that is not live or whose end is not near.
pub fn renewal(facts: &AgreementFacts, now: Moment) -> Option<Renewal> {
    status(facts, now).filter(|(status, _)| status.is_live())?;
    let passed = boundaries(facts).filter(|(_, at)| *at <= now);
    let days = passed.map(|(days, _)| days).min();
    let (announced, terms) = (facts.renewal_upcoming.get(), facts.renewal_terms.get());
    if days.is_none() && announced.is_none() && terms.is_none() {
        return None;
    }
    Some(Renewal {
        days,
        ends_at: facts.ends().map(|end| end.to_string()),
        auto_renew: facts.auto_renew.get().copied(),
        announced_at: announced.map(|at| at.to_string()),
        terms_final_at: terms.map(|at| at.to_string()),
    })
}

/// The days before the end and when they are reached, but for those before the start: a short agreement begins with
/// fewer days left.
pub fn boundaries(facts: &AgreementFacts) -> impl Iterator<Item = (i64, Moment)> {
    let span = facts.ends().zip(facts.starts());
    span.into_iter().flat_map(|(end, start)| {
        let boundary = move |days: i64| (days, end.plus_hours(days.saturating_mul(-24)));
        REMINDER_DAYS.into_iter().map(boundary).filter(move |(_, at)| *at >= start)
    })
}

#[cfg(test)]
mod tests;
