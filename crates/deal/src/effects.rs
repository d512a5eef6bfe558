//! What a notification says of each stream that it names.

use std::collections::BTreeMap;

use marketplace::catalog::ResaleAuthorization;
use marketplace::ids::{AccountId, AgreementId, ProductName};
use marketplace::notification::{
    AgreementEvent, AgreementNotice, AgreementTerms, ChangeSet, ChangeSetResult, Family,
    Notification, OfferReleased, OfferSetReleased, Role,
};

use crate::facts::agreement::{AdjustmentFact, Cancellation, LicenseFacts};
use crate::facts::partner::aliases;
use crate::facts::{
    AgreementFacts, ChangeSetFacts, Facts, NotificationTypeFacts, OfferFacts, OfferSetFacts,
    OpportunityFacts, PartnerFacts, Seen, SellerFacts, ViewRole,
};
use crate::key::KeyKind;
use crate::lattice::{Authority, Few, First, Fixed, Join, Last, Register, Witness};
use crate::moment::Moment;
use crate::stream::StreamId;

/// Facts for one stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// The stream.
    pub stream: StreamId,
    /// What says so: `offer-released`.
    pub slug: String,
    /// What is said.
    pub facts: Facts,
    /// When it happened in the world.
    pub at: Moment,
}

/// Where a notification goes.
#[derive(Debug, Clone, PartialEq)]
pub enum Route {
    /// To the streams that it names.
    Named,
    /// It names no agreement. It goes to the agreements with this key, or waits for one.
    ByKey(KeyKind, String),
    /// It names nothing that it could be routed by: it is parked.
    Nowhere,
    /// Its type is not known.
    Unknown,
}

/// Where a notification goes.
pub fn route(notification: &Notification) -> Route {
    let named = |is_named: bool| if is_named { Route::Named } else { Route::Nowhere };
    match &notification.family {
        Family::OfferReleased(released) => named(released.offer.is_some()),
        Family::OfferSetReleased(released) => named(released.offer_set.is_some()),
        Family::ChangeSet(change_set) => named(change_set.id.is_some()),
        Family::SecurityReport | Family::DisbursementPaused { .. } => {
            named(notification.envelope.account.is_some())
        }
        Family::OpportunityDescribed(_) => Route::Named,
        Family::Unknown => Route::Unknown,
        Family::Agreement(notice) => {
            if notice.agreement.is_some() {
                Route::Named
            } else {
                other_ids(notice)
                    .into_iter()
                    .next()
                    .map_or(Route::Nowhere, |value| Route::ByKey(value.0, value.1))
            }
        }
    }
}

/// The ids by which notifications that name no agreement can find this one: its license, its case.
pub fn other_ids(notice: &AgreementNotice) -> Vec<(KeyKind, String)> {
    let license = notice.license.as_ref().map(|(id, _)| (KeyKind::License, id.to_string()));
    let case = match &notice.what {
        AgreementEvent::Cancellation(request) => request.id.as_ref().map(ToString::to_string),
        AgreementEvent::Adjustment(adjustment) => adjustment.id.as_ref().map(ToString::to_string),
        _ => None,
    };
    license.into_iter().chain(case.map(|id| (KeyKind::Case, id))).collect()
}

/// What a parked notification waits for, as stored: `license:l-...`.
pub fn waits_for(kind: KeyKind, value: &str) -> String {
    format!("{}:{value}", kind.word())
}

