//! A stream's state: its facts, and what we last concluded and published from them.

use std::collections::{BTreeMap, BTreeSet};

use marketplace::ids::LicenseId;
use serde::{Deserialize, Serialize};

use crate::entitlement::{DealType, Entitlement, FINAL_HOURS, end};
use crate::event::{Event, Pending};
use crate::facts::{
    AgreementFacts, Facts, OfferFacts, OpportunityFacts, PartnerFacts, RequestFacts,
};
use crate::finding::Finding;
use crate::judge::{AGREEMENT_GRACE_HOURS, END_GRACE_HOURS, LICENSE_GRACE_HOURS, LINK_GRACE_HOURS};
use crate::key::{DRIVE, Key, KeyKind, READ};
use crate::lattice::Join;
use crate::moment::Moment;
use crate::public::{OfferNews, OpportunityNews, PublicEvent, RequestNews};
use crate::reading;
use crate::registration::Registration;
use crate::renewal::{Renewal, boundaries};
use crate::request;
use crate::stream::StreamKind;
use crate::succession;

/// The version of the folding code. It grows when the same events fold to something else.
pub const FOLD: i32 = 2;

/// What we last concluded and published. It folds from our own events, so it is history, not fact.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Concluded {
    /// The latest time at which the stream was judged and something was recorded. It is never judged at an earlier one.
    pub judged_at: Moment,
    /// The opportunity as last published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opportunity: Option<OpportunityNews>,
    /// The offer, with its link, as last published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<OfferNews>,
    /// The entitlement as last published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entitlement: Option<Entitlement>,
    /// The last reminder of its end that was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renewal: Option<Renewal>,
    /// Registrations as last published, by license.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub registrations: BTreeMap<LicenseId, Registration>,
    /// The request as last published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestNews>,
    /// Open findings by id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub findings: BTreeMap<String, Finding>,
    /// Streams left to be judged again, by what finds them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub pending: BTreeMap<String, Pending>,
}

/// A stream's state.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// What was said.
    pub facts: Facts,
    /// What we concluded.
    pub concluded: Concluded,
}

impl State {
    /// The state of a stream without events.
    pub fn none(kind: StreamKind) -> Self {
        Self { facts: Facts::none(kind), concluded: Concluded::default() }
    }

    /// Reads a stored state.
    pub fn from_json(
        kind: StreamKind,
        facts: &str,
        concluded: &str,
    ) -> Result<Self, serde_json::Error> {
        let facts = Facts::from_json(kind, facts)?;
        Ok(Self { facts, concluded: serde_json::from_str(concluded)? })
    }

    /// Takes in one event, recorded at a time.
    pub fn fold(&mut self, event: &Event, recorded_at: Moment) {
        self.concluded.judged_at = self.concluded.judged_at.max(recorded_at);
        match event {
            Event::Facts { facts, .. } => self.facts.join(facts),
            Event::Public(event) => self.concluded.take(event),
            Event::Pending(pending) if pending.done => {
                self.concluded.pending.remove(&pending.name());
            }
            Event::Pending(pending) => {
                self.concluded.pending.insert(pending.name(), pending.clone());
            }
        }
    }

    /// The facts of an agreement.
    pub fn agreement(&self) -> Option<&AgreementFacts> {
        if let Facts::Agreement(facts) = &self.facts { Some(facts) } else { None }
    }

    /// The facts of an offer.
    pub fn offer(&self) -> Option<&OfferFacts> {
        if let Facts::Offer(facts) = &self.facts { Some(facts) } else { None }
    }

    /// The facts of an opportunity.
    pub fn opportunity(&self) -> Option<&OpportunityFacts> {
        if let Facts::Opportunity(facts) = &self.facts { Some(facts) } else { None }
    }

    /// The facts of a request.
    pub fn request(&self) -> Option<&RequestFacts> {
        if let Facts::Request(facts) = &self.facts { Some(facts) } else { None }
    }

    /// The facts of a partner.
    pub fn partner(&self) -> Option<&PartnerFacts> {
        if let Facts::Partner(facts) = &self.facts { Some(facts) } else { None }
    }

    /// When time alone may next change a conclusion that was last judged at `judged`.
    pub fn due_at(&self, judged: Moment) -> Option<Moment> {
        if !self.concluded.pending.is_empty() {
            return Some(Moment::default());
        }
        let deadlines = match &self.facts {
            Facts::Agreement(facts) => agreement_deadlines(facts),
            Facts::Offer(facts) => {
                let judged = self.concluded.offer.as_ref().and_then(|news| news.link.as_ref());
                let waits =
                    judged.is_some_and(|link| link.is_judged() && link.opportunity.is_none());
                let released = facts.released.get().filter(|_| waits);
                released.map(|time| time.plus_hours(LINK_GRACE_HOURS)).into_iter().collect()
            }
            Facts::Opportunity(facts) => facts
                .end()
                .map(|end| Moment::from_micros(end.micros().saturating_add(1)))
                .into_iter()
                .collect(),
            Facts::Request(facts) => request::applying_since(facts)
                .map(|since| since.plus_hours(request::OVERDUE_HOURS))
                .into_iter()
                .collect(),
            _ => Vec::new(),
        };
        deadlines.into_iter().filter(|time| *time > judged).min()
    }

