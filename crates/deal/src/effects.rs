//! What a notification says of each stream that it names.

mod agreement;

use std::collections::BTreeMap;

use marketplace::catalog::ResaleAuthorization;
use marketplace::ids::{AccountId, AgreementId, OfferId};
use marketplace::notification::{
    ChangeSet, ChangeSetResult, End, Family, Notification, OfferReleased, OfferSetReleased, Role,
};

use self::agreement::{agreement_notice, authority};
use crate::facts::partner::aliases;
use crate::facts::{
    ChangeSetFacts, Facts, NotificationFacts, NotificationTypeFacts, OfferFacts, OfferSetFacts,
    OpportunityFacts, PartnerFacts, Seen, SellerFacts, ViewRole,
};
use crate::lattice::{Authority, Few, First, Fixed, Join, Last, Register, Witness};
use crate::moment::Moment;
use crate::request;
use crate::route::is_purchase;
use crate::stream::StreamId;

/// The longest word that a detail-type becomes, in bytes.
const MAX_SLUG: usize = 100;

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

/// What a notification says of each stream that it names. `agreement` routes one that names none.
pub fn effects(notification: &Notification, agreement: Option<&AgreementId>) -> Vec<Effect> {
    let sent = Moment::from(notification.envelope.time);
    let at = sent.or_unknown();
    let slug = slug(&notification.envelope.detail_type);
    let said = |authority| Witness::new(authority, at, &notification.digest);
    let mut parts = match &notification.family {
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
            let at = Moment::from(document.last_modified).or_unknown();
            described(document, &Witness::new(Authority::Described, at, &notification.digest))
        }
        Family::Agreement(_) if is_purchase(notification) => Vec::new(),
        #[cfg(feature = "planted")]
        Family::Agreement(notice)
            if crate::planted::stands(crate::planted::Planted::EntitlementByBuyer)
                && notice.acceptor.is_some() =>
        {
            let buyer = notice.acceptor.as_ref().map(AccountId::as_str).unwrap_or_default();
            let said = said(authority(&notice.what));
            let id = AgreementId::new(buyer).ok();
            id.map_or_else(Vec::new, |id| agreement_notice(notification, notice, &id, &said))
        }
        Family::Agreement(notice) => match notice.agreement.as_ref().or(agreement) {
            Some(id) => agreement_notice(notification, notice, id, &said(authority(&notice.what))),
            None => Vec::new(),
        },
        Family::Unknown => unknown_type(notification, at, &said(Authority::Other)),
    };
    if !sent.is_plausible() && !parts.is_empty() {
        parts.push(implausible(notification, sent, &said(Authority::Other)));
    }
    let effect = |(stream, facts)| Effect { stream, slug: slug.clone(), facts, at };
    parts.into_iter().map(effect).collect()
}

/// A detail-type without its role, as a word: `purchase-agreement-created`.
fn slug(detail_type: &str) -> String {
    let words = detail_type.rsplit_once(" - ").map_or(detail_type, |(words, _)| words);
    let lower = words.to_ascii_lowercase();
    let parts = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let mut slug = parts.collect::<Vec<_>>().join("-");
    slug.truncate(MAX_SLUG);
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

/// An end as facts keep it: `None` says that there is none.
fn when(end: End) -> Option<Moment> {
    end.time().map(Moment::from)
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
        expires: Register::said(released.expires.map(when), said),
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
    // A register takes one value from one notification: of two names for one offer, the least.
    let mut names: BTreeMap<&OfferId, Option<&String>> = BTreeMap::new();
    for (offer, name) in &released.offers {
        let known = names.entry(offer).or_default();
        *known = (*known).into_iter().chain(name).min();
    }
    let offers = names.into_iter().map(|(offer, name)| {
        let facts = OfferFacts {
            offer_set: Fixed::said(Some(id.clone()), said),
            name: Register::said(name.cloned(), said),
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
        requests: change_set.name.as_deref().and_then(request::named).into_iter().collect(),
        ..ChangeSetFacts::default()
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

/// A notification that cannot have been sent when it says.
fn implausible(notification: &Notification, sent: Moment, said: &Witness) -> Part {
    let facts =
        NotificationFacts { sent: Fixed::said(Some(sent), said), ..NotificationFacts::default() };
    (StreamId::notification(&notification.digest), Facts::Notification(facts))
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

/// Joins facts; `true` if that taught something new.
pub fn learn(known: &mut Facts, said: &Facts) -> bool {
    let before = known.clone();
    known.join(said);
    *known != before
}

#[cfg(test)]
mod tests;