/// What a notification says of each stream that it names. `agreement` routes one that names none.
pub fn effects(notification: &Notification, agreement: Option<&AgreementId>) -> Vec<Effect> {
    let at = Moment::from(notification.envelope.time);
    let slug = slug(&notification.envelope.detail_type);
    let said = |authority| Witness::new(authority, at, &notification.digest);
    let parts = match &notification.family {
        Family::OfferReleased(released) => {
            offer_released(notification, released, &said(Authority::Released))
        }
        Family::OfferSetReleased(released) => {
            offer_set_released(released, &said(Authority::Released))
        }
        Family::ChangeSet(change_set) => changed(change_set, &said(Authority::Other)),
        Family::SecurityReport | Family::DisbursementPaused { .. } => {
            seller(notification, &said(Authority::Other))
        }
        Family::OpportunityDescribed(document) => {
            let at = Moment::from(document.last_modified);
            described(document, &Witness::new(Authority::Described, at, &notification.digest))
        }
        Family::Agreement(notice) => match notice.agreement.as_ref().or(agreement) {
            Some(id) => agreement_notice(notification, notice, id, &said(authority(&notice.what))),
            None => Vec::new(),
        },
        Family::Unknown => unknown_type(notification, at, &said(Authority::Other)),
    };
    let effect = |(stream, facts)| Effect { stream, slug: slug.clone(), facts, at };
    parts.into_iter().map(effect).collect()
}

/// A detail-type without its role, as a word: `purchase-agreement-created`.
fn slug(detail_type: &str) -> String {
    let words = detail_type.rsplit_once(" - ").map_or(detail_type, |(words, _)| words);
    let lower = words.to_ascii_lowercase();
    let parts = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let mut slug = parts.collect::<Vec<_>>().join("-");
    slug.truncate(100);
    slug
}

/// Our account: the envelope's, else the proposer for a Proposer event, else the manufacturer.
fn us<'a>(
    notification: &'a Notification,
    proposer: Option<&'a AccountId>,
    manufacturer: Option<&'a AccountId>,
) -> Option<&'a AccountId> {
    let by_role = match notification.role {
        Some(Role::Proposer) => proposer,
        _ => manufacturer,
    };
    notification.envelope.account.as_ref().or(by_role)
}

/// Facts for one stream.
pub type Part = (StreamId, Facts);

fn offer_released(
    notification: &Notification,
    released: &OfferReleased,
    said: &Witness,
) -> Vec<Part> {
    let Some(id) = &released.offer else { return Vec::new() };
    let us = us(notification, released.seller.as_ref(), released.manufacturer.as_ref());
    let role = match us {
        Some(us) if Some(us) == released.manufacturer.as_ref() => ViewRole::Manufacturer,
        Some(us) if Some(us) == released.seller.as_ref() => ViewRole::Proposer,
        _ => ViewRole::of(notification.role.as_ref()),
    };
    // A maker that sells its own product is told as the seller.
    let own = released.seller.is_some() && released.seller == released.manufacturer;
    let role = if own && us == released.seller.as_ref() { ViewRole::Proposer } else { role };
    let seen = Seen { role, us: us.cloned() };
    let facts = OfferFacts {
        released: First::at(said.at),
        seen: Few::from_iter([seen]),
        seller: Fixed::said(released.seller.clone(), said),
        manufacturer: Fixed::said(released.manufacturer.clone(), said),
        products: released.product.names.iter().cloned().collect(),
        aliases: aliases(&released.product.names),
        product_title: Register::said(released.product.title.clone(), said),
        name: Register::said(released.name.clone(), said),
        expires: Register::said(released.expires.map(Moment::from), said),
        buyers: Register::said(
            Some(released.buyers.clone()).filter(|buyers| !buyers.is_empty()),
            said,
        ),
        ..OfferFacts::default()
    };
    let mut parts = vec![(StreamId::offer(id), Facts::Offer(Box::new(facts)))];
    if let Some(seller) = &released.seller {
        let name = Register::said(released.seller_name.clone(), said);
        let facts = PartnerFacts { name, ..PartnerFacts::default() };
        parts.push((StreamId::partner(seller), Facts::Partner(facts)));
    }
    parts
}

