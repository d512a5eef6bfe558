//! The agreement and its one entitlement.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::draw::{DAY, HOUR, later};
use crate::known::{Known, Told};
use crate::market::{Sale, Step, What};

use super::link::{Basis, Link};
use super::succession::{self, Successions};

/// An agreement as it must be shown. Without its creation only its licenses and its end are known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Deal {
    pub(crate) id: String,
    /// Its creation was told: there is an entitlement.
    pub(crate) created: bool,
    pub(crate) sale: Option<&'static str>,
    /// `scheduled`, `active`, `ending`, `ended`, or `unknown`.
    pub(crate) status: &'static str,
    pub(crate) reason: Option<String>,
    pub(crate) intent: &'static str,
    pub(crate) basis: Option<Basis>,
    pub(crate) opportunity: Option<String>,
    pub(crate) offer: Option<String>,
    /// The reseller, for a partner's sale.
    pub(crate) partner: Option<String>,
    pub(crate) buyer: Option<String>,
    pub(crate) products: Vec<String>,
    pub(crate) accepted: Timestamp,
    pub(crate) starts: Timestamp,
    pub(crate) ends: Option<Timestamp>,
    pub(crate) ended: Option<Timestamp>,
    pub(crate) predecessor: Option<String>,
    pub(crate) successor: Option<String>,
    pub(crate) advisory: bool,
    /// The reminder that its end is near.
    pub(crate) reminder: Option<Reminder>,
    /// Whether each license is still held.
    pub(crate) licenses: BTreeMap<String, bool>,
    pub(crate) cancellations: BTreeMap<String, &'static str>,
    pub(crate) adjustments: BTreeMap<String, &'static str>,
}

/// A reminder, as it must have been published last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reminder {
    /// At most so many days are left; none if AWS reminds earlier.
    pub(crate) days: Option<usize>,
    pub(crate) ends: Option<Timestamp>,
}

impl Deal {
    /// The buyer has, or will have, access.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.status, "scheduled" | "active")
    }

    /// The licenses that are held, in order.
    pub(crate) fn held(&self) -> Vec<String> {
        self.licenses.iter().filter(|(_, held)| **held).map(|(id, _)| id.clone()).collect()
    }
}

/// Every agreement that is named, by its id.
pub(super) fn deals(known: &Known<'_>, links: &BTreeMap<&str, Link>) -> BTreeMap<String, Deal> {
    let successions = succession::successions(known);
    let of = |told: &Told<'_>| (told.agreement.id.clone(), deal(known, links, &successions, told));
    let mut deals: BTreeMap<String, Deal> = known.agreements.values().map(of).collect();
    // One that is named only as a predecessor.
    for told in known.agreements.values().filter(|told| told.created().is_some()) {
        let previous = told.agreement.previous.as_ref();
        let previous = previous.and_then(|id| known.market.agreements.get(id));
        if let Some(agreement) = previous {
            let stub = Told { agreement, heard: Vec::new() };
            deals
                .entry(agreement.id.clone())
                .or_insert_with(|| deal(known, links, &successions, &stub));
        }
    }
    deals
}

fn deal(
    known: &Known<'_>,
    links: &BTreeMap<&str, Link>,
    successions: &Successions,
    told: &Told<'_>,
) -> Deal {
    let agreement = told.agreement;
    let kind = told.sale(known.market);
    let end = end(told);
    let (basis, opportunity) = opportunity(known, links, told, kind);
    let status = status(told, end.as_ref(), known.market.now);
    let live = matches!(status, "scheduled" | "active");
    let partner = known.seller(told).filter(|_| kind == Some(Sale::Partner));
    let licenses = told.licenses().into_iter();
    let cancellations = told.cancellations().into_iter();
    let adjustments = told.adjustments().into_iter();
    let owned = |text: &str| text.to_owned();
    Deal {
        id: agreement.id.clone(),
        created: kind.is_some(),
        sale: kind.map(Sale::word),
        status,
        reason: end.as_ref().map(|(_, reason)| reason.clone()),
        intent: agreement.intent,
        basis,
        opportunity,
        offer: known.offer(told).map(|offer| offer.id.clone()),
        partner: partner.map(owned),
        buyer: told.buyer().map(owned),
        products: known.products(told).into_iter().map(owned).collect(),
        accepted: agreement.accepted,
        starts: agreement.starts,
        ends: told.ends(),
        ended: end.map(|(at, _)| at),
        predecessor: successions.predecessor(&agreement.id),
        successor: successions.successor(&agreement.id),
        advisory: told.advisory(),
        reminder: reminder(told, known.market.now).filter(|_| live),
        licenses: licenses.map(|(id, of)| (owned(id), of.deprovisioned.is_none())).collect(),
        cancellations: cancellations.map(|(id, step)| (owned(id), step_word(step))).collect(),
        adjustments: adjustments.map(|(id, done)| (owned(id), adjusted(done))).collect(),
    }
}

/// AWS's intervals before the end by the terms, but for those before the start; and AWS's own announcements.
fn reminder(told: &Told<'_>, now: Timestamp) -> Option<Reminder> {
    let ends = told.ends();
    let begins = told.agreement.starts;
    let is_passed = |days: &usize| {
        let before = i64::try_from(*days).unwrap_or_default() * DAY;
        let at = ends.map(|ends| later(ends, -before));
        at.is_some_and(|at| begins <= at && at <= now)
    };
    let days = [30, 60, 90, 120, 180].into_iter().find(is_passed);
    let announced = told
        .heard
        .iter()
        .any(|said| matches!(said.what, What::RenewalUpcoming | What::RenewalTermsFinalized));
    (days.is_some() || announced).then_some(Reminder { days, ends })
}

const fn adjusted(completed: bool) -> &'static str {
    if completed { "completed" } else { "failed" }
}

const fn step_word(step: Step) -> &'static str {
    match step {
        Step::PendingApproval => "pending-approval",
        Step::Approved => "approved",
        Step::Rejected => "rejected",
        Step::Cancelled => "cancelled",
    }
}

/// AWS's Ended, or when the last license went if all did; the earlier one.
pub(super) fn end(told: &Told<'_>) -> Option<(Timestamp, String)> {
    let licenses = told.licenses();
    let went: Option<Vec<Timestamp>> = licenses.values().map(|of| of.deprovisioned).collect();
    let went = went.and_then(|times| times.into_iter().max());
    match (told.ended(), went) {
        (Some((at, word)), went) => Some((went.map_or(at, |went| at.min(went)), word)),
        (None, went) => went.map(|at| (at, "deprovisioned".to_owned())),
    }
}

fn status(told: &Told<'_>, end: Option<&(Timestamp, String)>, now: Timestamp) -> &'static str {
    match end {
        _ if told.created().is_none() => "unknown",
        Some((at, _)) if now < later(*at, HOUR) => "ending",
        Some(_) => "ended",
        None if told.agreement.starts > now => "scheduled",
        None => "active",
    }
}

/// The opportunity that the agreement names, or else its offer's link.
fn opportunity(
    known: &Known<'_>,
    links: &BTreeMap<&str, Link>,
    told: &Told<'_>,
    sale: Option<Sale>,
) -> (Option<Basis>, Option<String>) {
    if let Some(named) = known.named(told) {
        return (Some(Basis::Confirmed), Some(named.to_owned()));
    }
    if sale != Some(Sale::Partner) {
        return (None, None);
    }
    let link = known.offer(told).and_then(|offer| links.get(offer.id.as_str()));
    match link {
        Some(link) => (Some(link.basis), link.opportunity.clone()),
        None => (Some(Basis::Unmatched), None),
    }
}
