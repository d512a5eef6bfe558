//! What one stream's facts say of others: the other half of a pair is told as soon as one half is known.

use marketplace::ids::{AccountId, ProductName};

use crate::effects::Part;
use crate::facts::{
    AgreementFacts, Facts, OfferFacts, OpportunityFacts, PartnerFacts, Seen, ViewRole,
};
use crate::lattice::{Few, Fixed};
use crate::stream::StreamId;

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

/// What an offer or an opportunity tells its agreements: names of the product and, of an offer that we make ourselves, who
/// made it. For a partner's sale nothing depends on the maker.
pub fn told_to_agreements(facts: &Facts) -> Option<AgreementFacts> {
    let mut told = AgreementFacts::default();
    match facts {
        Facts::Offer(offer) => {
            told.products = offer.products.clone();
            // What is told must only grow with what is known: that we saw it as its seller never ends.
            if offer.seen.iter().any(|view| view.role == ViewRole::Proposer) {
                told.manufacturer = offer.manufacturer.clone();
            }
        }
        Facts::Opportunity(opportunity) => told.products = opportunity.products().clone(),
        _ => return None,
    }
    (told != AgreementFacts::default()).then_some(told)
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
        let (reseller, aliases) = (resells(account), aliases.iter().cloned().collect());
        let facts = PartnerFacts { reseller, aliases, ..PartnerFacts::default() };
        (StreamId::partner(account), Facts::Partner(facts))
    };
    accounts.all().map(|said| part(&said.value)).collect()
}

fn agreement_forwards(agreement: &AgreementFacts) -> Vec<Part> {
    let mut parts = Vec::new();
    // Who publishes a product says nothing of who sells it: a license tells the offer nothing.
    let sold = agreement.seen.iter().filter(|view| view.role != ViewRole::Publisher);
    let seen: Few<Seen> = sold.cloned().collect();
    for offer in agreement.offer.all() {
        let facts = OfferFacts {
            seen: seen.clone(),
            seller: agreement.proposer.clone(),
            confirmed: agreement.authorization.clone(),
            ..OfferFacts::default()
        };
        parts.push((StreamId::offer(&offer.value), Facts::Offer(Box::new(facts))));
    }
    for authorization in agreement.authorization.all() {
        let facts = OpportunityFacts {
            named: seen.clone(),
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