fn offer_set_released(released: &OfferSetReleased, said: &Witness) -> Vec<Part> {
    let Some(id) = &released.offer_set else { return Vec::new() };
    let set = OfferSetFacts {
        name: Register::said(released.name.clone(), said),
        offers: released.offers.iter().map(|(offer, _)| offer.clone()).collect(),
    };
    let offers = released.offers.iter().map(|(offer, name)| {
        let facts = OfferFacts {
            offer_set: Fixed::said(Some(id.clone()), said),
            name: Register::said(name.clone(), said),
            ..OfferFacts::default()
        };
        (StreamId::offer(offer), Facts::Offer(Box::new(facts)))
    });
    [(StreamId::offer_set(id), Facts::OfferSet(set))].into_iter().chain(offers).collect()
}

fn changed(change_set: &ChangeSet, said: &Witness) -> Vec<Part> {
    let Some(id) = &change_set.id else { return Vec::new() };
    let result = match change_set.result {
        ChangeSetResult::Succeeded => "succeeded",
        ChangeSetResult::Failed => "failed",
        ChangeSetResult::Cancelled => "cancelled",
    };
    let facts = ChangeSetFacts {
        name: Register::said(change_set.name.clone(), said),
        result: Register::said(Some(result.to_owned()), said),
        failure_code: Register::said(change_set.failure_code.clone(), said),
        acknowledged: BTreeMap::new(),
    };
    vec![(StreamId::change_set(id), Facts::ChangeSet(facts))]
}

fn seller(notification: &Notification, said: &Witness) -> Vec<Part> {
    let Some(account) = &notification.envelope.account else { return Vec::new() };
    let mut facts = SellerFacts::default();
    if let Family::DisbursementPaused { resources } = &notification.family {
        facts.disbursement_first = First::at(said.at);
        facts.disbursement_paused = Register::said(Some(resources.clone()), said);
    } else {
        facts.security_first = First::at(said.at);
        facts.security_report = Last::at(said.at);
    }
    vec![(StreamId::seller(account), Facts::Seller(facts))]
}

fn described(document: &ResaleAuthorization, said: &Witness) -> Vec<Part> {
    let mut facts = OpportunityFacts {
        described: Register::said(Some(Box::new(document.clone())), said),
        created: Fixed::said(document.created.map(Moment::from), said),
        reseller: Fixed::said(document.reseller.clone(), said),
        aliases: aliases(&document.products),
        names: document.products.iter().cloned().collect(),
        ..OpportunityFacts::default()
    };
    match document.status.as_deref() {
        Some("Active") => facts.active = First::at(said.at),
        Some("Restricted") => facts.restricted = First::at(said.at),
        Some("Draft") => facts.draft = Last::at(said.at),
        _ => {}
    }
    let mut parts =
        vec![(StreamId::opportunity(&document.id), Facts::Opportunity(Box::new(facts)))];
    if let Some(reseller) = &document.reseller {
        let name = Register::said(document.reseller_name.clone(), said);
        let facts = PartnerFacts { name, reseller: true, ..PartnerFacts::default() };
        parts.push((StreamId::partner(reseller), Facts::Partner(facts)));
    }
    parts
}

fn unknown_type(notification: &Notification, at: Moment, said: &Witness) -> Vec<Part> {
    let (source, detail_type) = (&notification.envelope.source, &notification.envelope.detail_type);
    let facts = NotificationTypeFacts {
        source: Fixed::said(Some(source.clone()), said),
        detail_type: Fixed::said(Some(detail_type.clone()), said),
        first: First::at(at),
        last: Last::at(at),
        ..NotificationTypeFacts::default()
    };
    vec![(StreamId::notification_type(source, detail_type), Facts::NotificationType(facts))]
}

const fn authority(what: &AgreementEvent) -> Authority {
    match what {
        AgreementEvent::Created(_) => Authority::Created,
        AgreementEvent::Amended(_) => Authority::Amended,
        AgreementEvent::Ended { .. } => Authority::Ended,
        AgreementEvent::LicenseUpdated | AgreementEvent::LicenseDeprovisioned => Authority::License,
        _ => Authority::Other,
    }
}