    /// The index rows of the stream.
    pub fn keys(&self) -> BTreeSet<Key> {
        let mut keys = match &self.facts {
            Facts::Agreement(facts) => agreement_keys(facts, &self.concluded),
            Facts::Offer(facts) => offer_keys(facts, &self.concluded),
            Facts::Opportunity(facts) => opportunity_keys(facts),
            Facts::Request(facts) => request::due(facts)
                .map(|due| (due.micros(), DRIVE.to_owned()))
                .map(|(at, value)| Key { kind: KeyKind::Drive, value, lo: at, hi: at })
                .into_iter()
                .collect(),
            _ => BTreeSet::new(),
        };
        for finding in self.concluded.findings.values() {
            keys.insert(Key::new(KeyKind::Finding, finding.kind.word()));
        }
        keys
    }
}

impl Concluded {
    fn take(&mut self, event: &PublicEvent) {
        match event {
            PublicEvent::OpportunityReleased(news) | PublicEvent::OpportunityChanged(news) => {
                self.opportunity = Some(news.clone());
            }
            PublicEvent::OfferReceived(news) | PublicEvent::OfferLinked(news) => {
                self.offer = Some(news.clone());
            }
            PublicEvent::EntitlementGranted(news)
            | PublicEvent::EntitlementStarted(news)
            | PublicEvent::EntitlementChanged(news)
            | PublicEvent::EntitlementEnding(news)
            | PublicEvent::EntitlementEnded(news) => self.entitlement = Some(news.clone()),
            PublicEvent::RenewalUpcoming(news) => self.renewal = Some(news.renewal.clone()),
            PublicEvent::BuyerRegistered(news) => {
                let registration = news.registration.clone();
                self.registrations.insert(registration.license.clone(), registration);
            }
            PublicEvent::OpportunityRequested(news)
            | PublicEvent::OpportunityRequestSucceeded(news)
            | PublicEvent::OpportunityRequestFailed(news) => self.request = Some(news.clone()),
            PublicEvent::FindingRaised(finding) => {
                self.findings.insert(finding.id.clone(), finding.clone());
            }
            PublicEvent::FindingClosed(finding) => {
                self.findings.remove(&finding.id);
            }
        }
    }
}

fn agreement_deadlines(facts: &AgreementFacts) -> Vec<Moment> {
    let mut deadlines = Vec::new();
    if facts.created.is_empty() {
        let first = facts.licenses.values().filter_map(|license| license.seen.get()).min();
        deadlines.extend(first.map(|time| time.plus_hours(AGREEMENT_GRACE_HOURS)));
        return deadlines;
    }
    if facts.authorization.is_empty() && DealType::of_agreement(facts) == DealType::Cppo {
        deadlines.extend(facts.created.get().map(|time| time.plus_hours(LINK_GRACE_HOURS)));
    }
    if let Some(end) = end(facts) {
        deadlines.push(end.at.plus_hours(FINAL_HOURS));
        return deadlines;
    }
    deadlines.extend(facts.starts());
    if facts.licenses.is_empty() && DealType::of_agreement(facts) != DealType::CppoIn {
        deadlines.extend(facts.starts().map(|start| start.plus_hours(LICENSE_GRACE_HOURS)));
    }
    deadlines.extend(facts.ends().map(|end| end.plus_hours(END_GRACE_HOURS)));
    deadlines.extend(boundaries(facts).map(|(_, at)| at));
    deadlines
}

