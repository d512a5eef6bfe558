//! What one stream's facts say of others: the other half of a pair is told as soon as one half is known.
//!
//! Who is told of a fact must not depend on the order, so a set of too many tells nobody. Those that were told before it was one, and
//! those that are named afterwards, are told by [`overflowed`] that what they know from there is not known: a reader joins it like
//! any other fact, and it absorbs whatever it was told.

use marketplace::ids::{AccountId, ChangeSetId, OpportunityId, ProductName};

use crate::effects::Part;
use crate::facts::partner::MAX_ALIASES;
use crate::facts::request::WishKind;
use crate::facts::{
    AgreementFacts, ChangeSetFacts, Facts, OfferFacts, OpportunityFacts, PartnerFacts,
    RequestFacts, Seen, ViewRole,
};
use crate::lattice::{Few, Fixed};
use crate::request::{MAX_ATTEMPTS, RequestId, record};
use crate::stream::StreamId;

/// What one stream's facts say of others: the other half of a pair is told as soon as one half is known.
///
/// Everything that the stream knows is told each time; telling it again changes nothing.
pub fn forwarded(stream: &StreamId, facts: &Facts) -> Vec<Part> {
    match facts {
        Facts::ChangeSet(set) => change_set_forwards(stream, set),
        Facts::Request(request) => request_forwards(stream, request),
        Facts::Agreement(agreement) => agreement_forwards(agreement),
        Facts::Offer(offer) => {
            let resells = |account: &AccountId| resold_by(&offer.seen, account);
            partner_forwards(&offer.seller, &names_of_one(offer), resells)
        }
        Facts::Opportunity(opportunity) => {
            partner_forwards(&opportunity.reseller, &known(&opportunity.aliases), |_| true)
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
            let as_seller = offer.seen.iter().any(|view| view.role == ViewRole::Proposer);
            if as_seller || offer.seen.is_too_many() {
                told.manufacturer = offer.manufacturer.clone();
            }
        }
        Facts::Opportunity(opportunity) => told.products = opportunity.products().clone(),
        _ => return None,
    }
    (told != AgreementFacts::default()).then_some(told)
}

/// What is told to the streams of which a stream names too many, when it learned what was `said`: to those that it named before,
/// and to those named now. What they know by it is not known.
pub fn overflowed(before: &Facts, said: &Facts, after: &Facts) -> Vec<Part> {
    let mut parts = Vec::new();
    match (before, said, after) {
        (Facts::Agreement(before), Facts::Agreement(said), Facts::Agreement(after)) => {
            for offer in named(&before.offer, &said.offer, &after.offer) {
                let facts = OfferFacts {
                    seen: Few::too_many(),
                    seller: Fixed::too_many(),
                    confirmed: Fixed::too_many(),
                    ..OfferFacts::default()
                };
                parts.push((StreamId::offer(offer), Facts::Offer(Box::new(facts))));
            }
            for opportunity in
                named(&before.authorization, &said.authorization, &after.authorization)
            {
                let facts = OpportunityFacts {
                    named: Few::too_many(),
                    first_named: Fixed::too_many(),
                    ..OpportunityFacts::default()
                };
                let stream = StreamId::opportunity(opportunity);
                parts.push((stream, Facts::Opportunity(Box::new(facts))));
            }
            let accounts = named(&before.proposer, &said.proposer, &after.proposer);
            parts.extend(accounts.map(one_of_too_many));
        }
        (Facts::Offer(before), Facts::Offer(said), Facts::Offer(after)) => {
            let accounts = named(&before.seller, &said.seller, &after.seller);
            parts.extend(accounts.map(one_of_too_many));
        }
        (Facts::Opportunity(before), Facts::Opportunity(said), Facts::Opportunity(after)) => {
            let accounts = named(&before.reseller, &said.reseller, &after.reseller);
            parts.extend(accounts.map(one_of_too_many));
        }
        _ => {}
    }
    parts
}

/// The values known before and those said, once there are too many.
fn named<'a, T: Ord + Clone>(
    before: &'a Fixed<T>,
    said: &'a Fixed<T>,
    after: &Fixed<T>,
) -> impl Iterator<Item = &'a T> {
    let too_many = after.is_too_many();
    before.all().chain(said.all()).filter(move |_| too_many).map(|said| &said.value)
}

/// What an account is told of which too many are named as the seller of one thing.
fn one_of_too_many(account: &AccountId) -> Part {
    let facts =
        PartnerFacts { reseller: true, aliases: Few::too_many(), ..PartnerFacts::default() };
    (StreamId::partner(account), Facts::Partner(facts))
}