fn agreement_notice(
    notification: &Notification,
    notice: &AgreementNotice,
    id: &AgreementId,
    said: &Witness,
) -> Vec<Part> {
    let us = us(notification, notice.proposer.as_ref(), notice.manufacturer.as_ref());
    let seen = Seen { role: ViewRole::of(notification.role.as_ref()), us: us.cloned() };
    let mut facts = AgreementFacts {
        seen: Few::from_iter([seen]),
        authorization: Fixed::said(notice.authorization.clone(), said),
        offer: Fixed::said(notice.offer.clone(), said),
        acceptor: Fixed::said(notice.acceptor.clone(), said),
        proposer: Fixed::said(notice.proposer.clone(), said),
        products: notice.product.names.iter().cloned().collect(),
        aliases: aliases(&notice.product.names),
        ..AgreementFacts::default()
    };
    happened(&mut facts, notice, said);
    let mut parts = Vec::new();
    for previous in facts.previous.all() {
        // The old agreement learns who succeeds it.
        let successor = Fixed::said(Some(id.clone()), said);
        let facts = AgreementFacts { successor, ..AgreementFacts::default() };
        parts.push((StreamId::agreement(&previous.value), Facts::Agreement(Box::new(facts))));
    }
    if let Some(proposer) = &notice.proposer {
        let name = Register::said(notice.proposer_name.clone(), said);
        let facts = PartnerFacts { name, ..PartnerFacts::default() };
        parts.push((StreamId::partner(proposer), Facts::Partner(facts)));
    }
    parts.push((StreamId::agreement(id), Facts::Agreement(Box::new(facts))));
    parts
}

/// Adds what happened to an agreement or to a license under it.
fn happened(facts: &mut AgreementFacts, notice: &AgreementNotice, said: &Witness) {
    let mut license = LicenseFacts { seen: First::at(said.at), ..LicenseFacts::default() };
    match &notice.what {
        AgreementEvent::Created(terms) => {
            facts.created = First::at(said.at);
            facts.intent = Fixed::said(terms.intent.clone(), said);
            // An amendment carries the time of its own acceptance; the agreement's is that of its creation.
            facts.acceptance = Fixed::said(terms.acceptance.map(Moment::from), said);
            add_terms(facts, terms, said);
        }
        AgreementEvent::Amended(terms) => {
            facts.amended = Last::at(said.at);
            add_terms(facts, terms, said);
        }
        AgreementEvent::Ended { status } => {
            let word = status.as_deref().unwrap_or("ended").to_lowercase();
            facts.ended = Fixed::said(Some(word), said);
        }
        AgreementEvent::Ending { days_before_end, end } => {
            facts.ending_notice = Register::said(Some(days_before_end.unwrap_or(0)), said);
            facts.end = Register::said(end.map(Moment::from), said);
        }
        AgreementEvent::RenewalTermsFinalized => facts.renewal_terms = Last::at(said.at),
        AgreementEvent::RenewalUpcoming => facts.renewal_upcoming = Last::at(said.at),
        AgreementEvent::AdvisoryIssued(_) => facts.advisory = Register::said(Some(true), said),
        AgreementEvent::AdvisoryResolved(_) => facts.advisory = Register::said(Some(false), said),
        AgreementEvent::Adjustment(adjustment) => {
            let Some(id) = &adjustment.id else { return };
            let value = AdjustmentFact {
                completed: adjustment.completed,
                amount: adjustment.amount,
                currency: adjustment.currency.clone(),
                reason_code: adjustment.reason_code.clone(),
                invoice: adjustment.invoice.clone(),
            };
            facts.adjustments.insert(id.clone(), Register::said(Some(value), said));
        }
        AgreementEvent::Cancellation(request) => {
            let Some(id) = &request.id else { return };
            let (step, reason_code) = (request.step.clone(), request.reason_code.clone());
            let value = Cancellation { step, reason_code };
            facts.cancellations.insert(id.clone(), Register::said(Some(value), said));
        }
        AgreementEvent::LicenseUpdated => license.updated = Last::at(said.at),
        AgreementEvent::LicenseDeprovisioned => license.deprovisioned = First::at(said.at),
    }
    if let Some((id, arn)) = &notice.license {
        license.arn = Register::said(Some(arn.clone()), said);
        facts.licenses.insert(id.clone(), license);
    }
}

