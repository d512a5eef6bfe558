//! What we conclude of an agreement: its entitlement, its findings.

use std::collections::BTreeSet;

use marketplace::ids::{AgreementId, OpportunityId};

use super::rest::{conflicts, contradiction};
use super::{
    AGREEMENT_GRACE_HOURS, END_GRACE_HOURS, LICENSE_GRACE_HOURS, LINK_GRACE_HOURS, News,
    finding_news,
};
use crate::correlate::{Answer, Basis, SKEW_MINUTES, buyers_within};
use crate::entitlement::{
    DealType, Entitlement, FINAL_HOURS, Status, Surroundings, end, entitlement,
};
use crate::facts::{AgreementFacts, OfferFacts, OpportunityFacts};
use crate::finding::{FindingKind, Findings};
use crate::lattice::MAX_FEW;
use crate::moment::Moment;
use crate::public::{PublicEvent, RegistrationNews, RenewalNews};
use crate::registration;
use crate::renewal::{boundaries, renewal};
use crate::state::State;
use crate::stream::StreamId;
use crate::succession::Succession;

/// What other streams say of an agreement.
#[derive(Debug, Clone, Copy)]
pub struct AgreementContext<'a> {
    /// Its offer.
    pub offer: Option<&'a OfferFacts>,
    /// The link of its offer: how we know it, and the opportunity.
    pub offer_link: Option<(&'a Basis, Option<&'a OpportunityId>)>,
    /// The opportunity that it names.
    pub opportunity: Option<&'a OpportunityFacts>,
    /// Unnamed successions among its partner's and buyer's agreements.
    pub succession: &'a Succession,
}