/// Whether some of us saw this account sell our product. Of too many views, some would say so.
fn resold_by(seen: &Few<Seen>, account: &AccountId) -> bool {
    seen.is_too_many()
        || seen.iter().any(|view| match &view.us {
            Some(us) => us != account && view.role != ViewRole::Proposer,
            None => view.role == ViewRole::Manufacturer,
        })
}

/// Pairs of names of one product.
type Pairs = Few<(ProductName, ProductName), MAX_ALIASES>;

fn known(aliases: &Few<(ProductName, ProductName)>) -> Pairs {
    if aliases.is_too_many() { Pairs::too_many() } else { aliases.iter().cloned().collect() }
}

/// An offer sells one product, so whatever names it has of it, each is another name of each. Every pair is told, not a chain
/// of them: what is told must not depend on which name was known first.
fn names_of_one(offer: &OfferFacts) -> Pairs {
    if offer.products.is_too_many() || offer.aliases.is_too_many() {
        return Pairs::too_many();
    }
    let pairs = offer.products.iter().flat_map(|one| {
        let others = offer.products.iter().filter(move |other| one < *other);
        others.map(move |other| (one.clone(), other.clone()))
    });
    pairs.chain(offer.aliases.iter().cloned()).collect()
}

fn partner_forwards(
    accounts: &Fixed<AccountId>,
    aliases: &Pairs,
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
    // Who publishes a product says nothing of who sells it: a license tells the offer nothing.
    let sold = agreement.seen.iter().filter(|view| view.role != ViewRole::Publisher);
    let seen = if agreement.seen.is_too_many() { Few::too_many() } else { sold.cloned().collect() };
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
    parts.extend(partner_forwards(&agreement.proposer, &known(&agreement.aliases), resells));
    parts
}

/// A change set of ours that ended tells its request. Which one it is an attempt of is known by its name, or by the request.
fn change_set_forwards(stream: &StreamId, set: &ChangeSetFacts) -> Vec<Part> {
    let Some((id, at)) = ChangeSetId::new(stream.id()).ok().zip(set.result.at()) else {
        return Vec::new();
    };
    // Somebody else's name may say anything: no attempt of ours has a number beyond the last one.
    let ours = set.requests.iter().filter(|(_, attempt)| *attempt <= MAX_ATTEMPTS);
    let part = |(request, attempt): &(RequestId, u32)| {
        let facts = record::noticed(*attempt, &id, at);
        (StreamId::request(request), Facts::Request(Box::new(facts)))
    };
    ours.map(part).collect()
}

/// A request tells its change sets whose they are, and the opportunities that it made, changed or cloned.
fn request_forwards(stream: &StreamId, request: &RequestFacts) -> Vec<Part> {
    let Ok(id) = RequestId::new(stream.id()) else { return Vec::new() };
    let own = |attempt: u32, set: &ChangeSetId| {
        let requests = Few::from_iter([(id.clone(), attempt)]);
        let facts = ChangeSetFacts { requests, ..ChangeSetFacts::default() };
        (StreamId::change_set(set), Facts::ChangeSet(facts))
    };
    let mut parts: Vec<Part> =
        request.change_sets().map(|(attempt, set, _)| own(attempt, set)).collect();
    let mut tell = |opportunity: &OpportunityId, facts: OpportunityFacts| {
        parts.push((StreamId::opportunity(opportunity), Facts::Opportunity(Box::new(facts))));
    };
    let requested = || OpportunityFacts {
        requested_by: Few::from_iter([id.clone()]),
        ..OpportunityFacts::default()
    };
    for draft in request.draft.all() {
        tell(&draft.value, requested());
    }
    let wishes = request.wishes.values().flat_map(Fixed::all).map(|said| &said.value);
    for wish in wishes {
        if let Some(about) = wish.opportunity.as_ref().filter(|_| wish.kind != WishKind::Clone) {
            tell(about, requested());
        }
    }
    for (done, source) in request.made() {
        let cloned_from: Few<OpportunityId> = source.cloned().into_iter().collect();
        tell(done, OpportunityFacts { cloned_from, ..requested() });
        if let Some(source) = source {
            let cloned_to = Few::from_iter([done.clone()]);
            tell(source, OpportunityFacts { cloned_to, ..OpportunityFacts::default() });
        }
    }
    parts
}