fn add_terms(facts: &mut AgreementFacts, terms: &AgreementTerms, said: &Witness) {
    facts.start = Register::said(terms.start.map(Moment::from), said);
    facts.end = Register::said(terms.end.map(Moment::from), said);
    facts.previous = Fixed::said(terms.previous.clone(), said);
    facts.auto_renew = Register::said(terms.auto_renew, said);
}

/// What one stream's facts say of others: the other half of a pair is told as soon as one half is known.
///
/// Everything that the stream knows is told each time; telling it again changes nothing.
pub fn forwarded(facts: &Facts) -> Vec<Part> {
    match facts {
        Facts::Agreement(agreement) => agreement_forwards(agreement),
        Facts::Offer(offer) => {
            let resells = |account: &AccountId| resold_by(&offer.seen, account);
            partner_forwards(&offer.seller, &offer.aliases, resells)
        }
        Facts::Opportunity(opportunity) => {
            partner_forwards(&opportunity.reseller, &opportunity.aliases, |_| true)
        }
        _ => Vec::new(),
    }
}

/// The names of a product that an offer or an opportunity gives to its agreements.
pub fn product_names(facts: &Facts) -> Few<ProductName> {
    match facts {
        Facts::Offer(offer) => offer.products.clone(),
        Facts::Opportunity(opportunity) => opportunity.products().clone(),
        _ => Few::default(),
    }
}

/// Whether some of us saw this account sell our product.
fn resold_by(seen: &Few<Seen>, account: &AccountId) -> bool {
    seen.iter().any(|view| match &view.us {
        Some(us) => us != account && view.role != ViewRole::Proposer,
        None => view.role == ViewRole::Manufacturer,
    })
}

fn partner_forwards(
    accounts: &Fixed<AccountId>,
    aliases: &Few<(ProductName, ProductName)>,
    resells: impl Fn(&AccountId) -> bool,
) -> Vec<Part> {
    let part = |account: &AccountId| {
        let (reseller, aliases) = (resells(account), aliases.clone());
        let facts = PartnerFacts { reseller, aliases, ..PartnerFacts::default() };
        (StreamId::partner(account), Facts::Partner(facts))
    };
    accounts.all().map(|said| part(&said.value)).collect()
}

fn agreement_forwards(agreement: &AgreementFacts) -> Vec<Part> {
    let mut parts = Vec::new();
    for offer in agreement.offer.all() {
        let facts = OfferFacts {
            seen: agreement.seen.clone(),
            seller: agreement.proposer.clone(),
            confirmed: agreement.authorization.clone(),
            ..OfferFacts::default()
        };
        parts.push((StreamId::offer(&offer.value), Facts::Offer(Box::new(facts))));
    }
    for authorization in agreement.authorization.all() {
        let facts = OpportunityFacts {
            named: agreement.seen.clone(),
            first_named: Fixed::said(Some(true), &authorization.witness),
            ..OpportunityFacts::default()
        };
        let stream = StreamId::opportunity(&authorization.value);
        parts.push((stream, Facts::Opportunity(Box::new(facts))));
    }
    let resells = |account: &AccountId| resold_by(&agreement.seen, account);
    parts.extend(partner_forwards(&agreement.proposer, &agreement.aliases, resells));
    parts
}

/// Joins facts; `true` if that taught something new.
pub fn learn(known: &mut Facts, said: &Facts) -> bool {
    let before = known.clone();
    known.join(said);
    *known != before
}

#[cfg(test)]
mod tests;