/// What there is to publish of an agreement at one time.
pub fn agreement(
    stream: &StreamId,
    state: &State,
    context: AgreementContext<'_>,
    at: Moment,
    now: Moment,
) -> News {
    let mut news = News::new();
    let (Some(facts), Ok(id)) = (state.agreement(), AgreementId::new(stream.id())) else {
        return news;
    };
    let around = Surroundings {
        offer_link: context.offer_link,
        predecessor: facts.previous.get().or_else(|| context.succession.predecessor(&id)),
        successor: facts.successor.get().or_else(|| context.succession.successor(&id)),
    };
    if let Some(current) = entitlement(&id, facts, around, now) {
        let reminder = renewal_news(state, facts, &current, at, now);
        let registered = registration_news(state, facts, &current);
        let published = state.concluded.entitlement.as_ref();
        if published != Some(&current) {
            news.push(entitlement_news(published, current, facts, at));
        }
        news.extend(reminder);
        news.extend(registered);
    }
    let mut findings = Findings::new(stream, Some(&facts.acknowledged));
    super::rest::unpublishable(&mut findings, &facts.unpublishable);
    conflicts(
        &mut findings,
        &[
            ("opportunity", contradiction(&facts.authorization)),
            ("offer", contradiction(&facts.offer)),
            ("acceptor", contradiction(&facts.acceptor)),
            ("proposer", contradiction(&facts.proposer)),
            ("acceptance", contradiction(&facts.acceptance)),
            ("intent", contradiction(&facts.intent)),
            ("ended", contradiction(&facts.ended)),
            ("previous", contradiction(&facts.previous)),
            ("successor", contradiction(&facts.successor)),
            (
                "product code of a license",
                facts.licenses.values().find_map(|license| contradiction(&license.code)),
            ),
            ("registered account", registration::contradiction(facts)),
        ],
    );
    super::rest::too_many(
        &mut findings,
        &[
            ("accounts that saw it", facts.seen.is_too_many(), MAX_FEW),
            ("product", facts.products.is_too_many(), MAX_FEW),
            ("names of its product", facts.aliases.is_too_many(), MAX_FEW),
        ],
    );
    against_opportunity(&mut findings, facts, context);
    clocks(&mut findings, facts, now);
    super::reading::readings(&mut findings, facts);
    unlinked(&mut findings, facts, context, now);
    let ids = |ids: &BTreeSet<AgreementId>| {
        ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    if context.succession.crowded.contains(&id) {
        ambiguous_succession(&mut findings, facts, "too many to compare".to_owned());
    } else if let Some(matches) = context.succession.ambiguous.get(&id) {
        ambiguous_succession(&mut findings, facts, ids(matches));
    }
    finding_news(state, &findings.finish(), at, &mut news);
    news
}

/// The event that says how an entitlement differs from what was published, and when that occurred: what time brought
/// occurred at its boundary.
fn entitlement_news(
    published: Option<&Entitlement>,
    current: Entitlement,
    facts: &AgreementFacts,
    at: Moment,
) -> (PublicEvent, Moment) {
    let before = published.map(|entitlement| entitlement.status);
    let ended = end(facts).map_or(at, |end| end.at);
    match (before, current.status) {
        (None, Status::Scheduled | Status::Active) => {
            (PublicEvent::EntitlementGranted(current), at)
        }
        (Some(Status::Scheduled), Status::Active) => {
            let started = facts.starts().unwrap_or(at);
            (PublicEvent::EntitlementStarted(current), started)
        }
        (Some(before), now) if before == now || now.is_live() => {
            (PublicEvent::EntitlementChanged(current), at)
        }
        (_, Status::Ending) => (PublicEvent::EntitlementEnding(current), ended),
        (_, Status::Ended | Status::Scheduled | Status::Active) => {
            (PublicEvent::EntitlementEnded(current), ended.plus_hours(FINAL_HOURS))
        }
    }
}

/// A reminder that differs from the last one. What time brought occurred at its boundary.
fn renewal_news(
    state: &State,
    facts: &AgreementFacts,
    entitlement: &Entitlement,
    at: Moment,
    now: Moment,
) -> Option<(PublicEvent, Moment)> {
    let renewal = renewal(facts, now)?;
    let published = state.concluded.renewal.as_ref();
    if published == Some(&renewal) {
        return None;
    }
    let days = renewal.days.filter(|days| published.and_then(|last| last.days) != Some(*days));
    let reached = days.and_then(|days| boundaries(facts).find(|(other, _)| *other == days));
    let occurred =
        reached.map_or(at, |(_, boundary)| boundary.max(facts.created.get().unwrap_or(at)));
    let news = RenewalNews { renewal, entitlement: entitlement.clone() };
    Some((PublicEvent::RenewalUpcoming(Box::new(news)), occurred))
}

/// Registrations that differ from those that were published, once there is the entitlement that they are for.
fn registration_news(state: &State, facts: &AgreementFacts, entitlement: &Entitlement) -> News {
    let mut news = News::new();
    for (license, (registration, at)) in registration::registrations(facts) {
        if state.concluded.registrations.get(&license) != Some(&registration) {
            let entitlement = entitlement.clone();
            let registered = Box::new(RegistrationNews { registration, entitlement });
            news.push((PublicEvent::BuyerRegistered(registered), at));
        }
    }
    news
}

/// The buyer and the time of the sale against the opportunity that the agreement names.
fn against_opportunity(
    findings: &mut Findings<'_>,
    facts: &AgreementFacts,
    context: AgreementContext<'_>,
) {
    let named = facts.authorization.get().zip(facts.authorization.witness());
    let (Some(opportunity), Some((id, witness))) = (context.opportunity, named) else { return };
    if DealType::of_agreement(facts) != DealType::Cppo {
        return;
    }
    let span = (witness.at, witness.at);
    if let Some(buyer) = facts.acceptor.get() {
        let allowed = opportunity.buyers();
        if buyers_within(std::slice::from_ref(buyer), allowed) == Answer::No {
            let allowed: Vec<_> = allowed.iter().map(ToString::to_string).collect();
            findings.open(
                FindingKind::BuyerOutsideOpportunity,
                witness.at,
                span,
                [
                    ("opportunity", id.to_string()),
                    ("buyer", buyer.to_string()),
                    ("opportunity's value", allowed.join(", ")),
                ],
            );
        }
    }
    // The offer answers for itself once its release is known; existing offers outlive a restriction.
    let offered = context.offer.and_then(|offer| offer.released.get());
    let accepted = facts.acceptance.get().copied().filter(|_| offered.is_none());
    let restricted = opportunity.restricted.get();
    if let Some((accepted, restricted)) = accepted.zip(restricted)
        && restricted <= accepted.plus_minutes(SKEW_MINUTES.saturating_neg())
    {
        findings.open(
            FindingKind::RestrictedAuthorization,
            witness.at,
            span,
            [
                ("opportunity", id.to_string()),
                ("accepted", accepted.to_string()),
                ("restricted", restricted.to_string()),
            ],
        );
    }
}

/// What is a finding because time passes.
fn clocks(findings: &mut Findings<'_>, facts: &AgreementFacts, now: Moment) {
    let Some(created) = facts.created.get() else {
        let seen = || facts.licenses.values().filter_map(|license| license.seen.get());
        let (Some(first), Some(last)) = (seen().min(), seen().max()) else { return };
        let deadline = first.plus_hours(AGREEMENT_GRACE_HOURS);
        if now >= deadline {
            let licenses: Vec<_> = facts.licenses.keys().map(ToString::to_string).collect();
            let evidence = [("licenses", licenses.join(", "))];
            findings.open(FindingKind::LicenseWithoutAgreement, deadline, (first, last), evidence);
        }
        return;
    };
    if end(facts).is_some() {
        return;
    }
    // AWS tells only the manufacturer of licenses: for another's product we wait for none.
    let ours = DealType::of_agreement(facts) != DealType::CppoIn;
    let start = facts.starts().unwrap_or(created);
    let deadline = start.plus_hours(LICENSE_GRACE_HOURS);
    if ours && facts.licenses.is_empty() && now >= deadline {
        let evidence = [("started", start.to_string())];
        findings.open(FindingKind::AgreementWithoutLicense, deadline, (created, created), evidence);
    }
    if let Some(end) = facts.ends() {
        let deadline = end.plus_hours(END_GRACE_HOURS);
        if now >= deadline {
            let evidence = [("end by its terms", end.to_string())];
            findings.open(FindingKind::EndTimePassed, deadline, (created, end), evidence);
        }
    }
}

/// A partner's sale that nothing ties to an opportunity after the grace time. An offer whose release is known answers for
/// itself.
fn unlinked(
    findings: &mut Findings<'_>,
    facts: &AgreementFacts,
    context: AgreementContext<'_>,
    now: Moment,
) {
    let Some(created) = facts.created.get() else { return };
    let deadline = created.plus_hours(LINK_GRACE_HOURS);
    let released = context.offer.is_some_and(|offer| !offer.released.is_empty());
    let linked = context.offer_link.is_some_and(|(_, opportunity)| opportunity.is_some());
    let named = linked || !facts.authorization.is_empty();
    if now < deadline || released || named || DealType::of_agreement(facts) != DealType::Cppo {
        return;
    }
    let offer = facts.offer.get().map_or_else(|| "not named".to_owned(), ToString::to_string);
    let evidence = [("offer, whose release is not known", offer)];
    findings.open(FindingKind::LinkUnmatched, deadline, (created, created), evidence);
}

fn ambiguous_succession(findings: &mut Findings<'_>, facts: &AgreementFacts, matches: String) {
    let at = crate::succession::meetings(facts).max().unwrap_or_default();
    let evidence = [("matches", matches)];
    findings.open(FindingKind::SuccessionAmbiguous, at, (at, at), evidence);
}