fn agreement_keys(facts: &AgreementFacts, concluded: &Concluded) -> BTreeSet<Key> {
    fn all<T: ToString>(
        kind: KeyKind,
        ids: impl IntoIterator<Item = T>,
    ) -> impl Iterator<Item = Key> {
        ids.into_iter().map(move |id| Key::new(kind, id.to_string()))
    }
    let concluded = concluded.entitlement.as_ref().and_then(|news| news.opportunity.as_ref());
    let mut keys: BTreeSet<Key> = all(KeyKind::Offer, facts.offer.all().map(|said| &said.value))
        .chain(all(KeyKind::Buyer, facts.acceptor.all().map(|said| &said.value)))
        .chain(all(KeyKind::Partner, facts.proposer.all().map(|said| &said.value)))
        .chain(all(KeyKind::Opportunity, facts.authorization.all().map(|said| &said.value)))
        .chain(all(KeyKind::Opportunity, concluded))
        .chain(all(KeyKind::License, facts.licenses.keys()))
        .chain(all(KeyKind::Case, facts.cancellations.keys()))
        .chain(all(KeyKind::Case, facts.adjustments.keys()))
        .collect();
    for (id, license) in reading::live(facts) {
        keys.insert(Key::new(KeyKind::Slice, reading::slice_word(reading::slice(id))));
        let at = reading::due(license).map(Moment::micros);
        keys.extend(at.map(|at| Key {
            kind: KeyKind::Read,
            value: READ.to_owned(),
            lo: at,
            hi: at,
        }));
    }
    let (partner, buyer) = (facts.proposer.get(), succession::meeting_place(facts));
    let places =
        partner.zip(buyer).map(|(account, place)| [place, succession::place(account, ANY_BUYER)]);
    for place in places.into_iter().flatten() {
        for at in succession::meetings(facts).map(Moment::micros) {
            let value = place.clone();
            keys.insert(Key { kind: KeyKind::Succession, value, lo: at, hi: at });
        }
    }
    keys
}

fn offer_keys(facts: &OfferFacts, concluded: &Concluded) -> BTreeSet<Key> {
    let mut keys = BTreeSet::new();
    for seller in facts.seller.all() {
        keys.insert(Key::new(KeyKind::Partner, seller.value.to_string()));
    }
    for buyer in facts.buyers() {
        keys.insert(Key::new(KeyKind::Buyer, buyer.to_string()));
    }
    if let Some((seller, at)) = facts.seller.get().zip(facts.released.get()) {
        // Under each name: two notifications may name the product differently and nobody tells that they mean one.
        for product in facts.products.iter() {
            let (lo, hi) = (at.micros(), at.micros());
            let mut add = |buyer: &str| {
                let value = place(seller.as_str(), product.as_str(), buyer);
                keys.insert(Key { kind: KeyKind::Judge, value, lo, hi });
            };
            add(ANY_BUYER);
            facts.buyers().first().into_iter().for_each(|buyer| add(buyer.as_str()));
        }
    }
    if let Some((opportunity, at)) = facts.uses().zip(facts.used_at()) {
        let (lo, hi) = (at.micros(), at.micros());
        keys.insert(Key { kind: KeyKind::Uses, value: opportunity.to_string(), lo, hi });
    }
    let Some(link) = concluded.offer.as_ref().and_then(|news| news.link.as_ref()) else {
        return keys;
    };
    for candidate in &link.candidates {
        keys.insert(Key::new(KeyKind::Candidate, candidate.to_string()));
    }
    if let Some(opportunity) = link.sole() {
        keys.insert(Key::new(KeyKind::Sole, opportunity.to_string()));
    }
    if let Some(opportunity) = &link.opportunity {
        keys.insert(Key::new(KeyKind::Opportunity, opportunity.to_string()));
    }
    keys
}

fn opportunity_keys(facts: &OpportunityFacts) -> BTreeSet<Key> {
    let mut keys = BTreeSet::new();
    for reseller in facts.reseller.all() {
        keys.insert(Key::new(KeyKind::Partner, reseller.value.to_string()));
    }
    for buyer in facts.buyers() {
        keys.insert(Key::new(KeyKind::Buyer, buyer.to_string()));
    }
    let Some(reseller) = facts.reseller.get() else { return keys };
    let (lo, hi) = window(facts);
    for product in facts.products().iter() {
        let mut add = |buyer: &str| {
            let value = place(reseller.as_str(), product.as_str(), buyer);
            keys.insert(Key { kind: KeyKind::Window, value, lo, hi });
        };
        if facts.buyers().is_empty() {
            add(ANY_BUYER);
        }
        facts.buyers().iter().for_each(|buyer| add(buyer.as_str()));
    }
    keys
}

/// Stands for any buyer in the value of a key.
pub const ANY_BUYER: &str = "*";

/// The value under which offers and opportunities of one partner, product and buyer meet.
pub fn place(partner: &str, product: &str, buyer: &str) -> String {
    format!("{partner}|{product}|{buyer}")
}

/// The microseconds between which an offer must be released to fit this opportunity, without skew.
pub fn window(facts: &OpportunityFacts) -> (i64, i64) {
    let lo = facts.created.get().copied().max(facts.draft.get()).map_or(i64::MIN, Moment::micros);
    let hi = facts.end().into_iter().chain(facts.restricted.get()).min();
    (lo, hi.map_or(i64::MAX, Moment::micros))
}

#[cfg(test)]
mod tests;
